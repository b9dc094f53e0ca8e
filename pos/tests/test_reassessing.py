"""Taps of a card of before it was enrolled (contract section 8)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.models import Attendance
from cards.models import Card
from cards.services import retire_card
from cards.tests.factories import make_card, make_student
from kitchen.models import KitchenService
from pos.models import Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, REASSESS, CHIP = "/api/pos/taps/", "/api/pos/taps/reassess/", "04A32B1C"


def tapped(client: APIClient, **said: Any) -> Tap:
    answer = client.post(URL, {"card": "04:a3:2b:1c", **said})
    assert (answer.status_code, answer.json()["code"]) == (201, "unknown_card")
    return Tap.objects.latest("tap_id")


def ask(client: APIClient, card: Card, **query: Any) -> Any:
    today = timezone.localdate().isoformat()
    path = f"{REASSESS}?preview=true" if query.pop("preview", False) else REASSESS
    return client.post(path, {"card_uuid": str(card.pk), "from": query.get("since", today)})


@pytest.fixture
def first() -> Tap:
    return tapped(make_reader()[1], event_id="1", direction="in")


@pytest.fixture
def card(first: Tap) -> Card:
    return make_card(make_student(), CHIP)


def test_a_preview_says_which_they_are_and_does_nothing(
    administrator: APIClient, first: Tap, card: Card
) -> None:
    said = ask(administrator, card, preview=True).json()
    assert (said["preview"], said["counted"]) == (True, 0)
    assert [tap["tap_id"] for tap in said["taps"]] == [first.pk]
    assert Tap.objects.count() == 1


def test_they_are_counted_for_the_holder_once(
    administrator: APIClient, first: Tap, card: Card
) -> None:
    answer = ask(administrator, card)
    assert (answer.status_code, answer.json()["counted"]) == (200, 1)
    day = Attendance.objects.get()
    assert (day.person_id, day.attendance_time) == (card.person_id, first.counted_at)
    again = Tap.objects.latest("tap_id")
    assert (again.person_id, again.counted_at, again.direction) == (
        card.person_id,
        first.counted_at,
        "in",
    )
    assert (again.code, again.would_deny, again.is_offline) == ("ok", False, True)
    first.refresh_from_db()
    assert (first.code, first.person_id) == ("unknown_card", None), "what was said stays"
    assert ask(administrator, card).json() == {"preview": False, "counted": 0, "taps": []}
    assert Tap.objects.count() == 2


def test_only_from_then_on(administrator: APIClient, first: Tap, card: Card) -> None:
    since = (timezone.now() + timedelta(minutes=1)).isoformat()
    assert ask(administrator, card, since=since).json()["taps"] == []
    since = (timezone.now() - timedelta(minutes=1)).isoformat()
    assert len(ask(administrator, card, since=since, preview=True).json()["taps"]) == 1


def test_what_counts_nowhere_is_left_alone(administrator: APIClient) -> None:
    _, gate = make_reader()
    gone = tapped(gate, event_id="1")
    gate.post(f"{URL}annul/", {"event_id": "1"})
    tapped(gate, event_id="2", reader_decision="denied")
    tapped(gate, event_id="3", offline=True, tapped_at="2001-01-01T00:00:00Z")
    card = make_card(make_student(), CHIP)
    assert gone.pk
    assert ask(administrator, card).json()["taps"] == []


def test_at_a_hatch_only_who_was_served_has_had_a_meal(administrator: APIClient) -> None:
    all_day_period()
    _, hatch = make_hatch()
    tapped(hatch, event_id="1")
    served = tapped(hatch, event_id="2", offline=True, tapped_at=timezone.now().isoformat())
    card = make_card(make_student(), CHIP)
    assert [tap["tap_id"] for tap in ask(administrator, card).json()["taps"]] == [served.pk]
    assert KitchenService.objects.get().person_id == card.person_id


def test_of_a_card_that_is_withdrawn_nothing_counts(
    administrator: APIClient, first: Tap, card: Card
) -> None:
    retire_card(card=card, reason=Card.Reason.LOST)
    answer = ask(administrator, card)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_card")


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"from": "2026-11-27"}, "card_uuid"),
        ({"card_uuid": "x", "from": "2026-11-27"}, "card_uuid"),
        ({"card_uuid": "0199d2c6-3c4e-7a11-9d52-3f6a1c5e7b90"}, "from"),
        ({"card_uuid": "0199d2c6-3c4e-7a11-9d52-3f6a1c5e7b90", "from": "noon"}, "from"),
        ({"card_uuid": "0199d2c6-3c4e-7a11-9d52-3f6a1c5e7b90", "from": 7}, "from"),
    ],
)
def test_what_is_wrong_is_named(administrator: APIClient, said: dict[str, Any], wrong: str) -> None:
    answer = administrator.post(REASSESS, said, format="json")
    assert (answer.status_code, [*answer.json()][:1]) == (400, [wrong])


def test_a_class_teacher_asks_for_their_own_classes_alone(
    caller: Callable[[str], APIClient], card: Card
) -> None:
    assert ask(caller("class_teacher"), card).status_code == 404
    assert ask(caller("registration_officer"), card).json()["counted"] == 1


# --- in the office ------------------------------------------------------------------------------


@pytest.fixture
def address(card: Card) -> str:
    return f"/admin/pos/card/{card.pk}/count-today/"


def test_the_page_of_the_holder_offers_it_until_it_is_done(
    make_user: Callable[..., User], card: Card, address: str
) -> None:
    office = browser_of(make_user("registration_officer"))
    holder = f"/admin/students/student/{card.person_id}/change/"
    assert "Count 1 tap of today?" in office.get(holder).content.decode()
    assert "before it was enrolled" in office.get(address).content.decode()
    assert office.post(address).headers["Location"] == holder
    assert Attendance.objects.get().person_id == card.person_id
    assert "Count 1 tap" not in office.get(holder).content.decode()


def test_the_desk_offers_it_of_the_card_that_was_just_enrolled(
    make_user: Callable[..., User], card: Card, address: str
) -> None:
    office = browser_of(make_user("registration_officer"))
    desk = office.get(f"/admin/cards/desk/?done={card.pk}").content.decode()
    assert address in desk
    assert "Count 1 tap of today?" in desk


def test_whoever_may_not_is_not_asked(
    make_user: Callable[..., User], card: Card, address: str
) -> None:
    office = browser_of(make_user("leadership"))
    holder = f"/admin/students/student/{card.person_id}/change/"
    assert address not in office.get(holder).content.decode()
    assert office.post(address).status_code == 403
    assert Tap.objects.count() == 1
