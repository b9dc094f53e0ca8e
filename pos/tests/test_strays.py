"""Many unknown cards in a row slow a reader down and name it (contract section 4)."""

from collections.abc import Callable
from datetime import timedelta
from json import dumps
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.services import retire_card
from cards.tests.factories import make_card
from outbox.models import Event
from outbox.positions import current_position
from pos import strays
from pos.models import Device, Tap
from pos.mqtt.messages import answer_to
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

TAPS = "/api/pos/taps/"


@pytest.fixture
def gate() -> APIClient:
    return make_reader()[1]


def unknown(gate: APIClient, number: int, start: int = 0) -> Any:
    taps = [{"event_id": f"u{start + n}", "card": f"04{start + n:08X}"} for n in range(number)]
    return gate.post(f"{TAPS}batch/", {"taps": taps})


def tap(gate: APIClient, card: str = "04FFFFFF01") -> Any:
    return gate.post(TAPS, {"card": card})


def test_a_hundred_unknown_cards_in_a_row_slow_the_reader_down_and_lose_no_tap(
    gate: APIClient,
) -> None:
    assert unknown(gate, 99).status_code == 200
    assert tap(gate).status_code == 201
    refused = tap(gate, make_card().rfid_number)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert Tap.objects.count() == 100
    with time_machine.travel(timezone.now() + timedelta(minutes=1, seconds=1)):
        assert tap(gate, make_card().rfid_number).json()["code"] == "ok"


def test_a_known_card_ends_the_row(gate: APIClient) -> None:
    card = make_card().rfid_number
    unknown(gate, 99)
    assert tap(gate, card).json()["code"] == "ok"
    assert unknown(gate, 99, start=1000).status_code == 200
    assert gate.post(TAPS, {"card": card, "event_id": "last"}).status_code == 201


def test_a_repeat_counts_once(gate: APIClient) -> None:
    for _ in range(3):
        assert unknown(gate, 60).status_code == 200


def test_other_readers_go_on(gate: APIClient) -> None:
    unknown(gate, 100)
    assert tap(gate).status_code == 429
    assert tap(make_reader()[1], make_card().rfid_number).status_code == 201


def test_control_without_the_look_at_the_count_it_goes_on(
    gate: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "MOST", 10**6)
    unknown(gate, 100)
    assert tap(gate).status_code == 201


def test_the_office_is_told_which_reader(gate: APIClient, make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("administrator"))
    assert "unknown cards in a row" not in office.get("/admin/").content.decode()
    unknown(gate, 100)
    assert "unknown cards in a row" in office.get("/admin/").content.decode()


def test_an_ordinary_tap_costs_no_statement_more(gate: APIClient) -> None:
    card = make_card().rfid_number
    tap(gate, card)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        tap(gate, card)
    assert not [query for query in asked if "INSERT INTO core_throttlewindow" in query["sql"]]


# --- whoever watches ----------------------------------------------------------------------------


def alerts(caller: Callable[[str], APIClient], since: str, role: str = "administrator") -> Any:
    events = caller(role).get("/api/live/", {"since": since}).json()["events"]
    return [each["data"] for each in events if each["event"] == "alert"]


def test_administrators_are_told_live_once_and_nobody_else(
    gate: APIClient, caller: Callable[[str], APIClient], transactional_db: None
) -> None:
    device = Device.objects.get()
    since = current_position()
    unknown(gate, 99)
    assert alerts(caller, since) == []
    unknown(gate, 5, start=200)
    assert tap(gate).status_code == 429
    (told,) = alerts(caller, since)
    assert told["alert"] == "unknown_cards"
    assert told["number"] == 104
    where = {"pos_id": str(device.pk), "name": device.name, "location": device.location}
    assert told["reader"] == where
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert alerts(caller, since, role) == []


def test_a_reader_that_speaks_mqtt_raises_the_same_alert() -> None:
    device, _ = make_reader()
    taps = [{"event_id": str(number), "card": f"04{number:08X}"} for number in range(100)]
    topic = f"trackxpert/{device.pk}/tap"
    answer_to(topic, dumps({"taps": taps}).encode(), received_at=timezone.now())
    (event,) = Event.objects.filter(kind="alert")
    assert event.payload["reader"]["pos_id"] == str(device.pk)


def test_a_lost_card_that_is_tapped_is_an_alert_to_administrators(
    gate: APIClient, caller: Callable[[str], APIClient], transactional_db: None
) -> None:
    since = current_position()
    for reason in ("stolen", "damaged"):
        card = make_card()
        retire_card(card=card, reason=reason)
        tap(gate, card.rfid_number)
    (told,) = alerts(caller, since)
    assert (told["alert"], told["reason"], told["tap"]["code"]) == (
        *("lost_card", "stolen"),
        "card_retired",
    )
    assert alerts(caller, since, "attendance_admin") == []
