"""Days as people write them in lists: `17/05/2003`, `5/17/03`, `17-May-2003`, `2003-05-17 00:00`.

In which order day and month stand is found out column by column: one day that is possible in one
order only settles it for all. What stays open nobody guesses.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from enum import StrEnum

from django.utils import timezone

# A day with the time behind it, which a workbook may show or not.
TIME_BEHIND = re.compile(
    r"(?<=\d)[ T]+\d{1,2}:\d\d(:\d\d([.,]\d+)?)?( ?[ap]\.?m\.?)?(Z|[+-]\d\d:?\d\d)?$",
    re.IGNORECASE,
)
# As spreadsheets write a long date, and pages copy a short one.
WEEKDAY_BEFORE = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun|juma|alhamisi|ijumaa)[^\W\d_]*[.,]*\s+", re.IGNORECASE
)
HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
YEAR_FIRST = re.compile(r"(\d{4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,2})")
ALL_DIGITS = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
IN_NUMBERS = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4}|\d{2})")
DAY_AND_NAME = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[\s\-/.]*([^\W\d_]{3,})[\s\-/.,]*(\d{4}|\d{2})"
)
NAME_AND_DAY = re.compile(
    r"([^\W\d_]{3,})[\s\-/.]*(\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]+(\d{4}|\d{2})"
)
YEAR_AND_NAME = re.compile(r"(\d{4})[\s\-/.,]*([^\W\d_]{3,})[\s\-/.,]*(\d{1,2})")
MONTHS = (
    ("january", "januari"),
    ("february", "februari"),
    ("march", "machi"),
    ("april", "aprili"),
    ("may", "mei"),
    ("june", "juni"),
    ("july", "julai"),
    ("august", "agosti"),
    ("september", "septemba"),
    ("october", "oktoba"),
    ("november", "novemba"),
    ("december", "desemba"),
)
# `69` of a birth day is 1969. Days that may be ahead are so by this much at most.
YEARS_AHEAD = 20


class DayOrder(StrEnum):
    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


# In which order a day with four digits for its year, or one with the month's name, is read.
ANY_ORDER = tuple(DayOrder)
USUAL_ORDERS = frozenset({DayOrder.DMY, DayOrder.MDY})


# What a heading says of its column: `Date of birth (dd/mm/yyyy)`, `Tarehe (siku/mwezi/mwaka)`.
PART = r"(d{1,2}|day|siku|m{1,4}|month|mwezi|y{4}|yy|year|mwaka)"
ORDER_IN_HEADING = re.compile(
    rf"(?<![^\W\d_]){PART}[-/. ]*{PART}[-/. ]*{PART}(?![^\W\d_])", re.IGNORECASE
)
PARTS = {"siku": "d", "mwezi": "m", "mwaka": "y"}


def order_in(heading: str) -> DayOrder | None:
    """In which order a heading says that its column writes its days."""
    for match in ORDER_IN_HEADING.finditer(heading):
        parts = (part.casefold() for part in match.groups())
        letters = "".join(PARTS.get(part, part[0]) for part in parts)
        if letters in ANY_ORDER:
            return DayOrder(letters)
    return None


def readings(cell: str, *, is_past: bool = False) -> dict[DayOrder, date]:
    """Which day this is in each order in which it is one; in none, if it is no day at all.

    `is_past`: the day is not ahead, so that `45` is 1945.
    """
    text = _day_alone(cell)
    if match := YEAR_FIRST.fullmatch(text) or ALL_DIGITS.fullmatch(text):
        year, month, day = map(int, match.groups())
        return _in_any_order(year, month, day)
    if match := YEAR_AND_NAME.fullmatch(text):
        return _in_any_order(int(match[1]), _month(match[2]), int(match[3]))
    if match := DAY_AND_NAME.fullmatch(text):
        return _in_any_order(_year(match[3], is_past), _month(match[2]), int(match[1]))
    if match := NAME_AND_DAY.fullmatch(text):
        return _in_any_order(_year(match[3], is_past), _month(match[1]), int(match[2]))
    match = IN_NUMBERS.fullmatch(text)
    if match is None:
        return {}
    one, two, three = int(match[1]), int(match[2]), _year(match[3], is_past)
    possible = {DayOrder.DMY: (three, two, one), DayOrder.MDY: (three, one, two)}
    if len(match[3]) == 2:
        possible[DayOrder.YMD] = (_year(match[1].zfill(2), is_past), two, int(match[3]))
    found = {}
    for order, parts in possible.items():
        with suppress(ValueError):
            found[order] = date(*parts)
    return found


def _day_alone(cell: str) -> str:
    return WEEKDAY_BEFORE.sub("", TIME_BEHIND.sub("", cell.translate(HYPHENS)), count=1)


def _in_any_order(year: int, month: int, day: int) -> dict[DayOrder, date]:
    try:
        return dict.fromkeys(ANY_ORDER, date(year, month, day))
    except ValueError:
        return {}


def _month(name: str) -> int:
    """0: it is no month's."""
    said = name.casefold()
    return next(
        (at for at, names in enumerate(MONTHS, 1) if any(full.startswith(said) for full in names)),
        0,
    )


def _year(digits: str, is_past: bool) -> int:
    if len(digits) == 4:
        return int(digits)
    latest = timezone.localdate().year + (0 if is_past else YEARS_AHEAD)
    year = latest // 100 * 100 + int(digits)
    return year if year <= latest else year - 100


def possible_orders(cells: Iterable[str], said: DayOrder | None = None) -> frozenset[DayOrder]:
    """In which order these cells can be read, all of them; of no use: both day and month first.

    Year first only counts where nothing else goes: `03/05/17` is rather the 3rd or 5th month.
    `said`: by the heading, which holds as long as no cell speaks against it.
    """
    common = frozenset(ANY_ORDER)
    for cell in cells:
        found = readings(cell)
        if found and not is_slip(cell, found):
            common &= found.keys()
    if said in common:
        return frozenset({said})
    return common & USUAL_ORDERS or common


def is_slip(cell: str, found: Mapping[DayOrder, date]) -> bool:
    """Of `30/02/03`, that it is rather a slip than the only day of its list with the year first."""
    match = IN_NUMBERS.fullmatch(_day_alone(cell))
    return found.keys() == {DayOrder.YMD} and match is not None and 0 < int(match[1]) <= 31


def settled_order(columns: Iterable[frozenset[DayOrder]]) -> DayOrder | None:
    """What columns with one possible order say of those that leave it open."""
    said = {next(iter(orders)) for orders in columns if len(orders) == 1}
    return said.pop() if len(said) == 1 else None


def day_in(found: Mapping[DayOrder, date], order: DayOrder | None) -> date | None:
    """The day that these readings mean in this order, or if it can be one only; else None."""
    if order is not None and order in found:
        return found[order]
    usual = {day for each, day in found.items() if each in USUAL_ORDERS} or {*found.values()}
    return usual.pop() if len(usual) == 1 else None
