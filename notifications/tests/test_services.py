"""What is told when something happened, and what is taken back (contract section 10)."""

import random
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from attendance.closing import close_day, reopen_day
from attendance.hooks import notices_sent
from attendance.models import Attendance, ClosedDay, Rulebook, Status
from attendance.tests.factories import number_of
from cards.tests.factories import make_member, make_student
from discipline.services import record_incident, void_incident
from notifications.models import Channel, Guardian, Notice
from notifications.sending import claim
from notifications.services import tell_of_changed_days
from notifications.tests.factories import (
    absent,
    as_if_sent,
    correct,
    expect,
    make_day,
    make_guardian,
    make_pupil,
    tap,
    today,
    told,
)
from outbox.dispatch import dispatch_events
from outbox.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

SMS = [Channel.SMS]


@pytest.fixture
def boss(administrator: APIClient) -> User:
    return User.objects.get(role="administrator")


# --- arrival ----------------------------------------------------------------------------------


def test_an_arrival_is_one_notice_for_each_guardian_and_channel(gate: APIClient) -> None:
    student, card = make_pupil()
    make_guardian(student, channels=["email", "sms"], email="baba@example.org")
    tap(gate, card)
    assert sorted(told("kind", "channel", "state", "says")) == [
        ("arrival", "email", "pending", "Present"),
        ("arrival", "sms", "pending", "Present"),
        ("arrival", "sms", "pending", "Present"),
    ]
    day = Attendance.objects.get()
    assert set(told("event_id", "student_id", "date")) == {(day.pk, student.pk, day.date)}


def test_who_comes_late_is_told_as_late(gate: APIClient) -> None:
    expect(Status.LATE)
    tap(gate, make_pupil()[1])
    assert told() == [("late", "pending")]


def test_only_the_first_arrival_of_a_day_is_told(gate: APIClient) -> None:
    _, card = make_pupil()
    for direction in ("in", "out", "in"):
        tap(gate, card, direction=direction)
    assert told() == [("arrival", "pending")]


def test_who_was_first_seen_leaving_is_told_as_arrived_when_they_come(gate: APIClient) -> None:
    _, card = make_pupil()
    tap(gate, card, direction="out")
    assert told() == []
    tap(gate, card)
    assert told() == [("arrival", "pending")]


def test_a_tap_that_is_rolled_back_leaves_no_notice(gate: APIClient) -> None:
    _, card = make_pupil()
    with transaction.atomic():
        tap(gate, card)
        assert told() == [("arrival", "pending")]
        transaction.set_rollback(True)
    assert told() == []
    assert not Event.objects.filter(kind=Event.Kind.DAY_CHANGED).exists()


def test_a_batch_tells_of_each_student(gate: APIClient) -> None:
    cards = [make_pupil()[1] for _ in range(5)] + [number_of(make_student())]
    taps = [{"event_id": f"b{card}", "card": card, "direction": "in"} for card in cards]
    assert gate.post("/api/pos/taps/batch/", {"taps": taps * 2}).status_code == 200
    assert told() == [("arrival", "pending")] * 5


@pytest.mark.parametrize(
    "guardian",
    [{"is_active": False}, {"channels": []}, {"news": ["late", "absence", "incident"]}],
    ids=["switched off", "no channel", "not of arrivals"],
)
def test_who_is_not_to_be_told_is_not(gate: APIClient, guardian: dict[str, Any]) -> None:
    tap(gate, make_pupil(**guardian)[1])
    assert told() == []


def test_nobody_is_told_of_staff(gate: APIClient) -> None:
    make_pupil()
    card = number_of(make_member())
    assert tap(gate, card)["decision"] == "accepted"
    assert told() == []


def test_what_a_reader_had_stored_for_long_is_no_news(gate: APIClient) -> None:
    _, card = make_pupil()
    long_ago = timezone.now() - timedelta(hours=3)
    tap(gate, card, tapped_at=long_ago.isoformat(), offline=True)
    assert told() == []


def test_what_a_reader_had_stored_for_a_moment_is_news(gate: APIClient) -> None:
    _, card = make_pupil()
    lately = timezone.now() - timedelta(minutes=5)
    tap(gate, card, tapped_at=lately.isoformat(), offline=True)
    assert told() == [("arrival", "pending")]


def test_a_tap_at_a_kitchen_or_a_refused_one_tells_nobody(gate: APIClient) -> None:
    student, card = make_pupil()
    student.is_active = False
    student.save(update_fields=["is_active"])
    assert tap(gate, card)["decision"] == "denied"
    assert told() == []


# --- absence ----------------------------------------------------------------------------------


def test_absence_is_told_by_the_close_of_the_day_and_once(gate: APIClient) -> None:
    make_pupil()
    _, seen = make_pupil()
    tap(gate, seen)
    assert told("kind") == ["arrival"]
    close_day(day=today(), by=None)
    close_day(day=today(), by=None)
    assert told() == [("arrival", "pending"), ("absence", "pending")]


def test_an_officers_absent_is_told_when_the_day_is_closed(gate: APIClient, boss: User) -> None:
    student, _ = make_pupil(news=["absence"])
    record = make_day(student, Status.PRESENT)
    correct(record, Status.ABSENT, boss)
    assert told() == []
    close_day(day=today(), by=None)
    assert told() == [("absence", "pending")]


def test_the_absence_of_a_day_long_ago_tells_nobody() -> None:
    student, _ = make_pupil()
    day = today() - timedelta(days=4)
    absent(student, day)
    assert told() == []


def test_who_is_excused_is_told_to_nobody(boss: User) -> None:
    student, _ = make_pupil(news=["late", "absence"])
    record = make_day(student, Status.PRESENT)
    correct(record, Status.EXCUSED, boss)
    close_day(day=today(), by=None)
    assert told() == []


# --- what turned wrong ------------------------------------------------------------------------


def test_an_absence_that_nobody_was_told_of_is_cancelled_by_a_tap(gate: APIClient) -> None:
    student, card = make_pupil()
    absent(student)
    assert told() == [("absence", "pending")]
    tap(gate, card)
    assert told() == [("absence", "cancelled"), ("arrival", "pending")]


def test_an_absence_that_a_tap_overtook_is_told_to_nobody(gate: APIClient) -> None:
    student, card = make_pupil()
    absent(student)
    tap(gate, card)
    assert told() == [("arrival", "pending")]


def test_an_absence_that_was_told_is_corrected_once(gate: APIClient) -> None:
    student, card = make_pupil()
    absent(student)
    as_if_sent()
    tap(gate, card)
    tap(gate, card, direction="out")
    assert told("kind", "state", "says") == [
        ("absence", "sent", "Absent"),
        ("attendance_correction", "pending", "Present"),
    ]
    wrong, correction = Notice.objects.order_by("kind")
    assert correction.corrects == wrong
    assert correction.guardian == wrong.guardian


def test_an_absence_of_last_week_that_was_told_is_still_corrected(
    boss: User, settings: Settings
) -> None:
    settings.NOTICE_ABSENCE_DAYS = 7
    record = absent(make_pupil()[0], today() - timedelta(days=7))
    as_if_sent()
    settings.NOTICE_ABSENCE_DAYS = 2
    correct(record, Status.EXCUSED, boss)
    assert told() == [("absence", "sent"), ("attendance_correction", "pending")]


def test_a_correction_that_turned_wrong_is_changed_or_corrected(
    gate: APIClient, boss: User
) -> None:
    student, _ = make_pupil()
    record = absent(student)
    as_if_sent()
    for status in (Status.PRESENT, Status.ABSENT, Status.LATE):
        correct(record, status, boss)
    assert told("kind", "state", "says") == [
        ("absence", "sent", "Absent"),
        ("attendance_correction", "pending", "Late"),
    ]
    as_if_sent()
    correct(record, Status.EXCUSED, boss)
    assert told("kind", "state", "says") == [
        ("absence", "sent", "Absent"),
        ("attendance_correction", "sent", "Late"),
        ("attendance_correction", "pending", "Excused"),
    ]


def test_an_arrival_does_not_turn_wrong_by_a_new_late_limit(gate: APIClient) -> None:
    _, card = make_pupil()
    tap(gate, card)
    as_if_sent()
    expect(Status.LATE)
    assert Attendance.objects.get().status == "Late"
    assert told() == [("arrival", "sent")]


def test_a_late_arrival_does_turn_wrong_by_a_new_late_limit(gate: APIClient) -> None:
    expect(Status.LATE)
    _, card = make_pupil()
    tap(gate, card)
    as_if_sent()
    expect(Status.PRESENT)
    assert told() == [("late", "sent"), ("attendance_correction", "pending")]


def test_an_arrival_that_was_a_mistake_is_corrected(gate: APIClient, boss: User) -> None:
    """Somebody else carried the card. It is no inference, so it waits for no close."""
    _, card = make_pupil()
    tap(gate, card)
    as_if_sent()
    correct(Attendance.objects.get(), Status.ABSENT, boss)
    close_day(day=today(), by=None)
    assert told() == [("arrival", "sent"), ("attendance_correction", "pending")]


def test_each_guardian_is_corrected_by_what_they_were_told(gate: APIClient) -> None:
    student, card = make_pupil()
    absent(student)
    as_if_sent()
    make_guardian(student, name="New")
    tap(gate, card)
    assert told("guardian__name", "kind", kind="arrival") == [("New", "arrival")]
    assert len(told(kind="attendance_correction")) == 1


SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_however_a_day_changes_guardians_end_up_with_the_truth(seed: int, boss: User) -> None:
    """Changes of a closed day, dispatched at once or not, and sends that succeed, fail or are in
    doubt, in any order."""
    dice = random.Random(seed)  # noqa: S311
    student, _ = make_pupil()
    make_guardian(student, news=["absence"])
    record = absent(student)
    heard: dict[Any, str] = {}
    for _ in range(40):
        match dice.choice(["correct", "correct", "dispatch", "send", "send"]):
            case "correct":
                correct(record, dice.choice(Status.values), boss)
            case "dispatch":
                dispatch_events()
            case "send":
                _send_one(dice.choice(["sent", "refused", "in doubt"]), heard)
    dispatch_events()
    while _send_one("sent", heard):
        pass
    record.refresh_from_db()
    for guardian, last in heard.items():
        is_right = last == record.status or (
            last == "Present" and record.status in {"Late", "Excused"}
        )
        assert is_right, f"{guardian} heard {last}; it was {record.status}"
    if record.status == Status.ABSENT:
        assert set(heard) == set(Guardian.objects.values_list("pk", flat=True))


def _send_one(outcome: str, heard: dict[Any, str]) -> bool:
    claimed = claim(SMS, at=timezone.now() + timedelta(seconds=1))
    if claimed is None:
        return False
    notice = claimed.notice
    if notice.state != Notice.State.SENDING:
        return True
    if outcome != "refused":
        heard[notice.guardian_id] = notice.says
    is_sent = outcome == "sent"
    Notice.objects.filter(pk=notice.pk).update(
        state=Notice.State.SENT if is_sent else Notice.State.PENDING,
        sent_at=timezone.now() if is_sent else None,
        may_have_arrived=claimed.had_perhaps_arrived or outcome != "refused",
        next_attempt_at=timezone.now(),
        attempts=0,
    )
    return True


def _change(record: Attendance, gate: APIClient, card: str, boss: User) -> None:
    """Four changes of the status; the last is news."""
    correct(record, Status.EXCUSED, boss)
    correct(record, Status.LATE, boss)
    correct(record, "", boss)
    close_day(day=today(), by=None)
    tap(gate, card)


@pytest.mark.parametrize("heard", ["nothing", "of the absence"])
def test_the_order_and_the_repetition_of_events_do_not_matter(
    heard: str, gate: APIClient, boss: User
) -> None:
    student, card = make_pupil()
    make_guardian(student, channels=["email", "sms"], email="baba@example.org")
    record = absent(student)
    if heard == "of the absence":
        as_if_sent()
    Event.objects.update(dispatched_at=timezone.now())
    _change(record, gate, card, boss)
    events = list(Event.objects.filter(dispatched_at=None, kind="day_changed"))
    assert len(events) == 4
    outcomes = set()
    for order in permutations(events):
        with transaction.atomic():
            for event in (*order, *order[:2]):
                tell_of_changed_days([event])
            outcomes.add(_outcome())
            transaction.set_rollback(True)
    with transaction.atomic():
        tell_of_changed_days(events)
        outcomes.add(_outcome())
    kinds = {"attendance_correction"} if heard == "of the absence" else {"arrival"}
    (outcome,) = outcomes
    assert {kind for kind, state, *_ in outcome if state == "pending"} == kinds


def _outcome() -> tuple[Any, ...]:
    rows = Notice.objects.values_list("kind", "state", "says", "guardian_id", "channel")
    return tuple(sorted(rows, key=str))


def test_days_of_absence_are_counted_on_the_campus() -> None:
    """Just after midnight the date in UTC is still that of the day before."""
    three_days_ago, two_days_ago = (make_pupil(news=["absence"])[0] for _ in range(2))
    days = {three_days_ago: date(2026, 11, 15), two_days_ago: date(2026, 11, 16)}
    for student, day in days.items():
        make_day(student, Status.ABSENT, day)
    Attendance.objects.update(closed_under=Rulebook.objects.first())
    Event.objects.update(happened_at=datetime.fromisoformat("2026-11-18T00:30+03:00"))
    assert told("student_id", "kind") == [(two_days_ago.pk, "absence")]


# --- days that are gone ---------------------------------------------------------------------------


def test_a_closing_tells_of_the_day_it_closes_and_of_no_other(boss: User, gate: APIClient) -> None:
    student, _ = make_pupil()
    absent(student)
    as_if_sent()
    reopen_day(day=today(), reason="Too early.", by=boss)
    assert told() == [("absence", "sent")]
    close_day(day=today() - timedelta(days=1), by=boss)
    assert told("date", "kind") == [
        (today(), "absence"),
        (today() - timedelta(days=1), "absence"),
    ]


def test_a_day_that_is_closed_again_is_told_of_under_its_new_row(boss: User) -> None:
    student, _ = make_pupil()
    first = absent(student)
    dispatch_events()
    reopen_day(day=today(), reason="Too early.", by=boss)
    assert told("state", "event_id") == [("cancelled", first.pk)]
    second = absent(student)
    assert second.pk != first.pk
    assert told("state", "event_id") == [("pending", second.pk)]


def test_as_many_statements_tell_of_many_days_that_are_gone_as_of_one(
    boss: User, django_assert_max_num_queries: Any
) -> None:
    expect(Status.PRESENT)
    for _ in range(8):
        make_pupil()
    close_day(day=today(), by=boss)
    as_if_sent()
    reopen_day(day=today(), reason="Too early.", by=boss)
    with django_assert_max_num_queries(24):
        assert dispatch_events() == 8
    assert told("kind") == ["absence"] * 8


# --- what was sent --------------------------------------------------------------------------------


def test_a_preview_counts_the_notices_that_were_sent_of_what_it_would_change(
    administrator: APIClient,
) -> None:
    expect(Status.PRESENT)
    for _ in range(3):
        make_pupil()
    close_day(day=today(), by=None)
    as_if_sent()
    pupil, _ = make_pupil()
    make_guardian(pupil)
    holiday = {"date": str(today()), "name": "Eid"}
    response = administrator.post("/api/attendance/holidays/?preview=true", holiday)
    assert response.status_code == 200, response.content
    assert (response.json()["closed_days_changed"], response.json()["notices_sent"]) == (3, 3)


def test_sent_notices_are_counted_of_these_days_of_these_people_only(
    django_assert_num_queries: Any,
) -> None:
    expect(Status.PRESENT)
    (one, _), (other, _), (waiting, _) = (make_pupil() for _ in range(3))
    yesterday = today() - timedelta(days=1)
    for day in (yesterday, today()):
        close_day(day=day, by=None)
    as_if_sent()
    Notice.objects.filter(student=waiting).update(state=Notice.State.PENDING, sent_at=None)
    days = [(one.pk, today()), (other.pk, yesterday), (waiting.pk, today())]
    with django_assert_num_queries(1):
        assert notices_sent(days) == 2
    with django_assert_num_queries(0):
        assert notices_sent([]) == 0


# --- discipline -------------------------------------------------------------------------------


def test_an_incident_is_told_and_taken_back_when_it_is_voided(boss: User) -> None:
    student, _ = make_pupil()
    incident = record_incident(
        student=student, incident_description="Broke a window.", points_deducted=5, by=boss
    )
    assert told("kind", "says", "event_id") == [("incident", "Recorded", incident.pk)]
    as_if_sent()
    void_incident(incident=incident, reason="It was the wind.", by=boss)
    assert told("kind", "state", "says") == [
        ("incident", "sent", "Recorded"),
        ("incident_correction", "pending", "Voided"),
    ]


def test_an_incident_that_was_voided_at_once_is_told_to_nobody(boss: User) -> None:
    student, _ = make_pupil()
    incident = record_incident(
        student=student, incident_description="Broke a window.", points_deducted=5, by=boss
    )
    assert told() == [("incident", "pending")]
    void_incident(incident=incident, reason="It was the wind.", by=boss)
    assert told() == [("incident", "cancelled")]


def test_an_incident_of_long_ago_is_no_news(boss: User) -> None:
    record_incident(
        student=make_pupil()[0],
        incident_description="Broke a window.",
        points_deducted=5,
        by=boss,
        date_of_incident=today() - timedelta(days=10),
    )
    assert told() == []


# --- the database -----------------------------------------------------------------------------


def _notice(guardian: Guardian, **fields: Any) -> Notice:
    values = {
        "student": guardian.student,
        "guardian": guardian,
        "channel": "sms",
        "kind": "absence",
        "event_id": guardian.pk,
        "date": today(),
        "says": "Absent",
        "expires_at": timezone.now(),
    }
    return Notice.objects.create(**{**values, **fields})


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({}, "notifications_notice_day_once_for_a_guardian"),
        ({"event_id": uuid4()}, "notifications_notice_day_once_for_a_guardian"),
        ({"kind": "late", "state": "lost"}, "notifications_notice_known_state"),
        ({"kind": "late", "state": "sent"}, "notifications_notice_sent_has_its_time"),
    ],
)
def test_the_database_refuses_a_bad_notice(fields: dict[str, Any], constraint: str) -> None:
    guardian = make_guardian(make_student())
    _notice(guardian)
    with pytest.raises(IntegrityError, match=constraint):
        _notice(guardian, **fields)


def test_the_database_refuses_a_second_notice_of_an_incident() -> None:
    guardian = make_guardian(make_student())
    _notice(guardian, kind="incident")
    with pytest.raises(IntegrityError, match="incident_once_for_a_guardian"):
        _notice(guardian, kind="incident", date=today() - timedelta(days=1))


def test_the_database_refuses_a_second_correction_of_a_notice() -> None:
    guardian = make_guardian(make_student())
    wrong = _notice(guardian)
    _notice(guardian, kind="attendance_correction", corrects=wrong)
    with pytest.raises(IntegrityError, match="notifications_notice_corrected_once"):
        _notice(guardian, kind="attendance_correction", corrects=wrong)


def test_a_second_tap_fires_no_trigger(gate: APIClient) -> None:
    _, card = make_pupil()
    tap(gate, card)
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)"
            " UPDATE attendance_attendance SET on_site_since = now()"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Trigger" not in plan
    assert not ClosedDay.objects.exists()
