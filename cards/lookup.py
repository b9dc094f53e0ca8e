"""Whose card is this? Cards and their holders by number, now or as of an earlier moment.

A live tap is asked about as things are now, in SQL: one statement for any number of taps, and the
ORM would take as long to build it as the database to answer.

A tap that was made offline is judged as of its moment, from the history that the database's
triggers keep: a card that was reported lost in the afternoon was good in the morning, and a number
that has another card by now belonged to the card of that day. What is older than the history counts
as its first entry, so that a chip that was used before it was registered is its holder's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from cards import standing
from cards.models import Card
from cards.number_formats import Reading
from cards.standing import CardFacts
from embedded.precedence import giving_way
from people.applies_to import Member
from people.models import Person
from people.standing import HolderFacts

PART = 6  # hex digits of a number that the two indexes on partial numbers know


class FoundCard(NamedTuple):
    """A card and its holder, as they are or were. `changed_at` is when either last changed.

    In which groups and on the roll they were on a day is for `attendance.roll` to say. A tuple, as
    the database gives it: a dataclass of so many fields takes 3 us for a tap.
    """

    card_uuid: UUID
    number: str
    code: str
    card_type: str
    is_active: bool
    expiry_date: datetime | None
    retired_at: datetime | None
    is_temporary: bool
    suspended_until: datetime | None
    changed_at: datetime
    holder: UUID
    full_name: str
    identifier: str
    photo: str
    holder_is_active: bool
    holder_status: str
    admitted_from: datetime | None
    admitted_until: datetime | None
    class_level: str
    class_code: str
    department: str
    enrolled_on: date
    left_on: date | None
    holder_created_at: datetime
    holder_updated_at: datetime
    diet_note: str

    @property
    def member(self) -> Member:
        return Member(
            self.holder, self.card_type, self.class_level, self.class_code, self.department
        )

    def keeps_its_chip(self, *, at: datetime) -> bool:
        """Whether nobody else can be issued a card with this number; see `services.issue_card`."""
        is_overdue = self.is_temporary and self.expiry_date is not None and self.expiry_date <= at
        return self.retired_at is None and not is_overdue

    def standing(self, *, at: datetime) -> str:
        """As `Card.standing`."""
        return standing.of_card(
            CardFacts(self.is_active, self.expiry_date, self.retired_at, self.suspended_until),
            HolderFacts(
                self.card_type,
                self.holder_is_active,
                self.holder_status,
                self.admitted_from,
                self.admitted_until,
                self.left_on,
            ),
            at=at,
        )


FIND = """
    SELECT card.card_uuid, card.rfid_number, card.code, card.card_type, card.is_active,
        card.expiry_date, card.retired_at, card.is_temporary, card.suspended_until,
        GREATEST(card.updated_at, person.updated_at), person.person_uuid, person.full_name,
        person.identifier, person.photo, person.is_active, person.status, person.admitted_from,
        person.admitted_until, person.class_level, person.class_code, person.department,
        person.enrolled_on, person.left_on, person.created_at, person.updated_at, person.diet_note
    FROM {cards} AS card
    JOIN people_person AS person ON person.person_uuid = card.person_id
"""
# A chip that has been issued again has several cards: the one that is not retired, else the last
# that was. The index gives that one alone, however often the chip has gone from hand to hand.
BY_NUMBER = FIND.format(
    cards="""unnest(%s::text[]) AS wanted (number) CROSS JOIN LATERAL (
        SELECT * FROM cards_card WHERE rfid_number = wanted.number
        ORDER BY retired_at DESC NULLS FIRST LIMIT 1
    )"""
)
BY_CODE = FIND.format(cards="(SELECT * FROM cards_card WHERE code = ANY(%s))")
BY_PART = FIND.format(
    cards=f"""(
        SELECT DISTINCT ON (rfid_number) * FROM cards_card
        WHERE left(rfid_number, {PART}) = ANY(%s) OR right(rfid_number, {PART}) = ANY(%s)
        ORDER BY rfid_number, retired_at DESC NULLS FIRST
    )"""  # noqa: S608  (a number of our own)
)


def find_cards(readings: Collection[Reading]) -> dict[Reading, list[FoundCard]]:
    """The cards that each reading can be of: none, one, or several if the reader loses digits.

    Of a number one: the card that is not retired, else the last that was.
    """
    numbers = {
        card.number: card for card in _cards(BY_NUMBER, [r.number for r in readings if r.number])
    }
    codes = {card.code: card for card in _cards(BY_CODE, [r.code for r in readings if r.code])}
    parts = [part for reading in readings for part in reading.parts]
    heads = [part.digits[:PART] for part in parts if part.at_start]
    tails = [part.digits[-PART:] for part in parts if not part.at_start]
    partial = _cards(BY_PART, heads, tails)

    def cards_of(reading: Reading) -> list[FoundCard]:
        if reading.is_lossy:
            return [card for card in partial if reading.matches(card.number)]
        card = numbers.get(reading.number) if reading.number else codes.get(reading.code)
        return [card] if card else []

    return {reading: cards_of(reading) for reading in readings}


def _cards(statement: str, *wanted: list[str]) -> list[FoundCard]:
    if not any(wanted):
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted)
        return [FoundCard(*row) for row in giving_way(cursor)]


# --- as of an earlier moment ------------------------------------------------------------------

Asked = tuple[Reading, datetime]
Name = tuple[str, str]  # a column of the card's history, and what stood in it


def find_cards_at(asked: Collection[Asked]) -> dict[Asked, list[FoundCard]]:
    """As `find_cards`, each as of its moment."""
    now = find_cards({reading for reading, _ in asked})
    unchanged, changed = {}, []
    for reading, at in giving_way(asked):
        cards = now[reading]
        # Since a card was retired, its chip may have been another's for a while.
        if cards and all(not card.retired_at and card.changed_at <= at for card in cards):
            unchanged[reading, at] = cards
        else:
            changed.append((reading, at))
    return unchanged | (_from_history(changed, now) if changed else {})


def _from_history(
    asked: Iterable[Asked], now: dict[Reading, list[FoundCard]]
) -> dict[Asked, list[FoundCard]]:
    names = {(reading, at): _names(reading, now[reading]) for reading, at in asked}
    cards = _CardHistory(name for wanted in names.values() for name in wanted)
    events = {
        key: [event for name in wanted if (event := cards.at(name, key[1]))]
        for key, wanted in names.items()
    }
    holders = _HolderHistory(event for found in events.values() for event in found)
    return {
        key: [holders.card_at(event, key[1]) for event in found] for key, found in events.items()
    }


def _names(reading: Reading, cards: Iterable[FoundCard]) -> list[Name]:
    """Numbers or codes under which the history knows what this reading can be."""
    if reading.is_lossy:
        return [("rfid_number", card.number) for card in cards]
    return [("rfid_number", reading.number) if reading.number else ("code", reading.code)]


def _at(events: Iterable[Any], moment: datetime) -> Any:
    """The last event up to this moment, else the first one after it; None if there is none."""
    last = None
    for event in events:
        if last is not None and event.pgh_created_at > moment:
            break
        last = event
    return last


def _last_in_use(state: Any) -> tuple[bool, Any]:
    return state.retired_at is None, state.retired_at or state.pgh_created_at


class _CardHistory:
    """Every event of every card that ever had one of these numbers or codes.

    A name is a number or a code, and tells which: `("rfid_number", "04A32B1C")`.
    """

    def __init__(self, names: Iterable[Name]) -> None:
        wanted: dict[str, set[str]] = defaultdict(set)
        for field, value in names:
            wanted[field].add(value)
        model: Any = Card.pgh_event_model  # type: ignore[attr-defined]
        had = model.objects.filter(
            Q(rfid_number__in=wanted["rfid_number"]) | Q(code__in=wanted["code"])
        )
        events = model.objects.filter(pgh_obj__in=had.values("pgh_obj")).order_by("pgh_id")
        self.by_card: dict[UUID, list[Any]] = defaultdict(list)
        self.by_name: dict[Name, list[Any]] = defaultdict(list)
        for event in events:
            self.by_card[event.card_uuid].append(event)
            if event.pgh_label != "delete":
                self.by_name["rfid_number", event.rfid_number].append(event)
                self.by_name["code", event.code].append(event)

    def at(self, name: Name, moment: datetime) -> Any:
        """The state of the card that had this name at the moment, else the first to get it.

        Of several the one that was not retired by then, else the last that was.
        """
        events = self.by_name.get(name, ())
        cards = dict.fromkeys(event.card_uuid for event in events)
        states = [_at(self.by_card[card], moment) for card in cards]
        had = [
            state
            for state in states
            if getattr(state, name[0]) == name[1]
            and state.pgh_label != "delete"
            and state.pgh_created_at <= moment
        ]
        if had:
            return max(had, key=_last_in_use)
        return next((event for event in events if event.pgh_created_at > moment), None)


class _HolderHistory:
    """The holders of these cards, and every event of theirs."""

    def __init__(self, card_events: Iterable[Any]) -> None:
        pks = {event.person_id for event in card_events}
        self.people = Person.objects.in_bulk(pks)
        self.events: dict[UUID, list[Any]] = defaultdict(list)
        model: Any = Person.pgh_event_model  # type: ignore[attr-defined]
        for event in model.objects.filter(pgh_obj__in=pks).order_by("pgh_id"):
            self.events[event.pgh_obj_id].append(event)

    def card_at(self, event: Any, moment: datetime) -> FoundCard:
        person = self.people[event.person_id]
        then = _at(self.events[person.pk], moment) or person
        return FoundCard(
            card_uuid=event.card_uuid,
            number=event.rfid_number,
            code=event.code,
            card_type=event.card_type,
            is_active=event.is_active,
            expiry_date=event.expiry_date,
            retired_at=event.retired_at,
            is_temporary=event.is_temporary,
            suspended_until=event.suspended_until,
            changed_at=event.pgh_created_at,
            holder=person.pk,
            full_name=person.full_name,
            identifier=person.identifier,
            photo=person.photo.name or "",
            holder_is_active=then.is_active,
            holder_status=then.status,
            admitted_from=then.admitted_from,
            admitted_until=then.admitted_until,
            class_level=then.class_level,
            class_code=then.class_code,
            department=then.department,
            enrolled_on=person.enrolled_on,
            left_on=then.left_on,
            holder_created_at=person.created_at,
            holder_updated_at=person.updated_at,
            diet_note=person.diet_note,
        )
