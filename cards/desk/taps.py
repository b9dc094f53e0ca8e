"""What a tap at the desk says: the number as it would be stored, and whose card it is."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cards.desk.spellings import PARTIAL
from cards.lookup import FoundCard, find_cards
from cards.number_formats import (
    CHIP_DIGITS,
    BadNumber,
    NumberFormat,
    Reading,
    as_enrolled,
    read_number,
)
from cards.numbers import canonical_number

NO_CARD_HAS_CODE = _("This is the code of a card, but of none of ours.")


@dataclass(frozen=True)
class DeskTap:
    """`number` is canonical, `` if the reader told only a part of it.

    `problem` says why no card can be registered with it. `cards` are all that it can be, retired
    ones as well, whose chip may be given to somebody else. `is_code`: not the chip was read, but
    what is printed on one issue of a card.
    """

    number: str = ""
    cards: tuple[FoundCard, ...] = ()
    problem: str = ""
    is_code: bool = False

    @property
    def is_free(self) -> bool:
        is_to_be_had = bool(self.number) and not self.problem and not self.is_code
        now = timezone.now()
        return is_to_be_had and not any(card.keeps_its_chip(at=now) for card in self.cards)


def read_tap(*, text: str, number_format: NumberFormat) -> DeskTap:
    """The same reading as at a gate, so that the gate finds the card that is registered here."""
    try:
        reading = read_number(text, number_format)
    except BadNumber as error:
        return _as_text(text, gettext(str(error)))
    cards = tuple(find_cards([reading])[reading])
    if reading.code:
        number = cards[0].number if cards else ""
        return DeskTap(number, cards, "" if cards else str(NO_CARD_HAS_CODE), is_code=True)
    return _checked(_whole_number(reading), cards)


def read_number_of(*, text: str, number_format: NumberFormat) -> DeskTap:
    """The number alone; whose it is nobody looks for."""
    try:
        reading = read_number(text, number_format)
    except BadNumber as error:
        return DeskTap(problem=gettext(str(error)))
    return DeskTap(is_code=True) if reading.code else _checked(_whole_number(reading), ())


def _as_text(text: str, problem: str) -> DeskTap:
    """No number in the reader's spelling; a card may have been registered with this very text."""
    reading = as_enrolled(text)
    cards = tuple(find_cards([reading])[reading]) if reading else ()
    return DeskTap(cards[0].number, cards) if cards else DeskTap(problem=problem)


def _whole_number(reading: Reading) -> str:
    """What can be stored of it; `` for a part that no tap would be matched with later."""
    if not reading.is_lossy:
        return reading.number
    digits = reading.parts[0].digits
    return digits if len(digits) in CHIP_DIGITS else ""


def _checked(number: str, cards: tuple[FoundCard, ...]) -> DeskTap:
    if not number:
        return DeskTap("", cards, str(PARTIAL))
    try:
        return DeskTap(canonical_number(number), cards)
    except ValidationError as error:
        return DeskTap(number, cards, str(error.messages[0]))
