"""Whose cards are held to a simulated reader: from a list, or from the server's own database."""

from collections.abc import Iterable
from typing import cast

from cards.models import Card
from cards.number_formats import NumberFormat, spell
from tools.simulator.school_day import Kind, Visitor


def listed_visitors(lines: Iterable[str]) -> list[Visitor]:
    """One canonical number a line; `#` begins a comment. All are taken for students."""
    numbers = (line.partition("#")[0].strip().upper() for line in lines)
    return [Visitor(number, number) for number in dict.fromkeys(numbers) if number]


def enrolled_visitors() -> list[Visitor]:
    """Everybody whose card is switched on."""
    cards = Card.objects.current().filter(is_active=True).with_holders().order_by("rfid_number")
    return [
        Visitor(card.holder.identifier, card.rfid_number, cast("Kind", card.card_type))
        for card in cards
    ]


def is_spelled(visitor: Visitor, number_format: NumberFormat) -> bool:
    """A reader for 125 kHz tags does not see a chip of 13.56 MHz."""
    try:
        spell(visitor.card, number_format)
    except ValueError:
        return False
    return True
