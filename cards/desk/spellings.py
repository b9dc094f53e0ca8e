"""How readers on a desk spell numbers, in an officer's words.

Nothing is guessed: the officer says once what the reader sends, and compares the first card.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from cards.number_formats import NumberFormat

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PARTIAL = _(
    "This spelling tells only a part of the number. It finds cards, and cannot register them: set "
    "the reader to hexadecimal."
)
FIRST_BYTE_IS_LOST = _(
    "This spelling leaves out the first byte. Readers that send the whole number will not know the "
    "card: use it only if every reader here is set to 8H10D."
)
HALF_IS_LOST = _(
    "This spelling tells four bytes at most, and not in which order. Readers that send whole "
    "numbers may not know the card: set this reader to hexadecimal if you can."
)


@dataclass(frozen=True, slots=True)
class SpellingChoice:
    """`warning`: what is lost with it, if anything."""

    number_format: NumberFormat
    label: "StrOrPromise"
    warning: "StrOrPromise" = ""


SPELLINGS = (
    SpellingChoice(NumberFormat.HEX, _("Hexadecimal: E43AC9D2")),
    SpellingChoice(NumberFormat.HEX_REV, _("Hexadecimal, bytes reversed: D2C93AE4")),
    SpellingChoice(NumberFormat.DEC_LSB, _("Decimal, bytes reversed: 3536403172")),
    SpellingChoice(NumberFormat.DEC_MSB, _("Decimal: 3829058002")),
    SpellingChoice(NumberFormat.EM_8H10D, _("8H10D: 0013961168"), FIRST_BYTE_IS_LOST),
    SpellingChoice(NumberFormat.W34, _("Wiegand 34: D2C93AE4"), HALF_IS_LOST),
    SpellingChoice(NumberFormat.EM_6H8D, _("6H8D: 13961168 (finds only)"), PARTIAL),
    SpellingChoice(NumberFormat.EM_3_5, _("3+5: 213,02000 (finds only)"), PARTIAL),
    SpellingChoice(NumberFormat.W26, _("Wiegand 26: C93AE4 (finds only)"), PARTIAL),
    SpellingChoice(NumberFormat.W26_DEC, _("Wiegand 26, decimal: 13187812 (finds only)"), PARTIAL),
)
WARNINGS = {spelling.number_format: spelling.warning for spelling in SPELLINGS}


def chosen_format(text: str) -> NumberFormat:
    return NumberFormat(text) if text in list(NumberFormat) else NumberFormat.HEX
