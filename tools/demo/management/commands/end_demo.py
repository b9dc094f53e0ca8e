from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from core.errors import DomainError
from tools.demo.ending import end_demo


class Command(BaseCommand):
    help = (
        "End the demo before others can reach this server: every account with the published "
        "password loses it and is switched off. Make an administrator of your own first or "
        "afterwards: manage.py createsuperuser."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--people",
            choices=["remove", "keep"],
            required=True,
            help="remove: everybody goes, with cards, taps, days and readers, if nobody but the "
            "demo's people is there. keep: only the logins end.",
        )

    def handle(self, *args: Any, people: str, **options: Any) -> str:
        try:
            ending = end_demo(remove_people=people == "remove")
        except DomainError as error:
            raise CommandError(error.message) from error
        ended = ", ".join(ending.logins) or "none"
        return f"Logins ended: {ended}. People removed: {ending.people}."
