"""Processes as the kernel shows them: who they are, whose death ends them, and their groups."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
DEATH_SECONDS = 3.0

# Loaded here, because a forked child must not wait for the loader's lock.
_libc = ctypes.CDLL(None)


def _prctl(option: int, value: int) -> None:
    if LINUX:
        _libc.prctl(option, value, 0, 0, 0)


def die_with_parent() -> None:
    """The kernel sends SIGTERM when the parent dies, also when that is killed outright."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Orphaned grandchildren become children of this process, which reaps them.

    In a container, process 1 often is a program that reaps nothing.
    """
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def identity(pid: int) -> str | None:
    """Boot and start time, which tell a process from a later one with its number; None if dead."""
    if not LINUX:
        return _identity_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{boot} {rest[18]}"


def _identity_by_ps(pid: int) -> str | None:
    command = ("/bin/ps", "-o", "stat=,lstart=", "-p", str(pid))
    shown = subprocess.run(command, capture_output=True, text=True).stdout  # noqa: S603 - constants
    state, _, started = shown.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def reap_orphans() -> None:
    """Reaps adopted orphans. A program that dies meanwhile only loses its exit code by it."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def kill_group(group: int) -> None:
    """Ends the group of a leader that lives, or died just now.

    The number cannot mean anybody else yet, because numbers are handed out in turn.
    """
    # macOS answers EPERM when only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
        await_end(group)


def await_end(group: int) -> None:
    """A killed process keeps its port and its locks until the kernel has cleaned up after it."""
    deadline = time.monotonic() + DEATH_SECONDS
    while _lives(group) and time.monotonic() < deadline:
        time.sleep(0.01)


def _lives(group: int) -> bool:
    if LINUX:
        return bool(members(group))
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def members(group: int) -> list[int]:
    """The group's processes, without zombies; none where there is no /proc."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, pgrp, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            if int(pgrp) == group and state not in "ZX":
                found.append(int(process.name))
    return found
