"""Taps and changes of rules in any order that ends in the same rules: the same days."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from attendance.models import Attendance
from attendance.tests.factories import SCHEDULES, TUESDAY, WEDNESDAY, at, make_pupil, tap
from attendance.tests.test_rules import WEEK, post

pytestmark = pytest.mark.django_db

# Around both beginnings of a day, one within seconds, the limits, and midnight.
TIMES = ["00:10", "01:30", "02:59:58", "03:00:01", "06:40", "07:29", "07:31", "07:50", "11:00"]
Rule = tuple[str, str]
rules = st.tuples(st.sampled_from(["00:00", "03:00", "06:00"]), st.sampled_from(["07:00", "07:30"]))
taps = st.tuples(
    st.sampled_from([TUESDAY, WEDNESDAY]), st.sampled_from(TIMES), st.sampled_from(["in", "out"])
)


def body_of(rule: Rule) -> dict[str, Any]:
    begins, starts = rule
    session = {"name": "Class", "weekdays": WEEK, "starts_at": starts, "ends_at": "15:00"}
    return {"name": "Everybody", "day_begins": begins, "sessions": [session]}


def days() -> list[dict[str, Any]]:
    """All that they say, but for how often they were written, and which pass came in first."""
    kept = Attendance.rows.exclude(passes=[]).order_by("person", "date").values()
    new = {"attendance_id", "revision"}
    said: list[dict[str, Any]] = [
        {name: value for name, value in row.items() if name not in new} for row in kept
    ]
    return [{**row, "passes": sorted(row["passes"])} for row in said]


@pytest.fixture
def card() -> str:
    return make_pupil()[1]


@given(
    steps=st.lists(st.one_of(rules, taps), min_size=2, max_size=7),
    last=rules,
)
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(steps=[(WEDNESDAY, "01:30", "in"), ("03:00", "07:30")], last=("00:00", "07:30"))
@example(steps=[(TUESDAY, "07:00", "in"), (WEDNESDAY, "00:10", "out")], last=("03:00", "07:30"))
@example(
    steps=[(WEDNESDAY, "03:00:01", "in"), ("03:00", "07:30"), (WEDNESDAY, "02:59:58", "in")],
    last=("03:00", "07:30"),
)
@example(
    steps=[(WEDNESDAY, "03:00:01", "in"), (WEDNESDAY, "02:59:58", "in"), ("06:00", "07:30")],
    last=("03:00", "07:30"),
)
def test_the_days_are_those_of_the_last_rules(
    gate: APIClient, clerk: APIClient, card: str, steps: Sequence[Any], last: Rule
) -> None:
    def after(order: Sequence[Any]) -> list[dict[str, Any]]:
        with transaction.atomic():
            made = post(clerk, SCHEDULES, body_of(("00:00", "07:30")))
            for step in order:
                if len(step) == 2:
                    url = f"{SCHEDULES}{made['schedule_id']}/"
                    assert clerk.patch(url, body_of(step)).status_code == 200
                else:
                    day, time, direction = step
                    tap(gate, card, at(time, day), direction=direction, offline=True)
            found = days()
            transaction.set_rollback(True)
        return found

    assert after([*steps, last]) == after([last, *(step for step in steps if len(step) == 3)])
