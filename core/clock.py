"""One clock for all nodes: the database's, by which a tap is received wherever it comes in.

Of two nodes each has a clock of its own. What is counted by when it came must not depend on which
of them a reader reached, so each process asks every few seconds (`institution.watching`), and
counts on from there: not by the machine's clock, which may be set meanwhile. A database on this
machine has its clock.
"""

import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from embedded.address import is_loopback

COMPARE_SECONDS: Final = 10.0
# An answer that took longer says little of the moment at which it was given.
MOST_UNSURE_SECONDS: Final = 0.1


class _Machine:
    # What the database's clock showed when `time.monotonic` was zero; None: it is this machine's.
    zero: datetime | None = None
    due_at = 0.0


_machine: Final = _Machine()


def database_time() -> datetime:
    """What the database's clock shows; the moment of a transaction's beginning is another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        shown: datetime = cursor.fetchone()[0]
    return shown


def received_now() -> datetime:
    """Now, by the database's clock."""
    if _machine.zero is None:
        return timezone.now()
    return _machine.zero + timedelta(seconds=time.monotonic())


def on_campus(moment: datetime) -> datetime:
    """As `localtime`, which would look first whether this thread has another zone: it never has."""
    return moment.astimezone(timezone.get_default_timezone())


def compare_if_due() -> None:
    """Ask the database what its clock shows."""
    host = str(connection.settings_dict["HOST"])
    is_here = not host or host.startswith("/") or is_loopback(host)
    if time.monotonic() < _machine.due_at or (is_here and not settings.DATABASE_POOLED):
        return
    _machine.due_at = time.monotonic() + COMPARE_SECONDS
    before = time.monotonic()
    shown = database_time()
    after = time.monotonic()
    if after - before <= MOST_UNSURE_SECONDS:
        _machine.zero = shown - timedelta(seconds=(before + after) / 2)
