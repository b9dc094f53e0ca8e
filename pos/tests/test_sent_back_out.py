"""Whoever is refused on the way out is out all the same, and their day says so."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.models import Attendance
from cards.models import Card
from cards.services import switch_card
from cards.tests.factories import make_card
from outbox.models import Event
from pos.models import Tap
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, CHIP = "/api/pos/taps/", "04A32B1C"


@pytest.fixture
def gate() -> APIClient:
    make_card(rfid_number=CHIP)
    return make_reader(name="Main gate")[1]


def came(gate: APIClient, at: datetime) -> None:
    """At a reader that says so later, when the card was still good."""
    sent = {"event_id": "in", "card": CHIP, "direction": "in", "offline": True}
    answer = gate.post(URL, {**sent, "tapped_at": at.isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (201, "ok")


def is_sent_back(gate: APIClient) -> None:
    switch_card(card=Card.objects.get(), is_active=False)
    answer = gate.post(URL, {"event_id": "out", "card": CHIP, "direction": "out"})
    assert answer.json()["decision"] == "denied"
    assert answer.json()["attendance"] is None


@pytest.mark.parametrize("is_heard_of_first", [True, False])
def test_the_day_has_the_departure_in_any_order(gate: APIClient, is_heard_of_first: bool) -> None:
    at = timezone.now() - timedelta(seconds=30)
    if is_heard_of_first:
        is_sent_back(gate)
        came(gate, at)
    else:
        came(gate, at)
        is_sent_back(gate)
    day = Attendance.objects.get()
    assert (day.attendance_time, day.left_at) == (at, Tap.objects.get(event_id="out").counted_at)
    assert day.on_site_since is None


def test_a_refusal_alone_is_no_day_and_nobody_hears_of_one(
    gate: APIClient, administrator: APIClient
) -> None:
    is_sent_back(gate)
    assert not Attendance.objects.exists()
    assert administrator.get("/api/attendance/").json()["count"] == 0
    assert not Event.objects.filter(kind=Event.Kind.DAY_CHANGED).exists()


def test_an_arrival_that_was_a_mistake_leaves_no_day(gate: APIClient) -> None:
    came(gate, timezone.now() - timedelta(seconds=30))
    is_sent_back(gate)
    assert gate.post(f"{URL}annul/", {"event_id": "in"}).status_code == 200
    assert not Attendance.objects.exists()
    told: Any = Event.objects.filter(kind=Event.Kind.DAY_CHANGED).latest("pk")
    assert told.payload["date"] == str(timezone.localdate())


def test_a_refusal_that_was_a_mistake_is_no_departure(gate: APIClient) -> None:
    came(gate, timezone.now() - timedelta(seconds=30))
    is_sent_back(gate)
    assert gate.post(f"{URL}annul/", {"event_id": "out"}).status_code == 200
    day = Attendance.objects.get()
    assert day.left_at is None
    assert day.on_site_since == day.attendance_time


def test_a_refusal_on_the_way_in_is_no_arrival(gate: APIClient) -> None:
    switch_card(card=Card.objects.get(), is_active=False)
    gate.post(URL, {"event_id": "in", "card": CHIP, "direction": "in"})
    gate.post(URL, {"event_id": "either", "card": CHIP})
    assert not Attendance.rows.exists()
