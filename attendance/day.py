"""What a day was: a pure function of facts (contract section 9).

`judge` knows no clock, no database and no HTTP. It is given the facts of one person around one
logical day (passes, a correction, what was planned for them, whether the day is closed) and says
what the day was. Passes are a set: in any order, in any batches, late and as often as they like,
they give the same day.

A *pass* is a tap that counts: accepted, or refused on the way out, for whoever is refused there is
out all the same. Two of the same card, at the same reader and the same way, within
`debounce` of each other are one, on the day of the first of them.

A reader at a two-way gate that sends no direction leaves both open: there the first pass of a day
is an arrival and each later one a departure that the next one takes back, so a forgotten tap flips
nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

from attendance.rules import DayPlan, PlannedSession
from core.values import value

ONE_MINUTE: Final = timedelta(minutes=1)
# Seconds: how long after a pass the same again is that one, at most.
MAX_DEBOUNCE: Final = 60


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    EITHER = ""


class DayStatus(StrEnum):
    """What a day or a session was."""

    PRESENT = "Present"
    LATE = "Late"
    ABSENT = "Absent"
    EXCUSED = "Excused"


# Of thousands: the enumeration is slower to ask.
WAYS: Final = {way.value: way for way in Direction}


class Pass(NamedTuple):
    """One card past one reader. `source` is the same for the same card at the same reader.

    `debounce`: for how many seconds after it the same again is this pass. A tuple, for a busy day
    has dozens of them, and those are put in order quicker than dataclasses, by a factor of four.
    """

    at: datetime
    direction: Direction = Direction.EITHER
    source: str = ""
    is_refused: bool = False
    debounce: int = 0

    def is_same_as(self, other: Self) -> bool:
        """One tap, whatever the reader's debounce was when, or is set to by now."""
        return self[:-1] == other[:-1]  # all but `debounce`

    def is_repeated_at(self, at: datetime) -> bool:
        """Whether the same again at that later time is this one. Without `debounce` each counts."""
        return self.debounce > 0 and at - self.at <= timedelta(seconds=self.debounce)

    def as_row(self) -> list[Any]:
        """As a day's row keeps it: for orjson, and short, for there are millions."""
        return [
            self.at,
            self.direction.value,
            self.source,
            int(self.is_refused),
            self.debounce,
        ]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Self:
        at, direction, source, is_refused, debounce = row
        return cls(datetime.fromisoformat(at), WAYS[direction], source, bool(is_refused), debounce)


class Stay(NamedTuple):
    """On site from an arrival to a departure; None: nobody saw it.

    `comings`: its passes that can be somebody coming, all but those known to be departures.
    """

    arrived_at: datetime | None
    left_at: datetime | None
    comings: tuple[datetime, ...] = ()


@value
class Corrected:
    """What an officer said instead; what is None or empty was not said."""

    status: str = ""
    arrived_at: datetime | None = None
    left_at: datetime | None = None


@value
class DayFacts:
    """`is_closed`: the day is over for such people; whoever is `is_expected` then is Absent.

    `is_expected`: on the roll, admitted and able to tap; what is scheduled stands in the plan.
    """

    plan: DayPlan
    passes: tuple[Pass, ...] = ()
    corrected: Corrected = Corrected()
    is_expected: bool = True
    is_closed: bool = False


@value
class SessionResult:
    """`status` is None while the day is open and nobody came to it."""

    name: str
    status: DayStatus | None
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    minutes_late: int = 0


@value
class DayResult:
    """What a day was. `status` None: there is nothing to say of it, and no row.

    `derived_status` is what the facts say, whatever was corrected. `is_counted`: the day counts in
    rates, as something was expected of this person on it.
    """

    status: DayStatus | None
    derived_status: DayStatus | None
    attendance_time: datetime | None = None
    left_at: datetime | None = None
    minutes_late: int = 0
    left_early: bool = False
    minutes_on_site: int | None = None
    on_site_since: datetime | None = None
    sessions: tuple[SessionResult, ...] = ()
    is_counted: bool = False


def judge(facts: DayFacts) -> DayResult:
    """What this day was for this person."""
    stays = _as_corrected(stays_of(facts.passes), facts.corrected)
    seen = [session for session in facts.plan.sessions if facts.is_expected]
    results = tuple(_session(session, stays, facts) for session in seen)
    has_come = _has_come(seen, stays)
    derived = _status(facts, results, has_come=has_come)
    status = DayStatus(facts.corrected.status) if facts.corrected.status else derived
    arrived_at = next((stay.arrived_at for stay in stays if stay.arrived_at), None)
    return DayResult(
        status=status,
        derived_status=derived,
        attendance_time=arrived_at,
        left_at=_departure(stays, arrived_at),
        minutes_late=sum(result.minutes_late for result in results),
        left_early=has_come and _left_early(seen, stays),
        minutes_on_site=_minutes_on_site(stays),
        on_site_since=stays[-1].arrived_at if stays and stays[-1].left_at is None else None,
        sessions=results,
        is_counted=bool(results),
    )


# --- passes ------------------------------------------------------------------------------------


def with_firsts(passes: Iterable[Pass]) -> Iterator[tuple[Pass, Pass]]:
    """These passes in order, each with the one that it is over again, or with itself."""
    last: dict[tuple[str, Direction], Pass] = {}
    for this in sorted(passes):
        if this.is_refused:
            yield this, this
            continue
        first = last.get((this.source, this.direction))
        if first is None or not first.is_repeated_at(this.at):
            first = last[this.source, this.direction] = this
        yield this, first


def debounced(passes: Iterable[Pass]) -> Iterator[tuple[Pass, bool]]:
    """These passes in order, each with whether it is another one over again."""
    return ((this, first is not this) for this, first in with_firsts(passes))


def repeats_in(passes: Iterable[Pass]) -> list[Pass]:
    """Those of these passes that are another one over again, in order."""
    return [this for this, first in with_firsts(passes) if first is not this]


def shared_out(
    days: Mapping[date, Sequence[Pass]],
    come: Iterable[Pass] = (),
    gone: Iterable[Pass] = (),
    *,
    day_of: Callable[[datetime], date],
) -> dict[date, list[Pass]]:
    """The passes of each day when some have come and some are gone, those of a day in order.

    One over again is on the day of its first. A first stays where it stood as one; else it is on
    the day on which it was made, which `day_of` says. `days` go back to one before all of these.
    """
    stood: dict[int, date] = {}
    passes = list(come)
    for day, own in days.items():
        stood |= {id(this): day for this, first in with_firsts(own) if first is this}
        passes += own
    for taken_back in gone:
        if same := next((one for one in passes if one.is_same_as(taken_back)), None):
            passes.remove(same)
    shared: dict[date, list[Pass]] = {day: [] for day in days}
    for this, first in with_firsts(passes):
        day = stood.get(id(first)) or day_of(first.at)
        shared.setdefault(day, []).append(this)
    return shared


def stays_of(passes: Iterable[Pass]) -> list[Stay]:
    """When somebody was on site in a day, in order."""
    stays: list[Stay] = []
    is_in = has_come = False
    for this in (one for one, first in with_firsts(passes) if one is first):
        comes = this.direction == Direction.IN or (
            this.direction == Direction.EITHER and not has_come
        )
        if comes:
            if not is_in:
                stays.append(Stay(this.at, None))
            is_in = has_come = True
        elif is_in or (has_come and not this.is_refused):
            last = stays[-1]
            stays[-1] = Stay(last.arrived_at, this.at, last.comings)
            is_in = False
        elif not this.is_refused:
            # A refused departure ends a stay and never makes one.
            stays.append(Stay(None, this.at))
        if this.direction != Direction.OUT and not this.is_refused:
            last = stays[-1]
            stays[-1] = Stay(last.arrived_at, last.left_at, (*last.comings, this.at))
    return stays


def _as_corrected(stays: list[Stay], corrected: Corrected) -> list[Stay]:
    """A corrected time takes the place of the first arrival or of the last departure."""
    if corrected.arrived_at:
        left_at = stays[0].left_at if stays else None
        is_before = left_at is not None and left_at < corrected.arrived_at
        later = [at for at in (stays[0].comings[1:] if stays else ()) if at > corrected.arrived_at]
        first = Stay(
            corrected.arrived_at,
            None if is_before else left_at,
            comings=(corrected.arrived_at, *later),
        )
        stays = [first, *stays[1:]]
    if corrected.left_at:
        last = stays[-1] if stays else Stay(None, None)
        stays = [*stays[:-1], last._replace(left_at=corrected.left_at)]
    return stays


def _departure(stays: Sequence[Stay], arrived_at: datetime | None) -> datetime | None:
    """The last one after the arrival; of whoever was only seen leaving, the last one."""
    left = [stay.left_at for stay in stays if stay.left_at]
    after = [at for at in left if arrived_at is None or at > arrived_at]
    return max(after, default=None)


def _minutes_on_site(stays: Iterable[Stay]) -> int | None:
    """Of the stays whose both ends are known; None if there is none."""
    whole = [stay.left_at - stay.arrived_at for stay in stays if stay.arrived_at and stay.left_at]
    return sum(whole, timedelta()) // ONE_MINUTE if whole else None


# --- sessions ----------------------------------------------------------------------------------


def _session(session: PlannedSession, stays: Sequence[Stay], facts: DayFacts) -> SessionResult:
    there = [own for stay in stays if (own := _attended(session, stay))]
    # Whoever was only seen leaving came at some time; if they came again, that time counts.
    first = next((own for own in there if own.arrived_at), there[0] if there else None)
    arrived_at = first.arrived_at if first else None
    status: DayStatus | None = DayStatus.PRESENT
    minutes_late = 0
    if session.is_excused:
        status = DayStatus.EXCUSED
    elif first is None:
        status = DayStatus.ABSENT if facts.is_closed else None
    elif arrived_at is not None and arrived_at > session.late_after:
        status = DayStatus.LATE
        # A second over the limit is a minute.
        minutes_late = max(1, (arrived_at - session.starts) // ONE_MINUTE)
    left_at = _left(session, there, arrived_at)
    return SessionResult(session.name, status, arrived_at, left_at, minutes_late)


def _attended(session: PlannedSession, stay: Stay) -> Stay | None:
    """What of a stay was at this session; None: nothing.

    One that requires a tap begins with the first that can be somebody coming to it. Any other
    without an end asks only that they came that day.
    """
    if stay.arrived_at is None:
        # Seen leaving before it had begun, they were not at it.
        is_after = stay.left_at is not None and stay.left_at > session.starts
        return stay if is_after else None
    asks_more = session.requires_tap or session.ends is not None
    if asks_more and stay.left_at is not None and stay.left_at <= session.starts:
        return None
    comings = [stay.arrived_at]
    if session.requires_tap:
        comings = [at for at in stay.comings if at >= session.opens]
    arrived_at = comings[0] if comings else None
    if arrived_at is None or arrived_at >= session.closes:
        return None
    return Stay(arrived_at, stay.left_at, stay.comings)


def _left(
    session: PlannedSession, there: Sequence[Stay], arrived_at: datetime | None
) -> datetime | None:
    """When somebody left a session and came to it no more; None: they stayed to its end."""
    left_at = there[-1].left_at if there else None
    if left_at is None or not session.opens < left_at <= session.closes:
        return None
    return left_at if arrived_at is None or left_at > arrived_at else None


def _has_come(sessions: Sequence[PlannedSession], stays: Iterable[Stay]) -> bool:
    """Whoever only left, before anything began, did not come that day."""
    first = min((session.starts for session in sessions), default=None)
    return any(
        stay.arrived_at or first is None or (stay.left_at and stay.left_at > first)
        for stay in stays
    )


def _status(
    facts: DayFacts, results: Sequence[SessionResult], *, has_come: bool
) -> DayStatus | None:
    """Absent if absent from every session that was expected, else Late if late in one."""
    judged = {result.status for result in results} - {None}
    if judged == {DayStatus.EXCUSED} and len(results) == sum(
        result.status == DayStatus.EXCUSED for result in results
    ):
        return DayStatus.EXCUSED
    if DayStatus.LATE in judged:
        return DayStatus.LATE
    if DayStatus.PRESENT in judged:
        return DayStatus.PRESENT
    if has_come and not (facts.is_closed and DayStatus.ABSENT in judged):
        # Seen, on a day or at an hour at which nothing was expected; or what is, is still to come.
        return DayStatus.PRESENT
    return DayStatus.ABSENT if DayStatus.ABSENT in judged else None


def _left_early(sessions: Sequence[PlannedSession], stays: Sequence[Stay]) -> bool:
    """Left for good before the last session that was expected of them had ended."""
    attended = [s for s in sessions if not s.is_excused]
    if not attended or not stays or stays[-1].left_at is None:
        return False
    ends = attended[-1].ends
    return ends is not None and stays[-1].left_at < ends
