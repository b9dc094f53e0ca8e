"""What the database itself refuses, whoever writes."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from people.models import Person
from people.tests.kinds import GUARDS, STAFF, Kind
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

ASHA: dict[str, Any] = {
    "identifier": "DIT/1",
    "first_name": "Asha",
    "surname": "Mushi",
}


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"identifier": ""}, "people_person_named"),
        ({"first_name": "", "surname": ""}, "people_person_named"),
        ({"whole_name": "Asha Mushi"}, "people_person_named"),
        ({"status": "Gone"}, "people_person_known_status"),
        ({"status": "On Leave"}, "people_person_known_status"),
        ({"academic_status": "Gone"}, "students_student_known_academic_status"),
        ({"points_deducted": -1}, "points_deducted_check"),
    ],
)
def test_the_database_refuses_bad_rows(values: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        Student.objects.create(**{**ASHA, **values})


@pytest.mark.dialect
@pytest.mark.parametrize("number", ["DIT/1", "dit/1"])
def test_the_database_refuses_a_number_twice(number: str) -> None:
    Student.objects.create(**ASHA)
    with pytest.raises(IntegrityError, match="people_person_unique_identifier"):
        Student.objects.create(**{**ASHA, "identifier": number})


@pytest.mark.dialect
@pytest.mark.parametrize("kind", [STAFF, GUARDS], ids=["staff", "security"])
def test_the_database_refuses_a_student_a_row_of_another_kind(kind: Kind) -> None:
    student = Student.objects.create(**ASHA)
    with pytest.raises(IntegrityError, match=f"is no {kind.declared.key}"):
        kind.model(pk=student.pk).save_base(raw=True)


def test_the_database_refuses_to_make_something_else_of_a_student() -> None:
    Student.objects.create(**ASHA)
    with pytest.raises(DatabaseError, match="kind_is_fixed"):
        Person.objects.update(kind="staff")


@pytest.mark.dialect
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people_personevent SET surname = 'X'",
        "DELETE FROM people_personevent",
        "UPDATE students_studentevent SET program = 'X'",
        "DELETE FROM students_studentevent",
    ],
)
def test_the_history_cannot_be_rewritten(statement: str) -> None:
    Student.objects.create(**ASHA)
    with (
        pytest.raises(DatabaseError, match="append_only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
