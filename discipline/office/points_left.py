"""The students by the points that they have left, the fewest first."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.uuids import as_uuid
from discipline.models import Incident, PointsLeft
from office.chips import chip, portrait
from office.lists import LookOnly
from office.long_lists import LongListAdmin
from office.rooms import Room
from office.tasks import Tone
from people.office.values import InUseByKindFilter
from students.models import POINTS

QUARTERS = (3, 2, 1, 0)


class LeftFilter(admin.SimpleListFilter):
    """By quarters of what everybody starts with."""

    title = _("points left")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        start = settings.DISCIPLINE_STARTING_POINTS
        limits = dict.fromkeys(start * quarters // 4 for quarters in QUARTERS)
        return [
            (str(limit), gettext("{number} or fewer").format(number=f"{limit:,}"))
            for limit in limits
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        limits = {value for value, _ in self.lookup_choices}
        if self.value() not in limits:
            return queryset
        below = int(str(self.value())) - settings.DISCIPLINE_STARTING_POINTS
        found: QuerySet[Any] = queryset.alias(points=POINTS).filter(points__lte=below)
        return found


class PointsLeftAdmin(LookOnly, LongListAdmin[PointsLeft]):
    """Of whoever is here; a name leads to the ledger."""

    room = Room.DISCIPLINE
    place = 4
    list_display = (
        *("portrait", "full_name", "registration_number", "class_code"),
        *("points_left", "deducted", "given", "standing"),
    )
    list_display_links = ("full_name",)
    phone_columns = ("registration_number", "class_code", "points_left")
    list_filter = (
        ("class_code", InUseByKindFilter),
        ("department", InUseByKindFilter),
        LeftFilter,
    )
    ordering = (POINTS.asc(), "pk")
    sortable_by = ()
    search_fields = ("search_text",)  # shows the search box; get_search_results does the search
    search_help_text = _("Any part of a name or number, in any order.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PointsLeft]:
        students: Any = super().get_queryset(request)
        incidents = Incident.objects.standing().filter(student=OuterRef("pk")).order_by()
        counted = incidents.values("student").annotate(number=Count("pk")).values("number")
        seen = students.active().seen_by(request.user)
        found: QuerySet[PointsLeft] = seen.annotate(
            incidents_standing=Coalesce(Subquery(counted), 0)
        )
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PointsLeft], search_term: str
    ) -> tuple[QuerySet[PointsLeft], bool]:
        students: Any = queryset
        assert isinstance(request.user, User)
        return students.search_as(request.user, search_term.replace("\x00", "")), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return _ledger_of(object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """That of the student is told on the student's page, as far as each role may read it."""
        return _ledger_of(object_id)

    @admin.display(description=_("Photo"))
    def portrait(self, student: PointsLeft) -> str:
        return portrait(photo=student.photo, name=str(student.full_name))

    @admin.display(description=_("Registration number"))
    def registration_number(self, student: PointsLeft) -> str:
        return student.identifier

    @admin.display(description=_("Points left"))
    def points_left(self, student: PointsLeft) -> str:
        left, start = student.discipline_points, settings.DISCIPLINE_STARTING_POINTS
        if left >= start:
            return str(left)
        return chip(left, Tone.BAD if left <= start // 4 else Tone.WARN)

    @admin.display(description=_("Deducted"))
    def deducted(self, student: PointsLeft) -> str:
        return str(student.points_deducted)

    @admin.display(description=pgettext_lazy("points", "Given"))
    def given(self, student: PointsLeft) -> str:
        return str(student.points_given)

    @admin.display(description=_("Incidents that stand"))
    def standing(self, student: Any) -> str:
        return str(student.incidents_standing)


def _ledger_of(student: str) -> HttpResponse:
    """Raises Http404 for what is no id."""
    pk = as_uuid(student)
    if pk is None:
        raise Http404
    return redirect("admin:discipline_ledger", pk)
