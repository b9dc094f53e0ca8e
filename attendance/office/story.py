"""A person's days, as their page tells them."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from attendance.models import Attendance
from attendance.office.correcting import address_of_person
from attendance.office.status import status_chip
from people.models import Person
from people.office.story import Fact, Span, StorySource, end_of


class Days(StorySource):
    key: ClassVar[str] = "days"
    title = _("Days")
    icon: ClassVar[str] = "clock"
    capability = Capability.READ_ATTENDANCE

    def is_for(self, user: User, person: Person) -> bool:
        return person.declared.day_list is not None and super().is_for(user, person)

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        """One more, for the day that ends after the span."""
        days = Attendance.objects.filter(person=person.pk, date__lte=_day(span.until))
        if span.since is not None:
            days = days.filter(date__gte=_day(span.since))
        told = days.select_related("corrected_by").order_by("-date")[: span.most + 1]
        facts = (_fact(day, person) for day in told)
        return [fact for fact in facts if span.holds(fact.at)][: span.most]


def _day(moment: object) -> object:
    return timezone.localdate(moment)  # type: ignore[arg-type]


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "H:i")


def _fact(day: Attendance, person: Person) -> Fact:
    said = []
    if day.attendance_time:
        said.append(gettext("came {time}").format(time=_clock(day.attendance_time)))
    if day.left_at:
        said.append(gettext("left {time}").format(time=_clock(day.left_at)))
    if late := day.minutes_late:
        said.append(ngettext("{n} minute late", "{n} minutes late", late).format(n=late))
    if day.correction_reason:
        said.append(gettext("corrected: {reason}").format(reason=day.correction_reason))
    return Fact(
        at=end_of(day.date),
        words=gettext("Day"),
        chip=status_chip(day.status),
        more=", ".join(said),
        by=str(day.corrected_by) if day.corrected_by else "",
        url=address_of_person(day.date, person.declared, person.pk),
        is_of_day=True,
    )
