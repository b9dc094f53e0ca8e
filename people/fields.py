"""Model fields that store what people type in one clean form, whoever sends it.

`to_python` cleans, so the registration office's forms get it from `full_clean`; the API's
serializers map each class to a serializer field that calls the same function.
"""

import re
import unicodedata
from contextlib import suppress
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from institution.declared import PHONE_REGION
from institution.reading import setting
from people.days import HYPHENS
from typesetting.text import missing_letters
from typesetting.typefaces import BOLD

# The only invisible characters that belong in names: some scripts join letters with them.
JOINERS = str.maketrans("", "", "\u200c\u200d")
# What stands in a number that was copied from a telephone's list of contacts, or from a page.
COPIED_ALONG = HYPHENS | str.maketrans(
    dict.fromkeys(
        "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200b\u2060\ufeff\u00ad"
    )
)
PHONE_CHARACTERS = re.compile(r"[+\d\s().\-/]+")


def one_line(text: str) -> str:
    """NFC with single spaces, so that equal names are equal strings."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def clean_line(text: str) -> str:
    """One line of text that shows all it holds.

    Controls, direction marks and other invisible characters reorder or hide the text around them.
    """
    line = one_line(text)
    if not line.translate(JOINERS).isprintable():
        raise ValidationError(
            _("Invisible characters are not allowed."), code="invisible_character"
        )
    return line


def validate_drawable(text: str) -> None:
    """Of letters that the typefaces of a card have."""
    if letters := missing_letters(text, BOLD):
        raise ValidationError(
            _("A card cannot show {letters}: write the name with other letters.").format(
                letters=", ".join(letters)
            ),
            code="unprintable",
        )


def clean_phone(text: str) -> str:
    """E.164 (`+255712345678`); numbers without a country are read in `PHONE_REGION`.

    The number must be possible, not assigned: numbering plans change faster than tables of them.
    """
    line = clean_line(text.translate(COPIED_ALONG))
    if not line:
        return ""
    number = _parsed_phone(line) if PHONE_CHARACTERS.fullmatch(line) else None
    if number is None:
        raise ValidationError(
            _("Enter a phone number such as +255712345678 or 0712 345 678."), code="invalid_phone"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed_phone(line: str) -> phonenumbers.PhoneNumber | None:
    # Dialled with 00 from elsewhere, which is not how one dials out of every country.
    for spelt in (f"+{line.removeprefix('00')}",) * line.startswith("00") + (line,):
        with suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(spelt, setting(PHONE_REGION))
            if _is_plausible(number):
                return number
    return None


def is_landline(phone: str) -> bool:
    """Of a number in E.164: whether no SMS reaches it, by its country's plan."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE


def _is_plausible(number: phonenumbers.PhoneNumber) -> bool:
    # A zero that is still there after the country code means a digit short (071 234 567), except
    # in the few countries whose numbers do begin with one.
    if number.italian_leading_zero:
        return phonenumbers.is_valid_number(number)
    return phonenumbers.is_possible_number(number)


class _CleanTextField(models.CharField[str, str]):
    """Text that is stored in one clean form."""

    def clean_text(self, text: str) -> str:
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        return self.clean_text(value) if isinstance(value, str) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        try:
            return super().get_prep_value(value)
        except ValidationError:
            return value  # a filter may ask for anything; what cannot be stored is not found


class LineField(_CleanTextField):
    """A name, number or label: one line, NFC, nothing invisible."""

    def clean_text(self, text: str) -> str:
        return clean_line(text)


# `class_code__upper`: as the people of a class are found, whatever their case.
LineField.register_lookup(Upper)


class PhoneField(_CleanTextField):
    """A phone number in E.164, or empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        super().__init__(*args, **kwargs)

    def clean_text(self, text: str) -> str:
        return clean_phone(text)
