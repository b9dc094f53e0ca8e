"""Merge what taps say into people's days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from attendance.day import Presence

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


PersonDayView = tuple[UUID, date]


def merge_days(days: Mapping[PersonDayView, Presence]) -> dict[PersonDayView, DayState]:
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
