"""Kinds of work: which threads a request gets, and how long it may wait in the database.

What a request is about decides both, so both are asked here: the web server before a thread has it
(`embedded.web_worker`), the application for its connection to the database (`core.waits`).
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple


class Work(StrEnum):
    """`HEALTH` is /readyz alone; /healthz needs no thread. The last two are no requests."""

    TAPS = "taps"
    BATCHES = "batches"
    PAGES = "pages"
    REPORTS = "reports"
    HEALTH = "health"
    BACKGROUND = "background"
    MIGRATIONS = "migrations"


REQUEST_WORK: Final = (Work.TAPS, Work.BATCHES, Work.PAGES, Work.REPORTS, Work.HEALTH)


class Waits(NamedTuple):
    """The longest waits in the database, in seconds; 0: without an end.

    `lock`: for each lock. `statement`: for each statement, its locks included. `idle`: between two
    statements of a transaction, after which the database takes its locks away.
    """

    lock: float
    statement: float
    idle: float

    @property
    def settings(self) -> dict[str, int]:
        """As PostgreSQL calls them, in milliseconds."""
        return {
            "lock_timeout": round(self.lock * 1000),
            "statement_timeout": round(self.statement * 1000),
            "idle_in_transaction_session_timeout": round(self.idle * 1000),
        }

    @property
    def options(self) -> str:
        """As a new connection is told them, without a round trip of their own."""
        return " ".join(f"-c {name}={value}" for name, value in self.settings.items())


class Patience(NamedTuple):
    """How long a request waits for a thread before it is answered 503, in seconds.

    `whole` is meant for both, waiting for the thread and being served by it. So when those before
    it take long, for they wait for a lock, it is told sooner: it would wait for the same lock. When
    they are quick, and only many, it waits longer. But always for `least`.
    """

    whole: float
    least: float

    def when(self, others_take: float) -> float:
        return max(self.least, self.whole - others_take)


PATIENCE: Final = {
    Work.TAPS: Patience(whole=3.0, least=0.5),  # somebody stands at the gate
    Work.BATCHES: Patience(whole=30.0, least=5.0),
    Work.PAGES: Patience(whole=20.0, least=3.0),
    Work.REPORTS: Patience(whole=60.0, least=5.0),
    Work.HEALTH: Patience(whole=2.5, least=0.5),
}
# By method and path with its query; the first that fits. Whatever none fits is a page.
REQUESTS: Final = tuple(
    (re.compile(pattern), work)
    for pattern, work in (
        (r"POST /api/pos/taps/batch/?(\?|$)", Work.BATCHES),
        (r"POST /api/pos/(taps|taps/annul|heartbeat)/?(\?|$)", Work.TAPS),
        (r"GET /api/pos/me/?(\?|$)", Work.TAPS),
        (r"(GET|POST) /api/pos/mapped/?(\?|$)", Work.TAPS),
        (r"POST /api/method/(hrms|erpnext)\.", Work.TAPS),
        (r"POST /iclock/[^?]*\?(.*&)?AuthType=", Work.TAPS),  # somebody stands at a turnstile
        (r"(GET|POST) /(iclock|hik)/", Work.BATCHES),  # a whole memory, perhaps
        (r"(GET|HEAD) /readyz(\?|$)", Work.HEALTH),
        (r"GET [^?]*\?(.*&)?format=(csv|xlsx|pdf)(&|$)", Work.REPORTS),
        (r"GET /admin/[^?]*\.(csv|xlsx)(\?|$)", Work.REPORTS),  # a list of the office as a file
        (r"GET /api/reports/(attendance|discipline|kitchen)/?(\?|$)", Work.REPORTS),
        (r"GET /api/schema/?(\?|$)", Work.REPORTS),
        (r"(GET|POST) /admin/(reports|retention|people/[^/]+/everything)/(\?|$)", Work.REPORTS),
    )
)


def work_of(method: str, target: str) -> Work:
    """What this request is; `target` as the first line of HTTP has it."""
    line = f"{method} {target}"
    for pattern, work in REQUESTS:
        if pattern.match(line):
            return work
    return Work.PAGES
