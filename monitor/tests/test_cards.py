"""`register-card` and `cards`: what `/api/cards/` does, at the monitor's address."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.tests.wire import assert_refused
from cards.models import Card
from cards.tests.factories import make_card, make_guard, make_member, make_student
from monitor.tests.addresses import own

SEED = ("card_id", "issued_to", "issue_date", "active_status")
HOLDER_IDS = {"student_uuid", "staff_uuid", "security_id"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(officer: APIClient) -> str:
    return own("registration_officer", "register-card")


def test_a_card_is_registered_to_students_staff_and_guards(
    officer: APIClient, address: str
) -> None:
    for kind, holder in (
        ("student", make_student()),
        ("staff", make_member()),
        ("security", make_guard()),
    ):
        sent = {"card_type": kind, f"{kind}_uuid": str(holder.pk), "generate_rfid": True}
        response = officer.post(address, sent)
        assert response.status_code == 201
        card = Card.objects.get(pk=response.json()["card_uuid"])
        assert card.person_id == holder.pk
        at_api = officer.get(f"/api/cards/{card.pk}/")
        assert in_our_names(response.json()) == at_api.json()
        # The tag of the address where it is changed.
        assert response["ETag"] == at_api["ETag"]


def in_our_names(card: dict[str, Any]) -> dict[str, Any]:
    """A card as `/api/cards/` has it; what the seed calls otherwise says the same."""
    ours = {key: value for key, value in card.items() if key not in SEED}
    (holder,) = (ours[kind] for kind in ("student", "staff", "security") if kind in ours)
    assert {key: card[key] for key in SEED} == {
        "card_id": ours["card_uuid"],
        "issued_to": next(value for key, value in holder.items() if key in HOLDER_IDS),
        "issue_date": ours["issued_date"],
        "active_status": ours["is_active"],
    }
    return ours


def test_the_numbers_spelling_does_not_matter(officer: APIClient, address: str) -> None:
    sent = {"card_type": "student", "student_uuid": str(make_student().pk)}
    response = officer.post(address, {**sent, "rfid_number": "04:a3:2b:1c"})
    assert response.json()["rfid_number"] == "04A32B1C"
    again = officer.post(address, {**sent, "rfid_number": "04 A3 2B 1D"})
    assert again.json() == {"non_field_errors": ["Student already has a card"]}


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"card_type": "student"},
        {"card_type": "staff", "student_uuid": "x", "generate_rfid": True},
        {"card_type": "student", "student_uuid": "17", "rfid_number": 7},
    ],
)
def test_bad_input_is_a_400(officer: APIClient, address: str, sent: object) -> None:
    assert_refused(officer.post(address, sent), 400)
    assert not Card.objects.exists()


def test_registering_cards_is_limited_as_at_the_other_door(
    officer: APIClient, address: str, settings: Settings
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "card_create": "2/min"}
    assert officer.post(address, {}).status_code == 400
    assert officer.post("/api/cards/", {}).status_code == 400
    response = officer.post(address, {})
    assert_refused(response, 429)
    assert int(response["Retry-After"]) > 0


def test_the_list_is_that_of_the_api(officer: APIClient) -> None:
    address = own("registration_officer", "cards")
    cards = [make_card(make_student(surname=name)) for name in ("Kweka", "Lema", "Mushi")]
    for query in ("", "?search=lema", "?page_size=1&page=2", "?is_active=false", "?retired=true"):
        here, there = officer.get(address + query), officer.get("/api/cards/" + query)
        assert here.status_code == there.status_code == 200
        assert [in_our_names(card) for card in here.json()["results"]] == there.json()["results"]
        assert here.json()["summary"] == there.json()["summary"]
    assert officer.get(address).json()["count"] == len(cards)
    page = officer.get(f"{address}?page_size=1").json()
    assert page["next"] == f"{address}?page=2&page_size=1"
    assert_refused(officer.get(f"{address}?is_active=perhaps"), 400)
