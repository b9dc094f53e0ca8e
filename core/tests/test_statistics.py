"""What the planner knows of tables that were just filled."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django.db.models import Model
from rest_framework.test import APIClient

from accounts.models import User
from cards.models import Card
from cards.services import issue_cards
from cards.tests.factories import make_student
from core.statistics import MANY, tell_of_many
from people.models import Person
from people.tests.kinds import student_row
from people.tests.sheets import csv_file, real
from students.kind import STUDENT
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

STUDENTS = "/api/students/"
COUNTED = "SELECT reltuples FROM pg_class WHERE oid = %s::regclass"


def counted(model: type[Model]) -> int:
    """What the planner takes it to have; of what a test wrote that is told even when it is gone."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [model._meta.db_table])
        return int(cursor.fetchone()[0])


def test_people_of_a_file_are_counted_at_once(officer: APIClient) -> None:
    rows = [student_row(number) for number in range(MANY + 10)]
    assert real(officer, STUDENTS, csv_file(rows)).status_code == 200
    assert counted(Student) == counted(Person) == MANY + 10


def test_cards_that_were_issued_together_are_counted_at_once(
    make_user: Callable[..., User],
) -> None:
    people = [str(make_student().pk) for _ in range(MANY + 20)]
    issued = issue_cards(kind=STUDENT, holder_uuids=people, by=make_user("registration_officer"))
    assert issued.errors == []
    assert counted(Card) == MANY + 20


def test_of_a_few_the_database_hears_by_itself(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        tell_of_many(MANY - 1, Student)


@contextmanager
def counted_by_somebody_else(model: type[Model]) -> Iterator[None]:
    """As by autovacuum, which holds this lock meanwhile."""
    with closing(psycopg2.connect(**connection.get_connection_params())) as other:
        other.cursor().execute(f"LOCK {model._meta.db_table} IN SHARE UPDATE EXCLUSIVE MODE")
        yield


def test_nobody_waits_for_who_counts_already() -> None:
    for _ in range(MANY + 30):
        make_student()
    with counted_by_somebody_else(Person):
        tell_of_many(MANY + 30, Student)
    assert counted(Student) == MANY + 30 != counted(Person)
