"""A backup each night by itself: when, where to and how many are kept, the environment says.

The worker starts it as a process of its own, for it may take longer than a task of the worker.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db import connection, connections
from django.utils import timezone

from operations.backups import BackupFailed, Made, make_backup, storage_told
from operations.figures import installed_at
from operations.models import Backup

# As the names of `make_backup` begin and end.
OURS: Final = ("trackxpert-*.tar", "trackxpert-*.tar.age")
# The transaction is idle while another connection dumps.
ONLY_ONE: Final = """
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT pg_try_advisory_xact_lock(hashtextextended('operations.nightly', 0))
"""
# The dump, the backup that is made of it, and the database into which it is restored.
ROOM: Final = 3


def backup_time() -> time | None:
    """Campus time. Raises ValueError."""
    return time.fromisoformat(settings.BACKUP_AT) if settings.BACKUP_AT else None


def is_due(*, at: datetime) -> bool:
    """Whether none that is good was made since the last time that one was to be made."""
    clock = backup_time()
    if clock is None:
        return False
    now = timezone.localtime(at)
    last = timezone.make_aware(datetime.combine(now.date(), clock))
    if last > now:
        last = timezone.make_aware(datetime.combine(now.date() - timedelta(days=1), clock))
    installed = installed_at()
    is_older = installed is not None and installed < last
    return is_older and not Backup.objects.good().filter(made_at__gte=last).exists()


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
    link: Any = connections.create_connection("default")
    link.connect()
    link.set_autocommit(False)
    try:
        with link.cursor() as cursor:
            cursor.execute(ONLY_ONE)
            yield cursor.fetchone()[0]
    finally:
        link.close()


def _back_up() -> Made:
    if settings.BACKUP_TO != "s3":
        folder = Path(settings.BACKUP_TO)
        made = _make_in(folder)
        _forget(folder.glob(pattern) for pattern in OURS)
        return made
    with TemporaryDirectory(dir=settings.STATE_DIR) as name, storage_told():
        made = _make_in(Path(name))
        storage = storages["backups"]
        try:
            with made.path.open("rb") as content:
                storage.save(made.path.name, File(content))
        except Exception:
            Backup.objects.filter(name=made.path.name).delete()  # it is nowhere
            raise
        _forget_in(storage)
        return made


def _make_in(folder: Path) -> Made:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        needed = ROOM * cursor.fetchone()[0]
    for place in (folder, settings.STATE_DIR):
        if shutil.disk_usage(place).free < needed:
            raise BackupFailed(f"No backup: {place} has no {needed // 2**20} MB free.")
    return make_backup(folder=folder, recipients=settings.BACKUP_RECIPIENTS)


def _forget(found: Iterable[Iterable[Path]]) -> None:
    """Their names say when they were made."""
    known = sorted((path for paths in found for path in paths), key=lambda path: path.name)
    for path in known[: -settings.BACKUP_KEEP]:
        path.unlink()


def _forget_in(storage: Storage) -> None:
    _, names = storage.listdir("")
    known = sorted(name for name in names if Path(name).match("trackxpert-*.tar*"))
    for name in known[: -settings.BACKUP_KEEP]:
        storage.delete(name)
