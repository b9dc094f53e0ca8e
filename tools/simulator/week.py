"""A believable week at a school: what a single day does not show. No clock, no database, no HTTP.

Night guards, boarders who leave after midnight, a class with two sessions, a holiday, a gate that
had no network for hours, one that was dead for a day, cards that are read twice, somebody suspended
who is refused on the way out, and a tap that is taken back. The same cast, week and seed give the
same taps, and one more person changes nobody else's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from random import Random
from typing import Any, Final

ONE_DAY: Final = timedelta(days=1)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
HOLIDAY: Final = WEDNESDAY
RULES: Final = "/api/attendance/"


class Role(StrEnum):
    """By whose hours somebody comes."""

    PUPIL = "pupil"
    TWO_SESSIONS = "pupil with a session in the afternoon"
    BOARDER = "boarder"
    MEMBER = "member of staff"
    DAY_GUARD = "guard by day"
    NIGHT_GUARD = "guard by night"


class Fate(StrEnum):
    """What befalls somebody in this week."""

    NONE = ""
    SUSPENDED = "suspended on Tuesday morning, while at school"
    CARD_OFF = "card switched off early on Thursday"
    NO_CARD = "no card"
    AWAY = "excused from Tuesday to Thursday, and comes on Thursday"
    LENT_CARD = "not there on Monday, when the card was held to a reader by mistake"
    MOVES_CLASS = "from Thursday on in the class with two sessions"


class Gate(StrEnum):
    """The hostel gate is passed both ways, and cannot tell which."""

    MAIN_IN = "Main gate, in"
    MAIN_OUT = "Main gate, out"
    EAST = "East gate"
    HOSTEL = "Hostel gate"


@dataclass(frozen=True, slots=True)
class Character:
    """`name` is what habits are drawn from: any lasting identifier."""

    name: str
    card: str
    role: Role = Role.PUPIL
    fate: Fate = Fate.NONE

    def role_on(self, day: int) -> Role:
        """Of a day of the week, counted from Monday, 0."""
        moved = self.fate == Fate.MOVES_CLASS and day >= THURSDAY
        return Role.TWO_SESSIONS if moved else self.role


@dataclass(frozen=True, slots=True, order=True)
class WeekTap:
    """`direction` is the way they go, whether the gate can tell or not.

    `sent_at` is later than `at` if the gate had no network. `is_refused`: no gate opens for that
    card or person then. `is_annulled`: the reader takes it back at once.
    """

    at: datetime
    gate: Gate
    name: str
    card: str
    direction: str
    sent_at: datetime
    is_refused: bool = False
    is_annulled: bool = False

    @property
    def was_late(self) -> bool:
        return self.sent_at > self.at


# Minutes of the day, counted from midnight.
LATE_SINCE, EAST_SENDS_AT = 7 * 60, 20 * 60 + 30  # the east gate on Tuesday, without network
SUSPENDED_AT, OFF_AT, MOVED_AT = 11 * 60, 6 * 60 + 30, 14 * 60
WHEN: Final = {
    Fate.SUSPENDED: (TUESDAY, SUSPENDED_AT),
    Fate.CARD_OFF: (THURSDAY, OFF_AT),
    Fate.MOVES_CLASS: (WEDNESDAY, MOVED_AT),
}
"""On which day and at which minute the school does what befalls somebody."""


def _session(
    name: str, weekdays: list[int], starts_at: str, late_after: str, ends_at: str
) -> dict[str, Any]:
    times = {"starts_at": starts_at, "late_after": late_after, "ends_at": ends_at}
    return {"name": name, "weekdays": weekdays, **times}


WORKDAYS, EVERY_DAY = [*range(1, 6)], [*range(1, 8)]
SCHEDULES: Final[dict[Role, dict[str, Any]]] = {
    Role.TWO_SESSIONS: {
        "name": "Two sessions",
        "sessions": [
            _session("Morning", WORKDAYS, "07:30", "07:45", "12:00"),
            {**_session("Afternoon", WORKDAYS, "13:30", "13:40", "16:00"), "requires_tap": True},
        ],
        "closes_at": "18:00",
    },
    Role.BOARDER: {
        "name": "Boarders",
        "day_begins": "03:00",
        "sessions": [_session("Evening", WORKDAYS, "17:00", "17:15", "22:00")],
        "closes_at": "23:30",
    },
    Role.NIGHT_GUARD: {
        "name": "Guards at night",
        "day_begins": "12:00",
        "sessions": [_session("Night", EVERY_DAY, "18:00", "18:10", "06:00")],
        "closes_at": "09:00",
    },
}


def week_of(cast: Iterable[Character], monday: date, *, seed: int, zone: tzinfo) -> list[WeekTap]:
    """What the readers saw from this Monday to the Monday after, in order of time."""
    taps: list[WeekTap] = []
    for character in cast:
        for day in range(7):
            taps += _Day(character, monday, day, seed, zone).taps()
    return sorted(taps)


def rules_of(
    monday: date, audiences: Mapping[Role, dict[str, list[str]]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is to be posted where, so that the week has its rules; whose, as `applies_to`.

    Whoever has no hours of their own goes by the policy, late after 08:00.
    """
    span = {"valid_from": str(monday), "valid_to": str(monday + 6 * ONE_DAY)}
    for role, hours in SCHEDULES.items():
        if role in audiences:
            yield f"{RULES}schedules/", {**hours, **span, "applies_to": audiences[role]}
    yield f"{RULES}holidays/", {"date": str(monday + HOLIDAY * ONE_DAY), "name": "Founders' Day"}


class _Day:
    """One day of somebody; what they do after midnight still is of it."""

    def __init__(
        self, character: Character, monday: date, day: int, seed: int, zone: tzinfo
    ) -> None:
        self.character, self.day = character, day
        habit = Random(f"{seed} {character.name}")  # noqa: S311
        self.uses_east_gate = habit.random() < 0.4
        on = monday + day * ONE_DAY
        self.today = Random(f"{seed} {on} {character.name}")  # noqa: S311
        self.midnight = datetime.combine(on, time(), zone)
        self.seen: list[WeekTap] = []

    def taps(self) -> list[WeekTap]:
        if not self._is_made_by_fate():
            LIVES[self.character.role_on(self.day)](self)
        return self.seen

    def _is_made_by_fate(self) -> bool:
        """Whether this is no day like others; what happens on it then is in `seen`."""
        fate = self.character.fate
        if fate == Fate.SUSPENDED and self.day == TUESDAY:
            self.passes(7 * 60 + 40, Gate.MAIN_IN, "in")
            self.passes(SUSPENDED_AT + 20, Gate.MAIN_OUT, "out", is_refused=True)
        elif fate in (Fate.SUSPENDED, Fate.CARD_OFF) and self.day == THURSDAY:
            self.passes(7 * 60 + 50, Gate.MAIN_IN, "in", is_refused=True)
        elif fate == Fate.AWAY and self.day == THURSDAY:
            self.passes(9 * 60 + 30, Gate.MAIN_IN, "in")
            self.passes(11 * 60, Gate.MAIN_OUT, "out")
        elif fate == Fate.LENT_CARD and self.day == MONDAY:
            self.passes(7 * 60 + 50, Gate.MAIN_IN, "in", is_annulled=True)
        return bool(self.seen) or self._stays_away()

    def _stays_away(self) -> bool:
        first = {Fate.NO_CARD: MONDAY, Fate.SUSPENDED: TUESDAY, Fate.CARD_OFF: THURSDAY}
        if self.character.fate == Fate.AWAY:
            return TUESDAY <= self.day < THURSDAY
        return self.day >= first.get(self.character.fate, SUNDAY + 1)

    @property
    def is_free(self) -> bool:
        return self.day in (HOLIDAY, SATURDAY, SUNDAY)

    def chance(self, share: float) -> bool:
        return self.today.random() < share

    def between(self, first: float, last: float) -> float:
        return self.today.uniform(first, last)

    def comes(self, minute: float) -> None:
        self.passes(minute, Gate.EAST if self.uses_east_gate else Gate.MAIN_IN, "in")

    def goes(self, minute: float) -> None:
        self.passes(minute, Gate.EAST if self.uses_east_gate else Gate.MAIN_OUT, "out")

    def passes(self, minute: float, gate: Gate, direction: str, **what: bool) -> None:
        """Past a gate, which reads some cards twice, on Thursdays one of them none at all."""
        at = self.midnight + timedelta(seconds=round(minute * 60))
        if gate == Gate.EAST and self.day == THURSDAY:
            return
        has_no_network = gate == Gate.EAST and self.day == TUESDAY
        is_waiting = has_no_network and LATE_SINCE <= minute < EAST_SENDS_AT
        moments = [at]
        if not what and self.chance(0.15):
            moments.append(at + timedelta(seconds=self.today.randint(1, 4)))
        for moment in moments:
            sent_at = self.midnight + timedelta(minutes=EAST_SENDS_AT) if is_waiting else moment
            name, card = self.character.name, self.character.card
            self.seen.append(WeekTap(moment, gate, name, card, direction, sent_at, **what))


def _pupil(day: _Day) -> None:
    if day.is_free:
        _visit(day)
        return
    if day.chance(0.12):
        return
    if day.chance(0.05):
        day.comes(8 * 60)  # on the second: nobody is late yet
    else:
        is_late = day.chance(0.2)
        day.comes(day.between(8 * 60 + 1, 10 * 60) if is_late else day.between(7 * 60, 7 * 60 + 59))
    if day.chance(0.15):
        day.goes(day.between(12 * 60 + 5, 12 * 60 + 20))
        day.comes(day.between(12 * 60 + 40, 13 * 60 + 20))
    if day.chance(0.85):
        day.goes(day.between(15 * 60 + 30, 17 * 60))


def _visit(day: _Day) -> None:
    if day.chance(0.15):
        came = day.between(9 * 60, 11 * 60)
        day.comes(came)
        day.goes(came + day.between(30, 120))


def _two_sessions(day: _Day) -> None:
    if day.is_free:
        _visit(day)
        return
    plan = day.today.random()
    if plan < 0.1:
        return
    if plan < 0.85:
        is_late = day.chance(0.2)
        day.comes(day.between(466, 600) if is_late else day.between(420, 464))
    if 0.1 <= plan < 0.25:  # stays at school, and taps for no afternoon
        day.goes(day.between(16 * 60 + 1, 16 * 60 + 30))
        return
    if plan < 0.85:
        day.goes(day.between(12 * 60 + 1, 12 * 60 + 15))
    if plan < 0.4:
        return
    is_late = day.chance(0.3)
    day.comes(day.between(821, 870) if is_late else day.between(795, 819))
    day.goes(day.between(16 * 60 + 1, 16 * 60 + 30))


def _boarder(day: _Day) -> None:
    """Until half past midnight, mostly."""
    if day.chance(0.1) or (day.is_free and day.chance(0.6)):
        return
    is_late = day.chance(0.2)
    came = day.between(1036, 1080) if is_late else day.between(990, 1034)
    day.passes(came, Gate.HOSTEL, "in")
    is_early = day.chance(0.25)
    left = day.between(21 * 60, 21 * 60 + 55) if is_early else day.between(1460, 1480)
    day.passes(left, Gate.HOSTEL, "out")


def _member(day: _Day) -> None:
    if day.is_free:
        _visit(day)
        return
    if day.chance(0.1):
        return
    is_late = day.chance(0.15)
    day.comes(day.between(481, 560) if is_late else day.between(440, 479))
    day.goes(day.between(16 * 60 + 30, 17 * 60 + 30))


def _day_guard(day: _Day) -> None:
    if day.chance(0.8):
        day.passes(day.between(5 * 60 + 40, 9 * 60), Gate.MAIN_IN, "in")
        day.passes(day.between(18 * 60 + 5, 18 * 60 + 20), Gate.MAIN_OUT, "out")


def _night_guard(day: _Day) -> None:
    if day.chance(0.12):
        return
    is_late = day.chance(0.2)
    day.passes(day.between(1091, 1140) if is_late else day.between(1060, 1089), Gate.MAIN_IN, "in")
    is_early = day.chance(0.15)
    day.passes(
        day.between(1680, 1740) if is_early else day.between(1801, 1820), Gate.MAIN_OUT, "out"
    )


LIVES: Final = {
    Role.PUPIL: _pupil,
    Role.TWO_SESSIONS: _two_sessions,
    Role.BOARDER: _boarder,
    Role.MEMBER: _member,
    Role.DAY_GUARD: _day_guard,
    Role.NIGHT_GUARD: _night_guard,
}
