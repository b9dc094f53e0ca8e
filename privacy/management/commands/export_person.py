from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from people.kinds import kind_keys, kind_named
from privacy.own_data import find, write_zip


class Command(BaseCommand):
    help = (
        "Write everything that is kept about one person into a ZIP: JSON by topic, a PDF to read, "
        "the photo and evidence. For the person who asks for it; nobody else may have it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=kind_keys())
        parser.add_argument("number", help="The identification number.")
        parser.add_argument("--to", default="", help="The file; else one here named by the id.")

    def handle(self, *args: Any, kind: str, number: str, to: str, **options: Any) -> str:
        try:
            person = find(kind_named(kind), number)
        except DomainError as error:
            raise CommandError(error.message) from error
        path = Path(to or f"{kind}-{person.pk}.zip")
        try:
            with path.open("xb") as out:
                write_zip(person, out)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        return f"Everything about {person.full_name} is in {path}."
