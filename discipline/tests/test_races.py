"""Incidents and voids at the same time, each on a connection of its own.

Each race has a control: the same race without its guard, which must go wrong.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from accounts.tests.races import at_once, meeting
from cards.tests.factories import make_student
from discipline.models import Incident
from discipline.services import AlreadyVoided, void_incident
from discipline.tests.factories import make_incident, make_officer, points_of
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def by(db: None) -> User:
    return make_officer()


def ledger_of(student: Student) -> int:
    standing = Incident.objects.filter(student=student, voided_at__isnull=True)
    points: int = standing.aggregate(points=Sum("points_deducted", default=0))["points"]
    return points


def void(incident: Incident, by: User) -> str:
    try:
        void_incident(incident=Incident.objects.get(pk=incident.pk), reason="Appeal", by=by)
    except AlreadyVoided as error:
        return error.code
    return "voided"


@contextmanager
def without_triggers() -> Iterator[None]:
    """The database without what adds points up, and without what keeps others from writing it."""
    tables = {
        "discipline_incident": ["discipline_add_recorded", "discipline_add_voided"],
        "students_student": ["discipline_keep_points"],
    }

    def turn(switch: str) -> None:
        with connection.cursor() as cursor:
            for table, triggers in tables.items():
                for trigger in triggers:
                    cursor.execute(f"ALTER TABLE {table} {switch} TRIGGER {trigger}")

    turn("DISABLE")
    try:
        yield
    finally:
        turn("ENABLE")


def test_concurrent_incidents_lose_no_point(by: User) -> None:
    student = make_student()
    at_once(*[partial(make_incident, student, points, by=by) for points in range(1, 21)])
    assert points_of(student) == ledger_of(student) == 210


def test_read_modify_write_loses_points(by: User) -> None:
    student = make_student()
    everybody_has_read = meeting(lambda: None, 2)

    def record(points: int) -> None:
        found = Student.objects.get(pk=student.pk)
        everybody_has_read()
        Incident.objects.create(
            student=found, incident_description="Noise", points_deducted=points, recorded_by=by
        )
        found.points_deducted += points
        found.save(update_fields=["points_deducted"])

    with without_triggers():
        at_once(partial(record, 3), partial(record, 4))
    assert ledger_of(student) == 7
    assert points_of(student) in {3, 4}


def test_incidents_and_voids_at_once_leave_the_sum_of_what_stands(by: User) -> None:
    student = make_student()
    old = [make_incident(student, 10, by=by) for _ in range(10)]
    at_once(
        *[partial(void, incident, by) for incident in old],
        *[partial(make_incident, student, 1, by=by) for _ in range(10)],
    )
    assert points_of(student) == ledger_of(student) == 10


def test_of_many_voids_of_one_incident_one_gives_the_points_back_once(by: User) -> None:
    student = make_student()
    make_incident(student, 50, by=by)
    incident = make_incident(student, 10, by=by)
    results = at_once(*[partial(void, incident, by)] * 10)
    assert sorted(results) == ["already_voided"] * 9 + ["voided"]
    assert points_of(student) == ledger_of(student) == 50


def test_a_change_of_the_student_meanwhile_loses_no_point(by: User) -> None:
    student = make_student()

    def rename(number: int) -> None:
        found = Student.objects.get(pk=student.pk)
        found.class_level = f"NTA {number}"
        found.save()

    at_once(
        *[partial(rename, number) for number in range(10)],
        *[partial(make_incident, student, 2, by=by) for _ in range(10)],
    )
    assert points_of(student) == 20


def test_bulk_writes_about_the_same_students_do_not_deadlock(by: User) -> None:
    students = [make_student() for _ in range(30)]

    def record(order: list[Student]) -> None:
        with transaction.atomic():
            Incident.objects.bulk_create(
                Incident(
                    student=student,
                    incident_description="Noise",
                    points_deducted=1,
                    recorded_by=by,
                    recorded_at=timezone.now(),
                )
                for student in order
            )

    at_once(*[partial(record, order) for order in (students, students[::-1]) * 6])
    assert {points_of(student) for student in students} == {12}
