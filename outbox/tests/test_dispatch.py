"""Events are acted upon once, whatever fails or is killed on the way."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from accounts.tests.races import PATIENCE, at_once
from outbox import dispatch
from outbox.dispatch import dispatch_events, handlers
from outbox.models import KEPT, Event

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED, CLOSED = Event.Kind.DAY_CHANGED, Event.Kind.DAY_CLOSED


class Recorder:
    """A handler that remembers in which batches it was given which events."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.fails_on: set[int] = set()
        self.error: Exception = RuntimeError("a bug")

    def __call__(self, events: Sequence[Event]) -> None:
        self.batches.append([event.pk for event in events])
        if self.fails_on.intersection(self.batches[-1]):
            raise self.error

    @property
    def handled(self) -> list[int]:
        """What was not rolled back again."""
        return [pk for batch in self.batches if not self.fails_on & {*batch} for pk in batch]


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    found = {**{kind: [] for kind in Event.Kind}, CHANGED: [recorder]}
    monkeypatch.setattr(dispatch, "handlers", lambda: found)
    return recorder


def happen(times: int = 1, kind: str = CHANGED, **fields: Any) -> list[int]:
    events = [Event(kind=kind, subject=uuid4(), **fields) for _ in range(times)]
    return [event.pk for event in Event.objects.bulk_create(events)]


def waiting() -> list[int]:
    return list(Event.objects.filter(dispatched_at=None).values_list("pk", flat=True))


def test_events_are_dispatched_oldest_first_and_once(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BATCH", 2)
    events = happen(5)
    assert dispatch_events() == 5
    assert recorder.batches == [events[:2], events[2:4], events[4:]]
    assert dispatch_events() == 0
    assert len(recorder.batches) == 3


def test_an_event_that_wakes_nobody_is_done_with(recorder: Recorder) -> None:
    happen(kind=CLOSED)
    assert dispatch_events() == 1
    assert waiting() == []
    assert recorder.batches == []


def test_each_kind_goes_by_itself(recorder: Recorder) -> None:
    events = happen()
    happen(kind=CLOSED)
    events += happen()
    assert dispatch_events() == 3
    assert recorder.batches == [events]


def test_what_fails_holds_up_nothing_else_and_is_tried_later(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    events = happen(3)
    recorder.fails_on = {events[1]}
    assert dispatch_events() == 3
    assert recorder.handled == [events[0], events[2]]
    assert waiting() == [events[1]]
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.exc_info
    assert str(events[1]) in record.getMessage()
    assert dispatch_events() == 0, "not before its time"
    recorder.fails_on = set()
    Event.objects.update(retry_at=timezone.now())
    assert dispatch_events() == 1
    assert waiting() == []


def test_a_database_that_does_not_answer_is_no_fault_of_an_event(recorder: Recorder) -> None:
    recorder.fails_on, recorder.error = {*happen(2)}, OperationalError("gone")
    with pytest.raises(OperationalError):
        dispatch_events()
    recorder.fails_on = set()
    assert dispatch_events() == 2


def test_two_dispatchers_share_the_work(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BATCH", 3)
    events = happen(60)
    assert sum(at_once(dispatch_events, dispatch_events)) == 60
    assert sorted(recorder.handled) == events


def test_a_dispatcher_waits_for_no_other(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first is at work, a second passes on to what has happened since."""
    at_work, go_on = threading.Event(), threading.Event()

    def slow(events: Sequence[Event]) -> None:
        recorder(events)
        if len(recorder.batches) == 1:
            at_work.set()
            assert go_on.wait(PATIENCE)

    monkeypatch.setattr(dispatch, "handlers", lambda: {CHANGED: [slow]})
    first = happen()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_on_its_own_connection)
        assert at_work.wait(PATIENCE)
        then = happen()
        assert dispatch_events() == 1
        assert recorder.batches == [first, then]
        go_on.set()
        assert future.result() == 1
    assert waiting() == []


def _on_its_own_connection() -> int:
    try:
        return dispatch_events()
    finally:
        connection.close()


# --- who is woken -----------------------------------------------------------------------------


def test_each_handler_that_an_app_declares_is_there() -> None:
    found = handlers()
    assert set(found) == set(Event.Kind)
    assert found[CHANGED]
    assert found[Event.Kind.DAY_CORRECTED] == []


def test_a_handler_of_an_unknown_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = apps.get_app_config("outbox")
    monkeypatch.setattr(config, "event_handlers", {"rain": "builtins.print"}, raising=False)
    with pytest.raises(ValueError, match="rain"):
        handlers.__wrapped__()


def test_the_database_refuses_an_event_of_an_unknown_kind() -> None:
    with pytest.raises(IntegrityError, match="outbox_event_known_kind"):
        happen(kind="rain")


# --- what is kept -----------------------------------------------------------------------------


def test_housekeeping_deletes_what_nobody_asks_for_any_more() -> None:
    now = timezone.now()
    old = now - KEPT - timedelta(hours=1)
    happen(happened_at=old, dispatched_at=old)
    kept = happen(happened_at=old) + happen(happened_at=now, dispatched_at=now)
    call_command("housekeeping")
    assert sorted(Event.objects.values_list("pk", flat=True)) == kept
