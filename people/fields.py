"""Model fields that store what people type in one clean form, whoever sends it.

`to_python` cleans, so the registration office's forms get it from `full_clean`; the API's
serializers map each class to a serializer field that calls the same function.
"""

import re
import unicodedata
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

# Characters that reorder or hide the text around them have no place in a name.
BIDI_CONTROLS = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
PHONE_CHARACTERS = re.compile(r"[+\d\s().\-/]+")


def clean_line(text: str) -> str:
    """One line of text in NFC with single spaces, so that equal names are equal strings."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if any(unicodedata.category(char) in ("Cc", "Cs") or char in BIDI_CONTROLS for char in line):
        raise ValidationError("Control characters are not allowed.", code="control_character")
    return line


def clean_phone(text: str) -> str:
    """E.164 (`+255712345678`); numbers without a country are read in `PHONE_REGION`.

    The number must be possible, not assigned: numbering plans change faster than tables of them.
    """
    line = clean_line(text)
    if not line:
        return ""
    number = _parsed_phone(line) if PHONE_CHARACTERS.fullmatch(line) else None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError(
            "Enter a phone number such as +255712345678 or 0712 345 678.", code="invalid_phone"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed_phone(line: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(line, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None


class LineField(models.CharField[str, str]):
    """A name, number or label: one line, NFC, no control characters."""

    def to_python(self, value: Any) -> Any:
        return clean_line(value) if isinstance(value, str) else super().to_python(value)


class PhoneField(models.CharField[str, str]):
    """A phone number in E.164, or empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        return clean_phone(value) if isinstance(value, str) else super().to_python(value)
