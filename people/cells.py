"""What a cell of a list means in its column, or why it means nothing there."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from rest_framework.fields import (
    BooleanField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Field,
)

from people import spreadsheets
from people.days import (
    DayOrder,
    day_in,
    is_slip,
    order_in,
    possible_orders,
    readings,
    settled_order,
)
from people.fields import clean_phone, one_line
from people.headings import ReadColumns
from people.models import validate_past_day
from people.serializers import LineSerializerField, PhoneSerializerField
from people.spreadsheets import Sort

AnyField = Field[Any, Any, Any, Any]

MANGLED_NUMBER = re.compile(r"\d([.,]\d+)?E\+\d{2,}", re.IGNORECASE)
MANGLED_MESSAGE = _(
    "A spreadsheet has shortened this number, and its last digits are lost. "
    "Format the column as text and enter the number again."
)
FORMULA_MESSAGE = _(
    "This cell is a formula. Put an apostrophe (') before it if it is meant as text."
)
NOTHING_STORED_MESSAGE = _(
    "This cell is a formula, and the file does not hold what comes of it. "
    "Open the file in a spreadsheet program, save it, and upload it again."
)
FORMULA_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
FORMULA_ERROR_MESSAGE = _("This is a spreadsheet's error message, not a value.")
NO_DAY = _("This is no day. Write it as 2003-05-17, 17/05/2003 or 17 May 2003.")
NO_ORDER = _(
    "This can be {one:%-d %B %Y} or {other:%-d %B %Y}. Say by `date_order` in which order the "
    "list writes its days: dmy, mdy or ymd."
)
NOT_IN_ORDER = _("This is no day in the order {order}.")
# How people leave a cell empty.
DASHES = frozenset({"-", "--", "---", "–", "—"})
# The same in words, in columns whose values no word is: a name may well be `Nil`.
NOTHING = frozenset({"n/a", "na", "nil", "none", "null", "hakuna", "hana"})
WORDLESS = (DateField, DateTimeField, EmailField, PhoneSerializerField)
TRUTHS = {"ndiyo": "true", "ndio": "true", "hapana": "false"}
NUMBER_BESIDE_WORDS = re.compile(
    r"(?P<before>[^\d+(]*[\s:])?(?P<number>[+(\d][\d\s().\-/]*\d)(?P<behind>[\s(:][^\d]*)?"
)
TWO_NUMBERS = re.compile(r"\s*[,;|/\n&]\s*|\s+(?:and|or|au|na)\s+", re.IGNORECASE)
DAY_BEFORE_TIME = re.compile(r"(\S+)(?: (.*))?", re.DOTALL)
ISO_MOMENT = re.compile(r"\dT\d")
# What stands below a list, where the numbers are, instead of one.
TOTALS = frozenset(
    {
        *("total", "totals", "grand total", "sub total", "subtotal", "sum total"),
        *("jumla", "jumla kuu", "jumla ndogo", "jumla ya wanafunzi", "jumla ya wafanyakazi"),
    }
)
WORD = re.compile(r"[^\W\d_]+")
TOTALS_MESSAGE = _("This looks like a row of totals.")
SORT_MESSAGE = _(
    "A spreadsheet has made {sort} of this. Format the column as text and type again what it "
    "should say."
)


@dataclass(frozen=True)
class Cell:
    """As the API would be sent it, with what is wrong, and what was left out of it."""

    value: str
    wrong: str = ""
    note: str = ""


def what_is_wrong_with(cell: str, *, is_phone: bool = False) -> str:
    """Why a spreadsheet's cell is no value, whatever its column holds; empty if it may be one."""
    if MANGLED_NUMBER.fullmatch(cell):
        return str(MANGLED_MESSAGE)
    if cell in FORMULA_ERRORS:
        return str(FORMULA_ERROR_MESSAGE)
    if cell == spreadsheets.NOTHING_STORED:
        return str(NOTHING_STORED_MESSAGE)
    is_formula = cell.startswith(spreadsheets.FORMULA_STARTS)
    return str(FORMULA_MESSAGE) if is_formula and not (is_phone and cell[0] == "+") else ""


def is_total(number: str) -> bool:
    """Also `TOTAL: 45`; but `TOTAL-045` is a number."""
    said, _, _ = number.replace("=", ":").partition(":")
    has_digits = any(map(str.isdigit, said))
    return not has_digits and " ".join(WORD.findall(number.casefold())) in TOTALS


class CellReader:
    """Reads the cells of a table, each as its column says."""

    def __init__(
        self, read: ReadColumns, fields: Mapping[str, AnyField], order: DayOrder | None
    ) -> None:
        self.table = read.table
        self.columns = {
            place: (name, fields[name])
            for place, name in enumerate(read.fields)
            if name is not None and name in fields
        }
        self.said_order = order
        self.orders: dict[int, DayOrder | None] = {}
        self.is_order_open = False
        """Whether a day was met that somebody has to say the order of."""
        if order is None:
            self._settle_orders()

    def _settle_orders(self) -> None:
        possible = {
            place: possible_orders(
                (_bare(field, text) for text in self.table.cells_of(place)),
                order_in(self.table.headings[place]),
            )
            for place, (_, field) in self.columns.items()
            if isinstance(field, DateField | DateTimeField)
        }
        others = settled_order(possible.values())
        for place, orders in possible.items():
            if len(orders) == 1:
                self.orders[place] = next(iter(orders))
            elif others in orders:
                self.orders[place] = others

    def cells(self, number: int, cells: list[str]) -> Iterable[tuple[str, str, Cell]]:
        """The cells of a row that hold something: field, what stands there, and what it means."""
        for place, (name, field) in self.columns.items():
            text = cells[place]
            bare = _bare(field, text)
            if not text or _is_nothing(field, bare):
                continue
            sort = self.table.sorts.get((number, place))
            wrong = _wrong(field, text, sort)
            yield name, text, Cell(text, wrong) if wrong else self._read(place, field, bare)

    def _read(self, place: int, field: AnyField, text: str) -> Cell:
        match field:
            case DateField():
                return self._day(place, text, is_past=validate_past_day in field.validators)
            case DateTimeField():
                return self._moment(place, text)
            case ChoiceField():
                return _choice(field, text)
            case BooleanField():
                return Cell(TRUTHS.get(text.casefold(), text))
            case PhoneSerializerField():
                return _phone(text)
            case LineSerializerField():
                return Cell(one_line(text))  # numbers are compared before they are validated
            case EmailField():
                return Cell(text.removeprefix("mailto:"))
        return Cell(text)

    def _day(self, place: int, text: str, *, is_past: bool) -> Cell:
        found = readings(text, is_past=is_past)
        if not found:
            return Cell(text, str(NO_DAY))
        if self.said_order and self.said_order not in found:
            return Cell(text, NOT_IN_ORDER.format(order=self.said_order))
        order = self.said_order or self.orders.get(place)
        if order not in found and is_slip(text, found):
            return Cell(text, str(NO_DAY))
        day = day_in(found, order)
        if day is None:
            self.is_order_open = True
            one, other, *_ = found.values()
            return Cell(text, NO_ORDER.format(one=one, other=other))
        return Cell(day.isoformat())

    def _moment(self, place: int, text: str) -> Cell:
        """A day, and a time behind it; whatever else an instant can look like is left as it is."""
        day, time = text, ""
        if match := DAY_BEFORE_TIME.fullmatch(text):
            day, time = match[1], match[2] or ""
        if not readings(day):
            return Cell(text)
        read = self._day(place, day, is_past=False)
        if ISO_MOMENT.search(day):  # the API's own form, which is one text
            return Cell(text)
        return Cell(f"{read.value} {time}".strip(), read.wrong)


def _wrong(field: AnyField, text: str, sort: Sort | None) -> str:
    """Why the cell, as it stands in the file, is no value of this field; empty if it may be one."""
    is_phone = isinstance(field, PhoneSerializerField)
    if wrong := what_is_wrong_with(text, is_phone=is_phone):
        return wrong
    if sort and not _may_be(field, sort):
        return SORT_MESSAGE.format(sort=gettext(sort.value))
    return ""


def _bare(field: AnyField, text: str) -> str:
    """Without the apostrophe by which a spreadsheet was told that the rest is text."""
    text = spreadsheets.undefused(text)
    return text.removeprefix("'") if isinstance(field, WORDLESS) else text


def _is_nothing(field: AnyField, text: str) -> bool:
    return text in DASHES or (isinstance(field, WORDLESS) and text.casefold() in NOTHING)


def _may_be(field: AnyField, sort: Sort) -> bool:
    if sort is Sort.NUMBER:
        return True
    if sort is Sort.DAY:
        return isinstance(field, DateField | DateTimeField)
    return sort is Sort.TRUTH and isinstance(field, BooleanField)


def _choice(field: ChoiceField, text: str) -> Cell:
    """By its value, or by what people call it: in English, for the worker reads it again."""
    said = text.casefold()
    with override("en"):
        for value, label in field.choices.items():
            if said in {str(value).casefold(), str(label).casefold()}:
                return Cell(str(value))
    choices = ", ".join(map(str, field.choices))
    words = gettext("“{text}” is not a valid choice. Choose from: {choices}.")
    return Cell(text, words.format(text=text, choices=choices))


def _phone(text: str) -> Cell:
    """Of two numbers in one cell the first, and of a number beside words the number."""
    if _is_phone(text):
        return Cell(text)
    first, *others = [part for part in TWO_NUMBERS.split(text) if part] or [text]
    if not (others and all(map(_is_phone, (first, *others)))):
        first, others = _two_with_a_space(text)
    # In English for everybody: a preview is known again by what it says.
    if others:
        return Cell(first, note=f"Only the first number is taken; left out: {', '.join(others)}.")
    match = NUMBER_BESIDE_WORDS.fullmatch(text)
    if match and _is_phone(match["number"]):
        rest = " ".join(f"{match['before'] or ''} {match['behind'] or ''}".split())
        return Cell(match["number"], note=f"Only the number is taken; left out: {rest}.")
    return Cell(text)


def _two_with_a_space(text: str) -> tuple[str, list[str]]:
    """`0712 345 678 0754 111 222`, where it can be taken apart in one way only."""
    parts = text.split()
    cuts = [(" ".join(parts[:at]), " ".join(parts[at:])) for at in range(1, len(parts))]
    pairs = [pair for pair in cuts if all(map(_is_phone, pair))]
    return (pairs[0][0], [pairs[0][1]]) if len(pairs) == 1 else (text, [])


def _is_phone(text: str) -> bool:
    try:
        return bool(clean_phone(text))
    except ValidationError:
        return False
