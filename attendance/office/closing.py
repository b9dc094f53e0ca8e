"""Closing in the office: what closes when and what waits, closing by name, opening again, and what
was done to closed days at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from accounts.models import User
from accounts.roles import Capability
from attendance.changes import undo_change
from attendance.closing import (
    LONGEST_WAIT,
    Closing,
    OpenDay,
    check_day,
    close_day,
    days_over,
    reopen_day,
)
from attendance.models import ClosedDay, RuleChange, Schedule
from attendance.register import DayStanding
from attendance.rulebook import current_book
from core.errors import DomainError
from office.chips import chip
from office.days import OneDayView
from office.lists import LookOnly, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Tone
from office.views import ConfirmView, OfficeView
from people.fields import clean_line
from people.kinds import kind_named, kinds_with_days

LATEST: Final = 14


def address_of_day(day: date) -> str:
    return reverse("admin:attendance_day_of", args=[day])


def day_title(day: date) -> str:
    return date_format(day, "l j F Y")


# --- what waits ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitingDay:
    """A day that is over and open: for which schedules, and why; no reason: nothing closed it."""

    date: date
    schedules: list[str]
    reasons: list[str]


def waiting_days(*, now: datetime) -> list[WaitingDay]:
    """The oldest first."""
    by_day: dict[date, list[OpenDay]] = {}
    for one in days_over(now=now):
        by_day.setdefault(one.date, []).append(one)
    return [
        WaitingDay(
            day,
            [one.schedule.name for one in of_day],
            list(dict.fromkeys(reason for one in of_day for reason in one.reasons)),
        )
        for day, of_day in by_day.items()
    ]


def reasons_on(day: date) -> list[str]:
    """Why this day, though it is over, is not closed."""
    found = (one for one in waiting_days(now=timezone.now()) if one.date == day)
    return next((one.reasons for one in found), [])


# --- the page -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClosesToday:
    name: str
    pk: UUID
    at: datetime
    is_closed: bool
    reasons: tuple[str, ...]


class ClosingView(OfficeView, TemplateView):
    route = "attendance/closing/"
    url_name = "attendance_closing"
    title = _("Closing")
    capability = Capability.READ_ATTENDANCE
    room = Room.ATTENDANCE
    place = 3
    template_name = "attendance/closing.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, today = timezone.now(), timezone.localdate()
        closed = ClosedDay.objects.order_by("-date").values("date").annotate(at=Max("closed_at"))
        return super().get_context_data(
            waiting=[one for one in waiting_days(now=now) if one.date < today or one.reasons],
            today=today,
            schedules=list(self._today(today, now)),
            closed=closed[:LATEST],
            changes=list(RuleChange.objects.select_related("made_by", "undone_by")[:LATEST]),
            longest_wait=int(LONGEST_WAIT.total_seconds() // 3600),
            may_manage=self.user.may(Capability.MANAGE_ATTENDANCE),
            **kwargs,
        )

    def _today(self, today: date, now: datetime) -> Iterable[ClosesToday]:
        rules = current_book().rules
        closed = set(ClosedDay.objects.filter(date=today).values_list("schedule_id", flat=True))
        over = {o.schedule.schedule_id: o.reasons for o in days_over(now=now) if o.date == today}
        for schedule in rules.schedules:
            if schedule.holds_on(today):
                key = schedule.schedule_id
                yield ClosesToday(
                    schedule.name,
                    key,
                    schedule.closes(today, rules.zone),
                    key in closed,
                    over.get(key, ()),
                )


# --- by name ------------------------------------------------------------------------------------


class CloseDayView(OneDayView, TemplateView):
    """Says how many will be Absent; sent, it closes the day, whatever it waits for."""

    route = "attendance/day/<day:day>/close/"
    url_name = "attendance_close"
    capability = Capability.MANAGE_ATTENDANCE
    title = _("Close this day")
    template_name = "attendance/close.html"

    @property
    def register(self) -> str:
        return address_of_day(self.day)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_day(self.day)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect(self.register)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_day(self.day)
            messages.success(request, told(close_day(day=self.day, by=self.user)))
        except DomainError as error:
            messages.error(request, error.message)
        return redirect(self.register)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standing = DayStanding(self.day)
        kinds = kinds_with_days().values()
        numbers = {kind: standing.will_be_absent(kind).count() for kind in kinds}
        absent = [kind.count_of(number) for kind, number in numbers.items() if number]
        return super().get_context_data(
            standing=standing,
            absent=absent,
            reasons=reasons_on(self.day),
            register=self.register,
            **kwargs,
        )


def told(closing: Closing) -> str:
    """What closing a day did, in words."""
    wrote = [kind_named(key).count_of(number) for key, number in closing.absent.items() if number]
    if closing.was_closed:
        said = gettext("The day had been closed before.")
    else:
        said = gettext("The day is closed.")
    absent = gettext("Absent now: {people}.").format(people=", ".join(wrote))
    return " ".join([said, absent if wrote else gettext("Nobody was missing.")])


class ReopenForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        label=_("Why it is opened again"),
        help_text=_("For example: the main gate's taps came a day late. It is kept for good."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])


class ReopenDayView(OneDayView, FormView[ReopenForm]):
    route = "attendance/day/<day:day>/reopen/"
    url_name = "attendance_reopen"
    capability = Capability.MANAGE_ATTENDANCE
    title = _("Open this day again?")
    template_name = "attendance/reopen.html"
    form_class = ReopenForm

    def form_valid(self, form: ReopenForm) -> HttpResponse:
        try:
            check_day(self.day)
            made = reopen_day(day=self.day, reason=form.cleaned_data["reason"], by=self.user)
        except DomainError as error:
            messages.error(self.request, error.message)
        else:
            said = ngettext(
                "The day is open: {n} day of people changed. Close it by name when it is right.",
                "The day is open: {n} days of people changed. Close it by name when it is right.",
                made.days_changed,
            )
            messages.success(self.request, said.format(n=made.days_changed))
        return redirect(address_of_day(self.day))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(day=self.day, register=address_of_day(self.day), **kwargs)


# --- what was done to closed days ---------------------------------------------------------------


class UndoChangeView(ConfirmView):
    route = "attendance/change/<uuid:pk>/undo/"
    url_name = "attendance_undo_change"
    capability = Capability.MANAGE_ATTENDANCE
    title = _("Take this change back?")
    action = _("Take it back")
    back_name = _("Closing")

    @cached_property
    def change(self) -> RuleChange:
        return get_object_or_404(RuleChange, pk=self.kwargs["pk"])

    @property
    def back(self) -> str:
        return reverse("admin:attendance_closing")

    def warning(self) -> str:
        change = self.change
        if change.undone_at:
            return gettext("{change}: this was taken back already.").format(change=change.what)
        return gettext(
            "{change} (“{reason}”): {n} days of people go by the "
            "rules of before again, exactly. What has been tapped and corrected since stays. What "
            "it entered into the calendar for these days is taken out; rules for other days stay "
            "as they are."
        ).format(change=change.what, reason=change.reason, n=change.days_changed)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            undo_change(change=self.change, by=self.user)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            said = gettext("Taken back: {change}.").format(change=self.change.what)
            messages.success(request, said)
        return redirect(self.back)


class RuleChangeAdmin(LookOnly, OfficeModelAdmin[RuleChange]):
    """All of them; the closing page shows the latest."""

    list_display = ("what", "reason", "days_changed", "made", "standing")
    list_display_links = None
    list_select_related = ("made_by", "undone_by")
    sortable_by = ()
    list_per_page = 50
    ordering = ("-made_at", "change_id")

    @admin.display(description=_("By whom and when"))
    def made(self, change: RuleChange) -> str:
        return (
            f"{change.made_by}, {date_format(timezone.localtime(change.made_at), 'D j M Y, H:i')}"
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        """Only whoever may take a change back is led there."""
        assert isinstance(request.user, User)
        may_undo = request.user.may(UndoChangeView.capability)
        return [*super().get_list_display(request), *["undo"] * may_undo]

    @admin.display(description=_("State"))
    def standing(self, change: RuleChange) -> str:
        return (
            chip(_("Taken back"), Tone.QUIET) if change.undone_at else chip(_("Stands"), Tone.INFO)
        )

    @admin.display(description=_("Take it back"))
    def undo(self, change: RuleChange) -> str:
        if change.undone_at:
            return ""
        address = reverse("admin:attendance_undo_change", args=[change.pk])
        return format_html('<a href="{}">{}</a>', address, _("Take it back"))


class ClosedDayAdmin(LookOnly, OfficeModelAdmin[ClosedDay]):
    """Every closing, by schedule; the closing page shows the latest days."""

    list_display = ("day", "schedule", "closed_at", "closer")
    list_display_links = None
    list_select_related = ("closed_by",)
    sortable_by = ()
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClosedDay]:
        # Closings outlive their schedules, so no relation leads to the name.
        named = Schedule.objects.filter(schedule_id=OuterRef("schedule_id")).values("name")
        return super().get_queryset(request).annotate(schedule_name=Subquery(named))

    @admin.display(description=_("Day"))
    def day(self, day: ClosedDay) -> str:
        return format_html('<a href="{}">{}</a>', address_of_day(day.date), day_title(day.date))

    @admin.display(description=_("Schedule"))
    def schedule(self, day: Any) -> str:
        return day.schedule_name or gettext("one that was removed since")

    @admin.display(description=_("Closed by"))
    def closer(self, day: ClosedDay) -> str:
        return str(day.closed_by or _("by itself"))
