"""Days, meals, incidents and schedules for the tests of this folder, straight into the tables."""

import csv
import io
from datetime import date, datetime, time
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance
from cards.tests.factories import make_student
from discipline.models import Incident
from kitchen.models import KitchenService, MealPeriod
from reports.models import ReportSchedule
from students.models import Student

URL = "/api/reports/"
SCHEDULES = f"{URL}schedules/"
CAMPUS = ZoneInfo("Africa/Dar_es_Salaam")
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}

_numbers = count(1)


def at(day: date, time_of_day: str) -> datetime:
    """An instant on the campus."""
    return datetime.combine(day, time.fromisoformat(time_of_day), CAMPUS)


def make_day(student: Student, day: date, status: str) -> Attendance:
    """A student's day that came out as this status."""
    arrivals = {"Present": "07:30", "Late": "08:30"}
    seen = at(day, arrivals[status]) if status in arrivals else None
    is_excused = status == "Excused"
    return Attendance.objects.create(
        person=student,
        date=day,
        attendance_time=seen,
        status=status,
        derived_status="" if is_excused else status,
        class_level=student.class_level,
        class_code=student.class_code,
        department=student.department,
        corrected_status="Excused" if is_excused else "",
        correction_reason="At the clinic" if is_excused else "",
    )


def make_meal(
    student: Student, day: date, period: MealPeriod | None, time_of_day: str, **fields: Any
) -> KitchenService:
    """The first of a student, day and period live; every other one by a kitchen offline."""
    had = KitchenService.objects.filter(person=student, date=day, period=period)
    fields = {"is_offline": period is None or had.exists(), **fields}
    return KitchenService.objects.create(
        person=student, date=day, period=period, service_time=at(day, time_of_day), **fields
    )


def make_period(name: str, hour: int, **fields: Any) -> MealPeriod:
    return MealPeriod.objects.create(
        name=name, starts_at=time(hour), ends_at=time(hour + 1), **fields
    )


def make_incident(student: Student, day: date, points: int, **fields: Any) -> Incident:
    by = somebody()
    if fields.pop("is_voided", False):
        fields |= {"voided_at": at(day, "12:00"), "voided_by": by, "void_reason": "Mistaken"}
    return Incident.objects.create(
        student=student,
        date_of_incident=day,
        points_deducted=points,
        incident_description="Noise",
        recorded_by=by,
        **fields,
    )


def somebody() -> User:
    found = User.objects.filter(username="head").first()
    return found or User.objects.create_user("head", role="administrator")


def make_schedule(**fields: Any) -> ReportSchedule:
    """Weekly attendance by class; it has been due for long."""
    return ReportSchedule.objects.create(
        **{
            "report": "attendance",
            "period": "weekly",
            "format": "csv",
            "recipients": ["head@example.org"],
            "created_by": somebody(),
            "next_send_at": datetime(2026, 1, 1, tzinfo=CAMPUS),
            **fields,
        }
    )


def make_students(number: int, **fields: Any) -> list[Student]:
    return [make_student(surname=f"Mushi{next(_numbers):05}", **fields) for _ in range(number)]


def report(client: APIClient, subject: str, **query: Any) -> Any:
    """The answer's JSON."""
    response = client.get(f"{URL}{subject}/", query)
    assert response.status_code == 200, response.content
    return response.json()


def download(client: APIClient, subject: str, file_format: str, **query: Any) -> bytes:
    response = client.get(f"{URL}{subject}/", {"format": file_format, **query})
    assert response.status_code == 200, response.content
    return bytes(response.getvalue())  # and closes it


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
