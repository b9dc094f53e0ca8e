"""The running server process, seen from outside through its `postmaster.pid`."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .state import Home, PostgresError

STOP_SECONDS = 60.0
STATUS_LINE = 7


def running_pid(home: Home) -> int | None:
    """The postmaster of this data folder; None when it is gone, a zombie or somebody else."""
    lines = _lines(home)
    if not lines or not lines[0].isdecimal():
        return None
    pid = int(lines[0])
    serves = _serves_on_linux if sys.platform == "linux" else _serves_by_ps
    return pid if serves(pid, home.data) else None


def is_ready(home: Home) -> bool:
    lines = _lines(home)
    ready = len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
    return ready and running_pid(home) is not None


def has_leftover(home: Home) -> bool:
    """The last server did not go in good order: it left its pid file behind."""
    return _pid_file(home).exists()


def forget_leftover(home: Home) -> None:
    """Removes the lock files of a dead server where PostgreSQL would take it for a living one.

    It believes any process with that number, and `kill(pid, 0)` also answers for a zombie. Two
    servers on one data folder stay impossible: PostgreSQL also checks the shared memory.
    """
    lines = _lines(home)
    if lines and lines[0].isdecimal() and _number_is_taken(int(lines[0])):
        for socket in home.sockets.iterdir():
            socket.unlink()
        _pid_file(home).unlink(missing_ok=True)


def end_orphans(home: Home) -> None:
    """Ends what is left of a dead server: a busy backend does not notice the death of its parent.

    Its memory would forbid a new server for as long as its query takes.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_server = (process / "comm").read_text() == "postgres\n"
            if is_server and home.data.samefile(process / "cwd"):
                os.kill(int(process.name), signal.SIGKILL)


def shut_down(home: Home) -> bool:
    """Fast shutdown (SIGINT): open transactions are rolled back, everything is flushed."""
    pid = running_pid(home)
    if pid is None:
        return False
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while running_pid(home) == pid:
        if time.monotonic() > deadline:
            raise PostgresError(f"PostgreSQL (process {pid}) did not stop; see {home.logs}.")
        time.sleep(0.02)
    return True


def _pid_file(home: Home) -> Path:
    return home.data / "postmaster.pid"


def _lines(home: Home) -> list[str]:
    try:
        return _pid_file(home).read_text().splitlines()
    except FileNotFoundError:
        return []


def _number_is_taken(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves_on_linux(pid: int, data: Path) -> bool:
    """A postmaster works in its data folder; a zombie has no folder, and a reused pid another.

    In a container root may be forbidden to look at the folder of another account's process. The
    command line is open to all, names the data folder, and is empty for a zombie.
    """
    try:
        return data.samefile(f"/proc/{pid}/cwd")
    except PermissionError:
        return os.fsencode(data) in _command_line(pid)
    except OSError:
        return False


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _serves_by_ps(pid: int, data: Path) -> bool:
    command = ("/bin/ps", "-ww", "-o", "command=", "-p", str(pid))
    shown = subprocess.run(command, capture_output=True)  # noqa: S603 - constants and a number
    return os.fsencode(data) in shown.stdout
