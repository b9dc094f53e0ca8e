"""Spreadsheets in and out: CSV and XLSX read into rows of text, rows written as safe CSV."""

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from xml.parsers.expat import ExpatError

from django.conf import settings

from core.errors import DomainError
from people.workbooks import (
    MAX_SHEET_ROWS,
    BrokenWorkbook,
    Formula,
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
TOO_WIDE = f"The file has more than {MAX_COLUMNS} columns."


class SpreadsheetRefused(DomainError):
    status_code: int = HTTPStatus.BAD_REQUEST
    code = "invalid_spreadsheet"


class SpreadsheetTooLarge(SpreadsheetRefused):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "spreadsheet_too_large"


@dataclass(frozen=True)
class Table:
    """A sheet as text: normalised column names, and (row number in the file, cells) per row."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(content: bytes) -> Table:
    """Read the first sheet of an XLSX workbook, or a CSV file in UTF-8.

    It is read row by row and given up at the first bound that it breaks. Raises
    SpreadsheetTooLarge past IMPORT_MAX_BYTES or IMPORT_MAX_ROWS, and SpreadsheetRefused for more
    than MAX_COLUMNS and for everything else that is not a table with a header.
    """
    if len(content) > settings.IMPORT_MAX_BYTES:
        raise SpreadsheetTooLarge(f"The file is larger than {settings.IMPORT_MAX_BYTES >> 20} MB.")
    lines = _xlsx_lines(content) if content.startswith(b"PK") else _csv_lines(content)
    filled = ((number, cells) for number, cells in lines if any(cells))
    _, header = next(filled, (0, []))
    columns = _column_names(header)
    rows: list[tuple[int, list[str]]] = []
    for number, cells in filled:
        if len(rows) == settings.IMPORT_MAX_ROWS:
            raise SpreadsheetTooLarge(f"The file has more than {settings.IMPORT_MAX_ROWS} rows.")
        rows.append((number, cells + [""] * (len(columns) - len(cells))))
    return Table(columns, rows)


def _column_names(header: list[str]) -> list[str]:
    """`Registration Number` -> `registration_number`."""
    names = ["_".join(cell.casefold().replace("_", " ").split()) for cell in header]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise SpreadsheetRefused("The file is empty.")
    repeated = {name for name in names if name and names.count(name) > 1}
    if repeated:
        raise SpreadsheetRefused(f"These columns appear twice: {', '.join(sorted(repeated))}.")
    return names


# --- CSV --------------------------------------------------------------------------------------


def _csv_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpreadsheetRefused(
            "The file is neither XLSX nor UTF-8 text. Save it as “CSV UTF-8” or as .xlsx."
        ) from error
    if "\x00" in text:
        raise SpreadsheetRefused("The file holds null characters: it is not a CSV file.")
    # Spreadsheets write `;` where the comma is the decimal sign; the header line tells.
    delimiter = max(",;\t", key=text.lstrip().split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        # Counted as a spreadsheet counts: a cell with a line end in it makes no further row.
        for number, cells in enumerate(reader, 1):
            if number > MAX_SHEET_ROWS:
                raise SpreadsheetTooLarge("The file has more lines than a spreadsheet can have.")
            if "".join(cells[MAX_COLUMNS:]).strip():
                raise SpreadsheetRefused(TOO_WIDE)
            yield number, [cell.strip() for cell in cells[:MAX_COLUMNS]]
    except csv.Error as error:
        raise SpreadsheetRefused(f"Line {reader.line_num} is not CSV: {error}.") from error


# --- XLSX -------------------------------------------------------------------------------------


def _xlsx_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, cells in Workbook(content).first_sheet(MAX_COLUMNS):
            yield number, [_cell_text(value) for value in cells]
    except WorkbookTooLarge as error:
        raise SpreadsheetTooLarge(str(error)) from error
    except WorkbookTooWide as error:
        raise SpreadsheetRefused(TOO_WIDE) from error
    except BROKEN_WORKBOOK as error:
        raise SpreadsheetRefused("This is not a readable XLSX workbook.") from error


def _cell_text(value: Any) -> str:
    """A cell as a person would type it into a CSV file."""
    match value:
        case None:
            return ""
        case Formula():
            return "="  # refused with its row
        case str() as text:
            return _literal(text.strip())
        case bool() as truth:
            return "true" if truth else "false"
        case datetime() as moment:
            return moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
        case date() as day:
            return day.strftime("%Y-%m-%d")
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


def is_defused(text: str) -> bool:
    return text.startswith("'") and _is_risky(text)


def _is_risky(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA_STARTS)
