"""What a terminal shall do: it fetches commands when it asks, and says what became of each.

A command is sent until it is answered, some times; then it has failed, and stands in the office.
Nothing is ever sent that empties a terminal's memory or runs a program in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from doors.models import Command, TerminalUser
from pos.models import Device

# An answer may take as long as an upload of records does.
SENT_AGAIN_AFTER: Final = timedelta(minutes=5)
MOST_TIMES: Final = 5
# What failed is not tried again for so long.
RESTS_FOR: Final = timedelta(days=1)
KEPT_FOR: Final = timedelta(days=8)
MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Result:
    """What a terminal says of a command: `number` is ours of it, `returned` below 0 a failure."""

    number: int
    returned: int
    counted: int | None = None


def _unanswered() -> QuerySet[Command]:
    return Command.objects.filter(answered_at=None)


def due(*, at: datetime) -> QuerySet[Command]:
    """Those that a terminal is told when it asks."""
    waits = Q(sent_at=None) | Q(sent_at__lt=at - SENT_AGAIN_AFTER)
    return _unanswered().filter(waits, times_sent__lt=MOST_TIMES)


def standing(*, at: datetime) -> QuerySet[Command]:
    """Those that need not be made again: they are under way, or have failed a while ago."""
    is_over = Q(answered_at__isnull=False) | Q(times_sent__gte=MOST_TIMES)
    return Command.objects.exclude(is_over & Q(made_at__lt=at - RESTS_FOR))


def failed() -> QuerySet[Command]:
    """What terminals could not do, or never said a word about."""
    return Command.objects.filter(Q(returned__lt=0) | Q(answered_at=None, times_sent=MOST_TIMES))


def old_commands(*, at: datetime) -> QuerySet[Command]:
    return Command.objects.filter(made_at__lt=at - KEPT_FOR)


@transaction.atomic
def put(*, device: Device, kind: Command.Kind, texts: dict[str, str], at: datetime) -> None:
    """These commands, by what each is about, in the place of earlier ones about the same."""
    Command.objects.filter(device=device, kind=kind, about__in=texts).delete()
    Command.objects.bulk_create(
        (
            Command(device=device, kind=kind, about=about, text=text, made_at=at)
            for about, text in texts.items()
        ),
        batch_size=500,
        # The race of two requests of one terminal, which put the same.
        ignore_conflicts=True,
    )


@transaction.atomic
def fetch(*, device: Device, at: datetime) -> list[str]:
    """The lines with which the terminal is told what is due; of a command of several, one each."""
    # The race of two requests of one terminal for one command: who comes second passes it over.
    rows = due(at=at).filter(device=device).select_for_update(skip_locked=True, no_key=True)
    commands = [*rows[:MOST_AT_ONCE]]
    users = [each for each in commands if each.kind == Command.Kind.USER]
    if users:
        # From now on nobody knows what the terminal knows of them, until it answers.
        changed = TerminalUser.objects.filter(device=device, pin__in=[u.about for u in users])
        changed.update(digest=None)
        TerminalUser.objects.bulk_create(
            (TerminalUser(device=device, pin=user.about) for user in users), ignore_conflicts=True
        )
    sent = Command.objects.filter(pk__in=[command.pk for command in commands])
    sent.update(sent_at=at, times_sent=F("times_sent") + 1)
    return [line for command in commands for line in _lines(command)]


def _lines(command: Command) -> Iterable[str]:
    return (f"C:{command.pk}:{text}" for text in command.text.split("\n"))


@transaction.atomic
def note_results(*, device: Device, results: Iterable[Result], at: datetime) -> list[Command]:
    """Remember them; the commands that are answered by that. What failed once stays failed."""
    said: dict[int, Result] = {}
    for result in results:
        before = said.get(result.number)
        if before is None or before.returned >= 0:
            said[result.number] = result
    rows = _unanswered().filter(device=device, pk__in=said).order_by("pk")
    answered = [*rows.select_for_update(no_key=True)]
    for command in answered:
        result = said[command.pk]
        command.answered_at, command.returned = at, result.returned
        command.counted = result.counted
    Command.objects.bulk_update(answered, ["answered_at", "returned", "counted"])
    return answered
