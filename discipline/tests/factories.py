"""Incidents for the tests of this folder."""

from typing import Any

from accounts.models import User
from cards.tests.factories import make_student
from discipline.models import Incident
from discipline.services import record_incident
from students.models import Student

URL = "/api/discipline/incidents/"


def make_officer(username: str = "recorder") -> User:
    found = User.objects.filter(username=username).first()
    return found or User.objects.create_user(username, role="discipline_admin")


def make_incident(student: Student | None = None, points: int = 5, **fields: Any) -> Incident:
    values = {"incident_description": "Late for assembly", "by": make_officer(), **fields}
    return record_incident(
        student=student or make_student(),
        points_deducted=points,
        **values,
    )


def points_of(student: Student) -> int:
    """What the database has added up."""
    return Student.objects.get(pk=student.pk).points_deducted


def body(student: Student, /, **fields: Any) -> dict[str, Any]:
    values = {"incident_description": "Fought in the yard", "points_deducted": 10}
    return {"student": str(student.pk), **values, **fields}


def one(incident: Incident, suffix: str = "") -> str:
    return f"{URL}{incident.pk}/{suffix}"
