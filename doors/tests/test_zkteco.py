"""Attendance terminals by ZKTeco: what they send, what they are told (contract section 8)."""

import http.client
import logging
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from attendance.models import Attendance
from cards.models import Card
from cards.number_formats import NumberFormat
from cards.services import retire_card
from cards.tests.factories import make_card, make_member, make_student
from doors.models import Command, Knock, Message, QuarantinedLine, TerminalUser
from doors.tests.searching import files_with, tables_with
from doors.tests.zkteco import MB560, OFFICIAL, TEMPLATE, ZkTerminal, make_access, make_zkteco
from people.models import Person
from pos.models import Code, ConflictingTap, Device, Heartbeat, Protocol, Tap
from pos.protocol import MAX_BATCH
from privacy.erasure import erase_person
from students.kind import STUDENT

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-11-20T09:00:00+03:00")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def terminal() -> ZkTerminal:
    return make_zkteco()


def with_card(number: str = "E43AC9D2", **fields: Any) -> Card:
    return make_card(make_student(**fields), number)


def record(pin: str, at: str = "2026-11-20 07:31:02", *more: str) -> str:
    return "\t".join((pin, at, *(more or ("0", "1", "0", "0", "0")))) + "\n"


# --- it says hello ----------------------------------------------------------------------------


def test_the_handshake_gives_it_its_settings(terminal: ZkTerminal) -> None:
    answer = terminal.get("cdata", options="all", pushver="2.2.14", DeviceType="att", language="83")
    assert answer.headers["Content-Type"] == "text/plain"
    lines = answer.content.decode().split("\n")
    assert lines[0] == f"GET OPTION FROM: {terminal.serial_number}"
    settings = dict(line.split("=", 1) for line in lines[1:] if line)
    assert settings["TimeZone"] == "3"
    assert (settings["Realtime"], settings["Encrypt"]) == ("1", "None")
    assert settings["TransFlag"] == "TransData AttLog\tOpLog\tEnrollUser\tChgUser"
    assert settings["ATTLOGStamp"] == "None"


def test_no_biometrics_are_asked_for(terminal: ZkTerminal) -> None:
    text = terminal.get("cdata", options="all").content.decode()
    asked = text.partition("TransFlag=")[2].partition("\n")[0].split("\t")
    biometric = {"EnrollFP", "ChgFP", "FPImag", "FACE", "UserPic", "BioPhoto", "AttPhoto"}
    assert not biometric & {flag.removeprefix("TransData ") for flag in asked}


def test_a_time_zone_of_half_an_hour_is_told_in_minutes(
    terminal: ZkTerminal, settings: Settings
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"  # pytest-django tells Django of the change, and back
    assert b"TimeZone=330\n" in terminal.get("cdata", options="all").content


def test_a_terminal_that_nobody_has_admitted_is_refused_and_knocks() -> None:
    for what in ("cdata", "getrequest", "ping"):
        answer = Client().get(f"/iclock/{what}", {"SN": "0316144680030"})
        assert answer.status_code == 403
    answer = Client().post(
        "/iclock/cdata?SN=0316144680030&table=ATTLOG", OFFICIAL, content_type="text/plain"
    )
    assert answer.status_code == 403
    knock = Knock.objects.get()
    assert (knock.protocol, knock.serial_number) == (Protocol.ZKTECO, "0316144680030")
    assert not Tap.objects.exists()


def test_one_that_is_switched_off_keeps_what_it_has(terminal: ZkTerminal) -> None:
    Device.objects.update(is_active=False)
    assert terminal.post("cdata", OFFICIAL, table="ATTLOG").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"options": "all", "pushver": "3.0.1", "DeviceType": "acc"},
        {"table": "rtlog"},
        {"table": "tabledata", "tablename": "transaction", "count": "1"},
        {"AuthType": "device"},
    ],
)
def test_a_controller_that_was_registered_as_an_attendance_terminal_knocks_as_what_it_is(
    terminal: ZkTerminal, query: dict[str, str]
) -> None:
    """What it sends stays in it: here it would be misunderstood, and lost."""
    send = terminal.get if "options" in query else terminal.post
    assert send("cdata", **query).status_code == 403
    assert Knock.objects.get().protocol == Protocol.ZKTECO_ACC


@pytest.mark.parametrize(
    "query", [{"DeviceType": "att", "pushver": "3.1.2"}, {"table": "ATTLOG"}, {"table": "OPERLOG"}]
)
def test_an_attendance_terminal_that_was_registered_as_a_controller_knocks_as_what_it_is(
    query: dict[str, str],
) -> None:
    terminal = make_access()
    send = terminal.get if "pushver" in query else terminal.post
    assert send("cdata", **query).status_code == 403
    assert Knock.objects.get().protocol == Protocol.ZKTECO


@pytest.mark.parametrize(
    ("query", "protocol"),
    [
        ({"pushver": "2.2.14"}, Protocol.ZKTECO),
        ({"pushver": "3.0.1"}, Protocol.ZKTECO_ACC),
        ({"pushver": "3.1.2", "DeviceType": "att"}, Protocol.ZKTECO),
        ({"pushver": "2.4.1", "DeviceType": "acc"}, Protocol.ZKTECO_ACC),
    ],
)
def test_a_stranger_knocks_as_what_it_seems_to_be(
    query: dict[str, str], protocol: Protocol
) -> None:
    Client().get("/iclock/cdata", {"SN": "1", "options": "all", **query})
    assert Knock.objects.get().protocol == protocol


# --- records ----------------------------------------------------------------------------------


def test_the_makers_own_lines_are_answered_with_their_number(terminal: ZkTerminal) -> None:
    assert terminal.records(OFFICIAL) == "OK: 9"
    assert Tap.objects.count() == 9
    # Of years ago: in the ledger, and for a person to look at.
    assert Tap.objects.left_for_review().count() == 9


def test_a_line_of_an_mb560_is_understood(terminal: ZkTerminal) -> None:
    assert terminal.records(MB560) == "OK: 1"
    tap = Tap.objects.get()
    assert tap.card_text == "2"
    assert tap.tapped_at == datetime.fromisoformat("2022-07-12T16:00:20+03:00")


@pytest.mark.parametrize("number", range(2, 13))
def test_a_record_has_two_to_twelve_fields(terminal: ZkTerminal, number: int) -> None:
    card = with_card(terminal_pin="1452")
    fields = ["1452", "2026-11-20 07:31:02", "0", "4", "", "0", "0", "", "", "", "", "e30="]
    assert terminal.records("\t".join(fields[:number]) + "\n") == "OK: 1"
    assert Tap.objects.get().card_uuid == card.pk


def test_somebody_is_known_by_the_identification_number_or_the_pin(terminal: ZkTerminal) -> None:
    by_number = with_card("E43AC9D2", identifier="1452")
    by_pin = with_card("E43AC9D3", terminal_pin="77")
    assert terminal.records(record("1452") + record("77")) == "OK: 2"
    assert {tap.person_id for tap in Tap.objects.all()} == {by_number.person_id, by_pin.person_id}
    assert Attendance.objects.count() == 2


def test_a_terminal_writes_campus_time(terminal: ZkTerminal) -> None:
    with_card(identifier="1452")
    terminal.records(record("1452"))
    day = Attendance.objects.get()
    assert day.date.isoformat() == "2026-11-20"
    assert Tap.objects.get().tapped_at == datetime.fromisoformat("2026-11-20T07:31:02+03:00")


def test_newer_firmware_says_how_far_it_is_from_utc(terminal: ZkTerminal) -> None:
    fields = ("0", "15", "0", "0", "0", "0", "36.2", "36.2", "+28800", "")
    terminal.records(record("1452", "2026-11-20 12:31:02", *fields))
    assert Tap.objects.get().tapped_at == datetime.fromisoformat("2026-11-20T12:31:02+08:00")


def test_a_clock_that_is_wrong_is_not_believed(terminal: ZkTerminal) -> None:
    with_card(identifier="1452")
    lines = record("1452", "2026-11-20 10:00:00") + record("1452", "2000-01-01 00:00:07")
    assert terminal.records(lines) == "OK: 2"
    assert Tap.objects.left_for_review().count() == 2
    assert not Attendance.objects.exists()


def test_the_way_is_the_readers_and_not_what_the_terminal_says() -> None:
    terminal = make_zkteco(direction=Device.Direction.OUT)
    with_card(identifier="1452")
    terminal.records(record("1452"))
    assert Tap.objects.get().direction == "out"


def test_whom_nobody_knows_is_in_the_ledger(terminal: ZkTerminal) -> None:
    assert terminal.records(record("999")) == "OK: 1"
    assert Tap.objects.get().code == Code.UNKNOWN_CARD


def test_a_record_counts_once_however_often_it_is_sent(terminal: ZkTerminal) -> None:
    with_card(identifier="1452")
    lines = record("1452") + record("1452") + record("1452", "2026-11-20 07:40:00")
    for _ in range(3):
        assert terminal.records(lines) == "OK: 3"
    assert Tap.objects.count() == 2
    assert not ConflictingTap.objects.exists()


def test_a_record_is_the_same_with_more_fields_and_other_line_ends(terminal: ZkTerminal) -> None:
    terminal.records("1452\t2026-11-20 07:31:02\t0\t1\t0\t0\n")
    terminal.records("1452\t2026-11-20 07:31:02\t0\t1\t0\t0\t0\t0\t36.5\r\n\r\n")
    assert Tap.objects.count() == 1


def test_two_terminals_that_share_their_users_are_two(terminal: ZkTerminal) -> None:
    card = with_card(identifier="1452")
    other = make_zkteco(direction=Device.Direction.OUT)
    for each in (terminal, other, terminal, other):
        assert each.records(record("1452")) == "OK: 1"
    assert Tap.objects.count() == 2
    assert Attendance.objects.get().person_id == card.person_id


def test_what_can_never_be_a_tap_is_counted_and_kept_with_the_reason(
    terminal: ZkTerminal,
) -> None:
    with_card(identifier="1452")
    bad = [
        "rubbish",
        "1452",
        "1452\t2026-02-30 07:00:00\t0\t1",
        "\t2026-11-20 07:00:00",
        "\t\t\t",
        "\x00\x01",
    ]
    body = "\n".join((*bad, record("1452").strip())) + "\n"
    for _ in range(2):
        assert terminal.records(body) == "OK: 7"
    assert Tap.objects.count() == 1
    reasons = [line.reason for line in QuarantinedLine.objects.all()]
    assert len(reasons) == len(bad)
    assert any("Enter a time" in reason for reason in reasons)


def test_a_line_without_an_end_is_bounded(terminal: ZkTerminal) -> None:
    assert terminal.records("9" * 3_000_000 + "\n" + record("1452")) == "OK: 2"
    assert Tap.objects.count() == 1


def test_no_content_type_and_another_one_do_not_matter(terminal: ZkTerminal) -> None:
    for number, content_type in enumerate(
        ("", "application/x-www-form-urlencoded", "multipart/form-data", "application/json")
    ):
        answer = Client().post(
            f"/iclock/cdata?SN={terminal.serial_number}&table=ATTLOG",
            record("1452", f"2026-11-20 07:31:0{number}").encode(),
            content_type=content_type,
        )
        assert answer.content == b"OK: 1"
    assert Tap.objects.count() == 4


@pytest.mark.parametrize(
    "path",
    ["/iclock/cdata", "/iclock/cdata.aspx", "/iclock/iclock/cdata", "/iclock/cdata/"],
)
@pytest.mark.parametrize("parameter", ["SN", "sn", "Sn"])
def test_spellings_of_the_address(terminal: ZkTerminal, path: str, parameter: str) -> None:
    answer = Client().post(
        f"{path}?{parameter}={terminal.serial_number}&table=attlog",
        record("1452"),
        content_type="text/plain",
    )
    assert (answer.status_code, answer.content) == (200, b"OK: 1")


def test_an_address_that_is_none(terminal: ZkTerminal) -> None:
    assert terminal.get("shell").status_code == 404


@pytest.mark.parametrize("where", [{"table": "ATTLOG"}, {"table": "rtlog"}, {"table": "x"}, {}])
def test_what_is_left_where_nobody_looks_is_kept_or_was_never_there(
    terminal: ZkTerminal, where: dict[str, str]
) -> None:
    """Taps are sent again; all else would come for ever."""
    may_hold_taps = where.get("table") in {"ATTLOG", "rtlog"}
    if where.get("table") == "rtlog":
        Device.objects.update(protocol=Protocol.ZKTECO_ACC)
    answer = terminal.post("upload", OFFICIAL, **where)
    assert answer.status_code == (404 if may_hold_taps else 200)
    kept = Message.objects.values_list("what", "said", "answered")
    passed_over = "OK: passed over, nobody looks there"
    told = ("/iclock/upload", where.get("table", ""), passed_over)
    assert list(kept) == ([] if may_hold_taps else [told])
    assert terminal.post("exchange", "what it would send for ever").content == b"OK"


def memory(number: int) -> list[str]:
    """Its records of the last day, oldest first."""
    times = (NOW - DAY + timedelta(seconds=each) for each in range(number))
    return [record(str(1 + each % 700), f"{at:%Y-%m-%d %H:%M:%S}") for each, at in enumerate(times)]


def test_a_memory_sixteen_times_as_large_takes_no_more_memory(terminal: ZkTerminal) -> None:
    """It is read as a stream and recorded in batches, so that 150,000 lines are no burden."""

    def peak_of(body: str) -> int:
        tracemalloc.start()
        try:
            assert terminal.records(body) == f"OK: {body.count(chr(10))}"
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small = "".join(memory(1000))
    peak_of(small)  # what is loaded and cached once
    before = peak_of(small)
    large = small * 16
    # The test holds the body itself, some times over; a record that is kept takes twenty times it.
    assert peak_of(large) < before + 5 * len(large)
    assert Tap.objects.count() == 1000


@dataclass
class BreakingOff:
    """A body of which, after so many lines, something happens."""

    lines: list[bytes]
    after: int
    happens: Callable[[], object]

    def readline(self, size: int = -1) -> bytes:
        if self.after == 0:
            self.happens()
        self.after -= 1
        return self.lines.pop(0) if self.lines else b""

    read = readline


class ProcessDies(BaseException):
    """Nothing catches it."""


def kill_the_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def fail(error: BaseException) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "happens", [kill_the_connection, fail(ProcessDies()), fail(OSError("reset"))]
)
def test_what_is_broken_off_in_the_middle_counts_once_when_it_comes_again(
    happens: Callable[[], None],
) -> None:
    terminal = make_zkteco()
    card = with_card(identifier="7")
    lines = memory(1200)
    body = [line.encode() for line in lines]
    stream: Any = {"wsgi.input": BreakingOff(body, 700, happens)}
    with suppress(ProcessDies):
        answer = Client(raise_request_exception=False).post(
            f"/iclock/cdata?SN={terminal.serial_number}&table=ATTLOG",
            "".join(lines),
            content_type="text/plain",
            **stream,
        )
        assert answer.status_code >= 500
    connection.close()  # as after each request
    assert Tap.objects.count() == MAX_BATCH
    assert terminal.records("".join(lines)) == "OK: 1200"
    assert Tap.objects.count() == 1200
    assert Tap.objects.filter(person_id=card.person_id).count() == 2
    assert not ConflictingTap.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_http_1_0_without_a_host_is_served_and_told_the_time(live_server: LiveServer) -> None:
    terminal = make_zkteco()
    link = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port, timeout=20)
    link._http_vsn, link._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    link.request("GET", f"/iclock/cdata?SN={terminal.serial_number}&options=all")
    answer = link.getresponse()
    assert answer.status == 200
    assert answer.headers["Date"].endswith("GMT")
    assert answer.headers["Content-Length"] == str(len(answer.read()))
    link.close()


def test_it_may_ask_for_any_host(terminal: ZkTerminal) -> None:
    """Somebody has typed the address of this machine in its network."""
    answer = Client().get(
        "/iclock/ping", {"SN": terminal.serial_number}, headers={"host": "192.168.1.10:8000"}
    )
    assert (answer.status_code, answer.content) == (200, b"OK")


def test_it_is_never_sent_elsewhere(settings: Settings) -> None:
    """It follows no redirect, and older ones know no HTTPS."""
    settings.SECURE_SSL_REDIRECT = True
    assert make_zkteco().get("ping").status_code == 200


# --- operations, options, biometrics ----------------------------------------------------------


def test_operations_are_counted_and_shown(terminal: ZkTerminal) -> None:
    body = (
        "OPLOG 4\t14\t2015-07-30 10:22:34\t0\t0\t0\t0\n"
        "USER PIN=36234\tName=Wanjiku\tPri=0\tPasswd=4711\tCard=133440\tGrp=1\t"
        "TZ=0001000000000000\n"
    )
    answer = terminal.post("cdata", body, table="OPERLOG", Stamp="9999")
    assert answer.content == b"OK: 2"
    said = Message.objects.get().said
    assert "2015-07-30 10:22:34" in said
    assert "name=Wanjiku card=133440" in said
    assert "4711" not in said


def test_a_name_in_gb2312_can_be_read(terminal: ZkTerminal) -> None:
    body = "USER PIN=7\tName=王小明\tPri=0\n".encode("gb2312")
    assert terminal.post("cdata", body, table="OPERLOG").content == b"OK: 1"
    assert "王小明" in Message.objects.get().said


def test_options_tell_what_it_is_and_no_password(terminal: ZkTerminal) -> None:
    body = "~DeviceName=K40,FirmVer=Ver 8.0.4.1-20180102,ComPwd=998877,MAC=00:17:61:11:ad:4f"
    assert terminal.post("cdata", body, table="options").content == b"OK"
    assert Heartbeat.objects.get().firmware == "Ver 8.0.4.1-20180102"
    said = Message.objects.get().said
    assert "00:17:61:11:ad:4f" in said
    assert "998877" not in said


def test_nothing_of_a_template_is_kept_anywhere(
    terminal: ZkTerminal, caplog: pytest.LogCaptureFixture, tmp_path: Path, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    operations = (
        f"FP PIN=1\tFID=6\tSize=1360\tValid=1\tTMP={TEMPLATE}\n"
        f"FACE PIN=1\tFID=0\tSIZE=1360\tVALID=1\tTMP={TEMPLATE * 40}\n"
        f"{TEMPLATE}\n{TEMPLATE[:9]}\n"
        "OPLOG 6\t0\t2026-11-20 08:00:00\t1\t0\t0\t0\n"
        f"USERPIC PIN=1\tFileName=1.jpg\tSize=1360\tContent={TEMPLATE}\n"
        f"BIOPHOTO PIN=1\tFileName=1.jpg\tType=9\tSize=1360\tContent={TEMPLATE}\n"
    )
    assert terminal.post("cdata", operations, table="OPERLOG").content == b"OK: 7"
    data = f"BIODATA Pin=1\tNo=0\tIndex=0\tType=9\tFormat=0\tTmp={TEMPLATE}\n" * 3
    for table in ("BIODATA", "FINGERTMP", "FACE", "BIOPHOTO", "IDCARD", "whatever"):
        assert terminal.post("cdata", data, table=table).content == b"OK: 3"
    photo = f"PIN=20150731103012-1.jpg\nSN=1\nsize=9\nCMD=uploadphoto\0{TEMPLATE}"
    assert terminal.post("cdata", photo, table="ATTPHOTO").content == b"OK"
    assert terminal.post("fdata", photo, table="ATTPHOTO").content == b"OK"
    # Also where nobody expects one.
    terminal.records(f"1\t{TEMPLATE}\n{TEMPLATE}\n1\t2026-11-20 07:00:00\t0\t{TEMPLATE}\n")
    terminal.post("cdata", f"FirmVer={TEMPLATE},MAC={TEMPLATE}", table="options")
    terminal.post("devicecmd", f"ID=1&Return=0&CMD=GetFile\nContent={TEMPLATE}\n")
    marker = TEMPLATE[:24]
    assert tables_with(marker) == []
    assert marker not in caplog.text
    assert files_with(marker, tmp_path) == []


# --- it asks ----------------------------------------------------------------------------------


def test_ping_is_answered(terminal: ZkTerminal) -> None:
    assert terminal.get("ping").content == b"OK"


def test_asking_says_that_it_lives_and_what_it_runs(terminal: ZkTerminal) -> None:
    assert terminal.asks(INFO="Ver 2.0.12-20150625,0,0,0,192.168.16.27,10,7,15,0,111") == []
    heartbeat = Heartbeat.objects.get()
    assert (heartbeat.heard_at, heartbeat.firmware) == (NOW, "Ver 2.0.12-20150625")


def test_people_and_their_cards_are_put_into_it(terminal: ZkTerminal) -> None:
    with_card(identifier="1042", first_name="Wanjiku", surname="Njeri")
    (command,) = terminal.asks()
    number = Command.objects.get().pk
    # E43AC9D2 as its readers spell it: the decimal of the reversed bytes.
    said = "PIN=1042\tName=Wanjiku Njeri\tCard=3536403172"
    assert command == f"C:{number}:DATA UPDATE USERINFO {said}"
    terminal.does(command)
    assert terminal.asks() == []
    assert TerminalUser.objects.get().pin == "1042"
    assert not Command.objects.exists()


def test_the_pin_at_terminals_goes_before_the_identification_number(terminal: ZkTerminal) -> None:
    with_card(identifier="1042", terminal_pin="77")
    assert "PIN=77\t" in terminal.asks()[0]


def test_whose_number_no_terminal_can_keep_is_not_put_into_it(terminal: ZkTerminal) -> None:
    with_card(identifier="DIT/2024/1")
    make_student(identifier="1043")  # never had a card
    with_card("E43AC9D3", identifier="12")
    make_card(make_member(terminal_pin="12"), "E43AC9D4")
    assert terminal.asks() == []


def test_no_card_is_sent_to_a_terminal_whose_numbers_are_no_decimals() -> None:
    terminal = make_zkteco(number_format=NumberFormat.HEX)
    with_card(identifier="1042")
    assert "Card=" not in terminal.asks()[0]


def test_a_terminal_that_spells_24_bits_in_one_decimal_is_given_those() -> None:
    terminal = make_zkteco(number_format=NumberFormat.W26_DEC)
    with_card(identifier="1042")
    assert terminal.asks()[0].endswith("\tCard=13187812")


def test_a_command_is_told_again_only_after_a_while(terminal: ZkTerminal, clock: Any) -> None:
    with_card(identifier="1042")
    (command,) = terminal.asks()
    assert terminal.asks() == []
    clock.shift(timedelta(minutes=6))
    assert terminal.asks() == [command]


def test_what_it_could_not_do_rests_for_a_day(terminal: ZkTerminal, clock: Any) -> None:
    with_card(identifier="1042")
    terminal.does(*terminal.asks(), returned=-3)
    clock.shift(2 * MINUTE)
    assert terminal.asks() == []
    clock.shift(DAY)
    assert any("USERINFO PIN=1042" in command for command in terminal.asks())


def test_what_it_never_answers_is_given_up(terminal: ZkTerminal, clock: Any) -> None:
    with_card(identifier="1042")
    told = 0
    for _ in range(20):
        told += len(terminal.asks())
        clock.shift(timedelta(minutes=6))
    assert told == 5


def test_who_leaves_is_taken_out_of_it(terminal: ZkTerminal, clock: Any) -> None:
    card = with_card(identifier="1042")
    terminal.does(*terminal.asks())
    Person.objects.filter(pk=card.person_id).update(is_active=False)
    clock.shift(2 * MINUTE)
    (command,) = terminal.asks()
    assert command.endswith(":DATA DELETE USERINFO PIN=1042")
    terminal.does(command)
    assert not TerminalUser.objects.exists()
    clock.shift(2 * MINUTE)
    assert terminal.asks() == []


def test_who_leaves_before_it_said_that_they_came_is_taken_out_too(
    terminal: ZkTerminal, clock: Any
) -> None:
    card = with_card(identifier="1042")
    terminal.asks()
    Person.objects.filter(pk=card.person_id).update(is_active=False)
    clock.shift(2 * MINUTE)
    assert terminal.asks()[0].endswith(":DATA DELETE USERINFO PIN=1042")


def test_who_was_never_told_of_need_not_be_taken_out(terminal: ZkTerminal, clock: Any) -> None:
    card = with_card(identifier="1042")
    others = [with_card(f"E43A{n:04X}", identifier=str(2000 + n)) for n in range(120)]
    assert len(terminal.asks()) == 100
    Person.objects.filter(pk__in=[other.person_id for other in others]).update(is_active=False)
    Person.objects.filter(pk=card.person_id).update(is_active=False)
    clock.shift(2 * MINUTE)
    assert len(terminal.asks()) == 100


def test_a_lost_card_is_taken_out_and_its_holder_stays(terminal: ZkTerminal, clock: Any) -> None:
    card = with_card(identifier="1042", first_name="Wanjiku", surname="Njeri")
    terminal.does(*terminal.asks())
    retire_card(card=card, reason="lost")
    clock.shift(2 * MINUTE)
    (command,) = terminal.asks()
    assert command.endswith("USERINFO PIN=1042\tName=Wanjiku Njeri\tCard=0")


def test_whoever_is_erased_is_forgotten_by_the_terminal_and_then_here(
    terminal: ZkTerminal, clock: Any
) -> None:
    number = "1042104210"
    card = with_card(identifier=number, first_name="Wanjiku", surname="Njeri")
    terminal.does(*terminal.asks())
    with_card("E43AC9D3", identifier="1043")
    clock.shift(2 * MINUTE)
    terminal.asks()
    Person.objects.filter(pk=card.person_id).update(is_active=False)
    erase_person(kind=STUDENT, number=number, really=True)
    clock.shift(2 * MINUTE)
    removal = next(command for command in terminal.asks() if "DELETE" in command)
    assert removal.endswith(f":DATA DELETE USERINFO PIN={number}")
    terminal.does(removal)
    Message.objects.all().delete()  # of the last day
    assert tables_with(number) == []
    assert tables_with("Wanjiku") == []


def test_whom_the_school_has_entered_by_hand_stays(terminal: ZkTerminal, clock: Any) -> None:
    terminal.post("cdata", "USER PIN=500\tName=Cleaner\tCard=77\n", table="OPERLOG")
    assert terminal.asks() == []


def test_somebody_whom_it_does_not_know_may_be_asked_for(terminal: ZkTerminal) -> None:
    with_card(identifier="1042", first_name="Wanjiku", surname="Njeri")
    answer = terminal.get("cdata", table="RemoteAtt", PIN="1042")
    said = b"DATA UPDATE USERINFO PIN=1042\tName=Wanjiku Njeri\tCard=3536403172"
    assert answer.content == said
    assert terminal.get("cdata", table="RemoteAtt", PIN="9").content == b"OK"


# --- records that are missing -----------------------------------------------------------------


def counts_of(commands: list[str]) -> list[str]:
    return [command.split(":", 2)[2] for command in commands if "VERIFY SUM" in command]


def test_of_each_day_that_is_over_its_records_are_counted(terminal: ZkTerminal, clock: Any) -> None:
    terminal.asks()
    clock.shift(3 * DAY)
    days = [f"2026-11-{day} 00:00:00\tEndTime=2026-11-{day} 23:59:59" for day in (20, 21, 22)]
    assert counts_of(terminal.asks()) == [f"VERIFY SUM ATTLOG StartTime={day}" for day in days]
    assert counts_of(terminal.asks()) == []


@pytest.mark.parametrize("name", ["AttlogSum", "AttlogCount"])
def test_records_that_are_missing_are_fetched(terminal: ZkTerminal, clock: Any, name: str) -> None:
    with_card(identifier="1452")
    terminal.does(*terminal.asks())
    lost, kept = record("1452", "2026-11-20 07:31:02"), record("1452", "2026-11-20 16:00:00")
    terminal.records(kept)
    clock.shift(DAY)
    (count,) = terminal.asks()
    terminal.does(count, **{name: 2})
    (query,) = terminal.asks()
    within = "StartTime=2026-11-20 00:00:00\tEndTime=2026-11-20 23:59:59"
    assert query.split(":", 2)[2] == f"DATA QUERY ATTLOG {within}"
    assert terminal.records(lost + kept) == "OK: 2"
    terminal.does(query)
    assert Tap.objects.count() == 2
    clock.shift(10 * MINUTE)
    assert terminal.asks() == []


def test_where_none_is_missing_nothing_is_sent_again(terminal: ZkTerminal, clock: Any) -> None:
    terminal.records(record("1452") + record("1452", "2026-11-19 23:59:59"))
    clock.shift(DAY)
    (count,) = terminal.asks()
    terminal.does(count, AttlogSum=1)
    assert terminal.asks() == []


def test_a_terminal_that_cannot_count_sends_the_day_again(terminal: ZkTerminal, clock: Any) -> None:
    terminal.asks()
    clock.shift(DAY)
    terminal.does(*terminal.asks(), returned=-1)
    assert "DATA QUERY ATTLOG" in terminal.asks()[0]


def test_after_a_long_outage_only_days_that_are_believed_are_asked_for(
    terminal: ZkTerminal, clock: Any
) -> None:
    terminal.asks()
    clock.shift(60 * DAY)
    assert len(counts_of(terminal.asks())) == 29


def test_an_answer_to_a_command_of_another_terminal_is_none(terminal: ZkTerminal) -> None:
    with_card(identifier="1042")
    (command,) = terminal.asks()
    make_zkteco().does(command)
    assert Command.objects.get().answered_at is None


def test_answers_that_are_none_are_passed_over(terminal: ZkTerminal) -> None:
    body = f"ID=&Return=0\nID=x&Return=y\nnonsense\nID={10**30}&Return=0\nID=7&Return=-1&CMD=INFO\n"
    assert terminal.post("devicecmd", body).content == b"OK"
