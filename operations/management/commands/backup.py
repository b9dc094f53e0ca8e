from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from embedded.postgres import PostgresError
from operations.backups import BackupFailed, Made, make_backup
from operations.nightly import back_up_when_due


class Command(BaseCommand):
    help = (
        "Back up the database, all files and the keys as of one moment into one file, after it was "
        "restored into a database of its own and compared row by row."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        folder = settings.STATE_DIR / "backups"
        parser.add_argument("--to", type=Path, default=folder, help=f"Folder; else {folder}.")
        parser.add_argument(
            "--recipient",
            action="append",
            default=[],
            dest="recipients",
            help="Encrypt for this recipient of age (age1...); may be given several times.",
        )
        parser.add_argument("--no-verify", action="store_false", dest="verify")
        parser.add_argument(
            "--when-due",
            action="store_true",
            help="As BACKUP_AT, BACKUP_TO and BACKUP_KEEP say; the worker starts this by itself.",
        )

    def handle(self, *args: Any, when_due: bool = False, **options: Any) -> str:
        try:
            made = back_up_when_due() if when_due else _make(**options)
        except (BackupFailed, PostgresError) as error:
            raise CommandError(str(error)) from error
        if made is None:
            return "None is due."
        checked = "restored and compared" if made.is_verified else "not compared"
        return f"{made.path}: {made.size} bytes, {made.rows} rows, {checked}."


def _make(*, to: Path, recipients: list[str], verify: bool, **options: Any) -> Made:
    known = recipients or settings.BACKUP_RECIPIENTS
    return make_backup(folder=to, recipients=known, verify=verify)
