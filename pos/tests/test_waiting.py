"""A day waits while a reader of its people may still have taps to send (contract section 9)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.changes import set_policy
from attendance.closing import close_due, days_over
from attendance.models import ClosedDay, Rulebook
from attendance.tests.factories import WEDNESDAY, at, make_pupil, tap
from pos.models import Device
from pos.tests.factories import make_hatch, make_reader

pytestmark = pytest.mark.django_db

HEARTBEAT = "/api/pos/heartbeat/"
CAMPUS = ZoneInfo("Africa/Dar_es_Salaam")


def campus(hour: int, minute: int = 0, day: int = 18) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CAMPUS)


@pytest.fixture(autouse=True)
def clock(db: None) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(campus(7, 30), tick=False) as traveller:
        # Days close since there are rules: those of the migration are of the day of the test run.
        Rulebook.objects.update(changed_at=campus(0))
        yield traveller


@pytest.fixture
def gate(db: None) -> tuple[Device, APIClient]:
    """A gate at which a pupil of Form 1 tapped this morning."""
    device, client = make_reader(name="Main gate 1")
    tap(client, make_pupil(class_level="Form 1")[1], at("07:30"))
    return device, client


def says(client: APIClient, **said: object) -> None:
    body = {"device_time": timezone.now().isoformat(), **said}
    assert client.post(HEARTBEAT, body).status_code == 200


def reasons() -> list[str]:
    """Why days wait now."""
    return [reason for one in days_over(now=timezone.now()) for reason in one.reasons]


def test_a_silent_reader_holds_the_day_up(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    clock.move_to(campus(14, 5))
    says(gate[1])
    clock.move_to(campus(18, 30))
    assert reasons() == ["Main gate 1 is silent since 14:05"]
    close_due(now=timezone.now())
    assert not ClosedDay.objects.exists()


def test_a_reader_that_is_heard_of_and_has_sent_all_holds_nothing(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    clock.move_to(campus(18, 30))
    says(gate[1], queue_depth=0)
    assert [one.reasons for one in days_over(now=timezone.now())] == [()]
    close_due(now=timezone.now())
    assert ClosedDay.objects.filter(date=WEDNESDAY).exists()


@pytest.mark.parametrize(
    ("depth", "words"), [(37, "still has 37 taps to send"), (1, "still has 1 tap to send")]
)
def test_a_reader_with_taps_to_send_holds_the_day_up(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient], depth: int, words: str
) -> None:
    clock.move_to(campus(18, 30))
    says(gate[1], queue_depth=depth)
    assert reasons() == [f"Main gate 1 {words}"]
    clock.shift(timedelta(hours=1))
    assert reasons() == [
        f"Main gate 1 is silent since 18:30 and had {depth} tap{'s' * (depth > 1)} to send"
    ]


def test_who_was_heard_of_after_the_close_with_nothing_to_send_holds_nothing(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    clock.move_to(campus(18, 1))
    says(gate[1], queue_depth=0)
    clock.move_to(campus(20))
    assert reasons() == []


def test_a_reader_that_sends_no_heartbeats_holds_nothing(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    """Whether it is silent, or nobody comes, cannot be told."""
    clock.move_to(campus(18, 30))
    assert reasons() == []


def test_who_fell_silent_before_the_day_began_holds_nothing(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    clock.move_to(campus(18, 30))
    says(gate[1], queue_depth=0)
    close_due(now=timezone.now())
    clock.move_to(campus(18, 30, day=19))
    assert [(one.date.day, one.reasons) for one in days_over(now=timezone.now())] == [(19, ())]


def test_a_day_waits_twelve_hours_and_no_longer(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    says(gate[1])
    clock.move_to(campus(5, 59, day=19))
    assert reasons() == ["Main gate 1 is silent since Wednesday 07:30"]
    clock.move_to(campus(6, day=19))
    assert reasons() == []
    close_due(now=timezone.now())
    assert ClosedDay.objects.filter(date=WEDNESDAY).exists()


def test_a_schedule_whose_people_use_other_gates_waits_for_nothing(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    """Form 1, who tapped there, go by a rule of their own."""
    set_policy(class_level="Form 1", changes={})
    says(gate[1])
    clock.move_to(campus(18, 30))
    waits = {one.schedule.name: bool(one.reasons) for one in days_over(now=timezone.now())}
    assert waits == {"Everybody": False, "Class level Form 1": True}


@pytest.mark.parametrize("away", ["off", "unused", "hatch", "never heard of"])
def test_other_readers_hold_nothing(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient], away: str
) -> None:
    says(gate[1])
    if away == "off":
        Device.objects.update(is_active=False)
    elif away == "unused":
        clock.shift(timedelta(days=15))
        close_due(now=timezone.now())
        says(gate[1])
    clock.shift(timedelta(hours=11))
    if away in {"hatch", "never heard of"}:
        says(gate[1])
        make_hatch() if away == "hatch" else make_reader(name="Side gate")
    assert reasons() == []


# --- a reader that counts its taps --------------------------------------------------------------


def counted(client: APIClient, seq: int, number: str) -> None:
    said = {"event_id": f"e{seq}", "seq": seq, "card": number}
    assert client.post("/api/pos/taps/", said).status_code == 201


def test_a_gap_in_the_count_of_a_reader_holds_the_day_up(
    clock: time_machine.Traveller, db: None
) -> None:
    _, client = make_reader(name="Main gate 1", debounce_seconds=0)
    number = make_pupil(class_level="Form 1")[1]
    counted(client, 1, number)
    clock.move_to(campus(8))
    counted(client, 5, number)
    clock.move_to(campus(18, 30))
    assert reasons() == ["Main gate 1 counted 3 taps that have not come"]
    for seq in (2, 3, 4):
        counted(client, seq, number)
    assert reasons() == []


def test_a_gap_of_another_day_holds_nothing(clock: time_machine.Traveller, db: None) -> None:
    _, client = make_reader(name="Main gate 1", debounce_seconds=0)
    number = make_pupil(class_level="Form 1")[1]
    clock.move_to(campus(7, 30, day=16))
    counted(client, 1, number)
    clock.move_to(campus(17, 30, day=16))
    counted(client, 3, number)
    clock.move_to(campus(7, 30))
    counted(client, 4, number)
    clock.move_to(campus(18, 30))
    assert reasons() == []


def test_a_gap_at_a_reader_that_these_people_do_not_use_holds_nothing(
    clock: time_machine.Traveller, gate: tuple[Device, APIClient]
) -> None:
    _, other = make_reader(name="Side gate")
    counted(other, 1, "04FFFFFF")
    counted(other, 3, "04FFFFFF")
    clock.move_to(campus(18, 30))
    assert reasons() == []
