"""A card's life over REST: issued, switched, changed, retired, replaced, deleted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from cards import services
from cards.models import Card
from cards.tests.factories import (
    URL,
    make_card,
    make_guard,
    make_member,
    make_student,
    make_visitor,
    one,
)
from cards.tests.guards import without_constraint

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


# --- issue --------------------------------------------------------------------------------------


def test_a_student_gets_a_card_as_the_seed_shows(officer: APIClient) -> None:
    student = make_student()
    response = officer.post(
        URL, {"card_type": "student", "student_uuid": str(student.pk), "generate_rfid": True}
    )
    body = response.json()
    assert response.status_code == 201
    assert body["card_type"] == "student"
    assert body["is_active"] is True
    assert body["rfid_number"][:2] == "RF"
    assert len(body["rfid_number"]) == 11
    assert body["rfid_number"][2:].isdigit()
    assert body["student"] == {
        "student_uuid": str(student.pk),
        "registration_number": student.identifier,
        "full_name": student.full_name,
        "department": "Computer Studies",
    }
    assert body["created_by"] == {
        "username": "registration_officer",
        "user_type": "registration_officer",
    }
    assert "staff" not in body
    assert "security" not in body
    assert officer.get(f"{URL}{body['card_uuid']}/").json() == body


def test_staff_and_guards_get_cards_of_their_own_type(officer: APIClient) -> None:
    member, guard = make_member(), make_guard()
    staff = officer.post(
        URL, {"card_type": "staff", "staff_uuid": str(member.pk), "rfid_number": "04:a3:2b:1c"}
    ).json()
    assert staff["rfid_number"] == "04A32B1C"
    assert staff["staff"]["staff_number"] == member.identifier
    security = officer.post(
        URL, {"card_type": "security", "security_uuid": str(guard.pk), "generate_rfid": True}
    ).json()
    assert security["security"]["badge_number"] == guard.badge_number


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("make", "card_type", "message"),
    [
        (make_student, "student", "Student already has a card"),
        (make_member, "staff", "Staff member already has a card"),
        (make_guard, "security", "Security personnel already has a card"),
        (make_visitor, "visitor", "Visitor already has a card"),
    ],
)
def test_nobody_has_two_cards(
    officer: APIClient, make: Callable[[], Any], card_type: str, message: str
) -> None:
    body = {"card_type": card_type, f"{card_type}_uuid": str(make().pk), "generate_rfid": True}
    assert officer.post(URL, body).status_code == 201
    response = officer.post(URL, body)
    assert (response.status_code, response.json()) == (400, {"non_field_errors": [message]})


@pytest.mark.parametrize("spelling", ["04A32B1C", "04:a3:2b:1c", "04-A3-2B-1C", " 04 a3 2b 1c "])
def test_a_number_in_use_is_refused_in_every_spelling(officer: APIClient, spelling: str) -> None:
    holder = make_card(rfid_number="04A32B1C").person
    body = {"card_type": "student", "student_uuid": str(make_student().pk)}
    response = officer.post(URL, {**body, "rfid_number": spelling})
    assert response.status_code == 400
    assert response.json() == {"rfid_number": [_taken_by(holder)]}


def _taken_by(holder: Any) -> str:
    whose = f"{holder.full_name}, {holder.identifier}"
    return f"A card with this number already exists. It is the card of {whose}."


@pytest.mark.parametrize("reason", ["lost", "returned"])
def test_the_chip_of_a_retired_card_is_issued_again_to_anybody(
    officer: APIClient, reason: str
) -> None:
    old = make_card(rfid_number="04A32B1C")
    assert officer.post(f"{one(old)}retire/", {"reason": reason}).status_code == 200
    member = make_member()
    body = {"card_type": "staff", "staff_uuid": str(member.pk), "rfid_number": "04A32B1C"}
    assert officer.post(URL, body).status_code == 201
    assert set(Card.objects.values_list("rfid_number", "person")) == {
        ("04A32B1C", old.person_id),
        ("04A32B1C", member.pk),
    }


def test_a_number_that_was_made_up_is_not_made_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    services.retire_card(card=make_card(rfid_number="RF000000001"), reason="lost")
    numbers = iter(["RF000000001", "RF000000002"])
    monkeypatch.setattr(services, "generated_number", lambda: next(numbers))
    assert make_card().rfid_number == "RF000000002"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"card_type": "robot"}, "card_type"),
        ({"card_type": "staff"}, "student_uuid"),
        ({"card_type": None}, "card_type"),
        ({"student_uuid": str(uuid4())}, "student_uuid"),
        ({"student_uuid": "rubbish"}, "student_uuid"),
        ({"student_uuid": ["a"]}, "student_uuid"),
        ({"staff_uuid": str(uuid4())}, "staff_uuid"),
        ({"generate_rfid": False}, "rfid_number"),
        ({"generate_rfid": "perhaps"}, "generate_rfid"),
        ({"rfid_number": "04A32B1C"}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": ""}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": 12345678}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": "1.23E+11"}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": "x" * 65}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": "08A1B2C3"}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": "00000000"}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": "8804C43B"}, "rfid_number"),
        ({"generate_rfid": False, "rfid_number": "a\x00b"}, "rfid_number"),
        ({"expiry_date": "tomorrow"}, "expiry_date"),
    ],
)
def test_a_bad_wish_is_refused_on_its_field(
    officer: APIClient, changes: dict[str, Any], field: str
) -> None:
    body = {"card_type": "student", "student_uuid": str(make_student().pk), "generate_rfid": True}
    response = officer.post(URL, {**body, **changes})
    assert response.status_code == 400
    assert field in response.json()
    assert not Card.objects.exists()


def test_who_is_not_active_gets_no_card(officer: APIClient) -> None:
    student = make_student(is_active=False)
    response = officer.post(
        URL, {"card_type": "student", "student_uuid": str(student.pk), "generate_rfid": True}
    )
    assert response.json() == {"student_uuid": ["Student is not active."]}


@pytest.mark.django_db(transaction=True)
def test_of_ten_issues_at_once_one_succeeds(officer: APIClient) -> None:
    body = {"card_type": "student", "student_uuid": str(make_student().pk), "generate_rfid": True}

    def issue(_: int) -> int:
        try:
            return officer.post(URL, body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(issue, range(10))) == [201] + [400] * 9


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_the_race_would_give_two_cards() -> None:
    """The control: the same race, with the guard taken out of the database."""
    student = make_student()
    with without_constraint("cards_card_one_for_a_person"):
        make_card(student)
        make_card(student)
        assert Card.objects.of(student).count() == 2


# --- switch and change --------------------------------------------------------------------------


def test_deactivate_and_activate_answer_as_the_seed_shows(officer: APIClient) -> None:
    card = make_card()
    off = officer.patch(f"{one(card)}deactivate/").json()
    assert off["message"] == "Card deactivated successfully."
    assert off["data"]["card_uuid"] == str(card.pk)
    assert off["data"]["is_active"] is False
    assert set(off["data"]) == {"card_uuid", "is_active", "updated_at"}
    on = officer.patch(f"{one(card)}activate/").json()
    assert (on["message"], on["data"]["is_active"]) == ("Card activated successfully.", True)


def test_number_and_switch_change_but_never_holder_or_type(officer: APIClient) -> None:
    card = make_card()
    body = officer.patch(one(card), {"rfid_number": "de:ad:be:ef", "is_active": False}).json()
    assert (body["rfid_number"], body["is_active"]) == ("DEADBEEF", False)
    for change in (
        {"card_type": "staff"},
        {"student_uuid": str(make_student().pk)},
        {"staff_uuid": str(make_member().pk)},
        {"student_uuid": None},
    ):
        response = officer.patch(one(card), change)
        assert response.status_code == 400
        assert list(response.json()) == list(change)
    same = {"card_type": "student", "student_uuid": str(card.person_id)}
    assert officer.put(one(card), same).status_code == 200


def test_a_number_of_another_card_is_refused(officer: APIClient) -> None:
    holder = make_card(rfid_number="DEADBEEF").person
    response = officer.patch(one(make_card()), {"rfid_number": "de ad be ef"})
    assert response.json() == {"rfid_number": [_taken_by(holder)]}


# --- retire and replace -------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["lost", "stolen", "damaged", "returned", "replaced", "expired"])
def test_a_card_is_retired_with_a_reason(officer: APIClient, reason: str) -> None:
    card = make_card()
    body = officer.post(f"{one(card)}retire/", {"reason": reason}).json()
    assert body["retired_reason"] == reason
    assert body["retired_at"]
    assert body["is_active"] is False


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "bored"}, {"reason": 1}, []])
def test_without_a_known_reason_nothing_is_retired(officer: APIClient, body: Any) -> None:
    card = make_card()
    assert officer.post(f"{one(card)}retire/", body).status_code == 400
    assert officer.get(one(card)).json()["retired_at"] is None


def test_nothing_over_rest_brings_a_retired_card_back(officer: APIClient) -> None:
    card = make_card()
    officer.post(f"{one(card)}retire/", {"reason": "lost"})
    for method, path, body in (
        ("patch", "activate/", {}),
        ("patch", "deactivate/", {}),
        ("patch", "", {"is_active": True}),
        ("post", "retire/", {"reason": "stolen"}),
        ("post", "replace/", {"reason": "lost", "generate_rfid": True}),
    ):
        response = getattr(officer, method)(f"{one(card)}{path}", body)
        assert (response.status_code, response.json()["code"]) == (409, "card_retired"), path
    assert Card.objects.count() == 1


@pytest.mark.dialect
@pytest.mark.parametrize(
    "change",
    [
        {"retired_at": None, "retired_reason": ""},
        {"retired_at": None, "retired_reason": "", "is_active": True},
        {"retired_reason": "stolen"},
        {"retired_at": timezone.now()},
        {"is_active": True},
    ],
)
def test_the_database_keeps_a_retired_card_retired(
    officer: APIClient, change: dict[str, Any]
) -> None:
    card = make_card()
    officer.post(f"{one(card)}retire/", {"reason": "lost"})
    with pytest.raises(DatabaseError), transaction.atomic():
        Card.objects.filter(pk=card.pk).update(**change)
    stale = card  # as it was before it was retired
    with pytest.raises(DatabaseError), transaction.atomic():
        stale.save()


@pytest.mark.dialect
@pytest.mark.parametrize("field", ["person", "card_type", "code"])
def test_the_database_keeps_holder_and_type(field: str) -> None:
    card = make_card()
    others: tuple[dict[str, Any], ...] = (
        {"person": make_student()},
        {"person": make_member(), "card_type": "staff"},
        {"person": make_guard(), "card_type": "security"},
        {"card_type": "staff"},
        {"code": "X" * 16},
    )
    for other in (other for other in others if field in other):
        with pytest.raises(DatabaseError), transaction.atomic():
            Card.objects.filter(pk=card.pk).update(**other)


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("card_type", "make", "refusal"),
    [
        ("student", None, "null value"),
        ("staff", make_student, "a staff card for a student"),
        ("student", make_member, "a student card for a staff"),
        ("visitor", make_guard, "a visitor card for a security"),
    ],
)
def test_the_database_wants_one_holder_of_the_right_type(
    card_type: str, make: Any, refusal: str
) -> None:
    person: Any = make() if make else None
    with pytest.raises(IntegrityError, match=refusal), transaction.atomic():
        Card.objects.create(rfid_number="X1", card_type=card_type, person=person)


def test_replacing_retires_the_old_and_issues_a_new_card(officer: APIClient) -> None:
    card = make_card()
    response = officer.post(f"{one(card)}replace/", {"reason": "lost", "generate_rfid": True})
    new = response.json()
    assert response.status_code == 201
    assert new["card_uuid"] != str(card.pk)
    assert new["student"]["student_uuid"] == str(card.person_id)
    old = officer.get(one(card)).json()
    assert (old["retired_reason"], old["is_active"]) == ("lost", False)


def test_a_replacement_is_valid_as_long_as_the_old_card_was(officer: APIClient) -> None:
    for days, is_kept in ((30, True), (-1, False)):
        expiry = timezone.now() + timedelta(days=days)
        card = make_card(expiry_date=expiry)
        body = {"reason": "lost", "generate_rfid": True}
        new = officer.post(f"{one(card)}replace/", body).json()
        assert bool(new["expiry_date"]) is is_kept


def test_a_replacement_that_fails_leaves_the_old_card(officer: APIClient) -> None:
    make_card(rfid_number="DEADBEEF")
    card = make_card()
    response = officer.post(f"{one(card)}replace/", {"reason": "lost", "rfid_number": "DEADBEEF"})
    assert response.status_code == 400
    assert officer.get(one(card)).json()["retired_at"] is None


@pytest.mark.django_db(transaction=True)
def test_of_five_replacements_at_once_one_succeeds(officer: APIClient) -> None:
    card = make_card()

    def replace(_: int) -> int:
        body = {"reason": "lost", "generate_rfid": True}
        try:
            return officer.post(f"{one(card)}replace/", body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(replace, range(5))) == [201] + [409] * 4
    assert Card.objects.current().count() == 1


# --- delete -------------------------------------------------------------------------------------


def test_only_administrators_delete(officer: APIClient, administrator: APIClient) -> None:
    card = make_card()
    assert officer.delete(one(card)).status_code == 403
    assert administrator.delete(one(card)).status_code == 204
    assert administrator.get(one(card)).status_code == 404


def test_the_card_of_a_person_is_in_the_persons_answer(officer: APIClient) -> None:
    card = make_card(rfid_number="DEADBEEF")
    url = f"/api/students/{card.person_id}/"
    assert officer.get(url).json()["card"] == {
        "card_uuid": str(card.pk),
        "rfid_number": "DEADBEEF",
        "is_active": True,
        "issued_date": timezone.localtime(card.issued_date).isoformat(),
        "expiry_date": None,
    }
    officer.post(f"{one(card)}retire/", {"reason": "lost"})
    assert officer.get(url).json()["card"] is None
