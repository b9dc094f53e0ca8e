"""Imports at the same time, on real connections."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from rest_framework.test import APIClient

from conftest import AtOnce
from people.imports import NO_WISHES, _Importer, read_people
from people.tests.kinds import GUARDS, KINDS, STUDENTS, Kind, guard_row, student_row
from people.tests.sheets import csv_file, real
from students.kind import STUDENT
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@contextmanager
def another_connection() -> Iterator[BaseDatabaseWrapper]:
    """A second connection of this thread, in a transaction that is rolled back at the end."""
    other = connections.create_connection("default")
    other.set_autocommit(False)
    try:
        yield other
    finally:
        other.rollback()
        other.close()


def waiting(count: int) -> None:
    """Return as soon as this many connections wait for a lock."""
    with connection.cursor() as cursor:
        for _ in range(100_000):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone() == (count,):
                return
    raise AssertionError("nobody waits")


def hold(other: BaseDatabaseWrapper, number: str) -> None:
    """Register a student with this number, without committing it."""
    with other.cursor() as cursor:
        cursor.execute(
            """
            WITH person AS (
                INSERT INTO people_person (
                    person_uuid, kind, identifier, first_name, middle_name, surname, whole_name,
                    class_level, class_code, department, status, phone_number, email, is_active,
                    photo, more_words, enrolled_on, created_at, updated_at)
                VALUES (gen_random_uuid(), 'student', %s, 'A', '', 'B', '', '', '', '', 'Active',
                    '', '', true, '', '', now(), now(), now())
                RETURNING person_uuid)
            INSERT INTO students_student (person_id, program, academic_status, points_deducted)
            SELECT person_uuid, '', 'Current', 0 FROM person
            """,
            [number],
        )


@every_kind
def test_two_imports_of_the_same_people_make_everyone_once(
    officer: APIClient, at_once: AtOnce, kind: Kind
) -> None:
    rows = [kind.row(number) for number in range(200)]
    one = at_once(real, officer, kind.url, csv_file(rows))
    two = at_once(real, officer, kind.url, csv_file(rows[::-1]))
    answers = [one.result(), two.result()]
    assert [answer.status_code for answer in answers] == [200, 200]
    created = sorted(answer.json()["summary"]["created"] for answer in answers)
    assert created == [0, 200]
    assert kind.people.count() == 200
    assert kind.events.count() == 200


def test_imports_that_cross_each_other_s_badges_do_not_deadlock(
    officer: APIClient, at_once: AtOnce
) -> None:
    badges = [f"BADGE{number:05}" for number in range(200)]
    ours = [guard_row(n, badge_number=badge) for n, badge in enumerate(badges)]
    theirs = [guard_row(n + 500, badge_number=badge) for n, badge in enumerate(reversed(badges))]
    one = at_once(real, officer, GUARDS.url, csv_file(ours))
    two = at_once(real, officer, GUARDS.url, csv_file(theirs))
    assert sorted([one.result().status_code, two.result().status_code]) == [200, 400]
    assert GUARDS.people.count() == 200


def test_a_person_who_appears_before_the_writing_is_a_conflict(
    officer: APIClient, at_once: AtOnce
) -> None:
    with another_connection() as other:
        hold(other, "dit/2024/00003")
        answer = at_once(
            real, officer, STUDENTS.url, csv_file([student_row(number) for number in range(5)])
        )
        waiting(1)
        other.commit()
    response = answer.result()
    assert response.status_code == 409
    assert response.json()["code"] == "import_conflict"
    assert Student.objects.count() == 1
    again = real(officer, STUDENTS.url, csv_file([student_row(number) for number in range(5)]))
    assert again.json()["summary"]["created"] == 4
    assert again.json()["summary"]["updated"] == 1


def test_a_person_who_almost_appears_is_no_obstacle(officer: APIClient, at_once: AtOnce) -> None:
    with another_connection() as other:
        hold(other, "DIT/2024/00003")
        answer = at_once(
            real, officer, STUDENTS.url, csv_file([student_row(number) for number in range(5)])
        )
        waiting(1)
    assert answer.result().json()["summary"]["created"] == 5


def test_a_change_made_meanwhile_is_not_lost(officer: APIClient, at_once: AtOnce) -> None:
    """The import compares with what is true once it holds the row."""
    STUDENTS.add(1)
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("UPDATE people_person SET surname = 'Otieno', photo = 'photos/x.jpg'")
        answer = at_once(real, officer, STUDENTS.url, csv_file([student_row(1)]))
        waiting(1)
        other.commit()
    changes = answer.result().json()["rows"][0]["changes"]
    assert changes == {"surname": {"before": "Otieno", "after": "Wanjikũ"}}
    student = Student.objects.get()
    assert (student.surname, student.photo.name) == ("Wanjikũ", "photos/x.jpg")


def crossing(at_once: AtOnce, import_file: Callable[[bytes], Any]) -> list["Future[Any]"]:
    """Two imports in opposite orders, stopped in the middle and let go at the same time."""
    rows = [student_row(number) for number in range(11)]
    with another_connection() as other:
        hold(other, rows[5]["registration_number"])
        futures = [
            at_once(import_file, csv_file(rows)),
            at_once(import_file, csv_file(rows[::-1])),
        ]
        waiting(2)
    return futures


def test_imports_that_cross_take_turns(officer: APIClient, at_once: AtOnce) -> None:
    def import_file(content: bytes) -> Any:
        return real(officer, STUDENTS.url, content)

    answers = [future.result() for future in crossing(at_once, import_file)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Student.objects.count() == 11


def test_without_taking_turns_they_would_deadlock(at_once: AtOnce) -> None:
    """The control: the same two files, without the lock."""

    def import_file(content: bytes) -> None:
        importer = _Importer[Any](STUDENT, NO_WISHES)
        with transaction.atomic():
            read = read_people(kind=STUDENT, content=content)
            importer.run(importer.read(read, dry_run=False).rows)

    errors = [future.exception() for future in crossing(at_once, import_file)]
    deadlocks = [error for error in errors if isinstance(error, OperationalError)]
    assert len(deadlocks) == 1
    assert "deadlock" in str(deadlocks[0])
