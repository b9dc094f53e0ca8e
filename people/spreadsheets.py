"""Spreadsheets in and out: CSV and XLSX read into rows of text, rows written as safe CSV."""

import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from http import HTTPStatus
from itertools import chain, islice
from typing import Any
from xml.parsers.expat import ExpatError

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from people.workbooks import (
    MAX_SHEET_ROWS,
    BrokenWorkbook,
    Formula,
    Percentage,
    Workbook,
    WorkbookTooLarge,
    WorkbookTooWide,
)

# What a spreadsheet reads as the start of a formula; a tab or line end before it does not help,
# and under East Asian settings the wide forms count as well.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# Beyond 15 digits a spreadsheet keeps only an approximation.
LARGEST_EXACT_NUMBER = 10**15
MAX_COLUMNS = 100
# What a workbook raises that is broken, or none at all.
BROKEN_WORKBOOK = (
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    BrokenWorkbook,
    ExpatError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)
# How far down a header is looked for, and how much it weighs when all that is needed is there.
LOOKED_AT = 30
FARTHEST_HEADER = 200
LOOKED_AT_CHARACTERS = 20_000
CERTAIN = 1000
DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(
    r'\s*"?sep=(?P<delimiter>[^\r\n"])"?[;,\t]*(\r\n|\r|\n|\Z)', re.IGNORECASE
)
KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# Bytes that no text has: those of an old workbook, or of one with a password.
NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
# A formula of which no value is stored.
NOTHING_STORED = "="
TOO_WIDE = format_lazy(_("The file has more than {number} columns."), number=MAX_COLUMNS)


class SpreadsheetRefused(DomainError):
    status_code: int = HTTPStatus.BAD_REQUEST
    code = "invalid_spreadsheet"


class SpreadsheetTooLarge(SpreadsheetRefused):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "spreadsheet_too_large"


class Sort(Enum):
    """What a cell of a workbook is where it is no text."""

    DAY = gettext_noop("a date")
    TIME = gettext_noop("a time of day")
    TRUTH = gettext_noop("true or false")
    PERCENT = gettext_noop("a percentage")
    NUMBER = gettext_noop("a number")


@dataclass(frozen=True)
class Line:
    """A line of a sheet: its number there, and its cells as text."""

    number: int
    cells: list[str]
    sorts: dict[int, Sort] = field(default_factory=dict)
    """By the place of the cell in the line."""


@dataclass(frozen=True)
class Table:
    """A sheet as text: normalised column names, and (row number in the file, cells) per row."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]
    headings: list[str] = field(default_factory=list)
    """The column names as they stand in the file."""
    sorts: dict[tuple[int, int], Sort] = field(default_factory=dict)
    """By row number and place."""
    sheet: str = ""
    """What it is called in its workbook."""
    unread_sheets: list[str] = field(default_factory=list)
    """Names of further sheets of which each might have been the one."""

    def cells_of(self, place: int) -> Iterator[str]:
        return (cells[place] for _, cells in self.rows)


Weigh = Callable[[list[str]], int]
"""How much a line, as normalised column names, is the header that is looked for: 0 not at all,
CERTAIN or more if nothing is missing."""


def read_table(content: bytes, weigh: Weigh | None = None, most_rows: int | None = None) -> Table:
    """Read an XLSX workbook, or a CSV file in UTF-8, UTF-16 or Windows-1252.

    The header is the first line of the first sheet; or, if `weigh` is given, the first line that
    has all that is needed, else that which weighs most, on the first sheet where there is one.
    Further sheets that have all that is needed, and a row below it, are named and not read.

    It is read row by row and given up at the first bound that it breaks. Raises
    SpreadsheetTooLarge past IMPORT_MAX_BYTES or IMPORT_MAX_ROWS, and SpreadsheetRefused for more
    than MAX_COLUMNS and for everything else that is not a table with a header. `most_rows`: for a
    sample, of which so many are enough.
    """
    if len(content) > settings.IMPORT_MAX_BYTES:
        raise SpreadsheetTooLarge(
            gettext("The file is larger than {number} MB.").format(
                number=settings.IMPORT_MAX_BYTES >> 20
            )
        )
    is_workbook = content.startswith(b"PK")
    sheets = _xlsx_sheets(content) if is_workbook else _csv_readings(content)
    sheet = _best(sheets, weigh) if weigh else _Sheet(*next(sheets))
    header = sheet.header
    columns = _column_names(header.cells if header else [])
    headings = (header.cells if header else [])[: len(columns)]
    table = Table(columns, [], headings=headings, sheet=sheet.name)
    for line in islice(sheet.below_header(), most_rows):
        if len(table.rows) == settings.IMPORT_MAX_ROWS:
            raise SpreadsheetTooLarge(
                gettext("The file has more than {number} rows.").format(
                    number=settings.IMPORT_MAX_ROWS
                )
            )
        missing = len(columns) - len(line.cells)
        table.rows.append((line.number, line.cells + [""] * missing))
        for place, sort in line.sorts.items():
            table.sorts[line.number, place] = sort
    if weigh and is_workbook:  # after its rows, to which the bounds of the workbook belong
        table.unread_sheets.extend(_names_of_lists(sheets, weigh))
    return table


def lines_of(content: bytes) -> Iterator[list[str]]:
    """The cells of all that stands in a file, header or not, sheet by sheet.

    A sheet that cannot be read ends where it breaks. Raises SpreadsheetRefused for a file that is
    no list at all.
    """
    is_workbook = content.startswith(b"PK")
    sheets = _xlsx_sheets(content) if is_workbook else islice(_csv_readings(content), 1)
    for _name, lines in sheets:
        with suppress(SpreadsheetRefused):
            for line in lines:
                yield line.cells


class _Sheet:
    """One reading of a file, of which the first lines are looked at for the header."""

    def __init__(self, name: str, lines: Iterator[Line], weigh: Weigh | None = None) -> None:
        self.name = name
        self.lines = lines
        self.begun: list[Line] = []
        self.weight = 0
        self.refusal: SpreadsheetRefused | None = None
        self.at = 0
        if weigh is None:
            self.begun = list(islice(filter(_is_filled, lines), 1))
            return
        try:
            self._look_for_header(weigh)
        except SpreadsheetRefused as refusal:
            self.refusal = refusal

    def _look_for_header(self, weigh: Weigh) -> None:
        for line in self.lines:
            if _is_filled(line):
                self.begun.append(line)
                weight = weigh(column_names(line.cells))
                if weight > self.weight:
                    self.weight, self.at = weight, len(self.begun) - 1
            if self.is_certain or len(self.begun) == LOOKED_AT or line.number > FARTHEST_HEADER:
                break
        if not self.weight:  # a title is alone in its line
            wide = (at for at, line in enumerate(self.begun) if sum(map(bool, line.cells)) > 1)
            self.at = next(wide, 0)

    @property
    def is_certain(self) -> bool:
        return self.weight >= CERTAIN

    @property
    def header(self) -> Line | None:
        return self.begun[self.at] if self.begun else None

    def below_header(self) -> Iterator[Line]:
        return chain(self.begun[self.at + 1 :], filter(_is_filled, self.lines))

    @property
    def is_empty(self) -> bool:
        """To be asked of a sheet of which nothing else is read."""
        try:
            return next(self.below_header(), None) is None
        except SpreadsheetRefused:
            return False


def _is_filled(line: Line) -> bool:
    return any(line.cells)


def _best(sheets: Iterator[tuple[str, Iterator[Line]]], weigh: Weigh) -> _Sheet:
    """The first that has all that is needed; else the heaviest, of equals the first."""
    read: list[_Sheet] = []
    for name, lines in sheets:
        read.append(_Sheet(name, lines, weigh))
        if read[-1].is_certain:
            break
    best = max(read, key=lambda sheet: (sheet.weight, sheet.refusal is None and bool(sheet.begun)))
    if not best.weight and read[0].refusal is not None:
        best = read[0]
    if best.refusal is not None:
        raise best.refusal
    return best


def _names_of_lists(sheets: Iterator[tuple[str, Iterator[Line]]], weigh: Weigh) -> Iterator[str]:
    for name, lines in sheets:
        sheet = _Sheet(name, lines, weigh)
        if sheet.is_certain and not sheet.is_empty:
            yield name


def column_names(header: Iterable[str]) -> list[str]:
    """`Registration Number` -> `registration_number`."""
    return ["_".join(cell.casefold().replace("_", " ").split()) for cell in header]


def _column_names(header: list[str]) -> list[str]:
    names = column_names(header)
    while names and not names[-1]:
        names.pop()
    if not names:
        raise SpreadsheetRefused(gettext("The file is empty."))
    repeated = {name for name in names if name and names.count(name) > 1}
    if repeated:
        words = gettext("These columns appear twice: {names}.")
        raise SpreadsheetRefused(words.format(names=", ".join(sorted(repeated))))
    return names


# --- CSV --------------------------------------------------------------------------------------


def _csv_readings(content: bytes) -> Iterator[tuple[str, Iterator[Line]]]:
    """What the file holds by each sign that may divide its cells, the likeliest first."""
    text = _decoded(content)
    if "\x00" in text:
        raise SpreadsheetRefused(gettext("The file holds null characters: it is not a CSV file."))
    if said := SEPARATOR_LINE.match(text):  # a spreadsheet does not show this line, nor count it
        yield "", _csv_lines(text[said.end() :], said["delimiter"])
        return
    # Spreadsheets write `;` where the comma is the decimal sign; the first line tells, if that is
    # the header.
    first = text.lstrip().split("\n", 1)[0]
    likely = sorted(DELIMITERS, key=first.count, reverse=True)
    begin = text[:LOOKED_AT_CHARACTERS]
    for place, delimiter in enumerate(likely):
        if place == 0 or delimiter in begin:
            yield "", _csv_lines(text, delimiter)


def _decoded(content: bytes) -> str:
    """Text in UTF-8; as Excel and Notepad call it, also “Unicode” and “ANSI”."""
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), None)
    try:
        if encoding or (encoding := _utf_16_without_mark(content)):
            return content.decode(encoding).removeprefix("\ufeff")
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        refused = SpreadsheetRefused(
            gettext("The file is neither XLSX nor text. Save it as “CSV UTF-8” or as .xlsx.")
        )
        if encoding or NO_TEXT.search(content):
            raise refused from error
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            raise refused from error


def _utf_16_without_mark(content: bytes) -> str | None:
    """Every other byte of a text in our letters is zero then."""
    begin = content[:1000]
    if len(begin) < 4 or len(content) % 2:
        return None
    for name, zeros, others in (
        ("utf-16-le", begin[1::2], begin[::2]),
        ("utf-16-be", begin[::2], begin[1::2]),
    ):
        if zeros.count(0) * 2 > len(zeros) and not others.count(0):
            return name
    return None


def _csv_lines(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        # Counted as a spreadsheet counts: a cell with a line end in it makes no further row.
        for number, cells in enumerate(reader, 1):
            if number > MAX_SHEET_ROWS:
                raise SpreadsheetTooLarge(
                    gettext("The file has more lines than a spreadsheet can have.")
                )
            if "".join(cells[MAX_COLUMNS:]).strip():
                raise SpreadsheetRefused(str(TOO_WIDE))
            if any(cells):
                yield Line(number, [_csv_cell(cell.strip()) for cell in cells[:MAX_COLUMNS]])
    except csv.Error as error:
        words = gettext("Line {number} is not CSV: {error}.")
        raise SpreadsheetRefused(words.format(number=reader.line_num, error=error)) from error


def _csv_cell(cell: str) -> str:
    """`="00123"` is how a program keeps a spreadsheet from making a number of a text."""
    kept = KEPT_AS_TEXT.fullmatch(cell)
    return _literal(kept[1].strip()) if kept else cell


# --- XLSX -------------------------------------------------------------------------------------


def _xlsx_sheets(content: bytes) -> Iterator[tuple[str, Iterator[Line]]]:
    with _refusing_broken_workbooks():
        for name, rows in Workbook(content).sheets(MAX_COLUMNS):
            yield name, _xlsx_lines(rows)


def _xlsx_lines(sheet: Iterator[tuple[int, list[Any]]]) -> Iterator[Line]:
    with _refusing_broken_workbooks():
        for number, cells in sheet:
            sorts = {
                place: sort
                for place, value in enumerate(cells)
                if (sort := _SORTS.get(type(value))) is not None
            }
            yield Line(number, [_cell_text(value) for value in cells], sorts)


@contextmanager
def _refusing_broken_workbooks() -> Iterator[None]:
    try:
        yield
    except WorkbookTooLarge as error:
        raise SpreadsheetTooLarge(str(error)) from error
    except WorkbookTooWide as error:
        raise SpreadsheetRefused(str(TOO_WIDE)) from error
    except BROKEN_WORKBOOK as error:
        raise SpreadsheetRefused(gettext("This is not a readable XLSX workbook.")) from error


_SORTS: Mapping[type, Sort] = {
    bool: Sort.TRUTH,
    datetime: Sort.DAY,
    date: Sort.DAY,
    time: Sort.TIME,
    timedelta: Sort.TIME,
    Percentage: Sort.PERCENT,
    int: Sort.NUMBER,
    float: Sort.NUMBER,
}


def _cell_text(value: Any) -> str:
    """A cell as a person would type it into a CSV file."""
    match value:
        case None:
            return ""
        case Formula():
            return NOTHING_STORED  # refused with its row
        case str() as text:
            return _literal(text.strip())
        case bool() as truth:
            return "true" if truth else "false"
        case datetime() as moment:
            return moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
        case date() as day:
            return day.strftime("%Y-%m-%d")
        case Percentage(number=share):
            return f"{_number_text(round(share * 100, 6))}%"
        case int() | float() as number:
            return _number_text(number)
        case other:
            return str(other).strip()


def _literal(text: str) -> str:
    """Text, whatever it looks like, is no formula; what our own export has marked stays so."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _number_text(number: float) -> str:
    """`1234.0` is 1234; a number too long for a spreadsheet shows that it has been shortened."""
    if abs(number) >= LARGEST_EXACT_NUMBER:
        return f"{float(number):.2E}"
    return str(int(number)) if number == int(number) else repr(number)


def cell_value(text: str, sort: Sort | None) -> Any:
    """What stood in a cell of a workbook that was read as this text; as far as it was told."""
    try:
        if sort is Sort.DAY:
            moment = datetime.fromisoformat(text)
            return moment if len(text) > len("2003-05-17") else moment.date()
        if sort is Sort.NUMBER and "E" not in text:
            return float(text) if "." in text else int(text)
    except ValueError:
        return text
    if sort is Sort.PERCENT:
        return Percentage(float(text.removesuffix("%")) / 100)
    return text == "true" if sort is Sort.TRUTH else text


# --- out --------------------------------------------------------------------------------------


class _Echo:
    """A file that hands each written line straight back, for streaming."""

    def write(self, line: str) -> str:
        return line


def csv_stream(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """CSV with a header, in UTF-8 with the mark that makes Excel read it as such."""
    writer = csv.writer(_Echo())
    yield "\ufeff".encode() + writer.writerow(columns).encode()
    for row in rows:
        yield writer.writerow([defused(value) for value in row]).encode()


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV for `read_table` alone: every cell as it is, for no spreadsheet opens it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue().encode()


def defused(value: Any) -> Any:
    """Text that no spreadsheet runs as a formula: an apostrophe goes before it.

    Also before text that looks defused already, so that `is_defused` takes one and gets it back.
    """
    return f"'{value}" if isinstance(value, str) and _is_risky(value) else value


def undefused(text: str) -> str:
    """As it was before our own export marked it."""
    return text[1:] if is_defused(text) else text


def is_defused(text: str) -> bool:
    return text.startswith("'") and _is_risky(text)


def _is_risky(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA_STARTS)
