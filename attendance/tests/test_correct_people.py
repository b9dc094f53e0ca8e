"""One correction for several people, seen or not; and that a day stays a function of its taps."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.races import at_once
from attendance.closing import close_day
from attendance.models import Attendance
from attendance.tests.factories import (
    SATURDAY,
    THURSDAY,
    URL,
    WEDNESDAY,
    at,
    carrying,
    close,
    day_of,
    make_pupil,
    status_of,
    tap,
)
from attendance.tests.saying import correct_people
from attendance.tests.test_races import batch, behind
from cards.tests.factories import make_guard, make_member, make_student
from students.models import Student

CORRECT = f"{URL}correct/"


def body(*people: Any, **fields: Any) -> dict[str, Any]:
    values = {"date": str(WEDNESDAY), "kind": "student", "status": "Excused", "reason": "Trip"}
    return {**values, "people": [str(person.pk) for person in people], **fields}


@pytest.fixture
def officer_of_days(make_user: Any) -> User:
    user: User = make_user("attendance_admin", "somebody")
    return user


def excuse(user: User, *people: Student, status: str = "Excused") -> int:
    return correct_people(
        day=WEDNESDAY,
        kind="student",
        people=[person.pk for person in people],
        status=status,
        reason="Trip",
        by=user,
    )


# --- over REST --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_people_are_corrected_together_seen_or_not(clerk: APIClient, gate: APIClient) -> None:
    (seen, card), unseen = make_pupil(), carrying(make_student())
    tap(gate, card, at("08:30"))
    answer = clerk.post(CORRECT, body(seen, unseen))
    assert (answer.status_code, answer.json()) == (200, {"corrected": 2})
    for student, derived in ((seen, "Late"), (unseen, None)):
        day = day_of(clerk, student)
        assert (day["status"], day["derived_status"]) == ("Excused", derived)
        assert day["correction"]["reason"] == "Trip"
        assert day["correction"]["by"] == "attendance_admin"


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "make"), [("staff", make_member), ("security", make_guard)])
def test_staff_and_guards_are_corrected_together(clerk: APIClient, kind: str, make: Any) -> None:
    people = [make(), make()]
    assert clerk.post(CORRECT, body(*people, kind=kind)).json() == {"corrected": 2}
    assert Attendance.objects.filter(person__kind=kind, status="Excused").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"people": []}, "people"),
        ({"people": ["x"]}, "people"),
        ({"people": [str(uuid4())] * 501}, "people"),
        ({"people": [str(uuid4())]}, "people"),
        ({"kind": "staff"}, "people"),
        ({"kind": "cook"}, "kind"),
        ({"status": "Gone"}, "status"),
        ({"reason": ""}, "reason"),
        ({"date": "tomorrow"}, "date"),
    ],
)
def test_bad_corrections_are_refused_by_field(
    clerk: APIClient, fields: dict[str, Any], field: str
) -> None:
    answer = clerk.post(CORRECT, body(carrying(make_student()), **fields))
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not Attendance.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "code"), [(THURSDAY, "day_in_future"), ("2020-01-01", "day_too_long_ago")]
)
def test_days_to_come_and_of_long_ago_are_not_corrected(
    clerk: APIClient, day: Any, code: str
) -> None:
    answer = clerk.post(CORRECT, body(carrying(make_student()), date=str(day)))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Attendance.objects.exists()


# --- taking it back ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_was_never_seen_is_not_yet_seen_again(clerk: APIClient) -> None:
    """On an open day; an Absent would be said of somebody who may be on the way."""
    student, other = carrying(make_student()), carrying(make_student())
    clerk.post(CORRECT, body(student, other))
    assert clerk.post(CORRECT, body(student, status=None)).json() == {"corrected": 1}
    assert (status_of(clerk, student), status_of(clerk, other)) == (None, "Excused")
    events: Any = Attendance.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    assert events.count() == 3  # the log has it all


@pytest.mark.django_db
def test_the_api_says_when_nothing_is_left_of_a_day(clerk: APIClient) -> None:
    student = carrying(make_student())
    clerk.post(CORRECT, body(student))
    one = f"{URL}{day_of(clerk, student)['attendance_id']}/"
    answer = clerk.patch(one, {"status": None, "reason": "The wrong student"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert clerk.get(one).status_code == 404


@pytest.mark.django_db
def test_on_a_closed_day_who_was_never_seen_is_absent_again(clerk: APIClient) -> None:
    student = carrying(make_student())
    clerk.post(CORRECT, body(student))
    close(clerk)
    clerk.post(CORRECT, body(student, status=None))
    assert status_of(clerk, student) == "Absent"


@pytest.mark.django_db
def test_on_a_closed_day_without_work_nobody_turns_absent(clerk: APIClient) -> None:
    student = carrying(make_student())
    close_day(day=SATURDAY, by=None)
    clerk.post(CORRECT, body(student, date=str(SATURDAY), status="Present"))
    clerk.post(CORRECT, body(student, date=str(SATURDAY), status=None))
    assert status_of(clerk, student, SATURDAY) is None


@pytest.mark.django_db
def test_taking_back_changes_nobody_who_was_not_corrected(
    clerk: APIClient, gate: APIClient
) -> None:
    (seen, card), unseen = make_pupil(), carrying(make_student())
    tap(gate, card, at("08:30"))
    assert clerk.post(CORRECT, body(seen, unseen, status=None)).json() == {"corrected": 0}
    assert (status_of(clerk, seen), status_of(clerk, unseen)) == ("Late", None)
    assert Attendance.objects.get().corrected_at is None


# --- beside taps ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_tap_at_the_moment_of_a_correction_is_kept_beside_it(
    gate: APIClient, clerk: APIClient, officer_of_days: User
) -> None:
    """Whichever comes first, the day is the same."""
    people = [make_pupil() for _ in range(20)]
    students = [student for student, _ in people]
    cards = [card for _, card in people]
    answers: list[Any] = at_once(
        partial(excuse, officer_of_days, *students),
        partial(batch, gate, cards[::-1], "08:30"),
        partial(close_day, day=WEDNESDAY, by=None),
    )
    assert answers[:2] == [20, 200]
    days = set(Attendance.objects.values_list("status", "derived_status"))
    assert (Attendance.objects.count(), days) == (20, {("Excused", "Late")})


@pytest.mark.django_db(transaction=True)
def test_a_tap_at_the_moment_of_taking_back_is_not_lost(
    gate: APIClient, clerk: APIClient, officer_of_days: User
) -> None:
    people = [make_pupil() for _ in range(20)]
    students = [student for student, _ in people]
    excuse(officer_of_days, *students)
    at_once(
        partial(excuse, officer_of_days, *students, status=""),
        partial(batch, gate, [card for _, card in people][::-1]),
    )
    assert Attendance.objects.filter(status="Present", corrected_status="").count() == 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", ["Excused", ""])
def test_a_correction_that_meets_a_batch_halfway_does_not_deadlock(
    gate: APIClient, clerk: APIClient, officer_of_days: User, status: str
) -> None:
    """The one would hold a row that the other waits for, if they did not go in the same order."""
    people = sorted((make_pupil() for _ in range(3)), key=lambda pair: pair[0].pk)
    students = [student for student, _ in people]
    excuse(officer_of_days, *students[1:])
    corrected, code = behind(
        students[1],
        partial(excuse, officer_of_days, *students[::-1], status=status),
        partial(batch, gate, [card for _, card in people]),
    )
    assert (corrected, code) == (3 if status else 2, 200)
    assert Attendance.objects.filter(derived_status="Present").count() == 3
