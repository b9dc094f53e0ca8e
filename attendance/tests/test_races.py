"""Closings, changes of policy and taps at the same time, each on a connection of its own."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.tests.races import at_once, meeting
from attendance.closed_days import judge_touched
from attendance.models import Attendance, ClosedDay, Holiday, Rulebook, RuleChange
from attendance.tests.factories import (
    HOLIDAYS,
    MONDAY,
    POLICY,
    TAPS,
    TUESDAY,
    URL,
    WEDNESDAY,
    at,
    carrying,
    close,
    make_pupil,
    number_of,
    policy,
    status_of,
    tap,
)
from cards.tests.factories import make_member, make_student
from pos.tests.factories import make_reader
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)

MANY_POLLS = 20_000  # only a test that fails ever asks that often


def blocked() -> int:
    """How many connections to this database wait for a lock of another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def behind(student: Student, *calls: Callable[[], Any]) -> list[Any]:
    """What comes of these calls, which all start while this student's day is locked.

    Each starts when the one before it has come to a stand, so they queue in this order.
    """
    with ThreadPoolExecutor(len(calls)) as pool, transaction.atomic():
        Attendance.objects.select_for_update().get(person=student, date=WEDNESDAY)
        futures: list[Future[Any]] = []
        for number, call in enumerate(calls, start=1):
            futures.append(pool.submit(_on_its_own_connection, call))
            assert any(blocked() == number for _ in range(MANY_POLLS)), f"{number} came through"
    return [future.result() for future in futures]


def _on_its_own_connection(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connection.close()


def batch(reader: APIClient, cards: list[str], time: str = "07:30", name: str = "") -> int:
    taps = [
        {"event_id": f"{name}{card}", "card": card, "tapped_at": at(time), "offline": True}
        for card in cards
    ]
    return reader.post(f"{TAPS}batch/", {"taps": taps}).status_code


@pytest.fixture
def in_key_order() -> list[tuple[Student, str]]:
    """Three students in the order in which their days are locked, and their cards."""
    students = sorted((carrying(make_student()) for _ in range(3)), key=lambda student: student.pk)
    return [(student, number_of(student)) for student in students]


# --- closing ----------------------------------------------------------------------------------


def test_of_closings_at_once_one_writes_everything(clerk: APIClient) -> None:
    for _ in range(20):
        carrying(make_student())
    carrying(make_member())
    closings = at_once(*[partial(close, clerk)] * 5)
    assert sorted(closing["was_closed"] for closing in closings) == [False] + [True] * 4
    assert sum(closing["absent"]["student"] for closing in closings) == 20
    assert sum(closing["absent"]["staff"] for closing in closings) == 1
    assert Attendance.objects.filter(status="Absent").count() == 21
    assert ClosedDay.objects.count() == 1


def test_whoever_is_seen_while_the_day_is_closed_is_present(
    gate: APIClient, clerk: APIClient
) -> None:
    _, other_gate = make_reader()
    people = [make_pupil()[1] for _ in range(30)] + [number_of(make_member()) for _ in range(5)]
    never_seen = carrying(make_student())
    batch(gate, people[::3], "07:45", "before")
    answers: list[Any] = at_once(
        partial(batch, gate, people),
        partial(clerk.post, f"{URL}close/", {"date": str(WEDNESDAY)}),
        partial(batch, other_gate, people[::-1], "07:31"),
        partial(clerk.post, f"{URL}close/", {"date": str(WEDNESDAY)}),
    )
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 4
    assert Attendance.objects.filter(status="Present").count() == 35
    assert status_of(clerk, never_seen) == "Absent"
    assert clerk.get(f"{URL}staff/?status=Present").json()["count"] == 5


def test_a_close_that_meets_a_batch_halfway_does_not_deadlock(
    gate: APIClient, clerk: APIClient, in_key_order: list[tuple[Student, str]]
) -> None:
    """The batch would hold a new day and wait for one that the close holds, and the reverse."""
    (_, fresh), (_, seen), (held, last) = in_key_order
    for card in (seen, last):
        tap(gate, card, at("07:40"))
    closing, codes = behind(
        held,
        partial(clerk.post, f"{URL}close/", {"date": str(WEDNESDAY)}),
        partial(batch, gate, [fresh, seen]),
    )
    assert (closing.status_code, codes) == (200, 200)
    assert [status_of(clerk, student) for student, _ in in_key_order] == ["Present"] * 3


# --- changing the policy ----------------------------------------------------------------------


def test_a_tap_on_its_way_while_the_policy_changes_is_judged_by_the_new_one(
    gate: APIClient, clerk: APIClient, in_key_order: list[tuple[Student, str]]
) -> None:
    """The batch has read the old limit and not yet committed when the change looks for days."""
    (student, fresh), _, (held, last) = in_key_order
    tap(gate, last, at("07:30"))
    codes, changed = behind(
        held,
        partial(batch, gate, [fresh, last], "07:31"),
        partial(clerk.patch, POLICY, {"late_after": "07:15"}),
    )
    assert (codes, changed.status_code) == (200, 200)
    assert status_of(clerk, held) == "Late"
    assert status_of(clerk, student) == "Late"


def test_a_policy_that_changes_while_a_day_is_closed_leaves_that_day_alone(
    gate: APIClient, clerk: APIClient, in_key_order: list[tuple[Student, str]]
) -> None:
    held, card = in_key_order[-1]
    tap(gate, card, at("07:30"))
    closing, changed = behind(
        held,
        partial(close, clerk),
        partial(clerk.patch, POLICY, {"late_after": "07:15"}),
    )
    assert closing["was_closed"] is False
    assert changed.status_code == 200
    assert status_of(clerk, held) == "Present"


def test_a_class_policy_that_is_taken_away_while_a_day_is_closed_leaves_that_day_alone(
    gate: APIClient, clerk: APIClient
) -> None:
    held, card = make_pupil(class_level="NTA 4")
    clerk.patch(POLICY, {"class_level": "NTA 4", "late_after": "09:00"})
    tap(gate, card, at("08:30"))
    behind(held, partial(close, clerk), partial(clerk.delete, f"{POLICY}?class_level=NTA 4"))
    assert status_of(clerk, held) == "Present"


def test_policies_that_change_beside_taps_judge_every_open_day_by_the_last(
    gate: APIClient, clerk: APIClient
) -> None:
    cards = [make_pupil()[1] for _ in range(20)]
    limits = ["07:00", "07:20", "07:10", "07:05"]
    at_once(
        *(partial(clerk.patch, POLICY, {"late_after": limit}) for limit in limits),
        *(partial(batch, gate, cards[number::4], "07:15") for number in range(4)),
    )
    limit = policy().late_after.isoformat()
    statuses = set(Attendance.objects.values_list("status", flat=True))
    assert Attendance.objects.count() == 20
    assert statuses == {"Present" if limit == "07:20:00" else "Late"}


def test_first_policies_of_a_class_at_once_are_one(clerk: APIClient) -> None:
    changes: list[Any] = at_once(
        *(
            partial(clerk.patch, POLICY, {"class_level": "NTA 4", **change})
            for change in ({"late_after": "09:00"}, {"closes_at": "16:00"}, {"working_days": [6]})
        )
    )
    assert sorted(response.status_code for response in changes) == [200, 200, 201]
    own = policy("NTA 4")
    assert own.closes_at
    assert (own.late_after.isoformat(), own.closes_at.isoformat(), own.working_days) == (
        "09:00:00",
        "16:00:00",
        [6],
    )


# --- corrections ------------------------------------------------------------------------------


def test_of_corrections_with_the_same_tag_one_succeeds(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:30"))
    one = f"{URL}{Attendance.objects.get(person=student).pk}/"
    tag = clerk.get(one)["ETag"]
    responses: list[Any] = at_once(
        *(
            partial(clerk.patch, one, {"status": status, "reason": "so"}, HTTP_IF_MATCH=tag)
            for status in ("Excused", "Present", "Absent")
        )
    )
    assert sorted(response.status_code for response in responses) == [200, 412, 412]


def test_a_correction_beside_a_close_and_taps_is_kept(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    close(clerk, MONDAY)
    close(clerk, TUESDAY)
    tap(gate, card, at("08:30"))
    one = f"{URL}{Attendance.objects.get(person=student, date=WEDNESDAY).pk}/"
    answers: list[Any] = at_once(
        partial(clerk.patch, one, {"status": "Excused", "reason": "ill"}),
        partial(clerk.post, f"{URL}close/", {"date": str(WEDNESDAY)}),
        partial(batch, gate, [card]),
        partial(clerk.patch, POLICY, {"late_after": "07:00"}),
    )
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 4
    assert status_of(clerk, student) == "Excused"


def _rain(clerk: APIClient, name: str) -> Any:
    return clerk.post(
        HOLIDAYS,
        {
            "date": str(TUESDAY),
            "name": name,
            "applies_to": {"class_codes": ["F1A"]},
            "apply_to_closed": True,
            "reason": "Flood",
        },
    )


def test_of_two_changes_of_closed_days_at_once_the_second_goes_by_what_the_first_made(
    clerk: APIClient,
) -> None:
    student, _ = make_pupil(class_code="F1A")
    close(clerk, TUESDAY)
    made = at_once(partial(_rain, clerk, "Rain"), partial(_rain, clerk, "Storm"))
    assert [answer.status_code for answer in made] == [201, 201]
    assert status_of(clerk, student, TUESDAY) is None
    changes = {each["change_id"]: each["days_changed"] for each in _changes(clerk)}
    assert sorted(changes.values()) == [0, 1]
    for change in changes:
        assert clerk.post(f"{URL}changes/{change}/undo/").status_code == 200
    assert status_of(clerk, student, TUESDAY) == "Absent"


def test_without_their_turns_each_would_leave_the_days_to_the_other(
    clerk: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    student, _ = make_pupil(class_code="F1A")
    close(clerk, TUESDAY)
    monkeypatch.setattr("attendance.closed_days.is_under_way", lambda: False)
    monkeypatch.setattr("attendance.changes.judge_touched", meeting(judge_touched, parties=2))
    at_once(partial(_rain, clerk, "Rain"), partial(_rain, clerk, "Storm"))
    assert status_of(clerk, student, TUESDAY) == "Absent", "the control"
    assert [each["days_changed"] for each in _changes(clerk)] == [0, 0]


def test_whoever_waits_too_long_for_another_change_is_told_to_come_again(
    clerk: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pupil(class_code="F1A")
    close(clerk, TUESDAY)
    assert _rain(clerk, "Rain").status_code == 201
    Rulebook.objects.filter(pk=RuleChange.objects.get().rulebook_id).update(applied_at=None)
    monkeypatch.setattr("attendance.changes.LONGEST_TURN", timedelta(seconds=0.2))
    answer = _rain(clerk, "Storm")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
    assert answer["Retry-After"]
    assert Holiday.objects.filter(first_day=TUESDAY).count() == 1


def _changes(clerk: APIClient) -> Any:
    return clerk.get(f"{URL}changes/").json()["results"]
