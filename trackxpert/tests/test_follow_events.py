"""The process that acts upon events and sends notices."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.tests.races import PATIENCE
from attendance.models import Status
from notifications.models import Notice
from notifications.tests.factories import expect, make_pupil, tap
from notifications.tests.gateway import running_gateway
from pos.tests.factories import make_reader
from trackxpert.management.commands import follow_events
from webhooks.tests.receiver import make_webhook, running_receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gate() -> APIClient:
    expect(Status.PRESENT)
    return make_reader()[1]


@contextmanager
def following(**environment: str) -> Iterator["subprocess.Popen[str]"]:
    at = {name: quote(str(connection.settings_dict[name]), safe="") for name in DATABASE}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "follow_events"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at),
            **environment,
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


DATABASE = ("USER", "PASSWORD", "HOST", "PORT", "NAME")


def test_a_tap_becomes_an_sms_and_sigterm_ends_it_in_good_order(gate: APIClient) -> None:
    _, card = make_pupil()
    with (
        running_gateway() as gateway,
        following(SMS_GATEWAY_URL=gateway.url, NOTICE_QUIET_HOURS="") as process,
    ):
        tap(gate, card)
        assert gateway.came.acquire(timeout=3 * PATIENCE)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    assert Notice.objects.get().state == Notice.State.SENT


@pytest.fixture
def _handlers_come_back() -> Iterator[None]:
    handlers = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for each, handler in handlers.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("_handlers_come_back")
def test_a_fault_ends_the_process_for_it_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(follow_events, "dispatch_events", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        call_command("follow_events")


def test_a_database_that_is_away_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follow_events, "PAUSE_WHEN_AWAY_SECONDS", 0)
    stop, errors = threading.Event(), [OperationalError("gone")]

    def work() -> None:
        if errors:
            raise errors.pop()
        stop.set()

    follow_events.repeat(work, stop)
    assert "the database does not answer: gone" in caplog.text


def test_a_tap_comes_to_a_webhook(gate: APIClient, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = settings.WEBHOOK_ALLOW_HTTP = True
    with (
        running_receiver() as receiver,
        following(WEBHOOK_ALLOW_PRIVATE_NETWORKS="1", SECRET_KEY=settings.SECRET_KEY) as process,
    ):
        webhook, _ = make_webhook(receiver.url, "tap")
        tap(gate, "04DEAD00")
        assert receiver.came.acquire(timeout=3 * PATIENCE)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    assert receiver.types == ["tap.denied"]
    assert webhook.deliveries.get().state == "delivered"
