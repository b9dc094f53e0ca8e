from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.utils import timezone

from cards.counting import compact_tally
from embedded import postgres
from embedded.private_files import close_to_others
from pos.superseded import drop_superseded
from privacy.housekeeping import keep_house


class Command(BaseCommand):
    help = (
        "Delete what can no longer matter: counts of closed throttle windows, wrong passwords "
        "older than the lockout, expired tokens and sessions, events, print files and imports "
        "that nobody has decided on of more than a week ago, and old deliveries to webhooks. The "
        "background worker runs this every hour; running it at any other time does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        deleted = keep_house(at=timezone.now())
        home = postgres.current_home()
        deleted["rights of others to files"] = close_to_others(
            settings.STATE_DIR, home.path, data=home.data
        )
        compact_tally()
        drop_superseded(at=timezone.now())
        return ", ".join(f"{name}: {count}" for name, count in deleted.items())
