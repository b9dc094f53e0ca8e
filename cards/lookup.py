"""Whose card is this? Cards and their holders by number, now or as of an earlier moment.

Written in SQL, for it is asked at every tap: one statement for any number of taps, and the ORM
would take as long to build it as the database to answer.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from cards import standing
from cards.number_formats import Reading
from cards.standing import CardFacts
from people.standing import HolderFacts

PART = 6  # hex digits of a number that the two indexes on partial numbers know


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card and its holder, as they are or were. `changed_at` is when either last changed."""

    card_uuid: UUID
    number: str
    code: str
    card_type: str
    is_active: bool
    expiry_date: datetime | None
    retired_at: datetime | None
    changed_at: datetime
    holder: UUID
    full_name: str
    identifier: str
    photo: str
    holder_is_active: bool
    holder_status: str
    admitted_from: datetime | None
    admitted_until: datetime | None

    def standing(self, *, at: datetime) -> str:
        """As `Card.standing`."""
        return standing.of_card(
            CardFacts(self.is_active, self.expiry_date, self.retired_at),
            HolderFacts(
                self.card_type,
                self.holder_is_active,
                self.holder_status,
                self.admitted_from,
                self.admitted_until,
            ),
            at=at,
        )


FIND = """
    SELECT card.card_uuid, card.rfid_number, card.code, card.card_type, card.is_active,
        card.expiry_date, card.retired_at, GREATEST(card.updated_at, person.updated_at),
        person.person_uuid, person.full_name, person.identifier, person.photo, person.is_active,
        person.status, person.admitted_from, person.admitted_until
    FROM cards_card AS card
    JOIN people_person AS person ON person.person_uuid = card.person_id
    WHERE {condition}
"""
BY_NUMBER = FIND.format(condition="card.rfid_number = ANY(%s)")
BY_CODE = FIND.format(condition="card.code = ANY(%s)")
BY_PART = FIND.format(
    condition=(
        f"left(card.rfid_number, {PART}) = ANY(%s) OR right(card.rfid_number, {PART}) = ANY(%s)"
    )
)


def find_cards(readings: Collection[Reading]) -> dict[Reading, list[FoundCard]]:
    """The cards that each reading can be of: none, one, or several if the reader loses digits."""
    numbers = {
        card.number: card for card in _cards(BY_NUMBER, [r.number for r in readings if r.number])
    }
    codes = {card.code: card for card in _cards(BY_CODE, [r.code for r in readings if r.code])}
    partial = _cards_by_part([r for r in readings if r.is_lossy])

    def cards_of(reading: Reading) -> list[FoundCard]:
        if reading.is_lossy:
            return [card for card in partial if reading.matches(card.number)]
        card = numbers.get(reading.number) if reading.number else codes.get(reading.code)
        return [card] if card else []

    return {reading: cards_of(reading) for reading in readings}


def _cards_by_part(readings: Collection[Reading]) -> list[FoundCard]:
    parts = [part for reading in readings for part in reading.parts]
    heads = [part.digits[:PART] for part in parts if part.at_start]
    tails = [part.digits[-PART:] for part in parts if not part.at_start]
    return _cards(BY_PART, heads, tails) if parts else []


def _cards(statement: str, *wanted: list[str]) -> list[FoundCard]:
    if not any(wanted):
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted)
        return [FoundCard(*row) for row in cursor.fetchall()]
