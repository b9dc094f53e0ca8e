"""What a setting can be: each kind knows how a value is written, read, refused and said.

One text stands for a value wherever it is written: in an environment variable, in a form of the
office and in the database.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator, validate_email
from django.utils.translation import gettext, gettext_noop
from phonenumbers import SUPPORTED_REGIONS

from core.hours import validate_hours

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

T = TypeVar("T")

COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
# What a header of a mail or a line of a card can hold.
MOST_LINES, LONGEST_LINE = 6, 100


class Kind(Generic[T]):
    """Subclass for each kind of value."""

    def convert(self, text: str) -> T:
        """Of its text. Raises ValueError for what is no such value at all."""
        raise NotImplementedError

    def check(self, value: T) -> None:
        """Raises ValidationError for a value that cannot work."""

    def text(self, value: T) -> str:
        return str(value)

    def words(self, value: T) -> str:
        """As people read it."""
        return self.text(value) or gettext("none")

    def read(self, text: str) -> T:
        """Raises ValidationError."""
        try:
            value = self.convert(text)
        except ValueError as error:
            raise ValidationError(gettext(str(error))) from error
        self.check(value)
        return value


@dataclass(frozen=True)
class Text(Kind[str]):
    longest: int = 200
    is_needed: bool = False

    def convert(self, text: str) -> str:
        return text.strip()

    def check(self, value: str) -> None:
        if self.is_needed and not value:
            raise ValidationError(gettext("Enter something."))
        if len(value) > self.longest:
            raise ValidationError(gettext("At most {most} characters.").format(most=self.longest))
        if not value.isprintable():
            raise ValidationError(gettext("One line, of letters that can be printed."))


@dataclass(frozen=True)
class Secret(Text):
    """A text that is kept sealed and never shown again."""

    longest: int = 2000
    shortest: int = 0

    def check(self, value: str) -> None:
        super().check(value)
        if value and len(value) < self.shortest:
            raise ValidationError(
                gettext("At least {least} characters.").format(least=self.shortest)
            )

    def words(self, value: str) -> str:
        return gettext("set") if value else gettext("not set")


class Headers(Secret):
    """A JSON object of HTTP headers; the rule of the gateway says whether it can be used."""


@dataclass(frozen=True)
class Lines(Kind[Sequence[str]]):
    """A line each; in one line they are parted by commas."""

    most: int = MOST_LINES

    def convert(self, text: str) -> Sequence[str]:
        parts = text.splitlines() if "\n" in text.strip() else text.split(",")
        return [part for part in map(str.strip, parts) if part]

    def check(self, value: Sequence[str]) -> None:
        if len(value) > self.most:
            raise ValidationError(gettext("At most {most} lines.").format(most=self.most))
        if any(len(line) > LONGEST_LINE or not line.isprintable() for line in value):
            raise ValidationError(
                gettext("A line has at most {most} printable characters.").format(most=LONGEST_LINE)
            )

    def text(self, value: Sequence[str]) -> str:
        return "\n".join(value)

    def words(self, value: Sequence[str]) -> str:
        return ", ".join(value) or gettext("none")


class Domains(Lines):
    def check(self, value: Sequence[str]) -> None:
        super().check(value)
        for domain in value:
            DomainNameValidator()(domain)

    def words(self, value: Sequence[str]) -> str:
        return ", ".join(value) or gettext("any")


class Addresses(Lines):
    """E-mail addresses without names."""

    def check(self, value: Sequence[str]) -> None:
        super().check(value)
        for address in value:
            validate_email(address)

    def words(self, value: Sequence[str]) -> str:
        return ", ".join(value) or gettext("nobody")


class Colour(Kind[str]):
    """They are written into a stylesheet and onto cards as they are."""

    def convert(self, text: str) -> str:
        return text

    def check(self, value: str) -> None:
        if not COLOUR.fullmatch(value):
            raise ValidationError(gettext("Enter a # and six hexadecimal digits, such as #0b3b66."))


class YesOrNo(Kind[bool]):
    def convert(self, text: str) -> bool:
        if text.lower() in {"1", "true", "yes", "on", "y", "t"}:
            return True
        if text.lower() in {"", "0", "false", "no", "off", "n", "f"}:
            return False
        raise ValueError(gettext_noop("Enter true or false."))

    def text(self, value: bool) -> str:
        return "true" if value else "false"

    def words(self, value: bool) -> str:
        return gettext("yes") if value else gettext("no")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(gettext_noop("Enter a whole number.")) from error


@dataclass(frozen=True)
class Whole(Kind[int]):
    least: int
    most: int
    said: "StrOrPromise" = "{number}"
    """With its unit: `{number} days`."""

    def convert(self, text: str) -> int:
        return _whole(text)

    def words(self, value: int) -> str:
        return str(self.said).format(number=value)

    def check(self, value: int) -> None:
        if not self.least <= value <= self.most:
            raise ValidationError(
                gettext("Enter {least} to {most}.").format(least=self.least, most=self.most)
            )


# 0 means for ever; a few days is more likely a slip, and would cost what cannot be had back.
SHORTEST_KEPT = 7
LONGEST_KEPT = 36_500


@dataclass(frozen=True)
class KeptDays(Kind[int]):
    """How long something is kept, in days; 0: for ever."""

    shortest: int = SHORTEST_KEPT

    def convert(self, text: str) -> int:
        return _whole(text)

    def check(self, value: int) -> None:
        if value and not self.shortest <= value <= LONGEST_KEPT:
            raise ValidationError(
                gettext("Days, at least {least}; 0 keeps for ever.").format(least=self.shortest)
            )

    def words(self, value: int) -> str:
        return (
            gettext("{number} days").format(number=f"{value:,}") if value else gettext("for ever")
        )


@dataclass(frozen=True)
class Minutes(Kind[timedelta]):
    least: int
    most: int

    def convert(self, text: str) -> timedelta:
        return timedelta(minutes=_whole(text))

    def check(self, value: timedelta) -> None:
        if not timedelta(minutes=self.least) <= value <= timedelta(minutes=self.most):
            raise ValidationError(
                gettext("Enter {least} to {most} minutes.").format(least=self.least, most=self.most)
            )

    def text(self, value: timedelta) -> str:
        return str(value // timedelta(minutes=1))

    def words(self, value: timedelta) -> str:
        return gettext("{number} minutes").format(number=self.text(value))


class QuietHours(Kind[str]):
    def convert(self, text: str) -> str:
        return text.strip()

    def check(self, value: str) -> None:
        validate_hours(value)

    def words(self, value: str) -> str:
        return value or gettext("none")


@dataclass(frozen=True)
class Choice(Kind[str]):
    choices: Mapping[str, "StrOrPromise"]

    def convert(self, text: str) -> str:
        return text

    def check(self, value: str) -> None:
        if value not in self.choices:
            raise ValidationError(
                gettext("Choose one of {choices}.").format(choices=", ".join(self.choices))
            )

    def words(self, value: str) -> str:
        return str(self.choices.get(value, value))


class Zone(Kind[str]):
    def convert(self, text: str) -> str:
        return text

    def check(self, value: str) -> None:
        if value not in available_timezones():
            raise ValidationError(gettext("Enter a zone such as Africa/Dar_es_Salaam."))


class Region(Kind[str]):
    def convert(self, text: str) -> str:
        return text.strip().upper()

    def check(self, value: str) -> None:
        if value not in SUPPORTED_REGIONS:
            raise ValidationError(gettext("Enter two letters, such as TZ."))


class Address(Kind[str]):
    """An e-mail address with or without a name: `DIT <notices@dit.ac.tz>`."""

    def convert(self, text: str) -> str:
        return text.strip()

    def check(self, value: str) -> None:
        if not value:
            return
        name, has_name, rest = value.partition("<")
        validate_email(rest.rstrip(">") if has_name else value)
        if not name.isprintable():
            raise ValidationError(gettext("One line, of letters that can be printed."))


class Url(Kind[str]):
    def convert(self, text: str) -> str:
        return text.strip()

    def check(self, value: str) -> None:
        if value and not is_web_address(value):
            raise ValidationError(gettext("Enter an http or https address."))


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


# Ten years of months: a card is gone by then.
MOST_MONTHS = 120


class MonthsByKind(Kind[Mapping[str, int]]):
    """Months for each kind of people: `student=48,staff=60`; without one there is no end."""

    def convert(self, text: str) -> Mapping[str, int]:
        pairs = (part.partition("=") for part in text.replace("\n", ",").split(",") if part.strip())
        return {key.strip(): _whole(months) for key, _, months in pairs}

    def check(self, value: Mapping[str, int]) -> None:
        if any(not 0 <= months <= MOST_MONTHS for months in value.values()):
            raise ValidationError(
                gettext("Enter 1 to {most} months, or nothing for no end.").format(most=MOST_MONTHS)
            )

    def text(self, value: Mapping[str, int]) -> str:
        return ",".join(f"{key}={months}" for key, months in value.items() if months)

    def words(self, value: Mapping[str, int]) -> str:
        month_words = gettext("{kind} {number} months")
        said = (
            month_words.format(kind=key, number=months) for key, months in value.items() if months
        )
        return ", ".join(said) or gettext("no end")


class Picture(Kind[str]):
    """The digest of a logo that is kept, or the path of one in the environment's files."""

    def convert(self, text: str) -> str:
        return text.strip()

    def words(self, value: str) -> str:
        return (
            gettext("a picture ({name})").format(name=value[:8])
            if value
            else gettext("none: the short name stands in its place")
        )


def json_headers(text: str) -> Any:
    """Raises ValueError."""
    return json.loads(text or "{}")
