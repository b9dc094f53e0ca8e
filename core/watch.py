"""A database that does not answer at all, and whose connection still stands: frozen, or cut off.

Its own timeouts cannot end a wait for it, for it is not there to do so; and TCP sees nothing wrong
while the kernel over there acknowledges. So each connection knows since when it waits, and one
thread of the process hangs up on those that wait for longer than the database was told to take.
Whoever waited there gets the driver's error, which is a 503.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from weakref import WeakSet

from psycopg2 import InterfaceError, extensions

LOOK_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)


class _Slow:
    """What takes longer is logged; settings import this module, so the app says it later."""

    seconds = float("inf")


slow: Final = _Slow()


class WatchedConnection(extensions.connection):
    """`longest`: how many seconds it may wait for an answer; 0: for ever.

    `preface`: statements before the first one of each transaction, in the same message. Behind a
    pooler each may go to another session, so what is to hold for it is said in it (SET LOCAL).
    """

    longest = 0.0
    preface = ""
    waits_since = 0.0  # 0: it does not wait

    @contextmanager
    def waiting(self) -> Iterator[None]:
        self.waits_since = time.monotonic()
        try:
            yield
        finally:
            self.waits_since = 0.0

    def commit(self) -> None:
        with self.waiting():
            super().commit()

    def rollback(self) -> None:
        with self.waiting():
            super().rollback()

    def hang_up_if_late(self, now: float) -> None:
        """Called by another thread than the one that waits."""
        since = self.waits_since
        if not self.longest or not since or now < since + self.longest:
            return
        with (
            suppress(InterfaceError, OSError),  # it is gone already
            socket.socket(fileno=os.dup(self.fileno())) as link,
        ):
            link.shutdown(socket.SHUT_RDWR)


class WatchedCursor(extensions.cursor):
    """What it does at the database is all in `execute`; `fetchmany` asks only if it has a name."""

    connection: WatchedConnection

    def execute(self, query: Any, values: Any = None, /) -> None:
        began = time.monotonic()
        try:
            with self.connection.waiting():
                super().execute(self._with_preface(query), values)
        finally:
            took = time.monotonic() - began
            if took > slow.seconds:
                # Without its values, which are of somebody.
                logger.warning("Slow query, %.2f s: %.1000s", took, " ".join(str(query).split()))

    def _with_preface(self, query: Any) -> Any:
        link = self.connection
        begins = link.preface and link.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
        return f"{link.preface}{query}" if begins and isinstance(query, str) else query

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        with self.connection.waiting():
            return super().fetchmany(size)


_watched: WeakSet[WatchedConnection] = WeakSet()
_lock: Final = threading.Lock()
_process = 0


def watch(connection: WatchedConnection, *, longest: float) -> None:
    """From now on nobody waits longer than this for it; a thread of this process sees to that."""
    global _process
    connection.longest = longest
    with _lock:
        _watched.add(connection)
        if _process != os.getpid():  # the first one here, or the first one after a fork
            _process = os.getpid()
            threading.Thread(target=_look, name="database-watch", daemon=True).start()


def _look() -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        with _lock:
            connections = list(_watched)
        for connection in connections:
            connection.hang_up_if_late(time.monotonic())
