"""`/status`: the same as `/metrics`, in few words and as of this moment."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from core.health import migrations_on_disk
from operations.faults import faults_of
from operations.figures import figures


def status_of_now() -> dict[str, Any]:
    """Ages in seconds, null of what never was; `faults` is what is not as it should be."""
    known = figures()
    missing = migrations_on_disk() - set(MigrationRecorder(connection).applied_migrations())
    faults = [asdict(fault) for fault in faults_of(known, backup_within=settings.BACKUP_WITHIN)]
    return {
        "status": "degraded" if faults or missing else "ok",
        "faults": faults,
        "version": settings.VERSION,
        "at": known.at.isoformat(),
        "database": {
            "state": "read_only" if known.read_only else "ok",
            "server_version": known.server_version,
            "bytes": known.database_bytes,
            "connections": sum(known.connections.values()),
            "max_connections": known.max_connections,
        },
        "migrations": {"missing": len(missing)},
        "worker": {"age_seconds": known.worker_age},
        "backup": {"age_seconds": known.backup_age, "verified": known.backup_verified},
        "archive": {"failing_seconds": known.archive_failing_for},
        "events": {"age_seconds": known.events_age},
        **{name: asdict(queue) for name, queue in known.queues.items()},
        "notices_failed": known.failed_notices,
        "readers": {"total": sum(known.readers.values()), **known.readers},
        "streams": known.streams,
        "clocks_ahead_seconds": known.clocks_ahead,
    }
