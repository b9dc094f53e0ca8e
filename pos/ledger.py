"""The tap ledger: every tap once, whatever the network does (contract section 8).

One code path for one tap and for five hundred, live or uploaded later. It finds the cards, merges
days or serves meals, and writes the taps, in one transaction and in a number of statements that
depends neither on how many taps there are nor on history.

Exactly once is the unique index of events (`pos.events`). Nothing is looked up first: if a row
did not go in, its event is there already; then everything is rolled back, the stored events are
read, and the rest is done again. A repeat is answered from its row, and nothing is written for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Protocol
from uuid import UUID, uuid4

import orjson
from django.db import connection, transaction

from attendance.day import Direction, Pass
from attendance.passes import DayState, record_passes
from attendance.recording import DaysMovedOn
from attendance.roll import Holder, Holders
from cards.lookup import FoundCard, find_cards, find_cards_at
from cards.number_formats import (
    BadNumber,
    NumberFormat,
    Reading,
    as_enrolled,
    fault_in,
    read_number,
)
from cards.of_people import Named, find_cards_of
from core.locks import for_change
from core.values import value
from embedded.precedence import giving_way, in_steps
from kitchen.models import KitchenService, PeriodVersion
from kitchen.serving import Had, Meal, Overtaken, offer_at, periods_held, serve
from people.kinds import kind_named
from pos.double_reads import (
    mark_as_days_have_it,
    mark_of_meals,
    mark_without_days,
    source_of,
)
from pos.ignored import names_left_out, note_ignored
from pos.models import Activity, Code, ConflictingTap, Decision, Tap, TapQuerySet
from pos.protocol import (
    FIELDS,
    BadTap,
    EventConflict,
    IncomingTap,
    ItemStatus,
    TapAnswer,
    TapHad,
    TapHolder,
    TapKey,
    TapMeal,
    Timing,
    count_of,
    read_tap,
)
from pos.protocol import Recorded as Recorded  # what recording returns


@dataclass(frozen=True, slots=True)
class Source:
    """Where taps come from: a reader, or somebody who enters them by hand."""

    activity: str
    number_format: NumberFormat = NumberFormat.HEX
    direction: Direction = Direction.EITHER
    location: str = ""
    debounce_seconds: int = 0
    is_muster: bool = False
    device: UUID | None = None
    entered_by: UUID | None = None


class ReadItem(Protocol):
    """Raises BadTap."""

    def __call__(
        self, item: Any, *, received_at: datetime, direction: Direction
    ) -> IncomingTap: ...


def record_items(
    *,
    source: Source,
    items: Sequence[Any],
    received_at: datetime,
    read: ReadItem = read_tap,
    ignored: Iterable[str] = (),
    clock_ahead: timedelta | None = None,
) -> list[Recorded]:
    """Record what a source sent; one result for each item, in order. A bad item stops no other.

    `ignored` are keys around the items that nobody knows; `clock_ahead` is how far the source's
    clock was ahead of ours, if it said so.
    """
    taps: list[IncomingTap] = []
    results: list[Recorded | None] = []  # None: that of the next tap
    refused = []
    for item in giving_way(items):
        try:
            tap = read(item, received_at=received_at, direction=source.direction)
            taps.append(replace(tap, clock_ahead=clock_ahead) if clock_ahead else tap)
            results.append(None)
        except BadTap as error:
            event_id = item.get("event_id") if isinstance(item, dict) else None
            known_as = event_id if isinstance(event_id, str) else None
            results.append(Recorded(ItemStatus.REJECTED, known_as, error=error))
            refused.append(item)
    recorded = iter(record_taps(source=source, taps=taps, received_at=received_at))
    answered = [result or next(recorded) for result in results]
    if source.device and (counts := [count for item in refused if (count := count_of(item))]):
        # It came, and never will be a tap: it is not missing.
        _note_counts(source.device, counts, received_at)
    left_out = [names_left_out(item, FIELDS.keys()) for item in items]
    if any(left_out) or ignored:
        answered = [
            replace(result, ignored=names) for result, names in zip(answered, left_out, strict=True)
        ]
        names = chain(ignored, *left_out)
        note_ignored(pos_id=source.device, names=names, heard_at=received_at)
    return answered


# --- every tap once ---------------------------------------------------------------------------


@value
class _Told:
    """What a tap was told that is in the ledger, and what tells a repeat of it from a clash."""

    key: TapKey
    content: UUID
    answer: TapAnswer
    at: datetime
    tap: int | None = None


class _KnownEvents(Exception):
    """Some of these events are in the ledger already."""


def record_taps(
    *, source: Source, taps: Sequence[IncomingTap], received_at: datetime
) -> list[Recorded]:
    """Record these taps of one source; one result for each, in order."""
    known: dict[TapKey, _Told] = {}
    while True:
        first = {tap.key: tap for tap in reversed(taps) if tap.key not in known}
        # In key order, in which two batches with the same events wait instead of deadlocking.
        fresh = [first[key] for key in sorted(first)]
        try:
            told = known | (_record(source, fresh, received_at) if fresh else {})
            break
        except (DaysMovedOn, Overtaken):
            continue  # the same again, of days and meals as they are by now
        except _KnownEvents:
            if not (there := _told_before(source.device, first)):
                raise EventConflict from None  # another event has the same hashes
            known |= there
    clashes = [
        tap
        for tap in taps
        if first.get(tap.key) is not tap and told[tap.key].content != tap.content
    ]
    counted = _counted_since(source.device, clashes) if clashes and source.device else {}
    results, conflicts = [], []
    for tap in giving_way(taps):
        key = tap.key
        before = told[key]
        if first.get(key) is tap:
            results.append(Recorded(ItemStatus.CREATED, tap.event_id, before.answer))
            continue
        if before.content != tap.content and (since := counted.get((key, tap.content))):
            before = since
        if before.content == tap.content:
            again = replace(before.answer, event_id=tap.event_id, replayed=True)
            results.append(Recorded(ItemStatus.DUPLICATE, tap.event_id, again))
        else:
            conflicts.append((tap, before))
            conflict = EventConflict()
            results.append(Recorded(ItemStatus.CONFLICT, tap.event_id, error=conflict))
    if conflicts and source.device:
        _keep_conflicts(source.device, conflicts, received_at)
    return results


def _keep_conflicts(
    device: UUID, conflicts: Iterable[tuple[IncomingTap, _Told]], received_at: datetime
) -> None:
    """Lost to the reader, so kept for a person; once, however often it is sent.

    What is of a later time than the tap that has its id is what a reader sends that began again.
    """
    ConflictingTap.objects.bulk_create(
        (
            ConflictingTap(
                device_id=device,
                event_id=tap.event_id,
                series=tap.series,
                content=tap.content,
                sent=tap.sent,
                received_at=received_at,
                is_later=(tap.timing(received_at=received_at).counted_at or received_at)
                > before.at,
                names_person=tap.names_person,
                clock_ahead_ms=in_milliseconds(tap.clock_ahead) if tap.clock_ahead else None,
            )
            for tap, before in conflicts
        ),
        ignore_conflicts=True,
    )


def _counted_since(
    device: UUID, clashes: Iterable[IncomingTap]
) -> dict[tuple[TapKey, UUID], _Told]:
    """Of what clashed and was counted since (`pos.restarts`), how it was answered."""
    kept = ConflictingTap.objects.filter(
        device=device, event_id__in=[tap.event_id for tap in clashes], counted_as__isnull=False
    )
    told = {told.tap: told for told in _told(Tap.objects.filter(pk__in=kept.values("counted_as")))}
    return {
        (TapKey(conflict.event_id, conflict.series), conflict.content): told[conflict.counted_as]
        for conflict in kept
        if conflict.counted_as in told
    }


def _told_before(device: UUID | None, keys: Collection[TapKey]) -> dict[TapKey, _Told]:
    """Of these events of a reader, those that are in the ledger, as they were answered."""
    if device is None:
        return {}
    found = _told(Tap.objects.of_events(device, {key.event_id for key in keys}))
    return {told.key: told for told in found if told.key in keys}


def _told(found: TapQuerySet) -> list[_Told]:
    taps = found.with_names()
    meals = KitchenService.objects.select_related("period").in_bulk(
        [key for tap in taps if (key := tap.service_id or tap.had_service_id)]
    )
    return [
        _Told(
            TapKey(tap.event_id, tap.series),
            tap.content,
            _answer_of_row(tap, meals.get(tap.service_id or tap.had_service_id)),
            tap.happened_at,
            tap.pk,
        )
        for tap in taps
    ]


# --- a tap on its way into the ledger ---------------------------------------------------------


@dataclass(slots=True)
class Entry:
    tap: IncomingTap
    timing: Timing
    judged_at: datetime
    known_at: datetime
    direction: Direction
    reading: Reading | None
    fits_format: bool
    card: FoundCard | None = None
    code: Code = Code.OK
    period: PeriodVersion | None = None
    day: DayState | None = None
    service_id: UUID | None = None
    had: Had | None = None
    is_again: bool = False
    """Another pass over again, as its day has it when it is written."""
    before: TapMeal | None = None
    """The meal that was served to the same card at this hatch a moment before."""

    @property
    def named(self) -> Named | None:
        """Whom a terminal has named, instead of a card."""
        tap = self.tap
        return Named(tap.card, self.judged_at, tap.offline) if tap.names_person else None

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
        return self.card if counts and not self.tap.is_sent_away else None

    def day_of(self) -> FoundCard | None:
        """The same, if days are kept of such holders."""
        return _with_days(self.counts_for())

    def sent_back_out(self) -> FoundCard | None:
        """The card whose holder was refused on the way out, and is out all the same."""
        is_out = self.decision == Decision.DENIED and self.direction == Direction.OUT
        counts = self.timing.counted_at is not None and not self.tap.is_sent_away
        return _with_days(self.card) if is_out and counts else None


def _with_days(card: FoundCard | None) -> FoundCard | None:
    return card if card and kind_named(card.card_type).day_list else None


def _record(
    source: Source, taps: Sequence[IncomingTap], received_at: datetime
) -> dict[TapKey, _Told]:
    """Write fresh taps and what they mean, or raise _KnownEvents and leave nothing."""
    entries = [entry_of(source, tap, received_at) for tap in giving_way(taps)]
    with transaction.atomic():
        _judge(source, entries)
        if source.activity == Activity.ATTENDANCE:
            if not source.is_muster:
                _record_days(source, entries)
        else:
            _serve_meals(source, entries)
        held = giving_way(entries, holding_rows=True)
        rows = [row_of(source, entry, received_at) for entry in held]
        if _insert(rows) < len(rows):
            raise _KnownEvents
        counts = [(tap.series, tap.seq) for tap in taps if tap.seq is not None]
        if counts and source.device:
            _note_counts(source.device, counts, received_at)
        _mark_double_reads(source.activity, entries)
    return {
        entry.tap.key: _Told(
            entry.tap.key,
            row["content"],
            answer_of(source, entry, received_at),
            entry.timing.counted_at or received_at,
        )
        for entry, row in zip(giving_way(entries), rows, strict=True)
    }


def entry_of(source: Source, tap: IncomingTap, received_at: datetime) -> Entry:
    reading: Reading | None
    try:
        if tap.names_person:
            reading, fits_format = None, True
        else:
            reading, fits_format = read_number(tap.card, source.number_format), True
    except BadNumber:
        reading, fits_format = as_enrolled(tap.card), False
    timing = tap.timing(received_at=received_at)
    return Entry(
        tap=tap,
        timing=timing,
        # A live tap is judged by what is known now, an uploaded one as of its own moment.
        judged_at=(timing.counted_at if tap.offline else None) or received_at,
        known_at=tap.known_at or (timing.counted_at if tap.offline else None) or received_at,
        direction=tap.direction or source.direction,
        reading=reading,
        fits_format=fits_format,
    )


# --- whose card is it, and may it pass? -------------------------------------------------------


def _judge(source: Source, entries: Sequence[Entry]) -> None:
    """Of meals only what cards say; their period, and which is the first, come later."""
    live = {entry.reading for entry in entries if entry.reading and not entry.tap.offline}
    past = {
        (entry.reading, entry.known_at) for entry in entries if entry.reading and entry.tap.offline
    }
    now = find_cards(live) if live else {}
    then = find_cards_at(past) if past else {}
    named = {name for entry in entries if (name := entry.named)}
    of_people = find_cards_of(named) if named else {}
    for entry in giving_way(entries):
        cards: Sequence[FoundCard] = of_people[entry.named] if entry.named else ()
        if entry.reading:
            at = entry.reading, entry.known_at
            cards = then[at] if entry.tap.offline else now[entry.reading]
        judge_card(source, entry, cards)


def judge_card(source: Source, entry: Entry, cards: Sequence[FoundCard]) -> None:
    """`cards`: all that it can be of."""
    if len(cards) == 1:
        (entry.card,) = cards
        # Whoever stands at a muster point is there, whatever has become of the card.
        entry.code = Code.OK
        if not source.is_muster:
            entry.code = Code(entry.card.standing(at=entry.known_at))
    elif cards:
        entry.code = Code.AMBIGUOUS_CARD
    else:
        entry.code = Code.UNKNOWN_CARD if entry.fits_format else Code.BAD_NUMBER


# --- what it means ----------------------------------------------------------------------------


def _record_days(source: Source, entries: Iterable[Entry]) -> None:
    """All passes of a person go into their days at once, and each tells how its day stands."""
    passes: dict[UUID, list[Pass]] = {}
    holders: dict[UUID, Holder] = {}
    counted: list[tuple[Entry, UUID, Pass]] = []
    for entry in giving_way(entries):
        if card := entry.day_of() or entry.sent_back_out():
            this = pass_of_entry(source, entry, card)
            passes.setdefault(card.holder, []).append(this)
            holders[card.holder] = holder_of(card)
            if entry.decision == Decision.ACCEPTED:
                counted.append((entry, card.holder, this))
    states = record_passes(passes, Holders(holders)) if passes else {}
    for entry, holder, this in giving_way(counted, holding_rows=True):
        entry.day = states[holder, this]
        entry.is_again = entry.day.is_again


def pass_of_entry(source: Source, entry: Entry, card: FoundCard) -> Pass:
    at = entry.timing.counted_at
    assert at
    same = source_of(source.device, card.card_uuid)
    is_refused = entry.decision == Decision.DENIED
    return Pass(at, entry.direction, same, is_refused, source.debounce_seconds)


def holder_of(card: FoundCard) -> Holder:
    return Holder(
        kind=card.card_type,
        groups=(card.class_level, card.class_code, card.department),
        status=card.holder_status,
        is_active=card.holder_is_active,
        enrolled_on=card.enrolled_on,
        left_on=card.left_on,
        created_at=card.holder_created_at,
        updated_at=card.holder_updated_at,
    )


def _serve_meals(source: Source, entries: Iterable[Entry]) -> None:
    """The first in time are served; live, nothing is served that is not theirs, or beyond it."""
    counted = sorted((entry for entry in entries if entry.timing.counted_at), key=_by_time)
    periods = periods_held([entry.judged_at for entry in counted])
    asked = [(entry, meal) for entry in counted if (meal := meal_for(source, entry, periods))]
    became = serve([meal for _, meal in asked])
    for entry, meal in asked:
        served = became[meal.service_id]
        entry.service_id = meal.service_id if served.is_served else None
        if not served.is_within and entry.code == Code.OK:
            entry.code = Code.ALREADY_SERVED
            entry.had = None if served.is_served else served.had
    may_be = source.device and source.debounce_seconds
    if may_be and any(_may_be_read_twice(entry, meal) for entry, meal in asked):
        _answer_like_the_first(source, asked)


def meal_for(source: Source, entry: Entry, periods: Iterable[PeriodVersion]) -> Meal | None:
    """What is to be served, by these periods; the entry learns why nothing is."""
    counted_at, card = entry.timing.counted_at, entry.card
    assert counted_at
    member = card.member if card else None
    offer = offer_at(periods, counted_at, held_at=entry.judged_at, member=member)
    entry.period = offer.period
    if entry.code == Code.OK and offer.refusal:
        entry.code = Code(offer.refusal)
    card = entry.counts_for()
    # Who is not entitled has no meal, also where a reader that was offline did not know.
    if card is None or offer.refusal == Code.NOT_ENTITLED:
        return None
    return Meal(
        service_id=uuid4(),
        person=card.holder,
        period=offer.period.period_id if offer.period else None,
        date=offer.day,
        food_item=entry.tap.food_item,
        service_time=counted_at,
        is_offline=entry.tap.offline,
        portions=offer.period.portions if offer.period else 1,
        location=source.location,
    )


@value
class _Served:
    """A read that was answered with a meal."""

    at: datetime
    code: Code
    meal: TapMeal


def _may_be_read_twice(entry: Entry, meal: Meal) -> bool:
    """A second read is refused as a second meal, or else is served another portion."""
    is_another_portion = entry.code == Code.OK and meal.portions > 1
    return entry.code == Code.ALREADY_SERVED or is_another_portion


def _answer_like_the_first(source: Source, asked: Sequence[tuple[Entry, Meal]]) -> None:
    """A card that was read twice at a hatch is told the same twice, and eats once.

    Only who would be refused, or could have several, comes here: an ordinary meal costs nothing.
    """
    near = timedelta(seconds=source.debounce_seconds)
    moments = [meal.service_time for _, meal in asked]
    taps = Tap.objects.filter(
        device=source.device,
        person__in=[meal.person for _, meal in asked],
        service_id__isnull=False,
        annulment=None,
    ).counted_between(min(moments) - near, max(moments) + near)
    # Held: what is taken back at this moment is no meal to be answered with.
    standing = KitchenService.objects.standing().select_related("period")
    meals = for_change(standing.order_by("pk")).in_bulk([tap.service_id for tap in taps])
    served: dict[UUID | None, list[_Served]] = defaultdict(list)
    for tap in taps:
        if tap.counted_at and tap.service_id in meals:
            meal = _meal_of_row(meals[tap.service_id])
            served[tap.card_uuid].append(_Served(tap.counted_at, Code(tap.code), meal))
    twice = []
    # Whoever was served comes first: of two reads at one moment that can be either.
    for entry, asked_meal in sorted(asked, key=lambda pair: _may_be_read_twice(*pair)):
        at, card = asked_meal.service_time, entry.card
        assert card
        reads = served[card.card_uuid]
        if _may_be_read_twice(entry, asked_meal):
            close = [read for read in reads if abs(read.at - at) <= near]
            if close:
                first = min(close, key=lambda read: abs(read.at - at))
                if entry.service_id:  # another portion, or of a hatch that was offline
                    twice.append(entry.service_id)
                entry.before, entry.code, entry.had = first.meal, first.code, None
                entry.service_id = first.meal.service_id
                continue
        if entry.service_id:
            reads.append(_Served(at, entry.code, _meal_of_entry(entry)))
    if twice:
        KitchenService.objects.filter(pk__in=twice).delete()


def _mark_double_reads(activity: str, entries: Iterable[Entry]) -> None:
    """Statements only where somebody was read twice, or is of a kind of whom no days are kept."""
    if activity == Activity.FOOD_SERVICE:
        again = [entry for entry in entries if entry.before]
        if again:
            people = {entry.card.holder for entry in again if entry.card}
            mark_of_meals(people, {entry.service_id for entry in again if entry.service_id})
        return
    mark_as_days_have_it(
        {(e.card.holder, e.day.marks) for e in entries if e.card and e.day and e.day.marks}
    )
    others = [(c.holder, e.timing.date) for e in entries if not e.day and (c := e.counts_for())]
    if others:
        mark_without_days({person for person, _ in others}, {day for _, day in others})


def _by_time(entry: Entry) -> tuple[Any, str]:
    return entry.timing.counted_at, entry.tap.event_id


# --- written and answered ---------------------------------------------------------------------

# One text, for to understand and plan a statement with the values of 500 rows written out takes
# PostgreSQL longer than to write them; the row type of the table says of what kind each is. They
# are written in the order in which they stand there. As json, of which each row is read once: to
# make jsonb of it before took a sixth of the statement.
INSERT = """
    INSERT INTO pos_tap ({columns}) SELECT {columns}
    FROM json_populate_recordset(NULL::pos_tap, %s::json)
    ON CONFLICT DO NOTHING
"""


def row_of(source: Source, entry: Entry, received_at: datetime) -> dict[str, Any]:
    tap, timing, card, day = entry.tap, entry.timing, entry.card, entry.day
    corrected = timing.corrected_by
    read = entry.reading.number if entry.reading and entry.fits_format else ""
    return {
        "device_id": source.device,
        "entered_by_id": source.entered_by,
        "location": source.location,
        "activity": source.activity,
        "received_at": received_at,
        "event_id": tap.event_id,
        "series": tap.series,
        "seq": tap.seq,
        "content": tap.content,
        "card_text": tap.card,
        "number": card.number if card else read,
        "card_uuid": card and card.card_uuid,
        "person_id": card and card.holder,
        "direction": entry.direction,
        "food_item": tap.food_item,
        "tapped_at": tap.tapped_at,
        "counted_at": timing.counted_at,
        "date": timing.date,
        "is_offline": tap.offline,
        "is_clock_suspect": timing.is_clock_suspect,
        "corrected_by_ms": in_milliseconds(corrected) if corrected else None,
        "is_muster": source.is_muster,
        "decision": entry.decision,
        "code": entry.code,
        "would_deny": entry.would_deny,
        "reader_decision": tap.reader_decision or "",
        "is_debounced": entry.is_again,
        "day_status": day.status if day else "",
        "day_time": day and day.attendance_time,
        "day_date": day.date if day and day.date != timing.date else None,
        "service_id": entry.service_id,
        "had_service_id": entry.had and entry.had.service_id,
    }


def in_milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)


def _insert(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many of these rows went in."""
    insert = INSERT.format(columns=", ".join(rows[0]))
    went_in = 0
    with connection.cursor() as cursor:
        for some in in_steps(rows):
            cursor.execute(insert, [orjson.dumps(some).decode()])
            went_in += cursor.rowcount
    return went_in


NOTE_COUNTS = "SELECT pos_note_counts(%s, %s, %s::bigint[], %s)"


def _note_counts(device: UUID, counts: Iterable[tuple[str, int]], received_at: datetime) -> None:
    """A statement for each series, in order; a request has one."""
    by_series: dict[str, list[int]] = defaultdict(list)
    for series, seq in counts:
        by_series[series].append(seq)
    with connection.cursor() as cursor:
        for series in sorted(by_series):
            cursor.execute(NOTE_COUNTS, [device, series, by_series[series], received_at])


def answer_of(source: Source, entry: Entry, received_at: datetime) -> TapAnswer:
    card, holder, meal = entry.card, None, None
    if card and entry.decision == Decision.ACCEPTED:
        note = card.diet_note if source.activity == Activity.FOOD_SERVICE else ""
        holder = TapHolder(card.card_type, card.full_name, card.identifier, card.photo, note)
    if entry.service_id:
        meal = entry.before or _meal_of_entry(entry)
    return TapAnswer(
        event_id=entry.tap.event_id,
        decision=entry.decision,
        code=entry.code,
        would_deny=entry.would_deny,
        time_quality=entry.timing.quality,
        recorded_at=received_at,
        holder=holder,
        attendance=entry.day if entry.day and entry.day.status else None,
        meal=meal,
        had=TapHad(entry.had.service_time, entry.had.location) if entry.had else None,
        fault=_fault(entry.code, entry.tap.card, source.number_format),
    )


def _meal_of_entry(entry: Entry) -> TapMeal:
    assert entry.service_id
    period = entry.period.name if entry.period else None
    return TapMeal(entry.service_id, period, entry.tap.food_item)


def _meal_of_row(served: KitchenService) -> TapMeal:
    period = served.period.name if served.period else None
    return TapMeal(served.service_id, period, served.food_item)


def _answer_of_row(tap: Tap, served: KitchenService | None) -> TapAnswer:
    """The same, of a tap that is in the ledger."""
    person, holder, meal = tap.person, None, None
    if person and tap.decision == Decision.ACCEPTED:
        photo = person.photo.name or ""
        note = person.diet_note if tap.activity == Activity.FOOD_SERVICE else ""
        holder = TapHolder(person.kind, person.full_name, person.identifier, photo, note)
    if served and served.pk == tap.service_id:
        meal = _meal_of_row(served)
    day = DayState(tap.counts_on, tap.day_status, tap.day_time) if tap.day_status else None
    return TapAnswer(
        event_id=tap.event_id,
        decision=Decision(tap.decision),
        code=Code(tap.code),
        would_deny=tap.would_deny,
        time_quality=tap.time_quality,
        recorded_at=tap.received_at,
        holder=holder,
        attendance=day,
        meal=meal,
        had=TapHad(served.service_time, served.location) if served and not meal else None,
        fault=fault_of_row(tap),
    )


def fault_of_row(tap: Tap) -> str:
    """What is wrong with a number that was refused, for a tap that came with its reader."""
    spelled = tap.device.number_format if tap.device else NumberFormat.HEX
    return _fault(Code(tap.code), tap.card_text, NumberFormat(spelled))


def _fault(code: Code, text: str, number_format: NumberFormat) -> str:
    return fault_in(text, number_format) if code == Code.BAD_NUMBER else ""
