"""How a card stands, in a word and a colour: as a gate would say."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from cards.models import Card
from cards.standing import CARD_EXPIRED, CARD_INACTIVE, CARD_SUSPENDED
from office.chips import chip
from office.tasks import Tone
from people.standing import HOLDER_INACTIVE, NOT_EXPECTED, OK

NO_CARD = "No card"
OLD_NAME = "Printed with the old name: reprint?"
WORDS = {
    OK: ("Active", Tone.GOOD),
    CARD_INACTIVE: ("Switched off", Tone.WARN),
    CARD_EXPIRED: ("Expired", Tone.BAD),
    CARD_SUSPENDED: ("Temporary card in use", Tone.WARN),
    HOLDER_INACTIVE: ("Holder not admitted", Tone.WARN),
    NOT_EXPECTED: ("Holder not expected now", Tone.QUIET),
}
# What was reported is bad news while it is out there; the rest is over.
ALARMING = frozenset({Card.Reason.LOST, Card.Reason.STOLEN})


def card_state(card: Card, *, at: datetime) -> tuple[str, Tone]:
    if card.is_retired:
        tone = Tone.BAD if card.retired_reason in ALARMING else Tone.QUIET
        return f"Retired: {card.get_retired_reason_display().lower()}", tone
    return WORDS[card.standing(at=at)]


def card_chip(card: Card) -> str:
    return chip(*card_state(card, at=timezone.now()))


def holder_chip(current_cards: Iterable[Any]) -> str:
    """Of a person: of the card that is not retired, or that there is none."""
    card = next(iter(current_cards), None)
    return card_chip(card) if card else chip(NO_CARD, Tone.WARN)
