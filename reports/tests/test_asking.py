"""Which days a report is about, who may read it, and what is refused."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.roles import Role
from accounts.tests.wire import assert_refused
from reports.tests.factories import CAMPUS, URL, at, report

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2026-11-01", "2026-11-30"),
        ({"period": "monthly"}, "2026-11-01", "2026-11-30"),
        ({"period": "weekly"}, "2026-11-16", "2026-11-22"),
        (
            {"period": "", "date": "", "from": "", "to": "", "group_by": ""},
            "2026-11-01",
            "2026-11-30",
        ),
        ({"date": "2026-02-10"}, "2026-02-01", "2026-02-28"),
        ({"period": "monthly", "date": "2024-02-29"}, "2024-02-01", "2024-02-29"),
        ({"period": "weekly", "date": "2026-11-16"}, "2026-11-16", "2026-11-22"),
        ({"period": "weekly", "date": "2026-11-15"}, "2026-11-09", "2026-11-15"),
        ({"period": "weekly", "date": "2027-01-01"}, "2026-12-28", "2027-01-03"),
        ({"from": "2026-11-05", "to": "2026-11-05"}, "2026-11-05", "2026-11-05"),
        ({"from": "2024-01-01", "to": "2024-12-31"}, "2024-01-01", "2024-12-31"),
    ],
)
def test_the_days_of_a_report(
    query: dict[str, str], first: str, last: str, administrator: APIClient
) -> None:
    for subject in ("attendance", "discipline", "kitchen"):
        body = report(administrator, subject, **query)
        assert (body["from"], body["to"]) == (first, last)
        assert body["report"] == subject


def test_today_is_todays_date_on_the_campus(
    clock: time_machine.Traveller, caller: Callable[[str], APIClient]
) -> None:
    clock.move_to(at(date(2026, 11, 30), "23:30"))
    assert report(caller("administrator"), "attendance")["from"] == "2026-11-01"
    clock.move_to(at(date(2026, 12, 1), "00:30"))  # still November in Greenwich
    assert report(caller("administrator"), "attendance")["from"] == "2026-12-01"


def test_a_report_says_what_it_is_and_whose(administrator: APIClient, settings: Any) -> None:
    settings.INSTITUTION_NAME = "Chuo cha Wanjikũ"
    body = report(administrator, "attendance")
    assert body["institution"] == "Chuo cha Wanjikũ"
    assert body["group_by"] == "class"
    assert body["generated_at"] == at(date(2026, 11, 21), "22:00").astimezone(CAMPUS).isoformat()
    assert body["groups"] == []
    assert body["totals"]["recorded"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "yearly"}, "period"),
        ({"period": "weekly\0"}, "period"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "yesterday"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"period": "weekly", "date": "9999-12-31"}, "date"),
        ({"group_by": "room"}, "group_by"),
        ({"from": "2026-11-01"}, "to"),
        ({"to": "2026-11-01"}, "from"),
        ({"from": "x", "to": "2026-11-01"}, "from"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "to"),
        ({"from": "2025-01-01", "to": "2026-01-02"}, "to"),
        ({"from": "2026-11-01", "to": "2026-11-02", "period": "weekly"}, "period"),
        ({"from": "2026-11-01", "to": "2026-11-02", "date": "2026-11-01"}, "date"),
        ({"from": "2026-11-01", "period": "weekly"}, "period"),
        ({"group_by": "student", "page_size": "x"}, "page_size"),
    ],
)
@pytest.mark.parametrize("file_format", ["json", "csv", "pdf", "xlsx"])
def test_what_makes_no_sense_is_refused_in_json(
    query: dict[str, str], field: str, file_format: str, administrator: APIClient
) -> None:
    if field == "page_size" and file_format != "json":
        pytest.skip("a file has no pages")
    response = administrator.get(f"{URL}attendance/", {"format": file_format, **query})
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert list(response.json()) == [field]


def test_366_days_are_the_most(administrator: APIClient) -> None:
    query = {"from": "2025-01-01", "to": "2026-01-01"}
    assert report(administrator, "kitchen", **query)["to"] == "2026-01-01"
    response = administrator.get(f"{URL}kitchen/", {**query, "to": "2026-01-02"})
    assert response.json() == {"to": ["At most 366 days; these are 367."]}


def test_a_strange_format_is_a_400_that_names_those_there_are(administrator: APIClient) -> None:
    response = administrator.get(f"{URL}attendance/", {"format": "docx"})
    assert response.status_code == 400
    assert response.json() == {"format": ["Choose from: json, pdf, xlsx, csv."]}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("application/pdf", "application/pdf"),
        (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_the_header_can_ask_for_the_format(
    accept: str, content_type: str, administrator: APIClient
) -> None:
    response = administrator.get(f"{URL}attendance/", headers={"accept": accept})
    assert response["Content-Type"].startswith(content_type)
    response.getvalue()


READERS = {
    "attendance": {
        Role.ADMINISTRATOR,
        Role.REGISTRATION_OFFICER,
        Role.ATTENDANCE_ADMIN,
        Role.DISCIPLINE_ADMIN,
        Role.LEADERSHIP,
        Role.CLASS_TEACHER,
    },
    "discipline": {
        Role.ADMINISTRATOR,
        Role.DISCIPLINE_ADMIN,
        Role.LEADERSHIP,
        Role.CLASS_TEACHER,
    },
    "kitchen": {Role.ADMINISTRATOR, Role.KITCHEN_ADMIN, Role.LEADERSHIP},
}
# They read schedules only, or have none.
WITHOUT_SCHEDULES = {Role.LEADERSHIP, Role.CLASS_TEACHER}


@pytest.mark.parametrize("file_format", ["json", "pdf"])
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("subject", READERS)
def test_a_report_is_for_whoever_reads_its_records(
    subject: str, role: Role, file_format: str, caller: Callable[[str], APIClient]
) -> None:
    response = caller(role).get(f"{URL}{subject}/", {"format": file_format})
    if role in READERS[subject]:
        assert response.status_code == 200
        response.getvalue()
    else:
        assert_refused(response, 403)


@pytest.mark.parametrize("subject", READERS)
def test_a_report_is_for_nobody_else(subject: str, anybody: APIClient) -> None:
    assert_refused(anybody.get(f"{URL}{subject}/", {"format": "csv"}), 401)


def test_no_shared_cache_keeps_a_report(administrator: APIClient) -> None:
    for file_format in ("json", "csv", "pdf", "xlsx"):
        response = administrator.get(f"{URL}attendance/", {"format": file_format})
        assert "private" in response["Cache-Control"]
        response.getvalue()


def test_options_are_described_whatever_format_is_asked(administrator: APIClient) -> None:
    for query in ("", "?format=pdf", "?format=csv"):
        response = administrator.options(f"{URL}attendance/{query}")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
