"""What a list shows, as CSV and XLSX: for whom, with which rows and columns."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_card, make_student
from cards.tests.office import page
from conftest import OWN_CLASS
from people.models import Look
from reports.tests.factories import make_day

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
STUDENTS = "/admin/list/students/student"
EXPORTERS = {Role.ADMINISTRATOR, Role.REGISTRATION_OFFICER, Role.LEADERSHIP}


def taken(browser: Client, url: str) -> list[list[str]]:
    response: Any = browser.get(url)
    assert response.status_code == 200, url
    content = b"".join(response) if response.streaming else response.content
    if ".xlsx" in url:
        (sheet,) = load_workbook(io.BytesIO(content)).worksheets
        return [[str(cell or "") for cell in row] for row in sheet.values]
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_list_is_taken_as_it_is_filtered_and_written_down(
    make_user: MakeUser, file_format: str
) -> None:
    asha = make_student(surname="Kweka", class_code="=1+1")
    make_card(asha)
    make_student(surname="Mushi", class_code="CS2")
    browser = browser_of(make_user("administrator"))
    head, *rows = taken(browser, f"{STUDENTS}.{file_format}?q=kweka")
    assert "Photo" not in head
    (row,) = (dict(zip(head, row, strict=True)) for row in rows)
    assert row["Registration number"] == asha.identifier
    assert row["Card"] == "Active"
    assert "'=1+1" in row.values()
    look = Look.objects.get()
    assert (look.what, look.held, look.asked) == ("export", [asha.pk], "q=kweka")
    everybody = taken(browser, f"{STUDENTS}.{file_format}?p=7")
    assert len(everybody) == 3


@pytest.mark.parametrize("role", Role.values)
def test_people_are_taken_by_whoever_may_export_them(make_user: MakeUser, role: Role) -> None:
    make_student(class_code=OWN_CLASS)
    browser = browser_of(make_user(role))
    may = role in EXPORTERS
    assert browser.get(f"{STUDENTS}.csv").status_code == (200 if may else 403)
    assert (f"{STUDENTS}.csv" in page(browser, "/admin/students/student/")) is may


def test_days_are_taken_by_whoever_reads_them(make_user: MakeUser) -> None:
    student = make_student()
    make_day(student, timezone.localdate(), "Absent")
    rows = taken(browser_of(make_user("attendance_admin")), "/admin/list/attendance/attendance.csv")
    assert len(rows) == 2
    assert "Absent" in " ".join(rows[1])
    assert list(Look.objects.values_list("held", flat=True)) == [[student.pk]]


def test_a_list_that_is_not_the_office_s_is_not_offered(make_user: MakeUser) -> None:
    browser = browser_of(make_user("administrator"))
    assert "auth/group.csv" not in page(browser, "/admin/auth/group/")


def test_every_list_can_be_taken(make_user: MakeUser) -> None:
    browser = browser_of(make_user("administrator"))
    for model, office in admin.site._registry.items():
        if getattr(office, "room", None):
            url = f"/admin/list/{model._meta.app_label}/{model._meta.model_name}.csv"
            assert len(taken(browser, url)[0]) > 1, url


@pytest.mark.parametrize(
    "address", ["students/student.pdf", "students/nobody.csv", "auth/permission.csv", "x/y.csv"]
)
def test_what_is_no_list_is_not_found(make_user: MakeUser, address: str) -> None:
    assert browser_of(make_user("administrator")).get(f"/admin/list/{address}").status_code == 404


def test_an_address_in_capitals_is_the_same_list(make_user: MakeUser) -> None:
    asha = make_student(class_code=OWN_CLASS)
    browser = browser_of(make_user("administrator"))
    assert asha.identifier in taken(browser, "/admin/list/students/Student.csv")[1]
    response = browser.get("/admin/list/students/Student.csv?nonsense=1")
    assert response["Location"] == "/admin/students/student/"


def test_nonsense_leads_back_to_the_list(make_user: MakeUser) -> None:
    response = browser_of(make_user("administrator")).get(f"{STUDENTS}.csv?nonsense=1")
    assert response["Location"] == "/admin/students/student/"
