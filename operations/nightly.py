"""A backup each night by itself: when, where to and how many are kept, the environment says.

The worker starts it as a process of its own, for it may take longer than a task of the worker.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from operations.backups import (
    BackupFailed,
    Made,
    make_backup,
    private_folder,
    storage_told,
    transaction_apart,
)
from operations.figures import installed_at
from operations.models import Backup

# What is made by hand has another name, and is nobody's to delete.
PREFIX: Final = "trackxpert-night"
# One that has failed, or was killed, may have taken an hour of the machine.
AGAIN_AFTER: Final = timedelta(hours=6)
# The transaction is idle while another connection dumps.
ONLY_ONE: Final = """
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT pg_try_advisory_xact_lock(hashtextextended('operations.nightly', 0))
"""
# The dump, the backup that is made of it, and the database into which it is restored.
ROOM: Final = 3


def backup_time() -> time | None:
    """Campus time. Raises ValueError."""
    if not settings.BACKUP_AT:
        return None
    clock = time.fromisoformat(settings.BACKUP_AT)
    if clock.tzinfo is not None:
        raise ValueError(settings.BACKUP_AT)
    return clock


def is_due(*, at: datetime) -> bool:
    """Whether none that is good was made since the last time that one was to be made, and none was
    tried on this machine for a while."""
    clock = backup_time()
    if clock is None or _was_just_tried(at):
        return False
    now = timezone.localtime(at)
    last = timezone.make_aware(datetime.combine(now.date(), clock))
    if last > now:
        last = timezone.make_aware(datetime.combine(now.date() - timedelta(days=1), clock))
    installed = installed_at()
    is_older = installed is not None and installed < last
    return is_older and not Backup.objects.good().filter(made_at__gte=last).exists()


def _tried() -> Path:
    """Whose age says when this machine last began one that did not become one."""
    return settings.STATE_DIR / "backup-tried"


def _was_just_tried(at: datetime) -> bool:
    try:
        then = _tried().stat().st_mtime
    except FileNotFoundError:
        return False
    return abs(at.timestamp() - then) < AGAIN_AFTER.total_seconds()


def start_if_due() -> None:
    if is_due(at=timezone.now()):
        command = (sys.executable, str(settings.BASE_DIR / "manage.py"), "backup", "--when-due")
        subprocess.Popen(command, cwd=settings.BASE_DIR)  # noqa: S603 - ours


def back_up_when_due() -> Made | None:
    """None if none is due, or another process is at it. Raises BackupFailed."""
    with _alone() as is_alone:
        return _back_up() if is_alone and is_due(at=timezone.now()) else None


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this is the only one, on whichever machine; it is until the end."""
    with transaction_apart() as cursor:
        cursor.execute(ONLY_ONE)
        yield cursor.fetchone()[0]


def _back_up() -> Made:
    _tried().touch()
    made = _into_s3() if settings.BACKUP_TO == "s3" else _into(Path(settings.BACKUP_TO))
    _tried().unlink(missing_ok=True)
    return made


def _into(folder: Path) -> Made:
    made = _make_in(folder)
    for name in _to_forget(made, {path.name for path in folder.iterdir()}):
        (folder / name).unlink()
    return made


def _into_s3() -> Made:
    storage = storages["backups"]

    def put(path: Path) -> None:
        with path.open("rb") as content:
            storage.save(path.name, File(content))

    with private_folder() as folder, storage_told():
        made = _make_in(folder, put=put)
        for name in _to_forget(made, storage.listdir("")[1]):
            storage.delete(name)
        return made


def _make_in(folder: Path, put: Callable[[Path], None] | None = None) -> Made:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        needed = ROOM * cursor.fetchone()[0]
    for place in (folder, settings.STATE_DIR):
        if shutil.disk_usage(place).free < needed:
            raise BackupFailed(f"No backup: {place} has no {needed // 2**20} MB free.")
    recipients = settings.BACKUP_RECIPIENTS
    return make_backup(folder=folder, recipients=recipients, prefix=PREFIX, put=put)


def _to_forget(made: Made, there: Collection[str]) -> list[str]:
    """Of those that are there, what this database made before, by itself, and more than are kept.

    In the order in which they were made, whatever the clock showed.
    """
    ours = Backup.objects.filter(name__startswith=f"{PREFIX}-").order_by("-pk")
    names = ours.exclude(name=made.path.name).values_list("name", flat=True)
    return [name for name in names if name in there][settings.BACKUP_KEEP - 1 :]
