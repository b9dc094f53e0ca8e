"""Spreadsheets in and out: CSV and XLSX read into rows of text, rows written as safe CSV."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from defusedxml.common import DefusedXmlException
from django.conf import settings
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from rest_framework import status

from trackxpert.exceptions import DomainError

# What a spreadsheet reads as the start of a formula; a tab or line end before it does not help.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Unpacked, a workbook of 10 MB that holds people is far below this; a bomb is far above.
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
# Beyond 15 digits a spreadsheet keeps only an approximation.
LARGEST_EXACT_NUMBER = 10**15
MAX_COLUMNS = 200
BROKEN_WORKBOOK = (
    InvalidFileException,
    DefusedXmlException,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    SyntaxError,
    NotImplementedError,
    zipfile.LargeZipFile,
)


class SpreadsheetRefused(DomainError):
    status_code: int = status.HTTP_400_BAD_REQUEST
    code = "invalid_spreadsheet"


class SpreadsheetTooLarge(SpreadsheetRefused):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    code = "spreadsheet_too_large"


@dataclass(frozen=True)
class Table:
    """A sheet as text: normalised column names, and (row number in the file, cells) per row."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(content: bytes) -> Table:
    """Read the first sheet of an XLSX workbook, or a CSV file in UTF-8.

    Raises SpreadsheetTooLarge past IMPORT_MAX_BYTES or IMPORT_MAX_ROWS, and SpreadsheetRefused
    for everything else that is not a table with a header.
    """
    if len(content) > settings.IMPORT_MAX_BYTES:
        raise SpreadsheetTooLarge(f"The file is larger than {settings.IMPORT_MAX_BYTES >> 20} MB.")
    lines = _xlsx_lines(content) if content.startswith(b"PK") else _csv_lines(content)
    return _as_table(lines)


def _as_table(lines: Iterable[tuple[int, list[str]]]) -> Table:
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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells[:MAX_COLUMNS]]
    except csv.Error as error:
        raise SpreadsheetRefused(f"Line {reader.line_num} is not CSV: {error}.") from error


def _delimiter(text: str) -> str:
    """Spreadsheets write `;` where the comma is the decimal sign; the header line tells."""
    header = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=header.count)


# --- XLSX -------------------------------------------------------------------------------------


def _xlsx_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        _check_unpacked_size(content)
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = workbook.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), 1):
            yield number, [_cell_text(value) for value in cells]
    except BROKEN_WORKBOOK as error:
        raise SpreadsheetRefused("This is not a readable XLSX workbook.") from error


def _check_unpacked_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise SpreadsheetTooLarge("The workbook is too large when unpacked.")


def _cell_text(value: Any) -> str:
    """A cell as a person would type it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.strftime("%Y-%m-%d")
        case float() if value.is_integer() and abs(value) < LARGEST_EXACT_NUMBER:
            return str(int(value))
        case int() if abs(value) >= LARGEST_EXACT_NUMBER:
            return f"{value:.2E}"  # refused with its row as what it is: a mangled number
        case float():
            return f"{value:.2E}" if abs(value) >= LARGEST_EXACT_NUMBER else repr(value)
        case _:
            return str(value).strip()


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


def defused(value: Any) -> Any:
    """Text that no spreadsheet runs as a formula: an apostrophe goes before it."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def is_defused(text: str) -> bool:
    return text[:1] == "'" and text[1:].startswith(FORMULA_STARTS)
