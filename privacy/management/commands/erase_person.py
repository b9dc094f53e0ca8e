from collections.abc import Mapping
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
        parser.add_argument(
            "--discard-imports",
            action="store_true",
            help="Discard the imports that wait and hold this person; else they forbid it.",
        )

    def handle(
        self,
        *args: Any,
        kind: str,
        number: str,
        yes: bool,
        discard_imports: bool,
        **options: Any,
    ) -> str:
        try:
            erasure = erase_person(
                kind=kind_named(kind),
                number=number,
                really=yes,
                discard_imports=discard_imports,
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        return "\n".join(_lines(erasure, number, is_done=yes))


def _lines(erasure: Erasure, number: str, *, is_done: bool) -> list[str]:
    verb = "Erased" if is_done else "Would erase"
    lines = [f"{verb} {erasure.full_name} ({number}):"]
    lines += _counted("", erasure.done)
    lines += ["These tables told who it was, before:", *_counted("in ", erasure.found)]
    if erasure.left:
        lines.append("A name, number or address of this person is also in these tables; look there")
        lines.append("(a namesake, a family's telephone, a login):")
        lines += _counted("in ", erasure.left)
    if erasure.perhaps:
        lines.append("Texts that say one part of the name, which may be anybody's:")
        lines += _counted("in ", erasure.perhaps)
    if erasure.files:
        lines += ["Files that say it; delete or change them by hand:"]
        lines += [f"  {path}" for path in erasure.files]
    lines.append(f"What is counted stays, under the pseudonym {erasure.pseudonym}: whoever knows")
    lines.append("from elsewhere whose it is can read the days and taps that stand under it.")
    lines.append("Backups, receivers of webhooks and what was printed or sent are out of reach.")
    if not is_done:
        lines.append("Nothing was changed; --yes does it.")
    return lines


def _counted(word: str, counts: Mapping[str, int]) -> list[str]:
    return [f"  {count} {word}{what}" for what, count in sorted(counts.items())]
