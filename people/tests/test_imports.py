"""Importing over HTTP: what becomes of every row, dry and real."""

import csv
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pghistory.models import Context
from rest_framework.test import APIClient

from discipline.tests.factories import make_incident
from people import writing
from people.deed_models import Deed
from people.imports import columns_beside
from people.tests.kinds import (
    GUARDS,
    KINDS,
    STAFF,
    STUDENTS,
    Kind,
    Values,
    guard_row,
    student_row,
)
from people.tests.sheets import csv_file, csv_text, excel_file, real, upload, xlsx_of
from students.kind import STUDENT
from students.models import Student

pytestmark = pytest.mark.django_db

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def report_of(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content[:500]
    return response.json()


def actions(report: Any) -> list[str]:
    return [row["action"] for row in report["rows"]]


def errors(report: Any) -> list[dict[str, list[str]]]:
    return [row["errors"] for row in report["rows"]]


def snapshot(kind: Kind) -> Any:
    """Everything that an import of this kind could write."""
    return (
        list(kind.people.order_by("pk").values()),
        kind.events.count(),
        Context.objects.count(),
    )


def student() -> Student:
    return Student.objects.get()


# --- the report ---------------------------------------------------------------------------------


@every_kind
def test_a_dry_run_is_the_default_and_writes_nothing(officer: APIClient, kind: Kind) -> None:
    kind.add(1)
    before = snapshot(kind)
    content = csv_file([kind.row(1, email="new@example.ac.tz"), kind.row(2), kind.row(3)])
    report = report_of(upload(officer, kind.url, content))
    assert report["dry_run"] is True
    assert actions(report) == ["updated", "created", "created"]
    assert snapshot(kind) == before


@every_kind
def test_the_dry_run_says_what_the_real_run_does(officer: APIClient, kind: Kind) -> None:
    kind.add(1)
    kind.add(2)
    content = csv_file([kind.row(1), kind.row(2, email="new@example.ac.tz"), kind.row(3)])
    rehearsal = report_of(upload(officer, kind.url, content, dry_run="true"))
    performance = report_of(real(officer, kind.url, content))
    assert performance == {
        **rehearsal,
        "dry_run": False,
        "change_id": str(Deed.objects.get().pk),
    }
    assert kind.people.count() == 3


@every_kind
def test_the_report_tells_every_row_and_every_change(officer: APIClient, kind: Kind) -> None:
    kind.add(1)
    kind.add(2)
    rows = [
        kind.row(1),
        kind.row(2, email="new@example.ac.tz"),
        kind.row(3),
        kind.row(4, email="x"),
    ]
    report = report_of(upload(officer, kind.url, csv_file(rows)))
    assert report["summary"] == {
        "total": 4,
        "created": 1,
        "updated": 1,
        "unchanged": 1,
        "failed": 1,
    }
    unchanged, updated, created, failed = report["rows"]
    assert unchanged == {
        "row": 2,
        "action": "unchanged",
        "identifier": kind.row(1)[kind.identifier],
        "changes": {},
        "errors": {},
        "notes": {},
        "possible_duplicate_of": [],
    }
    assert updated["changes"] == {
        "email": {"before": kind.row(2)["email"], "after": "new@example.ac.tz"}
    }
    assert created["row"] == 4
    assert created["changes"][kind.identifier] == {
        "before": None,
        "after": kind.row(3)[kind.identifier],
    }
    assert failed["errors"] == {"email": ["Enter a valid email address."]}
    assert failed["changes"] == {}


@every_kind
def test_a_new_person_is_stored_as_the_row_says(officer: APIClient, kind: Kind) -> None:
    report_of(real(officer, kind.url, csv_file([kind.row(1)])))
    person = officer.get(kind.url).json()["results"][0]
    assert {name: str(person[name]) for name in kind.row(1)} == kind.row(1)
    assert person["full_name"]


def test_changes_are_plain_json(officer: APIClient) -> None:
    STUDENTS.add()
    row = student_row(date_of_birth="31/03/2004", student_status="suspended", is_active="no")
    report = report_of(upload(officer, STUDENTS.url, csv_file([row])))
    assert report["rows"][0]["changes"] == {
        "date_of_birth": {"before": "2003-02-01", "after": "2004-03-31"},
        "student_status": {"before": "Active", "after": "Suspended"},
        "is_active": {"before": True, "after": False},
    }


@every_kind
def test_importing_again_changes_nothing(officer: APIClient, kind: Kind) -> None:
    content = csv_file([kind.row(number) for number in range(5)])
    report_of(real(officer, kind.url, content))
    before = snapshot(kind)
    report = report_of(real(officer, kind.url, content))
    assert actions(report) == ["unchanged"] * 5
    assert snapshot(kind) == before


def test_an_import_touches_only_who_changes(officer: APIClient) -> None:
    STUDENTS.add(1)
    STUDENTS.add(2)
    same, other = Student.objects.order_by("identifier")
    content = csv_file([student_row(1), student_row(2, class_code="CS22")])
    report_of(real(officer, STUDENTS.url, content))
    assert Student.objects.get(pk=same.pk).updated_at == same.updated_at
    changed = Student.objects.get(pk=other.pk)
    assert changed.updated_at > other.updated_at
    assert changed.created_at == other.created_at
    assert changed.class_code == "CS22"


def test_an_import_keeps_what_no_spreadsheet_holds(officer: APIClient) -> None:
    STUDENTS.add(photo="photos/x.jpg")
    make_incident(student(), 12)
    report_of(real(officer, STUDENTS.url, csv_file([student_row(surname="Otieno")])))
    assert (student().points_deducted, student().photo.name) == (12, "photos/x.jpg")
    assert student().full_name == "Amina Neema Otieno"


def test_an_import_is_in_the_history_with_its_author(officer: APIClient) -> None:
    report_of(real(officer, STUDENTS.url, csv_file([student_row()])))
    report_of(real(officer, STUDENTS.url, csv_file([student_row(surname="Otieno")])))
    history = officer.get(f"{STUDENTS.url}{student().pk}/history/").json()
    assert [entry["action"] for entry in history] == ["changed", "created"]
    assert history[0]["by"] == "registration_officer"
    assert history[0]["changes"]["surname"] == {"before": "Wanjikũ", "after": "Otieno"}


@every_kind
def test_one_bad_row_stops_nothing_dry_and_everything_for_real(
    officer: APIClient, kind: Kind
) -> None:
    kind.add(1)
    rows = [kind.row(1, email="new@example.ac.tz"), kind.row(2), kind.row(3, email="nobody")]
    before = snapshot(kind)
    rehearsal = report_of(upload(officer, kind.url, csv_file(rows), dry_run="true"))
    performance = report_of(real(officer, kind.url, csv_file(rows)), 400)
    assert actions(rehearsal) == ["updated", "created", "failed"]
    assert performance == {**rehearsal, "dry_run": False}
    assert snapshot(kind) == before


def test_a_header_alone_is_an_import_of_nobody(officer: APIClient) -> None:
    report = report_of(real(officer, STUDENTS.url, ",".join(student_row())))
    assert report["summary"]["total"] == 0
    assert report["rows"] == []


def test_unknown_columns_are_reported_and_ignored(officer: APIClient) -> None:
    row = {**student_row(), "Favourite colour": "red", "full_name": "x", "photo_url": "y"}
    report = report_of(real(officer, STUDENTS.url, csv_file([row])))
    assert report["ignored_columns"] == ["favourite_colour"]
    assert student().full_name == "Amina Neema Wanjikũ"


@every_kind
def test_the_template_has_the_columns_of_an_import(officer: APIClient, kind: Kind) -> None:
    response = officer.get(f"{kind.url}import/template/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    header = response.getvalue().decode("utf-8-sig")
    columns = [*kind.row(), *columns_beside(kind.declared)]
    assert sorted(header.strip().split(",")) == sorted(columns)
    assert report_of(upload(officer, kind.url, header))["rows"] == []


# --- cells --------------------------------------------------------------------------------------


@every_kind
def test_an_excel_workbook_says_the_same_as_a_csv_file(officer: APIClient, kind: Kind) -> None:
    rows = [kind.row(number) for number in range(3)]
    typed = [{**row, "is_active": True} for row in rows]
    as_csv = report_of(upload(officer, kind.url, csv_file(rows)))
    assert report_of(upload(officer, kind.url, xlsx_of(typed))) == as_csv
    lines = [[*rows[0]], *([*row.values()] for row in rows)]
    assert report_of(upload(officer, kind.url, excel_file(lines))) == as_csv


def test_numbers_days_and_truths_of_a_workbook_are_understood(officer: APIClient) -> None:
    row = {
        **student_row(),
        "registration_number": 1234.0,
        "class_code": 7,
        "date_of_birth": date(2003, 2, 1),
        "phone_number": 712345678,
        "is_active": False,
    }
    report_of(real(officer, STUDENTS.url, xlsx_of([row])))
    person = student()
    assert (person.identifier, person.class_code) == ("1234", "7")
    assert (person.date_of_birth, person.is_active) == (date(2003, 2, 1), False)
    assert person.phone_number == "+255712345678"


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("date_of_birth", "2003-12-31", date(2003, 12, 31)),
        ("date_of_birth", "31/12/2003", date(2003, 12, 31)),
        ("date_of_birth", "12/31/2003", date(2003, 12, 31)),
        ("date_of_birth", "31.12.2003", date(2003, 12, 31)),
        ("date_of_birth", "17-May-2003", date(2003, 5, 17)),
        ("date_of_birth", "17/05/03", date(2003, 5, 17)),
        ("date_of_birth", "2003/05/17", date(2003, 5, 17)),
        ("phone_number", "00255712345678", "+255712345678"),
        ("phone_number", "\u202a+255 712 345 678\u202c", "+255712345678"),
        ("phone_number", "-", ""),
        ("date_of_birth", "2003-12-31 08:30:00", date(2003, 12, 31)),
        ("is_active", "FALSE", False),
        ("is_active", "0", False),
        ("is_active", "No", False),
        ("student_status", "WITHDRAWN", "Withdrawn"),
        ("academic_status", "probation", "Probation"),
        ("phone_number", "0712 345 678", "+255712345678"),
        ("phone_number", "'+255712345678", "+255712345678"),
        ("surname", "  Wanjiku\u0303  wa \n Kamau ", "Wanjikũ wa Kamau"),
        ("surname", "'=1+1", "=1+1"),
        ("surname", "'-Abu", "-Abu"),
        ("surname", "''=x", "'=x"),
        ("surname", "'Aisha", "'Aisha"),
        ("surname", 'O"Neill, Jr; x', 'O"Neill, Jr; x'),
        ("surname", "محمد", "محمد"),
        ("class_code", "007", "007"),
    ],
)
def test_a_cell_is_read_as_people_write_it(
    officer: APIClient, name: str, cell: str, value: Any
) -> None:
    report_of(real(officer, STUDENTS.url, csv_file([{**student_row(), name: cell}])))
    assert getattr(student(), STUDENT.attribute(name)) == value


@pytest.mark.parametrize(
    ("name", "cell", "message"),
    [
        ("registration_number", "1.23E+11", "shortened this number"),
        ("registration_number", "1,23e+11", "shortened this number"),
        ("registration_number", "4E+15", "shortened this number"),
        ("phone_number", "2.55712E+11", "shortened this number"),
        ("registration_number", "=1+1", "is a formula"),
        ("surname", "=cmd|' /C calc'!A0", "is a formula"),
        ("surname", "@SUM(1)", "is a formula"),
        ("surname", "+x", "is a formula"),
        ("surname", "-x", "is a formula"),
        ("surname", "\t=1", "is a formula"),
        ("class_code", "#REF!", "error message"),
        ("surname", "Ami\u202ena", "Invisible characters"),
        ("registration_number", "DIT\u202e1", "Invisible characters"),
        ("surname", "x" * 101, "no more than 100 characters"),
        ("date_of_birth", "30/02/2003", "This is no day"),
        ("date_of_birth", "03/04/2004", "3 April 2004 or 4 March 2004"),
        ("date_of_birth", "2103-01-01", "between 1900 and today"),
        ("student_status", "Enrolled", "Choose from: Active, Suspended, Withdrawn, Graduated."),
        ("is_active", "banana", "valid boolean"),
        ("phone_number", "call me", "Enter a phone number"),
        ("phone_number", "+cmd|x", "Enter a phone number"),
        ("email", "nobody", "valid email"),
    ],
)
def test_a_cell_that_cannot_be_right_fails_its_row(
    officer: APIClient, name: str, cell: str, message: str
) -> None:
    report = report_of(real(officer, STUDENTS.url, csv_file([{**student_row(), name: cell}])), 400)
    assert list(errors(report)[0]) == [name]
    assert message in errors(report)[0][name][0]


def test_numbers_and_formulas_of_a_workbook_fail_their_rows(officer: APIClient) -> None:
    rows: list[dict[str, Any]] = [
        {**student_row(1), "registration_number": 1.23e17},
        {**student_row(2), "registration_number": 10**15},
        {**student_row(3), "surname": '=HYPERLINK("http://x")'},
        {**student_row(4), "surname": "#N/A"},
        student_row(5),
    ]
    report = report_of(real(officer, STUDENTS.url, xlsx_of(rows)), 400)
    assert actions(report) == ["failed"] * 4 + ["created"]
    assert [list(row) for row in errors(report)[:4]] == [
        ["registration_number"],
        ["registration_number"],
        ["surname"],
        ["surname"],
    ]


def test_a_new_person_needs_a_number_and_one_name(officer: APIClient) -> None:
    rows = [
        student_row(1, registration_number=""),
        student_row(2, first_name="", surname=""),
        student_row(3, first_name=""),
        student_row(4, surname=""),
    ]
    report = report_of(upload(officer, STUDENTS.url, csv_file(rows)))
    nameless = ["Enter a first name or a surname."]
    assert errors(report) == [
        {"registration_number": ["This field is required."]},
        {"first_name": nameless, "surname": nameless},
        {},
        {},
    ]


def test_an_empty_cell_leaves_a_value_as_it_is(officer: APIClient) -> None:
    STUDENTS.add()
    empty = dict.fromkeys(student_row(), "") | {"registration_number": "DIT/2024/00001"}
    report = report_of(real(officer, STUDENTS.url, csv_file([empty])))
    assert actions(report) == ["unchanged"]
    assert student().phone_number == "+255712345678"


def test_a_row_wider_than_the_header_is_refused(officer: APIClient) -> None:
    content = (
        "registration_number,first_name,surname\n1,Amina,Wanjiku\n2,Amina,Wanjiku, Jr\n3,A,B,,"
    )
    report = report_of(upload(officer, STUDENTS.url, content))
    assert actions(report) == ["created", "failed", "created"]
    assert list(errors(report)[1]) == ["non_field_errors"]


# --- who is who ---------------------------------------------------------------------------------


@every_kind
def test_people_are_matched_in_any_case_and_spacing(officer: APIClient, kind: Kind) -> None:
    number = "Dit/é 1"
    kind.add(1, **{kind.identifier: number})
    for spelling in (number, "  Dit/e\u0301   1 ", "Dit/é\u00a01"):
        row = kind.row(1, **{kind.identifier: spelling})
        report = report_of(upload(officer, kind.url, csv_file([row])))
        assert actions(report) == ["unchanged"], spelling
    shouted = kind.row(1, **{kind.identifier: "DIT/É 1"})
    report = report_of(real(officer, kind.url, csv_file([shouted])))
    assert report["rows"][0]["changes"] == {kind.identifier: {"before": number, "after": "DIT/É 1"}}
    assert kind.people.count() == 1


@every_kind
@pytest.mark.parametrize("is_known", [False, True], ids=["new", "known"])
def test_nobody_is_in_a_file_twice(officer: APIClient, kind: Kind, is_known: bool) -> None:
    if is_known:
        kind.add(1)
    again = kind.row(1)[kind.identifier].lower()
    rows = [
        kind.row(1, email="a@example.org"),
        kind.row(2),
        kind.row(3, **{kind.identifier: again}),
    ]
    report = report_of(upload(officer, kind.url, csv_file(rows)))
    assert actions(report) == ["updated" if is_known else "created", "created", "failed"]
    assert errors(report)[2] == {kind.identifier: ["Row 2 of this file has the same value."]}
    assert report["rows"][2]["changes"] == {}
    report_of(real(officer, kind.url, csv_file(rows)), 400)
    assert kind.people.count() == is_known


def test_a_badge_of_somebody_else_is_refused(officer: APIClient) -> None:
    GUARDS.add(1)
    GUARDS.add(2)
    taken = "Somebody with this badge number already exists."
    rows = [
        guard_row(1, badge_number="badge00002"),  # the badge of another
        guard_row(3, badge_number="BADGE00001"),  # a new guard with a known badge
        guard_row(4, badge_number="BADGE00001"),  # and once more
        guard_row(5, badge_number="badge00001", employee_id="sec/00002"),
    ]
    report = report_of(real(officer, GUARDS.url, csv_file(rows)), 400)
    assert errors(report)[:2] == [{"badge_number": [taken]}, {"badge_number": [taken]}]
    assert errors(report)[2] == {"badge_number": ["Row 3 of this file has the same value."]}
    assert errors(report)[3] == {"badge_number": ["Row 3 of this file has the same value."]}


def test_guards_exchange_badges_in_one_file(officer: APIClient) -> None:
    GUARDS.add(1)
    GUARDS.add(2)
    swapped = [
        guard_row(1, badge_number="BADGE00002", terminal_pin="300002"),
        guard_row(2, badge_number="badge00001", terminal_pin="300001"),
    ]
    report = report_of(real(officer, GUARDS.url, csv_file(swapped)))
    assert actions(report) == ["updated", "updated"]
    found = GUARDS.people.order_by("identifier").values_list("badge_number", "terminal_pin")
    assert list(found) == [("BADGE00002", "300002"), ("badge00001", "300001")]
    rows = [
        guard_row(1, badge_number="BADGE00009", terminal_pin="300002"),
        guard_row(3, badge_number="BADGE00002"),
    ]
    assert actions(report_of(upload(officer, GUARDS.url, csv_file(rows)))) == ["updated", "failed"]
    assert list(GUARDS.people.search("badge00002").values_list("identifier", flat=True)) == [
        "SEC/00001"
    ]


def test_a_repeated_row_does_not_disturb_the_first(officer: APIClient) -> None:
    GUARDS.add(1)
    GUARDS.add(2)
    rows = [guard_row(1, full_name="A"), guard_row(1, full_name="B", badge_number="BADGE00002")]
    report = report_of(upload(officer, GUARDS.url, csv_file(rows)))
    assert actions(report) == ["updated", "failed"]
    assert report["rows"][0]["changes"]["full_name"]["after"] == "A"


def test_somebody_else_s_badge_in_another_kind_s_number_does_not_matter(
    officer: APIClient,
) -> None:
    STAFF.add(1)
    row = guard_row(1, employee_id="STAFF/00001", badge_number="STAFF/00001")
    assert actions(report_of(real(officer, GUARDS.url, csv_file([row])))) == ["created"]


# --- round trips --------------------------------------------------------------------------------

ODD_NAMES = [
    *("=1+1", "+x", "-Abu", "@home", "'=1", "''-x", "'Aisha", "Ng'ang'a", "O’Brien", 'Say "hi"'),
    *("a,b", "a;b", "a\tb", "Wanjikũ", "Ọlá", "محمد", "محمد رضا", "李", "1.5", "true", "#tag"),
    *("\\", "'", '"', "''", "＝x", "a'=b", "x" * 100),
]


def odd_people(kind: Kind) -> list[Values]:
    name = "full_name" if kind.declared.has_whole_name else "surname"
    people = [kind.row(n, **{name: odd}) for n, odd in enumerate(ODD_NAMES)]
    return [*people, kind.row(900, **{kind.identifier: "=1"}), kind.row(901, phone_number="")]


@every_kind
def test_an_export_can_be_imported_again_and_changes_nothing(
    officer: APIClient, kind: Kind
) -> None:
    for row in odd_people(kind):
        assert officer.post(kind.url, row).status_code == 201
    before = list(kind.people.order_by("pk").values())
    export = officer.get(kind.url, {"format": "csv"}).getvalue()
    report = report_of(real(officer, kind.url, export))
    assert report["summary"]["unchanged"] == len(before)
    assert list(kind.people.order_by("pk").values()) == before
    assert report["ignored_columns"] == []


@every_kind
def test_an_export_brings_people_back(officer: APIClient, kind: Kind) -> None:
    for row in odd_people(kind):
        assert officer.post(kind.url, row).status_code == 201
    fields = [*map(kind.declared.attribute, kind.row()), "full_name"]
    before = list(kind.people.order_by("identifier").values(*fields))
    export = officer.get(kind.url, {"format": "csv"}).getvalue()
    kind.people.all().delete()
    report_of(real(officer, kind.url, export))
    assert list(kind.people.order_by("identifier").values(*fields)) == before


def test_an_export_saved_as_a_workbook_changes_nothing(officer: APIClient) -> None:
    for row in odd_people(STUDENTS):
        officer.post(STUDENTS.url, row)
    export = officer.get(STUDENTS.url, {"format": "csv"}).getvalue().decode("utf-8-sig")
    lines = list(csv.reader(export.splitlines()))
    report = report_of(real(officer, STUDENTS.url, excel_file(lines)))
    assert set(actions(report)) == {"unchanged"}


# --- who may, what it costs ---------------------------------------------------------------------


@every_kind
def test_only_who_manages_people_imports(
    caller: Callable[[str], APIClient], anybody: APIClient, kind: Kind
) -> None:
    content = csv_file([kind.row()])
    for role in ("kitchen_admin", "attendance_admin", "discipline_admin"):
        assert upload(caller(role), kind.url, content).status_code == 403
    assert upload(anybody, kind.url, content).status_code == 401
    assert upload(caller("administrator"), kind.url, content).status_code == 200
    assert anybody.get(f"{kind.url}import/template/").status_code == 401
    assert caller("administrator").get(f"{kind.url}import/").status_code == 405


@every_kind
def test_the_statements_of_an_import_do_not_grow_with_its_rows(
    officer: APIClient, kind: Kind
) -> None:
    def statements(numbers: range, **changes: str) -> int:
        content = csv_file([kind.row(number, **changes) for number in numbers])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            report_of(real(officer, kind.url, content))
        return len(queries)

    few, many = range(5), range(100, 140)
    assert statements(few) == statements(many)
    assert statements(few) == statements(many)
    assert statements(few, full_name="New") == statements(many, full_name="New")
    assert statements(few, email="new@x.org") == statements(many, email="new@x.org") < 20


def test_people_are_written_a_batch_at_a_time(
    officer: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH_SIZE", 10)
    content = csv_file([student_row(number) for number in range(25)])
    with CaptureQueriesContext(connection) as queries:
        report_of(real(officer, STUDENTS.url, content))
    inserts = [query for query in queries if 'INSERT INTO "students_student"' in query["sql"]]
    assert len(inserts) == 3


def test_a_report_of_many_rows_is_valid_json(officer: APIClient) -> None:
    content = csv_text([student_row(number, surname="٣ <b> \\ \u2028") for number in range(50)])
    response = upload(officer, STUDENTS.url, content)
    assert json.loads(response.content)["summary"]["created"] == 50
