"""For whoever starts the web server by other means than `serve`, which prints a code by itself."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.setup import SetUpAlready, new_setup_code


class Command(BaseCommand):
    help = "Prints a code with which the first administrator is made at /setup/."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(new_setup_code())
        except SetUpAlready as error:
            raise CommandError(error.message) from error
