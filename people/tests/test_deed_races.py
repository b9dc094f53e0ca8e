"""Taking a change back beside others who work, on real connections."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from conftest import AtOnce
from people.deed_models import Deed
from people.tests.kinds import STUDENTS, student_row
from people.tests.sheets import csv_file, real
from people.tests.test_import_races import another_connection, waiting
from people.tests.test_photo_uploads import outcomes, picture, send, zipped
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)


def undo_of(officer: APIClient, *rows: dict[str, str]) -> Callable[[], Any]:
    change_id = real(officer, STUDENTS.url, csv_file(list(rows))).json()["change_id"]
    return lambda: officer.post(f"/api/changes/{change_id}/undo/")


def test_of_two_who_take_it_back_at_once_one_does(officer: APIClient, at_once: AtOnce) -> None:
    undo = undo_of(officer, student_row(1))
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM people_deed FOR UPDATE")
        answers = [at_once(undo), at_once(undo)]
        waiting(2)
    codes = sorted(answer.result().status_code for answer in answers)
    assert codes == [200, 409]
    assert {answer.result().json().get("code") for answer in answers} == {None, "already_undone"}
    assert not Student.objects.exists()


def test_an_edit_at_the_same_moment_is_not_lost(officer: APIClient, at_once: AtOnce) -> None:
    """The undo compares with what is true once it holds the rows."""
    STUDENTS.add(1)
    undo = undo_of(officer, student_row(1, class_code="CS22"))
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("UPDATE people_person SET class_code = 'CS23'")
        answer = at_once(undo)
        waiting(1)
        other.commit()
    assert answer.result().status_code == 409
    assert answer.result().json()["rows"][0]["fields"] == ["class_code"]
    assert Student.objects.get().class_code == "CS23"


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "INSERT INTO people_consent (consent_id, person_id, about, given_at, given_by, how,"
            " recorded_by_id) SELECT gen_random_uuid(), person, 'notices', now(), '', 'paper',"
            " made_by_id FROM people_deed JOIN people_deedrow ON deed_id = change_id",
            "has since got a consent",
        ),
        (
            "INSERT INTO notifications_guardian (guardian_id, student_id, name, relationship,"
            " phone, email, channels, news, language, is_active, quiet_hours, confirmed_by,"
            " stopped_by, created_at, updated_at) SELECT gen_random_uuid(), person, 'Rehema', '',"
            " '+255712345678', '', '{}', '{}', 'en', true, '', '', '', now(), now()"
            " FROM people_deedrow",
            "has since got a guardian",
        ),
    ],
    ids=["person", "student"],
)
def test_what_refers_to_somebody_at_the_same_moment_is_seen(
    officer: APIClient, at_once: AtOnce, statement: str, reason: str
) -> None:
    """A reference holds no lock that an edit waits for: it takes one of its own against it."""
    undo = undo_of(officer, student_row(1))
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as its commit does
            cursor.execute(statement)
        answer = at_once(undo)
        waiting(1)
        other.commit()
    assert answer.result().status_code == 409
    assert answer.result().json()["rows"][0]["reasons"] == [reason]
    assert Student.objects.exists()
    assert Deed.objects.get().undone_at is None


def test_a_picture_of_somebody_who_is_taken_back_meanwhile_is_nobodys(
    officer: APIClient, at_once: AtOnce
) -> None:
    undo = undo_of(officer, student_row(1))
    album = zipped(("DIT_2024_00001.jpg", picture()))
    with another_connection() as other:
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM people_person FOR UPDATE")
        undone = at_once(undo)
        waiting(1)  # for the person, and whoever comes next for its turn
        sent = at_once(lambda: send(officer, album))
        waiting(2)
    assert undone.result().status_code == 200
    assert outcomes(sent.result()) == ["unmatched"]
