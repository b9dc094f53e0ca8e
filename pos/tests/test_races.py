"""Taps at the same time, each on a connection of its own (contract section 8).

Each race has a control: the same race without its guard, which must go wrong.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.tests.races import at_once
from attendance import passes
from attendance.models import Attendance
from cards.tests.factories import make_card
from kitchen.models import KitchenService
from people.models import Person
from pos import ledger
from pos.ledger import Source, record_taps
from pos.models import Activity, Device, Tap
from pos.protocol import ItemStatus as Status
from pos.protocol import read_tap
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = pytest.mark.django_db(transaction=True)

CHIP = "04A32B1C"


def _record(device: Device, *items: dict[str, Any]) -> list[ledger.Recorded]:
    now = timezone.now()
    return record_taps(
        source=Source(activity=device.activity_type, device=device.pk),
        taps=[read_tap(item, received_at=now) for item in items],
        received_at=now,
    )


@contextmanager
def without(constraint: str, table: str, definition: str) -> Iterator[None]:
    """The database without one of its unique indexes."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}")
        cursor.execute(f"DROP INDEX IF EXISTS {constraint}")
        try:
            yield
        finally:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute(definition)


def test_fifty_requests_with_one_event_id_are_one_tap() -> None:
    make_card(rfid_number=CHIP)
    device, _ = make_reader()
    tap = partial(_record, device, {"event_id": "1", "card": CHIP, "direction": "in"})
    results = [result for (result,) in at_once(*[tap] * 50)]
    assert Counter(result.status for result in results) == {
        Status.CREATED: 1,
        Status.DUPLICATE: 49,
    }
    answers = {result.answer.recorded_at for result in results if result.answer}
    assert len(answers) == 1
    assert Tap.objects.count() == Attendance.objects.count() == 1


def test_fifty_requests_with_one_event_id_and_two_contents_are_one_tap() -> None:
    make_card(rfid_number=CHIP)
    device, _ = make_reader()
    taps = [
        partial(_record, device, {"event_id": "1", "card": CHIP, "direction": direction})
        for direction in ["in", "out"] * 25
    ]
    statuses = Counter(result.status for (result,) in at_once(*taps))
    assert statuses[Status.CREATED] == 1
    assert statuses[Status.CONFLICT] == 25
    assert Tap.objects.count() == 1


def test_without_the_unique_event_the_same_race_makes_many_taps() -> None:
    """The control: nothing but the constraint keeps a tap from being two."""
    make_card(rfid_number=CHIP)
    device, _ = make_reader()
    definition = (
        "CREATE UNIQUE INDEX pos_tap_unique_event_of_series"
        " ON pos_tap (pos_event_hash(device_id, event_id),"
        " pos_series_hash(device_id, event_id, series))"
    )
    insert = ledger.INSERT
    with without("pos_tap_unique_event_of_series", "pos_tap", definition):
        ledger.INSERT = insert.replace("ON CONFLICT DO NOTHING", "")
        try:
            at_once(*[partial(_record, device, {"event_id": "1", "card": CHIP})] * 8)
        finally:
            ledger.INSERT = insert
        assert Tap.objects.count() == 8


def _sixteen_at_four_hatches() -> list[ledger.Recorded]:
    hatches = [make_hatch(name=f"Hatch {n}")[0] for n in range(4)]
    taps = [
        partial(_record, hatches[n % 4], {"event_id": f"e{n}", "card": CHIP}) for n in range(16)
    ]
    return [result for (result,) in at_once(*taps)]


def test_sixteen_threads_at_four_hatches_serve_a_student_once() -> None:
    all_day_period()
    make_card(rfid_number=CHIP)
    results = _sixteen_at_four_hatches()
    codes = Counter(result.answer.code for result in results if result.answer)
    assert codes == {"ok": 1, "already_served": 15}
    assert KitchenService.objects.count() == 1
    assert Tap.objects.count() == 16
    served = next(r.answer for r in results if r.answer and r.answer.code == "ok")
    assert served.meal is not None
    assert KitchenService.objects.get().pk == served.meal.service_id


def _batches_in_opposite_order(
    devices: list[Device], cards: list[str], rounds: int
) -> list[Callable[[], Any]]:
    """Each reader sends the same people, every other one in the opposite order."""

    def send(device: Device, number: int) -> None:
        order = cards if number % 2 else cards[::-1]
        for turn in range(rounds):
            _record(
                device,
                *({"event_id": f"{turn}-{card}", "card": card, "offline": True} for card in order),
            )

    return [partial(send, device, number) for number, device in enumerate(devices)]


@pytest.mark.parametrize("activity", [Activity.ATTENDANCE, Activity.FOOD_SERVICE])
def test_batches_about_the_same_people_in_opposite_order_neither_deadlock_nor_lose(
    activity: str,
) -> None:
    all_day_period()
    cards = [f"04A3{number:04X}" for number in range(40)]
    for card in cards:
        make_card(rfid_number=card)
    devices = [make_reader(activity, name=f"Reader {n}")[0] for n in range(6)]
    before = _deadlocks()
    at_once(*_batches_in_opposite_order(devices, cards, rounds=4))
    assert _deadlocks() == before
    assert Tap.objects.count() == 6 * 4 * 40
    if activity == Activity.ATTENDANCE:
        assert Attendance.objects.count() == 40
    else:
        assert KitchenService.objects.filter(is_offline=True).count() == 6 * 4 * 40


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_a_batch_judges_only_the_days_again_that_somebody_else_has_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two readers of a busy morning have people in common, and neither batch is done twice."""
    cards = [make_card(rfid_number=f"04A3{number:04X}") for number in range(40)]
    (first, _), (second, _) = make_reader(name="Gate 1"), make_reader(name="Gate 2")
    upload, judged = threading.get_ident(), []
    judge = passes._judge_added

    def and_somebody_taps_meanwhile(added: passes.Added, *facts: Any) -> Any:
        if threading.get_ident() == upload:
            judged.append({person for person, _ in added})
            if len(judged) == 1:
                tap = {"event_id": "1", "card": cards[7].rfid_number, "direction": "in"}
                at_once(partial(_record, second, tap))
        return judge(added, *facts)

    monkeypatch.setattr(passes, "_judge_added", and_somebody_taps_meanwhile)
    items = ({"event_id": f"{n}", "card": card.rfid_number} for n, card in enumerate(cards))
    results = _record(first, *items)
    assert {result.status for result in results} == {Status.CREATED}
    assert judged == [{card.person_id for card in cards}, {cards[7].person_id}]
    kept = {day.person_id: len(day.passes) for day in Attendance.objects.all()}
    assert kept == {card.person_id: 1 for card in cards} | {cards[7].person_id: 2}


def test_an_editor_of_a_person_does_not_hold_up_their_tap() -> None:
    """`FOR UPDATE` would: a row that refers to another takes a key share of it."""
    from django.db import transaction

    card = make_card(rfid_number=CHIP)
    device, _ = make_reader()
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=card.person_id)
        (result,) = at_once(partial(_record, device, {"event_id": "1", "card": CHIP}))
    assert result[0].status == Status.CREATED
