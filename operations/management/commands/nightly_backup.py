from typing import Any

from django.core.management import BaseCommand

from operations.nightly import start_if_due


class Command(BaseCommand):
    help = (
        "Start the backup of the night in a process of its own, if it is due. The background "
        "worker runs this every half hour by itself."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        start_if_due()
