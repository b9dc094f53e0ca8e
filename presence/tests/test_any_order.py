"""The list depends on what happened, not on when it was heard of; and a little model agrees."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from attendance.tests.factories import make_pupil
from people.models import Person
from pos.models import Activity, Decision, Device, Tap
from pos.tests.factories import make_reader
from presence.on_site import on_site

START = datetime(2026, 11, 16, 12, tzinfo=UTC)  # Monday, 15:00 on the campus
MIDNIGHT = datetime(2026, 11, 16, 21, tzinfo=UTC)
DEBOUNCE = 5


@dataclass(frozen=True, order=True)
class Passed:
    """`gate`: 0 or 1; `way` "" is a tap that does not say."""

    at: datetime
    way: str
    gate: int
    is_refused: bool


def _instants() -> Any:
    """Around a midnight, some of them within a double read of each other."""
    near = st.integers(-8, 8).map(lambda seconds: MIDNIGHT + timedelta(seconds=seconds))
    far = st.integers(0, 60).map(lambda hours: START + timedelta(hours=hours, seconds=hours % 7))
    return near | far


PASSES = st.lists(
    st.builds(
        Passed,
        at=_instants(),
        way=st.sampled_from(["", "in", "out"]),
        gate=st.integers(0, 1),
        is_refused=st.booleans(),
    ).filter(lambda one: one.way == "out" or not one.is_refused),
    max_size=6,
    unique_by=lambda one: (one.at, one.way, one.gate),
)


def since_by_the_model(passes: Iterable[Passed], at: datetime) -> datetime | None:
    """Pass by pass, as the contract tells it."""
    single: list[Passed] = []
    counted: dict[tuple[int, str], datetime] = {}
    for one in sorted(passes):
        before = counted.get((one.gate, one.way))
        is_double = before is not None and (one.at - before).total_seconds() <= DEBOUNCE
        if one.at > at or (is_double and not one.is_refused):
            continue
        if not one.is_refused:
            counted[one.gate, one.way] = one.at
        single.append(one)
    since, day, has_come = None, None, False
    for one in single:
        its_day = (one.at + timedelta(hours=3)).date()
        if its_day != day:
            # Whoever comes on another day has left in between.
            day, has_come = its_day, False
            since = None if one.way != "out" else since
        comes = one.way == "in" or (one.way == "" and not has_come)
        if comes:
            since = since or one.at
            has_come = True
        else:
            since = None
    return since


@pytest.mark.dialect
class AnyOrder(TestCase):
    def setUp(self) -> None:
        self.gates = [make_reader(name=f"Gate {number}")[0] for number in range(2)]
        self.people = [make_pupil()[0].pk for _ in range(2)]

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.tuples(PASSES, PASSES), st.integers(0, 70), st.randoms(use_true_random=False))
    def test_any_order_of_arrival_gives_the_list_that_the_model_gives(
        self, passes: tuple[list[Passed], ...], hours: int, random: Random
    ) -> None:
        at = START + timedelta(hours=hours)
        taps = [
            (person, one) for person, own in zip(self.people, passes, strict=True) for one in own
        ]
        random.shuffle(taps)
        Tap.objects.bulk_create(
            _tap(number, person, one, self.gates[one.gate])
            for number, (person, one) in enumerate(taps)
        )
        listed = {one.person: one.since for one in on_site(at=at, people=Person.objects.all())}
        expected = {
            person: since
            for person, own in zip(self.people, passes, strict=True)
            if (since := since_by_the_model(own, at))
        }
        assert listed == expected


def _tap(number: int, person: UUID, one: Passed, gate: Device) -> Tap:
    return Tap(
        device=gate,
        event_id=str(number),
        content=UUID(int=number),
        activity=Activity.ATTENDANCE,
        card_text="04A30001",
        person_id=person,
        direction=one.way,
        received_at=one.at,
        counted_at=one.at,
        date=one.at.date(),
        is_offline=False,
        is_clock_suspect=False,
        decision=Decision.DENIED if one.is_refused else Decision.ACCEPTED,
        code="holder_inactive" if one.is_refused else "ok",
        would_deny=False,
    )
