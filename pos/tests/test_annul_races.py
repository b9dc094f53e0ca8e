"""Taps that are taken back beside others, each on a connection of its own (contract section 8)."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.tests.races import at_once
from attendance import passes
from attendance.models import Attendance
from attendance.recording import judge_row
from cards.tests.factories import make_card
from pos.annulling import AlreadyAnnulled, annul_own_tap
from pos.ledger import Source, record_taps
from pos.models import Device, Tap, TapAnnulment
from pos.protocol import read_tap
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db(transaction=True)

CHIP, MANY = "04A32B1C", 12


def record(device: Device, *event_ids: str) -> None:
    now = timezone.now()
    items = [{"event_id": event, "card": CHIP, "direction": "in"} for event in event_ids]
    record_taps(
        source=Source(activity=device.activity_type, device=device.pk),
        taps=[read_tap(item, received_at=now) for item in items],
        received_at=now,
    )


def annul(device: UUID, event_id: str) -> str:
    try:
        annul_own_tap(device=device, event_id=event_id)
    except AlreadyAnnulled as error:
        return error.code
    return "annulled"


def test_of_two_who_take_a_tap_back_at_once_one_does() -> None:
    make_card(rfid_number=CHIP)
    device, _ = make_reader()
    record(device, "1")
    told = Counter(at_once(*[partial(annul, device.pk, "1")] * 8))
    assert told == {"annulled": 1, "already_annulled": 7}
    assert TapAnnulment.objects.count() == 1
    assert not Attendance.objects.exists()


def _a_tap_beside_an_annulment(device: Device, turn: int) -> tuple[set[str], int]:
    """What the day says, and what the ledger does, when the one before is taken back meanwhile."""
    first, second = f"{turn} first", f"{turn} second"
    record(device, first)
    at_once(partial(annul, device.pk, first), partial(record, device, second))
    day = Attendance.objects.filter(date=timezone.localdate()).first()
    passes = {one[0] for one in day.passes} if day else set()
    taps = Tap.objects.filter(event_id=second)
    expected = {tap.happened_at.isoformat() for tap in taps}
    annul(device.pk, second)
    return passes, len(passes ^ expected)


def test_a_tap_beside_an_annulment_of_the_same_person_keeps_its_own_pass_only() -> None:
    make_card(rfid_number=CHIP)
    device, _ = make_reader(debounce_seconds=0)
    for turn in range(MANY):
        passes, wrong = _a_tap_beside_an_annulment(device, turn)
        assert wrong == 0, passes
    assert not Attendance.objects.exists()


def test_a_day_that_was_taken_away_meanwhile_does_not_come_back_with_what_it_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tap has read the day when it is forgotten: it is recorded again, from nothing."""
    assert _tap_after_a_forgotten_day(monkeypatch) == 1


def test_without_the_look_at_what_was_written_the_same_tap_brings_the_pass_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control."""
    with _days_written(lambda sql: sql.replace("day.xmax = 0", "false")):
        assert _tap_after_a_forgotten_day(monkeypatch) == 2


@contextmanager
def _days_written(otherwise: Callable[[str], str]) -> Iterator[None]:
    """By a function that is made otherwise than ours."""
    ours = Path(settings.BASE_DIR, "attendance/sql/write_days.sql").read_text()
    ours = ours.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    assert otherwise(ours) != ours
    with connection.cursor() as cursor:
        cursor.execute(otherwise(ours))
        try:
            yield
        finally:
            cursor.execute(ours)


def _tap_after_a_forgotten_day(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many passes the day has after its only one was taken back while another came."""
    make_card(rfid_number=CHIP)
    device, _ = make_reader(debounce_seconds=0)
    record(device, "first")
    others: list[Any] = [partial(annul, device.pk, "first")]

    def judge_while_others_come(*args: Any) -> Any:
        while others:
            at_once(others.pop())
        return judge_row(*args)

    monkeypatch.setattr(passes, "judge_row", judge_while_others_come)
    record(device, "second")
    monkeypatch.setattr(passes, "judge_row", judge_row)
    return len(Attendance.objects.get().passes)


def test_without_the_unique_tap_two_would_take_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nothing but the row's key keeps an annulment from being two."""
    make_card(rfid_number=CHIP)
    device, _ = make_reader()
    record(device, "1")
    undone: list[int] = []

    def always_new(**said: Any) -> tuple[TapAnnulment, bool]:
        undone.append(1)
        return TapAnnulment(tap=said["tap"], **said["defaults"]), True

    monkeypatch.setattr(TapAnnulment.objects, "get_or_create", always_new)
    told = Counter(at_once(*[partial(annul, device.pk, "1")] * 2))
    assert told == {"annulled": 2}
