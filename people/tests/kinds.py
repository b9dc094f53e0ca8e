"""The three kinds of people as a test meets them: an address, a model, rows of a spreadsheet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from people.models import Person
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student

Values = dict[str, str]


@dataclass(frozen=True)
class Kind:
    url: str
    model: type[Person]
    row: Callable[..., Values]  # row(n, **changes): what a spreadsheet says of the n-th person

    @property
    def identifier(self) -> str:
        return self.model.identifier_field

    @property
    def people(self) -> Any:
        return self.model._default_manager

    @property
    def events(self) -> Any:
        event_model: Any = self.model.pgh_event_model  # type: ignore[attr-defined]
        return event_model.objects

    def add(self, number: int = 1, **changes: Any) -> Any:
        return self.people.create(**{**self.row(number), **changes})


def student_row(number: int = 1, **changes: str) -> Values:
    return {
        "registration_number": f"DIT/2024/{number:05}",
        "first_name": "Amina",
        "middle_name": "Neema",
        "surname": "Wanjikũ",
        "class_level": "NTA 5",
        "class_code": "CS21",
        "program": "Diploma in Computer Science",
        "department": "Computer Studies",
        "date_of_birth": "2003-02-01",
        "phone_number": "+255712345678",
        "email": f"student{number}@example.ac.tz",
        "student_status": "Active",
        "academic_status": "Current",
        "is_active": "True",
        **changes,
    }


def staff_row(number: int = 1, **changes: str) -> Values:
    return {
        "staff_number": f"STAFF/{number:05}",
        "first_name": "Juma",
        "middle_name": "",
        "surname": "Ng'ang'a",
        "department": "Estates",
        "position": "Electrician",
        "phone_number": "+255754000111",
        "email": f"staff{number}@example.ac.tz",
        "employment_status": "On Leave",
        "is_active": "True",
        **changes,
    }


def guard_row(number: int = 1, **changes: str) -> Values:
    return {
        "employee_id": f"SEC/{number:05}",
        "badge_number": f"BADGE{number:05}",
        "full_name": "Baraka Mushi",
        "phone_number": "+255654000222",
        "email": f"guard{number}@example.ac.tz",
        "hire_date": "2020-01-15",
        "is_active": "True",
        **changes,
    }


STUDENTS = Kind("/api/students/", Student, student_row)
STAFF = Kind("/api/staff/", StaffMember, staff_row)
GUARDS = Kind("/api/security/", SecurityPersonnel, guard_row)
KINDS = {"students": STUDENTS, "staff": STAFF, "security": GUARDS}
