from typing import Any

from django.core.management import BaseCommand

from notifications.sending import send_due
from outbox.dispatch import dispatch_events


class Command(BaseCommand):
    help = (
        "Write and send once the notices to guardians that are due. `follow_events` does so each "
        "second; the background worker runs this each minute, should that be down."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        dispatch_events()
        return ", ".join(f"{state}: {number}" for state, number in sorted(send_due().items()))
