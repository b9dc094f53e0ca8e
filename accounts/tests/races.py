"""Calls at the same time, each on a database connection of its own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

T = TypeVar("T")

PATIENCE = 10  # seconds; only a test that fails ever waits that long


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Start all calls together, each in a thread; return their results in order."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait(PATIENCE)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def meeting(function: Callable[..., T], parties: int) -> Callable[..., T]:
    """`function`, in which this many callers wait for one another before any goes on."""
    barrier = threading.Barrier(parties)

    def wait_then_call(*args: Any, **kwargs: Any) -> T:
        barrier.wait(PATIENCE)
        return function(*args, **kwargs)

    return wait_then_call


def waiting_for_turns() -> int:
    """How many connections wait for an advisory lock in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


class CountingHasher(MD5PasswordHasher):
    """Counts the passwords that are checked; each check waits at the `gate`, if there is one."""

    algorithm = "counting"
    checked: ClassVar[list[str]] = []
    gate: ClassVar[Callable[[], object] | None] = None

    def verify(self, password: str, encoded: str) -> bool:
        self.checked.append(password)  # appending to a list is atomic
        if gate := type(self).gate:
            gate()
        return super().verify(password, encoded)

    @classmethod
    def all_have_come(cls, number: int) -> None:
        """A gate: wait until this many are in the check, through it, or waiting for their turn."""
        deadline = time.monotonic() + PATIENCE
        while len(cls.checked) + waiting_for_turns() < number:
            assert time.monotonic() < deadline, "some never came"
