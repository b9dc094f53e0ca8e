"""An officer says what a day really was; what the taps say stays beside it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import ProtectedError
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance
from attendance.tests.factories import (
    MONDAY,
    STAFF,
    URL,
    WEDNESDAY,
    at,
    carrying,
    close,
    day_of,
    days_of,
    make_pupil,
    number_of,
    tap,
)
from cards.tests.factories import make_guard, make_member, make_student
from people.models import Person
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


@pytest.fixture
def late(gate: APIClient, clerk: APIClient) -> str:
    """The address of the day of somebody who came late."""
    student, card = make_pupil()
    tap(gate, card, at("08:30"))
    return f"{URL}{day_of(clerk, student)['attendance_id']}/"


# --- correct, and take it back ----------------------------------------------------------------


@pytest.mark.parametrize("status", ["Present", "Late", "Absent", "Excused"])
def test_a_correction_stands_beside_what_the_taps_say(
    clerk: APIClient, late: str, status: str
) -> None:
    response = clerk.patch(late, {"status": status, "reason": "  The bus \t was late "})
    body = response.json()
    assert response.status_code == 200
    assert (body["status"], body["derived_status"]) == (status, "Late")
    assert body["source"] == "correction"
    assert body["attendance_time"] == "2026-11-18T08:30:00+03:00"
    assert body["correction"] == {
        "status": status,
        "attendance_time": None,
        "left_at": None,
        "reason": "The bus was late",
        "by": "attendance_admin",
        "at": "2026-11-18T12:00:00+03:00",
    }
    assert clerk.get(late).json() == body


def test_a_corrected_day_is_found_by_what_it_was_corrected_to(clerk: APIClient, late: str) -> None:
    clerk.patch(late, {"status": "Excused", "reason": "ill"})
    assert len(days_of(clerk, status="Excused")) == 1
    assert days_of(clerk, status="Late") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "Excused"}, "reason"),
        ({"status": "Excused", "reason": ""}, "reason"),
        ({"status": "Excused", "reason": " \t "}, "reason"),
        ({"status": "Excused", "reason": None}, "reason"),
        ({"status": "Excused", "reason": ["ill"]}, "reason"),
        ({"status": "Excused", "reason": "x" * 301}, "reason"),
        ({"status": "Excused", "reason": "a\x00b"}, "reason"),
        ({"status": "Excused", "reason": "\u202eill"}, "reason"),
        ({"reason": "ill"}, "status"),
        ({"status": "excused", "reason": "ill"}, "status"),
        ({"status": "Gone", "reason": "ill"}, "status"),
        ({"status": "", "reason": "ill"}, "status"),
        ({"status": 1, "reason": "ill"}, "status"),
        ({"status": None}, "reason"),
    ],
)
def test_a_correction_names_a_known_status_and_a_reason(
    clerk: APIClient, late: str, body: dict[str, Any], field: str
) -> None:
    before = clerk.get(late).json()
    response = clerk.patch(late, body)
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert clerk.get(late).json() == before


def test_a_correction_is_taken_back(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    close(clerk, MONDAY)
    one = f"{URL}{day_of(clerk, student, MONDAY)['attendance_id']}/"
    absent = clerk.get(one).json()
    clerk.patch(one, {"status": "Excused", "reason": "ill"})
    response = clerk.patch(one, {"status": None, "reason": "It was somebody else"})
    assert (response.status_code, response.json()) == (200, absent)
    assert clerk.get(one).json() == absent
    clerk.patch(one, {"status": "Excused", "reason": "ill"})
    tap(gate, card, at("07:30", MONDAY), offline=True)
    assert clerk.patch(one, {"status": None, "reason": "No"}).json()["status"] == "Present"


def test_a_correction_is_corrected_by_the_next(administrator: APIClient, late: str) -> None:
    administrator.patch(late, {"status": "Excused", "reason": "ill"})
    body = administrator.patch(late, {"status": "Absent", "reason": "not ill"}).json()
    assert (body["status"], body["derived_status"]) == ("Absent", "Late")
    assert body["correction"]["reason"] == "not ill"
    assert body["correction"]["by"] == "administrator"


def test_later_taps_change_only_what_is_derived(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:30"))
    one = f"{URL}{day_of(clerk, student)['attendance_id']}/"
    clerk.patch(one, {"status": "Absent", "reason": "Gave the card to a friend"})
    answer = tap(gate, card, at("07:30"))
    assert answer["attendance"]["status"] == "Absent"
    tap(gate, card, at("11:00"), direction="out")
    body = clerk.get(one).json()
    assert (body["status"], body["derived_status"]) == ("Absent", "Present")
    assert body["attendance_time"] == "2026-11-18T07:30:00+03:00"
    assert body["left_at"] == "2026-11-18T11:00:00+03:00"


@pytest.mark.parametrize("make", [make_member, make_guard])
def test_days_of_staff_and_guards_are_corrected(
    gate: APIClient, clerk: APIClient, make: Callable[[], Any]
) -> None:
    tap(gate, number_of(make()), at("07:30"))
    (day,) = days_of(clerk, STAFF)
    url = f"{STAFF}{day['attendance_id']}/"
    body = clerk.patch(url, {"status": "Excused", "reason": "Training"}).json()
    assert (body["status"], body["derived_status"]) == ("Excused", "Present")
    assert body["correction"]["by"] == "attendance_admin"
    assert clerk.patch(f"{URL}{day['attendance_id']}/", {}).status_code == 404


def test_nothing_else_of_a_day_can_be_written(clerk: APIClient, late: str) -> None:
    before = clerk.get(late).json()
    clerk.patch(
        late,
        {
            "status": "Excused",
            "reason": "ill",
            "date": "2026-11-17",
            "student": str(carrying(make_student()).pk),
            "derived_status": "Present",
        },
    )
    after = clerk.get(late).json()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"status", "source", "correction"}


def test_times_are_corrected_too_and_the_day_is_judged_by_them(
    gate: APIClient, clerk: APIClient, late: str
) -> None:
    said = {"attendance_time": at("07:50"), "left_at": at("15:10"), "reason": "Gate was broken"}
    body = clerk.patch(late, said).json()
    assert (body["status"], body["source"], body["hours_on_site"]) == (
        "Present",
        "correction",
        7.33,
    )
    assert (body["attendance_time"], body["left_at"]) == (
        "2026-11-18T07:50:00+03:00",
        "2026-11-18T15:10:00+03:00",
    )
    assert body["correction"]["status"] is None
    back = {"attendance_time": None, "left_at": None, "reason": "It was not"}
    body = clerk.patch(late, back).json()
    assert (body["status"], body["attendance_time"]) == ("Late", "2026-11-18T08:30:00+03:00")
    assert body["correction"] is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "status"),
        ({"attendance_time": "2026-11-10T07:00:00+03:00"}, "attendance_time"),
        ({"left_at": "2026-11-25T07:00:00+03:00"}, "left_at"),
        ({"attendance_time": at("09:00"), "left_at": at("08:00")}, "left_at"),
        ({"attendance_time": "yesterday"}, "attendance_time"),
    ],
)
def test_a_correction_says_something_of_that_day(
    clerk: APIClient, late: str, said: dict[str, str], field: str
) -> None:
    response = clerk.patch(late, {**said, "reason": "because"})
    assert (response.status_code, list(response.json())) == (400, [field])


# --- who said what, for ever ------------------------------------------------------------------


def events_of(model: Any) -> Any:
    return model.pgh_event_model.objects.all()


def test_every_correction_is_kept_with_who_said_it(
    clerk: APIClient, administrator: APIClient, gate: APIClient
) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:30"))
    one = f"{URL}{day_of(clerk, student)['attendance_id']}/"
    clerk.patch(one, {"status": "Excused", "reason": "ill"})
    administrator.patch(one, {"status": "Absent", "reason": "not ill"})
    clerk.patch(one, {"status": None, "reason": "a mistake"})
    events = events_of(Attendance).filter(pgh_obj__person=student).order_by("pgh_id")
    users = {user.pk: user.username for user in User.objects.all()}
    assert [
        (users[e.corrected_by_id], e.corrected_status, e.correction_reason) for e in events
    ] == [
        ("attendance_admin", "Excused", "ill"),
        ("administrator", "Absent", "not ill"),
        ("attendance_admin", "", "a mistake"),
    ]
    assert {event.pgh_context.metadata["url"] for event in events} == {one}


def test_taps_and_closings_leave_no_corrections(gate: APIClient, clerk: APIClient) -> None:
    _, card = make_pupil()
    number = number_of(make_member())
    close(clerk)
    for who in (card, number):
        tap(gate, who, at("08:30"))
        tap(gate, who, at("07:30"))
    assert not events_of(Attendance).exists()


def test_nobody_rewrites_the_corrections(clerk: APIClient, late: str) -> None:
    clerk.patch(late, {"status": "Excused", "reason": "ill"})
    with pytest.raises(DatabaseError), transaction.atomic():
        events_of(Attendance).update(correction_reason="well")
    with pytest.raises(DatabaseError), transaction.atomic():
        events_of(Attendance).delete()


# --- what the database itself refuses ---------------------------------------------------------


@pytest.fixture
def student() -> Student:
    return carrying(make_student())


@pytest.mark.dialect
@pytest.mark.parametrize(
    "correction",
    [
        {"corrected_status": "Excused"},
        {"corrected_status": "Excused", "correction_reason": ""},
        {"correction_reason": "no status"},
        {"corrected_status": "Gone", "correction_reason": "unknown", "status": "Gone"},
        {"corrected_status": "Late", "correction_reason": "status is another"},
    ],
)
def test_a_correction_without_a_status_or_a_reason_is_no_row(
    student: Student, correction: dict[str, str]
) -> None:
    row = {"status": correction.get("corrected_status", "Present"), **correction}
    if correction.get("corrected_status") == "Late":
        row["status"] = "Present"
    refusal = "corrected_with_reason|status_as_corrected"
    with pytest.raises(IntegrityError, match=refusal), transaction.atomic():
        Attendance.objects.create(person=student, date=WEDNESDAY, **row)


@pytest.mark.dialect
@pytest.mark.parametrize("make", [make_student, make_member, make_guard])
def test_a_person_has_one_row_a_day(make: Callable[[], Person]) -> None:
    person = make()
    Attendance.objects.create(person=person, date=WEDNESDAY, status="Present")
    with pytest.raises(IntegrityError, match="one_a_day"), transaction.atomic():
        Attendance.objects.create(person=person, date=WEDNESDAY, status="Late")
    Attendance.objects.create(person=person, date=MONDAY, status="Present")


def test_a_day_is_of_a_person() -> None:
    with pytest.raises(IntegrityError, match="person_id"), transaction.atomic():
        Attendance.objects.create(date=WEDNESDAY, status="Present")


def test_a_person_with_days_cannot_be_deleted(gate: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("07:30"))
    with pytest.raises(ProtectedError), transaction.atomic():
        student.delete()
