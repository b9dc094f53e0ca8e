"""The database itself keeps the ledger: what it refuses, and the sum that it adds up."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from cards.tests.factories import make_student
from discipline.models import Incident
from discipline.services import AlreadyVoided, void_incident
from discipline.tests.factories import make_incident, make_officer, points_of
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


def insert(student: Student | None = None, **fields: Any) -> Incident:
    """A row, past the services."""
    values = {"incident_description": "Noise", "points_deducted": 5, **fields}
    return Incident.objects.create(
        student=student or make_student(), recorded_by=make_officer(), **values
    )


def refused(write: Callable[[], object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


@pytest.mark.parametrize("points", [0, -1, 101])
def test_points_are_1_to_100(points: int) -> None:
    refused(partial(insert, points_deducted=points), "points_in_range|points_deducted_check")


@pytest.mark.parametrize("points", [1, 100])
def test_the_limits_are_in_range(points: int) -> None:
    assert points_of(insert(points_deducted=points).student) == points


def test_an_incident_is_described() -> None:
    refused(partial(insert, incident_description=""), "discipline_incident_described")


def test_a_category_is_a_known_one() -> None:
    refused(partial(insert, category="weather"), "discipline_incident_known_category")


def test_an_incident_has_happened_when_it_is_recorded() -> None:
    in_days = timezone.localdate() + timedelta(days=2)
    refused(partial(insert, date_of_incident=in_days), "discipline_incident_has_happened")
    refused(partial(insert, date_of_incident=date(1899, 12, 31)), "has_happened")


@pytest.mark.parametrize(
    "fields", [{"voided_at": timezone.now()}, {"void_reason": "Mistake"}, {"voided_by": True}]
)
def test_a_void_has_a_time_a_person_and_a_reason(fields: dict[str, Any]) -> None:
    if "voided_by" in fields:
        fields = {"voided_by": make_officer()}
    refused(partial(insert, **fields), "discipline_incident_voided_by_whom_and_why")
    incident = make_incident()
    found = Incident.objects.filter(pk=incident.pk)
    refused(partial(found.update, **fields), "discipline_incident_voided_by_whom_and_why")


@pytest.mark.dialect
@pytest.mark.parametrize(
    "changes",
    [
        {"points_deducted": 1},
        {"incident_description": "Nothing"},
        {"category": "theft"},
        {"date_of_incident": date(2026, 1, 1)},
        {"recorded_at": timezone.now()},
        {"evidence": "evidence/other.pdf"},
    ],
)
def test_what_was_recorded_never_changes(changes: dict[str, Any]) -> None:
    incident = make_incident(points=7)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(**changes)
    assert points_of(incident.student) == 7


def test_an_incident_stays_its_students_and_its_recorders() -> None:
    incident = make_incident()
    for changes in ({"student": make_student()}, {"recorded_by": make_officer("other")}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            Incident.objects.filter(pk=incident.pk).update(**changes)


def test_nothing_is_deleted() -> None:
    incident = make_incident()
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        incident.delete()
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        Incident.objects.all().delete()
    assert points_of(incident.student) == 5


def test_a_voided_incident_stays_voided_as_it_is() -> None:
    incident = void_incident(incident=make_incident(), reason="Mistake", by=make_officer())
    found = Incident.objects.filter(pk=incident.pk)
    standing = {"voided_at": None, "voided_by": None, "void_reason": ""}
    for changes in (standing, {"void_reason": "Other"}, {"voided_by": make_officer("other")}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            found.update(**changes)
    with pytest.raises(AlreadyVoided):
        void_incident(incident=incident, reason="Again", by=make_officer())
    assert points_of(incident.student) == 0


# --- the sum ----------------------------------------------------------------------------------


def test_points_are_the_sum_of_what_stands() -> None:
    student, other = make_student(), make_student()
    first, second = make_incident(student, 30), make_incident(student, 12)
    make_incident(other, 3)
    assert (points_of(student), points_of(other)) == (42, 3)
    void_incident(incident=first, reason="Mistaken for another", by=make_officer())
    assert (points_of(student), points_of(other)) == (12, 3)
    void_incident(incident=second, reason="Appeal", by=make_officer())
    assert points_of(student) == 0


def test_a_service_answers_with_the_points_that_are_left() -> None:
    student = make_student()
    assert make_incident(student, 30).student.discipline_points == 70
    incident = make_incident(student, 80)
    assert incident.student.discipline_points == -10
    voided = void_incident(incident=incident, reason="Appeal", by=make_officer())
    assert voided.student.discipline_points == 70


def test_bulk_writes_are_added_up() -> None:
    students = [make_student() for _ in range(3)]
    officer = make_officer()
    values = {"incident_description": "Walked out", "recorded_by": officer}
    Incident.objects.bulk_create(
        Incident(student=student, points_deducted=points, **values)
        for points in (1, 2, 3)
        for student in students
    )
    assert [points_of(student) for student in students] == [6, 6, 6]
    Incident.objects.filter(points_deducted=2).update(
        voided_at=timezone.now(), voided_by=officer, void_reason="No such day"
    )
    assert [points_of(student) for student in students] == [4, 4, 4]


def test_plain_sql_is_added_up() -> None:
    student, officer = make_student(), make_officer()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO discipline_incident (discipline_id, student_id, category,"
            " incident_description, points_deducted, date_of_incident, evidence, recorded_by_id,"
            " recorded_at, void_reason)"
            " SELECT gen_random_uuid(), %s, '', 'Imported', n, '2026-01-05', '', %s, now(), ''"
            " FROM generate_series(1, 4) AS n",
            [student.pk, officer.pk],
        )
    assert points_of(student) == 10


def test_nobody_else_writes_the_sum() -> None:
    student = make_student(points_deducted=50)
    assert points_of(student) == 0
    stale = Student.objects.get(pk=student.pk)
    make_incident(student, 20)
    stale.class_level = "NTA 5"
    stale.save()  # the whole row, with the points as they were before
    Student.objects.update(points_deducted=99)
    found = Student.objects.get(pk=student.pk)
    assert (found.points_deducted, found.class_level) == (20, "NTA 5")


def test_an_emptied_ledger_costs_nothing() -> None:
    incident = make_incident()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE discipline_incident CASCADE")
    assert points_of(incident.student) == 0
