"""The Frappe biometric attendance sync tool, as its documents say that it behaves.

`SyncTool` is written from them: it posts each record of a terminal as a form, goes on after a 200
with `message.name`, and else stops and starts over after the last one that was done.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from attendance.models import Attendance
from cards.tests.factories import make_card, make_member, make_student
from doors.models import Message, QuarantinedLine
from doors.tests.factories import CHECK_IN, check_in, make_terminal
from pos.models import Code, Device, Heartbeat, Protocol, Tap

pytestmark = pytest.mark.django_db

OLD_CHECK_IN = CHECK_IN.replace("/hrms.", "/erpnext.")


@dataclass
class SyncTool:
    url: str
    api_key: str
    api_secret: str
    done: list[str] = field(default_factory=list)

    def send(
        self, employee_field_value: str, timestamp: datetime, device_id: str, log_type: str | None
    ) -> tuple[int, str]:
        said = {
            "employee_field_value": employee_field_value,
            "timestamp": str(timestamp),
            "device_id": device_id,
            **({"log_type": log_type} if log_type else {}),
        }
        request = urllib.request.Request(  # noqa: S310  (an address of our own)
            self.url + CHECK_IN,
            urllib.parse.urlencode(said).encode(),
            {
                "Authorization": f"token {self.api_key}:{self.api_secret}",
                "Accept": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
                return response.status, json.loads(response.read())["message"]["name"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def push(self, records: list[tuple[str, datetime, str | None]]) -> None:
        for number, at, way in records[len(self.done) :]:
            status, name = self.send(number, at, "HO1", way)
            if status != 200:
                raise RuntimeError(name)
            self.done.append(name)


def naive(moment: datetime) -> datetime:
    """As a terminal shows it: campus time without an offset."""
    return timezone.make_naive(moment).replace(microsecond=0)


@pytest.mark.django_db(transaction=True)
def test_the_tool_leaves_its_records_once_however_often_it_starts_over(
    live_server: LiveServer,
) -> None:
    student, teacher = make_student(identifier="DIT/17"), make_member(terminal_pin="12349")
    for person in (student, teacher):
        make_card(person)
    device, key = make_terminal(Protocol.FRAPPE)
    at = naive(timezone.now())
    records: list[tuple[str, datetime, str | None]] = [
        ("DIT/17", at - timedelta(minutes=30), "IN"),
        ("12349", at - timedelta(minutes=29), "IN"),
        ("nobody", at - timedelta(minutes=28), None),
        ("DIT/17", at - timedelta(minutes=1), "OUT"),
    ]
    tool = SyncTool(live_server.url, str(device.pk), key)
    tool.push(records)
    again = SyncTool(live_server.url, str(device.pk), key)  # its log was lost
    again.push(records)
    assert again.done == tool.done
    assert len(set(tool.done)) == 4
    taps = Tap.objects.order_by("tap_id")
    assert [tap.code for tap in taps] == [Code.OK, Code.OK, Code.UNKNOWN_CARD, Code.OK]
    assert [tap.direction for tap in taps] == ["in", "in", "", "out"]
    assert {tap.is_offline for tap in taps} == {True}
    assert {day.person_id for day in Attendance.objects.all()} == {student.pk, teacher.pk}
    assert Heartbeat.objects.get().device_id == device.pk


def test_what_never_can_be_a_check_in_does_not_hold_the_others_up() -> None:
    """The tool would start over from it for ever."""
    device, key = make_terminal(Protocol.FRAPPE)
    for said in (
        {"employee_field_value": "17", "timestamp": "yesterday"},
        {"employee_field_value": "", "timestamp": "2026-11-26 07:31:02"},
        {"timestamp": "2026-11-26 07:31:02"},
        {"employee_field_value": "1\x007", "timestamp": "2026-11-26 07:31:02"},
        {},
    ):
        response = check_in(device, key, **said)
        assert response.status_code == 200
        assert response.json()["message"]["name"]
    assert not Tap.objects.exists()
    assert QuarantinedLine.objects.count() == 5


@pytest.mark.parametrize("address", [CHECK_IN, OLD_CHECK_IN])
def test_json_is_read_as_well_at_both_addresses(address: str) -> None:
    make_card(make_student(identifier="17"))
    device, key = make_terminal(Protocol.FRAPPE)
    body = {"employee_field_value": 17, "timestamp": "2026-11-26 07:31:02.123456"}
    header = {"Authorization": f"token {device.pk}:{key}"}
    response = Client().post(address, body, content_type="application/json", headers=header)
    assert response.status_code == 200
    assert Tap.objects.get().person_id


@pytest.mark.parametrize(
    "header",
    ["", "token", "token :", "token {pk}:", "token {pk}:{key}x", "token {other}:{key}",
     "Bearer {pk}:{key}", "Device {key}"],
)  # fmt: skip
def test_a_wrong_token_is_401(header: str) -> None:
    device, key = make_terminal(Protocol.FRAPPE)
    said = header.format(pk=device.pk, key=key, other=uuid4())
    response = Client().post(CHECK_IN, {}, headers={"Authorization": said})
    assert response.status_code == 401
    assert not Message.objects.exists()


def test_the_key_of_another_protocol_or_of_a_reader_that_is_off_is_403() -> None:
    device, key = make_terminal(Protocol.TRACKXPERT)
    assert check_in(device, key).status_code == 403
    device, key = make_terminal(Protocol.FRAPPE)
    Device.objects.filter(pk=device.pk).update(is_active=False)
    assert check_in(device, key).status_code == 403


def test_a_shift_that_is_said_to_be_complete_changes_nothing() -> None:
    device, key = make_terminal(Protocol.FRAPPE)
    response: Any = Client().put(
        "/api/resource/Shift Type/Day",
        {"last_sync_of_checkin": "2026-11-26 07:31:02"},
        content_type="application/json",
        headers={"Authorization": f"token {device.pk}:{key}"},
    )
    assert (response.status_code, response.json()) == (200, {"data": {"name": "Day"}})


def test_its_page_shows_what_it_said_but_no_key() -> None:
    device, key = make_terminal(Protocol.FRAPPE)
    check_in(device, key, employee_field_value="17", timestamp="2026-11-26 07:31:02")
    message = Message.objects.get()
    assert message.said == "employee_field_value=17 timestamp=2026-11-26 07:31:02"
    assert (message.what, message.answered) == ("check-in", "1 new")
