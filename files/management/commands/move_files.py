from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.core.management import BaseCommand, CommandError, CommandParser

from files.moving import move_files


class Command(BaseCommand):
    help = (
        "Move photos, evidence, print and import files from one storage to another: from the "
        "folder that older versions kept (MEDIA_ROOT), into or out of an S3-compatible one. It can "
        "be broken off and begun again, and the server may run meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="source", choices=settings.KNOWN_STORAGES, required=True)
        parser.add_argument(
            "--to", choices=settings.FILE_STORAGES, default=settings.FILE_STORAGE, dest="target"
        )
        parser.add_argument(
            "--keep", action="store_true", help="Leave the old files where they are."
        )

    def handle(self, *args: Any, source: str, target: str, keep: bool, **options: Any) -> str:
        if source == target:
            raise CommandError(f"The files are in {target} already.")
        # The server reads them there until it is started anew.
        in_use = source == settings.FILE_STORAGE
        done = move_files(source=storages[source], target=storages[target], keep=keep or in_use)
        if done.differ:
            names = ", ".join(done.differ)
            raise CommandError(f"Another content stands under the same name: {names}")
        text = (
            f"Moved {done.moved} files ({done.size} bytes) from {source} to {target}; "
            f"{done.there_already} were there already."
        )
        if in_use and not keep:
            text += (
                f" They are in {source} too, where the server reads them: set FILE_STORAGE={target}"
                ", restart it, and run this once more, which then deletes them there."
            )
        return text
