from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.utils import timezone

from accounts.models import LoginAttempt, TokenFamily
from cards.counting import compact_tally
from cards.jobs import delete_old_files
from core.models import ThrottleWindow
from core.throttling import PERIODS
from embedded import postgres
from embedded.private_files import close_to_others
from outbox.models import Event
from people.previews import discard_old_imports
from webhooks.models import Delivery


class Command(BaseCommand):
    help = (
        "Delete what can no longer matter: counts of closed throttle windows, wrong passwords "
        "older than the lockout, expired tokens and sessions, events, print files and imports "
        "that nobody has decided on of more than a week ago, and old deliveries to webhooks. The "
        "background worker runs this every hour; running it at any other time does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        now = timezone.now()
        longest_window = max(PERIODS.values())
        old_attempts = max(settings.LOCKOUT_PERIOD, timedelta(days=1))
        counts = {
            "throttle windows": ThrottleWindow.objects.filter(opened_at__lt=now - longest_window),
            "wrong passwords": LoginAttempt.objects.filter(last_failed_at__lt=now - old_attempts),
            "events": Event.objects.outdated(at=now),
            "tokens": TokenFamily.objects.filter(expires_at__lt=now),
            "deliveries": Delivery.objects.outdated(at=now),
        }
        deleted = {name: queryset.delete()[0] for name, queryset in counts.items()}
        deleted["print files"] = delete_old_files(at=now)
        deleted["imports"] = discard_old_imports(at=now)
        home = postgres.current_home()
        deleted["rights of others to files"] = close_to_others(
            settings.STATE_DIR, home.path, data=home.data
        )
        compact_tally()
        call_command("clearsessions")
        return ", ".join(f"{name}: {count}" for name, count in deleted.items())
