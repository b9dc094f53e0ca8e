"""Who has been absent so many expected days in a row, now (contract section 9)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from attendance.closing import close_day
from attendance.models import Attendance
from attendance.tests.factories import (
    MONDAY,
    SATURDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    make_holiday,
    make_pupil,
    number_of,
    tap,
)
from attendance.tests.saying import correct_day
from cards.tests.factories import make_member
from conftest import OWN_CLASS
from presence.tests.asking import STREAKS, answer
from students.models import Student

pytestmark = pytest.mark.django_db

FRIDAY = MONDAY - timedelta(days=3)
DAYS = (FRIDAY, MONDAY, TUESDAY)


def close_all() -> None:
    for day in DAYS:
        close_day(day=day, by=None)


def rows(client: APIClient, **asked: Any) -> list[tuple[str, int, str, str | None]]:
    found = answer(client, STREAKS, **asked)["results"]
    return [(row["person"], row["days"], row["since"], row["last_present"]) for row in found]


def test_days_in_a_row_are_counted_to_now_over_weekends_and_holidays(
    gate: APIClient, clerk: APIClient
) -> None:
    make_holiday(TUESDAY)
    pupil, number = make_pupil()
    thursday = FRIDAY - timedelta(days=1)
    tap(gate, number, at("07:30", thursday), offline=True)
    close_all()
    assert rows(clerk, min=2) == [(str(pupil.pk), 2, str(FRIDAY), str(thursday))]
    assert rows(clerk) == []


def test_the_longest_comes_first_and_whoever_came_today_is_gone(
    gate: APIClient, clerk: APIClient
) -> None:
    always, (sometimes, number) = make_pupil()[0], make_pupil()
    back, number_of_back = make_pupil()
    tap(gate, number, at("07:30", FRIDAY), offline=True)
    close_all()
    tap(gate, number_of_back, at("10:00"), offline=True)
    assert rows(clerk, min=1) == [
        (str(always.pk), 3, str(FRIDAY), None),
        (str(sometimes.pk), 2, str(MONDAY), str(FRIDAY)),
    ]
    assert str(back.pk) not in {row[0] for row in rows(clerk, min=1)}


def test_an_excused_day_neither_breaks_nor_adds(
    clerk: APIClient, make_user: Callable[..., Any]
) -> None:
    pupil, _ = make_pupil()
    close_all()
    monday = Attendance.objects.get(person=pupil, date=MONDAY)
    correct_day(record=monday, status="Excused", reason="Clinic", by=make_user("administrator"))
    assert rows(clerk, min=2) == [(str(pupil.pk), 2, str(FRIDAY), None)]


def test_a_day_that_counts_in_no_rate_breaks_nothing(gate: APIClient, clerk: APIClient) -> None:
    pupil, number = make_pupil()
    tap(gate, number, at("10:00", SATURDAY), offline=True)
    close_all()
    assert rows(clerk) == [(str(pupil.pk), 3, str(FRIDAY), None)]


def test_a_day_that_is_not_closed_is_no_absence_yet(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    make_pupil()
    close_all()
    clock.move_to(datetime.fromisoformat(at("17:00")))
    assert [row[1] for row in rows(clerk)] == [3]
    close_day(day=WEDNESDAY, by=None)
    assert [row[1] for row in rows(clerk)] == [4]


def test_whoever_has_left_is_not_missed(clerk: APIClient) -> None:
    gone, suspended = make_pupil()[0], make_pupil()[0]
    close_all()
    Student.objects.filter(pk=gone.pk).update(left_on=TUESDAY)
    Student.objects.filter(pk=suspended.pk).update(status="Suspended")
    assert rows(clerk) == []


def test_the_list_is_filtered_and_each_sees_their_own(
    clerk: APIClient, signed_in: Callable[..., APIClient]
) -> None:
    own = make_pupil(class_code=OWN_CLASS, class_level="Form 2", department="Science")[0]
    other = make_pupil(class_code="OTHER")[0]
    member = make_member(department="Library")
    number_of(member)
    close_all()
    assert answer(clerk, STREAKS)["count"] == 3
    for asked, person in (
        ({"class_code": OWN_CLASS.lower()}, own),
        ({"class_level": "form 2"}, own),
        ({"department": "Science"}, own),
        ({"kind": "staff"}, member),
        ({"search": other.identifier}, other),
    ):
        assert [row[0] for row in rows(clerk, **asked)] == [str(person.pk)]
    assert [row[0] for row in rows(signed_in("class_teacher"))] == [str(own.pk)]
    assert signed_in("kitchen_admin").get(STREAKS).status_code == 403


@pytest.mark.parametrize("asked", [{"min": "0"}, {"min": "x"}, {"kind": "visitor"}, {"max": "3"}])
def test_what_it_cannot_be_asked_is_refused(asked: dict[str, str], clerk: APIClient) -> None:
    assert clerk.get(STREAKS, asked).status_code == 400


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    clerk: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(8):
        make_pupil()
    close_all()
    with django_assert_num_queries(2):
        assert answer(clerk, STREAKS)["count"] == 8
