"""The tap ledger: every tap once, whatever the network does (contract section 8).

One code path for one tap and for five hundred, live or uploaded later. It finds the cards, merges
days or serves meals, and writes the taps, in one transaction and in a number of statements that
depends neither on how many taps there are nor on history.

Exactly once is the unique constraint on (reader, event id). Nothing is looked up first: if a row
did not go in, its event is there already; then everything is rolled back, the stored events are
read, and the rest is done again. A repeat is answered from its row, and nothing is written for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from attendance.day import Direction, Presence
from attendance.recording import merge_days
from cards.lookup import FoundCard, find_cards
from cards.number_formats import BadNumber, NumberFormat, Reading, as_enrolled, read_number
from cards.past import find_cards_at
from kitchen.serving import Meal, Period, active_periods, period_at, serve
from people.kinds import kind_named
from pos import answers
from pos.answers import Answer
from pos.incoming import IncomingTap
from pos.judgement import Timing, time_of, verdict_on
from pos.models import Activity, Code, ConflictingTap, Decision
from pos.stored import StoredTap, stored_taps


@dataclass(frozen=True, slots=True)
class Source:
    """Where taps come from: a reader, or somebody who enters them by hand."""

    activity: str
    number_format: NumberFormat = NumberFormat.HEX
    direction: Direction = Direction.EITHER
    location: str = ""
    device: UUID | None = None
    entered_by: UUID | None = None


class Status(StrEnum):
    """What became of one item."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Recorded:
    """`answer` is None for a conflict: the event id belongs to another tap."""

    status: Status
    tap: IncomingTap
    answer: Answer | None


class _KnownEvents(Exception):
    """Some of these events are in the ledger already."""


def record_taps(
    *, source: Source, taps: Sequence[IncomingTap], received_at: datetime
) -> list[Recorded]:
    """Record these taps of one source; one result for each, in order."""
    known: dict[str, StoredTap] = {}
    while True:
        first = {tap.event_id: tap for tap in reversed(taps) if tap.event_id not in known}
        # In key order, in which two batches with the same events wait instead of deadlocking.
        fresh = [first[event_id] for event_id in sorted(first)]
        try:
            recorded = _record(source, fresh, received_at) if fresh else {}
        except _KnownEvents:
            known |= stored_taps(source.device, first)
            continue
        results = [_result(tap, known, recorded, first) for tap in taps]
        _keep_conflicts(source, results, received_at)
        return results


def _result(
    tap: IncomingTap,
    known: Mapping[str, StoredTap],
    recorded: Mapping[str, Answer],
    first: Mapping[str, IncomingTap],
) -> Recorded:
    stored = known.get(tap.event_id)
    if stored is None and first[tap.event_id] is tap:
        return Recorded(Status.CREATED, tap, recorded[tap.event_id])
    # A repeat of what is in the ledger, or of an earlier item of this batch.
    content = stored.content if stored else first[tap.event_id].content
    if content != tap.content:
        return Recorded(Status.CONFLICT, tap, None)
    answer = stored.answer if stored else recorded[tap.event_id]
    return Recorded(Status.DUPLICATE, tap, replace(answer, replayed=True))


def _keep_conflicts(source: Source, results: Iterable[Recorded], received_at: datetime) -> None:
    """What clashed is lost to the reader, so it is kept for a person; once, however often sent."""
    clashes = [result.tap for result in results if result.status == Status.CONFLICT]
    if clashes and source.device:
        ConflictingTap.objects.bulk_create(
            (
                ConflictingTap(
                    device_id=source.device,
                    event_id=tap.event_id,
                    content=tap.content,
                    sent=tap.sent,
                    received_at=received_at,
                )
                for tap in clashes
            ),
            ignore_conflicts=True,
        )


@dataclass(slots=True)
class _Entry:
    """A tap on its way into the ledger."""

    tap: IncomingTap
    timing: Timing
    reading: Reading | None
    fits_format: bool
    direction: Direction
    code: Code = Code.OK
    card: FoundCard | None = None
    period: Period | None = None
    day: answers.Day | None = None
    service_id: UUID | None = None

    @property
    def would_deny(self) -> bool:
        return self.tap.offline and self.code != Code.OK

    @property
    def decision(self) -> Decision:
        """What was uploaded later has happened: it is recorded, and nobody is refused any more."""
        is_accepted = self.code == Code.OK or self.tap.offline
        return Decision.ACCEPTED if is_accepted else Decision.DENIED

    def counts_for(self) -> FoundCard | None:
        """The card whose holder's day or meals this tap is written into."""
        counts = self.decision == Decision.ACCEPTED and self.timing.counted_at is not None
        return self.card if counts else None

    def day_of(self) -> FoundCard | None:
        """The same, if days are kept of such holders."""
        card = self.counts_for()
        return card if card and kind_named(card.card_type).day_list else None


def _record(
    source: Source, taps: Sequence[IncomingTap], received_at: datetime
) -> dict[str, Answer]:
    """Write fresh taps and what they mean, or raise _KnownEvents and leave nothing."""
    entries = [_entry(source, tap, received_at) for tap in taps]
    with transaction.atomic():
        _judge(source, entries, received_at)
        if source.activity == Activity.ATTENDANCE:
            _merge_days(entries)
        else:
            _serve_meals(entries)
        if _insert(source, entries, received_at) < len(entries):
            raise _KnownEvents
    return {entry.tap.event_id: _answer(entry, received_at) for entry in entries}


def _entry(source: Source, tap: IncomingTap, received_at: datetime) -> _Entry:
    reading, fits_format = _reading(tap.card, source.number_format)
    return _Entry(
        tap=tap,
        timing=time_of(tap.tapped_at, received_at=received_at, offline=tap.offline),
        reading=reading,
        fits_format=fits_format,
        direction=tap.direction or source.direction,
    )


def _reading(text: str, number_format: NumberFormat) -> tuple[Reading | None, bool]:
    """What the text can be of, and whether it is a number in the reader's format."""
    try:
        return read_number(text, number_format), True
    except BadNumber:
        return as_enrolled(text), False


# --- whose card is it, and may it pass? -------------------------------------------------------


def _judge(source: Source, entries: Sequence[_Entry], received_at: datetime) -> None:
    """A live tap is judged by what is known now, an uploaded one as of its own moment."""
    live = {entry.reading for entry in entries if entry.reading and not entry.tap.offline}
    past = {
        (entry.reading, entry.timing.counted_at or received_at)
        for entry in entries
        if entry.reading and entry.tap.offline
    }
    now = find_cards(live) if live else {}
    then = find_cards_at(past) if past else {}
    for entry in entries:
        at = (entry.timing.counted_at if entry.tap.offline else None) or received_at
        cards: list[FoundCard] = []
        if entry.reading:
            cards = then[entry.reading, at] if entry.tap.offline else now[entry.reading]
        entry.code, entry.card = verdict_on(cards, activity=source.activity, at=at)
        if entry.code == Code.UNKNOWN_CARD and not entry.fits_format:
            entry.code = Code.BAD_NUMBER


# --- what it means ----------------------------------------------------------------------------


def _merge_days(entries: Iterable[_Entry]) -> None:
    """All taps of a person on a day become one presence, and each tells how the day stands."""
    days: dict[tuple[UUID, date], Presence] = {}
    for entry in entries:
        if (card := entry.day_of()) and entry.timing.counted_at:
            key = card.holder, entry.timing.date
            seen = Presence.seen(entry.timing.counted_at, entry.direction)
            days[key] = days.get(key, Presence()) | seen
    states = merge_days(days) if days else {}
    for entry in entries:
        if card := entry.day_of():
            state = states[card.holder, entry.timing.date]
            entry.day = answers.Day(state.date, state.status, state.attendance_time)


def _serve_meals(entries: Iterable[_Entry]) -> None:
    periods = active_periods()
    asked = []
    for entry in sorted(entries, key=_by_time):
        counted_at = entry.timing.counted_at
        entry.period = period_at(periods, counted_at) if counted_at else None
        if entry.code == Code.OK and counted_at and entry.period is None:
            entry.code = Code.NO_MEAL_PERIOD
        card = entry.counts_for()
        if card and counted_at and kind_named(card.card_type).is_eating:
            asked.append((entry, _meal(entry, card, counted_at)))
    served = serve([meal for _, meal in asked]) if asked else {}
    for entry, meal in asked:
        entry.service_id = meal.service_id if meal.service_id in served else None
        if not served.get(meal.service_id, False) and entry.code == Code.OK:
            entry.code = Code.ALREADY_SERVED


def _by_time(entry: _Entry) -> tuple[bool, Any, str]:
    counted_at = entry.timing.counted_at
    return counted_at is None, counted_at, entry.tap.event_id


def _meal(entry: _Entry, card: FoundCard, counted_at: datetime) -> Meal:
    return Meal(
        service_id=uuid4(),
        person=card.holder,
        period=entry.period.period_id if entry.period else None,
        date=entry.timing.date,
        food_item=entry.tap.food_item,
        service_time=counted_at,
        is_offline=entry.tap.offline,
    )


# --- written and answered ---------------------------------------------------------------------

COLUMNS = (
    "device_id",
    "entered_by_id",
    "location",
    "activity",
    "received_at",
    "event_id",
    "content",
    "card_text",
    "number",
    "card_uuid",
    "person_id",
    "direction",
    "food_item",
    "tapped_at",
    "counted_at",
    "date",
    "is_offline",
    "is_clock_suspect",
    "decision",
    "code",
    "would_deny",
    "day_status",
    "day_time",
    "service_id",
)
ROW = f"({', '.join(['%s'] * len(COLUMNS))})"
INSERT = f"""
    INSERT INTO pos_tap ({", ".join(COLUMNS)}) VALUES {{rows}}
    ON CONFLICT (device_id, event_id) DO NOTHING
"""  # noqa: S608  (our own column names)


def _insert(source: Source, entries: Sequence[_Entry], received_at: datetime) -> int:
    """Write the ledger's rows; how many went in."""
    values: list[Any] = []
    for entry in entries:
        values += _row(source, entry, received_at)
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(rows=", ".join([ROW] * len(entries))), values)
        return int(cursor.rowcount)


def _row(source: Source, entry: _Entry, received_at: datetime) -> list[Any]:
    tap, timing, card, day = entry.tap, entry.timing, entry.card, entry.day
    return [
        source.device,
        source.entered_by,
        source.location,
        source.activity,
        received_at,
        tap.event_id,
        tap.content,
        tap.card,
        _number(entry),
        card and card.card_uuid,
        card and card.holder,
        entry.direction,
        tap.food_item,
        tap.tapped_at,
        timing.counted_at,
        timing.date,
        tap.offline,
        timing.is_clock_suspect,
        entry.decision,
        entry.code,
        entry.would_deny,
        day.status if day else "",
        day and day.attendance_time,
        entry.service_id,
    ]


def _number(entry: _Entry) -> str:
    if entry.card:
        return entry.card.number
    return entry.reading.number if entry.reading and entry.fits_format else ""


def _answer(entry: _Entry, received_at: datetime) -> Answer:
    is_named = entry.decision == Decision.ACCEPTED
    return Answer(
        event_id=entry.tap.event_id,
        decision=entry.decision,
        code=entry.code,
        would_deny=entry.would_deny,
        clock_suspect=entry.timing.is_clock_suspect,
        recorded_at=received_at,
        holder=_holder(entry.card) if entry.card and is_named else None,
        attendance=entry.day,
        meal=_served(entry, entry.service_id) if entry.service_id else None,
    )


def _holder(card: FoundCard) -> answers.Holder:
    return answers.Holder(card.card_type, card.full_name, card.identifier, card.photo)


def _served(entry: _Entry, service_id: UUID) -> answers.Served:
    period = entry.period.name if entry.period else None
    return answers.Served(service_id, period, entry.tap.food_item)
