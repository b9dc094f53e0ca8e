"""What is not as it should be, seen from the figures: policy, with no clock and no database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from operations.figures import Figures
from operations.models import FaultRecord

Kind = FaultRecord.Kind

# The worker may be at one task for ten minutes; who acts upon events lives each few seconds.
WORKER_STUCK: Final = timedelta(minutes=15)
EVENTS_STUCK: Final = timedelta(minutes=2)
# Notices and events are acted upon within seconds, unless nobody can; an archive takes what is
# written within a minute.
LATE: Final = timedelta(minutes=15)
CLOCK_SKEW: Final = timedelta(seconds=2)


@dataclass(frozen=True)
class Fault:
    """`subject` tells faults of one kind apart: a reader's id, a machine's name, `archive`."""

    kind: Kind
    detail: str
    subject: str = ""


def faults_of(known: Figures, *, backup_within: timedelta) -> Iterator[Fault]:
    for reader in known.silent:
        detail = f"{reader['name']}, {reader['location']}: silent since {reader['last_seen_at']}."
        yield Fault(Kind.READER_SILENT, detail, reader["pos_id"])
    yield from _stuck(known)
    # An installation that is younger than that needs none yet.
    age = known.known_for if known.backup_age is None else known.backup_age
    if age > backup_within.total_seconds() > 0:
        yield Fault(Kind.BACKUP_STALE, f"No good backup was made for {age / 3600:.0f} hours.")
    failing = known.archive_failing_for or 0.0
    if failing > LATE.total_seconds():
        detail = f"The archive of the database has taken nothing for {failing / 60:.0f} minutes."
        yield Fault(Kind.BACKUP_STALE, detail, "archive")
    late = known.queues["notices"].oldest_seconds
    if late > LATE.total_seconds():
        detail = f"A notice has waited for {late / 60:.0f} minutes: mail or SMS does not go out."
        yield Fault(Kind.NOTICES_FAILING, detail)
    for host, ahead in known.clocks_ahead.items():
        if abs(ahead) > CLOCK_SKEW.total_seconds():
            detail = f"The clock of {host} is {ahead:+.1f} s off the database's."
            yield Fault(Kind.CLOCK_SKEW, detail, host)


def _stuck(known: Figures) -> Iterator[Fault]:
    for kind, name, age, most in (
        (Kind.WORKER_STUCK, "The background worker", known.worker_age, WORKER_STUCK),
        (Kind.EVENTS_STUCK, "Who acts upon events", known.events_age, EVENTS_STUCK),
    ):
        if age is None or age > most.total_seconds():
            last = "was never seen" if age is None else f"was last seen {age:.0f} s ago"
            yield Fault(kind, f"{name} {last}.")
