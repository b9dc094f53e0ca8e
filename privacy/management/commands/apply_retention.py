from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser
from django.utils import timezone

from privacy.retention import apply_retention


class Command(BaseCommand):
    help = (
        "Delete what has been kept longer than RETAIN_VERIFICATION_LOG_DAYS, "
        "RETAIN_CONFLICTING_TAP_DAYS, RETAIN_ACCESS_DAYS and RETAIN_PHOTO_DAYS say. Without --yes "
        "it only says what would go. The background worker does it each week if "
        "RETENTION_ENABLED is set."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Do it.")
        parser.add_argument(
            "--scheduled", action="store_true", help="Do it, if RETENTION_ENABLED is set."
        )

    def handle(self, *args: Any, yes: bool, scheduled: bool, **options: Any) -> str:
        if scheduled and not settings.RETENTION_ENABLED:
            return "RETENTION_ENABLED is not set; nothing was looked for."
        is_real = yes or scheduled
        done = apply_retention(at=timezone.now(), really=is_real)
        counted = ", ".join(f"{count} {what}" for what, count in sorted(done.items())) or "nothing"
        if is_real:
            return f"Deleted: {counted}."
        return f"Would delete: {counted}. Nothing was changed; --yes does it."
