"""Whose cards are held to a simulated reader: from a list, or from the server's own database."""

from collections.abc import Iterable

from cards.models import Card
from cards.number_formats import NumberFormat, spell
from people.kinds import kind_named
from tools.simulator.school_day import Cardholder


def listed_cardholders(lines: Iterable[str]) -> list[Cardholder]:
    """One canonical number a line; `#` begins a comment. All are taken for students."""
    numbers = (line.partition("#")[0].strip().upper() for line in lines)
    return [Cardholder(number, number) for number in dict.fromkeys(numbers) if number]


def enrolled_cardholders() -> list[Cardholder]:
    """Everybody whose card is switched on."""
    cards = Card.objects.current().filter(is_active=True).select_related("person")
    return [
        Cardholder(card.person.identifier, card.rfid_number, kind_named(card.card_type).rhythm)
        for card in cards.order_by("rfid_number")
    ]


def is_spelled(cardholder: Cardholder, number_format: NumberFormat) -> bool:
    """A reader for 125 kHz tags does not see a chip of 13.56 MHz."""
    try:
        spell(cardholder.card, number_format)
    except ValueError:
        return False
    return True
