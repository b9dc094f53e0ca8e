"""Who looked: each read of one person's details is a row, and each export and report of many."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from cards.tests.factories import make_card, make_student
from notifications.models import Guardian
from people.models import Look
from people.office.looks import PER_PAGE
from people.tests.kinds import KINDS, Kind
from reports.forms import RANGE
from reports.mailing import send_due_reports
from reports.tests.factories import make_day, make_schedule
from students.models import Student

pytestmark = pytest.mark.django_db

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.fixture
def student() -> Student:
    student = make_student(first_name="Asha", surname="Mwita")
    make_card(student, "04A32B1C")
    Guardian.objects.create(
        guardian_id=student.pk, student=student, name="Rehema", phone="+255712345678"
    )
    return student


@pytest.fixture
def boss(make_user: Callable[..., User]) -> User:
    return make_user("administrator", "boss")


@pytest.fixture
def browser(boss: User) -> Client:
    browser = Client(REMOTE_ADDR="10.1.2.3")
    browser.force_login(boss)
    return browser


def looks() -> list[tuple[Any, ...]]:
    rows = Look.objects.order_by("pk")
    return list(rows.values_list("user__username", "person", "what", "ip_address"))


@every_kind
def test_a_read_of_one_person_is_written_down(officer: APIClient, kind: Kind) -> None:
    person = kind.add(1)
    path = f"{kind.url}{person.pk}/"
    assert officer.get(path, REMOTE_ADDR="10.9.8.7").status_code == 200
    officer.get(f"{path}history/")
    (first, second) = Look.objects.order_by("pk")
    assert (first.user.username, first.person_id) == ("registration_officer", person.pk)
    assert (first.what, first.path, first.ip_address) == ("details", path, "10.9.8.7")
    assert (second.what, second.path) == ("history", f"{path}history/")


DOORS = [
    ("/api/students/{pk}/", "details"),
    ("/api/students/{pk}/guardians/", "guardians"),
    ("/api/students/{pk}/guardians/{pk}/", "guardians"),
    ("/api/students/{pk}/guardians/{pk}/history/", "guardians"),
    ("/api/cards/{card}/", "card"),
    ("/api/cards/{card}/history/", "card"),
    ("/auth/admin/{user}/student/{pk}/details/", "details"),
    ("/auth/admin/{user}/student/?card_id={card}", "details"),
    ("/admin/students/student/{pk}/change/", "details"),
    ("/admin/students/student/{pk}/history/", "history"),
    ("/admin/notifications/guardian/{pk}/change/", "guardians"),
    ("/admin/notifications/guardian/{pk}/history/", "guardians"),
    ("/admin/cards/card/{card}/change/", "card"),
]


@pytest.mark.parametrize(("door", "what"), DOORS)
def test_each_door_to_one_person_leaves_one_row(
    door: str, what: str, student: Student, boss: User, browser: Client
) -> None:
    path = door.format(pk=student.pk, card=student.cards.get().pk, user=boss.pk)
    assert browser.get(path).status_code == 200
    assert looks() == [("boss", student.pk, what, "10.1.2.3")]


def test_whoever_is_refused_or_finds_nobody_has_seen_nothing(
    caller: Callable[[str], APIClient], anybody: APIClient, student: Student, officer: APIClient
) -> None:
    anybody.get(f"/api/students/{student.pk}/")
    caller("kitchen_admin").get(f"/api/students/{student.pk}/history/")
    officer.get("/api/students/00000000-0000-0000-0000-000000000000/")
    officer.get(f"/api/students/{student.pk}/?nosuch=1")
    officer.get("/api/students/")
    assert not Look.objects.exists()


def test_a_public_verification_has_its_own_log(anybody: APIClient, student: Student) -> None:
    anybody.get(f"/api/cards/verify/student/{student.cards.get().code}/")
    assert not Look.objects.exists()


def test_whoever_asks_whether_anything_changed_has_looked(
    officer: APIClient, student: Student
) -> None:
    path = f"/api/students/{student.pk}/"
    tag = officer.get(path).headers["ETag"]
    assert officer.get(path, HTTP_IF_NONE_MATCH=tag).status_code == 304
    assert Look.objects.count() == 2


def test_an_export_is_one_row_with_its_number_and_filter(
    officer: APIClient, student: Student
) -> None:
    for number in range(3):
        make_student(class_code="COE26A", first_name=f"Juma{number}")
    officer.get("/api/students/?format=csv&class_code=COE26A")
    look = Look.objects.get()
    assert (look.what, look.people, look.person) == ("export", 3, None)
    assert (look.path, look.asked) == ("/api/students/", "format=csv&class_code=COE26A")


DAY = date(2026, 11, 18)
OF_THE_DAY = f"from={DAY}&to={DAY}"


@pytest.mark.parametrize("file_format", ["json", "csv", "pdf", "xlsx"])
def test_a_report_is_one_row(file_format: str, administrator: APIClient) -> None:
    for _ in range(2):
        make_day(make_student(), DAY, "Present")
    query = f"{OF_THE_DAY}&format={file_format}"
    assert administrator.get(f"/api/reports/attendance/?{query}").getvalue()
    look = Look.objects.get()
    assert (look.what, look.people, look.person, look.asked) == ("report", 2, None, query)


def test_a_report_from_the_office_is_one_row(browser: Client) -> None:
    make_day(make_student(), DAY, "Present")
    asked: dict[str, Any] = {"report": "attendance", "days": RANGE, "first": DAY, "last": DAY}
    asked |= {"group_by": "class", "format": "csv"}
    assert browser.get("/admin/reports/", asked).headers["Content-Type"].startswith("text/csv")
    assert list(Look.objects.values_list("what", "people", "path")) == [
        ("report", 1, "/admin/reports/")
    ]


def test_a_report_by_mail_is_a_row_of_whoever_has_it_sent(settings: Settings) -> None:
    settings.MAIL_SERVER = "mail.example.org"
    schedule = make_schedule()
    assert [sending.error for sending in send_due_reports()] == [""]
    look = Look.objects.get()
    assert (look.user, look.what, look.ip_address) == (schedule.created_by, "report", None)
    assert str(schedule.pk) in look.path


# --- it stays as it was written ---------------------------------------------------------------


def test_the_database_lets_nobody_change_or_delete_a_look(
    officer: APIClient, student: Student
) -> None:
    officer.get(f"/api/students/{student.pk}/")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        Look.objects.update(path="/")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        Look.objects.all().delete()


@pytest.mark.parametrize(
    "wrong", [{"what": "details"}, {"what": "export"}, {"what": "details", "people": 1}]
)
def test_a_look_is_at_one_or_at_many(wrong: dict[str, Any], boss: User) -> None:
    with pytest.raises(DatabaseError, match="people_look_at_one_or_at_many"):
        Look.objects.create(user=boss, path="/", **wrong)


# --- where it cannot be written, nothing is shown ---------------------------------------------


@pytest.mark.dialect
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "door", ["/api/students/{pk}/", "/admin/students/student/{pk}/change/", "/api/students/"]
)
def test_a_database_that_only_reads_shows_nobodys_details(
    door: str, student: Student, browser: Client
) -> None:
    path = door.format(pk=student.pk)
    browser.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        answer = browser.get(path)
    finally:
        connection.close()
    is_of_one = "{pk}" in door
    assert answer.status_code == (503 if is_of_one else 200)
    assert (b"Mwita" in answer.content) is not is_of_one
    assert ("Retry-After" in answer.headers) is is_of_one


# --- told to administrators -------------------------------------------------------------------


@every_kind
def test_the_api_tells_who_looked_latest_first(
    administrator: APIClient, officer: APIClient, kind: Kind
) -> None:
    person, other = kind.add(1), kind.add(2)
    officer.get(f"{kind.url}{other.pk}/")
    officer.get(f"{kind.url}{person.pk}/", REMOTE_ADDR="10.9.8.7")
    officer.get(f"{kind.url}{person.pk}/history/")
    told = administrator.get(f"{kind.url}{person.pk}/access/?page_size=1").json()
    assert told["count"] == 2
    assert told["results"][0]["what"] == "history"
    (first,) = administrator.get(told["next"]).json()["results"]
    user = User.objects.get(username="registration_officer")
    expected = {"user": str(user.pk), "username": user.username, "what": "details"}
    expected |= {"path": f"{kind.url}{person.pk}/", "asked": "", "ip_address": "10.9.8.7"}
    assert first.items() >= expected.items()
    assert Look.objects.count() == 3  # to read of looks is none


def test_nobody_but_administrators_learns_who_looked(
    officer: APIClient, student: Student, make_user: Callable[..., User], browser: Client
) -> None:
    assert officer.get(f"/api/students/{student.pk}/access/").status_code == 403
    of_officer = Client()
    of_officer.force_login(User.objects.get(username="registration_officer"))
    page = f"/admin/students/student/{student.pk}/change/"
    assert "Who looked" not in of_officer.get(page).content.decode()
    for address in ("/admin/people/access/", f"/admin/people/access/{student.pk}/"):
        assert of_officer.get(address).status_code == 403
    shown = browser.get(page).content.decode()
    assert "Who looked" in shown
    assert "registration_officer" in shown


def test_the_office_turns_the_pages_of_who_looked(
    student: Student, boss: User, browser: Client
) -> None:
    for number in range(PER_PAGE + 1):
        Look.objects.create(user=boss, person=student, what="details", path=f"/look/{number}/")
    address = f"/admin/people/access/{student.pk}/"
    first, second = (browser.get(address, {"page": page}).content.decode() for page in (1, 2))
    assert f"/look/{PER_PAGE}/" in first
    assert "/look/0/" not in first
    assert "/look/0/" in second


def test_the_office_lists_exports_and_reports(browser: Client, student: Student) -> None:
    browser.get(f"/api/students/{student.pk}/")
    browser.get("/api/students/?format=csv&class_code=COE26A")
    listed = browser.get("/admin/people/access/").content.decode()
    assert "class_code=COE26A" in listed
    assert str(student.pk) not in listed


def test_a_list_on_one_page_to_print_is_written_down_as_an_export_is(
    browser: Client, student: Student
) -> None:
    make_day(student, timezone.localdate(), "Present")
    students, register = "/admin/students/student/?", "/admin/attendance/day/?"
    for page in (students, register, "/admin/discipline/threshold/?whole=1"):
        assert browser.get(page).status_code == 200
    assert not Look.objects.exists()
    for page in (students, "/admin/notifications/guardian/?", register):
        assert browser.get(f"{page}whole=1").status_code == 200
    found = Look.objects.order_by("pk")
    assert [(look.what, look.held, look.asked) for look in found] == [
        ("export", [student.pk], "whole=1")
    ] * 3
    browser.post(f"{students}whole=1", {"action": "", "_selected_action": [str(student.pk)]})
    assert found.count() == 3


# --- what it costs ----------------------------------------------------------------------------


def test_a_read_of_one_person_takes_one_statement_more(
    officer: APIClient, student: Student, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/api/students/{student.pk}/"
    with django_assert_num_queries(4):  # the caller, the student, the card, the look
        officer.get(path)
    card = f"/api/cards/{student.cards.get().pk}/"
    with django_assert_num_queries(3):  # the caller, the card, the look
        officer.get(card)
    Look.objects.bulk_create(
        Look(user=User.objects.get(), person=student, what="details", path="/") for _ in range(50)
    )
    with django_assert_num_queries(4):
        officer.get(path)


def test_who_looked_takes_as_many_statements_however_many_did(
    administrator: APIClient, student: Student, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    boss = User.objects.get()
    for _ in range(30):
        Look.objects.create(user=boss, person=student, what="details", path="/")
    with django_assert_num_queries(5):  # the caller, the student, their card, the count, the page
        administrator.get(f"/api/students/{student.pk}/access/")


# --- exports and reports on a person's page ---------------------------------------------------


def test_a_persons_looks_hold_the_exports_and_reports_that_they_were_in(
    administrator: APIClient, officer: APIClient, student: Student, browser: Client
) -> None:
    other = make_student(class_code="COE26A")
    make_day(student, DAY, "Present")
    make_day(make_student(), DAY, "Present")
    officer.get("/api/students/?format=csv")
    officer.get("/api/students/?format=csv&class_code=COE26A")  # in which only the other is
    administrator.get(f"/api/reports/attendance/?{OF_THE_DAY}&format=csv")

    def told(person: Student) -> list[tuple[str, int | None]]:
        rows = administrator.get(f"/api/students/{person.pk}/access/").json()["results"]
        return [(row["what"], row["people"]) for row in rows]

    assert told(student) == [("report", 2), ("export", 3)]
    assert told(other) == [("export", 1), ("export", 3)]
    panel = browser.get(f"/admin/students/student/{student.pk}/change/").content.decode()
    assert "Report of 2" in panel
    page = browser.get(f"/admin/people/access/{student.pk}/").content.decode()
    assert "/api/reports/attendance/" in page
    assert "class_code=COE26A" not in page


def test_a_report_by_mail_is_on_the_page_of_whoever_was_in_it(
    settings: Settings, administrator: APIClient
) -> None:
    settings.MAIL_SERVER = "mail.example.org"
    make_schedule()
    student, other = make_student(), make_student()
    for days in range(1, 15):  # last week, whichever weekday it is
        make_day(student, timezone.localdate() - timedelta(days=days), "Present")
    assert [sending.error for sending in send_due_reports()] == [""]
    (row,) = administrator.get(f"/api/students/{student.pk}/access/").json()["results"]
    assert (row["what"], row["ip_address"]) == ("report", None)
    assert administrator.get(f"/api/students/{other.pk}/access/").json()["count"] == 0
