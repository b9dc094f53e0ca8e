"""The numbers, against the same counted plainly (`reports.tests.oracle`)."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import NoCardDay
from cards.tests.factories import make_member, make_student
from discipline.models import Category
from kitchen.models import KitchenService
from reports.tests import oracle
from reports.tests.factories import (
    NOVEMBER,
    csv_rows,
    download,
    make_day,
    make_incident,
    make_meal,
    make_period,
    make_students,
    report,
)
from students.models import Student

pytestmark = pytest.mark.django_db

every_report = pytest.mark.parametrize("subject", oracle.REPORTS)
every_grouping = pytest.mark.parametrize("group_by", oracle.KEYS)
SPANS = [
    (date(2026, 11, 1), date(2026, 11, 30)),
    (date(2026, 10, 19), date(2026, 11, 9)),
    (date(2026, 11, 4), date(2026, 11, 4)),
    (date(2025, 1, 1), date(2025, 12, 31)),
]
TEXTS = {
    "class": ("class_level", "class_code"),
    "department": ("department",),
    "student": ("full_name", "student"),
}


def shown(rows: list[dict[str, Any]], group_by: str) -> list[tuple[tuple[str, ...], Any]]:
    """Rows of an answer as the oracle has them."""
    texts = {"group", *(key for keys in TEXTS.values() for key in keys), "registration_number"}
    return [
        (
            tuple(row[key] for key in TEXTS[group_by]),
            {key: _without_noughts(value) for key, value in row.items() if key not in texts},
        )
        for row in rows
    ]


def _without_noughts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: number for key, number in value.items() if number}
    return value


@pytest.mark.parametrize(("first", "last"), SPANS)
@every_grouping
@every_report
@pytest.mark.usefixtures("campus")
def test_a_report_counts_what_there_is(
    subject: str, group_by: str, first: date, last: date, administrator: APIClient
) -> None:
    span = {"from": str(first), "to": str(last)}
    body = report(administrator, subject, group_by=group_by, page_size=100, **span)
    truth = oracle.expected(subject, group_by, first, last)
    groups = body["results" if group_by == "student" else "groups"]
    assert sorted(shown(groups, group_by)) == sorted(truth["groups"])
    assert _without_parts_of_none(body["totals"]) == truth["totals"]
    assert [day["date"] for day in body["days"]] == list(truth["days"])
    assert {day.pop("date"): day for day in body["days"]} == truth["days"]


def _without_parts_of_none(totals: dict[str, Any]) -> dict[str, Any]:
    return {key: _without_noughts(value) for key, value in totals.items()}


@every_grouping
@every_report
@pytest.mark.usefixtures("campus")
def test_each_format_has_the_same_numbers(
    subject: str, group_by: str, administrator: APIClient
) -> None:
    asked = {"group_by": group_by, **NOVEMBER}
    body = report(administrator, subject, page_size=100, **asked)
    groups = [flat(row) for row in body.get("results") or body["groups"]]
    totals = flat(body["totals"])
    *lines, last = csv_rows(download(administrator, subject, "csv", **asked))
    names = list(lines[0])
    assert [list(line.values()) for line in lines] == [
        ["" if row[name] is None else str(row[name]) for name in names] for row in groups
    ]
    assert last[names[0]] == "Total"
    assert {name: last[name] for name in names if last[name] not in {"", "Total"}} == {
        name: str(totals[name]) for name in names if name in totals
    }
    sheet = openpyxl.load_workbook(
        io.BytesIO(download(administrator, subject, "xlsx", **asked))
    ).worksheets[0]
    _, *cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert [[cell or 0 for cell in row] for row in cells[:-1]] == [
        [row[name] or 0 for name in names] for row in groups
    ]
    assert cells[-1][0] == "Total"
    assert [cell for cell in cells[-1][1:] if cell is not None] == [
        totals[name] for name in names if name in totals
    ]


PART_NAMES = {"": {"by_period": "Outside of periods", "by_category": "No category"}}


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a spreadsheet has it: the parts beside the other numbers, under their headings."""
    labels = dict(Category.choices)
    cells = dict(row)
    for name in ("by_period", "by_category"):
        for key, number in cells.pop(name, {}).items():
            cells[PART_NAMES.get(key, {}).get(name) or labels.get(key, key)] = number
    return cells


def test_the_rate_is_of_the_days_that_were_not_excused(administrator: APIClient) -> None:
    student = make_student()
    for day, status in enumerate(["Present", "Late", "Absent", "Excused"], start=2):
        make_day(student, date(2026, 11, day), status)
    totals = report(administrator, "attendance", **NOVEMBER)["totals"]
    assert totals["attendance_rate"] == 66.67
    assert (totals["recorded"], totals["expected"]) == (4, 3)


def test_there_is_no_rate_where_nobody_was_expected(administrator: APIClient) -> None:
    make_day(make_student(), date(2026, 11, 2), "Excused")
    body = report(administrator, "attendance", **NOVEMBER)
    assert body["totals"]["attendance_rate"] is None
    assert body["groups"][0]["attendance_rate"] is None


def test_a_voided_incident_costs_no_points(administrator: APIClient) -> None:
    student = make_student()
    make_incident(student, date(2026, 11, 2), 10, category="dress")
    make_incident(student, date(2026, 11, 3), 5, is_voided=True)
    body = report(administrator, "discipline", **NOVEMBER)
    assert body["totals"] == {
        "students": 1,
        "incidents": 2,
        "voided": 1,
        "points_deducted": 10,
        "by_category": {"": 1, "dress": 1},
    }


def test_meals_are_counted_by_period_in_the_order_of_the_day(administrator: APIClient) -> None:
    supper, lunch = make_period("Supper", 18), make_period("Lunch", 12)
    student, day = make_student(), date(2026, 11, 2)
    make_meal(student, day, supper, "18:10")
    make_meal(student, day, lunch, "12:10")
    make_meal(student, day, lunch, "12:20")
    make_meal(student, day, None, "16:00")
    totals = report(administrator, "kitchen", **NOVEMBER)["totals"]
    assert (totals["served"], totals["doubles"]) == (4, 1)
    assert list(totals["by_period"].items()) == [("Lunch", 2), ("Supper", 1), ("", 1)]


def test_two_periods_of_one_name_are_one_meal(administrator: APIClient) -> None:
    workdays = make_period("Lunch", 12, days=[1, 2, 3, 4, 5])
    weekend = make_period("Lunch", 13, days=[6, 7])
    make_meal(make_student(), date(2026, 11, 2), workdays, "12:10")
    make_meal(make_student(), date(2026, 11, 7), weekend, "13:10")
    assert report(administrator, "kitchen", **NOVEMBER)["totals"]["by_period"] == {"Lunch": 2}


def test_the_days_are_the_campus_days(administrator: APIClient) -> None:
    make_day(make_student(), date(2026, 11, 1), "Present")
    make_day(make_student(), date(2026, 10, 31), "Present")
    make_day(make_student(), date(2026, 11, 30), "Present")
    make_day(make_student(), date(2026, 12, 1), "Present")
    days = report(administrator, "attendance", **NOVEMBER)["days"]
    assert [day["date"] for day in days] == ["2026-11-01", "2026-11-30"]


def test_groups_are_named(administrator: APIClient) -> None:
    for level, code in (("Form 1", "1A"), ("Form 2", ""), ("", "")):
        student = make_student(class_level=level, class_code=code)
        make_day(student, date(2026, 11, 2), "Present")
    groups = report(administrator, "attendance", **NOVEMBER)["groups"]
    assert [group["group"] for group in groups] == ["", "1A", "Form 2"]


def test_students_come_in_pages(administrator: APIClient) -> None:
    for student in make_students(5):
        make_day(student, date(2026, 11, 2), "Present")
    asked: dict[str, Any] = {"group_by": "student", "page_size": 2, **NOVEMBER}
    first = report(administrator, "attendance", **asked)
    assert (first["count"], first["previous"], len(first["results"])) == (5, None, 2)
    assert first["totals"]["present"] == 5
    names = []
    page: Any = first
    while True:
        names += [row["full_name"] for row in page["results"]]
        if page["next"] is None:
            break
        page = administrator.get(page["next"]).json()
    assert names == sorted(names)
    assert len(names) == 5
    assert "groups" not in first
    missing = administrator.get("/api/reports/attendance/", {**asked, "page": 4})
    assert missing.status_code == 404


@pytest.mark.parametrize("file_format", ["json", "csv", "xlsx", "pdf"])
@every_grouping
@every_report
def test_the_statements_do_not_grow_with_the_rows(
    subject: str, group_by: str, file_format: str, administrator: APIClient
) -> None:
    lunch = make_period("Lunch", 12)

    def add(student: Student, day: int) -> None:
        make_day(student, date(2026, 11, day), "Present")
        make_meal(student, date(2026, 11, day), lunch, "12:10")
        make_incident(student, date(2026, 11, day), 5)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            download(administrator, subject, file_format, group_by=group_by, **NOVEMBER)
        return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

    add(make_student(), 2)
    few = statements()
    for student in make_students(30, class_code="X", department="Y"):
        add(student, 3)
        add(student, 4)
    assert statements() == few
    # one of them is who asks, one that they did, and of a CSV one how many it tells of
    assert few <= {"csv": 7, "json": 9, "xlsx": 8, "pdf": 9}[file_format]


def test_meals_of_guests_and_staff_are_counted_with_the_others(
    administrator: APIClient, make_user: Callable[[str], User]
) -> None:
    day, by = date(2026, 11, 4), make_user("kitchen_admin")
    lunch = make_period("Lunch", 12)
    make_meal(make_student(), day, lunch, "12:00")
    extra = {"is_extra": True, "portion": None, "served_by": by, "reason": "Visit"}
    at = {"date": day, "period": lunch, "service_time": "2026-11-04T12:10:00+03:00"}
    KitchenService.objects.create(person=make_member(), **at, **extra)
    KitchenService.objects.create(guest_name="Bishop", **at, **extra)
    for group_by in ("class", "department", "student"):
        said = report(administrator, "kitchen", **NOVEMBER, group_by=group_by)
        assert (said["totals"]["served"], said["totals"]["extra"]) == (3, 2)
        rows = said["results" if group_by == "student" else "groups"]
        assert sum(row["served"] for row in rows) == 3
        for file_format in ("csv", "xlsx", "pdf"):
            assert download(administrator, "kitchen", file_format, **NOVEMBER, group_by=group_by)


@every_grouping
def test_a_group_of_which_nobody_could_tap_is_a_row_of_its_own(
    group_by: str, administrator: APIClient
) -> None:
    """In every format, and in the total of each."""
    day = date(2026, 11, 2)
    make_day(make_student(class_code="A", department="A"), day, "Present")
    nobody = make_student(class_code="B", department="B")
    NoCardDay.objects.create(person=nobody, date=day, class_code="B", department="B")
    asked = {"group_by": group_by, **NOVEMBER}
    pages = {"page_size": 1, "page": 2} if group_by == "student" else {}
    body = report(administrator, "attendance", **asked, **pages)
    *_, last = body.get("results") or body["groups"]
    assert (last["no_card"], last["present"], last["attendance_rate"]) == (1, 0, None)
    assert body.get("count", len(body.get("groups", ()))) == 2
    lines = csv_rows(download(administrator, "attendance", "csv", **asked))
    assert [line["no_card"] for line in lines] == ["0", "1", "1"]
