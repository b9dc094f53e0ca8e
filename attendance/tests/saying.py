"""Corrections and closings as tests say them, in one line."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from accounts.models import User
from attendance import corrections
from attendance.closing import days_over
from attendance.corrections import Correction
from attendance.models import Attendance


def correct_day(*, record: Attendance, status: str, reason: str, by: User) -> Attendance | None:
    return corrections.correct_day(record=record, correction=Correction(reason, status), by=by)


def correct_people(
    *, day: date, kind: str, people: Collection[UUID], status: str, reason: str, by: User
) -> int:
    correction = Correction(reason, status)
    return corrections.correct_people(
        day=day, kind=kind, people=people, correction=correction, by=by
    )


def days_to_close(*, now: datetime) -> list[date]:
    """The days that are over for anybody and wait for nothing, the oldest first."""
    return sorted({one.date for one in days_over(now=now) if not one.reasons})
