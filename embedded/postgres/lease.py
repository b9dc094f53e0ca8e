"""Who is starting the server, and who still uses it.

Both are kernel locks on files of the state folder, which end with their process, also by `kill -9`.
The order is always lease first, then start lock.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from .state import control_dir

_lease: IO[bytes] | None = None


def hold_lease() -> None:
    """Counts this process as a user of the server until it ends or calls `stop_if_unused()`.

    Waits for a stop that is under way, so that nobody finds a server that is about to leave.
    """
    global _lease
    if _lease is None:
        _lease = (control_dir() / "lease").open("ab")
        fcntl.flock(_lease, fcntl.LOCK_SH)


def drop_lease() -> None:
    global _lease
    if _lease is not None:
        _lease.close()
        _lease = None


@contextmanager
def last_one_out() -> Iterator[bool]:
    """Gives up this process's lease; true, and closed to newcomers, when nobody else has one."""
    drop_lease()
    with (control_dir() / "lease").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def start_lock() -> Iterator[None]:
    """One process at a time starts or stops the server; the others wait and find it done."""
    with (control_dir() / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
