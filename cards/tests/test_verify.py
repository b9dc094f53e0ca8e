"""The public answer about a person and a card: for programs, for phones, and for the log."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from cards import services
from cards.models import Card, IDCardVerificationLog
from cards.tests.factories import (
    MAKERS,
    make_card,
    make_guard,
    make_member,
    make_student,
    make_temporary_card,
)
from people.models import Person
from people.photos import set_photo
from people.tests.pictures import jpeg

pytestmark = pytest.mark.django_db

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def by_person(card: Card) -> str:
    return f"/api/cards/verify/{card.card_type}/{card.person.pk}/"


def by_card(card: Card) -> str:
    return f"/v/{card.code}"


def by_both(card: Card) -> str:
    return f"{by_person(card)}?card={card.code}"


def told_of(response: Any) -> str:
    """All that came back: body and headers."""
    return f"{response.content.decode()} {response.headers}"


def assert_says_nothing_of(person: Person, response: Any) -> None:
    told = told_of(response)
    secrets: list[Any] = [
        *(str(person.pk), person.pk.hex, person.full_name, person.surname),
        *(person.identifier, person.status, person.department, person.photo.name, "photo_url"),
    ]
    for secret in secrets:
        assert secret not in told, secret


def test_a_student_is_verified_as_the_seed_shows(anybody: APIClient) -> None:
    student = make_student(program="BACHELOR OF ENGINEERING", class_code="CS2024A")
    card = make_card(student)
    response = anybody.get(by_person(card))
    body = response.json()
    assert response.status_code == 200
    assert body == {
        "success": True,
        "verified": True,
        "student": {
            "registration_number": student.identifier,
            "full_name": student.full_name,
            "department": "Computer Studies",
            "program": "BACHELOR OF ENGINEERING",
            "class_code": "CS2024A",
            "status": "Active",
            "academic_status": "Current",
            "photo_url": None,
            "has_card": True,
            "card_active": True,
        },
        "verified_at": body["verified_at"],
        "institution": "DAR ES SALAAM INSTITUTE OF TECHNOLOGY",
    }


def test_staff_and_guards_are_verified_as_the_seed_shows(anybody: APIClient) -> None:
    member = make_card(make_member(position="HR Manager"))
    staff = anybody.get(by_person(member)).json()["staff"]
    assert set(staff) == {
        "staff_number",
        "full_name",
        "department",
        "position",
        "employment_status",
        "photo_url",
        "has_card",
        "card_active",
    }
    guard = make_card(make_guard(phone_number="+255123456789", hire_date="2024-01-15"))
    security = anybody.get(by_person(guard)).json()["security"]
    assert security["phone_number"] == "+255123456789"
    assert security["hire_date"] == "2024-01-15"
    assert set(security) == {
        "employee_id",
        "badge_number",
        "full_name",
        "phone_number",
        "hire_date",
        "has_card",
        "card_active",
    }


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("student", "Student not found or inactive."),
        ("staff", "Staff member not found or inactive."),
        ("security", "Security personnel not found or inactive."),
        ("visitor", "Visitor not found or inactive."),
    ],
)
def test_unknown_malformed_and_inactive_are_refused_alike(
    anybody: APIClient, kind: str, message: str
) -> None:
    gone = MAKERS[kind](is_active=False)
    other = make_guard() if kind != "security" else make_student()
    for asked in (uuid4(), "not-a-uuid", "%00", gone.pk, other.pk):
        response = anybody.get(f"/api/cards/verify/{kind}/{asked}/")
        assert response.status_code == 404
        assert response.json() == {
            "success": False,
            "verified": False,
            "message": message,
            "detail": message,
            "code": "not_found",
        }


@pytest.mark.parametrize(
    ("make", "status", "is_known"),
    [
        (make_student, "Suspended", False),
        (make_student, "Withdrawn", False),
        (make_student, "Graduated", False),
        (make_member, "On Leave", True),
        (make_member, "Retired", False),
        (make_member, "Terminated", False),
    ],
)
def test_whom_no_gate_would_admit_is_not_found_and_their_card_is_no_good(
    anybody: APIClient, make: Any, status: str, is_known: bool
) -> None:
    card = make_card(make(status=status))
    for address in (by_person(card), by_both(card), f"{by_person(card)}?card=XXXXXXXXXXXXXXXX"):
        assert anybody.get(address).status_code == (200 if is_known else 404)
    body = anybody.get(by_card(card)).json()
    assert body["verified"] is is_known
    assert body[card.card_type]["card_active"] is is_known
    if not is_known:
        assert body["reason"] == "holder_inactive"
        assert body[card.card_type] == {"card_active": False}


@pytest.mark.parametrize("headers", [{}, HTML], ids=["json", "page"])
def test_the_code_on_a_good_card_verifies_where_it_was_scanned(
    anybody: APIClient, headers: dict[str, str]
) -> None:
    student = make_student()
    set_photo(person=student, upload=BytesIO(jpeg()), size=1)
    card = make_card(student)
    spellings = [
        f"/{v}/{code}{slash}"
        for v in "vV"
        for code in (card.code, card.code.lower())
        for slash in ("", "/")
    ]
    for address in spellings:
        response = anybody.get(address, headers=headers)
        assert response.status_code == 200, address
        assert student.full_name in told_of(response), address
        assert "Location" not in response
        for secret in (str(student.pk), student.pk.hex, str(student.photo.name)):
            assert secret not in told_of(response), address
    assert IDCardVerificationLog.objects.filter(card_uuid=card.pk).count() == len(spellings)


def test_the_code_on_a_good_card_says_what_the_seed_says_of_its_holder(anybody: APIClient) -> None:
    for make in MAKERS.values():
        card = make_card(make())
        by_code, known = anybody.get(by_card(card)).json(), anybody.get(by_both(card)).json()
        assert {**by_code, "verified_at": ""} == {**known, "verified_at": ""}
        assert by_code[card.card_type]["card_active"] is True


def test_a_lent_card_that_is_good_is_said_to_be_so(anybody: APIClient) -> None:
    own = make_card()
    lent = make_temporary_card(own.person)
    said = anybody.get(by_card(lent)).json()
    assert said["verified"] is said["student"]["card_active"] is True
    assert anybody.get(by_card(own)).json()["reason"] == "card_suspended"
    assert anybody.get(by_person(own)).json()["student"]["card_active"] is False


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda card: services.retire_card(card=card, reason="lost"), "card_retired"),
        (lambda card: services.switch_card(card=card, is_active=False), "card_inactive"),
        (
            lambda card: services.change_card(
                card=card, changes={"expiry_date": timezone.now() - timedelta(seconds=1)}
            ),
            "card_expired",
        ),
        (lambda card: Person.objects.update(status="Suspended"), "holder_inactive"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTML], ids=["json", "page"])
def test_the_code_on_a_bad_card_says_why_and_nothing_of_its_holder(
    anybody: APIClient, spoil: Any, reason: str, headers: dict[str, str]
) -> None:
    student = make_student(department="Basketry")
    set_photo(person=student, upload=BytesIO(jpeg()), size=1)
    card = make_card(student)
    spoil(card)
    for address in (by_card(card), f"{by_card(card)}/", by_card(card).upper()):
        response = anybody.get(address, headers=headers)
        assert response.status_code == 200
        assert_says_nothing_of(student, response)
        if not headers:
            body = response.json()
            assert (body["success"], body["verified"], body["reason"]) == (True, False, reason)
            assert body["student"] == {"card_active": False}
    log = IDCardVerificationLog.objects.first()
    assert log is not None
    assert (log.result, log.reason, log.person_id) == ("refused", reason, student.pk)


def test_by_person_card_active_is_what_a_gate_would_say_of_the_card(anybody: APIClient) -> None:
    card = make_card()
    services.switch_card(card=card, is_active=False)
    said = anybody.get(by_person(card)).json()
    assert (said["verified"], said["student"]["has_card"]) == (True, True)
    assert said["student"]["card_active"] is False


@pytest.mark.parametrize("headers", [{}, HTML], ids=["json", "page"])
def test_by_person_a_dead_card_or_anothers_says_nothing_of_the_person(
    anybody: APIClient, headers: dict[str, str]
) -> None:
    student = make_student(department="Basketry")
    set_photo(person=student, upload=BytesIO(jpeg()), size=1)
    dead = services.retire_card(card=make_card(student), reason="lost")
    make_card(student)
    for code in (dead.code, make_card().code, "XXXXXXXXXXXXXXXX", "", "%00"):
        response = anybody.get(f"{by_person(dead)}?card={code}", headers=headers)
        assert response.status_code == 200
        assert_says_nothing_of(student, response)


def test_a_lost_card_stays_bad_when_its_holder_has_a_new_one(anybody: APIClient) -> None:
    old = make_card()
    new = services.replace_card(card=old, reason="lost", rfid_number=None, by=None)
    assert anybody.get(by_card(old)).json()["verified"] is False
    assert anybody.get(by_card(new)).json()["verified"] is True
    assert anybody.get(by_person(old)).json()["student"]["card_active"] is True


def test_the_card_of_somebody_who_has_left_does_not_verify(anybody: APIClient) -> None:
    card = make_card()
    card.person.is_active = False
    card.person.save()
    assert anybody.get(by_card(card)).json()["reason"] == "holder_inactive"


def test_a_code_does_not_verify_another_person(anybody: APIClient) -> None:
    card, other = make_card(), make_card()
    body = anybody.get(f"{by_person(other)}?card={card.code}").json()
    assert (body["verified"], body["reason"]) == (False, "unknown_card")
    assert body["student"] == {"card_active": False}


@pytest.mark.parametrize("code", ["X" * 16, "short", "%00" * 16, "é" * 16, "x" * 500])
def test_an_unknown_code_is_a_uniform_404(anybody: APIClient, code: str) -> None:
    response = anybody.get(f"/v/{code}")
    assert response.status_code == 404
    assert response.json()["verified"] is False


def test_a_phone_sees_a_page_with_the_verdict(anybody: APIClient) -> None:
    card = make_card(make_guard(phone_number="+255123456789", hire_date="2024-01-15"))
    response = anybody.get(by_card(card), headers=HTML)
    page = response.content.decode()
    assert response["Content-Type"].startswith("text/html")
    assert "Valid card" in page
    assert card.person.full_name in page
    assert "+255123456789" not in page
    assert len(response.content) < 30_000


def test_a_phone_learns_no_name_from_a_lost_card(anybody: APIClient) -> None:
    card = services.retire_card(card=make_card(), reason="lost")
    page = anybody.get(by_card(card), headers=HTML).content.decode()
    assert "Not valid" in page
    assert "withdrawn" in page
    assert card.person.full_name not in page
    unknown = anybody.get("/v/XXXXXXXXXXXXXXXX", headers=HTML)
    assert unknown.status_code == 404
    assert "Not valid" in unknown.content.decode()


@pytest.mark.parametrize("headers", [{}, HTML])
def test_the_answer_is_neither_stored_nor_indexed(
    anybody: APIClient, headers: dict[str, str]
) -> None:
    card = make_card()
    for url in (by_both(card), by_card(card), "/v/XXXXXXXXXXXXXXXX"):
        response = anybody.get(url, headers=headers)
        assert response["Cache-Control"] == "no-store"
        assert "noindex" in response["X-Robots-Tag"]


def test_options_are_json_whatever_was_asked_for(anybody: APIClient) -> None:
    for url in (by_person(make_card()), "/v/XXXXXXXXXXXXXXXX"):
        assert anybody.options(url, headers={"accept": "application/json"}).status_code == 200
        assert anybody.options(f"{url}?format=html").status_code == 400
        assert anybody.options(url, headers={"accept": "text/html"}).status_code == 406


NEVER = "0001-01-01T00:00:00%2B23:59"  # a day before the calendar begins, here


def test_every_look_is_logged(anybody: APIClient, administrator: APIClient) -> None:
    card = make_card(rfid_number="DEADBEEF")
    agent = {"user-agent": "Phone/1.0"}
    anybody.get(by_card(card), headers=agent)
    services.retire_card(card=card, reason="stolen")
    anybody.get(by_card(card))
    anybody.get("/api/cards/verify/student/rubbish/")
    anybody.get("/v/XXXXXXXXXXXXXXXX")
    logs = administrator.get("/api/cards/verification-logs/").json()["results"]
    assert [log["result"] for log in logs] == ["not_found", "not_found", "refused", "verified"]
    assert [log["asked"] for log in logs][:2] == ["XXXXXXXXXXXXXXXX", "rubbish"]
    first = logs[-1]
    assert (first["rfid_number"], first["user_agent"]) == ("DEADBEEF", "Phone/1.0")
    assert first["ip_address"] == "127.0.0.1"
    assert first["full_name"] == card.person.full_name
    for query, count in (
        ("result=refused", 1),
        (f"student={card.person_id}", 2),
        (f"card={card.pk}", 2),
        (f"staff={uuid4()}", 0),
        ("ip_address=127.0.0.1", 4),
        ("since=2020-01-01", 4),
        ("until=2020-01-01T00:00:00%2B23:59", 0),
        ("since=0001-01-01", 4),
        (f"date={timezone.localdate()}", 4),
        ("date=2020-01-01", 0),
        (f"from={timezone.localdate()}&to={timezone.localdate()}", 4),
        ("to=2020-01-01", 0),
        ("from=2020-01-01T07:00:00%2B03:00", 4),
        ("to=2020-01-01T07:00:00", 0),
        ("date=0001-01-01", 0),
        ("from=0001-01-01&to=9999-12-31", 4),
    ):
        found = administrator.get(f"/api/cards/verification-logs/?{query}").json()
        assert found["count"] == count, query
    for query in (
        "date=x",
        "from=x",
        "to=2026-13-01",
        f"to={NEVER}",
        "result=x",
        "student=x",
        "ip_address=x",
        "since=x",
        f"since={NEVER}",
    ):
        response = administrator.get(f"/api/cards/verification-logs/?{query}")
        assert response.status_code == 400


def test_the_log_outlives_the_card(anybody: APIClient, administrator: APIClient) -> None:
    card = make_card(rfid_number="DEADBEEF")
    anybody.get(by_card(card))
    administrator.delete(f"/api/cards/{card.pk}/")
    (log,) = administrator.get("/api/cards/verification-logs/").json()["results"]
    assert (log["card_uuid"], log["rfid_number"]) == (str(card.pk), "DEADBEEF")


def test_an_address_is_throttled_not_the_world(anybody: APIClient, settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "verify": "3/min"}
    card = make_card()
    codes = [anybody.get(by_card(card)).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert anybody.get(by_card(card), REMOTE_ADDR="192.0.2.9").status_code == 200


def test_the_query_count_does_not_grow_with_a_persons_cards(
    anybody: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    card = make_card()
    for address, looks in ((by_both, 2), (by_card, 4)):
        # The throttle, the person, their cards or the one, the log.
        with django_assert_num_queries(4):
            anybody.get(address(card))
        for _ in range(5):
            card = services.replace_card(card=card, reason="lost", rfid_number=None, by=None)
        with django_assert_num_queries(4):
            anybody.get(address(card))
        assert IDCardVerificationLog.objects.count() == looks
