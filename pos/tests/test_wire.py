"""How taps travel over HTTP: what they are called, what the head of an answer says, and what no
400 may look like (contract section 8)."""

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from cards.tests.factories import make_card
from pos.models import Device, Tap
from pos.protocol import FIELDS
from pos.services import register_device
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

TAPS, CHIP = "/api/pos/taps/", "04A32B1C"
PATHS = (TAPS, f"{TAPS}batch/", "/api/pos/heartbeat/")
CONTENT_TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain;charset=UTF-8",
    "application/octet-stream",
    "application/vnd.reader+json",
    "json",
    "",
]


@pytest.fixture
def key() -> str:
    _, key = register_device(by=None, name="Gate", location="Gate", activity_type="attendance")
    return key


def post(key: str, body: bytes, content_type: str | None, path: str = TAPS) -> Any:
    headers = {"Authorization": f"Device {key}"}
    return Client().generic("POST", path, body, content_type or "", headers=headers)


def test_a_decision_stands_in_the_head_of_its_answer() -> None:
    _, gate = make_reader()
    make_card(rfid_number=CHIP)
    tap = {"event_id": "1", "card": CHIP}
    for status in (201, 200):
        response = gate.post(TAPS, tap)
        assert (response.status_code, response["X-Decision"]) == (status, "accepted")
        assert type(response["X-Decision"]) is str
    denied = {"event_id": "2", "card": "04A32B1D"}
    for status in (201, 200):
        response = gate.post(TAPS, denied)
        assert (response.status_code, response["X-Decision"]) == (status, "denied")
    assert "X-Decision" not in gate.post(f"{TAPS}batch/", {"taps": [tap]})
    assert "X-Decision" not in gate.post(TAPS, {**tap, "card": "04A32B1D"})  # a conflict
    assert "X-Decision" not in gate.post(TAPS, {"card": 7})


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_json_is_read_whatever_it_is_called(key: str, content_type: str) -> None:
    body = json.dumps({"event_id": "1", "card": CHIP}).encode()
    assert post(key, body, content_type).status_code == 201
    assert Tap.objects.get().card_text == CHIP
    many = json.dumps({"taps": [{"event_id": "2", "card": CHIP}]}).encode()
    assert post(key, many, content_type, f"{TAPS}batch/").status_code == 200
    beat = json.dumps({"device_time": "2026-11-21T07:31:02+03:00"}).encode()
    assert post(key, beat, content_type, "/api/pos/heartbeat/").status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("body", [b"", b"card=04A32B1C&event_id=1", b"<tap/>", b'{"card": "04'])
def test_what_is_no_json_is_a_400_that_names_no_field_of_a_tap(
    key: str, path: str, content_type: str, body: bytes
) -> None:
    """A reader drops the tap that a 400 names a field of; this one was spoilt on the way."""
    response = post(key, body, content_type, path)
    assert response.status_code == 400
    assert not set(response.json()) & set(FIELDS)
    assert not Tap.objects.exists()


def test_elsewhere_a_body_is_called_what_it_is(officer: APIClient) -> None:
    response = officer.generic("POST", "/api/students/", "{}", content_type="text/plain")
    assert response.status_code == 415


@pytest.mark.parametrize(
    "body", [{"card": 7}, {}, {"card": CHIP, "tapped_at": "now"}, {"card": CHIP, "event_id": ""}]
)
def test_a_400_for_a_tap_that_is_none_names_its_field(key: str, body: dict[str, Any]) -> None:
    response = post(key, json.dumps(body).encode(), None)
    assert response.status_code == 400
    assert set(response.json()) <= set(FIELDS)


def test_an_unknown_host_drops_no_tap(key: str) -> None:
    headers = {"Authorization": f"Device {key}", "Host": "old.example.org"}
    body = json.dumps({"event_id": "1", "card": CHIP})
    response = Client().generic("POST", TAPS, body, "application/json", headers=headers)
    assert response.status_code == 421
    assert response.json()["code"] == "unknown_host"
    assert Device.objects.exists()
