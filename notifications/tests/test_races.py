"""Workers, taps and removals at the same time, each on a connection of its own.

Each guard has a control: the same race without it, which must go wrong.
"""

import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.races import PATIENCE, at_once, meeting
from attendance.models import Attendance, Status
from notifications import sending
from notifications.channels import Undelivered
from notifications.models import Guardian, Notice, NoticeQuerySet
from notifications.sending import send_due
from notifications.services import remove_guardian
from notifications.sms import Sms
from notifications.tests.factories import (
    absent,
    correct,
    make_day,
    make_guardian,
    make_pupil,
    send,
    told,
    wait_is_over,
)
from notifications.tests.gateway import HANG, Gateway
from students.models import Student

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(make_user: Callable[..., User]) -> User:
    return make_user("administrator", "boss")


# --- two workers ------------------------------------------------------------------------------


def test_two_workers_with_four_threads_each_send_everything_once(
    gateway: Gateway, settings: Settings
) -> None:
    settings.NOTICE_SENDERS = 4
    for _ in range(40):
        make_day(make_pupil()[0], Status.PRESENT)
    done = at_once(send_due, send_due)
    assert sum(done, Counter()) == {"sent": 40}
    assert len(gateway.requests) == len(set(gateway.keys)) == 40


def test_without_the_lock_two_workers_send_the_same_notice(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both look before either has marked it, and mark before either sends."""
    make_day(make_pupil()[0], Status.PRESENT)
    monkeypatch.setattr(sending, "_begin", meeting(sending._begin, 2))
    monkeypatch.setattr(sending, "_try", meeting(sending._try, 2))
    monkeypatch.setattr(NoticeQuerySet, "select_for_update", lambda notices, **_: notices)
    at_once(send_due, send_due)
    assert len(gateway.requests) == 2


# --- kill -9 ----------------------------------------------------------------------------------

# Sends what is due and is killed as soon as the gateway has answered, before anything is marked.
SEND_AND_DIE = textwrap.dedent(
    """
    import os, signal, sys
    import django
    django.setup()
    from django.conf import settings
    from django.db import connection
    from notifications import sending

    database, settings.SMS_GATEWAY_URL = sys.argv[1:]
    settings.NOTICE_QUIET_HOURS, settings.NOTICE_SENDERS = "", 1
    connection.settings_dict["NAME"] = database
    sending._sent = lambda notice: os.kill(os.getpid(), signal.SIGKILL)
    sending.send_due()
    """
)


def test_a_worker_that_is_killed_before_it_could_mark_it_sends_with_the_same_key_again(
    gateway: Gateway,
) -> None:
    record = absent(make_pupil()[0])
    died = subprocess.run(
        [sys.executable, "-c", SEND_AND_DIE, str(connection.settings_dict["NAME"]), gateway.url],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "trackxpert.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
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
        assert sending.claim(["sms"], at=timezone.now())
    assert send() == {"failed": 1}
    assert Notice.objects.get().reason


def test_who_was_told_by_a_killed_worker_is_corrected(gateway: Gateway, boss: User) -> None:
    record = absent(make_pupil()[0])
    assert sending.claim(["sms"], at=timezone.now() + timedelta(seconds=1))
    correct(record, Status.PRESENT, boss)
    assert send() == {"cancelled": 1, "sent": 1}
    assert told() == [("absence", "cancelled"), ("attendance_correction", "sent")]


def test_a_worker_that_comes_back_from_the_dead_overwrites_no_outcome(gateway: Gateway) -> None:
    absent(make_pupil()[0])
    late = sending.claim(["sms"], at=timezone.now() + timedelta(seconds=1))
    assert late
    assert send() == {"sent": 1}
    sending._failed(late, Undelivered("No answer.", is_final=True))
    assert told() == [("absence", "sent")]


# --- taps and a slow gateway ------------------------------------------------------------------


def _impatient_tap(reader: APIClient, card: str) -> int:
    """The status of a tap that waits for no lock longer than for a moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '500ms'")
        return _arrive(reader, card)


def _arrive(reader: APIClient, card: str) -> int:
    body = {"event_id": "1", "card": card, "direction": "in"}
    return reader.post("/api/pos/taps/", body).status_code


@contextmanager
def in_the_background(call: Callable[[], Any]) -> Iterator[None]:
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_on_its_own_connection, call)
        yield
    future.result()


def test_a_gateway_that_hangs_holds_up_no_tap(
    gateway: Gateway, gate: APIClient, boss: User
) -> None:
    """The tap writes a notice, and the notice that is on its way is corrected, meanwhile."""
    student, card = make_pupil()
    absent(student)
    gateway.script = [HANG]
    with in_the_background(send_due):
        assert gateway.came.acquire(timeout=PATIENCE)
        assert _impatient_tap(gate, card) == 201
        assert told() == [("absence", "sending"), ("attendance_correction", "pending")]
        gateway.over.set()
    assert Attendance.objects.get().status == Status.PRESENT


def test_a_worker_that_sent_with_its_row_locked_would_hold_up_the_tap(
    gateway: Gateway, gate: APIClient
) -> None:
    """The control: the claim's transaction stays open while the gateway hangs."""
    student, card = make_pupil()
    absent(student)
    gateway.script = [HANG]

    def send_in_one_transaction() -> None:
        with transaction.atomic():
            claimed = sending.claim(["sms"], at=timezone.now())
            assert claimed
            notice = claimed.notice
            with Sms() as sms, pytest.raises(Undelivered):
                sms.send(notice_id=str(notice.pk), recipient="+255", subject="", body="")

    with in_the_background(send_in_one_transaction):
        assert gateway.came.acquire(timeout=PATIENCE)
        assert _impatient_tap(gate, card) == 503
        gateway.over.set()
    assert Attendance.objects.get().status == Status.ABSENT


# --- a guardian who is removed ----------------------------------------------------------------


def _tap_while_a_guardian_is_removed(gate: APIClient, student: Student, card: str) -> Any:
    """The answer to a tap that comes when the removal is written and not yet committed."""
    gone = Guardian.objects.get(student=student, name="Gone")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            remove_guardian(guardian=gone)
            future = pool.submit(_on_its_own_connection, partial(_arrive, gate, card))
            assert any(_blocked() for _ in range(20_000)), "the tap came through"
        return future.result()


def _on_its_own_connection(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connection.close()


def _blocked() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def pupil() -> tuple[Student, str]:
    student, card = make_pupil(name="Stays")
    make_guardian(student, name="Gone")
    return student, card


def test_a_tap_is_recorded_while_a_guardian_is_removed(
    gate: APIClient, pupil: tuple[Student, str]
) -> None:
    assert _tap_while_a_guardian_is_removed(gate, *pupil) == 201
    assert told("guardian__name") == ["Stays"]


@contextmanager
def without_locked_guardians() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('notifications_tell'::regproc)")
        (function,) = cursor.fetchone()
        assert "FOR KEY SHARE" in function
        try:
            cursor.execute(function.replace("FOR KEY SHARE", ""))
            yield
        finally:
            cursor.execute(function)


def test_without_locked_guardians_the_removal_would_break_the_tap(
    gate: APIClient, pupil: tuple[Student, str]
) -> None:
    """The control: the foreign key's check comes too late."""
    gate.raise_request_exception = False
    with without_locked_guardians():
        assert _tap_while_a_guardian_is_removed(gate, *pupil) == 500
    assert not Attendance.objects.exists()


def test_removals_and_taps_of_many_do_not_deadlock(gate: APIClient, boss: User) -> None:
    """Each of these changes both a guardian and the notices; always the guardian first."""
    student, _ = make_pupil()
    guardians = [make_guardian(student) for _ in range(6)]
    record = absent(student)
    for status in (Status.PRESENT, Status.LATE, Status.EXCUSED):
        gone = guardians[:2]
        del guardians[:2]
        at_once(
            partial(correct, Attendance.objects.get(pk=record.pk), status, boss),
            *[partial(remove_guardian, guardian=guardian) for guardian in gone],
        )
    assert Guardian.objects.count() == 1
    assert Counter(told("state")) == {"cancelled": 7}
