"""What is locked for a change, seen from another connection."""

from collections.abc import Iterator

import pytest
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.locks import for_change
from people.models import Person
from people.tests.kinds import STUDENTS
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)

BOTH = ("people_person", "students_student")


@pytest.fixture
def other() -> Iterator[BaseDatabaseWrapper]:
    """A second connection of this thread."""
    connection = connections.create_connection("default")
    yield connection
    connection.close()


def locked(other: BaseDatabaseWrapper, table: str, how: str = "NO KEY UPDATE") -> bool:
    """Whether somebody holds the rows of this table against such a lock."""
    with other.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table} FOR {how} SKIP LOCKED")
        return not cursor.fetchall()


def test_a_student_is_locked_in_both_tables(other: BaseDatabaseWrapper) -> None:
    student = STUDENTS.add()
    with transaction.atomic():
        assert for_change(Student.objects.filter(pk=student.pk)).get() == student
        assert [locked(other, table) for table in BOTH] == [True, True]
    assert [locked(other, table) for table in BOTH] == [False, False]


def test_a_person_is_locked_in_the_table_of_all_people(other: BaseDatabaseWrapper) -> None:
    student = STUDENTS.add()
    with transaction.atomic():
        for_change(Person.objects.filter(pk=student.pk)).get()
        assert [locked(other, table) for table in BOTH] == [True, False]


def test_rows_that_refer_to_somebody_need_not_wait(other: BaseDatabaseWrapper) -> None:
    """A tap refers to a person, and its reference is checked with this lock."""
    student = STUDENTS.add()
    with transaction.atomic():
        for_change(Student.objects.filter(pk=student.pk)).get()
        assert not any(locked(other, table, "KEY SHARE") for table in BOTH)
