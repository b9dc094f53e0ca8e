"""Guardians, days and notices for the tests of this folder."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attendance.changes import Applying, change_rules, set_policy
from attendance.closing import close_day
from attendance.day import Direction, Pass
from attendance.judging import look_at
from attendance.models import EVERYBODY, Absence, Attendance, Holiday, RuleChange, Status
from attendance.open_days import Scope
from attendance.recording import forget_days, read_days, write_days
from attendance.rulebook import RulesChange, share_rules
from attendance.tests.factories import number_of
from attendance.tests.saying import correct_day
from cards.tests.factories import make_student
from notifications.models import Channel, Guardian, Notice
from notifications.sending import Claim, claim, send_due
from outbox.dispatch import dispatch_events
from students.models import Student

TAPS = "/api/pos/taps/"
URL = "/api/notifications/"
_numbers = count(1)


def guardians_of(student: Student) -> str:
    return f"/api/students/{student.pk}/guardians/"


def make_guardian(student: Student, **fields: Any) -> Guardian:
    """Somebody with a telephone; English, told of everything."""
    number = next(_numbers)
    values = {
        "name": f"Rehema Mushi{number}",
        "phone": f"+2557120{number:05}",
        "channels": ["sms"],
        **fields,
    }
    return Guardian.objects.create(student=student, **values)


def make_pupil(**guardian: Any) -> tuple[Student, str]:
    """A student with a guardian, and the number of the student's card."""
    student = make_student()
    make_guardian(student, **guardian)
    return student, number_of(student)


def expect(status: str) -> None:
    """From now on whoever comes is Present, or Late, whatever the time of day is."""
    late_after = time(0) if status == Status.LATE else time(23, 59, 58)
    set_policy(
        class_level=EVERYBODY,
        changes={
            "late_after": late_after,
            "closes_at": time(23, 59, 59),
            "working_days": [1, 2, 3, 4, 5, 6, 7],
        },
    )


def tap(reader: APIClient, card: str, **fields: Any) -> Any:
    body = {"event_id": f"event-{next(_numbers)}", "card": card, "direction": "in", **fields}
    response = reader.post(TAPS, body)
    assert response.status_code == 201, response.content
    return response.json()


def today() -> date:
    return timezone.localdate()


def make_day(student: Student, status: str, day: date | None = None) -> Attendance:
    """A day with this status, as taps or the close would write it, half a minute ago."""
    came = None if status == Status.ABSENT else timezone.now() - timedelta(seconds=30)
    return Attendance.objects.create(
        person=student,
        date=day or today(),
        passes=[[came.isoformat(), *Pass(came, Direction.IN).as_row()[1:]]] if came else [],
        attendance_time=came,
        on_site_since=came,
        derived_status=status,
        status=status,
    )


def correct(record: Attendance, status: str, by: User) -> None:
    correct_day(record=record, status=status, reason="We asked.", by=by)


def declare_holiday(by: User, *, to_closed: bool = True) -> RuleChange | None:
    """That today is one, for everybody; also where it is closed."""

    def write(change: RulesChange) -> Holiday:
        day = {"first_day": today(), "last_day": today()}
        return Holiday.objects.get_or_create(**day, defaults={"name": "Eid"})[0]

    return change_today(write, by, to_closed=to_closed)


def change_today(
    write: Callable[[RulesChange], object], by: User, *, to_closed: bool
) -> RuleChange | None:
    return change_rules(
        write,
        what="Changed",
        scope=Scope(today(), today()),
        by=by,
        applying=Applying(to_closed=to_closed, reason="It was a mistake." if to_closed else ""),
    )[1]


def excuse(student: Student, by: User) -> None:
    """That the student is away today, and why."""

    def write(change: RulesChange) -> None:
        change.add(
            Absence(
                absence_id=uuid4(),
                person=student,
                first_day=today(),
                last_day=today(),
                reason="Ill.",
            )
        )

    change_today(write, by, to_closed=True)


def take_taps_back(student: Student) -> None:
    """As if none of the student's today had been."""
    with transaction.atomic():
        book = share_rules()
        rows = read_days(today(), [student.pk])
        rows[student.pk] = replace(rows[student.pk], passes=())
        ((day,), _) = look_at(today(), [student.pk], rows, book)
        if day.result.status:
            write_days([day])
        else:
            forget_days([day.row])


def absent(student: Student, day: date | None = None) -> Attendance:
    """The student's day, after it was closed without them."""
    expect(Status.PRESENT)
    close_day(day=day or today(), by=None)
    return Attendance.objects.get(person=student, date=day or today(), status=Status.ABSENT)


def told(*fields: str, **filters: Any) -> list[Any]:
    """The notices, in the order in which they were made, once what happened is dispatched."""
    dispatch_events()
    names = fields or ("kind", "state")
    rows = Notice.objects.filter(**filters).order_by("created_at", "kind", "channel")
    return list(rows.values_list(*names, flat=len(names) == 1))


def as_if_sent() -> None:
    """What is pending, was sent."""
    dispatch_events()
    Notice.objects.filter(state=Notice.State.PENDING).update(
        state=Notice.State.SENT, sent_at=timezone.now(), may_have_arrived=True
    )


def claim_sms() -> Claim | None:
    """What a sender does first, with the notice that is due next."""
    dispatch_events()
    return claim([Channel.SMS], at=timezone.now() + timedelta(seconds=1))


def wait_is_over() -> None:
    Notice.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def send(times: int = 1, before: Callable[[], None] = wait_is_over) -> dict[str, int]:
    """What the last of so many runs did, once what happened is dispatched."""
    done: dict[str, int] = {}
    for _ in range(times):
        dispatch_events()
        before()
        done = dict(send_due())
    return done
