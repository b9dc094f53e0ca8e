"""Somebody sits on a row of a day, or on the rules: whoever judges days goes round it, and taps go
on."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg2
import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from rest_framework.test import APIClient

from attendance import changes, judging, recording
from attendance.models import Attendance, ClosedDay, Rulebook
from attendance.rulebook import LOCK
from attendance.tests.factories import (
    CLOSE,
    POLICY,
    TAPS,
    URL,
    WEDNESDAY,
    at,
    carrying,
    status_of,
    tap,
)
from attendance.tests.test_races import MANY_POLLS, blocked
from cards.tests.factories import make_student
from core import locks
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pupils() -> list[Student]:
    """Two in the order in which their days are locked."""
    return sorted((carrying(make_student()) for _ in range(2)), key=lambda student: student.pk)


@contextmanager
def sitting_on(statement: str, *values: Any) -> Iterator[None]:
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        other.cursor().execute(statement, values)
        yield
    finally:
        other.close()


def sitting_on_the_day_of(student: Student) -> AbstractContextManager[None]:
    statement = "SELECT 1 FROM attendance_attendance WHERE person_id = %s FOR UPDATE"
    return sitting_on(statement, str(student.pk))


def beside(call: Callable[[], Any], then: Callable[[], Any]) -> tuple[Any, Any]:
    """What comes of a call, and of another one made when the first waits for a lock."""

    def on_its_own_connection() -> Any:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        first: Future[Any] = pool.submit(on_its_own_connection)
        assert any(blocked() for _ in range(MANY_POLLS))
        second = then()
        return first.result(), second


def close_wednesday(clerk: APIClient) -> Any:
    return clerk.post(CLOSE, {"date": str(WEDNESDAY)})


def tap_again(gate: APIClient, student: Student) -> int:
    body = {"event_id": "again", "card": number_of_card(student), "tapped_at": at("11:59")}
    return gate.post(TAPS, body).status_code


def number_of_card(student: Student) -> str:
    number: str = student.cards.get().rfid_number
    return number


def test_a_close_goes_round_what_is_held_and_the_worker_finishes_it(
    gate: APIClient, clerk: APIClient, pupils: list[Student], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "CHUNK", 1)
    held, free = pupils
    tap(gate, number_of_card(held), at("07:30"))
    with sitting_on_the_day_of(held):
        refused = close_wednesday(clerk)
        assert (refused.status_code, refused["Retry-After"]) == (503, "5")
        assert refused.json()["code"] == "database_busy"
        assert status_of(clerk, free) == "Absent"
        call_command("close_attendance")  # in vain, and says nothing
        assert ClosedDay.objects.get().written_at is None
    call_command("close_attendance")
    assert ClosedDay.objects.get().written_at
    assert Attendance.objects.get(person=held).closed_under_id
    assert close_wednesday(clerk).json()["was_closed"] is True


def test_who_taps_without_a_pause_holds_up_the_closing_of_nobody_else(
    gate: APIClient, clerk: APIClient, pupils: list[Student], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody whose day is another each time that it was read."""
    restless, calm = pupils
    tap(gate, number_of_card(restless), at("07:30"))
    read = recording.read_days

    def read_too_early(*said: Any, **more: Any) -> Any:
        rows = read(*said, **more)
        if restless.pk in rows:
            days = Attendance.objects.filter(person=restless)
            days.update(revision=F("revision") + 1)
        return rows

    with monkeypatch.context() as busy:
        busy.setattr(judging, "read_days", read_too_early)
        refused = close_wednesday(clerk)
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert status_of(clerk, calm) == "Absent"
    assert ClosedDay.objects.get().written_at is None
    call_command("close_attendance")
    assert ClosedDay.objects.get().written_at
    assert Attendance.objects.get(person=restless).closed_under_id


def test_a_close_that_waits_stops_no_gate(
    gate: APIClient, clerk: APIClient, pupils: list[Student]
) -> None:
    """It holds the first one's day and wants the second one's."""
    first, second = pupils
    for student in pupils:
        tap(gate, number_of_card(student), at("07:30"))
    with sitting_on_the_day_of(second):
        closing, tapped = beside(lambda: close_wednesday(clerk), lambda: tap_again(gate, first))
    assert (closing.status_code, tapped) == (503, 201)


def test_one_that_does_not_give_up_stops_it(
    gate: APIClient, clerk: APIClient, pupils: list[Student], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "yielding", transaction.atomic)
    first, second = pupils
    for student in pupils:
        tap(gate, number_of_card(student), at("07:30"))
    with sitting_on_the_day_of(second):
        _, tapped = beside(lambda: close_wednesday(clerk), lambda: tap_again(gate, first))
    assert tapped == 503


SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"


def change_the_policy(clerk: APIClient) -> int:
    return clerk.patch(POLICY, {"late_after": "07:15"}).status_code


def test_a_change_of_rules_that_waits_for_a_tap_stops_no_other(
    gate: APIClient, clerk: APIClient, pupils: list[Student]
) -> None:
    """A tap that hangs shares the rules; whoever wants them alone lets everybody else queue."""
    with sitting_on(SHARED, LOCK):
        changed, tapped = beside(
            lambda: change_the_policy(clerk), lambda: tap_again(gate, pupils[0])
        )
    assert (changed, tapped) == (503, 201)
    assert change_the_policy(clerk) == 200


def test_one_that_does_not_give_up_lets_all_taps_wait(
    gate: APIClient, clerk: APIClient, pupils: list[Student], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "yielding", transaction.atomic)
    with sitting_on(SHARED, LOCK):
        _, tapped = beside(lambda: change_the_policy(clerk), lambda: tap_again(gate, pupils[0]))
    assert tapped == 503


def test_a_changed_rule_reaches_a_day_that_was_held_later(
    gate: APIClient, clerk: APIClient, pupils: list[Student], clock: time_machine.Traveller
) -> None:
    held = pupils[0]
    tap(gate, number_of_card(held), at("07:30"))
    with sitting_on_the_day_of(held):
        assert change_the_policy(clerk) == 200
    assert status_of(clerk, held) == "Present"
    clock.shift(changes.UNDER_WAY * 2)
    call_command("close_attendance")
    assert status_of(clerk, held) == "Late"
    assert not Rulebook.objects.filter(applied_at=None).exists()


def test_a_day_that_is_opened_again_reaches_who_was_held_later(
    gate: APIClient, clerk: APIClient, pupils: list[Student], clock: time_machine.Traveller
) -> None:
    held = pupils[0]
    assert close_wednesday(clerk).status_code == 200
    reopening = {"date": str(WEDNESDAY), "reason": "A reader was off."}
    with sitting_on_the_day_of(held):
        assert clerk.post(f"{URL}reopen/", reopening).status_code == 200
    assert status_of(clerk, held) == "Absent"
    clock.shift(changes.UNDER_WAY * 2)
    call_command("close_attendance")
    assert status_of(clerk, held) is None
    assert ClosedDay.objects.count() == 0
