"""Nobody but our own account reads what the state folder holds: 0600 and 0700, whoever runs it."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OTHERS = 0o077
# Root lets the server's account pass through to its data, and see nothing on the way.
PASSABLE = 0o711
# Programs that the server's account executes; nothing of anybody.
PROGRAMS = "binaries-"
# What the state folder of an installation has, and that of a cluster on one machine.
STATE_MARKS = ("postgres/passwords", "passwords.json")


def keep_private() -> None:
    """What this process and its children make from here on is theirs alone."""
    os.umask(OTHERS)


def empty_folder(path: Path) -> None:
    """One that is there, closed to others, and holds nothing."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700, parents=True)


def open_to_others(root: Path, *, data: Path) -> Iterator[tuple[Path, int]]:
    """What other accounts could read or enter, each with the mode that it should have.

    `data` is the database server's own folder: PostgreSQL keeps it closed itself. Links are not
    followed, and what another installation keeps below is its own concern: its server has to pass.
    """
    on_the_way = {*data.parents} if os.geteuid() == 0 else set()
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = [
            name
            for name in folders
            if here / name != data
            and not name.startswith(PROGRAMS)
            and not any((here / name / mark).exists() for mark in STATE_MARKS)
        ]
        for path in (here, *(here / name for name in names)):
            with suppress(FileNotFoundError):
                mode = path.lstat().st_mode
                allowed = PASSABLE if path in on_the_way else 0o700
                if not stat.S_ISLNK(mode) and mode & OTHERS & ~allowed:
                    yield path, stat.S_IMODE(mode) & allowed


def close_to_others(*roots: Path, data: Path) -> int:
    """Take from others what an older version, or another umask, has given them; how many paths.

    What belongs to another account stays as it is: only its owner can change it.
    """
    closed = 0
    for root in set(roots):
        for path, mode in open_to_others(root, data=data):
            with suppress(FileNotFoundError, PermissionError):
                path.chmod(mode)
                closed += 1
    return closed
