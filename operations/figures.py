"""What the database knows of how the installation is: for `/status`, and for `/metrics`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min, QuerySet

from core.clock import database_time
from live.models import StreamLease
from notifications.models import Notice
from operations.models import Backup, Pulse
from operations.pulses import KEPT, clock_ahead_ms, last_beats, this_host
from outbox.models import Event
from pos.models import Device
from pos.readers import reader_states
from webhooks.models import OPEN, Delivery

CONNECTIONS: Final = """
    SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1
"""
SERVER: Final = """
    SELECT current_setting('server_version'), current_setting('max_connections')::int,
        current_setting('transaction_read_only')::bool, pg_database_size(current_database())
"""
# Of a primary that archives its log ("back to a moment", docs/operators.md): since when the archive
# takes nothing. No row while all is well.
ARCHIVE: Final = """
    SELECT extract(epoch FROM clock_timestamp() - coalesce(last_archived_time, stats_reset))
    FROM pg_stat_archiver
    WHERE current_setting('archive_mode') <> 'off'
        AND last_failed_time > coalesce(last_archived_time, '-infinity')
"""


@dataclass(frozen=True)
class Queue:
    """What waits to be done: how much, and for how many seconds the oldest has."""

    waiting: int
    oldest_seconds: float


@dataclass(frozen=True)
class Figures:
    """As of `at`, which is the database's time; ages in seconds, None of what never was."""

    at: datetime
    server_version: str
    max_connections: int
    read_only: bool
    database_bytes: int
    connections: dict[str, int]
    worker_age: float | None
    backup_age: float | None
    backup_verified: bool
    archive_failing_for: float | None
    known_for: float
    events_age: float | None
    clocks_ahead: dict[str, float]
    queues: dict[str, Queue]
    failed_notices: int
    readers: dict[str, int]
    streams: int
    silent: list[dict[str, Any]]


def figures() -> Figures:
    """In a dozen queries, none of which grows with the ledger."""
    at = database_time()
    beats = last_beats()
    last = Backup.objects.first()
    good = Backup.objects.good().first()
    with connection.cursor() as cursor:
        cursor.execute(SERVER)
        version, most, read_only, size = cursor.fetchone()
        cursor.execute(CONNECTIONS)
        connections = dict(cursor.fetchall())
        cursor.execute(ARCHIVE)
        failing = cursor.fetchone()
    readers = reader_states(at=at)
    states = dict.fromkeys(Device.State.values, 0)
    for reader in readers:
        states[reader["state"]] += 1
    return Figures(
        at=at,
        server_version=version,
        max_connections=most,
        read_only=read_only,
        database_bytes=size,
        connections=connections,
        backup_age=_age(good.made_at if good else None, at),
        backup_verified=last is not None and last == good,
        archive_failing_for=float(failing[0]) if failing else None,
        known_for=_age(installed_at(), at) or 0.0,
        worker_age=_age(beats[Pulse.Name.WORKER], at),
        events_age=_age(beats[Pulse.Name.EVENTS], at),
        clocks_ahead=_clocks_ahead(at),
        queues=_queues(at),
        failed_notices=Notice.objects.filter(state=Notice.State.FAILED).count(),
        readers=states,
        streams=StreamLease.objects.filter(lapses_at__gt=at).count(),
        silent=[reader for reader in readers if reader["state"] == Device.State.SILENT],
    )


def installed_at() -> datetime | None:
    first: datetime | None = MigrationRecorder.Migration.objects.aggregate(
        first=Min("applied"),
    )["first"]
    return first


def _age(then: datetime | None, at: datetime) -> float | None:
    return None if then is None else max(0.0, (at - then).total_seconds())


def _clocks_ahead(at: datetime) -> dict[str, float]:
    known = Pulse.objects.filter(beat_at__gt=at - KEPT).order_by("beat_at")
    by_host = dict(known.values_list("host", "clock_ahead_ms"))
    ahead = {**by_host, this_host(): clock_ahead_ms()}
    return {host: offset / 1000 for host, offset in ahead.items()}


def _queues(at: datetime) -> dict[str, Queue]:
    deliveries = Delivery.objects.filter(state__in=OPEN)
    return {
        "outbox": _queue(Event.objects.filter(dispatched_at=None), "happened_at", at),
        "notices": _queue(Notice.objects.due(at=at), "next_attempt_at", at),
        "webhooks": _queue(deliveries.filter(next_attempt_at__lte=at), "next_attempt_at", at),
    }


def _queue(rows: QuerySet[Any], since: str, at: datetime) -> Queue:
    found = rows.order_by().aggregate(waiting=Count("*"), oldest=Min(since))
    return Queue(found["waiting"], _age(found["oldest"], at) or 0.0)
