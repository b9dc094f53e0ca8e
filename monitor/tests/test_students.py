"""`GET student?card_id=` and `GET student/{student_uuid}/details`."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tests.wire import assert_refused
from attendance.models import Attendance
from cards import services
from cards.tests.factories import make_card, make_guard, make_student
from discipline.tests.factories import make_incident
from kitchen.models import KitchenService
from monitor.tests.addresses import own
from pos.tests.factories import all_day_period
from students.models import Student

pytestmark = pytest.mark.django_db

Caller = Callable[[str], APIClient]


@pytest.fixture
def find(officer: APIClient) -> Callable[..., Any]:
    address = own("registration_officer", "student")
    return lambda **query: officer.get(address, query)


# --- by a card --------------------------------------------------------------------------------


def test_a_student_is_found_by_the_number_in_any_spelling_the_uuid_or_the_qr(
    find: Callable[..., Any],
) -> None:
    student = make_student(phone_number="+255712345678", email="a@dit.ac.tz")
    card = make_card(student, "04A32B1C")
    for card_id in (
        "04A32B1C",
        "04:a3:2b:1c",
        " 04 a3 2b 1c",
        str(card.pk),
        str(card.pk).upper(),
        f"https://cards.example.org/v/{card.code}",
    ):
        response = find(card_id=card_id)
        assert response.status_code == 200, card_id
        answer = response.json()
        assert answer["student_uuid"] == answer["student_id"] == str(student.pk)
        assert answer["name"] == student.full_name
        assert answer["registered_card_id"] == answer["card"]["card_uuid"] == str(card.pk)
        assert "discipline_points" not in answer  # to an officer
        tag = response["ETag"]
    assert find(card_id="04A32B1C")["ETag"] == tag


def test_a_replaced_card_still_says_whose_it_was(find: Callable[..., Any]) -> None:
    old = make_card(rfid_number="RF000000001")
    new = services.replace_card(card=old, reason="lost", rfid_number=None, by=None)
    answer = find(card_id="rf000000001").json()
    assert answer["student_uuid"] == str(old.person_id)
    assert answer["registered_card_id"] == str(new.pk)


@pytest.mark.parametrize(
    "card_id", ["RF999999999", "ABC", str(UUID(int=7)), "é", "0" * 8, "%", "x" * 200]
)
def test_an_unknown_card_is_a_404(find: Callable[..., Any], card_id: str) -> None:
    response = find(card_id=card_id)
    assert response.status_code == 404
    assert response.json()["success"] is False
    assert response.json()["code"] == "unknown_card"


def test_a_guards_card_is_no_students(find: Callable[..., Any]) -> None:
    card = make_card(make_guard())
    assert find(card_id=card.rfid_number).status_code == 404
    assert find(card_id=str(card.pk)).status_code == 404


@pytest.mark.parametrize(
    "query", [{}, {"card_id": ""}, {"card_id": " "}, {"card_id": "\0"}, {"card_id": "x" * 201}]
)
def test_without_a_card_it_is_a_400(find: Callable[..., Any], query: dict[str, str]) -> None:
    response = find(**query)
    assert_refused(response, 400)
    assert list(response.json()) == ["card_id"]


# --- details ----------------------------------------------------------------------------------


def with_a_life(days: int = 3) -> Student:
    """A student with so many days, incidents and meals, the latest one today."""
    student, period, today = make_student(), all_day_period(), timezone.localdate()
    for ago in range(days):
        day, moment = today - timedelta(days=ago), timezone.now() - timedelta(days=ago)
        Attendance.objects.create(
            person=student, date=day, attendance_time=moment, status="Present"
        )
        make_incident(student, 1, date_of_incident=day)
        KitchenService.objects.create(
            person=student, period=period, date=day, service_time=moment, food_item="Ugali"
        )
    return student


def details_of(client: APIClient, role: str, student: Student, **query: Any) -> Any:
    return client.get(own(role, f"student/{student.pk}/details"), query)


def test_an_administrator_sees_everything_latest_first(administrator: APIClient) -> None:
    make_incident()  # of somebody else
    student = with_a_life()
    card = make_card(student)
    response = details_of(administrator, "administrator", student)
    assert response.status_code == 200
    answer = response.json()
    at_api = administrator.get(f"/api/students/{student.pk}/").json()
    assert {name: answer[name] for name in at_api} == at_api
    assert answer["card"]["card_uuid"] == str(card.pk)
    assert answer["discipline_points"] == 97
    today = timezone.localdate()
    days = [str(today - timedelta(days=ago)) for ago in range(3)]
    assert [row["date"] for row in answer["attendance"]] == days
    assert [row["date_of_incident"] for row in answer["discipline"]] == days
    assert [row["date"] for row in answer["meals"]] == days
    for rows, address in (
        ("attendance", "/api/attendance/"),
        ("discipline", "/api/discipline/incidents/"),
        ("meals", "/api/kitchen/services/"),
    ):
        listed = administrator.get(address, {"student": str(student.pk)}).json()["results"]
        assert answer[rows] == listed
    assert answer["attendance_record"] == [row["attendance_id"] for row in answer["attendance"]]
    assert answer["food_service_record"] == [row["service_id"] for row in answer["meals"]]


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        ("administrator", {"attendance", "discipline", "meals"}),
        ("registration_officer", {"attendance"}),
        ("attendance_admin", {"attendance"}),
        ("kitchen_admin", {"meals"}),
        ("discipline_admin", {"attendance", "discipline"}),
    ],
)
def test_each_role_sees_the_parts_that_it_may_read(
    caller: Caller, role: str, parts: set[str]
) -> None:
    answer = details_of(caller(role), role, with_a_life()).json()
    seen = {part for part in ("attendance", "discipline", "meals") if answer[part] is not None}
    assert seen == parts
    assert (answer["attendance_record"] is not None) is ("attendance" in parts)
    assert (answer["food_service_record"] is not None) is ("meals" in parts)
    assert answer["full_name"]


def test_a_student_without_any_has_empty_lists(administrator: APIClient) -> None:
    answer = details_of(administrator, "administrator", make_student()).json()
    parts = ("attendance", "attendance_record", "discipline", "meals", "food_service_record")
    assert [answer[part] for part in parts] == [[]] * 5
    assert answer["card"] is None


@pytest.mark.parametrize(("asked", "shown"), [(None, 20), (1, 1), (22, 22), (100, 25), (999, 25)])
def test_the_limit_is_20_and_can_be_asked_for(
    administrator: APIClient, asked: int | None, shown: int
) -> None:
    student = with_a_life(25)
    query = {} if asked is None else {"limit": asked}
    answer = details_of(administrator, "administrator", student, **query).json()
    assert [len(answer[part]) for part in ("attendance", "discipline", "meals")] == [shown] * 3


def test_more_than_100_are_never_shown(administrator: APIClient) -> None:
    student, first = make_student(), date(2026, 1, 1)
    Attendance.objects.bulk_create(
        Attendance(person=student, date=first + timedelta(days=day), status="Present")
        for day in range(120)
    )
    for limit in (100, 101, 10**30):
        answer = details_of(administrator, "administrator", student, limit=limit).json()
        assert len(answer["attendance"]) == 100


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.5", "٣", "\0"])
def test_a_bad_limit_is_a_400(administrator: APIClient, limit: str) -> None:
    response = details_of(administrator, "administrator", make_student(), limit=limit)
    assert_refused(response, 400)
    assert list(response.json()) == ["limit"]


def test_an_unknown_student_is_a_404(administrator: APIClient) -> None:
    for student in (uuid4(), "17", "%00"):
        response = administrator.get(own("administrator", f"student/{student}/details"))
        assert response.status_code == 404
        assert response.json()["success"] is False


def test_details_have_an_entity_tag(administrator: APIClient) -> None:
    student = with_a_life()
    response = details_of(administrator, "administrator", student)
    address = own("administrator", f"student/{student.pk}/details")
    again = administrator.get(address, HTTP_IF_NONE_MATCH=response["ETag"])
    assert again.status_code == 304
    make_incident(student)
    changed = administrator.get(address, HTTP_IF_NONE_MATCH=response["ETag"])
    assert changed.status_code == 200


def test_a_longer_life_costs_no_more_queries(administrator: APIClient) -> None:
    def queries(student: Student) -> int:
        with CaptureQueriesContext(connection) as captured:
            details_of(administrator, "administrator", student)
        return len(captured)

    short = make_student()
    make_card(short)
    long = with_a_life(10)
    make_card(long)
    assert queries(long) == queries(short)
