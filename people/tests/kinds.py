"""The kinds of people as a test meets them: an address, a model, rows of a spreadsheet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from core.history import logs_of
from people.kinds import PersonKind
from people.models import Person
from security.kind import SECURITY
from staff.kind import STAFF as STAFF_KIND
from staff.models import StaffMember
from students.kind import STUDENT
from visitors.kind import VISITOR

Values = dict[str, str]

# A visit that goes on, whenever these tests run.
BEGINS = timezone.localtime().replace(microsecond=0) - timedelta(days=1)
ENDS = BEGINS + timedelta(days=8)


@dataclass(frozen=True)
class Kind:
    declared: PersonKind
    row: Callable[..., Values]  # row(n, **changes): what a spreadsheet says of the n-th person

    @property
    def url(self) -> str:
        return f"/api/{self.declared.plural_key}/"

    @property
    def model(self) -> type[Person]:
        model: type[Person] = self.declared.model
        return model

    @property
    def identifier(self) -> str:
        return self.declared.number_key

    @property
    def people(self) -> Any:
        return self.model._default_manager

    @property
    def events(self) -> Any:
        """The log that has a row for every write of one of them."""
        return logs_of(Person)[0].objects.filter(kind=self.declared.key)

    def add(self, number: int = 1, **changes: Any) -> Any:
        """By names of the API or of the model."""
        named = {**self.row(number), **changes}
        values = {self.declared.attribute(key): value for key, value in named.items()}
        fields = self.model._meta.get_field
        return self.people.create(**{k: fields(k).to_python(v) for k, v in values.items()})  # type: ignore[union-attr]


def student_row(number: int = 1, **changes: str) -> Values:
    return {
        "registration_number": f"DIT/2024/{number:05}",
        "first_name": "Amina",
        "middle_name": "Neema",
        "surname": "Wanjikũ",
        "card_name": "",
        "class_level": "NTA 5",
        "class_code": "CS21",
        "program": "Diploma in Computer Science",
        "department": "Computer Studies",
        "date_of_birth": (date(2003, 2, 2) - timedelta(days=number)).isoformat(),
        "phone_number": "+255712345678",
        "email": f"student{number}@example.ac.tz",
        "diet_note": "No nuts",
        "terminal_pin": f"1{number:05}",
        "student_status": "Active",
        "academic_status": "Current",
        "is_active": "True",
        "enrolled_on": "2024-09-30",
        "left_on": "2036-12-18",
        **changes,
    }


def staff_row(number: int = 1, **changes: str) -> Values:
    return {
        "staff_number": f"STAFF/{number:05}",
        "first_name": "Juma",
        "middle_name": "",
        "surname": "Ng'ang'a",
        "card_name": "J. Nganga",
        "department": "Estates",
        "position": "Electrician",
        "phone_number": "+255754000111",
        "email": f"staff{number}@example.ac.tz",
        "diet_note": "No nuts",
        "terminal_pin": f"2{number:05}",
        "employment_status": "On Leave",
        "is_active": "True",
        "enrolled_on": "2024-09-30",
        "left_on": "2036-12-18",
        **changes,
    }


def guard_row(number: int = 1, **changes: str) -> Values:
    return {
        "employee_id": f"SEC/{number:05}",
        "badge_number": f"BADGE{number:05}",
        "full_name": "Baraka Mushi",
        "card_name": "",
        "phone_number": "+255654000222",
        "email": f"guard{number}@example.ac.tz",
        "diet_note": "No nuts",
        "terminal_pin": f"3{number:05}",
        "hire_date": "2020-01-15",
        "is_active": "True",
        "enrolled_on": "2024-09-30",
        "left_on": "2036-12-18",
        **changes,
    }


def visitor_row(number: int = 1, **changes: str) -> Values:
    """Whoever they visit is there, as the member of staff of number 0."""
    host = StaffMember.objects.filter(identifier=staff_row(0)["staff_number"]).first()
    return {
        "visitor_number": f"GUEST/{number:05}",
        "full_name": "Rehema Kweka",
        "card_name": "R. Kweka",
        "company": "Tanzania Telecommunications",
        "phone_number": "+255754000333",
        "email": f"visitor{number}@example.org",
        "diet_note": "No nuts",
        "terminal_pin": f"4{number:05}",
        "host": str((host or STAFF.add(0)).pk),
        "purpose": "Repairs the telephones",
        "expected_from": BEGINS.isoformat(),
        "expected_until": ENDS.isoformat(),
        "is_active": "True",
        "enrolled_on": "2024-09-30",
        "left_on": "2036-12-18",
        **changes,
    }


STUDENTS = Kind(STUDENT, student_row)
STAFF = Kind(STAFF_KIND, staff_row)
GUARDS = Kind(SECURITY, guard_row)
VISITORS = Kind(VISITOR, visitor_row)
KINDS = {kind.declared.key: kind for kind in (STUDENTS, STAFF, GUARDS, VISITORS)}
