from typing import Any

from django.core.management import BaseCommand

from operations.counting import count_taps
from operations.models import Pulse
from operations.pulses import beat, forget_old_pulses


class Command(BaseCommand):
    help = (
        "Write down that the background worker lives, and count taps for /metrics. It runs this "
        "each minute by itself."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        beat(Pulse.Name.WORKER)
        forget_old_pulses()
        count_taps()
