"""Whom the reader itself sent away did not pass and did not eat (contract section 8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.models import Attendance
from cards.tests.factories import make_card
from kitchen.models import KitchenService
from pos.models import Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = pytest.mark.django_db

URL, CHIP = "/api/pos/taps/", "04A32B1C"


@pytest.fixture(autouse=True)
def card() -> None:
    make_card(rfid_number=CHIP)


def tap(reader: APIClient, event_id: str, **fields: Any) -> Any:
    return reader.post(URL, {"card": CHIP, "event_id": event_id, **fields})


@pytest.mark.parametrize("offline", [True, False])
def test_who_was_sent_away_at_a_gate_did_not_come(offline: bool, caller: Any) -> None:
    _, gate = make_reader()
    now = timezone.now()
    at = (now - timedelta(minutes=1)).isoformat()
    answer = tap(gate, "1", reader_decision="denied", offline=offline, tapped_at=at).json()
    assert (answer["code"], answer["attendance"]) == ("ok", None)
    assert not Attendance.objects.exists()
    (row,) = caller("attendance_admin").get(f"{URL}?reader_decision=denied").json()["results"]
    assert (row["event_id"], row["reader_decision"], row["debounced"]) == ("1", "denied", False)
    # Nor is it a pass after which another would be the same.
    assert tap(gate, "2").json()["attendance"]["status"]
    assert not Tap.objects.filter(is_debounced=True).exists()


@pytest.mark.parametrize("offline", [True, False])
def test_who_was_sent_away_at_a_hatch_has_not_eaten(offline: bool) -> None:
    all_day_period()
    _, hatch = make_hatch()
    assert tap(hatch, "1", reader_decision="denied", offline=offline).json()["meal"] is None
    assert not KitchenService.objects.exists()
    assert tap(hatch, "2").json()["meal"]


def test_whom_the_reader_let_in_has_come(caller: Any) -> None:
    _, gate = make_reader()
    assert tap(gate, "1", reader_decision="accepted", offline=True).json()["attendance"]
    rows = caller("attendance_admin").get(f"{URL}?reader_decision=accepted").json()["results"]
    assert [row["reader_decision"] for row in rows] == ["accepted"]


def test_sent_away_and_let_in_are_not_the_same_tap() -> None:
    _, gate = make_reader()
    at = timezone.now().isoformat()
    assert tap(gate, "1", tapped_at=at, reader_decision="denied").status_code == 201
    assert tap(gate, "1", tapped_at=at, reader_decision="denied").status_code == 200
    for other in ("accepted", None):
        assert tap(gate, "1", tapped_at=at, reader_decision=other).status_code == 409


@pytest.mark.parametrize("said", ["refused", "", True, 1])
def test_another_word_is_no_decision(said: Any) -> None:
    answer = tap(make_reader()[1], "1", reader_decision=said)
    assert (answer.status_code, [*answer.json()]) == (400, ["reader_decision"])
