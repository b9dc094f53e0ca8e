"""Lists as schools have them: their headings, encodings, days and number formats."""

import json
from datetime import date, time
from itertools import combinations
from typing import Any

import pytest
from openpyxl import Workbook
from rest_framework.test import APIClient

from people.days import DayOrder, possible_orders, readings
from people.doubles import _Names
from people.models import ColumnMapping
from people.spreadsheets import Sort, read_table
from people.tests.kinds import GUARDS, STAFF, STUDENTS, student_row
from people.tests.sheets import (
    SHEET,
    book_of,
    csv_file,
    real,
    repacked,
    saved,
    sheet_xml,
    upload,
    xlsx_file,
)
from students.models import Student

pytestmark = pytest.mark.django_db

NAMED = "registration_number,first_name,surname"
SHORT = "Reg No;First Name;Last Name\nTX/1;Amina;Müller\n"


def read(client: APIClient, content: bytes | str, status: int = 200, **form: Any) -> Any:
    response = upload(client, STUDENTS.url, content, **form)
    assert response.status_code == status, response.content[:500]
    return response.json()


def columns(report: Any) -> dict[str, tuple[str | None, str]]:
    return {each["header"]: (each["field"], each["how"]) for each in report["columns"]}


def values(report: Any, name: str) -> list[Any]:
    return [row["changes"].get(name, {}).get("after") for row in report["rows"]]


# --- headings -----------------------------------------------------------------------------------


def test_usual_headings_are_understood_and_each_column_says_how(officer: APIClient) -> None:
    header = "Reg No,First Name*,Surname (required),Class,DOB,Sex,phone_number"
    report = read(officer, f"{header}\nTX/H/1,Amina,Khamis,CS21,31/12/2003,F,0712345678\n")
    assert columns(report) == {
        "Reg No": ("registration_number", "synonym"),
        "First Name*": ("first_name", "synonym"),
        "Surname (required)": ("surname", "synonym"),
        "Class": ("class_code", "synonym"),
        "DOB": ("date_of_birth", "synonym"),
        "Sex": (None, "ignored"),
        "phone_number": ("phone_number", "exact"),
    }
    assert report["ignored_columns"] == ["sex"]
    assert values(report, "date_of_birth") == ["2003-12-31"]


@pytest.mark.parametrize(
    ("url", "header", "fields"),
    [
        (
            STUDENTS.url,
            "sourcedId,status,enabledUser,givenName,familyName,middleName,identifier,email,sms,"
            "phone,grades",
            "- student_status is_active first_name surname middle_name registration_number email - "
            "phone_number class_level",
        ),
        (
            STUDENTS.url,
            "Namba ya usajili,Jina la kwanza,Jina la ukoo,Darasa,Tarehe ya kuzaliwa,Simu",
            "registration_number first_name surname class_code date_of_birth phone_number",
        ),
        (
            STUDENTS.url,
            "S/N,Admission Number,Surname,Other Names,Form,Stream",
            "- registration_number surname first_name class_level class_code",
        ),
        (
            STAFF.url,
            "PF No.,Forename,Last name,Job Title",
            "staff_number first_name surname position",
        ),
        (
            GUARDS.url,
            "Employee No,Badge,Name,Mobile",
            "employee_id badge_number full_name phone_number",
        ),
    ],
    ids=["OneRoster", "Swahili", "other names", "staff", "security"],
)
def test_headings_of_other_programs_are_known(
    officer: APIClient, url: str, header: str, fields: str
) -> None:
    report = upload(officer, url, header).json()
    assert [each["field"] or "-" for each in report["columns"]] == fields.split()


USERS = "sourcedId,status,enabledUser,role,givenName,familyName,identifier"


def test_a_file_of_all_people_of_a_school_brings_those_of_the_list(officer: APIClient) -> None:
    roles = ("student", "teacher", "Administrator", "parent", "ext:driver", "")
    rows = "".join(f"s{at},active,true,{role},A,B,N/{at}\n" for at, role in enumerate(roles))
    report = read(officer, f"{USERS}\n{rows}")
    assert [row["action"] for row in report["rows"]] == ["created", *["failed"] * 4, "created"]
    assert [row["errors"]["role"] for row in report["rows"][1:5]] == [
        ["“teacher” belongs in the list of members of staff."],
        ["“Administrator” belongs in the list of members of staff."],
        ["“parent” belongs in the list of guardians."],
        ["“ext:driver” does not belong in a list of students."],
    ]
    staff = upload(officer, STAFF.url, f"{USERS}\n{rows}").json()["rows"]
    assert [row["action"] for row in staff[:3]] == ["failed", "created", "created"]
    assert staff[0]["errors"]["role"] == ["“student” belongs in the list of students."]
    assert staff[1]["changes"]["position"]["after"] == "teacher"


@pytest.mark.parametrize("role", ["student", "Headteacher"])
def test_a_role_in_any_other_list_is_what_somebody_does(officer: APIClient, role: str) -> None:
    content = f"Staff No,First name,Surname,Role\nS/1,Juma,Mushi,{role}\n"
    report = upload(officer, STAFF.url, content).json()
    assert report["rows"][0]["changes"]["position"]["after"] == role
    assert read(officer, f"Reg No,Surname,Role\nN/1,Mushi,{role}\n")["summary"]["created"] == 1


@pytest.mark.parametrize(
    "header", ["Reg#,First,Last", "Reg. #,First Name,Last Name", "Nambari ya Usajili,Jina,Ukoo"]
)
def test_headings_in_few_letters_are_known_too(officer: APIClient, header: str) -> None:
    assert read(officer, f"{header}\nTX/1,Amina,Khamis\n")["summary"]["created"] == 1


def test_a_column_that_is_missing_is_named_once(officer: APIClient) -> None:
    response = upload(officer, GUARDS.url, "Employee No,Badge No\n1,2\n")
    assert response.json()["detail"].count("full_name") == 1


def test_what_is_said_of_strange_headings_is_remembered(officer: APIClient) -> None:
    one, other = (
        "Nr,Vorname,Nachname,Bem\nTX/1,Amina,Khamis,x\n",
        "Bem,Nachname,Vorname,Nr\ny,B,A,2\n",
    )
    refused = read(officer, one, 400)
    assert refused["code"] == "missing_columns"
    assert "Nr, Vorname, Nachname, Bem" in refused["detail"]
    said = {"Nr": "registration_number", "Vorname": "first_name", "nachname": "surname", "Bem": ""}
    report = read(officer, one, mapping=json.dumps(said))
    assert columns(report)["Nachname"] == ("surname", "mapping")
    assert columns(report)["Bem"] == (None, "ignored")
    again = read(officer, other)
    assert columns(again)["Vorname"] == ("first_name", "mapping")
    assert values(again, "surname") == ["B"]
    read(officer, one, 400, mapping="{}")  # forgotten
    assert not ColumnMapping.objects.exists()


def test_a_mapping_stands_above_what_a_heading_says(officer: APIClient) -> None:
    content = "registration_number,first_name,surname,Class\n1,A,B,Form 2\n"
    report = read(officer, content, mapping=json.dumps({"Class": "class_level"}))
    assert columns(report)["Class"] == ("class_level", "mapping")


@pytest.mark.parametrize(
    "mapping",
    [
        "x",
        "[]",
        '{"a": 1}',
        '{"Nobody": "surname"}',
        '{"surname": "sur"}',
        '{"surname": "first_name", "first_name": "first_name"}',
    ],
)
def test_a_wrong_mapping_is_refused_on_its_field(officer: APIClient, mapping: str) -> None:
    body = read(officer, f"{NAMED}\n1,A,B\n", 400, mapping=mapping)
    assert list(body) == ["mapping"]
    assert not ColumnMapping.objects.exists()


# --- where the table stands ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (SHORT.encode("cp1252"), 2),
        (SHORT.encode("utf-16"), 2),
        (SHORT.encode("utf-16-le"), 2),
        (SHORT.encode("utf-16-be"), 2),
        (f"sep=;\r\n{SHORT}".encode(), 2),
        (f"Shule ya Müller, Dar es Salaam, 2026\n\nStudents\n{SHORT}".encode(), 5),
    ],
    ids=["Windows-1252", "UTF-16", "UTF-16 LE", "UTF-16 BE", "sep", "titles"],
)
def test_a_file_is_read_as_programs_save_it(officer: APIClient, content: bytes, row: int) -> None:
    report = read(officer, content)
    assert [each["row"] for each in report["rows"]] == [row]
    assert values(report, "surname") == ["Müller"]


def test_instructions_before_the_list_are_passed_over(officer: APIClient) -> None:
    book = Workbook()
    book.worksheets[0].append(["How to fill this in"])
    book.worksheets[0].append(["Surname", "The family name"])
    sheet = book.create_sheet("Students")
    for line in (["Students of 2026"], [], ["Reg No", "First Name", "Surname"], ["1", "A", "B"]):
        sheet.append(line)
    report = read(officer, saved(book))
    assert [(each["row"], each["action"]) for each in report["rows"]] == [(4, "created")]


def test_the_first_list_of_a_workbook_is_read_whatever_stands_behind_it(officer: APIClient) -> None:
    book = Workbook()
    book.worksheets[0].append(["Reg No", "First Name", "Surname"])
    book.worksheets[0].append(["1", "A", "B"])
    book.create_sheet().append([*student_row()])
    assert read(officer, saved(book))["summary"]["created"] == 1


HEADER = ("Reg No", "First Name", "Surname")
ONE_OF_EACH: dict[str, list[tuple[str, ...]]] = {
    "Read me": [("How to fill this in",), ("Surname", "The family name")],
    "Form 1A": [HEADER, ("1", "A", "B")],
    "Classes": [("Class", "Teacher"), ("Form 1A", "Mushi")],
    "Form 1B": [("Students of 2026",), (), HEADER, ("2", "C", "D")],
    "Form 1C": [HEADER],
    "Blank": [],
    "Form 2": [("Surname", "Other names", "Admission Number"), ("E", "F", "3")],
    "Wide": [("x",) * 101, HEADER, ("4", "G", "H")],
}


def test_further_lists_of_a_workbook_are_named_and_not_read(officer: APIClient) -> None:
    report = read(officer, book_of(ONE_OF_EACH))
    assert [row["identifier"] for row in report["rows"]] == ["1"]
    assert report["unread_sheets"] == ["Form 1B", "Form 2"]
    others = {
        name: lines for name, lines in ONE_OF_EACH.items() if name not in {"Form 1B", "Form 2"}
    }
    assert read(officer, book_of(others))["unread_sheets"] == []


def test_further_lists_are_told_apart_by_what_was_said_of_strange_headings(
    officer: APIClient,
) -> None:
    strange = ("Nr", "Vorname", "Nachname")
    sheets = {name: [strange, (name, "A", "B")] for name in ("1A", "1B")}
    said = {"Nr": "registration_number", "Vorname": "first_name", "Nachname": "surname"}
    report = read(officer, book_of(sheets), mapping=json.dumps(said))
    assert report["unread_sheets"] == ["1B"]
    assert read(officer, book_of(sheets))["unread_sheets"] == ["1B"]


def test_hidden_sheets_are_no_lists_that_were_not_read(officer: APIClient) -> None:
    book = Workbook()
    for sheet, number in ((book.worksheets[0], "1"), (book.create_sheet("Old"), "2")):
        sheet.append(HEADER)
        sheet.append([number, "A", "B"])
    book.worksheets[1].sheet_state = "hidden"
    assert read(officer, saved(book))["unread_sheets"] == []


def test_a_row_of_totals_is_nobody(officer: APIClient) -> None:
    words = [
        "Total",
        "TOTAL:",
        "Jumla",
        "jumla kuu",
        "Grand total = 2",
        "Sub-Total: 2",
        "— Jumla —",
    ]
    rows = "".join(f"{word},2,2\n" for word in words)
    report = read(officer, f"{NAMED}\nTX/1,A,B\n{rows}")
    assert [row["action"] for row in report["rows"]] == ["created", *["failed"] * len(words)]
    for row in report["rows"][1:]:
        assert row["errors"] == {"registration_number": ["This looks like a row of totals."]}
        assert row["possible_duplicate_of"] == []


@pytest.mark.parametrize("number", ["TOTAL-045", "Total/2026/1", "Jumla7", "Totali", "JT"])
def test_a_number_that_begins_like_a_total_is_a_number(officer: APIClient, number: str) -> None:
    assert read(officer, f"{NAMED}\n{number},A,B\n")["summary"]["created"] == 1


# --- cells --------------------------------------------------------------------------------------


def stored_formula(cells: str) -> bytes:
    header = "".join(f'<c t="str"><v>{name}</v></c>' for name in NAMED.split(","))
    return repacked(
        xlsx_file([["a"]]), {SHEET: sheet_xml(f"<row>{header}</row><row>{cells}</row>")}
    )


def test_of_a_formula_the_stored_value_is_taken(officer: APIClient) -> None:
    number = '<c t="str"><f>"BC/"&amp;7</f><v>BC/7</v></c>'
    first_name = '<c t="str"><v>Asha</v></c>'
    surname = '<c t="str"><f>PROPER("khamis")</f><v>Khamis</v></c>'
    report = read(
        officer, stored_formula(f'{number}<c t="str"><v>Asha</v></c>{surname.format("Khamis")}')
    )
    assert report["rows"][0]["identifier"] == "BC/7"
    assert values(report, "surname") == ["Khamis"]
    surname = surname.replace("<v>Khamis</v>", "")
    report = read(officer, stored_formula(number + first_name + surname))
    assert "does not hold what comes of it" in report["rows"][0]["errors"]["surname"][0]


@pytest.mark.parametrize(
    ("number", "shown", "text"),
    [
        (90887, "0000000", "0090887"),
        (42, '"BC-"0000', "BC-0042"),
        (20260042, r"0000\/0000", "2026/0042"),
        (1234567, "00-00", "12345-67"),
        (3.1, "0.00", "3.10"),
        (0, "000", "000"),
        (2.5, "0", "3"),
        (12345, "#,##0", "12345"),
        (7, "General", "7"),
        (7, "0;-0;[Red]0", "7"),
        (123456789012, "0.00E+00", "123456789012"),
    ],
)
def test_a_number_is_what_the_sheet_shows(number: float, shown: str, text: str) -> None:
    book = Workbook()
    book.worksheets[0].append(["a"])
    book.worksheets[0].append([number])
    book.worksheets[0].cell(2, 1).number_format = shown
    assert read_table(saved(book)).rows == [(2, [text])]


def test_what_a_spreadsheet_made_of_a_text_fails_its_row(officer: APIClient) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([*NAMED.split(","), "class_code", "is_active", "date_of_birth"])
    for number, cell in enumerate((date(2026, 3, 1), time(8, 30), True, 0.5), 1):
        sheet.append([str(number), "A", "B", cell, True, date(2003, 5, 17)])
    sheet.cell(5, 4).number_format = "0%"
    sheet.append(["5", "A", "B", "3-1", date(2003, 5, 17), True])
    report = read(officer, saved(book))
    words = [row["errors"].get("class_code", [""])[0] for row in report["rows"]]
    not_as_typed = (Sort.DAY, Sort.TIME, Sort.TRUTH, Sort.PERCENT)
    assert all(sort.value in said for sort, said in zip(not_as_typed, words[:4], strict=True))
    assert list(report["rows"][4]["errors"]) == ["is_active", "date_of_birth"]


def test_one_impossible_day_settles_the_order_of_a_column(officer: APIClient) -> None:
    days = ["12/31/2003", "12/01/2003", "03/04/2004"]
    rows = [student_row(n, date_of_birth=day, terminal_pin="") for n, day in enumerate(days, 1)]
    report = read(officer, csv_file(rows))
    assert values(report, "date_of_birth") == ["2003-12-31", "2003-12-01", "2004-03-04"]


def test_each_column_settles_its_own_order_and_lends_it_to_others(officer: APIClient) -> None:
    header = f"{NAMED},date_of_birth,enrolled_on,left_on"
    report = read(
        officer, f"{header}\n1,A,B,12/31/2003,31/12/2024,\n2,A,C,01/02/2003,01/02/2024,\n"
    )
    assert values(report, "date_of_birth")[1] == "2003-01-02"
    assert values(report, "enrolled_on")[1] == "2024-02-01"
    report = read(officer, f"{header}\n1,A,B,12/31/2003,01/02/2024,\n")
    assert values(report, "enrolled_on") == ["2024-01-02"]


@pytest.mark.parametrize(
    ("order", "day"), [("dmy", "2004-04-03"), ("mdy", "2004-03-04"), ("", None), ("ymd", None)]
)
def test_an_open_order_is_never_guessed(officer: APIClient, order: str, day: str | None) -> None:
    form: dict[str, Any] = {"date_order": order} if order else {}
    content = f"{NAMED},date_of_birth\n1,A,B,03/04/2004\n2,C,D,05/05/2004\n"
    report = read(officer, content, **form)
    assert values(report, "date_of_birth")[0] == day
    assert ("date_of_birth" in report["rows"][0]["errors"]) == (day is None)
    assert (values(report, "date_of_birth")[1] == "2004-05-05") == (order != "ymd")


@pytest.mark.parametrize(
    ("heading", "day"),
    [
        ("Date of Birth (dd/mm/yyyy)", "2004-04-03"),
        ("DOB MM-DD-YYYY", "2004-03-04"),
        ("DOB [month/day/year]", "2004-03-04"),
        ("Tarehe ya kuzaliwa (siku/mwezi/mwaka)", "2004-04-03"),
        ("Birth date (yy/mm/dd)", None),  # which no day of this column can be
        ("DOB (dd/dd/yyyy)", None),
        ("DOB (today)", None),
    ],
)
def test_a_heading_may_say_the_order_of_its_days(
    officer: APIClient, heading: str, day: str | None
) -> None:
    content = f"{NAMED},{heading}\n1,A,B,03/04/2004\n"
    assert values(read(officer, content), "date_of_birth") == [day]
    said = read(officer, content, date_order="mdy")
    assert values(said, "date_of_birth") == ["2004-03-04"]


def test_a_day_that_cannot_be_is_believed_before_the_heading(officer: APIClient) -> None:
    content = f"{NAMED},DOB (dd/mm/yyyy)\n1,A,B,03/04/2004\n2,C,D,12/31/2003\n"
    assert values(read(officer, content), "date_of_birth") == ["2004-03-04", "2003-12-31"]


def test_an_unknown_order_is_refused_on_its_field(officer: APIClient) -> None:
    assert list(read(officer, f"{NAMED}\n1,A,B\n", 400, date_order="ydm")) == ["date_order"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("17-May-2003", date(2003, 5, 17)),
        ("17 Mei 2003", date(2003, 5, 17)),
        ("May 17th, 2003", date(2003, 5, 17)),
        ("2003.5.7", date(2003, 5, 7)),
        ("17/05/03", date(2003, 5, 17)),
        ("17/05/69", date(1969, 5, 17)),
        ("2003-05-17 00:00:00", date(2003, 5, 17)),
        ("17/05/2003 12:00 AM", date(2003, 5, 17)),
        ("Saturday, 17 May 2003", date(2003, 5, 17)),
        ("Jumamosi 17/05/2003", date(2003, 5, 17)),
        ("17\u201105\u20112003", date(2003, 5, 17)),
        ("17–05–2003", date(2003, 5, 17)),
        ("2003-May-17", date(2003, 5, 17)),
        ("20030517", date(2003, 5, 17)),
    ],
)
def test_a_day_is_read_in_many_spellings(text: str, day: date) -> None:
    assert readings(text, is_past=True)[DayOrder.DMY] == day


@pytest.mark.parametrize(
    "text",
    ["", "x", "32/13/2003", "17 Foo 2003", "2003-02-30", "1234", "1/2", "20031317", "17052003"],
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert readings(text) == {}


def test_a_year_that_stands_first_counts_where_nothing_else_goes() -> None:
    assert possible_orders(["99/05/17", "17/05/03", "x"]) == {DayOrder.YMD}
    assert possible_orders(["03/05/17"]) == {DayOrder.DMY, DayOrder.MDY}
    assert possible_orders(["12/31/2003", "31/12/2003"]) == set()
    assert possible_orders(["03/05/17"], DayOrder.YMD) == {DayOrder.YMD}


def test_a_slip_does_not_turn_the_order_of_its_list(officer: APIClient) -> None:
    """`30/02/03` is no day with its year last, and nobody writes `1930-02-03` like that."""
    report = read(officer, f"{NAMED},dob\n1,A,B,17/05/03\n2,C,D,30/02/03\n3,E,F,03/04/05\n")
    assert values(report, "date_of_birth") == ["2003-05-17", None, "2005-04-03"]
    assert "date_of_birth" in report["rows"][1]["errors"]
    report = read(officer, f"{NAMED},dob\n1,A,B,30/02/03\n", date_order="ymd")
    assert values(report, "date_of_birth") == ["1930-02-03"]


@pytest.mark.parametrize(
    "cell",
    [
        *("0712 345 678 / 0713 000 111", "0712345678 0713000111"),
        *("0712 345 678 0713 000 111", "\u202a0712345678\u202c, \u202a0713000111\u202c"),
    ],
)
def test_of_two_numbers_in_a_cell_the_first_is_taken_and_the_other_named(
    officer: APIClient, cell: str
) -> None:
    report = read(officer, f'{NAMED},phone\n1,A,B,"{cell}"\n')
    assert values(report, "phone_number") == ["+255712345678"]
    assert "713" in report["rows"][0]["notes"]["phone_number"][0]


@pytest.mark.parametrize(
    ("cell", "rest"),
    [("0712 345 678 (mama)", "(mama)"), ("WhatsApp: +255712345678", "WhatsApp:")],
)
def test_of_a_number_beside_words_the_number_is_taken_and_the_words_named(
    officer: APIClient, cell: str, rest: str
) -> None:
    report = read(officer, f"{NAMED},phone\n1,A,B,{cell}\n")
    assert values(report, "phone_number") == ["+255712345678"]
    assert rest in report["rows"][0]["notes"]["phone_number"][0]


def test_an_apostrophe_before_a_number_or_a_day_is_the_spreadsheets(officer: APIClient) -> None:
    report = read(officer, f"{NAMED},phone,dob\n1,A,'B,'0712345678,'17/05/2003\n")
    assert values(report, "phone_number") == ["+255712345678"]
    assert values(report, "date_of_birth") == ["2003-05-17"]
    assert values(report, "surname") == ["'B"]


@pytest.mark.parametrize("cell", ["0712345678 ext. 5", "0712E+11", "ask 12", "0712345678x"])
def test_what_is_no_phone_number_is_not_made_one(officer: APIClient, cell: str) -> None:
    report = read(officer, f"{NAMED},phone\n1,A,B,{cell}\n")
    assert list(report["rows"][0]["errors"]) == ["phone_number"]


@pytest.mark.parametrize("cell", ["-", "—", "n/a", "N/A", "Nil", "hakuna"])
def test_a_cell_that_says_nothing_is_empty_where_no_word_can_stand(
    officer: APIClient, cell: str
) -> None:
    report = read(officer, f"{NAMED},phone,email,dob\n1,A,Nil,{cell},{cell},{cell}\n")
    [row] = report["rows"]
    assert row["errors"] == {}
    assert row["changes"].keys() & {"phone_number", "email", "date_of_birth"} == set()
    assert values(report, "surname") == ["Nil"]


# --- who is who ---------------------------------------------------------------------------------


def test_an_edited_export_changes_the_person_whose_uuid_it_carries(officer: APIClient) -> None:
    STUDENTS.add(1)
    export = officer.get(STUDENTS.url, {"format": "csv"}).getvalue().decode()
    again = read(officer, export, dry_run="false")
    assert again["summary"]["unchanged"] == 1
    edited = export.replace("DIT/2024/00001", "DIT/2024/77777")
    report = read(officer, edited, dry_run="false")
    assert report["rows"][0]["action"] == "updated"
    assert Student.objects.get().identifier == "DIT/2024/77777"


def test_a_row_with_a_uuid_needs_nothing_else(officer: APIClient) -> None:
    person = STUDENTS.add(1)
    report = read(officer, f"student_uuid,Class\n{person.pk},CS22\nx,CS22\n")
    one, other = report["rows"]
    assert (one["action"], one["identifier"]) == ("updated", "DIT/2024/00001")
    assert next(iter(other["errors"])) == "student_uuid"
    guard = GUARDS.add(1)
    report = read(officer, f"student_uuid,{NAMED}\n{guard.pk},9,A,B\n")
    assert list(report["rows"][0]["errors"]) == ["student_uuid"]


def handed_on(holders: list[Any], numbers: list[Any]) -> str:
    rows = (f"{one.pk},{number}\n" for one, number in zip(holders, numbers, strict=True))
    return f"student_uuid,registration_number\n{''.join(rows)}"


@pytest.mark.dialect
@pytest.mark.parametrize("number", [2, 3])
def test_numbers_that_people_take_from_one_another_go_round(
    officer: APIClient, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.imports.BATCH_SIZE", 1)
    holders = [STUDENTS.add(each) for each in range(number)]
    first, *others = before = [one.identifier for one in holders]
    after = [*others, first]
    content = handed_on(holders, after)
    rehearsal = read(officer, content)
    assert list(Student.objects.order_by("created_at").values_list("identifier", flat=True)) == (
        before
    )
    done = read(officer, content, dry_run="false")
    assert done == {**rehearsal, "dry_run": False, "change_id": done["change_id"]}
    assert [row["action"] for row in done["rows"]] == ["updated"] * number

    def numbers() -> list[str]:
        return [Student.objects.get(pk=one.pk).identifier for one in holders]

    def known_by(one: Any) -> list[str]:
        events = STUDENTS.events.filter(pgh_obj=one.pk).order_by("pgh_id")
        return list(events.values_list("identifier", flat=True))

    assert numbers() == after
    assert read(officer, content, dry_run="false")["summary"]["unchanged"] == number
    undone = officer.post(f"/api/changes/{done['change_id']}/undo/")
    assert undone.status_code == 200, undone.content
    assert numbers() == before
    for place, one in enumerate(holders):
        assert known_by(one) == [before[place], after[place], before[place]]


def test_a_number_is_free_only_if_whoever_has_it_gives_it_up(officer: APIClient) -> None:
    one, two, three = (STUDENTS.add(each) for each in range(3))
    chain = handed_on([one, two], [two.identifier, "DIT/2024/77777"])
    assert [row["action"] for row in read(officer, chain)["rows"]] == ["updated", "updated"]
    taken = read(officer, handed_on([one, two], [two.identifier, three.identifier]))["rows"]
    assert [list(row["errors"]) for row in taken] == [["registration_number"]] * 2


# --- likely doubles -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("BC/2026/N01", "BC / 2026 / N01", True),
        ("BC/2026/N01", "BC-2026-N01", True),
        ("BC/2026/N01", "BC2026N01", True),
        ("BC/2026/N01", "ВС/2026/N01", True),
        ("BC/2026/N01", "BC/2026/NO1", True),
        ("BC/2026/N01", "BC/2026/N0l", True),
        ("BC/2026/N01", "ＢＣ/2026/Ｎ０１", True),
        ("BC/2026/N01", "BC\u22152026\u2044N01", True),
        ("BC/2026/N01", "BC/2026/N02", False),
        ("DIT/1/23", "DIT/12/3", False),
        ("CIL/1", "CLI/1", False),
    ],
)
def test_a_number_that_only_looks_otherwise_is_named(
    officer: APIClient, one: str, other: str, is_alike: bool
) -> None:
    row = student_row(registration_number=one, terminal_pin="", date_of_birth="")
    STUDENTS.add(1, registration_number=one, terminal_pin="", date_of_birth=None)
    content = csv_file([{**row, "registration_number": other, "first_name": "Zawadi"}])
    [read_row] = read(officer, content)["rows"]
    named = [each["identifier"] for each in read_row["possible_duplicate_of"]]
    assert named == ([one] if is_alike else [])
    assert read_row["action"] == ("failed" if is_alike else "created")


def test_whoever_may_be_here_already_is_registered_only_on_request(officer: APIClient) -> None:
    known = STUDENTS.add(1)
    same = f"{NAMED},date_of_birth\nX1,AMINA,Wanjiku,2003-02-01\nX2,Juma,Wanjiku,2003-02-01\n"
    report = read(officer, same, 400, dry_run="false")
    assert Student.objects.count() == 1
    [double] = report["rows"][0]["possible_duplicate_of"]
    assert (double["student_uuid"], double["because"]) == (str(known.pk), "name_and_birth_date")
    assert report["rows"][1]["possible_duplicate_of"] == []
    report = read(officer, same, dry_run="false", accept_duplicates="true")
    assert report["summary"]["created"] == 2
    assert len(report["rows"][0]["possible_duplicate_of"]) == 1
    assert read(officer, same)["summary"]["unchanged"] == 2


def test_doubles_within_a_list_are_named_with_their_row(officer: APIClient) -> None:
    content = (
        f"{NAMED},date_of_birth\nBC/1,Amina,Khamis,2003-02-01\nBC-1,Zawadi,Said,\n"
        "BC/7,Khamis,Amina,2003-02-01\n"
    )
    rows = read(officer, content)["rows"]
    found = [[each["row"] for each in row["possible_duplicate_of"]] for row in rows]
    assert found == [[], [2], [2]]


def test_names_are_looked_up_as_they_would_be_compared_each_with_each() -> None:
    day = date(2005, 1, 1)
    names = [frozenset(some) for size in (3, 1, 5, 2, 4) for some in combinations("abcde", size)]
    known: _Names[frozenset[str]] = _Names()
    for at, name in enumerate(names):
        found = set(known.same(day, name))
        are_same = {
            other
            for other in names[:at]
            if min(len(name), len(other)) > 1 and (name <= other or other <= name)
        }
        assert bool(found) == bool(are_same)
        assert found <= are_same
        known.add(day, name, name)
    assert names[0] in set(known.same(day, names[0]))


def test_a_birth_date_and_a_name_of_very_many_are_few_comparisons(officer: APIClient) -> None:
    """All were given the first of January, and half of them the same name."""
    rows = "".join(f"N{n},A{n % 2 * n},Khamis,2005-01-01\n" for n in range(1, 400))
    report = read(officer, f"{NAMED},date_of_birth\n{rows}")
    doubles = [len(row["possible_duplicate_of"]) for row in report["rows"]]
    assert max(doubles) == 1
    assert sum(doubles) == 198


def test_two_rows_about_one_person_are_told(officer: APIClient) -> None:
    """One names the UUID, the other the number."""
    person = STUDENTS.add(1)
    content = (
        "student_uuid,registration_number,class_code\n"
        f"{person.pk},,CS22\n"
        f",{person.identifier},CS23\n"
    )
    preview = read(officer, content)
    assert [row["errors"] for row in preview["rows"]] == [
        {},
        {"student_uuid": ["Row 2 of this file is about the same person."]},
    ]
    assert real(officer, STUDENTS.url, content).status_code == 400
    person.refresh_from_db()
    assert person.class_code == "CS21"
