"""What a reader says and we do not know: left out, named, and shown on its page (section 8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from pos.ignored import LONGEST_NAME, MOST_NAMES
from pos.models import Device, IgnoredKeys, Tap
from pos.mqtt.messages import answer_to, tap_topic
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

TAPS, CHIP = "/api/pos/taps/", "04A32B1C"
BATCH, HEARTBEAT = f"{TAPS}batch/", "/api/pos/heartbeat/"


@pytest.fixture
def gate() -> tuple[Device, APIClient]:
    return make_reader()


def test_a_misspelt_key_loses_no_tap_and_is_named(gate: tuple[Device, APIClient]) -> None:
    device, reader = gate
    sent = {"event_id": "1", "card": CHIP, "tappedAt": "2026-11-21T07:31:02+03:00"}
    response = reader.post(TAPS, sent)
    assert response.status_code == 201
    assert response.json()["ignored"] == ["tappedAt"]
    assert Tap.objects.get().tapped_at is None
    assert IgnoredKeys.objects.get().device_id == device.pk
    assert IgnoredKeys.objects.get().names == ["tappedAt"]


def test_a_repeat_names_what_it_left_out_itself(gate: tuple[Device, APIClient]) -> None:
    _, reader = gate
    first = reader.post(TAPS, {"event_id": "1", "card": CHIP, "battery": 80}).json()
    again = reader.post(TAPS, {"event_id": "1", "card": CHIP, "rssi": -60})
    assert again.status_code == 200
    changing = ("server_time", "replayed", "ignored")
    assert again.json()["ignored"] == ["rssi"]
    assert {k: v for k, v in again.json().items() if k not in changing} == {
        k: v for k, v in first.items() if k not in changing
    }


def test_each_item_of_a_batch_names_its_own(gate: tuple[Device, APIClient]) -> None:
    _, reader = gate
    items = [
        {"event_id": "1", "card": CHIP, "battery": 80},
        {"event_id": "2", "card": CHIP},
        {"event_id": "3", "crad": CHIP},
        7,
        {"event_id": "1", "card": "04A32B1D", "rssi": 1},
    ]
    body = reader.post(BATCH, {"taps": items, "firmware": "2"}).json()
    said = [(result["status"], result["ignored"]) for result in body["results"]]
    assert said == [
        ("created", ["battery"]),
        ("created", []),
        ("rejected", ["crad"]),
        ("rejected", []),
        ("conflict", ["rssi"]),
    ]
    assert body["ignored"] == ["firmware"]
    assert IgnoredKeys.objects.get().names == ["battery", "crad", "firmware", "rssi"]


def test_a_parameter_in_the_address_refuses_no_tap_either(gate: tuple[Device, APIClient]) -> None:
    """It is named like a field of the tap, and whoever reads that in a 400 drops the tap."""
    _, reader = gate
    response = reader.post(f"{TAPS}?direction=in", {"event_id": "1", "card": CHIP})
    assert response.status_code == 201
    assert response.json()["ignored"] == ["direction"]
    assert reader.post(f"{BATCH}?x=1", {"taps": [{"card": CHIP}]}).json()["ignored"] == ["x"]


def test_a_heartbeat_names_them_too(gate: tuple[Device, APIClient]) -> None:
    _, reader = gate
    said = {"device_time": timezone.now().isoformat(), "uptime": 7}
    response = reader.post(HEARTBEAT, said)
    assert response.status_code == 200
    assert response.json()["ignored"] == ["uptime"]
    assert IgnoredKeys.objects.get().names == ["uptime"]


def test_by_mqtt_they_are_named_as_well(gate: tuple[Device, APIClient]) -> None:
    device, _ = gate
    topic, now = tap_topic(device.pk), timezone.now()
    one = answer_to(topic, b'{"event_id": "1", "card": "04A32B1C", "rssi": 1}', received_at=now)
    assert b'"ignored": ["rssi"]' in one
    many = answer_to(
        topic, b'{"taps": [{"event_id": "2", "card": "04A32B1C"}], "volt": 3}', received_at=now
    )
    assert many.endswith(b'"ignored": ["volt"]}')
    assert IgnoredKeys.objects.get().names == ["volt"]


def test_who_is_understood_costs_nothing_and_who_says_it_again_no_write(
    gate: tuple[Device, APIClient],
) -> None:
    device, reader = gate

    def statements(**more: Any) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert reader.post(TAPS, {"card": CHIP, **more}).status_code == 201
        return [query["sql"] for query in queries if "ignoredkeys" in query["sql"]]

    assert statements(event_id="1") == []
    assert not IgnoredKeys.objects.exists()
    assert len(statements(event_id="2", rssi=1)) == 1
    heard_at = IgnoredKeys.objects.get().heard_at
    statements(event_id="3", rssi=1)
    assert IgnoredKeys.objects.get().heard_at == heard_at
    IgnoredKeys.objects.update(heard_at=heard_at - timedelta(minutes=2))
    statements(event_id="4", rssi=1)
    assert IgnoredKeys.objects.get().heard_at > heard_at
    statements(event_id="5", volt=1)
    assert IgnoredKeys.objects.get().names == ["volt"]
    assert device.pk == IgnoredKeys.objects.get().device_id


def test_odd_names_are_shown_and_neither_stored_as_they_are_nor_without_end(
    gate: tuple[Device, APIClient],
) -> None:
    _, reader = gate
    many = {f"{number}-{'x' * 500}": number for number in range(99)}
    sent = {"event_id": "1", "card": CHIP, "a\x00b": 1, **many}
    ignored = reader.post(TAPS, sent).json()["ignored"]
    assert ignored[0] == "a\N{REPLACEMENT CHARACTER}b"
    assert len(ignored) == MOST_NAMES
    assert all(len(name) <= LONGEST_NAME for name in ignored)
    assert sorted(ignored) == IgnoredKeys.objects.get().names


def test_the_readers_page_shows_them(
    gate: tuple[Device, APIClient], make_user: Any, client: Client
) -> None:
    device, reader = gate
    client.force_login(make_user("administrator"))
    address = f"/admin/pos/device/{device.pk}/change/"
    assert b"nobody knows" not in client.get(address).content
    reader.post(TAPS, {"event_id": "1", "card": CHIP, "tappedAt": "now"})
    page = client.get(address).content
    assert b"nobody knows" in page
    assert b"<code>tappedAt</code>" in page
