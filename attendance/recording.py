"""Merge what taps say into people's days: one statement for each kind of person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from attendance.day import Presence
from attendance.models import Attendance, DayRecord, StaffAttendance
from people.models import Person
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student


class Kind(NamedTuple):
    """Where the days of one kind of person are, and where the people are."""

    table: str
    holder: str
    people: str
    people_pk: str
    class_level: str
    expected: str


def _expected(people: type[Person]) -> str:
    """`PersonQuerySet.expected()`, for statements that are written in SQL."""
    if not people.standing_field:
        return "person.is_active"
    standings = ", ".join(f"'{standing}'" for standing in sorted(people.expected))
    return f"person.is_active AND person.{people.standing_field} IN ({standings})"


KINDS = {
    "student": Kind(
        table="attendance_attendance",
        holder="student_id",
        people="students_student",
        people_pk="student_uuid",
        class_level="person.class_level",
        expected=_expected(Student),
    ),
    "staff": Kind(
        table="attendance_staffattendance",
        holder="staff_id",
        people="staff_staffmember",
        people_pk="staff_uuid",
        class_level="''",
        expected=_expected(StaffMember),
    ),
    "security": Kind(
        table="attendance_staffattendance",
        holder="security_personnel_id",
        people="security_securitypersonnel",
        people_pk="security_id",
        class_level="''",
        expected=_expected(SecurityPersonnel),
    ),
}


def kind_of(record: DayRecord) -> tuple[str, UUID]:
    """Whose day this is: one of KINDS, and the person."""
    if isinstance(record, Attendance):
        return "student", record.student_id
    assert isinstance(record, StaffAttendance)
    if record.staff_id is not None:
        return "staff", record.staff_id
    assert record.security_personnel_id is not None
    return "security", record.security_personnel_id


# The same minimum and maxima as `Presence.__or__`; LEAST and GREATEST pass over NULL. Rows are
# taken in key order, day by day, so that two batches about the same people cannot deadlock.
MERGE = """
    INSERT INTO {kind.table} AS day (
        attendance_id, {kind.holder}, date, attendance_time, last_in_at, last_out_at, late_from,
        corrected_status, correction_reason
    )
    SELECT gen_random_uuid(), seen.holder, seen.date, seen.arrived_at, seen.last_in_at,
        seen.last_out_at, (seen.date + rule.late_after) AT TIME ZONE %s, '', ''
    FROM unnest(%s::uuid[], %s::date[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
        AS seen (holder, date, arrived_at, last_in_at, last_out_at)
    JOIN {kind.people} person ON person.{kind.people_pk} = seen.holder
    CROSS JOIN LATERAL attendance_rule(seen.date, {kind.class_level}) AS rule
    ORDER BY seen.date, seen.holder
    ON CONFLICT ({kind.holder}, date) DO UPDATE SET
        attendance_time = LEAST(day.attendance_time, excluded.attendance_time),
        last_in_at = GREATEST(day.last_in_at, excluded.last_in_at),
        last_out_at = GREATEST(day.last_out_at, excluded.last_out_at)
    RETURNING {kind.holder}, date, status, attendance_time
"""
MERGES = {name: MERGE.format(kind=kind) for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class DayState:
    """A person's day after the taps were merged into it."""

    date: date
    status: str
    attendance_time: datetime | None


PersonDay = tuple[UUID, date]


def merge_days(kind: str, days: Mapping[PersonDay, Presence]) -> dict[PersonDay, DayState]:
    """Merge presences of `student`, `staff` or `security` into their days.

    A closed day is repaired like any other: an Absent becomes Present or Late by the limit that
    was in force when the day was closed.
    """
    seen = days.values()
    columns: list[Any] = [
        [holder for holder, _ in days],
        [day for _, day in days],
        [presence.arrived_at for presence in seen],
        [presence.last_in_at for presence in seen],
        [presence.last_out_at for presence in seen],
    ]
    with connection.cursor() as cursor:
        cursor.execute(MERGES[kind], [settings.TIME_ZONE, *columns])
        return {(row[0], row[1]): DayState(*row[1:]) for row in cursor.fetchall()}
