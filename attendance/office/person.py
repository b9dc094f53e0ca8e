"""One person's day: what it is, what it rests on, and who said what of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from attendance.models import Attendance
from attendance.office.correcting import CorrectionForm, KindDayView, offer_no_taking_back
from attendance.office.sections import sections_of
from attendance.register import NO_CARD, UNSEEN, DayRegister, DayStanding, RegisterLine
from attendance.sentences import correction_in_words
from attendance.why import Why, on_the_clock, why
from people.models import Person

RESTS_ON = {
    "absence": _("an absence"),
    "tap": _("taps"),
    "close": _("the close of the day"),
    "correction": _("a correction"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A correction as it was made: `after` is empty when one was taken back."""

    at: datetime
    by: str
    before: str
    after: str
    times: str
    reason: str


class PersonDayView(KindDayView, TemplateView):
    route = "attendance/day/<day:day>/<str:kind>/<uuid:pk>/"
    url_name = "attendance_person_day"
    capability = Capability.READ_ATTENDANCE
    title = _("A day")
    template_name = "attendance/person_day.html"

    @cached_property
    def line(self) -> RegisterLine:
        people = Person.objects.of_kind(self.kind).seen_by(self.user)
        person = get_object_or_404(people, pk=self.kwargs["pk"])
        return DayRegister(self.kind, self.standing, self.user).lines([person])[0]

    @cached_property
    def standing(self) -> DayStanding:
        return DayStanding(self.day)

    @property
    def may_correct(self) -> bool:
        is_open_to_it = not (self.standing.is_future or self.standing.is_settled)
        return is_open_to_it and self.user.may(Capability.CORRECT_ATTENDANCE)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person, record = self.line.person, self.line.record
        told = why(person, self.day)
        shown = {
            "title": person.full_name,
            "kind": self.kind,
            "standing": self.standing,
            "line": self.line,
            "why": told,
            "status": _status_shown(record, told),
            "group": _group(self.line),
            "on_site_for": _hours(record.minutes_on_site) if record else "",
            "rests_on": RESTS_ON[record.source] if record else "",
            "may_manage": self.user.may(Capability.MANAGE_ATTENDANCE),
            "said": list(corrections_of(record))[::-1] if record else [],
            "sections": sections_of(self.user, person, self.day),
            "form": self._form() if self.may_correct else None,
        }
        return super().get_context_data(**{**kwargs, **shown})

    def _form(self) -> CorrectionForm:
        form, record = CorrectionForm(), self.line.record
        if not (record and record.is_corrected):
            offer_no_taking_back(form)
        return form


def _status_shown(record: Attendance | None, told: Why) -> str:
    """Empty for whoever was not expected and did not come."""
    if record:
        return record.status
    if told.is_without_card:
        return NO_CARD
    return UNSEEN if told.is_expected else ""


def _hours(minutes: int | None) -> str:
    """`7 h 14 min`; empty if nobody saw both ends of it."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return gettext("{minutes} min").format(minutes=rest)
    return gettext("{hours} h {minutes} min").format(hours=hours, minutes=rest)


def _group(line: RegisterLine) -> str:
    """The class or department of that day."""
    record = line.record
    if record is None:
        return line.group
    return record.class_code or record.class_level or record.department


def corrections_of(record: Attendance) -> Iterator[Said]:
    """What was said of this day, the first first, in two queries."""
    model: Any = record.pgh_event_model  # type: ignore[attr-defined]
    events = list(model.objects.filter(pgh_obj=record.pk).order_by("pgh_id"))
    users = get_user_model().objects.in_bulk([event.corrected_by_id for event in events])
    before = ""
    for event in events:
        by = users.get(event.corrected_by_id)
        yield Said(
            at=event.pgh_created_at,
            by=by.get_username() if by else "",
            before=before,
            after=event.corrected_status,
            times=correction_in_words(
                "", on_the_clock(event.corrected_arrival), on_the_clock(event.corrected_departure)
            ),
            reason=event.correction_reason,
        )
        before = event.corrected_status
