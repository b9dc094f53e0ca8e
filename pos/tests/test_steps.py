"""A batch that is written in steps, for people tap beside it, is written as one."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.tests.races import at_once
from attendance import passes, recording
from attendance.models import Attendance
from cards.tests.factories import make_card
from embedded import precedence
from pos.ledger import Source, record_taps
from pos.models import Device, Tap
from pos.protocol import ItemStatus as Status
from pos.protocol import read_tap
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db(transaction=True)

STEP = 10


@pytest.fixture(autouse=True)
def people_tap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "STEP", STEP)
    monkeypatch.setattr(precedence.Precedence, "is_in_steps", True)


@pytest.fixture
def cards() -> list[str]:
    return [make_card(rfid_number=f"04A3{number:04X}").rfid_number for number in range(4 * STEP)]


@pytest.fixture
def gate() -> Device:
    return make_reader(name="Gate 1")[0]


def record(
    device: Device, cards: Sequence[str], event_ids: Sequence[str] | None = None
) -> list[Status]:
    """Each is its card's, if no others are said."""
    now = timezone.now()
    events = zip(event_ids or cards, cards, strict=True)
    items = [{"event_id": event, "card": card, "offline": True} for event, card in events]
    taps = [read_tap(item, received_at=now) for item in items]
    source = Source(activity=device.activity_type, device=device.pk)
    return [one.status for one in record_taps(source=source, taps=taps, received_at=now)]


def test_each_tap_and_each_day_is_there_once(cards: list[str], gate: Device) -> None:
    cards.pop()  # the last step is shorter
    assert {*record(gate, cards)} == {Status.CREATED}
    assert Tap.objects.count() == Attendance.objects.count() == len(cards)


def test_a_repeat_in_a_later_step_takes_back_the_steps_before_it(
    cards: list[str], gate: Device
) -> None:
    record(gate, cards[-1:])
    assert record(gate, cards) == [Status.CREATED] * (len(cards) - 1) + [Status.DUPLICATE]
    assert Tap.objects.count() == Attendance.objects.count() == len(cards)
    assert {len(day.passes) for day in Attendance.objects.all()} == {1}


def test_days_that_somebody_else_wrote_meanwhile_are_judged_again_in_whatever_step(
    cards: list[str], gate: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _ = make_reader(name="Gate 2")
    upload, judge, met = threading.get_ident(), passes._judge_added, (cards[0], cards[-1])

    def and_somebody_taps_meanwhile(*facts: Any) -> Any:
        if threading.get_ident() == upload and not Tap.objects.exists():
            at_once(partial(record, other, met))
        return judge(*facts)

    monkeypatch.setattr(passes, "_judge_added", and_somebody_taps_meanwhile)
    assert {*record(gate, cards)} == {Status.CREATED}
    kept = {day.person_id: len(day.passes) for day in Attendance.objects.all()}
    assert sorted(kept.values()) == [1] * (len(cards) - 2) + [2, 2]


@pytest.fixture
def each_waits_after_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the other, as far as that comes."""
    both = threading.Barrier(2)

    def slowly(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
        for some in precedence.in_steps(rows):
            yield some
            with suppress(threading.BrokenBarrierError):
                both.wait(0.5)

    monkeypatch.setattr(recording, "in_steps", slowly)


def in_opposite_order(cards: list[str], gate: Device) -> None:
    other, _ = make_reader(name="Gate 2")
    numbers = [f"{number:03}" for number in range(len(cards))]
    at_once(partial(record, gate, cards, numbers), partial(record, other, cards[::-1], numbers))


@pytest.mark.usefixtures("each_waits_after_a_step")
def test_batches_about_the_same_people_do_not_deadlock(cards: list[str], gate: Device) -> None:
    in_opposite_order(cards, gate)
    assert Tap.objects.count() == 2 * len(cards)
    assert {len(day.passes) for day in Attendance.objects.all()} == {2}


@pytest.mark.usefixtures("each_waits_after_a_step")
def test_in_the_order_of_their_taps_the_same_batches_would(
    cards: list[str], gate: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "sorted", lambda days, key: list(days), raising=False)
    with pytest.raises(OperationalError, match="deadlock"):
        in_opposite_order(cards, gate)
