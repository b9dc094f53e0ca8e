"""The way out when the last administrator has lost telephone and recovery codes."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import reset_second_factor


class Command(BaseCommand):
    help = "Switches two steps off for one user; the password is enough then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(username)
        except User.DoesNotExist as error:
            raise CommandError(f"Nobody here has the name {username}.") from error
        reset_second_factor(user=user)
        self.stdout.write(f"{user}: two steps are off.")
