"""The same taps in any order, in any batches, repeated, from any readers: the same ledger.

What a day should be is said a second time here, from all its taps at once and without the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance.models import Attendance
from cards.tests.factories import make_card, make_guard, make_member, make_student
from kitchen.models import KitchenService, MealPeriod
from people.models import Person
from pos.ledger import Source, record_taps
from pos.models import Device, Tap
from pos.protocol import IncomingTap, read_tap
from pos.tests.factories import make_hatch, make_reader

pytestmark = pytest.mark.django_db

CAMPUS = ZoneInfo("Africa/Dar_es_Salaam")
TODAY = timezone.localdate()
# The latest two on which people are expected: Mondays to Fridays.
SCHOOL_DAYS = [
    day for day in (TODAY - timedelta(days=ago) for ago in range(1, 6)) if day.isoweekday() < 6
][:2]
CARDS = ("04A32B1C", "04A32B1D", "RF000000001", "RF000000002", "04FFFFF0")  # the last is nobody's
READERS = ("gate 1", "gate 2", "hatch 1", "hatch 2")
# Around the late limit, midnight, and the bounds of a meal period; some within seconds.
TIMES = [
    time(0),
    time(0, 0, 4),
    time(7, 59, 59),
    time(8),
    time(8, 0, 1),
    time(8, 0, 5),
    time(8, 0, 9),
    time(12),
    time(13, 59, 59),
    time(23, 59, 55),
    time(23, 59, 59),
]


@dataclass(frozen=True)
class Sent:
    reader: str
    event_id: str
    card: str
    at: datetime
    direction: str | None

    def item(self) -> dict[str, Any]:
        return {
            "event_id": self.event_id,
            "card": self.card,
            "tapped_at": self.at.isoformat(),
            "direction": self.direction,
            "offline": True,
        }


def _sent(number: int, spec: tuple[str, str, date, time, str | None]) -> Sent:
    reader, card, day, at, direction = spec
    moment = datetime.combine(day, at, CAMPUS)
    return Sent(reader, f"event-{number}", card, moment, direction)


specs = st.tuples(
    st.sampled_from(READERS),
    st.sampled_from(CARDS),
    st.sampled_from(SCHOOL_DAYS),
    st.sampled_from(TIMES),
    st.sampled_from([None, "in", "out"]),
)
tap_sets = st.lists(specs, min_size=1, max_size=12).map(
    lambda specs: [_sent(number, spec) for number, spec in enumerate(specs)]
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Sent], list[list[Sent]]]:
    """Some taps, and the batches in which they arrive: shuffled, split, some more than once."""
    taps = draw(tap_sets)
    repeats = draw(st.lists(st.sampled_from(taps), max_size=6))
    order = draw(st.permutations([*taps, *repeats]))
    batches: list[list[Sent]] = []
    while order:
        size = draw(st.integers(1, len(order)))
        batches.append(list(order[:size]))
        order = order[size:]
    return taps, batches


@pytest.fixture
def sources() -> dict[str, Source]:
    for holder, number in zip(
        (make_student(), make_student(), make_member(), make_guard()), CARDS, strict=False
    ):
        make_card(holder, number)
    MealPeriod.objects.create(name="Lunch", starts_at=time(12), ends_at=time(14))
    made = [make_reader(name="gate 1"), make_reader(name="gate 2")]
    made += [make_hatch(name="hatch 1"), make_hatch(name="hatch 2")]
    return {device.name: _source(device) for device, _ in made}


def _source(device: Device) -> Source:
    # At gates: of two meals of a double read, which is the first depends on what came in when.
    debounce = device.debounce_seconds if device.name.startswith("gate") else 0
    return Source(activity=device.activity_type, device=device.pk, debounce_seconds=debounce)


class _Undo(Exception):
    pass


def _deliver(sources: dict[str, Source], batches: Sequence[Sequence[Sent]]) -> dict[str, Any]:
    """What is in the database after these batches arrived; then nothing of it is left."""
    found: dict[str, Any] = {}
    try:
        with transaction.atomic():
            for batch in batches:
                for reader in READERS:
                    items = [sent.item() for sent in batch if sent.reader == reader]
                    if items:
                        now = timezone.now()
                        taps: list[IncomingTap] = [read_tap(i, received_at=now) for i in items]
                        record_taps(source=sources[reader], taps=taps, received_at=now)
            found = _state()
            raise _Undo
    except _Undo:
        return found


def _state() -> dict[str, Any]:
    """Ledger, days and meals, without what is new each time: keys, and our clock.

    Whether a meal was the first when it came in was an answer at that time; whether it is a double
    is in the meals.
    """
    days = ("date", "attendance_time", "left_at", "minutes_late", "sessions", "status")
    ledger = (
        "device__name",
        "event_id",
        "number",
        "person",
        "direction",
        "tapped_at",
        "counted_at",
        "date",
        "decision",
        "is_debounced",
    )
    meals = [
        (meal.person_id, meal.period_id, meal.date, meal.service_time, meal.is_double)
        for meal in KitchenService.objects.with_doubles()
    ]
    return {
        "ledger": sorted(map(str, Tap.objects.values_list(*ledger))),
        "days": sorted(map(str, Attendance.objects.values_list("person", *days))),
        "meals": sorted(map(str, meals)),
    }


ANY_ORDER = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ANY_ORDER
@given(delivery=deliveries())
def test_any_delivery_makes_what_one_delivery_in_order_makes(
    delivery: tuple[list[Sent], list[list[Sent]]], sources: dict[str, Source]
) -> None:
    taps, batches = delivery
    in_order = sorted(taps, key=lambda sent: (sent.at, sent.event_id))
    assert _deliver(sources, batches) == _deliver(sources, [[sent] for sent in in_order])


def _gate_taps(taps: Sequence[Sent], card: str) -> dict[Any, list[Sent]]:
    days: dict[Any, list[Sent]] = {}
    for sent in taps:
        if sent.card == card and sent.reader.startswith("gate"):
            days.setdefault(sent.at.date(), []).append(sent)
    return days


def _on_the_wall(moment: datetime) -> time:
    return moment.timetz().replace(tzinfo=None)


def _expected_day(taps: Sequence[Sent]) -> tuple[Any, ...] | None:
    """The contract, from all taps of a day at once: arrival, departure, status.

    None: they were only seen leaving before anything began.
    """
    arrivals = [sent.at for sent in taps if sent.direction != "out"]
    departures = [sent.at for sent in taps if sent.direction != "in"]
    arrival = min(arrivals, default=None)
    departure = max(departures, default=None)
    if arrival and departure and departure <= arrival:
        departure = None
    if arrival is None and departure is not None and _on_the_wall(departure) <= time(8):
        return None
    late = arrival is not None and _on_the_wall(arrival) > time(8)
    return arrival, departure, "Late" if late else "Present"


@ANY_ORDER
@given(taps=tap_sets)
def test_a_day_is_what_the_contract_says_of_all_its_taps(
    taps: list[Sent], sources: dict[str, Source]
) -> None:
    student = Person.objects.get(cards__rfid_number=CARDS[0])
    with transaction.atomic():
        for sent in taps:
            now = timezone.now()
            record_taps(
                # That two reads within seconds are one pass is said elsewhere.
                source=replace(sources[sent.reader], debounce_seconds=0),
                taps=[read_tap(sent.item(), received_at=now)],
                received_at=now,
            )
        days = {
            day.date: (day.attendance_time, day.left_at, day.status)
            for day in Attendance.objects.filter(person=student)
        }
        transaction.set_rollback(True)
    seen = _gate_taps(taps, CARDS[0])
    expected = {day: _expected_day(day_taps) for day, day_taps in seen.items()}
    assert days == {day: said for day, said in expected.items() if said}
