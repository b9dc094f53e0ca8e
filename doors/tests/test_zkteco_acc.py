"""Access controllers by ZKTeco: what they tell, and what they are answered (contract section 8)."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from attendance.models import Attendance
from cards.models import Card
from cards.services import retire_card
from cards.tests.factories import make_card, make_student
from core.throttling import count
from doors.models import Knock, Message, QuarantinedLine, TerminalUser
from doors.tests.searching import files_with, tables_with
from doors.tests.zkteco import TEMPLATE, ZkTerminal, make_access
from doors.zkteco_acc import time_of, zk_seconds
from kitchen.models import KitchenService
from people.models import Person
from pos.models import Activity, Code, Decision, Device, Heartbeat, Protocol, Tap
from pos.strays import MOST as MOST_STRAYS
from pos.tests.factories import all_day_period

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-11-20T09:00:00+03:00")
MINUTE = timedelta(minutes=1)
# From the maker's document: nobody was there.
OFFICIAL = (
    "time=2017-01-10 11:49:32\tpin=0\tcardno=0\teventaddr=1\tevent=27\tinoutstatus=1\t"
    "verifytype=0\tindex=21"
)
# E43AC9D2, as the decimal of its bytes reversed.
CARD = "3536403172"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def gate() -> ZkTerminal:
    return make_access()


def with_card(number: str = "E43AC9D2", **fields: Any) -> Card:
    return make_card(make_student(**fields), number)


def event(at: str = "2026-11-20 09:00:00", **fields: object) -> str:
    said: dict[str, object] = {
        "time": at,
        "pin": 0,
        "cardno": CARD,
        "eventaddr": 1,
        "event": 0,
        "inoutstatus": 0,
        "verifytype": 4,
        "index": 21,
    }
    return "\t".join(f"{name}={value}" for name, value in (said | fields).items())


def question(at: str = "2026-11-20 09:00:00", **fields: object) -> str:
    asked = event(at, addrtype=1, **fields)
    return "\t".join(part for part in asked.split("\t") if not part.startswith("index="))


def tells(gate: ZkTerminal, *events: str) -> None:
    answer = gate.post("cdata", "\r\n".join(events) + "\r\n", table="rtlog")
    assert (answer.status_code, answer.content) == (200, b"OK")


def asks(gate: ZkTerminal, text: str) -> list[str]:
    answer = gate.post("cdata", text, AuthType="device")
    assert answer.status_code == 200, answer.content
    return answer.content.decode().split("\r\n")


# --- it says hello ----------------------------------------------------------------------------


def settings_in(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def test_one_that_was_admitted_is_registered_at_once(gate: ZkTerminal) -> None:
    answer = gate.get("cdata", options="all", pushver="3.0.1", DeviceType="acc")
    assert answer.headers["Content-Type"] == "text/plain"
    told = settings_in(answer.content.decode())
    assert told["registry"] == "ok"
    assert 0 < len(told["RegistryCode"]) <= 32
    assert (told["Realtime"], told["ServerVersion"]) == ("1", "3.0.1")
    assert told["TransTables"] == "User Transaction"


def test_one_that_registers_gets_the_same_code_and_settings(gate: ZkTerminal) -> None:
    body = "DeviceType=acc,~DeviceName=inBio460,FirmVer=AC Ver 5.4.3,LockCount=4,ComPwd=998877"
    code = gate.post("registry", body).content.decode()
    again = settings_in(gate.get("cdata", options="all", DeviceType="acc").content.decode())
    assert code == f"RegistryCode={again['RegistryCode']}"
    told = settings_in(gate.post("push").content.decode())
    assert told["SessionID"] == again["SessionID"]
    assert Heartbeat.objects.get().firmware == "AC Ver 5.4.3"
    assert not any("998877" in message.said for message in Message.objects.all())


def test_codes_are_of_one_controller_each(gate: ZkTerminal) -> None:
    assert gate.post("registry").content != make_access().post("registry").content


def test_a_stranger_is_refused_everywhere_and_knocks() -> None:
    stranger = make_access()
    Device.objects.all().delete()
    for what in ("registry", "push", "getrequest", "devicecmd"):
        assert stranger.post(what).status_code == 403
    assert stranger.get("cdata", options="all", DeviceType="acc").status_code == 403
    assert stranger.post("cdata", event(), table="rtlog").status_code == 403
    assert stranger.post("cdata", question(), AuthType="device").status_code == 403
    assert Protocol.ZKTECO_ACC in Knock.objects.values_list("protocol", flat=True)
    assert not Tap.objects.exists()


def test_its_token_is_taken_and_no_other(gate: ZkTerminal) -> None:
    told = settings_in(gate.get("cdata", options="all", DeviceType="acc").content.decode())
    text = told["RegistryCode"] + gate.serial_number + told["SessionID"]
    token = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    for sent, status in ((token, 200), (token.upper(), 200), ("0" * 32, 401)):
        gate.client.cookies["token"] = sent
        assert gate.post("cdata", event(), table="rtlog").status_code == status
        assert gate.get("getrequest").status_code == status


def test_it_is_told_the_time(gate: ZkTerminal) -> None:
    answer = gate.get("rtdata", type="time").content.decode()
    assert answer == f"DateTime={zk_seconds(NOW - timedelta(hours=3))},ServerTZ=+0300"


def test_seconds_since_2000_with_months_of_31_days() -> None:
    """The appendix of the maker's document has a formula, and no example."""
    moment = datetime(2017, 1, 10, 11, 49, 32)  # noqa: DTZ001  (a clock on a wall)
    assert zk_seconds(moment) == (17 * 372 + 0 * 31 + 9) * 86400 + 11 * 3600 + 49 * 60 + 32
    assert time_of(zk_seconds(moment)) == "2017-01-10 11:49:32"


# --- what happened ----------------------------------------------------------------------------


def test_the_makers_own_event_is_nobody(gate: ZkTerminal) -> None:
    tells(gate, OFFICIAL)
    assert not Tap.objects.exists()
    assert not QuarantinedLine.objects.exists()


def test_a_pass_is_a_tap_of_the_card(gate: ZkTerminal) -> None:
    card = with_card()
    tells(gate, event("2026-11-20 07:31:02"))
    tap = Tap.objects.get()
    assert (tap.card_uuid, tap.code) == (card.pk, Code.OK)
    assert tap.tapped_at == datetime.fromisoformat("2026-11-20T07:31:02+03:00")
    assert Attendance.objects.get().person_id == card.person_id


def test_whoever_came_without_a_card_is_known_by_the_pin(gate: ZkTerminal) -> None:
    card = with_card(terminal_pin="77")
    tells(gate, event(cardno=0, pin=77, verifytype=1))
    assert Tap.objects.get().card_uuid == card.pk


def test_of_card_and_pin_the_card_counts(gate: ZkTerminal) -> None:
    card = with_card()
    with_card("E43AC9D3", terminal_pin="77")
    tells(gate, event(pin=77))
    assert Tap.objects.get().card_uuid == card.pk


@pytest.mark.parametrize("code", [0, 14, 101, 222])
def test_events_that_opened_a_door_count(gate: ZkTerminal, code: int) -> None:
    with_card()
    tells(gate, event(event=code))
    assert Attendance.objects.exists()


@pytest.mark.parametrize("code", [20, 23, 27, 29, 41, 44])
def test_whom_the_controller_sent_away_did_not_pass(gate: ZkTerminal, code: int) -> None:
    with_card()
    tells(gate, event(event=code))
    assert Tap.objects.get().reader_decision == Decision.DENIED
    assert not Attendance.objects.exists()


@pytest.mark.parametrize("code", [5, 8, 100, 102, 200, 201, 202, 206, 223, 700])
def test_what_is_of_doors_and_of_power_is_no_tap(gate: ZkTerminal, code: int) -> None:
    with_card()
    tells(gate, event(event=code))
    assert not Tap.objects.exists()


@pytest.mark.parametrize(("status", "way"), [(0, "in"), (1, "out"), (2, "")])
def test_a_two_way_gate_goes_by_what_the_controller_says(status: int, way: str) -> None:
    gate = make_access(direction=Device.Direction.BOTH)
    tells(gate, event(inoutstatus=status))
    assert Tap.objects.get().direction == way


def test_a_one_way_gate_goes_by_the_reader() -> None:
    gate = make_access(direction=Device.Direction.IN)
    tells(gate, event(inoutstatus=1))
    assert Tap.objects.get().direction == "in"


def test_an_event_counts_once_however_often_it_is_told(gate: ZkTerminal) -> None:
    with_card()
    for _ in range(3):
        tells(gate, event(index=21), event("2026-11-20 09:00:01", index=22))
    assert Tap.objects.count() == 2


def test_its_whole_memory_again_counts_once_and_costs_little(gate: ZkTerminal) -> None:
    with_card()
    times = (NOW - timedelta(seconds=1200 - number) for number in range(1200))
    memory = [event(f"{at:%Y-%m-%d %H:%M:%S}", index=1 + number) for number, at in enumerate(times)]
    tells(gate, *memory)
    assert Tap.objects.count() == 1200
    with CaptureQueriesContext(connection) as context:
        tells(gate, *memory)
    assert Tap.objects.count() == 1200
    assert len(context) < 15


def test_indexes_that_start_again_are_other_events(gate: ZkTerminal) -> None:
    tells(gate, event("2026-11-20 07:00:00", index=1))
    tells(gate, event("2026-11-20 08:00:00", index=1))
    assert Tap.objects.count() == 2


def test_two_controllers_with_the_same_indexes_are_two(gate: ZkTerminal) -> None:
    card = with_card()
    other = make_access()
    for each in (gate, other, gate, other):
        tells(each, event())
    assert Tap.objects.count() == 2
    assert Attendance.objects.get().person_id == card.person_id


def test_its_memory_comes_as_a_table_and_is_taken_by_its_name(gate: ZkTerminal) -> None:
    card = with_card()
    seconds = zk_seconds(datetime(2026, 11, 20, 7, 31, 2))  # noqa: DTZ001  (a clock on a wall)
    line = (
        f"transaction cardno={CARD}\tpin=0\tverified=4\tdoorid=1\teventtype=0\tinoutstate=0\t"
        f"time_second={seconds}\tindex=21"
    )
    query = {"table": "tabledata", "tablename": "transaction", "count": "1"}
    for _ in range(2):
        assert gate.post("cdata", f"{line}\r\n", **query).content == b"transaction=1"
    tap = Tap.objects.get()
    assert tap.tapped_at == datetime.fromisoformat("2026-11-20T07:31:02+03:00")
    assert tap.card_uuid == card.pk
    # Told at once and once more with the whole memory it is one event.
    tells(gate, event("2026-11-20 07:31:02", index=21))
    assert Tap.objects.count() == 1


@pytest.mark.parametrize("name", ["user", "extuser", "templatev10", "biophoto", "errorlog"])
def test_any_table_is_answered_by_its_name(gate: ZkTerminal, name: str) -> None:
    body = "uid=1\tpin=1\r\nuid=2\tpin=2\r\n"
    for query in ({"count": "2"}, {}):
        answer = gate.post("cdata", body, table="tabledata", tablename=name, **query)
        assert answer.content == f"{name}=2".encode()
    assert gate.post("querydata", body, type="tabledata", tablename=name, count="2").content == (
        f"{name}=2".encode()
    )


@pytest.mark.parametrize("name", ["", "a b", "a\r\nSet-Cookie: x", "x" * 100])
def test_a_table_of_no_name_is_taken_all_the_same(gate: ZkTerminal, name: str) -> None:
    answer = gate.post("cdata", "x=1\r\n", table="tabledata", tablename=name, count="1")
    assert (answer.status_code, answer.content) == (200, b"OK")


def test_states_tell_what_its_clock_shows(gate: ZkTerminal) -> None:
    state = "time=2026-11-20 09:00:07\tsensor=00\trelay=00\talarm=0000000000000000"
    assert gate.post("cdata", state, table="rtstate").content == b"OK"
    assert Heartbeat.objects.get().clock_offset_ms == 7000


def test_what_can_never_be_a_tap_is_kept_with_the_reason(gate: ZkTerminal) -> None:
    bad = (
        event("2026-02-30 07:00:00", index=1),
        event("", index=2),
        event(event="", index=3),
        event(event="x", index=4),
    )
    for _ in range(2):
        tells(gate, *bad, event(index=5), "rubbish")
    assert Tap.objects.count() == 1
    assert QuarantinedLine.objects.count() == len(bad)


def test_nothing_of_a_template_is_kept_anywhere(
    gate: ZkTerminal, caplog: pytest.LogCaptureFixture, tmp_path: Path, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("templatev10", "biodata", "biophoto", "userpic", "fvtemplate", "identitycard"):
        line = f"{name} pin=1\tno=0\ttype=9\ttmp={TEMPLATE * 30}\r\n"
        query = {"table": "tabledata", "tablename": name, "count": "2"}
        assert gate.post("cdata", line * 2, **query).content == f"{name}=2".encode()
    assert gate.post("cdata", f"a\0{TEMPLATE}", table="ATTPHOTO").content == b"OK"
    # Also where nobody expects one.
    tells(gate, event(photo=TEMPLATE), f"{event(index=7)}{TEMPLATE}", TEMPLATE)
    gate.post("cdata", TEMPLATE, table="rtstate")
    gate.post("cdata", question(cardno=TEMPLATE), AuthType="device")
    gate.post("cdata", question(at=TEMPLATE), AuthType="device")
    gate.post("registry", f"FirmVer={TEMPLATE},MAC={TEMPLATE}")
    gate.post("devicecmd", f"ID=1&Return=0&CMD=DATA\r\ntmp={TEMPLATE}\r\n")
    marker = TEMPLATE[:24]
    assert tables_with(marker) == []
    assert marker not in caplog.text
    assert files_with(marker, tmp_path) == []


# --- may they pass? ---------------------------------------------------------------------------


def test_a_good_card_opens_the_door_at_which_it_was_asked(gate: ZkTerminal) -> None:
    card = with_card()
    asked = question(eventaddr=12)
    verdict, record, command, *_ = asks(gate, asked)
    assert (verdict, record) == ("AUTH=SUCCESS", asked)
    assert command == "CONTROL DEVICE 010C0105"
    tap = Tap.objects.get()
    assert (tap.card_uuid, tap.decision, tap.is_offline) == (card.pk, Decision.ACCEPTED, False)
    assert Attendance.objects.exists()


def suspend(card: Card) -> None:
    Person.objects.filter(pk=card.person_id).update(status="Suspended")


def lose(card: Card) -> None:
    retire_card(card=card, reason="lost")


@pytest.mark.parametrize(
    ("spoil", "code"), [(suspend, Code.HOLDER_INACTIVE), (lose, Code.CARD_RETIRED)]
)
def test_whoever_may_not_pass_is_refused_and_no_door_opens(
    gate: ZkTerminal, spoil: Callable[[Card], None], code: Code
) -> None:
    spoil(with_card())
    asked = question()
    verdict, record, *rest = asks(gate, asked)
    assert (verdict, record) == ("AUTH=FAILED", asked)
    assert not any("CONTROL" in line for line in rest)
    assert Tap.objects.get().code == code


def test_a_card_that_nobody_knows_is_refused(gate: ZkTerminal) -> None:
    assert asks(gate, question())[0] == "AUTH=FAILED"
    assert Tap.objects.get().code == Code.UNKNOWN_CARD


@pytest.mark.parametrize(
    "asked", ["", "rubbish", question(cardno=0), question("2026-02-30 07:00:00")]
)
def test_a_question_that_is_none_is_refused_and_kept(gate: ZkTerminal, asked: str) -> None:
    assert asks(gate, asked)[0] == "AUTH=FAILED"
    assert not Tap.objects.exists()
    assert QuarantinedLine.objects.count() == 1


def test_a_question_that_is_repeated_gets_the_first_answer(gate: ZkTerminal) -> None:
    """The first answer was lost on its way."""
    card = with_card()
    assert asks(gate, question())[0] == "AUTH=SUCCESS"
    suspend(card)
    assert asks(gate, question())[0] == "AUTH=SUCCESS"
    assert Tap.objects.count() == 1


@pytest.mark.parametrize("pin", [0, 77])
@pytest.mark.parametrize("code", [0, 222, 44])
def test_what_is_told_of_that_pass_afterwards_is_the_same_pass(
    gate: ZkTerminal, pin: int, code: int
) -> None:
    with_card(terminal_pin="77")
    asks(gate, question())
    tells(gate, event(event=code, pin=pin), event("2026-11-20 09:00:09", index=22))
    assert Tap.objects.count() == 2
    assert set(Tap.objects.values_list("reader_decision", flat=True)) == {""}


def test_two_that_pass_in_one_second_are_two(gate: ZkTerminal) -> None:
    with_card()
    with_card("E43AC9D3")
    asks(gate, question())
    asks(gate, question(cardno=int(CARD) + 2**24))
    assert Tap.objects.count() == 2
    assert set(Tap.objects.values_list("decision", flat=True)) == {Decision.ACCEPTED}


def test_a_clock_that_is_wrong_keeps_nobody_out(gate: ZkTerminal) -> None:
    with_card()
    assert asks(gate, question("2000-01-01 00:00:07"))[0] == "AUTH=SUCCESS"
    tap = Tap.objects.get()
    assert (tap.is_clock_suspect, tap.counted_at) == (True, NOW)


def test_at_a_hatch_nobody_eats_twice() -> None:
    hatch = make_access(activity_type=Activity.FOOD_SERVICE)
    all_day_period()
    with_card()
    assert asks(hatch, question("2026-11-20 09:00:00"))[0] == "AUTH=SUCCESS"
    assert asks(hatch, question("2026-11-20 09:00:30"))[0] == "AUTH=FAILED"
    assert KitchenService.objects.count() == 1


def test_who_tries_numbers_is_slowed_down_and_still_may_tell(gate: ZkTerminal) -> None:
    count(f"strays:{gate.device.pk}", timedelta(minutes=1), times=MOST_STRAYS)
    assert gate.post("cdata", question(), AuthType="device").status_code == 429
    tells(gate, event())
    assert gate.get("getrequest").status_code == 200


def test_it_is_answered_in_as_few_statements_as_any_tap(gate: ZkTerminal) -> None:
    """It waits 300 ms: nothing is kept of what was said, and no user or command looked for."""
    for number in range(1, 31):
        with_card(f"E43A{number:04X}")
    with_card()
    asks(gate, question(cardno=int.from_bytes(bytes.fromhex("E43A0001"), "little")))
    with CaptureQueriesContext(connection) as context:
        assert asks(gate, question())[0] == "AUTH=SUCCESS"
    assert len(context) == 8, [query["sql"][:80] for query in context]
    assert not Message.objects.exists()


# --- what it is told to do --------------------------------------------------------------------


def test_people_are_put_into_it_and_taken_out(gate: ZkTerminal, clock: Any) -> None:
    card = with_card(identifier="1042", first_name="Wanjiku", surname="Njeri")
    put, allow = gate.asks()
    number = put.split(":")[1]
    assert allow.split(":")[1] == number
    fields = f"CardNo={CARD}\tPin=1042\tStartTime=0\tEndTime=0\tName=Wanjiku Njeri"
    assert put == f"C:{number}:DATA UPDATE user {fields}"
    assert allow.endswith(
        ":DATA UPDATE userauthorize Pin=1042\tAuthorizeTimezoneId=1\tAuthorizeDoorId=1"
    )
    gate.does(put, allow)
    assert gate.asks() == []
    assert TerminalUser.objects.get().pin == "1042"
    suspend(card)
    clock.shift(2 * MINUTE)
    commands = gate.asks()
    assert [command.split(":", 2)[2] for command in commands] == [
        "DATA DELETE userauthorize Pin=1042",
        "DATA DELETE user Pin=1042",
    ]
    gate.does(*commands)
    assert not TerminalUser.objects.exists()


def test_half_a_command_that_failed_has_failed(gate: ZkTerminal) -> None:
    with_card(identifier="1042")
    put, allow = gate.asks()
    body = "".join(
        f"ID={command.split(':')[1]}&Return={returned}&CMD=DATA UPDATE\n"
        for command, returned in ((put, -5), (allow, 0))
    )
    assert gate.post("devicecmd", body).content == b"OK"
    assert TerminalUser.objects.get().digest is None
