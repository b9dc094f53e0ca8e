from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.utils import timezone

from institution.declared import RETENTION_ENABLED
from institution.reading import setting
from privacy.retention import apply_retention


class Command(BaseCommand):
    help = (
        "Delete what has been kept longer than the RETAIN_..._DAYS say. Without --yes it only says "
        "what would go. The background worker does it each week unless RETENTION_ENABLED=0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Do it.")
        parser.add_argument(
            "--scheduled", action="store_true", help="Do it, unless RETENTION_ENABLED=0."
        )

    def handle(self, *args: Any, yes: bool, scheduled: bool, **options: Any) -> str:
        if scheduled and not setting(RETENTION_ENABLED):
            return "RETENTION_ENABLED is 0; nothing was looked for."
        is_real = yes or scheduled
        done = apply_retention(at=timezone.now(), really=is_real)
        counted = ", ".join(f"{count} {what}" for what, count in sorted(done.items())) or "nothing"
        if is_real:
            return f"Deleted: {counted}."
        return f"Would delete: {counted}. Nothing was changed; --yes does it."
