"""`?format=csv`: everybody that the filters leave, as a file that is safe to open."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from rest_framework.test import APIClient

from core.renderers import XLSXRenderer
from people.tests.kinds import GUARDS, KINDS, STUDENTS, Kind
from people.tests.sheets import real

pytestmark = pytest.mark.django_db

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def export(client: APIClient, kind: Kind, **query: str) -> Any:
    return client.get(kind.url, {"format": "csv", **query})


def lines_of(response: Any) -> list[list[str]]:
    assert response.status_code == 200
    return list(csv.reader(response.getvalue().decode("utf-8-sig").splitlines()))


def numbers(response: Any, kind: Kind) -> list[str]:
    header, *lines = lines_of(response)
    column = header.index(kind.identifier)
    return [line[column] for line in lines]


@every_kind
def test_everybody_is_in_the_file_not_a_page(officer: APIClient, kind: Kind) -> None:
    expected = {kind.add(number).identifier for number in range(130)}
    response = export(officer, kind, page_size="10")
    exported = numbers(response, kind)
    assert len(exported) == 130
    assert set(exported) == expected


@every_kind
def test_the_file_names_the_person_and_has_the_columns_of_an_import(
    officer: APIClient, kind: Kind
) -> None:
    person = kind.add()
    header, line = lines_of(export(officer, kind))
    assert header[:2] == [kind.declared.uuid_key, "full_name"]
    assert set(header[2:]) | {"full_name"} == set(kind.row()) | {"full_name"}
    assert line[:2] == [str(person.pk), kind.people.get().full_name]


@every_kind
def test_the_file_is_a_download_that_a_spreadsheet_reads_as_utf8(
    officer: APIClient, kind: Kind
) -> None:
    response = export(officer, kind)
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    name = kind.url.split("/")[2]
    today = timezone.localdate().isoformat()
    assert response["Content-Disposition"] == f'attachment; filename="{name}-{today}.csv"'
    assert response.getvalue().startswith(b"\xef\xbb\xbf")


def test_filters_search_and_order_are_honoured(officer: APIClient) -> None:
    STUDENTS.add(1, department="Law", surname="Adhiambo")
    STUDENTS.add(2, department="Law", surname="Zuberi")
    STUDENTS.add(3, department="Law", surname="Zuberi", is_active=False)
    STUDENTS.add(4, department="Art", surname="Zuberi")
    query = {"department": "Law", "is_active": "true", "ordering": "-surname"}
    assert numbers(export(officer, STUDENTS, **query), STUDENTS) == [
        "DIT/2024/00002",
        "DIT/2024/00001",
    ]
    assert numbers(export(officer, STUDENTS, search="zuberi law", **query), STUDENTS) == []
    found = numbers(export(officer, STUDENTS, search="2024/00002 zub", **query), STUDENTS)
    assert found == ["DIT/2024/00002"]


def test_formulas_are_defused(officer: APIClient) -> None:
    GUARDS.add(1, full_name='=HYPERLINK("http://x","y")', badge_number="@1", employee_id="-1")
    GUARDS.add(2, full_name="'=1", badge_number="＝2", employee_id="+2", phone_number="")
    _, *lines = lines_of(export(officer, GUARDS))
    cells = {cell for line in lines for cell in line}
    assert cells >= {'\'=HYPERLINK("http://x","y")', "'@1", "'-1", "'+255654000222"}
    assert cells >= {"''=1", "'＝2", "'+2"}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ({"format": "csv"}, "application/json"),
        ({"format": "csv"}, "*/*"),
        ({}, "text/csv"),
    ],
)
def test_the_format_is_asked_for_in_the_address_or_the_header(
    officer: APIClient, query: dict[str, str], accept: str
) -> None:
    response = officer.get(STUDENTS.url, query, headers={"accept": accept})
    assert response["Content-Type"].startswith("text/csv")
    response.getvalue()


def test_without_asking_the_answer_is_json(officer: APIClient) -> None:
    for accept in ("application/json", "*/*", ""):
        response = officer.get(STUDENTS.url, headers={"accept": accept} if accept else {})
        assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"search": "x" * 201}, "search"),
        ({"ordering": "banana"}, "ordering"),
        ({"is_active": "banana"}, "is_active"),
        ({"student_status": "banana"}, "student_status"),
    ],
)
def test_an_error_stays_json(officer: APIClient, query: dict[str, str], field: str) -> None:
    response = export(officer, STUDENTS, **query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert list(response.json()) == [field]


def test_not_every_reader_of_people_may_export(
    caller: Callable[[str], APIClient], anybody: APIClient
) -> None:
    for role in ("administrator", "registration_officer", "leadership"):
        assert lines_of(export(caller(role), STUDENTS))
    for role in ("kitchen_admin", "attendance_admin", "discipline_admin", "class_teacher"):
        refused = export(caller(role), STUDENTS)
        assert refused.status_code == 403
        assert refused.json()["code"] == "permission_denied"
    response = export(anybody, STUDENTS)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/json"


def test_a_single_person_is_no_spreadsheet(officer: APIClient) -> None:
    student = STUDENTS.add()
    response = officer.get(f"{STUDENTS.url}{student.pk}/", {"format": "csv"})
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"


@every_kind
def test_the_statements_of_an_export_do_not_grow_with_its_rows(
    officer: APIClient, kind: Kind
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            lines_of(export(officer, kind))
        return len(queries)

    kind.add(1)
    few = statements()
    for number in range(2, 40):
        kind.add(number)
    assert statements() == few <= 5  # two of them: how many they are, and who looked


# --- as a workbook ------------------------------------------------------------------------------


@every_kind
def test_the_workbook_is_the_same_list_and_comes_back_unchanged(
    officer: APIClient, kind: Kind
) -> None:
    kind.add(1)
    response = export(officer, kind, format="xlsx")
    assert response["Content-Type"] == XLSXRenderer.media_type
    assert response["Content-Disposition"].endswith('.xlsx"')
    content = response.getvalue()
    lines = [list(row) for row in load_workbook(io.BytesIO(content)).worksheets[0].values]
    assert lines[0] == lines_of(export(officer, kind))[0]
    assert lines[1][0] == str(kind.people.get().pk)
    report = real(officer, kind.url, content).json()
    assert report["summary"]["unchanged"] == 1


def test_in_a_workbook_no_text_is_a_formula(officer: APIClient) -> None:
    STUDENTS.add(1, surname="=1+1")
    content = export(officer, STUDENTS, format="xlsx").getvalue()
    cells = [cell for row in load_workbook(io.BytesIO(content)).worksheets[0] for cell in row]
    assert "'=1+1" in [cell.value for cell in cells]
    assert not any(cell.data_type == "f" for cell in cells)
