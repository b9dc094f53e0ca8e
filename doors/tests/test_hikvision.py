"""Hikvision terminals: events as their ISAPI documents show them (readers.md 2.4)."""

import json
import logging
import random
import signal
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from attendance.models import Attendance
from cards.tests.factories import make_card, make_student
from doors.models import Message, QuarantinedLine
from doors.tests.factories import make_terminal
from pos.models import Code, ConflictingTap, Decision, Device, Heartbeat, Protocol, Tap
from pos.tests.killed import serve_and_die

pytestmark = pytest.mark.django_db

PICTURE = b"\xff\xd8\xff\xe0JFIF\r\n--not-the-boundary\r\n" + b"\x00\xfePICTURE\r\n" * 3000
TEMPLATE = "TUlTUzIx" * 60
CARD, DECIMAL = "946EBD28", "2490285352"  # V1


def event(**details: Any) -> dict[str, Any]:
    """As the maker's documents show one, with what this one says."""
    around = ("dateTime", "deviceID", "macAddress", "eventType")
    outer = {name: details.pop(name) for name in around if name in details}
    return {
        "ipAddress": "192.168.1.64",
        "portNo": 80,
        "protocol": "HTTP",
        "macAddress": "bc:ba:c2:00:00:01",
        "channelID": 1,
        "dateTime": timezone.localtime().isoformat(timespec="seconds"),
        "activePostCount": 1,
        "eventType": "AccessControllerEvent",
        "eventState": "active",
        "eventDescription": "Access Controller Event",
        "deviceID": "",
        **outer,
        "AccessControllerEvent": {
            "deviceName": "Access Controller",
            "majorEventType": 5,
            "subEventType": 75,
            "cardReaderNo": 1,
            "doorNo": 1,
            "serialNo": 4435,
            "frontSerialNo": 4434,
            "currentVerifyMode": "cardOrFaceOrFp",
            "attendanceStatus": "undefined",
            "FaceRect": {"height": 0.2, "width": 0.1, "x": 0.4, "y": 0.4},
            **details,
        },
    }


def form_of(*parts: tuple[str, str, bytes]) -> tuple[bytes, str]:
    """`(name, content type, body)`; what has a type of its own is a file."""
    body = b""
    for name, kind, content in parts:
        file = f'; filename="{name}.jpg"' if kind.startswith("image/") else ""
        head = f'--MIME_boundary\r\nContent-Disposition: form-data; name="{name}"{file}\r\n'
        head += f"Content-Type: {kind}\r\n" if kind else ""
        body += f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content + b"\r\n"
    return body + b"--MIME_boundary--\r\n", "multipart/form-data; boundary=MIME_boundary"


def leave(key: str, said: Any, kind: str = "application/json", end: str = "") -> HttpResponse:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return cast(
        "HttpResponse", Client().generic("POST", f"/hik/{key}{end}", body, content_type=kind)
    )


@pytest.fixture
def terminal() -> tuple[Device, str]:
    return make_terminal(Protocol.HIKVISION, number_format="dec_msb")


@pytest.fixture
def key(terminal: tuple[Device, str]) -> str:
    return terminal[1]


# --- what a pass is ---------------------------------------------------------------------------


def test_a_face_is_the_pass_of_whoever_has_this_employee_number(key: str) -> None:
    student = make_student(identifier="DIT/100")
    make_card(student)
    at = timezone.localtime().replace(microsecond=0) - timedelta(minutes=3)
    said = event(employeeNoString="DIT/100", attendanceStatus="checkIn", dateTime=at.isoformat())
    response = leave(key, said)
    assert (response.status_code, response.content) == (200, b"OK")
    tap = Tap.objects.get()
    assert (tap.person_id, tap.code, tap.direction) == (student.pk, Code.OK, "in")
    assert (tap.tapped_at, tap.counted_at, tap.is_offline) == (at, at, True)
    assert Attendance.objects.get().person_id == student.pk


def test_a_pin_at_terminals_is_an_employee_number_too(key: str) -> None:
    student = make_student(terminal_pin="100")
    make_card(student)
    leave(key, event(employeeNoString="100", subEventType=38))
    assert Tap.objects.get().person_id == student.pk


def test_a_card_is_read_by_the_reader_s_number_format(key: str) -> None:
    card = make_card(rfid_number=CARD)
    leave(key, event(cardNo=DECIMAL, subEventType=1, serialNo=1))
    leave(key, event(cardNo=CARD, subEventType=1, serialNo=2))
    taps = Tap.objects.order_by("tap_id")
    assert [tap.card_uuid for tap in taps] == [card.pk, None]
    assert [tap.code for tap in taps] == [Code.OK, Code.BAD_NUMBER]


def test_of_a_card_that_was_read_the_card_counts_and_else_the_person(key: str) -> None:
    """With a face, terminals send the number of the card in the person's entry as well."""
    card, other = make_card(rfid_number=CARD), make_card(make_student(identifier="7"))
    leave(key, event(cardNo=DECIMAL, employeeNoString="7", subEventType=1, serialNo=1))
    leave(key, event(cardNo=DECIMAL, employeeNoString="7", subEventType=75, serialNo=2))
    assert [*Tap.objects.order_by("tap_id").values_list("card_uuid", flat=True)] == [
        card.pk,
        other.pk,
    ]


@pytest.mark.parametrize(
    ("status", "way"),
    [("checkIn", "in"), ("breakIn", "in"), ("overtimeIn", "in"), ("checkOut", "out"),
     ("breakOut", "out"), ("overtimeOut", "out"), ("undefined", ""), (None, "")],
)  # fmt: skip
def test_the_direction_is_what_the_event_tells(key: str, status: str | None, way: str) -> None:
    make_card(make_student(identifier="7"))
    leave(key, event(employeeNoString="7", attendanceStatus=status))
    assert Tap.objects.get().direction == way


def test_else_it_is_the_terminal_s_own() -> None:
    make_card(make_student(identifier="7"))
    leave(make_terminal(Protocol.HIKVISION, direction="out")[1], event(employeeNoString="7"))
    assert Tap.objects.get().direction == "out"


@pytest.mark.parametrize(
    "details",
    [
        {"subEventType": 21},
        {"subEventType": 22, "employeeNoString": "7"},
        {"subEventType": 75},
        {"subEventType": 75, "employeeNoString": "", "cardNo": "0"},
        {"subEventType": 25, "cardNo": DECIMAL},
        {"subEventType": 1024, "majorEventType": 3, "employeeNoString": "7"},
        {"majorEventType": 2, "employeeNoString": "7"},
        {"subEventType": "75x", "employeeNoString": "7"},
        {"subEventType": None, "employeeNoString": "7"},
    ],
)
def test_what_is_nobody_s_pass_is_no_tap_and_no_trouble(key: str, details: dict[str, Any]) -> None:
    make_card(make_student(identifier="7"), CARD)
    assert leave(key, event(**details)).status_code == 200
    assert not Tap.objects.exists()
    assert not QuarantinedLine.objects.exists()
    assert Message.objects.get().answered == "no pass"


@pytest.mark.parametrize(
    "details",
    [
        {"subEventType": 6, "cardNo": DECIMAL},
        {"subEventType": 9, "cardNo": DECIMAL},
        {"subEventType": 76, "employeeNoString": "7"},
    ],
)
def test_whom_the_terminal_sent_away_did_not_pass(key: str, details: dict[str, Any]) -> None:
    make_card(make_student(identifier="7"), CARD)
    leave(key, event(**details))
    tap = Tap.objects.get()
    assert (tap.reader_decision, tap.code) == (Decision.DENIED, Code.OK)
    assert not Attendance.objects.exists()


@pytest.mark.parametrize("kind", ["heartBeat", "heartbeat"])
def test_a_heartbeat_says_that_it_lives_and_what_its_clock_shows(key: str, kind: str) -> None:
    at = timezone.now() + timedelta(minutes=5)
    assert leave(key, event(eventType=kind, dateTime=at.isoformat())).status_code == 200
    assert Heartbeat.objects.get().clock_offset_ms == pytest.approx(300_000, abs=5_000)
    leave(key, b"<EventNotificationAlert><eventType>heartBeat</eventType>", "application/xml")
    assert not Message.objects.exists()
    assert not QuarantinedLine.objects.exists()
    assert not Tap.objects.exists()


@pytest.mark.parametrize("at", ["", "now", "2026-13-01T00:00:00Z", "2026-11-26T07:31:02", 7, None])
def test_a_heartbeat_without_a_time_says_no_more_than_that_it_lives(key: str, at: Any) -> None:
    assert leave(key, event(eventType="heartBeat", dateTime=at)).status_code == 200
    assert Heartbeat.objects.get().clock_offset_ms is None


# --- how it comes -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["event_log", "AccessControllerEvent"])
@pytest.mark.parametrize("kind", ["application/json", "", 'application/json; charset="UTF-8"'])
def test_a_form_with_pictures_is_read_and_the_pictures_are_not(
    key: str, name: str, kind: str
) -> None:
    make_card(make_student(identifier="7"))
    said = json.dumps(event(employeeNoString="7", faceData=TEMPLATE)).encode()
    form = form_of(
        ("Visible", "image/jpeg", PICTURE),
        (name, kind, said),
        ("Picture", "image/jpeg", PICTURE),
        ("Thermal", "", PICTURE),
    )
    assert leave(key, *form).status_code == 200
    assert Tap.objects.get().code == Code.OK
    assert_nothing_biometric_is_kept()


def assert_nothing_biometric_is_kept() -> None:
    """In no column of any table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT string_agg(t::text, $$ $$) FROM "{table}" AS t')  # noqa: S608
            (text,) = cursor.fetchone()
            assert "PICTURE" not in (text or ""), table
            assert "TUlTUzIxTUlTUzIx" not in (text or ""), table


def test_a_form_in_which_no_event_is_named_is_shown_to_the_office(key: str) -> None:
    assert leave(key, *form_of(("Picture", "image/jpeg", PICTURE))).status_code == 200
    message = Message.objects.get()
    assert (message.what, message.said) == ("no event (multipart/form-data)", "")


@pytest.mark.parametrize("said", ["wrapped", "bare", "list", "text/plain", "slash", "gb2312"])
def test_models_differ_in_what_is_around_an_event(key: str, said: str) -> None:
    make_card(make_student(identifier="7"))
    whole = event(employeeNoString="7", name="李雷")
    body = {
        "wrapped": {"EventNotificationAlert": whole},
        "bare": {**whole["AccessControllerEvent"], "dateTime": whole["dateTime"]},
        "list": [whole],
        "gb2312": json.dumps(whole, ensure_ascii=False).encode("gb2312") + b"\0",
    }.get(said, whole)
    kind = "text/plain" if said == "text/plain" else "application/json"
    assert leave(key, body, kind, "/" if said == "slash" else "").status_code == 200
    assert Tap.objects.get().code == Code.OK


def test_a_number_may_be_a_number(key: str) -> None:
    make_card(make_student(identifier="7"))
    leave(key, event(employeeNo=7))
    assert Tap.objects.get().code == Code.OK


def test_a_name_that_is_no_text_costs_no_event(key: str) -> None:
    make_card(make_student(identifier="7"))
    body = json.dumps(event(employeeNoString="7", name="Asha \ud800")).encode()
    leave(key, body)
    assert Tap.objects.get().code == Code.OK


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[1, 2]", "application/json"),
        (b"<EventNotificationAlert><eventType>x</eventType>", "application/xml"),
        (b"7\t2026-11-26", "text/plain"),
        (b'{"x": "' + b"y" * (1024 * 1024), "application/json"),
        form_of(("event_log", "application/json", b"{")),
        (form_of(("event_log", "", b"{"))[0], "multipart/form-data"),
    ],
)
def test_what_never_can_be_an_event_is_not_asked_for_again(
    key: str, body: bytes, kind: str
) -> None:
    for _ in range(2):
        assert leave(key, body, kind).status_code == 200
    assert not Tap.objects.exists()
    assert QuarantinedLine.objects.exists()


@pytest.mark.parametrize(
    "details",
    [
        {"dateTime": "yesterday"},
        {"dateTime": "2026-02-30T07:31:02+03:00"},
        {"employeeNoString": "7" * 300},
        {"employeeNoString": "7\0"},
        {"cardNo": "\0" * 3, "employeeNoString": ""},
    ],
)
def test_a_pass_that_never_can_be_a_tap_is_kept_with_the_reason(
    key: str, details: dict[str, Any]
) -> None:
    said = event(**{"employeeNoString": "7", "subEventType": 38, **details})
    for _ in range(2):
        assert leave(key, said).status_code == 200
    assert not Tap.objects.exists()
    line = QuarantinedLine.objects.get()
    assert line.reason


@pytest.mark.parametrize("body", [b"", b"\0", b"[]"])
def test_a_test_of_the_connection_is_answered(key: str, body: bytes) -> None:
    assert leave(key, body).status_code == 200
    assert not QuarantinedLine.objects.exists()
    assert Heartbeat.objects.exists()


# --- once -------------------------------------------------------------------------------------


def test_a_terminal_that_sends_its_whole_memory_again_adds_nothing(key: str) -> None:
    make_card(make_student(identifier="7"))
    start = timezone.localtime().replace(microsecond=0) - timedelta(hours=2)
    events = [
        event(
            employeeNoString="7",
            serialNo=number,
            dateTime=(start + timedelta(seconds=20 * number)).isoformat(),
        )
        for number in range(1, 31)
    ]
    for said in events:
        leave(key, said)
    random.Random(1).shuffle(events)  # noqa: S311
    for said in events:
        assert leave(key, said).status_code == 200
    assert leave(key, events).status_code == 200
    assert Tap.objects.count() == 30
    assert not ConflictingTap.objects.exists()
    assert Message.objects.first().answered == "30 known"  # type: ignore[union-attr]


def test_terminals_count_each_for_itself(key: str) -> None:
    """They share a list of people, and one reader may stand for two of them."""
    make_card(make_student(identifier="7"))
    other = make_terminal(Protocol.HIKVISION)[1]
    said = event(employeeNoString="7", serialNo=1)
    for each in (key, other, key, other):
        leave(each, said)
    assert Tap.objects.count() == 2
    leave(key, event(employeeNoString="7", serialNo=1, macAddress="bc:ba:c2:00:00:02"))
    leave(key, event(employeeNoString="7", serialNo=1, deviceID="AC-1"))
    assert Tap.objects.count() == 4


def test_an_event_without_a_count_is_itself_by_all_that_it_says(key: str) -> None:
    make_card(make_student(identifier="7"))
    at = timezone.localtime().replace(microsecond=0) - timedelta(minutes=5)
    for minutes in (0, 0, 1):
        moment = (at + timedelta(minutes=minutes)).isoformat()
        leave(key, event(employeeNoString="7", serialNo=None, dateTime=moment))
    assert Tap.objects.count() == 2


def test_a_count_that_began_again_is_kept_for_a_person(key: str) -> None:
    make_card(make_student(identifier="7"))
    leave(key, event(employeeNoString="7", serialNo=1))
    assert leave(key, event(employeeNoString="8", serialNo=1)).status_code == 200
    assert Tap.objects.count() == 1
    assert ConflictingTap.objects.count() == 1


LEAVE = """
key, event = said
client.generic("POST", f"/hik/{key}", event, content_type="application/json")
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("moment", "taps"), [("before", 0), ("after", 1)])
def test_a_server_that_dies_has_the_event_or_gets_it_again(
    key: str, moment: str, taps: int
) -> None:
    make_card(make_student(identifier="7"))
    said = event(employeeNoString="7")
    died = serve_and_die(moment, LEAVE, key, json.dumps(said))
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert Tap.objects.count() == taps
    assert leave(key, said).status_code == 200
    assert Tap.objects.count() == Attendance.objects.count() == 1


# --- who it is --------------------------------------------------------------------------------


def test_a_key_of_nobody_is_401_and_of_another_protocol_403() -> None:
    assert leave("txr_nobody", event()).status_code == 401
    assert leave(make_terminal(Protocol.FRAPPE)[1], event()).status_code == 403
    key = make_terminal(Protocol.HIKVISION)[1]
    Device.objects.update(is_active=False)
    assert leave(key, event()).status_code == 403
    assert not Message.objects.exists()


@pytest.mark.dialect
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError("gone"), 503), (ValueError("ours"), 500)]
)
def test_what_could_not_be_written_comes_again_and_no_log_has_the_key(
    key: str, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    make_card(make_student(identifier="7"))

    def fail(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if "doors_message" in sql:
            raise error
        return execute(sql, params, many, context)

    requests = logging.getLogger("django.request")
    requests.addHandler(caplog.handler)
    try:
        with connection.execute_wrapper(fail):
            assert leave(key, event(employeeNoString="7")).status_code == status
    finally:
        requests.removeHandler(caplog.handler)
    assert caplog.text
    assert key not in caplog.text
    assert leave(key, event(employeeNoString="7")).status_code == 200
    assert Tap.objects.count() == 1
