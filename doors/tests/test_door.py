"""What is the same for terminals of every make: who they are, what they said, who knocks."""

import json
import logging
from base64 import b64decode
from datetime import timedelta
from textwrap import wrap

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from core.throttling import count
from doors.bodies import LONGEST_LINE, TooLongLine, lines_of
from doors.door import (
    DoorView,
    Terminal,
    TurnedAway,
    in_use,
    said,
    terminal_with_key,
    terminal_with_serial,
)
from doors.knocking import MOST as MOST_KNOCKS
from doors.knocking import knock, knocking
from doors.messages import MOST, heard, keep_message
from doors.models import Knock, Message
from doors.tests.factories import make_terminal
from pos.models import Device, Heartbeat, Protocol
from pos.strays import MOST as MOST_STRAYS

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SERIAL = "0316144680030"


def asked(address: str = "203.0.113.7") -> HttpRequest:
    return RequestFactory().get("/", REMOTE_ADDR=address)


@pytest.fixture
def terminal() -> Terminal:
    return in_use(make_terminal(Protocol.ZKTECO, serial_number=SERIAL)[0])


# --- who it is --------------------------------------------------------------------------------


def test_an_admitted_terminal_is_known_by_its_serial_number(terminal: Terminal) -> None:
    found = terminal_with_serial(asked(), Protocol.ZKTECO, f" {SERIAL} ")
    assert found.device == terminal.device
    assert not Knock.objects.exists()


def test_the_number_of_another_protocol_is_unknown(terminal: Terminal) -> None:
    with pytest.raises(TurnedAway) as refusal:
        terminal_with_serial(asked(), Protocol.ZKTECO_ACC, SERIAL)
    assert refusal.value.status == 403
    assert Knock.objects.get().protocol == Protocol.ZKTECO_ACC


def test_a_terminal_that_is_switched_off_is_turned_away_and_does_not_knock(
    terminal: Terminal,
) -> None:
    Device.objects.update(is_active=False)
    with pytest.raises(TurnedAway) as refusal:
        terminal_with_serial(asked(), Protocol.ZKTECO, SERIAL)
    assert refusal.value.status == 403
    assert not Knock.objects.exists()


def test_a_key_opens_the_door_of_its_protocol_only() -> None:
    device, key = make_terminal(Protocol.HIKVISION)
    assert terminal_with_key(Protocol.HIKVISION, key).device == device
    for protocol, said_key, status in (
        (Protocol.MAPPED, key, 403),
        (Protocol.HIKVISION, f"{key}x", 401),
    ):
        with pytest.raises(TurnedAway) as refusal:
            terminal_with_key(protocol, said_key)
        assert refusal.value.status == status


# --- who knocks -------------------------------------------------------------------------------


def test_who_knocks_often_is_one_row() -> None:
    for _ in range(3):
        knock(asked(), protocol=Protocol.ZKTECO, serial_number=SERIAL)
    row = Knock.objects.get()
    assert (row.times, row.address, row.serial_number) == (3, "203.0.113.7", SERIAL)


@pytest.mark.parametrize("number", ["", "x" * 65, "a\x00b", "a\nb"])
def test_what_can_be_no_serial_number_does_not_knock(number: str) -> None:
    knock(asked(), protocol=Protocol.ZKTECO, serial_number=number)
    assert not Knock.objects.exists()


def test_strangers_fill_no_table() -> None:
    for number in range(MOST_KNOCKS + 20):
        address = f"203.0.113.{number}"
        knock(asked(address), protocol=Protocol.ZKTECO, serial_number=f"A{number}")
    assert Knock.objects.count() == MOST_KNOCKS
    assert not Knock.objects.filter(serial_number="A0").exists()


def test_one_address_knocks_thirty_times_a_minute() -> None:
    for number in range(40):
        knock(asked(), protocol=Protocol.ZKTECO, serial_number=f"A{number}")
    assert Knock.objects.count() == 30


def test_who_was_admitted_knocks_no_more() -> None:
    knock(asked(), protocol=Protocol.ZKTECO, serial_number=SERIAL)
    assert knocking().exists()
    make_terminal(Protocol.ZKTECO, serial_number=SERIAL)
    assert not knocking().exists()


@pytest.mark.parametrize("number", ["\0", "a\0b", f"{SERIAL}\0"])
@pytest.mark.parametrize("what", ["cdata", "getrequest", "registry"])
def test_what_no_database_can_hold_is_a_stranger_too(what: str, number: str) -> None:
    make_terminal(Protocol.ZKTECO, serial_number=SERIAL)
    assert Client().get(f"/iclock/{what}", {"SN": number}).status_code == 403


# --- what it said -----------------------------------------------------------------------------


def say(terminal: Terminal, text: str) -> None:
    keep_message(terminal, what="ATTLOG", said=text, answered="OK", received_at=NOW)


def test_the_last_messages_are_kept_as_they_came(terminal: Terminal) -> None:
    say(terminal, "17\t2026-11-26 07:31:02\t0\t1\n18\t2026-11-26 07:31:09\t0\t1")
    assert Message.objects.get().said.splitlines()[1] == "18\t2026-11-26 07:31:09\t0\t1"
    for number in range(MOST + 5):
        say(terminal, str(number))
    assert Message.objects.count() == MOST
    assert Message.objects.first().said == str(MOST + 4)  # type: ignore[union-attr]


def test_the_messages_of_one_push_out_none_of_another(terminal: Terminal) -> None:
    other = in_use(make_terminal(Protocol.ZKTECO)[0])
    say(other, "mine")
    for number in range(MOST + 5):
        say(terminal, str(number))
    assert Message.objects.get(device=other.device).said == "mine"


PIECES = ["TUlTUzIxAAAFNT4ECAUHCc7QAAAdNG+/"] * 30
RAW = b64decode(PIECES[0]) * 20


@pytest.mark.parametrize(
    "template",
    [
        *("".join([*PIECES, "=="]), "\n".join(PIECES), "\\r\\n".join(PIECES), " ".join(PIECES)),
        *(",".join(PIECES), json.dumps(PIECES), "\n".join([*wrap(PIECES[0] * 9, 16), "AAAd=="])),
        *(RAW.hex(" "), RAW.hex(":").upper(), json.dumps([*RAW]), ",".join(map(hex, RAW))),
    ],
)
def test_nothing_that_may_be_a_template_or_a_picture_is_kept(
    terminal: Terminal, template: str
) -> None:
    say(terminal, f"FP PIN=17\tFID=0\tTMP={template}\n\xff\xd8\xff\xe0\x00\x10JFIF\x00")
    kept = Message.objects.get().said
    assert kept.startswith("FP PIN=17\tFID=0\t")
    for begin in ("TUlTUz", "AAAd", RAW[3:6].hex(" "), RAW[3:6].hex(":").upper(), "77, 73", "0x4d"):
        assert begin not in kept
    assert "\x00" not in kept
    assert len(kept) < 200


def test_what_an_event_says_is_kept_however_long_its_words_are(terminal: Terminal) -> None:
    said = (
        "currentVerifyMode=cardOrFaceOrFpOrPw\nattendanceStatusOfDay=checkIn\n"
        "employee_field_value=123456789012345678901234\tgate\n"
        "36ce0f2e-52b6-4c1b-8f5c-6a7f70a9d1ce\tab:cd:ef:01:23:45\n"
        "17\t2026-11-26 07:31:02\t0\t1\t0\t0\t0\t0\t0\t0\t10800\n~Ver,1,20,3000,0,0,0,0,255"
    )
    say(terminal, said)
    assert Message.objects.get().said == said


def test_that_it_lives_is_written_twice_a_minute_unless_it_says_news(terminal: Terminal) -> None:
    def at(seconds: int, **fields: object) -> Heartbeat:
        heard(terminal, at=NOW + timedelta(seconds=seconds), **fields)  # type: ignore[arg-type]
        return Heartbeat.objects.get()

    assert at(0, firmware="Ver 8.0", clock_offset_ms=1500).clock_offset_ms == 1500
    assert at(10).heard_at == NOW
    later = at(40)
    assert later.heard_at == NOW + timedelta(seconds=40)
    assert (later.firmware, later.clock_offset_ms, later.queue_depth) == ("Ver 8.0", 1500, None)
    assert at(45, queue_depth=7).queue_depth == 7
    assert at(50, queue_depth=0).queue_depth == 0


# --- what a view answers ----------------------------------------------------------------------


class Echo(DoorView):
    """Answers what `fails` says."""

    def find_terminal(self, request: HttpRequest, **kwargs: object) -> Terminal:
        return terminal_with_serial(request, Protocol.ZKTECO, request.GET["SN"])

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        failures = {"outage": OperationalError("gone"), "mistake": ValueError("ours")}
        if error := failures.get(request.GET.get("fails", "")):
            raise error
        return said("OK")


def visit(**query: str) -> HttpResponse:
    response = Echo.as_view()(RequestFactory().get("/secret-in-address", query))
    assert isinstance(response, HttpResponse)
    return response


def test_an_admitted_terminal_is_answered_in_plain_text(terminal: Terminal) -> None:
    response = visit(SN=SERIAL)
    assert (response.status_code, response.content) == (200, b"OK")
    assert response["Content-Type"] == "text/plain"


def test_an_unknown_one_is_403(terminal: Terminal) -> None:
    assert visit(SN="UNKNOWN").status_code == 403


def test_while_the_database_is_away_it_is_asked_to_come_again(
    terminal: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = visit(SN=SERIAL, fails="outage")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "secret-in-address" not in caplog.text


def test_a_mistake_of_ours_is_logged_without_the_address(
    terminal: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert visit(SN=SERIAL, fails="mistake").status_code == 500
    assert "ValueError: ours" in caplog.text
    assert "secret-in-address" not in caplog.text


def test_who_sends_unknown_cards_only_is_slowed_down(terminal: Terminal) -> None:
    count(f"strays:{terminal.device.pk}", timedelta(minutes=1), times=MOST_STRAYS)
    response = visit(SN=SERIAL)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60


# --- long bodies ------------------------------------------------------------------------------


def lines(body: bytes) -> list[str]:
    return list(lines_of(RequestFactory().post("/", body, content_type="text/plain")))


def test_a_body_is_read_line_by_line_whatever_its_ends() -> None:
    assert lines(b"1\t2\r\n\n  \n3\t4\n5") == ["1\t2", "3\t4", "5"]


def test_of_a_line_without_an_end_only_the_beginning_is_read() -> None:
    first, second = lines(b"x" * 300_000 + b"\n17\t1")
    assert isinstance(first, TooLongLine)
    assert len(first) == LONGEST_LINE
    assert second == "17\t1"


def test_what_is_no_text_is_replaced() -> None:
    assert lines(b"\xff\xfe17\n") == ["\N{REPLACEMENT CHARACTER}" * 2 + "17"]
