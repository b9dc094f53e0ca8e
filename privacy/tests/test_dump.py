"""A whole life, erased: neither a dump of the database nor any file holds a word of it."""

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.models import Attendance, Status
from attendance.tests.saying import correct_day
from cards.models import Card
from cards.tests.factories import make_student, make_visitor
from core.errors import DomainError
from discipline.models import Incident
from discipline.tests.factories import make_incident
from embedded.postgres import binaries, state
from files.moving import names_in
from notifications.models import Guardian, Notice
from people.models import Import
from people.tests.kinds import student_row
from people.tests.sheets import book_of, csv_file
from privacy.erasure import Erasure, InWaitingImport, erase_person
from privacy.files import files_with
from privacy.lives import known_by_of
from privacy.tests import cast
from students.kind import STUDENT
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)
FORMER_NUMBER, FORMER_NAME, FORMER_PHONE = "REG/8820/41K", "Vandermolen", "+255754880041"
FORMER_EMAIL = "xv@earlier.example"
MOTHER, HER_PHONE, HER_EMAIL = "Philomena Okwaro", "+255754990019", "philomena@kin.example"
KNOWN = (
    *("Xiomara", "Zyskowski", FORMER_NAME, cast.NUMBER, FORMER_NUMBER),
    *("754990017", "754880041", cast.EMAIL, FORMER_EMAIL, cast.CHIP, cast.OLD_CHIP),
    *("Okwaro", "754990019", HER_EMAIL, "fight-of-xiomara"),
)


@pytest.fixture
def by(make_user: Callable[..., User]) -> User:
    return make_user("administrator", "grace")


@pytest.fixture
def leaver(by: User, officer: APIClient) -> Student:
    student = cast.make_pupil()
    Student.objects.filter(pk=student.pk).update(
        identifier=FORMER_NUMBER, surname=FORMER_NAME, phone_number=FORMER_PHONE, email=FORMER_EMAIL
    )
    Student.objects.filter(pk=student.pk).update(
        identifier=cast.NUMBER,
        surname=cast.NAME["surname"],
        phone_number=cast.PHONE,
        email=cast.EMAIL,
    )
    student.refresh_from_db()
    cast.leave_traces(student, by=by, office=officer)
    cast.leave_a_students_traces(student, by=by)
    mother = Guardian.objects.create(
        student=student, name=MOTHER, phone=HER_PHONE, email=HER_EMAIL, channels=["sms"]
    )
    code = Card.objects.current().get(person=student).code
    officer.get(f"/v/{code.lower()}")
    _be_named_by_others(by, mother, code)
    _be_imported(by)
    Student.objects.filter(pk=student.pk).update(is_active=False)
    student.refresh_from_db()
    return student


def _be_named_by_others(by: User, mother: Guardian, code: str) -> None:
    other = make_student(first_name="Rehema")
    for words in (
        "Fought with Xiomara Zyskowski behind the hall",
        "Copied from ZYSKOWSKI, Xíomara Q.",
        "Lent reg-9931-77x a card; the former REG/8820/41K knew",
        f"Called 0754 990 017, then {MOTHER.upper()} at 0754-990019 and {HER_EMAIL.upper()}",
        f"Wrote from {FORMER_EMAIL.upper()} in another's name",
        f"Showed the code {code.lower()} and 04:d3:c1:a7 of xiomara vandermolen",
    ):
        make_incident(other, incident_description=words)
    make_visitor(purpose="To see Zyskowski Xiomara")
    day = Attendance.objects.create(person=other, date=date(2026, 3, 2), status="Present")
    correct_day(record=day, status=Status.EXCUSED, reason="With Xiomara Zyskowski", by=by)
    correct_day(record=day, status=Status.EXCUSED, reason="Ill", by=by)
    Notice.objects.filter(guardian=mother).delete()


def _be_imported(by: User) -> None:
    """A list that was confirmed long ago; its name is still there."""
    office = browser_of(by)
    row = student_row(7, first_name="Neema", surname="Other")
    file = SimpleUploadedFile("Fight-of-Xiomara_Zyskowski.csv", csv_file([row]))
    assert office.post("/admin/people/import/add/?kind=student", {"file": file}).status_code == 302
    waiting = Import.objects.get(state="waiting")
    office.post(f"/admin/people/import/{waiting.pk}/confirm/", {"digest": waiting.digest})
    assert Import.objects.get().state == "applied"


def erased(**options: bool) -> Erasure:
    return erase_person(kind=STUDENT, number=cast.NUMBER, really=True, **options)


def dump() -> str:
    values = connection.settings_dict
    folder = (
        binaries.choose(state.current_home().data_major()).path
        if settings.EMBEDDED_DATABASE
        else Path(str(shutil.which("pg_dump"))).parent
    )
    done = subprocess.run(
        [
            *(str(folder / "pg_dump"), "--inserts", "--host", str(values["HOST"])),
            *("--port", str(values["PORT"]), "--username", str(values["USER"])),
            str(values["NAME"]),
        ],
        env={**os.environ, "PGPASSWORD": str(values["PASSWORD"])},
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.lower()


# The server's own data: the dump is the reading of it. Its logs: an old one, of before it left out
# values, may hold what other tests have put into a row.
SERVERS = frozenset({"data", "sockets", "logs"})


def of_ours(paths: list[str]) -> list[str]:
    return [path for path in paths if not SERVERS & set(Path(path).parts)]


def files() -> str:
    """Every file that the installation keeps, but for the server's and for what ships with us."""
    roots = [settings.STATE_DIR]
    kept = [f"{name} {default_storage.open(name).read()!r}" for name in names_in(default_storage)]
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in {*SERVERS, "static"}]
            for name in names:
                content = (Path(folder) / name).read_bytes()
                kept.append(f"{folder}/{name} {content.decode(errors='replace')}")
    return "\n".join(kept).lower()


def told(text: str) -> set[str]:
    return {word for word in KNOWN if word.lower() in text}


def test_a_dump_and_the_files_hold_none_of_the_known_words(leaver: Student) -> None:
    default_storage.save("evidence/note.txt", SimpleUploadedFile("x", b"nothing of anybody"))
    codes = {code.lower() for code in Card.objects.of(leaver).values_list("code", flat=True)}
    before = dump()
    assert told(before) == set(KNOWN)
    assert codes
    assert all(code in before for code in codes)
    report = erased()
    after = dump()
    assert told(after) == set()
    assert not [code for code in codes if code in after]
    assert told(files()) == set()
    assert (report.left, of_ours(report.files)) == ({}, [])
    assert report.found["discipline_incident"] >= 5
    assert report.done["texts about others"] >= 7
    # What the others did stands there as before.
    assert Incident.objects.filter(
        incident_description="Fought with [erased] behind the hall"
    ).exists()


def test_a_file_that_tells_is_named(leaver: Student) -> None:
    default_storage.save("notes/zyskowski-xiomara.txt", SimpleUploadedFile("x", b"-"))
    default_storage.save("notes/1.txt", SimpleUploadedFile("x", b"called 0754 990 017"))
    default_storage.save("notes/2.txt", SimpleUploadedFile("x", b"called 0754 990 016"))
    assert of_ours(erased().files) == ["notes/1.txt", "notes/zyskowski-xiomara.txt"]


def test_a_waiting_import_under_a_former_number_forbids_it_or_goes(
    leaver: Student, by: User
) -> None:
    office = browser_of(by)
    for number, name in ((FORMER_NUMBER.lower(), "theirs.csv"), ("DIT/1", "others.csv")):
        file = SimpleUploadedFile(name, csv_file([student_row(8, registration_number=number)]))
        office.post("/admin/people/import/add/?kind=student", {"file": file})
    theirs = Import.objects.get(file_name="theirs.csv")
    with pytest.raises(InWaitingImport, match=r"theirs\.csv of "):
        erased()
    leaver.refresh_from_db()
    assert leaver.surname == "Zyskowski"
    assert erased(discard_imports=True).done["imports that wait"] == 1
    assert not default_storage.exists(str(theirs.file.name))
    waiting = Import.objects.filter(state="waiting")
    assert list(waiting.values_list("file_name", flat=True)) == ["others.csv"]


@pytest.mark.parametrize("sheet", ["Read me", "Form 1A", "Form 1B"])
def test_a_waiting_workbook_holds_somebody_on_whatever_sheet(
    leaver: Student, by: User, sheet: str
) -> None:
    others, theirs = student_row(8, registration_number="DIT/1"), ["x", FORMER_NUMBER, "x"]
    lists = {
        "Read me": [["Fill", "this", "in", "in"]],
        "Form 1A": [list(others), list(others.values())],
        "Form 1B": [list(others), list(others.values())],
    }
    lists[sheet] += [theirs, ["and", "more"]]
    file = SimpleUploadedFile("theirs.xlsx", book_of(lists))
    browser_of(by).post("/admin/people/import/add/?kind=student", {"file": file})
    with pytest.raises(InWaitingImport, match=r"theirs\.xlsx of "):
        erased()


def test_what_others_bear_too_is_left_and_told(leaver: Student) -> None:
    namesake = make_student(first_name="Xiomara", surname="Zyskowski")
    sister = make_student(first_name="Quenby", surname="Zyskowski", phone_number=cast.PHONE)
    theirs = make_incident(namesake, incident_description="Xiomara Zyskowski sang; 0754990017")
    report = erased()
    theirs.refresh_from_db()
    assert theirs.incident_description == "Xiomara Zyskowski sang; 0754990017"
    assert report.left["discipline_incident"] >= 1
    assert report.left["people_person"] == 2
    sister.refresh_from_db()
    assert sister.phone_number == cast.PHONE


def test_one_part_of_a_name_may_be_anybodys(leaver: Student) -> None:
    make_student(first_name="Xiomara", surname="Else")
    make_incident(incident_description="Late with Xiomara")
    assert erased().perhaps == {"discipline_incident": 1}


def test_files_are_searched_row_by_row(leaver: Student) -> None:
    known_by = known_by_of(leaver)
    default_storage.save("lists/1.csv", SimpleUploadedFile("x", b"Xiomara,Else\nNeema,Zyskowski"))
    assert of_ours(files_with(known_by)) == []
    default_storage.save("lists/2.csv", SimpleUploadedFile("x", b"Zyskowski,,Xiomara"))
    assert of_ours(files_with(known_by)) == ["lists/2.csv"]


def test_the_refusal_is_a_domain_error_with_a_code() -> None:
    assert issubclass(InWaitingImport, DomainError)
    assert InWaitingImport.code == "in_waiting_import"
