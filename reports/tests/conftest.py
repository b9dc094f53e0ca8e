"""The clock of these tests, and a campus where much has happened."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pytest
import time_machine

from cards.tests.factories import make_student
from discipline.models import Category
from kitchen.models import MealPeriod
from reports.tests.factories import (
    CAMPUS,
    at,
    make_day,
    make_incident,
    make_meal,
    make_period,
)
from students.models import Student

SATURDAY_NIGHT = at(date(2026, 11, 21), "22:00")
CLASSES = [
    ("NTA Level 4", "COE26A", "Computer Studies"),
    ("NTA Level 4", "COE26B", "Computer Studies"),
    ("NTA Level 6", "", "Civil Engineering"),
    ("", "CE24A", "Civil Engineering"),
    ("", "", ""),
]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """It is Saturday night on the campus, 21 November 2026, until a test moves the clock."""
    with time_machine.travel(SATURDAY_NIGHT.astimezone(CAMPUS), tick=False) as traveller:
        yield traveller


@pytest.fixture
def campus(db: None) -> list[Student]:
    """Twelve students, and five weeks of which each report finds some on every side of a month."""
    chance = random.Random(20261121)  # noqa: S311
    students = []
    for number in range(12):
        level, code, department = CLASSES[number % len(CLASSES)]
        students.append(
            make_student(
                first_name=chance.choice(["Wanjikũ", "Ng'ang'a", "Asha"]),
                surname=f"Kĩragũ{number:02}",
                class_level=level,
                class_code=code,
                department=department,
            )
        )
    periods = [make_period("Lunch", 12), make_period("Supper", 18), None]
    for number in range(35):
        day = date(2026, 10, 18) + timedelta(number)
        for student in students:
            _live(chance, student, day, periods)
    return students


def _live(
    chance: random.Random, student: Student, day: date, periods: Sequence[MealPeriod | None]
) -> None:
    """One day of one student."""
    status = chance.choice(["Present", "Present", "Late", "Absent", "Excused", ""])
    if status:
        make_day(student, day, status)
    for _ in range(chance.choice([0, 0, 1, 2])):
        hour = chance.randrange(10, 22)
        make_meal(student, day, chance.choice(periods), f"{hour}:{chance.randrange(60):02}")
    if chance.random() < 0.15:
        make_incident(
            student,
            day,
            chance.randrange(1, 20),
            category=chance.choice(["", *Category.values]),
            is_voided=chance.random() < 0.3,
        )
