from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from people.kinds import kind_keys, kind_named
from privacy.erasure import Erasure, erase_person


class Command(BaseCommand):
    help = (
        "Erase who somebody was, after they have left. Taps, days, meals and incidents stay, under "
        "a row that is nobody's. Without --yes it only says what would go. It cannot be undone, "
        "and does not reach into backups."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=kind_keys())
        parser.add_argument("number", help="The identification number.")
        parser.add_argument("--yes", action="store_true", help="Do it.")

    def handle(self, *args: Any, kind: str, number: str, yes: bool, **options: Any) -> str:
        try:
            erasure = erase_person(kind=kind_named(kind), number=number, really=yes)
        except DomainError as error:
            raise CommandError(error.message) from error
        return "\n".join(_lines(erasure, number, is_done=yes))


def _lines(erasure: Erasure, number: str, *, is_done: bool) -> list[str]:
    verb = "Erased" if is_done else "Would erase"
    lines = [f"{verb} {erasure.full_name} ({number}):"]
    lines += [f"  {count} {what}" for what, count in sorted(erasure.done.items())]
    if erasure.left:
        lines.append("A name, number or address of this person is also in these tables; look there")
        lines.append("(a namesake, a family's telephone, a free text):")
        lines += [f"  {count} in {table}" for table, count in erasure.left.items()]
    if not is_done:
        lines.append("Nothing was changed; --yes does it.")
    return lines
