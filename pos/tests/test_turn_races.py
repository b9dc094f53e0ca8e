"""Taps on either side of the beginning of a day, at once, each on a connection of its own.

Neither writes the row that the other one reads, so they take turns (`attendance.passes`).
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.races import PATIENCE, at_once
from attendance import passes
from attendance.models import Attendance
from cards.tests.factories import make_card
from pos.annulling import annul_own_tap
from pos.ledger import Source, record_taps
from pos.models import Device, Tap
from pos.protocol import read_tap
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db(transaction=True)

CHIP, MANY = "04A32B1C", 12
Race = Callable[[Device, datetime], object]


@pytest.fixture
def device() -> Device:
    make_card(rfid_number=CHIP)
    return make_reader()[0]


@pytest.fixture
def midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(2)


def record(device: Device, at: datetime) -> None:
    now = timezone.now()
    item = {"event_id": at.isoformat(), "card": CHIP, "tapped_at": at.isoformat(), "offline": True}
    record_taps(
        source=Source(activity=device.activity_type, device=device.pk, debounce_seconds=5),
        taps=[read_tap(item, received_at=now)],
        received_at=now,
    )


def both_come(device: Device, midnight: datetime) -> None:
    at_once(
        partial(record, device, midnight - timedelta(seconds=2)),
        partial(record, device, midnight + timedelta(seconds=1)),
    )


def one_comes_and_the_first_goes(device: Device, midnight: datetime) -> None:
    first = midnight - timedelta(seconds=2)
    record(device, first)
    at_once(
        partial(annul_own_tap, device=device.pk, event_id=first.isoformat()),
        partial(record, device, midnight + timedelta(seconds=1)),
    )


def days_of_passes(midnight: datetime) -> dict[int, int]:
    """How many passes the days before and after it have, with repeats."""
    dates = {midnight.date() + timedelta(days=days): days for days in (-1, 0)}
    return {dates[row.date]: len(row.passes) for row in Attendance.rows.filter(date__in=dates)}


@pytest.mark.parametrize(
    ("race", "days", "again"),
    [(both_come, {-1: 2}, 1), (one_comes_and_the_first_goes, {0: 1}, 0)],
)
def test_two_at_once_on_either_side_of_midnight_see_each_other(
    race: Race, days: dict[int, int], again: int, device: Device, midnight: datetime
) -> None:
    for turn in range(MANY):
        at = midnight - timedelta(days=2 * turn)
        race(device, at)
        assert days_of_passes(at) == days
        assert Tap.objects.filter(is_debounced=True).count() == again * (turn + 1)


def test_without_turns_each_of_two_finds_nothing_beyond_midnight(
    device: Device, midnight: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both have read before either writes."""
    around, have_read = passes._rows_around, threading.Barrier(2)

    def and_wait_for_the_other(*args: Any) -> Any:
        rows = around(*args)
        have_read.wait(PATIENCE)
        return rows

    monkeypatch.setattr(passes, "take_turns", lambda *keys: None)
    monkeypatch.setattr(passes, "_rows_around", and_wait_for_the_other)
    both_come(device, midnight)
    assert days_of_passes(midnight) == {-1: 1, 0: 1}
