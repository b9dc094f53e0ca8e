"""A reader says what its clock shows, and its taps are corrected by it (contract section 8)."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.changes import set_policy
from attendance.models import Attendance
from attendance.tests.factories import make_pupil
from cards.models import Card
from pos.models import Tap
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, BATCH, CHIP = "/api/pos/taps/", "/api/pos/taps/batch/", "04A32B1C"
NOW = datetime(2026, 11, 25, 7, 45, tzinfo=ZoneInfo("Africa/Dar_es_Salaam"))
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, 3, tzinfo=ZoneInfo("Africa/Dar_es_Salaam"))


@pytest.fixture
def gate() -> Iterator[APIClient]:
    pupil, _ = make_pupil()
    Card.objects.filter(person=pupil).update(rfid_number=CHIP)
    set_policy(class_level="", changes={"late_after": time(8)})
    with time_machine.travel(NOW, tick=False):
        yield make_reader()[1]


def send(gate: APIClient, tapped_at: datetime, device_time: datetime, **said: Any) -> Any:
    tap = {"event_id": "1", "card": CHIP, "tapped_at": tapped_at.isoformat(), **said}
    return gate.post(URL, {**tap, "device_time": device_time.isoformat()})


def upload(gate: APIClient, tapped_at: datetime, device_time: datetime) -> Any:
    tap = {"event_id": "1", "card": CHIP, "tapped_at": tapped_at.isoformat(), "offline": True}
    body = {"taps": [tap], "device_time": device_time.isoformat()}
    (result,) = gate.post(BATCH, body).json()["results"]
    return result


@pytest.mark.parametrize("ahead", [HOUR, -HOUR, 5 * MINUTE, -31 * SECOND, EPOCH - NOW])
def test_a_live_tap_counts_when_it_was_by_our_clock(gate: APIClient, ahead: timedelta) -> None:
    answer = send(gate, NOW - 5 * SECOND + ahead, NOW + ahead)
    assert answer.status_code == 201
    assert answer.json()["time_quality"] == "corrected"
    assert answer.json()["clock_suspect"] is False
    tap = Tap.objects.get()
    assert tap.counted_at == NOW - 5 * SECOND
    assert tap.tapped_at == NOW - 5 * SECOND + ahead, "as the reader said it"
    assert tap.corrected_by_ms == ahead.total_seconds() * 1000
    assert Attendance.objects.get().attendance_time == NOW - 5 * SECOND


@pytest.mark.parametrize("ahead", [timedelta(0), 30 * SECOND, -30 * SECOND])
def test_what_a_request_may_be_on_its_way_is_no_fault_of_the_clock(
    gate: APIClient, ahead: timedelta
) -> None:
    answer = send(gate, NOW - MINUTE + ahead, NOW + ahead)
    assert answer.json()["time_quality"] == "trusted"
    tap = Tap.objects.get()
    assert (tap.counted_at, tap.corrected_by_ms) == (NOW - MINUTE + ahead, None)


def test_a_queue_is_corrected_too(gate: APIClient) -> None:
    """Nobody is late by a clock that is an hour ahead."""
    result = upload(gate, NOW + HOUR - 20 * MINUTE, NOW + HOUR)
    assert result["time_quality"] == "corrected"
    assert result["attendance"]["status"] == "Present"
    assert result["attendance"]["attendance_time"] == (NOW - 20 * MINUTE).isoformat()


def test_a_reader_without_a_clock_counts_from_when_it_was_switched_on(gate: APIClient) -> None:
    result = upload(gate, EPOCH + MINUTE, EPOCH + HOUR)
    assert result["time_quality"] == "corrected"
    assert Tap.objects.get().counted_at == NOW - 59 * MINUTE


@pytest.mark.parametrize(
    ("tapped_at", "device_time"),
    [
        (EPOCH, NOW),  # the clock was set after the tap
        (NOW + HOUR, NOW),  # of a later time than its own clock shows
        (NOW - HOUR, NOW + HOUR),  # live, and two hours old
        (datetime(1, 1, 1, 12, tzinfo=NOW.tzinfo), NOW + HOUR),  # beyond the calendar
    ],
)
def test_what_is_still_no_time_to_believe_stays_suspect(
    gate: APIClient, tapped_at: datetime, device_time: datetime
) -> None:
    answer = send(gate, tapped_at, device_time).json()
    assert (answer["time_quality"], answer["clock_suspect"]) == ("suspect", True)
    tap = Tap.objects.get()
    assert (tap.counted_at, tap.corrected_by_ms) == (NOW, None)


def test_without_a_time_of_its_own_a_tap_is_of_now(gate: APIClient) -> None:
    answer = gate.post(URL, {"card": CHIP, "device_time": (NOW + HOUR).isoformat()}).json()
    assert answer["time_quality"] == "trusted"
    assert Tap.objects.get().counted_at == NOW


def test_the_same_tap_by_a_clock_that_was_set_meanwhile_is_the_same(gate: APIClient) -> None:
    first = send(gate, NOW + HOUR, NOW + HOUR)
    again = send(gate, NOW + HOUR, NOW)
    late = upload(gate, NOW + HOUR, NOW + 2 * HOUR)
    assert (first.status_code, again.status_code, late["status"]) == (201, 200, "duplicate")
    assert again.json()["time_quality"] == late["time_quality"] == "corrected"
    assert Tap.objects.get().counted_at == NOW


def test_without_an_event_id_too(gate: APIClient) -> None:
    tap = {"card": CHIP, "tapped_at": (NOW + HOUR).isoformat()}
    first = gate.post(URL, {**tap, "device_time": (NOW + HOUR).isoformat()})
    again = gate.post(URL, {**tap, "device_time": (NOW + HOUR + MINUTE).isoformat()})
    assert (first.status_code, again.status_code) == (201, 200)


@pytest.mark.parametrize("device_time", [12, "noon", "", {}, []])
def test_what_is_no_time_is_refused_by_its_name(gate: APIClient, device_time: Any) -> None:
    single = gate.post(URL, {"card": CHIP, "device_time": device_time}, format="json")
    batch = gate.post(BATCH, {"taps": [{"card": CHIP}], "device_time": device_time}, format="json")
    for answer in (single, batch):
        assert answer.status_code == 400
        assert [*answer.json()][:1] == ["device_time"], answer.json()
    assert not Tap.objects.exists()


def test_in_an_item_of_a_batch_it_has_no_place(gate: APIClient) -> None:
    item = {"card": CHIP, "device_time": (NOW + HOUR).isoformat()}
    answer = gate.post(BATCH, {"taps": [item], "device_time": None}, format="json").json()
    assert answer["ignored"] == []
    assert answer["results"][0]["ignored"] == ["device_time"]


def test_the_office_says_what_was_corrected(gate: APIClient, administrator: APIClient) -> None:
    send(gate, NOW + HOUR, NOW + HOUR)
    (row,) = administrator.get(URL).json()["results"]
    assert (row["time_quality"], row["corrected_by_ms"]) == ("corrected", 3_600_000)
    office = browser_of(User.objects.get(username="administrator"))
    assert "clock corrected" in office.get("/admin/pos/tap/?remark=corrected").content.decode()
    page = office.get(f"/admin/pos/tap/{Tap.objects.get().pk}/change/").content.decode()
    assert "was 1:00:00 ahead" in page
