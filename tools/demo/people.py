"""The demo's people: who they are, as unsaved rows; always the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

from people.models import Person
from people.search import fold
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student
from tools.demo.faces import Appearance
from tools.demo.institution import DEPARTMENTS, ClassGroup, class_groups
from tools.demo.names import DemoName, names

SEED = 20261121
ACADEMIC_YEAR = 2026
BEGAN = date(2023, 10, 2)  # before the first day that the demo tells of
STUDENTS, STAFF, GUARDS = 400, 40, 12
CLASSES = 14
MAIL_DOMAIN = "dit.example"
# What the hatch is told of every so-many-th student.
DIETS = {17: "No groundnuts: allergy.", 41: "Vegetarian.", 58: "Diabetic: no sugar in the tea."}
# Photos are still being taken: about one in sixteen has none yet.
WITHOUT_PHOTO = 16


@dataclass(frozen=True)
class Sitter:
    """A person of the demo, and what the photo shows (None: no photo yet)."""

    person: Person
    name: DemoName
    look: Appearance | None
    group: str
    """Who would notice the same face twice: the class, or all of the staff or guards."""


class DemoPeople:
    """Everybody, drawn from one random source in one fixed order."""

    def __init__(self) -> None:
        self.random = Random(SEED)
        self.names = names(self.random)

    def everybody(self) -> list[Sitter]:
        return [*self._students(), *self._staff(), *self._guards()]

    def _students(self) -> Iterator[Sitter]:
        groups = self._chosen_classes()
        for number, (group, name) in enumerate(zip(cycle(groups), self.names, strict=False), 1):
            yield self._sitter(name, self._student(number, group, name), "student", group.code)
            if number == STUDENTS:
                return

    def _chosen_classes(self) -> list[ClassGroup]:
        """Some classes of every department, the same way each time."""
        groups = class_groups(ACADEMIC_YEAR)
        return groups[:: len(groups) // CLASSES][:CLASSES]

    def _student(self, number: int, group: ClassGroup, name: DemoName) -> Student:
        status = self._rarely({"Suspended": 2, "Withdrawn": 2, "Graduated": 1}, "Active")
        age = 18 + group.year_of_study + self.random.choice((0, 0, 0, 1, 1, 2, 4))
        return Student(
            **self._common(name),
            **_parts(name),
            identifier=f"DIT/{group.intake}/{1200 + number:05}",
            class_level=group.level,
            class_code=group.code,
            program=group.program.name,
            department=group.department.name,
            date_of_birth=self._day(ACADEMIC_YEAR - age),
            status=status,
            diet_note=DIETS.get(number % 100, ""),
            academic_status=self._rarely({"Retake": 4, "Probation": 3, "Deferred": 2}, "Current"),
            is_active=status != "Withdrawn",
        )

    def _staff(self) -> Iterator[Sitter]:
        posts = [
            (department, position.title)
            for department in DEPARTMENTS
            for position in department.positions
        ]
        posts.sort(key=lambda post: self.random.random())
        for number, (post, name) in enumerate(zip(posts[:STAFF], self.names, strict=False), 1):
            department, title = post
            status = self._rarely({"On Leave": 6, "Retired": 2}, "Active")
            member = StaffMember(
                **self._common(name),
                **_parts(name),
                identifier=f"STAFF/{self.random.randint(2004, 2025)}/{number:03}",
                department=department.name,
                position=title,
                status=status,
                is_active=status != "Retired",
            )
            yield self._sitter(name, member, "staff", "staff")

    def _guards(self) -> Iterator[Sitter]:
        for number, name in zip(range(1, GUARDS + 1), self.names, strict=False):
            hired = self._day(self.random.randint(2012, 2025))
            guard = SecurityPersonnel(
                **self._common(name),
                whole_name=name.full,
                identifier=f"SEC/{hired.year}/{number:03}",
                badge_number=f"BADGE{number:03}",
                hire_date=hired,
            )
            yield self._sitter(name, guard, "security", "security")

    def _common(self, name: DemoName) -> dict[str, Any]:
        local = fold(f"{name.first}.{name.surname}").replace(" ", "")
        return {
            "phone_number": f"+2557{self.random.randint(10_000_000, 89_999_999)}",
            "email": f"{local}@{MAIL_DOMAIN}",
            "enrolled_on": BEGAN,
        }

    def _sitter(self, name: DemoName, person: Person, kind: str, group: str) -> Sitter:
        person.person_uuid = person.pk = UUID(int=self.random.getrandbits(128), version=4)
        # Three in eight; a guard's head is the service's.
        would_cover = self.random.getrandbits(3) < 3 and kind != "security"
        look = Appearance(kind, name.is_female, name.is_muslim and would_cover)
        return Sitter(person, name, look if self.random.randrange(WITHOUT_PHOTO) else None, group)

    def _rarely(self, percentages: dict[str, int], usually: str) -> str:
        roll = self.random.randrange(100)
        for value, percentage in percentages.items():
            roll -= percentage
            if roll < 0:
                return value
        return usually

    def _day(self, year: int) -> date:
        return date(year, 1, 1) + timedelta(days=self.random.randrange(365))


def _parts(name: DemoName) -> dict[str, str]:
    return {"first_name": name.first, "middle_name": name.middle, "surname": name.surname}
