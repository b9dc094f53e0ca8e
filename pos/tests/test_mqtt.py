"""Taps by MQTT: the same ledger and the same answers, whatever broker, bridge or database do."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from attendance.models import Attendance
from cards.tests.factories import make_card, make_student
from core import clock
from embedded.management.commands.serve import programs
from pos.checks import authority_of_the_broker_is_a_file, broker_is_an_address
from pos.models import ConflictingTap, Tap
from pos.mqtt.bridge import BackOff, Bridge
from pos.mqtt.broker import BadBroker, Broker, broker_at
from pos.mqtt.messages import answer_to
from pos.tests.mosquitto import (
    PATIENCE,
    Mosquitto,
    MqttReader,
    mqtt_reader,
    program,
    registered,
    running_bridge,
    running_broker,
    unknown_pos_id,
    until,
)
from tools.bench.stack import ROOT

CHIP = "04A32B1C"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def bridge(db: None, broker: Mosquitto) -> Iterator[Bridge]:
    """Connected and listening: a broker keeps nothing for somebody it has never seen."""
    with running_bridge(broker.url) as bridge:
        subscribed: list[bool] = []
        told = bridge.client.on_subscribe
        assert told is not None

        def notice(*args: Any) -> None:
            told(*args)
            subscribed.append(True)

        bridge.client.on_subscribe = notice
        until(bridge, lambda: subscribed)
        yield bridge


@pytest.fixture
def reader(db: None, broker: Mosquitto) -> Iterator[MqttReader]:
    with mqtt_reader(broker) as reader:
        yield reader


# --- what is said, without a broker ---------------------------------------------------------------


def ask(pos_id: object, payload: bytes) -> Any:
    topic = f"trackxpert/{pos_id}/tap"
    return loads(answer_to(topic, payload, received_at=timezone.now()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "parse_error"),
        (b"{", "parse_error"),
        (b"\xff\xfe", "parse_error"),
        (b"NaN", "parse_error"),
        (b"[" * 100_000, "parse_error"),
        (b"[]", "invalid"),
        (b"null", "invalid"),
        (b'"04A32B1C"', "invalid"),
        (b"{}", "invalid"),
        (b'{"card": 4, "event_id": "1"}', "invalid"),
        (b'{"card": "a\\u0000", "event_id": "1"}', "invalid"),
        (b'{"card": "04A32B1C", "event_id": []}', "invalid"),
        (b"0" * 3_000_000, "too_large"),
    ],
)
def test_what_is_no_tap_is_answered_and_leaves_nothing(payload: bytes, code: str) -> None:
    assert ask(registered().pk, payload)["code"] == code
    assert not Tap.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "is_offline"), [(9, False), (11, True), (60 * 24 * 20, True)])
def test_a_tap_that_waited_in_the_broker_counts_when_it_was_tapped(
    minutes: int, is_offline: bool
) -> None:
    """Over HTTP its reader would have sent it as offline by then; here nobody can."""
    at = timezone.now() - timedelta(minutes=minutes)
    said = {"event_id": "1", "card": "04A32B1C", "tapped_at": at.isoformat(), "offline": False}
    answer = ask(registered().pk, dumps(said).encode())
    assert answer["clock_suspect"] is False
    tap = Tap.objects.get()
    assert (tap.counted_at, tap.is_offline) == (at, is_offline)


@pytest.mark.django_db
@pytest.mark.parametrize("taps", [b"[]", b"null", b'"x"', b"[" + b"1," * 500 + b"1]"])
def test_a_batch_has_1_to_500_taps(taps: bytes) -> None:
    body = ask(registered().pk, b'{"taps": %s}' % taps)
    assert body == {"taps": ["Enter a list of 1 to 500 taps."]}


@pytest.mark.django_db
@pytest.mark.parametrize("pos_id", ["no-uuid", "", "6f7f0d2e-8f1c-4a53-9a53-5b0c5f0b3c11"])
def test_who_is_unknown_is_told_so(pos_id: str) -> None:
    body = ask(pos_id, b'{"card": "04A32B1C", "event_id": "1"}')
    assert body["code"] == "unknown_reader"
    assert not Tap.objects.exists()


@pytest.mark.django_db
def test_a_tap_that_would_be_another_when_it_comes_again_is_refused() -> None:
    device = registered()
    body = ask(device.pk, b'{"card": "04A32B1C"}')
    assert (body["status"], list(body["errors"])) == ("rejected", ["event_id"])
    timed = b'{"card": "04A32B1C", "tapped_at": "%s"}' % timezone.now().isoformat().encode()
    assert [ask(device.pk, timed)["status"] for _ in range(2)] == ["created", "duplicate"]
    assert Tap.objects.count() == 1


@pytest.mark.django_db
def test_an_event_id_used_for_another_tap_is_a_conflict() -> None:
    device = registered()
    ask(device.pk, b'{"card": "04A32B1C", "event_id": "1"}')
    body = ask(device.pk, b'{"card": "04A32B1D", "event_id": "1"}')
    assert (body["status"], body["code"], body["event_id"]) == ("conflict", "event_conflict", "1")
    assert (Tap.objects.count(), ConflictingTap.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_the_portrait_is_shown_by_the_public_address(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://cards.example.org"
    make_card(make_student(photo="photos/0123.jpg"), CHIP)
    body = ask(registered().pk, b'{"card": "04A32B1C", "event_id": "1"}')
    assert body["holder"]["photo_url"] == "https://cards.example.org/media/photos/0123.jpg"


@pytest.mark.django_db
def test_a_bug_of_ours_is_answered_and_does_not_stop_the_bridge(
    caplog: pytest.LogCaptureFixture,
) -> None:
    device = registered()

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "INTO pos_tap" in sql:
            raise ZeroDivisionError
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        body = ask(device.pk, b'{"card": "04A32B1C", "event_id": "1"}')
    assert body["code"] == "server_error"
    assert "could not be answered" in caplog.text
    assert not Tap.objects.exists()


# --- over a broker --------------------------------------------------------------------------------


def test_a_tap_is_recorded_and_answered_as_over_http(bridge: Bridge, reader: MqttReader) -> None:
    student = make_student()
    make_card(student, CHIP)
    reader.send({"event_id": "1", "card": CHIP, "direction": "in"})
    body = reader.next_answer(bridge)
    assert (body["status"], body["decision"], body["code"]) == ("created", "accepted", "ok")
    assert body["holder"]["identifier"] == student.identifier
    assert body["attendance"]["date"] == timezone.localdate().isoformat()
    tap = Tap.objects.get()
    assert (str(tap.device_id), tap.event_id, tap.direction) == (reader.pos_id, "1", "in")
    assert Attendance.objects.get().person_id == student.pk


def test_a_tap_is_received_by_the_databases_clock(
    bridge: Bridge, reader: MqttReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As over HTTP: this machine's is an hour behind."""
    an_hour_on = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(clock._machine, "zero", an_hour_on - timedelta(seconds=time.monotonic()))
    reader.send({"event_id": "1", "card": CHIP})
    reader.next_answer(bridge)
    assert Tap.objects.get().received_at - an_hour_on < timedelta(minutes=5)
    assert Tap.objects.get().received_at >= an_hour_on


def test_a_batch_is_answered_item_by_item(bridge: Bridge, reader: MqttReader) -> None:
    taps = [{"event_id": "1", "card": CHIP}, {"card": 7}, {"event_id": "1", "card": CHIP}]
    reader.send({"taps": taps})
    body = reader.next_answer(bridge)
    assert [result["status"] for result in body["results"]] == ["created", "rejected", "duplicate"]
    assert body["summary"] == {
        "total": 3,
        "created": 1,
        "duplicate": 1,
        "conflict": 0,
        "rejected": 1,
    }


def test_what_is_delivered_twice_is_recorded_once(bridge: Bridge, reader: MqttReader) -> None:
    make_card(rfid_number=CHIP)
    for _ in range(2):
        reader.send({"event_id": "1", "card": CHIP})
    first, again = reader.next_answer(bridge), reader.next_answer(bridge)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["status"] == "duplicate"
    assert Tap.objects.count() == 1


def test_bad_json_is_answered_acknowledged_and_not_in_the_way(
    broker: Mosquitto, bridge: Bridge, reader: MqttReader
) -> None:
    reader.send(b"{")
    assert reader.next_answer(bridge)["code"] == "parse_error"
    bridge.close()
    with running_bridge(broker.url) as next_bridge:
        reader.send({"event_id": "1", "card": CHIP})
        assert reader.next_answer(next_bridge)["status"] == "created"  # and not "{" once more
        assert reader.has_no_answer()


def test_an_unknown_reader_is_told_so(db: None, broker: Mosquitto, bridge: Bridge) -> None:
    with mqtt_reader(broker, unknown_pos_id()) as stranger:
        stranger.send({"event_id": "1", "card": CHIP})
        assert stranger.next_answer(bridge)["code"] == "unknown_reader"
    assert not Tap.objects.exists()


@pytest.mark.django_db
def test_a_reader_that_is_switched_off_is_told_so_from_the_next_tap_on(
    broker: Mosquitto, bridge: Bridge
) -> None:
    device = registered()
    with mqtt_reader(broker, str(device.pk)) as reader:
        reader.send({"event_id": "1", "card": CHIP})
        assert reader.next_answer(bridge)["status"] == "created"
        device.is_active = False
        device.save()
        reader.send({"event_id": "2", "card": CHIP})
        assert reader.next_answer(bridge)["code"] == "device_inactive"
    assert Tap.objects.count() == 1


def test_a_reader_cannot_speak_for_another(bridge: Bridge, reader: MqttReader) -> None:
    other = registered(name="Other gate")
    reader.send({"event_id": "1", "card": CHIP}, as_reader=str(other.pk))
    reader.send({"event_id": "2", "card": CHIP})
    reader.next_answer(bridge)
    assert [tap.event_id for tap in Tap.objects.all()] == ["2"]


# --- when something is away -----------------------------------------------------------------------


def test_what_came_while_the_bridge_was_down_waits_in_the_broker(
    broker: Mosquitto, bridge: Bridge, reader: MqttReader
) -> None:
    bridge.close()
    for number in range(50):
        reader.send({"event_id": str(number), "card": CHIP})
    with running_bridge(broker.url) as next_bridge:
        until(next_bridge, lambda: Tap.objects.count() == 50)
        answers = [reader.next_answer(next_bridge) for _ in range(50)]
    assert [answer["event_id"] for answer in answers] == [str(number) for number in range(50)]


def test_nothing_is_acknowledged_while_the_database_is_away(
    broker: Mosquitto, bridge: Bridge, reader: MqttReader
) -> None:
    failures = []

    def away(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "INTO pos_tap" in sql:
            failures.append(time.monotonic())
            raise OperationalError("the server closed the connection")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        reader.send({"event_id": "1", "card": CHIP})
        until(bridge, lambda: len(failures) == 3)
    assert failures[2] - failures[1] > failures[1] - failures[0] >= BackOff.FIRST
    assert reader.has_no_answer()
    bridge.close()
    with running_bridge(broker.url) as next_bridge:  # the broker still has it
        assert reader.next_answer(next_bridge)["status"] == "created"
    assert Tap.objects.count() == 1


def refuse_taps(sqlstate: str) -> None:
    """From now on PostgreSQL answers each tap with this."""
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'what the driver says' USING ERRCODE = '{sqlstate}'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON pos_tap
                FOR EACH ROW EXECUTE FUNCTION refuse();
        """)


def test_a_full_disk_keeps_taps_in_the_broker_and_is_named(
    bridge: Bridge, reader: MqttReader, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_taps("53100")
    reader.send({"event_id": "1", "card": CHIP})
    until(bridge, lambda: caplog.text.count("again in") == 2)
    assert "the disk of the database is full (what the driver says" in caplog.text
    assert reader.has_no_answer()


def test_a_mistake_of_ours_is_answered_and_logged(
    bridge: Bridge, reader: MqttReader, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_taps("53200")
    reader.send({"event_id": "1", "card": CHIP})
    answer = reader.next_answer(bridge)
    assert answer["code"] == "server_error"
    assert "driver" not in str(answer)
    assert "Traceback" in caplog.text


def test_a_broker_that_is_killed_costs_no_tap(
    broker: Mosquitto, bridge: Bridge, reader: MqttReader
) -> None:
    reader.send({"event_id": "before", "card": CHIP})
    reader.next_answer(bridge)
    broker.save()
    broker.kill()
    until(bridge, lambda: not bridge.is_linked)
    for number in range(30):
        reader.send({"event_id": str(number), "card": CHIP})  # kept in the reader
    bridge.turn()
    broker.start()
    until(bridge, lambda: Tap.objects.count() == 31)
    known: set[str] = set()
    while len(known) < 30:
        known.add(reader.next_answer(bridge)["event_id"])
    assert Tap.objects.count() == 31


def test_a_broker_that_refuses_is_not_asked_all_the_time(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = broker.url.replace("p%3A", "x")
    with running_bridge(wrong) as bridge:
        until(bridge, lambda: caplog.text.count("again in") == 3)
    assert caplog.text.count("refuses") == 3
    assert [wait in caplog.text for wait in ("in 0.5 s", "in 1 s", "in 2 s")] == [True] * 3
    assert "x" + "ss%2F" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_database_connection_that_died_is_replaced(broker: Mosquitto, bridge: Bridge) -> None:
    with mqtt_reader(broker) as reader:
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        reader.send({"event_id": "1", "card": CHIP})
        bridge.run(is_stopped=lambda: not reader.answers.empty())
        assert reader.answers.get()["status"] == "created"


# The bridge as it runs, killed when the tap was committed but is not acknowledged yet.
DIE_BEFORE_ACKNOWLEDGING = textwrap.dedent(
    """
    import os, signal, sys
    import django
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from paho.mqtt.client import Client

    connection.settings_dict["NAME"] = sys.argv[1]
    Client.ack = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
    call_command("mqtt_bridge")
    """
)


def bridge_environment(broker: Mosquitto) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "trackxpert.settings",
        "MQTT_URL": broker.url,
    }


@pytest.mark.django_db(transaction=True)
def test_a_bridge_killed_before_it_acknowledges_leaves_one_row(
    broker: Mosquitto, bridge: Bridge
) -> None:
    make_card(rfid_number=CHIP)
    bridge.close()  # it has subscribed: the broker keeps its taps from now on
    with mqtt_reader(broker) as reader:
        reader.send({"event_id": "1", "card": CHIP})
        died = subprocess.run(
            [
                *(sys.executable, "-c", DIE_BEFORE_ACKNOWLEDGING),
                str(connection.settings_dict["NAME"]),
            ],
            cwd=ROOT,
            env=bridge_environment(broker),
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
        )
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert Tap.objects.count() == 1
        with running_bridge(broker.url) as next_bridge:
            bodies = [reader.next_answer(next_bridge)]
            if not bodies[0]["replayed"]:  # the killed one had sent its answer
                bodies.append(reader.next_answer(next_bridge))
    assert bodies[-1]["replayed"]
    assert Tap.objects.count() == Attendance.objects.count() == 1


# --- as a program ---------------------------------------------------------------------------------


def test_sigterm_ends_it_cleanly(broker: Mosquitto) -> None:
    command = [sys.executable, "manage.py", "mqtt_bridge"]
    with subprocess.Popen(
        command, cwd=ROOT, env=bridge_environment(broker), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while "Connected to broker" not in (line := process.stderr.readline()):
            assert line, "it ended before it connected"
        asked = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - asked < 10
        assert "Traceback" not in process.stderr.read()


def test_make_run_keeps_a_bridge_where_there_is_a_broker(settings: Settings) -> None:
    names = [program.name for program in programs("127.0.0.1", 8000)]
    settings.MQTT_URL = "mqtt://broker"
    assert [program.name for program in programs("127.0.0.1", 8000)] == [*names, "mqtt"]


def test_it_needs_a_broker() -> None:
    with pytest.raises(CommandError, match="MQTT_URL is not set"):
        call_command("mqtt_bridge")


@pytest.mark.django_db
# paho leaves the socket of a refused handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_tls_trusts_the_authority_that_it_is_given(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(program("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    with running_broker(tmp_path, extra=f"certfile {certificate}\nkeyfile {key}") as broker:
        url = broker.url.replace("mqtt:", "mqtts:")
        with running_bridge(url, ca_file=str(certificate)) as bridge:
            caplog.set_level("INFO")
            until(bridge, lambda: "Connected to broker" in caplog.text)
        with running_bridge(url) as stranger:
            until(stranger, lambda: "again in" in caplog.text)
        assert "certificate" in caplog.text.lower()


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://broker", Broker("broker", 1883, False, None, None)),
        ("mqtts://broker.example.org", Broker("broker.example.org", 8883, True, None, None)),
        ("mqtt://a:b%40c@10.0.0.1:1884", Broker("10.0.0.1", 1884, False, "a", "b@c")),
        ("mqtt://a@[::1]/", Broker("::1", 1883, False, "a", None)),
    ],
)
def test_an_address_of_a_broker(url: str, broker: Broker) -> None:
    assert broker_at(url) == broker


@pytest.mark.parametrize(
    "url",
    [
        "broker",
        "http://broker",
        "mqtt://",
        "mqtt://broker:0",
        "mqtt://broker:99999",
        "mqtt://broker:x",
        "mqtt://broker/tap",
        "mqtt://[::1",
    ],
)
def test_no_address_of_a_broker(url: str, settings: Settings) -> None:
    with pytest.raises(BadBroker):
        broker_at(url)
    settings.MQTT_URL = url
    assert [problem.id for problem in broker_is_an_address()] == ["trackxpert.E009"]
    with pytest.raises(CommandError, match="MQTT_URL"):
        call_command("mqtt_bridge")


def test_the_password_of_the_broker_is_in_no_log() -> None:
    assert "secret" not in repr(broker_at("mqtt://a:secret@broker"))
    assert "secret" not in str(broker_at("mqtt://a:secret@broker"))


def test_a_missing_authority_is_found_before_the_start(settings: Settings) -> None:
    assert not authority_of_the_broker_is_a_file()
    settings.MQTT_CA_FILE = "/no/such/file"
    (problem,) = authority_of_the_broker_is_a_file()
    assert problem.id == "trackxpert.E010"
    settings.MQTT_URL = "mqtts://broker"
    with pytest.raises(CommandError, match="MQTT_CA_FILE"):
        call_command("mqtt_bridge")
