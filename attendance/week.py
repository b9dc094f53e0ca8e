"""A schedule's week as a picture: places in percent, for whoever draws it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

DAY: Final = 24 * 60
# The widest distance between two marks of the hours, by how many hours are shown.
STEPS: Final = ((6, 1), (12, 2), (18, 3))
WIDEST_STEP: Final = 4


@dataclass(frozen=True, slots=True)
class HourMark:
    """An hour on the scale."""

    left: float
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A session on a day: from `left`, `width` wide; late from `late` on, which leaves `rest`."""

    name: str
    times: str
    left: float
    width: float
    late: float
    rest: float
    is_open: bool
    """It lasts as long as the day."""


@dataclass(frozen=True, slots=True)
class WeekDay:
    name: str
    short: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Week:
    """`closes`: where the day closes, if that is in the picture."""

    marks: Sequence[HourMark]
    days: Sequence[WeekDay]
    closes: float | None


def week_of(
    sessions: Sequence[Mapping[str, Any]], day_begins: time, closes_at: time | None
) -> Week:
    """The picture of these sessions, in the contract's words; as wide as they need, and an hour."""
    begins = _minutes(day_begins)
    spans = [(session, *_span(session, begins)) for session in sessions]
    closes = _after(begins, closes_at) if closes_at else None
    first = min([starts for _, starts, _, _ in spans], default=7 * 60) // 60 * 60 - 60
    ends = [ends or max(late + 60, closes or 0) for _, _, late, ends in spans]
    last = min(-(-max([*ends, closes or 0, first + 4 * 60]) // 60) * 60 + 60, DAY)
    first = max(first, 0)

    def place(minute: int) -> float:
        return round(100 * (minute - first) / (last - first), 2)

    def blocks(weekday: int) -> Iterable[Block]:
        for session, starts, late, ends in spans:
            if weekday in session["weekdays"]:
                until = max(min(ends or closes or last, last), late)
                yield Block(
                    session["name"],
                    _times(session),
                    place(starts),
                    round(place(until) - place(starts), 2),
                    place(late),
                    round(place(until) - place(late), 2),
                    ends is None,
                )

    return Week(
        list(_marks(first, last, begins, place)),
        [
            WeekDay(str(WEEKDAYS[day]), str(WEEKDAYS_ABBR[day]), list(blocks(day + 1)))
            for day in range(7)
        ],
        place(closes) if closes else None,
    )


def _marks(first: int, last: int, begins: int, place: Any) -> Iterable[HourMark]:
    hours = (last - first) // 60
    step = next((step for most, step in STEPS if hours <= most), WIDEST_STEP) * 60
    for minute in range(first, last, step):
        clock = (begins + minute) % DAY
        yield HourMark(place(minute), f"{clock // 60:02}:{clock % 60:02}")


def _span(session: Mapping[str, Any], begins: int) -> tuple[int, int, int | None]:
    """Beginning, limit and end in minutes of the logical day."""
    starts = _after(begins, _time(session["starts_at"]))
    late = starts + _between(session["starts_at"], session.get("late_after"))
    ends_at = session.get("ends_at")
    return starts, late, starts + _between(session["starts_at"], ends_at) if ends_at else None


def _times(session: Mapping[str, Any]) -> str:
    ends_at = session.get("ends_at")
    starts_at = session["starts_at"][:5]
    if ends_at:
        return _("{first} to {last}").format(first=starts_at, last=ends_at[:5])
    return _("from {time}").format(time=starts_at)


def _between(first: str, last: str | None) -> int:
    return (_minutes(_time(last)) - _minutes(_time(first))) % DAY if last else 0


def _after(begins: int, at: time) -> int:
    return (_minutes(at) - begins) % DAY


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
