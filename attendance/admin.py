"""Days of attendance in the registration office; `office` has the pages and the rules."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from attendance.models import (
    Absence,
    Attendance,
    ClosedDay,
    Holiday,
    RuleChange,
    Schedule,
    Status,
)
from attendance.office.absences import AbsenceAdmin
from attendance.office.calendar import HolidayAdmin
from attendance.office.closing import ClosedDayAdmin, RuleChangeAdmin
from attendance.office.correcting import address_of_person
from attendance.office.person import RESTS_ON
from attendance.office.schedules import ScheduleAdmin
from attendance.office.status import status_chip
from office.chips import NOTHING, portrait
from office.lists import DailyAdmin, LookOnly
from office.rooms import Room
from people.kinds import kinds_with_days
from people.models import Person


class StatusFilter(admin.SimpleListFilter):
    """By name: Django would look through all days for the values that occur."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(status.value, str(status.label)) for status in Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


CORRECTED = (
    ~Q(corrected_status="")
    | Q(corrected_arrival__isnull=False)
    | Q(corrected_departure__isnull=False)
)


class CorrectedFilter(admin.SimpleListFilter):
    title = _("correction")
    parameter_name = "corrected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", gettext("Corrected")), ("no", gettext("As the taps say"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(CORRECTED)
        return queryset.exclude(CORRECTED) if self.value() == "no" else queryset


class PersonKindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(key, str(kind.short_title)) for key, kind in kinds_with_days().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(person__kind=self.value()) if self.value() else queryset


@admin.register(Attendance)
class AttendanceAdmin(LookOnly, DailyAdmin[Attendance]):
    """All days, to be found. What is known of one, and how to correct it: its own page."""

    room = Room.ATTENDANCE
    place = 2
    list_display = (
        "portrait",
        "full_name",
        "identifier",
        "day",
        "shown_status",
        "arrived",
        "left",
        "remark",
    )
    list_display_links = ("full_name",)
    phone_columns = ("day", "shown_status", "arrived")
    phone_gives_way = "day"
    list_filter = (
        "date",
        PersonKindFilter,
        StatusFilter,
        CorrectedFilter,
        "class_level",
        "department",
    )
    list_select_related = ("person",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attendance]:
        return Attendance.objects.seen_by(request.user)

    def about(
        self, rows: QuerySet[Attendance], words: str, *, seen_by: User
    ) -> QuerySet[Attendance]:
        return rows.filter(person__in=Person.objects.search(words))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        record = self.get_object(request, object_id)
        if record is None or not self.has_view_permission(request, record):
            return super().change_view(request, object_id, form_url, extra_context)
        person = record.person
        return redirect(address_of_person(record.date, person.declared, person.pk))

    @admin.display(description="")
    def portrait(self, record: Attendance) -> str:
        return portrait(photo=record.person.photo, name=record.person.full_name)

    @admin.display(description=_("Name"))
    def full_name(self, record: Attendance) -> str:
        return str(record.person.full_name)

    @admin.display(description=_("Number"))
    def identifier(self, record: Attendance) -> str:
        return record.person.identifier

    @admin.display(description=_("Day"))
    def day(self, record: Attendance) -> str:
        return date_format(record.date, "D j M Y")

    @admin.display(description=_("Status"))
    def shown_status(self, record: Attendance) -> str:
        return status_chip(record.status)

    @admin.display(description=_("Arrived"), empty_value=NOTHING)
    def arrived(self, record: Attendance) -> str | None:
        return _clock(record.attendance_time)

    @admin.display(description=_("Left"), empty_value=NOTHING)
    def left(self, record: Attendance) -> str | None:
        return _clock(record.left_at)

    @admin.display(description=_("Remark"), empty_value="")
    def remark(self, record: Attendance) -> str:
        if record.is_corrected:
            return gettext("Corrected: {reason}").format(reason=record.correction_reason)
        if record.source == "tap":
            return ""
        return gettext("By {source}").format(source=RESTS_ON[record.source])


def _clock(moment: Any) -> str | None:
    return date_format(timezone.localtime(moment), "H:i") if moment else None


admin.site.register(Schedule, ScheduleAdmin)
admin.site.register(Holiday, HolidayAdmin)
admin.site.register(Absence, AbsenceAdmin)
admin.site.register(ClosedDay, ClosedDayAdmin)
admin.site.register(RuleChange, RuleChangeAdmin)
