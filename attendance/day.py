"""How taps become a person's day. No clock, no database, no HTTP.

A day knows three instants: the first arrival, the last arrival and the last departure. Each is a
minimum or a maximum over the day's taps, so days *merge*: `a | b == b | a`, `(a | b) | c ==
a | (b | c)` and `a | a == a`. Taps may therefore come in any order, in any batches, late and as
often as they like; the day comes out the same. `attendance.recording` merges a day into the
database with the same three operations, LEAST and GREATEST, and the database derives status and
`left_at` from them (`attendance.models.Attendance`).

A reader at a two-way gate that sends no direction leaves both open: each of its taps may be an
arrival and a departure, so the first is the arrival, the last the departure, and a forgotten tap
flips nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    EITHER = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """What some taps of one person on one day say; see the module."""

    arrived_at: datetime | None = None
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None

    @classmethod
    def seen(cls, at: datetime, direction: Direction) -> "Presence":
        """One tap."""
        coming = at if direction != Direction.OUT else None
        going = at if direction != Direction.IN else None
        return cls(arrived_at=coming, last_in_at=coming, last_out_at=going)

    def __or__(self, other: "Presence") -> "Presence":
        return Presence(
            arrived_at=_earliest(self.arrived_at, other.arrived_at),
            last_in_at=_latest(self.last_in_at, other.last_in_at),
            last_out_at=_latest(self.last_out_at, other.last_out_at),
        )


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _latest(*instants: datetime | None) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)
