"""The days that are not closed: which they are, and judging them anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from attendance.expectation import meant_by
from attendance.judging import DaysHeld, Looked, judge_day, judge_each, open_days
from attendance.models import Absence, Attendance
from attendance.rules import ONE_DAY
from people.kinds import kinds_with_days, or_q
from people.models import Person

LOOKED_BACK: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which days a change can touch; None: without an end on that side."""

    first: date | None = None
    last: date | None = None

    def __or__(self, other: "Scope") -> "Scope":
        first = None if None in (self.first, other.first) else min(self.first, other.first)  # type: ignore[type-var]
        last = None if None in (self.last, other.last) else max(self.last, other.last)  # type: ignore[type-var]
        return Scope(first, last)

    def of_closed_days(self) -> "Scope":
        """What has no beginning reaches into the days closed of late, and leaves older ones be."""
        return self if self.first else Scope(timezone.localdate() - LOOKED_BACK, self.last)

    def covers(self, day: date) -> bool:
        # A night shift of the day before reaches into the first one.
        is_early = self.first is not None and day + ONE_DAY < self.first
        # And where a day ends says what is of the next one.
        return not is_early and (self.last is None or day - ONE_DAY <= self.last)


def judge_open_days(scope: Scope = Scope()) -> int:
    """Judge what is open by the rules as they are; how many days of people are others now.

    Raises DaysHeld, after all days.
    """
    changes, held = judge_each(open_people(scope), Looked.open_only)
    if held:
        raise DaysHeld
    return sum(change.before != change.after for change in changes)


def open_people(scope: Scope) -> Iterator[tuple[date, set[UUID]]]:
    """Open days, with whoever has a row on them or is away."""
    today = timezone.localdate()
    days = {day for day in open_days() if scope.covers(day)}
    away = Absence.objects.standing().filter(first_day__lte=today)
    recent = today - LOOKED_BACK
    for first, last in away.filter(last_day__gte=recent).values_list("first_day", "last_day"):
        day = max(first, recent)
        while day <= min(last, today):
            if scope.covers(day):
                days.add(day)
            day += ONE_DAY
    for day in sorted(days):
        rows = Attendance.rows.filter(date=day, closed_under=None)
        yield day, set(rows.values_list("person", flat=True)) | _away_on(day)


def _away_on(day: date) -> set[UUID]:
    """Whoever an absence means on that day."""
    rows = list(Absence.objects.standing().on(day))
    named = {row.person_id for row in rows if row.person_id}
    ways = [
        whom for row in rows if not row.person_id for _, whom in meant_by(row.audience, shifts=True)
    ]
    if ways:
        people = Person.objects.filter(or_q(ways), kind__in=kinds_with_days())
        named |= set(people.values_list("pk", flat=True))
    return named


def excuse_today() -> int:
    """Write Excused for whoever is away today as was known before; for how many it was done."""
    today = timezone.localdate()
    known = Attendance.objects.filter(date=today).values_list("person", flat=True)
    away = _away_on(today) - set(known)
    return sum(c.before != c.after for c in judge_day(today, away)) if away else 0
