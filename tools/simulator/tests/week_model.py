"""The week once more, from what was planned: plain Python by the contract's section 9, by hand.

It shares nothing with the product: no rule, no judgement, no query. What it is given are the taps
that the gates read and what the school did; see `tools.simulator.week`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby

from tools.simulator.week import (
    FRIDAY,
    HOLIDAY,
    THURSDAY,
    TUESDAY,
    Character,
    Fate,
    Role,
    WeekTap,
)

ALL_DAY = 24 * 60
# Minutes of the day: (starts, late after, ends, needs a tap of its own), and when the day begins.
HOURS: dict[Role, tuple[list[tuple[int, int, int, bool]], int]] = {
    Role.PUPIL: ([(480, 480, ALL_DAY, False)], 0),
    Role.MEMBER: ([(480, 480, ALL_DAY, False)], 0),
    Role.TWO_SESSIONS: ([(450, 465, 720, False), (810, 820, 960, True)], 0),
    Role.BOARDER: ([(1020, 1035, 1320, False)], 180),
    Role.NIGHT_GUARD: ([(1080, 1090, 1800, False)], 720),
    Role.DAY_GUARD: ([], 0),
}


@dataclass(frozen=True)
class ModelDay:
    """`status` None: nothing is said of it. `came` and `left` are seconds since midnight."""

    status: str | None
    has_no_card: bool = False
    came: float | None = None
    left: float | None = None
    minutes_late: int = 0
    left_early: bool = False
    sessions: tuple[str, ...] = ()


Stay = tuple[float, float | None]


def model_day(
    character: Character, day: int, taps: Iterable[WeekTap], monday: date, zone: tzinfo
) -> ModelDay:
    """`day` 0 is Monday; `taps` are all of this person's week."""
    hours, begins = HOURS[character.role_on(day)]
    midnight = datetime.combine(monday + timedelta(days=day), time(), zone)

    def second(tap: WeekTap) -> float:
        return (tap.at - midnight).total_seconds()

    mine = [tap for tap in taps if 0 <= second(tap) - begins * 60 < ALL_DAY * 60]
    stays = stays_in([(second(tap), tap) for tap in mine])
    came = next((first for first, _ in stays), None)
    left = next((last for _, last in reversed(stays) if last is not None), None)
    is_workday = day <= FRIDAY or character.role == Role.NIGHT_GUARD
    sessions = hours if is_workday and day != HOLIDAY else []
    is_suspended = character.fate == Fate.SUSPENDED and day >= TUESDAY
    could_tap = character.fate != Fate.NO_CARD and not (
        character.fate == Fate.CARD_OFF and day >= THURSDAY
    )
    if not sessions or is_suspended or not could_tap:
        has_no_card = bool(sessions) and not is_suspended and not could_tap and not stays
        return ModelDay("Present" if stays else None, has_no_card, came, left)
    if character.fate == Fate.AWAY and TUESDAY <= day <= THURSDAY:
        return ModelDay("Excused", False, came, left, sessions=("Excused",) * len(sessions))
    judged, minutes_late, opens = [], 0, begins
    for starts, late_after, ends, needs_tap in sessions:
        there = [
            arrived
            for arrived, gone in stays
            if arrived < ends * 60
            and (arrived >= opens * 60 if needs_tap else gone is None or gone > starts * 60)
        ]
        is_late = bool(there) and there[0] > late_after * 60
        judged.append("Late" if is_late else "Present" if there else "Absent")
        minutes_late += max(1, int(there[0] // 60) - starts) if is_late else 0
        opens = ends
    status = next(one for one in ("Late", "Present", "Absent") if one in judged)
    last_end = sessions[-1][2]
    is_gone = bool(stays) and stays[-1][1] is not None and stays[-1][1] < last_end * 60
    left_early = is_gone and last_end != ALL_DAY
    return ModelDay(status, False, came, left, minutes_late, left_early, tuple(judged))


def stays_in(passes: Iterable[tuple[float, WeekTap]]) -> list[Stay]:
    """From each coming to the going after it; of cards that were read twice once."""
    stays: list[Stay] = []
    for at, tap in sorted(passes, key=lambda one: one[0]):
        if tap.is_annulled or (tap.is_refused and tap.direction == "in"):
            continue
        is_in = bool(stays) and stays[-1][1] is None
        if tap.direction == "in" and not is_in:
            stays.append((at, None))
        elif tap.direction == "out" and is_in:
            stays[-1] = stays[-1][0], at
    return stays


def model_on_site(taps: Collection[WeekTap], at: datetime) -> set[str]:
    """Who had come and was not seen to leave since; nobody falls out at midnight."""
    here = set()
    for name, theirs in groupby(sorted(taps, key=lambda tap: (tap.name, tap.at)), lambda t: t.name):
        stays = stays_in([(tap.at.timestamp(), tap) for tap in theirs if tap.at <= at])
        if stays and stays[-1][1] is None:
            here.add(name)
    return here
