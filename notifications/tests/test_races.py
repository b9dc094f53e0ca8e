"""Senders, dispatchers, taps and removals at the same time, each on a connection of its own.

Each guard has a control: the same race without it, which must go wrong.
"""

import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.races import PATIENCE, at_once, meeting
from attendance.models import Attendance, Status
from notifications import sending, services
from notifications.channels import Sms, Undelivered
from notifications.models import Guardian, Notice, NoticeQuerySet
from notifications.policy import decide
from notifications.sending import send_due
from notifications.services import remove_guardian, tell_of_changed_days
from notifications.tests.factories import (
    absent,
    claim_sms,
    correct,
    make_day,
    make_guardian,
    make_pupil,
    send,
    told,
    wait_is_over,
)
from notifications.tests.gateway import HANG, Gateway
from outbox import dispatch
from outbox.dispatch import dispatch_events
from outbox.models import Event
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(make_user: Callable[..., User]) -> User:
    return make_user("administrator", "boss")


# --- two senders ------------------------------------------------------------------------------


def test_two_senders_with_four_threads_each_send_everything_once(
    gateway: Gateway, settings: Settings
) -> None:
    settings.NOTICE_SENDERS = 4
    for _ in range(40):
        make_day(make_pupil()[0], Status.PRESENT)
    dispatch_events()
    done = at_once(send_due, send_due)
    assert sum(done, Counter()) == {"sent": 40}
    assert len(gateway.requests) == len(set(gateway.keys)) == 40


def test_without_the_lock_two_senders_send_the_same_notice(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both look before either has marked it, and mark before either sends."""
    make_day(make_pupil()[0], Status.PRESENT)
    dispatch_events()
    monkeypatch.setattr(sending, "_begin", meeting(sending._begin, 2))
    monkeypatch.setattr(sending, "_try", meeting(sending._try, 2))
    monkeypatch.setattr(NoticeQuerySet, "select_for_update", lambda notices, **_: notices)
    at_once(send_due, send_due)
    assert len(gateway.requests) == 2


# --- kill -9 ----------------------------------------------------------------------------------

# Sends what is due and is killed as soon as the gateway has answered, before anything is marked.
SEND_AND_DIE = """
    from notifications import sending

    settings.SMS_GATEWAY_URL = sys.argv[2]
    settings.NOTICE_QUIET_HOURS, settings.NOTICE_SENDERS = "", 1
    sending._sent = lambda notice: os.kill(os.getpid(), signal.SIGKILL)
    sending.send_due()
"""
# Dispatches, and is killed when everything is written and nothing is committed.
DISPATCH_AND_DIE = """
    from notifications import services
    from notifications.models import Notice
    from outbox.dispatch import dispatch_events

    tell = services._tell

    def tell_and_die(*args):
        tell(*args)
        assert Notice.objects.exists()
        os.kill(os.getpid(), signal.SIGKILL)

    services._tell = tell_and_die
    dispatch_events()
"""
BEGINNING = """
    import os, signal, sys
    import django
    django.setup()
    from django.conf import settings
    from django.db import connection

    connection.settings_dict["NAME"] = sys.argv[1]
"""


def run_until_killed(script: str, *arguments: str) -> None:
    died = subprocess.run(
        [
            *(sys.executable, "-c", textwrap.dedent(BEGINNING) + textwrap.dedent(script)),
            *(str(connection.settings_dict["NAME"]), *arguments),
        ],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "trackxpert.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr


def test_a_dispatcher_that_is_killed_loses_nothing_and_doubles_nothing() -> None:
    pupils = [make_pupil()[0] for _ in range(3)]
    for pupil in pupils:
        make_day(pupil, Status.PRESENT)
    run_until_killed(DISPATCH_AND_DIE)
    assert not Notice.objects.exists()
    assert sorted(told("student_id")) == sorted(pupil.pk for pupil in pupils)
    assert dispatch_events() == 0


def test_a_worker_that_is_killed_before_it_could_mark_it_sends_with_the_same_key_again(
    gateway: Gateway,
) -> None:
    record = absent(make_pupil()[0])
    dispatch_events()
    run_until_killed(SEND_AND_DIE, gateway.url)
    assert told("state", "attempts", "may_have_arrived") == [("sending", 1, True)]
    assert send_due() == {}, "its lease has not run out"
    assert send() == {"sent": 1}
    assert told("state", "attempts", "event_id") == [("sent", 2, record.pk)]
    assert len(gateway.requests) == 2
    assert set(gateway.keys) == {str(Notice.objects.get().pk)}


def test_a_notice_that_kills_each_of_its_workers_is_given_up(
    gateway: Gateway, settings: Settings
) -> None:
    settings.NOTICE_MAX_ATTEMPTS = 2
    absent(make_pupil()[0])
    for _ in range(2):
        wait_is_over()
        assert claim_sms()
    assert send() == {"failed": 1}
    assert Notice.objects.get().reason


def test_who_was_told_by_a_killed_worker_is_corrected(gateway: Gateway, boss: User) -> None:
    record = absent(make_pupil()[0])
    assert claim_sms()
    correct(record, Status.PRESENT, boss)
    assert send() == {"cancelled": 1, "sent": 1}
    assert told() == [("absence", "cancelled"), ("attendance_correction", "sent")]


def test_a_worker_that_comes_back_from_the_dead_overwrites_no_outcome(gateway: Gateway) -> None:
    absent(make_pupil()[0])
    late = claim_sms()
    assert late
    assert send() == {"sent": 1}
    sending._failed(late, Undelivered("No answer.", is_final=True))
    assert told() == [("absence", "sent")]


# --- a slow gateway ---------------------------------------------------------------------------


def _impatient(call: Callable[[], Any]) -> Any:
    """What it returns, if it waits for no lock longer than for a moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '500ms'")
        return call()


def _arrive(reader: APIClient, card: str) -> int:
    body = {"event_id": "1", "card": card, "direction": "in"}
    return reader.post("/api/pos/taps/", body).status_code


@contextmanager
def in_the_background(call: Callable[[], Any]) -> Iterator[None]:
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_on_its_own_connection, call)
        yield
    future.result()


def test_a_gateway_that_hangs_holds_up_nobody(gateway: Gateway, gate: APIClient) -> None:
    """The tap is recorded, and the notice that is on its way is corrected, meanwhile."""
    student, card = make_pupil()
    absent(student)
    dispatch_events()
    gateway.script = [HANG]
    with in_the_background(send_due):
        assert gateway.came.acquire(timeout=PATIENCE)
        assert _impatient(partial(_arrive, gate, card)) == 201
        assert _impatient(dispatch_events) == 1
        assert told() == [("absence", "sending"), ("attendance_correction", "pending")]
        gateway.over.set()
    assert Attendance.objects.get().status == Status.PRESENT


def test_a_sender_with_its_row_locked_would_hold_up_the_dispatcher_though_no_tap(
    gateway: Gateway, gate: APIClient
) -> None:
    """The control: the claim's transaction stays open while the gateway hangs."""
    student, card = make_pupil()
    absent(student)
    dispatch_events()
    gateway.script = [HANG]

    def send_in_one_transaction() -> None:
        with transaction.atomic():
            claimed = sending.claim(["sms"], at=timezone.now())
            assert claimed
            notice = claimed.notice
            with Sms() as sms, pytest.raises(Undelivered):
                sms.send(
                    notice_id=str(notice.pk), recipient="+255", subject="", body="", stop_url=""
                )

    with in_the_background(send_in_one_transaction):
        assert gateway.came.acquire(timeout=PATIENCE)
        assert _impatient(partial(_arrive, gate, card)) == 201
        with pytest.raises(OperationalError, match="lock timeout"):
            _impatient(dispatch_events)
        gateway.over.set()
    assert told() == [("absence", "sending"), ("attendance_correction", "pending")]


# --- two dispatchers --------------------------------------------------------------------------


def without_a_lock(students: Iterable[UUID]) -> dict[UUID, list[Guardian]]:
    found: dict[UUID, list[Guardian]] = defaultdict(list)
    for guardian in Guardian.objects.filter(student__in=students):
        found[guardian.student_id].append(guardian)
    return found


def _tell_at_once(day: Attendance) -> None:
    """Two dispatchers, each woken by another event about the same day."""

    def tell() -> None:
        with transaction.atomic():
            tell_of_changed_days([Event(subject=day.pk, happened_at=timezone.now())])

    at_once(tell, tell)


def test_two_dispatchers_that_are_woken_for_one_student_tell_once() -> None:
    for _ in range(5):
        student = make_pupil()[0]
        make_guardian(student)
        _tell_at_once(make_day(student, Status.PRESENT))
    assert Counter(told()) == {("arrival", "pending"): 10}


def test_without_the_lock_both_would_write_the_same_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: both have decided before either writes."""
    monkeypatch.setattr(services, "_hold_guardians", without_a_lock)
    monkeypatch.setattr(services, "decide", meeting(decide, 2))
    with pytest.raises(IntegrityError, match="once_for_a_guardian"):
        _tell_at_once(make_day(make_pupil()[0], Status.PRESENT))


def test_a_second_dispatcher_waits_for_the_first_and_sees_what_it_wrote() -> None:
    day = make_day(make_pupil()[0], Status.PRESENT)
    events = [Event(subject=day.pk, happened_at=timezone.now())]
    with in_the_background(partial(_wait_for_the_other, events)), transaction.atomic():
        tell_of_changed_days(events)
        assert any(_blocked() for _ in range(20_000)), "the second came through"
    assert told() == [("arrival", "pending")]


def _wait_for_the_other(events: list[Event]) -> None:
    assert any(_notices_written() for _ in range(20_000)), "the first never came"
    with transaction.atomic():
        tell_of_changed_days(events)


def _notices_written() -> int:
    """Whether somebody has written notices and not committed them yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock'"
            " AND relation = 'notifications_notice'::regclass"
        )
        return int(cursor.fetchone()[0])


def _blocked() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def test_dispatchers_beside_changes_and_senders_leave_one_truth(
    gateway: Gateway, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of one, so that both often have to do with one student."""
    monkeypatch.setattr(dispatch, "BATCH", 1)
    pupils = [make_pupil()[0] for _ in range(3)]
    records = [absent(pupil) for pupil in pupils]
    for status in (Status.PRESENT, Status.ABSENT, Status.LATE, Status.EXCUSED):
        changes = [partial(correct, record, status, boss) for record in records]
        at_once(*changes, dispatch_events, dispatch_events, send_due)
    send(2)
    assert not Event.objects.filter(dispatched_at=None).exists()
    last = dict(told("event_id", "says", may_have_arrived=True))
    assert set(last.values()) <= {"Excused", "Present"}, "who is excused is not contradicted"
    assert set(told("state")) <= {"sent", "cancelled"}


# --- a guardian who is removed ----------------------------------------------------------------


@pytest.fixture
def student() -> Student:
    student, _ = make_pupil(name="Stays")
    make_guardian(student, name="Gone")
    dispatch_events()
    make_day(student, Status.PRESENT)
    return student


def _dispatch_while_a_guardian_is_removed(student: Student) -> Any:
    """A dispatcher comes when the removal is written and not yet committed."""
    gone = Guardian.objects.get(student=student, name="Gone")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            remove_guardian(guardian=gone)
            future = pool.submit(_on_its_own_connection, dispatch_events)
            assert any(_blocked() for _ in range(20_000)), "it came through"
        return future.result()


def _on_its_own_connection(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connection.close()


def test_the_others_are_told_while_a_guardian_is_removed(
    student: Student, caplog: pytest.LogCaptureFixture
) -> None:
    assert _dispatch_while_a_guardian_is_removed(student) == 1
    assert told("guardian__name") == ["Stays"]
    assert caplog.records == []


def test_without_locked_guardians_a_removal_would_fail_the_dispatcher(
    student: Student, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The control: the foreign key's check comes too late. It is done once more then."""
    monkeypatch.setattr(services, "_hold_guardians", without_a_lock)
    assert _dispatch_while_a_guardian_is_removed(student) == 1
    assert "violates foreign key constraint" in caplog.text
    assert told("guardian__name") == ["Stays"]


def test_removals_and_changes_of_many_do_not_deadlock(
    boss: User, caplog: pytest.LogCaptureFixture
) -> None:
    """Each of these changes both a guardian and the notices; always the guardian first."""
    student, _ = make_pupil()
    guardians = [make_guardian(student) for _ in range(6)]
    record = absent(student)
    dispatch_events()
    for status in (Status.PRESENT, Status.LATE, Status.EXCUSED):
        gone = guardians[:2]
        del guardians[:2]
        correct(Attendance.objects.get(pk=record.pk), status, boss)
        at_once(
            dispatch_events,
            dispatch_events,
            *[partial(remove_guardian, guardian=guardian) for guardian in gone],
        )
    assert Guardian.objects.count() == 1
    assert Counter(told("state", kind="absence")) == {"cancelled": 7}
    assert caplog.records == []
