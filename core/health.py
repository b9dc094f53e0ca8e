"""`/healthz`: the process lives. `/readyz`: it can work, and write (contract section 2).

In the product the web server answers `/healthz` itself, before any thread (`embedded.web_worker`).
"""

from functools import cache
from typing import Final

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.models import WriteProbe
from core.outages import outage_of

# A row that is written over finds its room on a full disk, and so does not see that the next tap
# will find none. This is more than it may keep in memory, so PostgreSQL takes a megabyte of the
# disk for it and gives it back; it says so if there is none.
TAKE_ROOM: Final = """
    SET LOCAL work_mem = '64kB';
    WITH room AS MATERIALIZED (SELECT repeat('x', 8000) FROM generate_series(1, 128))
    SELECT count(*) FROM room
"""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    try:
        missing = migrations_on_disk() - set(MigrationRecorder(connection).applied_migrations())
        if missing:
            return _not_ready(f"{len(missing)} migrations are not applied.")
        _write()
    except (DatabaseError, InterfaceError) as error:
        outage = outage_of(error)
        if outage is None:
            raise
        return _not_ready(str(outage.message))
    return JsonResponse({"status": "ready"})


@transaction.atomic
def _write() -> None:
    """Always the same row: nothing grows."""
    WriteProbe.objects.bulk_create(
        [WriteProbe(written_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["written_at"],
    )
    with connection.cursor() as cursor:
        cursor.execute(TAKE_ROOM)


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """Read once per process: new code means a new process."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse(
        {"status": "not ready", "detail": reason, "code": "not_ready"},
        status=503,
        headers={"Retry-After": "5"},
    )
