"""How taps become a person's day.

A day knows three instants: the first arrival, the last arrival and the last departure. Each is a
minimum or a maximum over the day's taps, so days *merge*: `a | b == b | a`, `(a | b) | c ==
a | (b | c)` and `a | a == a`. Taps may therefore come in any order, in any batches, late and as
often as they like; the day comes out the same. `Presence` merges what one batch says, and MERGE
merges that into the database with the same three operations, LEAST and GREATEST. Status and
`left_at` the database derives from them (`attendance.models.Attendance`).

A reader at a two-way gate that sends no direction leaves both open: each of its taps may be an
arrival and a departure, so the first is the arrival, the last the departure, and a forgotten tap
flips nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection


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


# The same minimum and maxima as `Presence.__or__`; LEAST and GREATEST pass over NULL. Rows are
# taken in key order, day by day, so that two batches about the same people cannot deadlock.
MERGE = """
    INSERT INTO attendance_attendance AS day (
        attendance_id, person_id, date, attendance_time, last_in_at, last_out_at, late_from,
        corrected_status, correction_reason
    )
    SELECT gen_random_uuid(), seen.person, seen.date, seen.arrived_at, seen.last_in_at,
        seen.last_out_at, (seen.date + rule.late_after) AT TIME ZONE %s, '', ''
    FROM unnest(%s::uuid[], %s::date[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
        AS seen (person, date, arrived_at, last_in_at, last_out_at)
    JOIN people_person AS person ON person.person_uuid = seen.person
    CROSS JOIN LATERAL attendance_rule(seen.date, person.class_level) AS rule
    ORDER BY seen.date, seen.person
    ON CONFLICT (person_id, date) DO UPDATE SET
        attendance_time = LEAST(day.attendance_time, excluded.attendance_time),
        last_in_at = GREATEST(day.last_in_at, excluded.last_in_at),
        last_out_at = GREATEST(day.last_out_at, excluded.last_out_at)
    RETURNING person_id, date, status, attendance_time
"""


@dataclass(frozen=True, slots=True)
class DayState:
    """A person's day after the taps were merged into it."""

    date: date
    status: str
    attendance_time: datetime | None


PersonDay = tuple[UUID, date]


def merge_days(days: Mapping[PersonDay, Presence]) -> dict[PersonDay, DayState]:
    """Merge presences into people's days, in one statement.

    A closed day is repaired like any other: an Absent becomes Present or Late by the limit that
    was in force when the day was closed.
    """
    seen = days.values()
    columns: list[Any] = [
        [person for person, _ in days],
        [day for _, day in days],
        [presence.arrived_at for presence in seen],
        [presence.last_in_at for presence in seen],
        [presence.last_out_at for presence in seen],
    ]
    with connection.cursor() as cursor:
        cursor.execute(MERGE, [settings.TIME_ZONE, *columns])
        return {(row[0], row[1]): DayState(*row[1:]) for row in cursor.fetchall()}
