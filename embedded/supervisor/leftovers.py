"""What a supervisor that was killed has left, as its folder has it on record."""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .processes import LINUX, await_end, identity, kill_group, members

LEFTOVER_GRACE_SECONDS = 3.0
# Inherited by all descendants: so the orphans of a dead leader are told from a reused group number.
MARK = "TRACKXPERT_SUPERVISED_IN"


class AlreadyRunningError(Exception):
    """Another supervisor holds the folder."""


@contextlib.contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Makes this process the only supervisor of the folder; the kernel ends that with it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError from None
        yield


def end_leftovers(folders: Path) -> list[str]:
    """Ends what dead supervisors left in the folders below this one; returns the programs' names.

    A folder whose supervisor lives is passed over.
    """
    ended: list[str] = []
    for folder in sorted(path for path in folders.glob("*") if path.is_dir()):
        with contextlib.suppress(AlreadyRunningError), claim(folder):
            for record in sorted(folder.glob("*.json")):
                if _end_leftover(record):
                    ended.append(record.stem)
                record.unlink()
    return ended


def _end_leftover(record: Path) -> bool:
    try:
        leader = json.loads(record.read_text())
        pid, known = int(leader["pid"]), str(leader["identity"])
    except (ValueError, KeyError, TypeError):  # torn by a power cut, which left no process either
        return False
    if identity(pid) != known:
        return _kill_marked_group(pid, record.parent)
    _end_leader(pid, known)
    kill_group(pid)
    return True


def _end_leader(pid: int, known: str) -> None:
    """Waits for as long as the programs may take to end their own workers.

    On Linux the kernel has asked them to, when their supervisor died.
    """
    if not LINUX:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + LEFTOVER_GRACE_SECONDS
    while identity(pid) == known and time.monotonic() < deadline:
        time.sleep(0.05)


def _kill_marked_group(group: int, folder: Path) -> bool:
    """Ends the members of a group whose leader is gone, if they carry the folder's mark."""
    mark = f"{MARK}={folder}".encode()
    found = False
    for pid in members(group):
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
                found = True
    if found:
        await_end(group)
    return found
