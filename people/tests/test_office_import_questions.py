"""What an import asks in the office: its columns, the order of its days, its likely doubles."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from people.models import ColumnMapping, Import, Look
from people.tests.kinds import STUDENTS, student_row
from people.tests.sheets import csv_file
from people.tests.test_import_jobs import work
from people.tests.test_office_import import (
    LIST,
    asha,
    confirm,
    office,
    page_of,
    upload,
    uploaded,
)
from students.models import Student

__all__ = ("asha", "office")
pytestmark = pytest.mark.django_db

STRANGE = b"Nr;Vorname;Nachname;Bem\nTX/1;Amina;Khamis;x\nTX/2;Zawadi;Said;y\n"
SAID = {"column-0": "registration_number", "column-1": "first_name", "column-2": "surname"}
NAMED = "registration_number,first_name,surname,date_of_birth"


def answer(client: Client, one: Import, question: str, **said: Any) -> str:
    response = client.post(f"{LIST}{one.pk}/{question}/", said, follow=True)
    assert response.status_code == 200, response.content.decode()
    one.refresh_from_db()
    return str(response.content.decode())


# --- columns ------------------------------------------------------------------------------------


def test_a_file_with_strange_headings_is_kept_and_asks_what_its_columns_are(
    office: Client,
) -> None:
    one = uploaded(office, STRANGE)
    shown = office.get(f"{LIST}{one.pk}/change/", follow=True).content.decode()
    assert "Needed: <strong>Registration number</strong>" in shown
    assert '<span class="sample">Zawadi</span>' in shown
    shown = answer(office, one, "columns", **SAID)
    assert "Register 2 students" in shown
    again = uploaded(office, STRANGE)  # nobody is asked twice
    assert "Register 2 students" in page_of(office, again)
    confirm(office, again)
    assert Student.objects.get(identifier="TX/2").surname == "Said"


def test_what_the_headings_tell_is_chosen_already(office: Client) -> None:
    one = uploaded(office, b"Reg No,Last Name,Shoes\nTX/1,Khamis,42\n")
    shown = office.get(f"{LIST}{one.pk}/columns/").content.decode()
    chosen = re.findall(r'<option value="(\w+)" selected>', shown)
    assert chosen == ["registration_number", "surname"]
    answer(office, one, "columns", **{"column-0": "registration_number", "column-1": "first_name"})
    confirm(office, one)
    assert Student.objects.get().first_name == "Khamis"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"column-0": "surname"}, "lacks these columns"),
        ({**SAID, "column-3": "surname"}, "Two columns cannot both be surname"),
        ({**SAID, "column-3": "shoes"}, "There is no field shoes"),
    ],
)
def test_what_cannot_be_is_said_beside_the_choices(
    office: Client, said: dict[str, str], words: str
) -> None:
    one = uploaded(office, STRANGE)
    response = office.post(f"{LIST}{one.pk}/columns/", said)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert not ColumnMapping.objects.exists()


def test_what_is_said_of_headings_later_does_not_reach_a_file_that_waits(office: Client) -> None:
    one = uploaded(office, STRANGE)
    answer(office, one, "columns", **SAID)
    other = uploaded(office, STRANGE)
    answer(office, other, "columns", **{**SAID, "column-1": "surname", "column-2": "first_name"})
    confirm(office, one)
    assert Student.objects.get(identifier="TX/1").surname == "Khamis"


@pytest.mark.django_db(transaction=True)
def test_of_a_long_file_the_worker_reads_the_columns_as_they_were_said(
    office: Client, settings: Settings
) -> None:
    settings.IMPORT_BACKGROUND_ROWS = 1
    one = uploaded(office, STRANGE)
    assert 'data-words="Comparing"' in answer(office, one, "columns", **SAID)
    ColumnMapping.objects.all().delete()
    swapped = {**SAID, "column-1": "surname", "column-2": "first_name"}
    for question in ("columns", "date-order", "doubles"):
        shown = answer(office, one, question, date_order="mdy", **swapped)
        assert "being compared: your answer was not taken" in shown
    work()
    assert "Register 2 students" in page_of(office, one)
    one.refresh_from_db()
    confirm(office, one)
    work()
    assert Student.objects.get(identifier="TX/2").surname == "Said"


# --- the order of days --------------------------------------------------------------------------


def test_dates_that_can_be_two_are_shown_in_both_readings(office: Client) -> None:
    days = ["03/04/2004", "05/05/2004", "01/02/2003"]
    rows = [student_row(n, date_of_birth=day, terminal_pin="") for n, day in enumerate(days, 1)]
    one = uploaded(office, csv_file(rows))
    shown = page_of(office, one)
    assert all(day in shown for day in ("3 April 2004", "4 March 2004", "2 January 2003"))
    assert "Year first" not in shown
    shown = answer(office, one, "date-order", date_order="mdy")
    assert "Register 3 students" in shown
    confirm(office, one)
    assert str(Student.objects.get(identifier="DIT/2024/00001").date_of_birth) == "2004-03-04"


def test_an_order_that_is_none_changes_nothing(office: Client) -> None:
    one = uploaded(office, f"{NAMED}\n1,A,B,03/04/2004\n".encode())
    assert "the day or the month?" in answer(office, one, "date-order", date_order="\x00")


# --- doubles ------------------------------------------------------------------------------------


def in_doubt(office: Client) -> Import:
    """Row 2 is Amina Wanjiku by another number, row 3 looks like her number, row 4 is row 2."""
    STUDENTS.add(1)
    content = (
        f"{NAMED}\nX1,Amina,Wanjiku,2003-02-01\nDIT-2024-00001,Zawadi,Said,\n"
        "X3,Amina,Wanjiku,2003-02-01\n"
    )
    return uploaded(office, content.encode())


def test_whoever_may_be_known_stands_beside_whom_they_may_be(office: Client) -> None:
    one = in_doubt(office)
    shown = page_of(office, one)
    assert "3 rows may be about people who are known" in shown
    assert shown.count("(DIT/2024/00001)") >= 3  # of each row
    assert "row 2 of this file" in shown
    assert "<strong>Amina</strong>" in shown  # beside Zawadi
    assert Look.objects.get().held == [Student.objects.get().pk]


def test_a_double_is_told_to_an_officer_in_no_word_of_the_api(office: Client) -> None:
    one = in_doubt(office)
    assert "`accept_duplicates`" in str(one.rows.get(number=2).errors)
    file: Any = office.get(f"{LIST}{one.pk}/refused.csv")
    for shown in (page_of(office, one), b"".join(file).decode("utf-8-sig")):
        assert "(DIT/2024/00001), who is here already: name and birth date are the same." in shown
        assert "accept_duplicates" not in shown


def test_each_row_is_the_same_person_or_somebody_else(office: Client) -> None:
    one = in_doubt(office)
    known = Student.objects.get()
    said = {"row-2": str(known.pk), "row-3": "new", "row-4": "left_out"}
    shown = answer(office, one, "doubles", **said)
    assert "Register 1 student, change 1" in shown
    confirm(office, one)
    known.refresh_from_db()
    assert known.identifier == "X1"
    assert Student.objects.get(identifier="DIT-2024-00001").first_name == "Zawadi"
    assert Student.objects.count() == 2


def test_a_number_that_only_looks_otherwise_stays_as_it_is_here(office: Client) -> None:
    one = in_doubt(office)
    known = Student.objects.get()
    answer(office, one, "doubles", **{"row-3": str(known.pk), "row-2": "new", "row-4": "new"})
    confirm(office, one)
    known.refresh_from_db()
    assert (known.identifier, known.first_name) == ("DIT/2024/00001", "Zawadi")


def test_all_of_them_can_be_somebody_else(office: Client) -> None:
    one = in_doubt(office)
    assert "Register 3 students" in answer(office, one, "doubles", all="new")


def test_what_is_not_answered_and_what_was_not_asked_stays_refused(office: Client) -> None:
    one = in_doubt(office)
    stranger = STUDENTS.add(2)
    answer(office, one, "doubles", **{"row-2": str(stranger.pk), "row-3": "\x00", "row-x": "new"})
    assert one.summary["failed"] == 3


def test_whoever_is_gone_since_is_nobody_to_be_the_same(office: Client) -> None:
    one = in_doubt(office)
    known = Student.objects.get()
    STUDENTS.people.filter(pk=known.pk).update(identifier="OTHER/9")
    answer(office, one, "doubles", **{"row-3": str(known.pk), "row-2": "new", "row-4": "new"})
    assert one.summary["updated"] == 1


@pytest.mark.parametrize("question", ["columns", "date-order", "doubles"])
def test_a_file_that_was_decided_asks_nothing_any_more(office: Client, question: str) -> None:
    one = uploaded(office, csv_file([student_row(1)]))
    confirm(office, one)
    shown = answer(office, one, question, date_order="dmy", **SAID)
    assert "decided before" in shown
    assert upload(office, csv_file([student_row(1)])).status_code == 302
