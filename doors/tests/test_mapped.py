"""Readers with a table of names: by HTTP as firmware and webhooks send, and from topics of MQTT."""

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from paho.mqtt.client import Client as MqttClient
from paho.mqtt.enums import CallbackAPIVersion
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from attendance.models import Attendance
from cards.tests.factories import make_card, make_student
from doors.models import Message, QuarantinedLine
from doors.tests.factories import make_terminal
from pos.models import Device, Heartbeat, Protocol, Tap
from pos.mqtt.bridge import Bridge
from pos.tests.factories import make_reader
from pos.tests.mosquitto import PASSWORD, Mosquitto, running_bridge, until
from pos.words import IN_SWAHILI, USED

pytestmark = pytest.mark.django_db

MAPPED = "/api/pos/mapped/"
CHIP = "04A32B1C"
FORM = "application/x-www-form-urlencoded"
TASMOTA = "tele/gate/SENSOR"


def mapped(**mapping: Any) -> tuple[Device, str]:
    return make_terminal(Protocol.MAPPED, mapping=mapping)


def with_key(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Device {key}")
    return client


# --- over HTTP --------------------------------------------------------------------------------


def test_a_webhook_that_can_only_fetch_an_address_is_a_tap() -> None:
    make_card(make_student(), CHIP)
    _, key = mapped(like="webhook")
    response = Client().get(MAPPED, {"key": key, "rfid": "04:a3:2b:1c"})
    assert (response.status_code, response["X-Decision"]) == (201, "accepted")
    assert response.json()["code"] == "ok"
    assert Attendance.objects.count() == 1


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{"uid": "04A32B1C", "id": 7}'),
        ("text/plain", '{"uid": "04A32B1C", "id": "7"}'),
        ("", '{"uid": "04A32B1C", "id": "7"}'),
        (FORM, '{"uid": "04A32B1C", "id": "7"}'),
        (FORM, "uid=04A32B1C&id=7"),
        (MULTIPART_CONTENT, encode_multipart(BOUNDARY, {"uid": "04A32B1C", "id": "7"})),
        (MULTIPART_CONTENT, '{"uid": "04A32B1C", "id": 7}'),
        (MULTIPART_CONTENT, "uid=04A32B1C&id=7"),
        ("text/plain", "uid=04A32B1C&id=7"),
    ],
)
def test_json_and_forms_are_read_whatever_they_are_called(content_type: str, body: str) -> None:
    _, key = mapped(card="uid", event_id="id")
    first, again = (
        with_key(key).generic("POST", MAPPED, body, content_type=content_type) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["event_id"] == "7"
    assert Tap.objects.count() == 1


def test_what_stands_in_the_address_and_in_the_body_is_one_message() -> None:
    _, key = mapped(card="uid", direction="way")
    client = Client()
    response = client.post(f"{MAPPED}?key={key}&way=out", "uid=04A32B1C", content_type=FORM)
    assert response.status_code == 201
    assert Tap.objects.get().direction == "out"


def test_a_denial_is_told_in_the_header_too() -> None:
    make_card(make_student(status="Suspended"), CHIP)
    _, key = mapped()
    response = with_key(key).post(MAPPED, {"card": CHIP})
    assert (response.status_code, response["X-Decision"]) == (201, "denied")


def test_what_is_no_tap_by_the_table_says_that_the_reader_lives() -> None:
    device, key = mapped(like="esp-rfid")
    response = with_key(key).post(MAPPED, {"type": "heartbeat", "uid": CHIP})
    assert (response.status_code, response.json()["code"]) == (202, "no_tap")
    assert not Tap.objects.exists()
    assert Heartbeat.objects.get().device_id == device.pk


def test_a_tap_in_which_something_is_wrong_is_refused_and_kept_for_a_person() -> None:
    _, key = mapped(like="esp-rfid")
    response = with_key(key).post(MAPPED, {"type": "access", "uid": ""})
    assert response.status_code == 400
    assert list(response.json()) == ["card"]
    assert QuarantinedLine.objects.get().reason.startswith("card: ")


@pytest.mark.parametrize("content_type", ["application/json", FORM, MULTIPART_CONTENT])
def test_what_cannot_be_read_is_no_sign_of_life_but_kept_for_a_person(content_type: str) -> None:
    _, key = mapped(card="uid")
    body = '{"uid": "04A32B1C", "name": "half'
    response = with_key(key).generic("POST", MAPPED, body, content_type=content_type)
    assert (response.status_code, list(response.json())) == (400, ["card"])
    line = QuarantinedLine.objects.get()
    assert line.line == body
    assert "cannot be read" in line.reason


def test_another_tap_under_the_same_id_is_a_conflict_in_the_language_of_who_asks() -> None:
    _, key = mapped()
    client = with_key(key)
    client.post(MAPPED, {"card": CHIP, "event_id": "1"})
    other = {"card": "04A32B1D", "event_id": "1"}
    response = client.post(MAPPED, other, headers={"accept-language": "sw"})
    assert response.status_code == 409
    assert response.json()["detail"] == IN_SWAHILI[USED]


def test_what_it_said_stands_on_its_page_without_the_key() -> None:
    _, key = mapped(like="webhook")
    Client().get(MAPPED, {"key": key, "rfid": CHIP, "battery": "87"})
    message = Message.objects.get()
    assert json.loads(message.said) == {"rfid": CHIP, "battery": "87"}
    assert message.answered == "created: unknown_card"


@pytest.mark.parametrize("key", ["", "x", "\u00e9\u4e16", "a b", "\x00"])
def test_a_wrong_key_is_401(key: str) -> None:
    mapped()
    assert Client().get(MAPPED, {"key": key, "card": CHIP}).status_code == 401
    assert Client().get(MAPPED, {"card": CHIP}).status_code == 401


def test_only_readers_of_this_protocol_come_in(administrator: APIClient) -> None:
    _, gate = make_reader()
    assert gate.post(MAPPED, {"card": CHIP}).status_code == 403
    assert administrator.post(MAPPED, {"card": CHIP}).status_code == 403
    device, key = mapped()
    Device.objects.filter(pk=device.pk).update(is_active=False)
    assert with_key(key).post(MAPPED, {"card": CHIP}).status_code == 401
    assert not Tap.objects.exists()


def test_nothing_at_all_is_no_tap() -> None:
    _, key = mapped()
    for body in ("", "[]", "null", "7", '"text"', "alive", "\x00"):
        response = with_key(key).generic("POST", MAPPED, body, content_type="application/json")
        assert response.status_code == 202, body


@pytest.mark.django_db(transaction=True)
def test_http_1_0_is_served(live_server: LiveServer) -> None:
    """As the smallest network modules speak it: no more headers than they must."""
    _, key = mapped(like="webhook")
    link = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port, timeout=20)
    link._http_vsn, link._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    link.request("GET", f"{MAPPED}?key={key}&rfid={CHIP}")
    assert link.getresponse().status == 201
    link.close()


def test_a_form_of_too_many_fields_is_refused() -> None:
    _, key = mapped(like="webhook")
    post = partial(Client().post, f"{MAPPED}?key={key}", content_type="text/plain")
    refused = post("card=04A32B1C&" + "a=1&" * 1000)
    assert (refused.status_code, refused.json()["code"]) == (400, "parse_error")
    assert not Tap.objects.exists()
    assert post("card=04A32B1C&" + "&".join(["a=1"] * 999)).status_code == 201


# --- the reader's table over the API ----------------------------------------------------------


def test_an_administrator_gives_a_reader_its_table(administrator: APIClient) -> None:
    body = {
        "name": "Gate",
        "location": "Gate",
        "activity_type": "attendance",
        "protocol": "mapped",
        "mapping": {"like": "tasmota", "topic": TASMOTA},
    }
    made = administrator.post("/api/pos/devices/", body)
    assert made.status_code == 201
    address = f"/api/pos/devices/{made.json()['pos_id']}/"
    assert administrator.get(address).json()["mapping"] == body["mapping"]
    bad: Any
    for bad in ({"crad": "uid"}, [], "uid", None):
        refused = administrator.patch(address, {"mapping": bad})
        assert refused.status_code == 400, bad
        assert list(refused.json()) == ["mapping"]


def test_a_serial_number_is_one_terminals(administrator: APIClient) -> None:
    body = {
        "name": "Gate",
        "location": "Gate",
        "activity_type": "attendance",
        "protocol": "zkteco",
    }
    assert list(administrator.post("/api/pos/devices/", body).json()) == ["serial_number"]
    numbered = {**body, "serial_number": " BRM920 "}
    made = administrator.post("/api/pos/devices/", numbered)
    assert made.json()["serial_number"] == "BRM920"
    assert administrator.post("/api/pos/devices/", numbered).status_code == 400
    # Of another protocol it is another's.
    other = administrator.post("/api/pos/devices/", {**numbered, "protocol": "zkteco_acc"})
    assert other.status_code == 201
    address = f"/api/pos/devices/{other.json()['pos_id']}/"
    assert administrator.patch(address, {"serial_number": ""}).status_code == 400


# --- by MQTT ----------------------------------------------------------------------------------


ACCESS = """
user trackxpert
topic read tele/gate/SENSOR
topic read /esp-rfid
topic read cards

user firmware
topic write #
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """One that lets the bridge read what its operator says, and no more."""
    broker = Mosquitto(tmp_path)
    broker.admit("firmware")
    with (tmp_path / "access").open("a") as access:
        access.write(ACCESS)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


@pytest.fixture
def firmware(broker: Mosquitto) -> Iterator[MqttClient]:
    """Somebody else's: it publishes and listens to nothing."""
    client = MqttClient(CallbackAPIVersion.VERSION2, client_id="firmware")
    client.username_pw_set("firmware", PASSWORD)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


def until_it_listens(bridge: Bridge) -> None:
    """To our own topics and to another: the broker has said so of both."""
    acknowledged: list[bool] = []
    told: Any = bridge.client.on_subscribe

    def notice(*args: Any) -> None:
        told(*args)
        acknowledged.append(True)

    bridge.client.on_subscribe = notice
    until(bridge, lambda: len(acknowledged) == 2)


def test_a_reader_is_heard_at_the_topic_of_its_table(
    broker: Mosquitto, firmware: MqttClient
) -> None:
    make_card(make_student(), CHIP)
    device, _ = mapped(like="tasmota", topic=TASMOTA)
    at = timezone.localtime().replace(microsecond=0, tzinfo=None)
    said = json.dumps({"Time": at.isoformat(), "PN532": {"UID": CHIP}})
    with running_bridge(broker.url) as bridge:
        until_it_listens(bridge)
        firmware.publish(TASMOTA, "{")
        for _ in range(2):
            firmware.publish(TASMOTA, said, qos=1)
        firmware.publish(TASMOTA, json.dumps({"Time": "x", "Wifi": {"RSSI": 80}}), qos=1)
        until(bridge, Heartbeat.objects.exists)
    tap = Tap.objects.get()
    assert (tap.device_id, tap.code, tap.is_offline) == (device.pk, "ok", False)
    assert Message.objects.count() == 4


def test_readers_that_share_a_topic_are_told_apart_by_their_filters(
    broker: Mosquitto, firmware: MqttClient
) -> None:
    topic = "/esp-rfid"
    gates = [
        mapped(like="esp-rfid", topic=topic, when={"type": "access", "hostname": f"gate{n}"})[0]
        for n in range(2)
    ]
    said = {"type": "access", "hostname": "gate1", "uid": CHIP, "time": 35}
    with running_bridge(broker.url) as bridge:
        until_it_listens(bridge)
        firmware.publish(topic, json.dumps(said), qos=1)
        until(bridge, Tap.objects.exists)
    tap = Tap.objects.get()
    assert (tap.device_id, tap.is_clock_suspect) == (gates[1].pk, True)


def test_what_the_broker_remembers_is_no_tap(broker: Mosquitto, firmware: MqttClient) -> None:
    """It would come again each time that we connect."""
    mapped(card="uid", topic="cards")
    firmware.publish("cards", '{"uid": "04A32B1C"}', qos=1, retain=True).wait_for_publish(20)
    with running_bridge(broker.url) as bridge:
        until_it_listens(bridge)
        firmware.publish("cards", '{"uid": "04A32B1D"}', qos=1)
        until(bridge, Tap.objects.exists)
    assert Tap.objects.get().number == "04A32B1D"


def test_a_reader_that_is_switched_off_is_not_listened_to(broker: Mosquitto) -> None:
    device, _ = mapped(card="uid", topic="cards")
    with running_bridge(broker.url) as bridge:
        until(bridge, lambda: bridge.others == {"cards"})
        Device.objects.filter(pk=device.pk).update(is_active=False)
        bridge.followed_at -= timedelta(minutes=1).total_seconds()
        until(bridge, lambda: not bridge.others)
