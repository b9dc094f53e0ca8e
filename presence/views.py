"""Who is on site, roll-calls and streaks over REST (contract section 9)."""

from collections.abc import Iterator
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayReadAttendance
from core.pagination import PageNumberPagination
from core.renderers import CSVRenderer
from core.strict import StrictView
from people.looking import note_look_at_many
from people.models import Look, Person
from people.spreadsheets import csv_stream
from people.views import csv_download
from presence.asked import people_asked_for
from presence.on_site import Here, groups_of, kinds_for, on_site, sightings_of, totals_of
from presence.serializers import (
    OnSiteAskedSerializer,
    OnSiteListSerializer,
    StreaksAskedSerializer,
    StreaksSerializer,
    here_body,
    streak_body,
)
from presence.streaks import streaks

PAGES: list[Any] = [
    OpenApiParameter("page", int, description="From 1 on."),
    OpenApiParameter("page_size", int, description="20, at most 100."),
]
CSV_COLUMNS = (
    *("kind", "identifier", "full_name", "class_level", "class_code", "department"),
    *("since", "last_seen_at", "last_seen_reader", "last_seen_location"),
)


class ComputedPages(PageNumberPagination):
    """Of what was computed: there are no keys that a search could be found by."""

    def found_keys(self, queryset: Any) -> None:
        return None


def asked_of(request: Request, shape: type[Any]) -> dict[str, Any]:
    """What the address says; a parameter without a value says nothing."""
    said = {name: value for name, value in request.query_params.items() if value}
    asked = shape(data=said)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


class PresenceView(StrictView):
    """A list of people, kept by no shared cache."""

    permission_classes = (MayReadAttendance,)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(final, private=True, no_cache=True)
        return final

    def page_of(self, rows: list[Any]) -> tuple[list[Any], ComputedPages]:
        pages = ComputedPages()
        return pages.paginate_queryset(rows, self.request) or [], pages


class OnSiteView(PresenceView):
    def get_renderers(self) -> list[BaseRenderer]:
        is_asked_about = self.request is not None and self.request.method == "OPTIONS"
        return [JSONRenderer(), *([] if is_asked_about else [CSVRenderer()])]

    @extend_schema(
        parameters=[OnSiteAskedSerializer, *PAGES],
        responses={200: OnSiteListSerializer, (200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Who is on site, since when, and where they were seen last; now, or at any instant.

        With `?format=csv` all that the filters leave, as a spreadsheet.
        """
        asked = asked_of(request, OnSiteAskedSerializer)
        now = timezone.now()
        at = asked.pop("at", None) or now
        if at > now:
            raise ValidationError({"at": ["This is still to come."]})
        user = request.user
        assert isinstance(user, User)
        here = on_site(at=at, people=people_asked_for(user, **asked))
        if request.accepted_renderer.format == "csv":
            note_look_at_many(request, Look.What.EXPORT, people=len(here))
            name = f"on-site-{timezone.localtime(at):%Y-%m-%d-%H%M}.csv"
            return csv_download(csv_stream(CSV_COLUMNS, _csv_rows(here, at)), name)
        page, pages = self.page_of(here)
        body = {
            "at": timezone.localtime(at).isoformat(),
            "totals": totals_of(here, kinds_for(user)),
            "groups": [
                {"kind": kind.key, "group": group, "count": count}
                for kind, group, count in groups_of(here)
            ],
        }
        listed = pages.get_paginated_response(_bodies(page, at)).data
        return Response({**body, **listed})


def _bodies(here: list[Here], at: Any) -> list[dict[str, Any]]:
    ids = [one.person for one in here]
    people = Person.objects.in_bulk(ids)
    seen = sightings_of(ids, at=at)
    return [here_body(one, people[one.person], seen.get(one.person)) for one in here]


def _csv_rows(here: list[Here], at: Any) -> Iterator[list[Any]]:
    for body in _bodies(here, at):
        seen = body["last_seen"] or {"at": "", "reader": "", "location": ""}
        own = [body[name] for name in CSV_COLUMNS[:7]]
        yield [*own, seen["at"], seen["reader"], seen["location"]]


class StreaksView(PresenceView):
    @extend_schema(parameters=[StreaksAskedSerializer, *PAGES], responses=StreaksSerializer)
    def get(self, request: Request) -> Response:
        """Who has been absent so many expected days in a row up to now, the longest first."""
        asked = asked_of(request, StreaksAskedSerializer)
        fewest = asked.pop("min")
        assert isinstance(request.user, User)
        found = streaks(people=people_asked_for(request.user, **asked), fewest=fewest)
        page, pages = self.page_of(found)
        people = Person.objects.in_bulk([streak.person for streak in page])
        bodies = [streak_body(streak, people[streak.person]) for streak in page]
        return pages.get_paginated_response(bodies)
