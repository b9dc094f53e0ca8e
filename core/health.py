"""`/healthz`: the process lives. `/readyz`: it can work (contract section 2)."""

from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    try:
        missing = _migrations_on_disk() - set(MigrationRecorder(connection).applied_migrations())
    except (DatabaseError, InterfaceError):
        return _not_ready("The database does not answer.")
    if missing:
        return _not_ready(f"{len(missing)} migrations are not applied.")
    return JsonResponse({"status": "ready"})


@cache
def _migrations_on_disk() -> frozenset[tuple[str, str]]:
    """Read once per process: new code means a new process."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse(
        {"status": "not ready", "detail": reason, "code": "not_ready"},
        status=503,
        headers={"Retry-After": "5"},
    )
