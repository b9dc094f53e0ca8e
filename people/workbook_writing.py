"""Rows written as an XLSX workbook in which texts stay texts, whatever they look like."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO, Final

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from people.spreadsheets import defused
from people.workbooks import Percentage

WIDTH: Final = 18
EMPTY_ROWS: Final = 500
"""Of a list to be filled: so many are ready for texts."""
TEXT, DAY, MOMENT, SHARE = "@", "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "0.00%"


def write_workbook(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> BinaryIO:
    """A sheet with a header; a text that a spreadsheet would run is marked as in CSV."""
    book, sheet = _begun(columns)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    return _saved(book)


def write_empty_list(columns: Sequence[str]) -> BinaryIO:
    """To be filled: whatever is typed into it stays as it was typed, first zeros too."""
    book, sheet = _begun(columns)
    for _ in range(EMPTY_ROWS):
        sheet.append([_cell(sheet, "") for _ in columns])
    return _saved(book)


def _begun(columns: Sequence[str]) -> tuple[Any, Any]:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    sheet.freeze_panes = "A2"
    for number in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTH
    header = [_cell(sheet, name) for name in columns]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    return book, sheet


def _saved(book: Any) -> BinaryIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value).isoformat()  # a workbook knows of no zones
    if isinstance(value, Percentage):
        return _formatted(sheet, value.number, SHARE)
    if isinstance(value, datetime):
        return _formatted(sheet, value, MOMENT)
    if isinstance(value, date):
        return _formatted(sheet, value, DAY)
    if value is None or isinstance(value, bool | int | float):
        return WriteOnlyCell(sheet, value)
    cell = _formatted(sheet, ILLEGAL_CHARACTERS_RE.sub("", defused(str(value))), TEXT)
    cell.data_type = "s"  # a name that begins with = is a name
    return cell


def _formatted(sheet: Any, value: Any, number_format: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = number_format
    return cell
