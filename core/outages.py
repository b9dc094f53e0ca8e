"""When the database cannot do what it is there for: away, full, read-only, or too busy.

Whatever else it refuses is a mistake of ours, and a 500 with a traceback. The SQLSTATEs are those
of appendix A of PostgreSQL's manual.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import Error, InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Outage:
    """What clients are told, by a stable `code`; `cause` is for the log."""

    code: str
    message: "StrOrPromise"
    retry_after: timedelta
    cause: str

    @property
    def wait(self) -> str:
        """As `Retry-After` says it."""
        return str(math.ceil(self.retry_after.total_seconds()))

    @property
    def is_loss(self) -> bool:
        """Whether the connection is gone, so that a new one may do better."""
        return self.code == "database_unavailable"


def _away(cause: str) -> Outage:
    return Outage(
        "database_unavailable",
        _("The database does not answer at the moment; the request may be repeated."),
        timedelta(seconds=5),
        cause,
    )


def _busy(cause: str) -> Outage:
    return Outage(
        "database_busy",
        _("The database did not get round to this in time; the request may be repeated."),
        timedelta(seconds=5),
        cause,
    )


FULL: Final = Outage(
    "database_full",
    _(
        "The database has no room left, so nothing can be recorded; "
        "the request may be repeated later."
    ),
    timedelta(seconds=30),
    "the disk of the database is full",
)
READ_ONLY: Final = Outage(
    "database_read_only",
    _("Nothing can be recorded at the moment; the request may be repeated."),
    timedelta(seconds=10),
    "the database is read-only",
)
# Without an SQLSTATE the driver speaks for itself: there is no connection, or none any more.
UNREACHABLE: Final = _away("the database does not answer")
OUTAGES: Final = {
    "08000": UNREACHABLE,
    "08001": UNREACHABLE,
    "08003": UNREACHABLE,
    "08004": UNREACHABLE,
    "08006": UNREACHABLE,
    "08P01": UNREACHABLE,  # how pgbouncer says that it has no server for us
    "25006": READ_ONLY,
    "25P03": _busy("a transaction did nothing for too long"),
    "25P04": _busy("a transaction took too long"),
    "40001": _busy("a transaction lost against another one"),
    "40P01": _busy("transactions waited for each other"),
    "53100": FULL,
    "53300": _away("the database has no connection left"),
    "55P03": _busy("a lock was not to be had in time"),
    "57014": _busy("a statement took too long"),
    "57P01": _away("the database is being shut down"),
    "57P02": _away("the database has crashed and restarts"),
    "57P03": _away("the database is starting or stopping"),
    "57P05": _away("the database ended a connection that did nothing"),
}

# A standby has no UNLOGGED table (core.models), and says so under a state that is otherwise a
# mistake of ours. In these words unless the server speaks another language (`lc_messages`).
NOT_SUPPORTED: Final = "0A000"
IN_RECOVERY: Final = "unlogged relations during recovery"


def outage_of(error: BaseException | None) -> Outage | None:
    """Which outage this exception reports; None if it is about something else."""
    if not isinstance(error, Error):
        return None
    sqlstate = getattr(error.__cause__, "pgcode", None)
    if sqlstate is None:
        return UNREACHABLE if isinstance(error, OperationalError | InterfaceError) else None
    if sqlstate == NOT_SUPPORTED and IN_RECOVERY in str(error):
        return READ_ONLY
    return OUTAGES.get(sqlstate)
