"""Card numbers: one canonical form for each card, whatever the spelling (contract section 8)."""

import re
import secrets

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from cards.number_formats import (
    CHIP_DIGITS,
    HEX,
    SEPARATORS,
    TEXT,
    BadNumber,
    refuse_half,
    refuse_unread,
)
from cards.number_formats import MAX_LENGTH as MAX_LENGTH  # cards.models takes it from here
from people.fields import clean_line

MANGLED = re.compile(r"\d([.,]\d+)?E\+\d{2,}")


def canonical_number(text: str) -> str:
    """Upper-case hex in on-air order for a chip's number, else the upper-cased text.

    `04:a3:2b:1c` and `04 A3 2B 1C` are `04A32B1C`; `rf123456789` is `RF123456789`. Raises Django's
    ValidationError for what cannot be a card's number, among it the numbers that a chip makes up
    anew at each tap, and what a reader sends that saw only half of a longer number.
    """
    line = clean_line(text).upper()
    if not line or len(line) > MAX_LENGTH:
        raise ValidationError(
            gettext("Enter a card number of 1 to {most} characters.").format(most=MAX_LENGTH)
        )
    if MANGLED.fullmatch(line):
        raise ValidationError(
            gettext("A spreadsheet has shortened this number; its last digits are lost.")
        )
    digits = SEPARATORS.sub("", line)
    if HEX.fullmatch(digits) and len(digits) in CHIP_DIGITS:
        return _checked_chip_number(digits)
    if not TEXT.fullmatch(line):
        raise ValidationError(gettext("A card number holds letters, digits and . - / : only."))
    return line


def _checked_chip_number(digits: str) -> str:
    if len(digits) == 8 and digits.startswith("08"):
        raise ValidationError(
            gettext("This number is random: the chip (a phone?) changes it at each tap.")
        )
    try:
        refuse_unread(digits)
        refuse_half(digits)
    except BadNumber as error:
        raise ValidationError(gettext(str(error))) from error
    return digits


def generated_number() -> str:
    """`RF` and nine digits from a cryptographic source; the unique constraint settles the rest."""
    return f"RF{secrets.randbelow(10**9):09}"
