"""What a reader sends, checked by hand: a serializer would cost more than all else that a tap does.

`pos.serializers.TapSerializer` describes the same shape for the schema; a test holds them together.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from attendance.day import Direction
from core.errors import InvalidFields
from pos.models import MAX_EVENT_ID, MAX_FOOD_ITEM, MAX_TEXT

DAY_ONLY = len("2026-11-21")
FIELDS = frozenset({"event_id", "card", "tapped_at", "direction", "offline", "food_item"})
DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}


class BadTap(InvalidFields):
    """An item that is no tap at all."""


@dataclass(frozen=True, slots=True)
class IncomingTap:
    """One tap as it was sent. `content` is equal for a repeat and differs for another tap.

    Whether it was sent `offline` says how it came, not what it was: a reader that lost our answer
    and sends the tap again from its queue repeats it.
    """

    event_id: str
    card: str
    tapped_at: datetime | None
    direction: Direction | None
    offline: bool
    food_item: str
    content: UUID
    sent: Mapping[str, Any]


def read_tap(item: Any, *, received_at: datetime) -> IncomingTap:
    """Raises BadTap."""
    if not isinstance(item, dict):
        raise BadTap({"non_field_errors": ["A tap is an object."]})
    reader = _Fields(item)
    card = reader.card()
    tapped_at = reader.tapped_at()
    direction = reader.direction()
    food_item = reader.food_item()
    event_id = reader.event_id()
    offline = reader.offline()
    if reader.errors:
        raise BadTap(reader.errors)
    # Spelled with other separators it is still the same card.
    name = "".join(filter(str.isalnum, card.upper())) or card
    if event_id is None:
        # A double read of the same card in the same second is the same event.
        second = (tapped_at or received_at).replace(microsecond=0)
        event_id = f"auto-{_digest([name, second.timestamp()]).hex}"
        tapped_at = tapped_at and second
    said = [name, tapped_at and tapped_at.timestamp(), direction, food_item]
    sent = {name: value for name, value in item.items() if name in FIELDS}
    return IncomingTap(
        event_id, card, tapped_at, direction, offline, food_item, _digest(said), sent
    )


def _digest(values: list[Any]) -> UUID:
    return UUID(bytes=blake2b(json.dumps(values).encode(), digest_size=16).digest())


class _Fields:
    """Reads one field after the other and keeps what is wrong with each."""

    def __init__(self, item: dict[str, Any]) -> None:
        self.item = item
        self.errors: dict[str, list[str]] = {}

    def event_id(self) -> str | None:
        value = self.item.get("event_id")
        if value is None:
            return None
        if isinstance(value, str) and 0 < len(value) <= MAX_EVENT_ID and value.isprintable():
            return value
        self._wrong("event_id", f"Enter 1 to {MAX_EVENT_ID} printable characters.")
        return None

    def card(self) -> str:
        value = self.item.get("card")
        if not isinstance(value, str):
            message = "A card number is text: as a JSON number it loses digits."
            self._wrong("card", "This field is required." if value is None else message)
            return ""
        if not value.strip() or len(value) > MAX_TEXT or "\0" in value:
            self._wrong("card", f"Enter 1 to {MAX_TEXT} characters.")
        return value

    def tapped_at(self) -> datetime | None:
        value = self.item.get("tapped_at")
        if value is None:
            return None
        moment = _moment(value) if isinstance(value, str) else None
        if moment is None:
            self._wrong("tapped_at", "Enter a time such as 2026-11-21T07:31:02+03:00.")
        return moment

    def direction(self) -> Direction | None:
        value = self.item.get("direction")
        if value is None:
            return None
        found = DIRECTIONS.get(value) if isinstance(value, str) else None
        if found is None:
            self._wrong("direction", "Enter in or out, or leave it out.")
        return found

    def offline(self) -> bool:
        value = self.item.get("offline")
        if not isinstance(value, bool | None):
            self._wrong("offline", "Enter true or false.")
        return bool(value)

    def food_item(self) -> str:
        value = self.item.get("food_item")
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > MAX_FOOD_ITEM or not value.isprintable():
            self._wrong("food_item", f"Enter at most {MAX_FOOD_ITEM} printable characters.")
            return ""
        return value.strip()

    def _wrong(self, field: str, message: str) -> None:
        self.errors[field] = [message]


def _moment(text: str) -> datetime | None:
    """An instant; without an offset it is campus time. None if it is no time."""
    try:
        moment = parse_datetime(text.strip()) if len(text.strip()) > DAY_ONLY else None
        if moment is None:
            return None
        aware = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
        # By way of UTC: what is before the year 1 there can be stored, but never read again.
        return aware.astimezone(UTC).astimezone(timezone.get_default_timezone())
    except (ValueError, OverflowError):
        return None
