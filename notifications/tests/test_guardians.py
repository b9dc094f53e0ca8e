"""Guardians over REST and in the registration office (contract section 10)."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from notifications.models import Guardian
from notifications.tests.factories import guardians_of, make_guardian
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

OFFICE = "/admin/notifications/guardian/"
REHEMA = {
    "name": "Rehema  Mushi",
    "relationship": "mother",
    "phone": "0712 345 678",
    "email": "rehema@example.org",
    "language": "sw",
}


@pytest.fixture
def student() -> Student:
    return make_student(first_name="Asha", surname="Mushi")


@pytest.fixture
def address(student: Student) -> str:
    return guardians_of(student)


@pytest.fixture
def office(make_user: Callable[..., User]) -> Client:
    return browser_of(make_user("registration_officer"))


# --- the API ----------------------------------------------------------------------------------


def test_a_guardian_is_told_by_each_address_that_was_given(
    officer: APIClient, address: str, student: Student
) -> None:
    response = officer.post(address, REHEMA)
    assert response.status_code == 201
    body = response.json()
    assert body["student"] == str(student.pk)
    assert (body["name"], body["phone"]) == ("Rehema Mushi", "+255712345678")
    assert body["channels"] == ["email", "sms"]
    assert body["news"] == ["arrival", "late", "absence", "incident"]
    assert (body["language"], body["is_active"]) == ("sw", True)
    assert response["ETag"]
    listed = officer.get(address).json()
    assert (listed["count"], listed["results"]) == (1, [body])
    assert officer.get(f"{address}{body['guardian_id']}/").json() == body


def test_the_language_is_the_installations_unless_it_is_said(
    officer: APIClient, address: str, settings: Any
) -> None:
    settings.NOTICE_LANGUAGE = "sw"
    assert officer.post(address, {"name": "Juma", "phone": "0712345678"}).json()["language"] == "sw"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"phone": "", "email": ""}, "non_field_errors"),
        ({"phone": "", "channels": ["sms"]}, "phone"),
        ({"email": "", "channels": ["sms", "email"]}, "email"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"channels": "sms"}, "channels"),
        ({"news": ["gossip"]}, "news"),
        ({"language": "fr"}, "language"),
    ],
)
def test_bad_values_are_refused_on_their_field(
    change: dict[str, Any], field: str, officer: APIClient, address: str
) -> None:
    response = officer.post(address, {**REHEMA, **change})
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not Guardian.objects.exists()


def test_a_change_sees_what_is_there_already(officer: APIClient, address: str) -> None:
    one = f"{address}{officer.post(address, REHEMA).json()['guardian_id']}/"
    assert officer.patch(one, {"phone": "", "email": ""}).status_code == 400
    assert officer.patch(one, {"phone": ""}).json() == {"phone": ["SMS needs a phone number."]}
    changed = officer.patch(one, {"phone": "", "channels": ["email", "email"]})
    assert (changed.status_code, changed.json()["channels"]) == (200, ["email"])
    assert officer.patch(one, {"channels": ["sms"]}).status_code == 400
    assert officer.patch(one, {"news": []}).json()["news"] == []


def test_a_stale_change_is_refused_and_the_same_changes_nothing(
    officer: APIClient, address: str
) -> None:
    created = officer.post(address, REHEMA)
    one = f"{address}{created.json()['guardian_id']}/"
    assert officer.put(one, REHEMA)["ETag"] == created["ETag"]
    assert officer.get(one, HTTP_IF_NONE_MATCH=created["ETag"]).status_code == 304
    assert officer.patch(one, {"name": "R. Mushi"}).status_code == 200
    assert officer.delete(one, HTTP_IF_MATCH=created["ETag"]).status_code == 412
    history = officer.get(f"{one}history/").json()
    assert [change["action"] for change in history] == ["changed", "created"]
    assert history[0]["changes"] == {"name": {"before": "Rehema Mushi", "after": "R. Mushi"}}


def test_a_guardian_can_be_removed(officer: APIClient, address: str) -> None:
    one = f"{address}{officer.post(address, REHEMA).json()['guardian_id']}/"
    assert officer.delete(one).status_code == 204
    assert officer.get(one).status_code == 404
    assert officer.get(address).json()["count"] == 0


def test_a_guardian_is_found_at_their_own_student_only(officer: APIClient, address: str) -> None:
    guardian = make_guardian(make_student())
    assert officer.get(f"{address}{guardian.pk}/").status_code == 404
    assert officer.delete(f"{address}{guardian.pk}/").status_code == 404
    nowhere = f"/api/students/{uuid4()}/guardians/"
    assert officer.get(nowhere).status_code == 404
    assert officer.post(nowhere, REHEMA).status_code == 404


@pytest.mark.parametrize("role", ["attendance_admin", "kitchen_admin", "discipline_admin"])
def test_their_numbers_are_private(
    role: str, address: str, student: Student, caller: Callable[[str], APIClient]
) -> None:
    guardian = make_guardian(student)
    client = caller(role)
    for path in (address, f"{address}{guardian.pk}/", f"{address}{guardian.pk}/history/"):
        assert client.get(path).status_code == 403
    assert client.post(address, REHEMA).status_code == 403


def test_the_list_takes_as_many_queries_for_many(
    officer: APIClient, address: str, student: Student, django_assert_max_num_queries: Any
) -> None:
    for _ in range(15):
        make_guardian(student)
    with django_assert_max_num_queries(6):
        assert officer.get(address).json()["count"] == 15


# --- the office -------------------------------------------------------------------------------


def form(student: Student, **fields: Any) -> dict[str, Any]:
    return {**REHEMA, "student": student.pk, "channels": ["sms"], "news": ["late"], **fields}


def test_the_office_adds_changes_and_removes_guardians(office: Client, student: Student) -> None:
    assert office.get(f"{OFFICE}add/").status_code == 200
    response = office.post(f"{OFFICE}add/", form(student, is_active="on"))
    assert response.status_code == 302, response.content
    guardian = Guardian.objects.get()
    assert (guardian.channels, guardian.news) == (["sms"], ["late"])
    one = f"{OFFICE}{guardian.pk}/"
    assert office.get(f"{one}change/").status_code == 200
    assert office.post(f"{one}change/", form(student, channels=["email"])).status_code == 302
    guardian.refresh_from_db()
    assert (guardian.channels, guardian.is_active) == (["email"], False)
    for query in ("", "?q=asha", "?q=mushi+asha", "?is_active__exact=0"):
        assert b"Rehema Mushi" in office.get(f"{OFFICE}{query}").content
    assert b"Rehema Mushi" not in office.get(f"{OFFICE}?q=juma").content
    assert office.post(f"{one}delete/", {"post": "yes"}).status_code == 302
    assert not Guardian.objects.exists()


@pytest.mark.parametrize(
    ("addresses", "told_by"),
    [
        ({"email": ""}, ["sms"]),
        ({"phone": ""}, ["email"]),
        ({}, ["email", "sms"]),
        ({"phone": "022 2110000"}, ["email"]),
    ],
)
def test_whoever_is_new_in_the_office_is_told_by_each_address_that_is_given(
    office: Client, student: Student, addresses: dict[str, str], told_by: list[str]
) -> None:
    add = f"{OFFICE}add/?student={student.pk}"
    ticked = re.findall('name="channels" value="([a-z]+)"[^>]* checked', _page(office, add))
    assert ticked == ["email", "sms"]
    office.post(add, form(student, channels=ticked, is_active="on", **addresses))
    assert Guardian.objects.get().channels == told_by


@pytest.mark.parametrize(
    ("unticked", "words"),
    [("channels", "no channel is ticked"), ("news", "no news is ticked")],
)
def test_a_page_of_a_student_says_who_is_told_nothing(
    office: Client, student: Student, unticked: str, words: str
) -> None:
    office.post(f"{OFFICE}add/", form(student, is_active="on", **{unticked: []}))
    page = f"/admin/students/student/{student.pk}/change/"
    assert f"Is told nothing: {words}" in _page(office, page)
    Guardian.objects.update(channels=["sms"], news=["late"])
    assert "Is told nothing" not in _page(office, page)


def _page(office: Client, address: str) -> str:
    return office.get(address).content.decode()


def test_the_office_says_which_address_is_missing(office: Client, student: Student) -> None:
    response = office.post(f"{OFFICE}add/", form(student, phone=""))
    assert response.status_code == 200
    assert b"SMS needs a phone number." in response.content
    response = office.post(f"{OFFICE}add/", form(student, phone="", email="", channels=[]))
    assert b"A guardian has a phone number or an e-mail address." in response.content


def test_the_office_removes_a_selection(office: Client, student: Student) -> None:
    guardians = [make_guardian(student) for _ in range(3)]
    chosen = {"_selected_action": [str(guardian.pk) for guardian in guardians[:2]]}
    office.post(OFFICE, {**chosen, "action": "delete_selected", "post": "yes"})
    assert list(Guardian.objects.all()) == guardians[2:]


@pytest.mark.parametrize("role", ["attendance_admin", "kitchen_admin", "discipline_admin"])
def test_the_office_hides_them_from_the_others(
    role: str, make_user: Callable[..., User], student: Student
) -> None:
    guardian = make_guardian(student)
    browser = browser_of(make_user(role))
    assert OFFICE.encode() not in browser.get("/admin/").content
    for page in (OFFICE, f"{OFFICE}{guardian.pk}/change/", f"{OFFICE}add/"):
        assert browser.get(page).status_code == 403


# --- the database -----------------------------------------------------------------------------


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"name": ""}, "notifications_guardian_named"),
        ({"language": "fr"}, "notifications_guardian_known_language"),
        ({"channels": ["fax"]}, "notifications_guardian_known_channels"),
        ({"news": ["gossip"]}, "notifications_guardian_known_news"),
        ({"phone": "", "channels": []}, "notifications_guardian_reachable"),
        ({"phone": "", "email": "a@b.tz"}, "notifications_guardian_phone_for_sms"),
        ({"channels": ["email"]}, "notifications_guardian_address_for_email"),
    ],
)
def test_the_database_refuses_bad_rows(
    values: dict[str, Any], constraint: str, student: Student
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make_guardian(student, **values)
