from typing import Any

from django.core.management import BaseCommand

from operations.alarms import watch_faults
from operations.counting import count_taps
from operations.faults import Kind
from operations.models import FaultRecord, Pulse
from operations.pulses import beat, forget_old_pulses
from webhooks.following import follow
from webhooks.sending import deliver_due


class Command(BaseCommand):
    help = (
        "Write down that the background worker lives, tell of faults that began or ended, and "
        "count taps for /metrics. It runs this each minute by itself."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        beat(Pulse.Name.WORKER)
        forget_old_pulses()
        watch_faults()
        if FaultRecord.objects.open().raised().filter(kind=Kind.EVENTS_STUCK).exists():
            follow()  # who else tells webhooks is stuck
            deliver_due()
        count_taps()
