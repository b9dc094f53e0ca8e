"""Card numbers as readers spell them (contract section 8; readers.md sections 1.2 to 1.7).

A chip's number in canonical form is upper-case hex of its bytes in the order in which it sends
them. `12345678` may be four bytes, three bytes, or a facility and a card, and so three cards: a
reader's format is declared, and nothing is guessed.
"""

import enum
import re
import string
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext_noop

from core.values import value

MAX_LENGTH = 64
# Chip numbers are 4, 7 or 10 bytes on the air (ISO 14443). EM4100 tags have 5, and the first may
# be unknown: most of their readers leave it out.
ON_AIR_DIGITS = frozenset({8, 14, 20})
EM4100_DIGITS = frozenset({10})
EM_DIGITS = frozenset({8, 10})
CHIP_DIGITS = ON_AIR_DIGITS | EM4100_DIGITS
SHORTEST_HEX = 4  # of four bytes, each without its zero

HEX = re.compile(r"[0-9A-F]+")
SEPARATORS = re.compile(r"[\s:.\-]+")
TEXT = re.compile(r"[A-Z0-9][A-Z0-9 ._/\-:]*")
NOT_HEX = re.compile(r"[G-Z]")
# The code's alphabet and length are those of cards.models, which needs Django; a test compares.
ADDRESS = re.compile(r"HTTPS?://[^/\s]+/V/(?P<code>[2-9A-HJKMNP-TV-Z]{16})/?")
# What scanners put before what they read: the symbology (`]Q1`, ISO/IEC 15424) and the set of
# characters (`\000026` is UTF-8: an ECI as it is transmitted).
SCANNER_PREFIX = re.compile(r"(\][A-Z][0-9A-Z])?(\\[0-9]{6})*")
PAIR = re.compile(r"([0-9]{1,3})[ ,:/.\-]([0-9]{1,5})")
JOINED_PAIR = re.compile(r"([0-9]{3})([0-9]{5})")
PAIR_CHARACTERS = string.digits + " ,:/.-"
WIEGAND_CHARACTERS = PAIR_CHARACTERS + "ABCDEF"
# How many decimal digits the largest value of so many hex digits has.
DECIMAL_WIDTH = {6: 8, 8: 10, 10: 13, 14: 17, 20: 25}


class NumberFormat(enum.StrEnum):
    """How a reader spells chip numbers: here `E4 3A C9 D2`, or the EM tag `01 02 6F 6C 3A`."""

    HEX = "hex"  # E43AC9D2
    HEX_REV = "hex_rev"  # D2C93AE4
    DEC_MSB = "dec_msb"  # 3829058002
    DEC_LSB = "dec_lsb"  # 3536403172
    EM_8H10D = "8h10d"  # 0040856634
    EM_6H8D = "6h8d"  # 07302202
    EM_3_5 = "3+5"  # 111,27706
    W26 = "w26"  # C93AE4
    W26_DEC = "w26_dec"  # 13187812
    W34 = "w34"  # D2C93AE4


class Fault(enum.StrEnum):
    EMPTY = "empty"
    BAD_CHARACTERS = "bad_characters"
    LOST_ZEROS = "lost_zeros"
    PERHAPS_LOST_ZEROS = "perhaps_lost_zeros"
    BAD_LENGTH = "bad_length"
    OUT_OF_RANGE = "out_of_range"
    CASCADE_TAG = "cascade_tag"
    UNREAD = "unread"
    BAD_PARITY = "bad_parity"


# In English, as readers are told it and taps keep it; pages translate it (`cards.desk.taps`).
SENTENCES = {
    Fault.EMPTY: gettext_noop("The reader sent no number."),
    Fault.BAD_CHARACTERS: gettext_noop(
        "This number holds characters that the reader's format does not have."
    ),
    Fault.LOST_ZEROS: gettext_noop(
        "This number has a byte of one hex digit: the reader's firmware leaves out the zeros of "
        "small bytes, and nobody can tell which. It must send two digits for each byte."
    ),
    Fault.PERHAPS_LOST_ZEROS: gettext_noop(
        "No chip's number has so many bytes: the reader tells a part of it only, or its "
        "firmware leaves out the zeros of small bytes. It must send two digits for each byte."
    ),
    Fault.BAD_LENGTH: gettext_noop("This number is too long or too short for the reader's format."),
    Fault.OUT_OF_RANGE: gettext_noop("This number is larger than the reader's format can hold."),
    Fault.CASCADE_TAG: gettext_noop(
        "This is half of a longer number: the reader reads 4 bytes only."
    ),
    Fault.UNREAD: gettext_noop("This is what a reader sends that could not read the card."),
    Fault.BAD_PARITY: gettext_noop(
        "A bit was lost between reader and controller: the parity is wrong."
    ),
}


class BadNumber(ValueError):
    """The text is no number in the reader's format; `str()` is a sentence for people."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return SENTENCES[self.fault]


@dataclass(frozen=True, slots=True)
class PartialNumber:
    """6 or 8 hex digits that a number begins or ends with, if it has one of these lengths."""

    digits: str
    at_start: bool
    lengths: frozenset[int]

    def matches(self, number: str) -> bool:
        """Only chips' numbers do: `RF12345678` is text, however it ends."""
        if len(number) not in self.lengths or not HEX.fullmatch(number):
            return False
        return number.startswith(self.digits) if self.at_start else number.endswith(self.digits)


@value
class Reading:
    """What a reader saw: a whole number, the code of a printed QR, or parts of a number."""

    number: str = ""
    code: str = ""
    parts: tuple[PartialNumber, ...] = ()

    @property
    def is_lossy(self) -> bool:
        return bool(self.parts)

    def matches(self, number: str) -> bool:
        """Whether it may be the card of this canonical number, or, if lossy, one of several."""
        return number == self.number != "" or any(part.matches(number) for part in self.parts)


def read_number(text: str, number_format: NumberFormat) -> Reading:
    """What a reader of this format means by this text. Raises BadNumber.

    In any format, `RF123456789` is a card's text as enrolled, and `HTTPS://HOST/V/{code}` a QR.
    Spaces, line ends, the prefixes of scanners and the sentinels of track readers (`;...?`) around
    the text do not count.
    """
    if not text.isascii():
        raise BadNumber(Fault.BAD_CHARACTERS)
    line = _line(text)
    if not line:
        raise BadNumber(Fault.EMPTY)
    if address := ADDRESS.fullmatch(line):
        return Reading(code=address["code"])
    if NOT_HEX.search(line) and TEXT.fullmatch(line) and len(line) <= MAX_LENGTH:
        return Reading(number=line)
    return NOTATIONS[number_format].read(line)


def as_enrolled(text: str) -> Reading | None:
    """The text itself, as a card's number; None if no card can have it.

    For what is no number in a reader's format: `1234567` or `CAFE` may have been enrolled as text.
    A chip's number never was: at a reader of another format it is a misfit, and not that chip.
    """
    line = _line(text)
    is_chips = HEX.fullmatch(line) and len(line) in CHIP_DIGITS
    is_text = TEXT.fullmatch(line) and len(line) <= MAX_LENGTH and not is_chips
    return Reading(number=line) if is_text else None


def fault_in(text: str, number_format: NumberFormat) -> str:
    """What is wrong with this text of a reader of this format, in a sentence; `` if nothing is."""
    try:
        read_number(text, number_format)
    except BadNumber as error:
        return str(error)
    return ""


def formats_that_read(text: str, number: str) -> list[NumberFormat]:
    """Those in which this text of a reader is the card of this canonical number, or may be it."""
    return [each for each in NumberFormat if _is_read(text, number, each)]


def _is_read(text: str, number: str, number_format: NumberFormat) -> bool:
    try:
        return read_number(text, number_format).matches(number)
    except BadNumber:
        return False


def not_told_apart(numbers: Iterable[str], number_format: NumberFormat) -> set[str]:
    """Those of these canonical numbers that a reader of this format takes for another of them."""
    alike: dict[str, set[str]] = defaultdict(set)
    if is_lossy(number_format):
        windows = NOTATIONS[number_format].windows
        for number in filter(HEX.fullmatch, numbers):
            for window in windows:
                if len(number) in window.lengths:
                    alike[window.through(number)].add(number)
    return set().union(*(each for each in alike.values() if len(each) > 1))


def is_lossy(number_format: NumberFormat) -> bool:
    """Whether a reader of this format tells only a part of a number."""
    return NOTATIONS[number_format].is_lossy


def spell(number: str, number_format: NumberFormat) -> str:
    """This canonical number as a reader of this format sends it, zeros included.

    Text numbers are sent as they are. Raises ValueError for what is neither text nor a chip's
    number, and for 7 or 10 bytes in the formats of EM tags.
    """
    return number if NOT_HEX.search(number) else NOTATIONS[number_format].spell(number)


def refuse_unread(digits: str) -> None:
    if set(digits) <= {"0"} or set(digits) <= {"F"}:
        raise BadNumber(Fault.UNREAD)


def refuse_half(number: str) -> None:
    """On the air, `88` stands before the first three of seven bytes (NXP AN10927, 2.2)."""
    if len(number) == 8 and number.startswith("88"):
        raise BadNumber(Fault.CASCADE_TAG)


def _line(text: str) -> str:
    """In capitals, without what readers put around what they read."""
    line = " ".join(text.split()).upper()
    return SCANNER_PREFIX.sub("", line, count=1).lstrip("%; ").rstrip("? ")


def _misfit(line: str, characters: str) -> BadNumber:
    has_others = set(line) - set(characters)
    return BadNumber(Fault.BAD_CHARACTERS if has_others else Fault.BAD_LENGTH)


def _hex(value: int, width: int) -> str:
    if value >= 16**width:
        raise BadNumber(Fault.OUT_OF_RANGE)
    return f"{value:0{width}X}"


def _reversed(digits: str) -> str:
    return bytes.fromhex(digits)[::-1].hex().upper()


def _parse_hex(line: str) -> str:
    """Nothing is padded: it is unknown which byte of `EDBA996` has lost its zero."""
    digits = SEPARATORS.sub("", line)
    if not HEX.fullmatch(digits):
        raise BadNumber(Fault.BAD_CHARACTERS)
    if any(len(group) % 2 for group in SEPARATORS.split(line)) or len(digits) % 2:
        raise BadNumber(Fault.LOST_ZEROS)
    if len(digits) not in CHIP_DIGITS:
        is_short = SHORTEST_HEX <= len(digits) < max(CHIP_DIGITS)
        raise BadNumber(Fault.PERHAPS_LOST_ZEROS if is_short else Fault.BAD_LENGTH)
    return digits


def _integer(line: str, most_digits: int) -> int:
    if not line.isdecimal() or len(line) > most_digits:
        raise _misfit(line, string.digits)
    return int(line)


def _parse_decimal(line: str) -> str:
    """The width tells the bytes, zeros included; 11 to 14 digits may be 5 bytes or a small 7."""
    width, value = len(line), _integer(line, DECIMAL_WIDTH[20])
    if width <= DECIMAL_WIDTH[8]:
        return _hex(value, 8)
    if width <= 14 and value < 16**10:
        return _hex(value, 10)
    return _hex(value, 14 if width <= DECIMAL_WIDTH[14] else 20)


def _parse_low_decimal(width: int, line: str) -> str:
    return _hex(_integer(line, DECIMAL_WIDTH[width]), width)


def _parse_w26_decimal(line: str) -> str:
    """As wide as readers that pad it to ten digits write it, or with no zero before it."""
    return _hex(_integer(line, DECIMAL_WIDTH[8]), 6)


def _parse_3_5(line: str) -> str:
    pair = PAIR.fullmatch(line) or JOINED_PAIR.fullmatch(line)
    if not pair:
        raise _misfit(line, PAIR_CHARACTERS)
    return _pair_digits(pair)


def _pair_digits(pair: re.Match[str]) -> str:
    facility, card = pair.groups()
    return _hex(int(facility), 2) + _hex(int(card), 4)


def _parse_w26(line: str) -> str:
    pair = PAIR.fullmatch(line)
    return _pair_digits(pair) if pair else _parse_wiegand(6, line)


def _parse_w34(line: str) -> str:
    is_decimal = len(line) in {9, 10} and line.isdecimal()
    return _hex(int(line), 8) if is_decimal else _parse_wiegand(8, line)


def _parse_wiegand(width: int, line: str) -> str:
    if len(line) == 4 * width + 2 and set(line) <= {"0", "1"}:
        return _hex(int(_without_parity(line), 2), width)
    if len(line) != width or not HEX.fullmatch(line):
        raise _misfit(line, WIEGAND_CHARACTERS)
    return line


def _without_parity(frame: str) -> str:
    """The first half has an even count of ones, the second an odd one (readers.md 1.4)."""
    half = len(frame) // 2
    if frame[:half].count("1") % 2 or not frame[half:].count("1") % 2:
        raise BadNumber(Fault.BAD_PARITY)
    return frame[1:-1]


def _write_decimal(digits: str) -> str:
    return f"{int(digits, 16):0{DECIMAL_WIDTH[len(digits)]}}"


def _write_3_5(digits: str) -> str:
    facility, card = divmod(int(digits, 16), 2**16)
    return f"{facility:03},{card:05}"


@dataclass(frozen=True, slots=True)
class Window:
    """Which hex digits of a number a reader tells, if the number has one of these lengths."""

    width: int
    lengths: frozenset[int]
    at_start: bool = False
    is_reversed: bool = False

    def through(self, number: str) -> str:
        digits = number[: self.width] if self.at_start else number[-self.width :]
        return _reversed(digits) if self.is_reversed else digits

    def part(self, digits: str) -> PartialNumber:
        on_air = _reversed(digits) if self.is_reversed else digits
        return PartialNumber(on_air, self.at_start, self.lengths)


WHOLE = (Window(20, CHIP_DIGITS),)
WHOLE_REVERSED = (Window(20, CHIP_DIGITS, is_reversed=True),)
LOW_32 = (Window(8, EM_DIGITS),)
LOW_24 = (Window(6, EM_DIGITS),)
# What is on the air is mostly sent in reverse; the two byte orders of 34 bits are both in use.
FIRST_24 = (Window(6, ON_AIR_DIGITS, at_start=True, is_reversed=True), Window(6, EM4100_DIGITS))
FIRST_32 = (
    Window(8, ON_AIR_DIGITS, at_start=True, is_reversed=True),
    Window(8, ON_AIR_DIGITS, at_start=True),
    Window(8, EM4100_DIGITS),
)


@dataclass(frozen=True, slots=True)
class Notation:
    """A format in both directions: text to and from hex digits, and what these are of a number.

    Of several windows for one length, the first is the usual one.
    """

    parse: Callable[[str], str]
    write: Callable[[str], str]
    windows: tuple[Window, ...]

    @property
    def is_lossy(self) -> bool:
        return self.windows not in (WHOLE, WHOLE_REVERSED)

    def read(self, line: str) -> Reading:
        digits = self.parse(line)
        refuse_unread(digits)
        parts = tuple(window.part(digits) for window in self.windows)
        if self.is_lossy:
            return Reading(parts=parts)
        refuse_half(parts[0].digits)
        return Reading(number=parts[0].digits)

    def spell(self, number: str) -> str:
        windows = (window for window in self.windows if len(number) in window.lengths)
        window = next(windows, None)
        if window is None or not HEX.fullmatch(number):
            raise ValueError(f"No reader of this format sends {number!r}.")
        return self.write(window.through(number))


NOTATIONS = {
    NumberFormat.HEX: Notation(_parse_hex, str, WHOLE),
    NumberFormat.HEX_REV: Notation(_parse_hex, str, WHOLE_REVERSED),
    NumberFormat.DEC_MSB: Notation(_parse_decimal, _write_decimal, WHOLE),
    NumberFormat.DEC_LSB: Notation(_parse_decimal, _write_decimal, WHOLE_REVERSED),
    NumberFormat.EM_8H10D: Notation(partial(_parse_low_decimal, 8), _write_decimal, LOW_32),
    NumberFormat.EM_6H8D: Notation(partial(_parse_low_decimal, 6), _write_decimal, LOW_24),
    NumberFormat.EM_3_5: Notation(_parse_3_5, _write_3_5, LOW_24),
    NumberFormat.W26: Notation(_parse_w26, str, FIRST_24),
    NumberFormat.W26_DEC: Notation(_parse_w26_decimal, _write_decimal, FIRST_24),
    NumberFormat.W34: Notation(_parse_w34, str, FIRST_32),
}
