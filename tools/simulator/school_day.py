"""A believable day at a school: who taps where and when. No clock, no database, no HTTP.

Everybody has habits, drawn from their own name, and a day of their own, drawn from name and date:
the same people, day and seed give the same taps, and one more person changes nobody else's.
Minutes are counted from the campus's midnight.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from random import Random

from people.kinds import Rhythm

FRIDAY = 5


class Place(StrEnum):
    """Three gates and two kitchens. People pass the hostel gate both ways."""

    MAIN_IN = "Main gate, in"
    MAIN_OUT = "Main gate, out"
    HOSTEL_GATE = "Hostel gate"
    MAIN_KITCHEN = "Main kitchen"
    HOSTEL_KITCHEN = "Hostel kitchen"

    @property
    def is_kitchen(self) -> bool:
        return self in (Place.MAIN_KITCHEN, Place.HOSTEL_KITCHEN)


@dataclass(frozen=True, slots=True)
class Cardholder:
    """Somebody with a card; `name` is what habits are drawn from: any lasting identifier.

    `person` and `class_code` are known of whom the database knows. Whoever `has_two_sessions` goes
    at noon and comes again for the afternoon.
    """

    name: str
    card: str
    rhythm: Rhythm = Rhythm.LESSONS
    person: str = ""
    class_code: str = ""
    has_two_sessions: bool = False


@dataclass(frozen=True, slots=True, order=True)
class PlannedTap:
    """`direction` is the way they go, whether the reader can tell or not; `` in a kitchen."""

    at: datetime
    place: Place
    card: str
    direction: str = ""
    food_item: str = ""


BREAKFAST = (7 * 60, 9 * 60)
LUNCH = (12 * 60, 14 * 60)
DINNER = (18 * 60 + 30, 20 * 60 + 30)

MORNING_FOOD = ("Chapati na chai", "Mandazi na chai", "Uji wa ulezi", "Mkate na mayai")
MAIN_FOOD = (
    "Ugali na maharage",
    "Wali na samaki",
    "Makande",
    "Wali na maharage",
    "Ugali na dagaa",
    "Pilau ya nyama",
)

# Minutes of the day, and shares of people or of days.
MIDDAY = (12 * 60 + 5, 13 * 60 + 40)
LESSONS_BEGIN, OFFICE_OPENS = 7 * 60 + 30, 7 * 60 + 35
LATE_FROM, LATE_BY, LATEST = 8 * 60 + 1, 22.0, 10 * 60 + 45
SHIFT_BEGINS, SHIFT_ENDS = 6 * 60 - 8, 18 * 60 + 8
LATE, TWICE, FORGETS_TO_LEAVE = 0.07, 0.03, 0.1
COMES_ON_A_FREE_DAY = {Rhythm.LESSONS: 0.03, Rhythm.OFFICE_HOURS: 0.05}


def school_day(
    cardholders: Iterable[Cardholder],
    day: date,
    *,
    seed: int,
    zone: tzinfo,
    is_holiday: bool = False,
) -> list[PlannedTap]:
    """The taps of these people on this day, in order of time. Weekends are almost empty."""
    is_free = is_holiday or day.isoweekday() > FRIDAY
    taps: list[PlannedTap] = []
    for cardholder in cardholders:
        person = _Person(cardholder, day, seed, zone)
        if cardholder.rhythm == Rhythm.SHIFTS:
            _shift(person, day)
        elif is_free:
            _free_day(person, COMES_ON_A_FREE_DAY[cardholder.rhythm])
        elif person.today.random() >= person.missing:
            _working_day(cardholder)(person)
        taps += person.taps
    return sorted(taps)


class _Person:
    """One person's habits, and the taps of one day of theirs."""

    def __init__(self, cardholder: Cardholder, day: date, seed: int, zone: tzinfo) -> None:
        habit = Random(f"{seed} {cardholder.name}")  # noqa: S311
        self.missing = habit.betavariate(1.2, 14)  # share of the days on which they do not come
        self.usual = habit.gauss(0, 8)  # minutes that they are later than others
        self.is_resident = habit.random() < 0.3
        self.has_breakfast = habit.random() < 0.5
        self.guards_at_night = habit.random() < 0.15
        self.free_weekend = habit.randrange(2)
        self.today = Random(f"{seed} {day} {cardholder.name}")  # noqa: S311
        self.card = cardholder.card
        self.midnight = datetime.combine(day, time(), zone)
        self.taps: list[PlannedTap] = []

    def around(self, minute: float, spread: float) -> float:
        """About this minute; never further off than three times the spread."""
        return minute + max(-3.0, min(self.today.gauss(0, 1), 3.0)) * spread

    def chance(self, share: float) -> bool:
        return self.today.random() < share

    def enter(self, minute: float) -> None:
        self._pass(minute, Place.MAIN_IN, "in")

    def leave(self, minute: float) -> None:
        self._pass(minute, Place.MAIN_OUT, "out")

    def _pass(self, minute: float, main: Place, direction: str) -> None:
        place = Place.HOSTEL_GATE if self.is_resident else main
        self._tap(minute, place, direction=direction)
        if self.chance(TWICE):  # was it read? once more
            self._tap(minute + self.today.uniform(0.03, 0.6), place, direction=direction)

    def eat(self, minute: float, served: tuple[int, int], menu: tuple[str, ...]) -> None:
        """Nobody comes to a closed hatch."""
        kitchens = (Place.MAIN_KITCHEN, Place.HOSTEL_KITCHEN)
        kitchen = kitchens[self.is_resident]
        food_item = self.today.choice(menu)
        if served[0] <= minute < served[1]:
            self._tap(minute, kitchen, food_item=food_item)
            again = minute + self.today.uniform(5, 20)
            if self.chance(0.015) and again < served[1]:  # tries the other kitchen as well
                self._tap(again, kitchens[not self.is_resident], food_item=food_item)

    def _tap(
        self, minute: float, place: Place, *, direction: str = "", food_item: str = ""
    ) -> None:
        at = self.midnight + timedelta(seconds=round(minute * 60))
        self.taps.append(PlannedTap(at, place, self.card, direction, food_item))


def _arrival(person: _Person, usual: float, spread: float) -> float:
    """A bell around the usual minute, and a tail of late ones."""
    if person.chance(LATE):
        return min(LATE_FROM + person.today.expovariate(1 / LATE_BY), LATEST)
    return person.around(usual + person.usual, spread)


def _working_day(cardholder: Cardholder) -> Callable[[_Person], None]:
    if cardholder.rhythm != Rhythm.LESSONS:
        return _office_hours
    return _two_sessions if cardholder.has_two_sessions else _lessons


def _lessons(person: _Person) -> None:
    came = _arrival(person, LESSONS_BEGIN, 8)
    person.enter(came)
    if person.has_breakfast:
        person.eat(came + person.today.uniform(4, 15), BREAKFAST, MORNING_FOOD)
    noon = person.today.random()
    if noon < 0.08:  # done for the day
        person.leave(person.around(12 * 60 + 30, 10))
        return
    if noon < 0.16:  # eats outside
        person.leave(person.around(12 * 60 + 20, 5))
        person.enter(person.around(13 * 60 + 40, 8))
    elif person.chance(0.75):
        person.eat(person.today.triangular(*MIDDAY, 12 * 60 + 40), LUNCH, MAIN_FOOD)
    if person.is_resident and person.chance(0.5):
        person.eat(person.today.triangular(*DINNER), DINNER, MAIN_FOOD)
    elif not person.chance(FORGETS_TO_LEAVE):
        person.leave(person.around(16 * 60 + 10, 35))


def _two_sessions(person: _Person) -> None:
    """Each with an arrival of its own, which only a gate that leads one way can tell."""
    person.is_resident = False
    person.enter(_arrival(person, LESSONS_BEGIN, 8))
    if person.chance(0.5):
        person.eat(person.today.uniform(12 * 60 + 31, 12 * 60 + 50), LUNCH, MAIN_FOOD)
    person.leave(person.around(12 * 60 + 58, 2))
    if person.chance(0.9):
        is_late = person.chance(LATE)
        person.enter(
            person.today.uniform(14 * 60 + 11, 14 * 60 + 40)
            if is_late
            else person.around(13 * 60 + 50, 5)
        )
        person.leave(person.around(16 * 60 + 12, 4))


def _office_hours(person: _Person) -> None:
    person.enter(_arrival(person, OFFICE_OPENS, 10))
    if person.chance(0.01):  # meals are the students'
        person.eat(person.around(12 * 60 + 45, 10), LUNCH, MAIN_FOOD)
    if person.chance(0.12):
        person.leave(person.around(12 * 60 + 30, 8))
        person.enter(person.around(13 * 60 + 30, 8))
    if not person.chance(FORGETS_TO_LEAVE):
        person.leave(person.around(16 * 60 + 45, 25))


def _shift(person: _Person, day: date) -> None:
    """Twelve hours by day or by night; off every other weekend."""
    begins, ends = SHIFT_BEGINS, SHIFT_ENDS
    if person.guards_at_night:
        yesterday = day - timedelta(days=1)
        if _is_on_duty(person, yesterday):
            person.leave(person.around(begins + 18, 5))
        if _is_on_duty(person, day):
            person.enter(person.around(ends - 20, 5))
    elif _is_on_duty(person, day):
        person.enter(person.around(begins, 5))
        person.leave(person.around(ends, 5))


def _is_on_duty(person: _Person, day: date) -> bool:
    # Weeks are counted from the calendar's first Monday.
    week = (day.toordinal() - 1) // 7
    return day.isoweekday() <= FRIDAY or week % 2 != person.free_weekend


def _free_day(person: _Person, share: float) -> None:
    if person.chance(share):
        came = person.today.uniform(7 * 60, 12 * 60)
        person.enter(came)
        person.leave(came + person.today.uniform(40, 240))
