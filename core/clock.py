"""One clock for all nodes: the database's, by which a tap is received wherever it comes in.

Of two nodes each has a clock of its own. What is counted by when it came must not depend on which
of them a reader reached, so each process knows how far its machine is ahead, compares anew every
few seconds (`institution.watching`), and takes that off. A database on this machine has its clock.
"""

import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

COMPARE_SECONDS: Final = 10.0
# An answer that took longer says little of the moment at which it was given.
MOST_UNSURE_SECONDS: Final = 0.1
HERE: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


class _Machine:
    ahead = timedelta(0)
    due_at = 0.0


_machine: Final = _Machine()


def received_now() -> datetime:
    """Now, by the database's clock."""
    return timezone.now() - _machine.ahead


def compare_if_due() -> None:
    """Ask the database what its clock shows."""
    host = str(connection.settings_dict["HOST"])
    is_here = host in HERE or host.startswith("/")
    if time.monotonic() < _machine.due_at or (is_here and not settings.DATABASE_POOLED):
        return
    _machine.due_at = time.monotonic() + COMPARE_SECONDS
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (shown,) = cursor.fetchone()
    took = timezone.now() - before
    if took.total_seconds() <= MOST_UNSURE_SECONDS:
        _machine.ahead = before + took / 2 - shown
