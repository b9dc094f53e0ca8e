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

from django.conf import settings
from openpyxl import load_workbook
from openpyxl.utils.exceptions import CellCoordinatesException, InvalidFileException

from core.errors import DomainError

# What a spreadsheet reads as the start of a formula; a tab or line end before it does not help,
# and under East Asian settings the wide forms count as well.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# Unpacked, a workbook of 10 MB that holds people is below these; a bomb is far above. Every piece
# of markup costs the reader hundreds of bytes, so they are counted apart.
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_MARKUP = 3_000_000
# Beyond 15 digits a spreadsheet keeps only an approximation.
LARGEST_EXACT_NUMBER = 10**15
MAX_SHEET_ROWS = 1_048_576
MAX_COLUMNS = 200
# What openpyxl lets through from its parts when a workbook is broken or no workbook at all; the
# refusals of defusedxml are ValueErrors.
BROKEN_WORKBOOK = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    CellCoordinatesException,
    InvalidFileException,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)


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

    Raises SpreadsheetTooLarge past IMPORT_MAX_BYTES or IMPORT_MAX_ROWS, and SpreadsheetRefused
    for everything else that is not a table with a header.
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
            yield number, [cell.strip() for cell in cells[:MAX_COLUMNS]]
    except csv.Error as error:
        raise SpreadsheetRefused(f"Line {reader.line_num} is not CSV: {error}.") from error


# --- XLSX -------------------------------------------------------------------------------------


def _xlsx_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        _check_unpacked_size(content)
        sheets = load_workbook(io.BytesIO(content), read_only=True).worksheets
        sheet = next((sheet for sheet in sheets if sheet.sheet_state == "visible"), sheets[0])
        sheet.reset_dimensions()  # some programs write a wrong size; rows beyond it would be lost
        for number, cells in enumerate(sheet.iter_rows(), 1):
            if number > MAX_SHEET_ROWS:
                raise SpreadsheetTooLarge("The sheet has more rows than a spreadsheet can have.")
            yield number, [_cell_text(cell.value, cell.data_type) for cell in cells[:MAX_COLUMNS]]
    except BROKEN_WORKBOOK as error:
        raise SpreadsheetRefused("This is not a readable XLSX workbook.") from error


def _check_unpacked_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if (
            sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES
            or sum(archive.read(entry).count(b"<") for entry in entries) > MAX_MARKUP
        ):
            raise SpreadsheetTooLarge("The workbook is too large when unpacked.")


def _cell_text(value: Any, data_type: str) -> str:
    """A cell as a person would type it into a CSV file."""
    match value:
        case None:
            return ""
        case _ if data_type == "f":
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
