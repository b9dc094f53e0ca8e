"""How the clocks of readers go: kept, drawn, and told of (contract section 8)."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from outbox.models import Event
from pos.models import ClockReading, Device
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

NOON = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("Africa/Dar_es_Salaam"))
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def reader() -> tuple[Device, APIClient]:
    return make_reader(name="Gate <1>")


def beat(client: APIClient, at: datetime, seconds: float) -> None:
    with time_machine.travel(at, tick=False):
        said = {"device_time": (at + seconds * SECOND).isoformat()}
        assert client.post("/api/pos/heartbeat/", said).status_code == 200


def alerts() -> list[Any]:
    events = Event.objects.filter(kind=Event.Kind.ALERT).order_by("event_id")
    return [event.payload for event in events]


def test_the_last_of_each_hour_is_kept_for_two_weeks(reader: tuple[Device, APIClient]) -> None:
    _, client = reader
    for at, seconds in ((NOON, 1), (NOON + HOUR / 2, 2), (NOON + HOUR, 3), (NOON + 14 * DAY, 4)):
        beat(client, at, seconds)
    kept = ClockReading.objects.order_by("hour").values_list("hour", "offset_ms")
    assert list(kept) == [(NOON, 2000), (NOON + HOUR, 3000), (NOON + 14 * DAY, 4000)]
    beat(client, NOON + 15 * DAY, 5)
    assert ClockReading.objects.count() == 2


@pytest.mark.parametrize("way", [1, -1])
def test_a_clock_beyond_two_minutes_is_an_alert_once_until_it_is_right_again(
    reader: tuple[Device, APIClient], way: int
) -> None:
    device, client = reader
    for minute, seconds in enumerate((5, 120, 121, 500, 3, 200)):
        beat(client, NOON + timedelta(minutes=minute), way * seconds)
    where = {"pos_id": str(device.pk), "name": "Gate <1>", "location": "Gate"}
    assert alerts() == [
        {"alert": "clock_off", "clock_offset": way * seconds * 1000, "reader": where}
        for seconds in (121, 200)
    ]


def test_today_names_the_reader_and_its_page_draws_the_clock(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, client = reader
    office = browser_of(User.objects.get(username="administrator"))
    now = datetime.now(tz=NOON.tzinfo)
    page = f"/admin/pos/device/{device.pk}/change/"
    beat(client, now - 2 * HOUR, 30)
    assert "<polyline" not in office.get(page).content.decode()
    beat(client, now, 600)
    assert "<polyline" in office.get(page).content.decode()
    told = "more than 2 minutes off: Gate &lt;1&gt;"
    assert told in office.get("/admin/").content.decode()
    beat(client, now, 0)
    assert told not in office.get("/admin/").content.decode()


def test_a_reader_that_is_off_needs_no_clock(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, client = reader
    beat(client, NOON, 600)
    Device.objects.filter(pk=device.pk).update(is_active=False)
    office = browser_of(User.objects.get(username="administrator"))
    assert "minutes off" not in office.get("/admin/").content.decode()
