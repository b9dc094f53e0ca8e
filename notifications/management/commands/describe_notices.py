"""`manage.py describe_notices > docs/notices.md`: what is told when, as the code decides it."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.situations import page


class Command(BaseCommand):
    help = "Print the page of what guardians are told when: docs/notices.md."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")
