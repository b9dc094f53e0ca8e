from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from embedded.postgres import PostgresError
from operations.backups import BackupFailed, identities_in, verify_backup


class Command(BaseCommand):
    help = "Restore a backup into a database that is dropped again, and compare every row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument("--identity", type=Path, help="File with the identity of age.")

    def handle(self, *args: Any, archive: Path, identity: Path | None, **options: Any) -> str:
        try:
            manifest = verify_backup(archive, identities_in(identity))
        except (BackupFailed, PostgresError) as error:
            raise CommandError(str(error)) from error
        rows = sum(rows for rows, _ in manifest["tables"].values())
        return f"{archive} is good: {rows} rows of {manifest['made_at']}."
