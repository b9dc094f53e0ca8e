"""Who is on site, roll-calls and streaks over REST (contract section 9)."""

from collections.abc import Iterator
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayCorrectAttendance, MayManageAttendance, MayReadAttendance
from core.pagination import PAGE_PARAMETERS, PageNumberPagination
from core.renderers import CSVRenderer, JSONRenderer
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet
from people.looking import note_look_at_many
from people.models import Look, Person
from people.spreadsheets import csv_stream
from people.views import csv_download
from presence import services
from presence.asked import people_asked_for
from presence.models import RollCall
from presence.on_site import Here, groups_of, kinds_for, on_site, sightings_of, totals_of
from presence.serializers import (
    MarkSerializer,
    OnSiteAskedSerializer,
    OnSiteListSerializer,
    RollCallDetailSerializer,
    RollCallEntrySerializer,
    RollCallSerializer,
    StreaksAskedSerializer,
    StreaksSerializer,
    entry_body,
    here_body,
    streak_body,
)
from presence.streaks import streaks

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
        return [JSONRenderer(), CSVRenderer()]

    @extend_schema(
        parameters=[OnSiteAskedSerializer, *PAGE_PARAMETERS],
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
            raise ValidationError({"at": [_("This is still to come.")]})
        user = request.user
        assert isinstance(user, User)
        here = on_site(at=at, people=people_asked_for(user, **asked))
        if request.accepted_renderer.format == "csv":
            note_look_at_many(request, Look.What.EXPORT, held=[one.person for one in here])
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
    @extend_schema(
        parameters=[StreaksAskedSerializer, *PAGE_PARAMETERS], responses=StreaksSerializer
    )
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


class RollCallViewSet(ConditionalModelViewSet[RollCall]):
    """Roll-calls: begin one, list, read, mark people, end it. Nothing of them ever changes.

    Each caller sees the people that are theirs to know of.
    """

    queryset = RollCall.objects.select_related("started_by", "ended_by")
    lookup_field = "roll_call_id"
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "head", "options")
    filterset_fields = ("is_drill",)
    ordering_fields = ("started_at", "ended_at")
    unlocked_actions = frozenset({"mark", "end"})

    def get_permissions(self) -> list[Any]:
        needed = {"create": MayManageAttendance, "end": MayManageAttendance}
        return [{**needed, "mark": MayCorrectAttendance}.get(self.action, MayReadAttendance)()]

    def get_serializer_class(self) -> type[RollCallSerializer]:
        return RollCallSerializer if self.action == "list" else RollCallDetailSerializer

    @extend_schema(request=RollCallSerializer, responses={201: RollCallDetailSerializer, 409: None})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Begin a roll-call of whoever is on site now."""
        asked = RollCallSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        begun = services.start_roll_call(by=request.user, **asked.validated_data)
        return self.respond(begun, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=MarkSerializer, responses={200: RollCallEntrySerializer, 409: None})
    @action(detail=True, methods=["post"])
    def mark(self, request: Request, **kwargs: Any) -> Response:
        """Say that somebody is safe, elsewhere or missing; the answer is how it stands with them.

        May come late and more than once. Of each person the statement of the latest moment counts;
        whoever was not on the list is added to it as unexpected.
        """
        roll_call = self.get_object()
        asked = MarkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        card = said.pop("card", None)
        person = services.holder_of(card) if card is not None else said.pop("person")
        assert isinstance(request.user, User)
        services.mark(roll_call=roll_call, person=person, by=request.user, **said)
        sheet = services.RollCallSheet(roll_call, seen_by=request.user, person=person)
        return Response(entry_body(sheet.lines[0]))

    @extend_schema(request=None, responses={200: RollCallDetailSerializer, 409: None})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **kwargs: Any) -> Response:
        """End a roll-call: what was said until now counts, also if it arrives later."""
        assert isinstance(request.user, User)
        ended = services.end_roll_call(roll_call=self.get_object(), by=request.user)
        return self.respond(self.get_queryset().get(pk=ended.pk))
