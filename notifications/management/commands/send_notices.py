import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from notifications.sending import send_due

PAUSE_SECONDS = 5


class Command(BaseCommand):
    help = (
        "Send the notices to guardians that are due. The background worker does that every "
        "minute; any number of these may run beside it, and each notice is sent by one of them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--forever", action="store_true", help="Look every few seconds, until Ctrl-C."
        )

    def handle(self, *args: Any, forever: bool, **options: Any) -> str:
        while forever:
            if done := self._done():
                self.stdout.write(done)
            time.sleep(PAUSE_SECONDS)
        return self._done()

    def _done(self) -> str:
        return ", ".join(f"{state}: {number}" for state, number in sorted(send_due().items()))
