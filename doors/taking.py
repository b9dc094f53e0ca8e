"""From what a terminal sent into the ledger: each record once, however often it is sent.

A terminal that has lost its place sends its whole memory again, 150,000 lines. It comes through
here five hundred at a time, and what is in the ledger already is told by one look at its index, so
that such a repeat costs little.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_noop

from attendance.day import Direction
from core.digests import digest_of
from core.outages import outage_of
from doors.door import Terminal
from doors.keeping import keep_last
from doors.messages import shortened_line
from doors.models import MAX_LINE, MAX_REASON, QuarantinedLine
from pos.ledger import record_taps
from pos.models import Decision, Protocol, Tap
from pos.protocol import MAX_BATCH, BadTap, IncomingTap, ItemStatus, Recorded, read_tap
from pos.strays import note_strays

logger = logging.getLogger(__name__)

MOST_QUARANTINED: Final = 300


@dataclass(frozen=True, slots=True)
class Misfit:
    """What never can become a tap, as it was sent, and why not: a sentence."""

    text: str
    reason: str


Line = IncomingTap | Misfit


@dataclass(slots=True)
class Taken:
    """What became of what was sent: how many were created, duplicates, conflicts or quarantined."""

    created: int = 0
    duplicate: int = 0
    conflict: int = 0
    quarantined: int = 0

    @property
    def lines(self) -> int:
        """All of them: none needs to be sent again."""
        return self.created + self.duplicate + self.conflict + self.quarantined

    def __str__(self) -> str:
        parts = {
            "new": self.created,
            "known": self.duplicate,
            "in conflict": self.conflict,
            "in quarantine": self.quarantined,
        }
        return ", ".join(f"{number} {what}" for what, number in parts.items() if number) or "none"


def event_id_of(protocol: Protocol, *parts: object) -> str:
    """The same for the same record, and another for another one of the same terminal.

    Of whatever makes the record unique in the terminal: its index, or all that the line says.
    """
    said = "\0".join(map(str, parts))
    return f"{protocol.value}-{digest_of(said).hex}"


def line_of(
    text: str,
    *,
    event_id: str,
    card: str = "",
    person: str = "",
    tapped_at: datetime | str | None = None,
    direction: Direction | str | None = None,
    offline: bool = True,
    was_sent_away: bool = False,
    received_at: datetime,
) -> Line:
    """One record of a terminal, by its card or by the person that it names; `text` is the record.

    `tapped_at` without an offset is campus time. `offline`: the terminal had decided by itself, or
    did not wait for us; it happened, and is never refused. False only where it waits for us.
    `was_sent_away`: the terminal let nobody in; the tap is kept and counts for nothing.
    """
    moment = tapped_at.isoformat() if isinstance(tapped_at, datetime) else tapped_at
    item: dict[str, Any] = {
        "event_id": event_id,
        "card": (card or person).strip(),
        "tapped_at": moment,
        "direction": direction or None,
        "offline": offline,
        "reader_decision": Decision.DENIED if was_sent_away else None,
    }
    try:
        tap = read_tap(item, received_at=received_at)
    except BadTap as error:
        return Misfit(text, reason_of(error))
    return replace(tap, names_person=not card)


def reason_of(error: BadTap) -> str:
    return " ".join(
        f"{name}: {' '.join(messages)}" for name, messages in sorted(error.fields.items())
    )


def take(terminal: Terminal, lines: Iterable[Line], *, received_at: datetime) -> Taken:
    """Record them, in bounded memory; each batch is in the ledger before the next is read."""
    taken = Taken()
    left = iter(lines)
    while batch := [*islice(left, MAX_BATCH)]:
        taps = [line for line in batch if isinstance(line, IncomingTap)]
        misfits = [line for line in batch if isinstance(line, Misfit)]
        known = _known(terminal, taps)
        fresh = [tap for tap in taps if known.get(tap.event_id) != tap.content]
        results, failed = _recorded(terminal, fresh, received_at)
        note_strays(terminal.reader, results)
        quarantine(terminal, [*misfits, *failed], received_at=received_at)
        became = Counter(result.status for result in results)
        taken.created += became[ItemStatus.CREATED]
        taken.duplicate += became[ItemStatus.DUPLICATE] + len(taps) - len(fresh)
        taken.conflict += became[ItemStatus.CONFLICT]
        taken.quarantined += len(misfits) + len(failed)
    return taken


def take_one(terminal: Terminal, tap: IncomingTap, *, received_at: datetime) -> Recorded:
    """One of a terminal that waits for the answer."""
    (result,) = record_taps(source=terminal.reader.source, taps=[tap], received_at=received_at)
    note_strays(terminal.reader, [result])
    return result


def _known(terminal: Terminal, taps: Sequence[IncomingTap]) -> dict[str, UUID]:
    """The contents of those of these events that are in the ledger."""
    device = terminal.device.pk
    rows = Tap.objects.of_events(device, [tap.event_id for tap in taps]).filter(series="")
    return dict(rows.values_list("event_id", "content"))


def _recorded(
    terminal: Terminal, taps: Sequence[IncomingTap], received_at: datetime
) -> tuple[list[Recorded], list[Misfit]]:
    """One that breaks the ledger is found by halving: else all others would come back with it.

    That is a mistake of ours, and stands in the log; an outage is raised.
    """
    if not taps:
        return [], []
    try:
        source = terminal.reader.source
        return record_taps(source=source, taps=taps, received_at=received_at), []
    except Exception as error:
        if outage_of(error):
            raise
        if len(taps) == 1:
            logger.exception("A record of %s could not be recorded.", terminal.device.pk)
            text = f"{taps[0].card} {taps[0].tapped_at}"
            return [], [Misfit(text, gettext_noop("It could not be recorded: a mistake of ours."))]
    half = len(taps) // 2
    first, second = (_recorded(terminal, part, received_at) for part in (taps[:half], taps[half:]))
    return first[0] + second[0], first[1] + second[1]


def quarantine(terminal: Terminal, misfits: Sequence[Misfit], *, received_at: datetime) -> None:
    """Keep what never can be a tap for a person to look at; sent again it stays one row."""
    if not misfits:
        return
    device = terminal.device
    rows = {digest_of(f"{each.reason}\0{each.text}"): each for each in misfits}
    QuarantinedLine.objects.bulk_create(
        (
            QuarantinedLine(
                device=device,
                digest=digest,
                line=shortened_line(misfit.text)[:MAX_LINE],
                reason=misfit.reason[:MAX_REASON],
                received_at=received_at,
            )
            for digest, misfit in rows.items()
        ),
        ignore_conflicts=True,
    )
    keep_last(QuarantinedLine, device=device, most=MOST_QUARANTINED)
