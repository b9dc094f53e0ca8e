from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from embedded.postgres import PostgresError
from operations.backups import BackupFailed, identities_in, restore_backup


class Command(BaseCommand):
    help = (
        "Make the database, all files and the keys what a backup has. Stop the server first; then "
        "`make run` brings an older backup up to date."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument("--identity", type=Path, help="File with the identity of age.")
        parser.add_argument(
            "--replace", action="store_true", help="Delete what the database holds before."
        )

    def handle(
        self, *args: Any, archive: Path, identity: Path | None, replace: bool, **options: Any
    ) -> str:
        try:
            restored = restore_backup(archive, identities_in(identity), replace=replace)
        except (BackupFailed, PostgresError) as error:
            raise CommandError(str(error)) from error
        manifest = restored.manifest
        rows = sum(rows for rows, _ in manifest["tables"].values())
        said = f"Restored {rows} rows of {manifest['made_at']}, compared with the backup."
        if restored.keys:
            said += (
                "\nIt has keys that only the environment takes, and that sealed secrets and"
                " sessions may need:"
                f"\nSECRET_KEY_FALLBACKS={','.join(restored.keys)}"
            )
        return said
