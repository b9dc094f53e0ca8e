"""The demo's rules: whose hours are others, when there are holidays, who is away, and meals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from attendance.changes import change_rules, set_policy
from attendance.models import Absence, Holiday, Schedule
from attendance.open_days import Scope
from attendance.rulebook import RulesChange
from cards.lookup import FoundCard
from kitchen.models import MealPeriod
from people.models import Person
from tools.simulator.school_day import FRIDAY

PERIODS = (
    ("Breakfast", time(7), time(9)),
    ("Lunch", time(12), time(14)),
    ("Dinner", time(18, 30), time(20, 30)),
)
# Final-year students begin with their projects.
LATER_CLASS, LATER = "NTA Level 8", time(8, 30)
# Lectures in the morning, the workshop in the afternoon.
TWO_SESSIONS = "CD2025A"
NIGHT_GUARDS = ("SEC/2019/005",)
# Tanzania's public holidays with a date of their own.
HOLIDAYS = {
    (1, 1): "New Year's Day",
    (1, 12): "Zanzibar Revolution Day",
    (4, 7): "Karume Day",
    (4, 26): "Union Day",
    (5, 1): "Workers' Day",
    (7, 7): "Saba Saba",
    (8, 8): "Nane Nane",
    (10, 14): "Nyerere Day",
    (12, 9): "Independence Day",
    (12, 25): "Christmas Day",
    (12, 26): "Boxing Day",
}
BREAK = "Break after the tests"
BREAK_IN, BREAK_LASTS = timedelta(days=21), timedelta(days=11)
TRAVELLERS, TRIP_BEGINS, TRIP_BACK = "MI2024A", time(7), time(12)
# They come back together, shortly before it is over.
BACK_AT = time(11, 48)
ILL_LASTS = timedelta(days=2)
WORKDAYS = [*range(1, FRIDAY + 1)]
SCHEDULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Lectures and workshop",
        "applies_to": {"class_codes": [TWO_SESSIONS]},
        "sessions": [
            {
                "name": "Lectures",
                "weekdays": WORKDAYS,
                "starts_at": "08:00:00",
                "late_after": "08:10:00",
                "ends_at": "12:30:00",
                "requires_tap": False,
            },
            {
                "name": "Workshop",
                "weekdays": WORKDAYS,
                "starts_at": "14:00:00",
                "late_after": "14:10:00",
                "ends_at": "16:00:00",
                "requires_tap": True,
            },
        ],
        "closes_at": time(17),
    },
    {
        "name": "Guards at night",
        "day_begins": time(12),
        "sessions": [
            {
                "name": "Night",
                "weekdays": WORKDAYS,
                "starts_at": "18:00:00",
                "late_after": "18:10:00",
                "ends_at": "06:00:00",
                "requires_tap": False,
            }
        ],
        "closes_at": time(9),
    },
)


def is_holiday(day: date) -> bool:
    return (day.month, day.day) in HOLIDAYS


def last_school_day(today: date) -> date:
    """The last one before today."""
    day = today - timedelta(days=1)
    while day.isoweekday() > FRIDAY or is_holiday(day):
        day -= timedelta(days=1)
    return day


@dataclass(frozen=True)
class Away:
    """A class that was on a trip in the morning of the last school day, and somebody who is ill
    since yesterday."""

    trip_day: date
    ill: Person
    ill_from: date

    def is_ill(self, person: UUID, day: date) -> bool:
        return person == self.ill.pk and self.ill_from <= day <= self.ill_until

    @property
    def ill_until(self) -> date:
        return self.ill_from + ILL_LASTS

    def is_on_trip(self, card: FoundCard) -> bool:
        return card.class_code == TRAVELLERS


def away_around(today: date) -> Away:
    students = Person.objects.filter(kind="student", status="Active", class_code=TWO_SESSIONS)
    return Away(last_school_day(today), students.order_by("pk")[0], last_school_day(today))


def set_rules(days: Iterable[date], away: Away, *, by: User) -> None:
    """What holds on these days, and around them."""
    MealPeriod.objects.bulk_create(
        MealPeriod(name=name, starts_at=starts_at, ends_at=ends_at)
        for name, starts_at, ends_at in PERIODS
    )
    shown = [*days]

    def write(change: RulesChange) -> None:
        for schedule in SCHEDULES:
            Schedule.objects.create(**{"applies_to": _night_guards(), **schedule})
        Holiday.objects.bulk_create(_holidays(shown))
        for absence in _absences(away, by):
            change.add(absence)

    change_rules(write, what="The demo's rules", scope=Scope(), by=None)
    set_policy(class_level=LATER_CLASS, changes={"late_after": LATER})


def _night_guards() -> dict[str, list[str]]:
    guards = Person.objects.filter(identifier__in=NIGHT_GUARDS).order_by("pk")
    return {"people": [str(guard.pk) for guard in guards]}


def _holidays(days: list[date]) -> Iterable[Holiday]:
    """The country's, and a break that is still to come."""
    for year in sorted({day.year for day in days}):
        for (month, day), name in HOLIDAYS.items():
            on = date(year, month, day)
            yield Holiday(first_day=on, last_day=on, name=name)
    first = days[-1] + BREAK_IN
    monday = first - timedelta(days=first.weekday())
    yield Holiday(
        first_day=monday,
        last_day=monday + BREAK_LASTS,
        name=BREAK,
        applies_to={"kinds": ["student"]},
    )


def _absences(away: Away, by: User) -> Iterable[Absence]:
    yield Absence(
        applies_to={"class_codes": [TRAVELLERS]},
        first_day=away.trip_day,
        last_day=away.trip_day,
        starts_at=TRIP_BEGINS,
        ends_at=TRIP_BACK,
        reason="Industrial visit to the cement works",
        recorded_by=by,
    )
    yield Absence(
        person=away.ill,
        first_day=away.ill_from,
        last_day=away.ill_until,
        reason="Malaria; a note from the dispensary",
        recorded_by=by,
    )
