"""A report as CSV, which streams, and as XLSX, which is written row by row.

Programs read them too: what they are headed by is in English, whoever asks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from institution.declared import INSTITUTION_NAME, INSTITUTION_PRIMARY_COLOUR
from institution.reading import setting
from people.spreadsheets import csv_stream, defused
from reports.counting import Report, ReportRow, one_moment
from typesetting.colours import contrast, parse
from typesetting.drawing import BLACK, WHITE

TOTAL = "Total"
TEXT_WIDTH, NUMBER_WIDTH = 26, 13
PERCENT = "0.00"


@dataclass(frozen=True)
class SpreadsheetColumn:
    key: str
    heading: str
    is_text: bool = False
    part_of: str = ""
    """The key of the report's parts, for the number of one part."""
    number_format: str = "#,##0"

    def value(self, row: ReportRow) -> Any:
        return row[self.part_of][self.key] if self.part_of else row[self.key]


def columns_of(report: Report) -> list[SpreadsheetColumn]:
    """Texts, figures, rates, and a column for each part."""
    breakdown = report.kind.breakdown
    return [
        *(
            SpreadsheetColumn(label.key, str(label.heading), is_text=True)
            for label in report.labels
        ),
        *(SpreadsheetColumn(figure.key, str(figure.heading)) for figure in report.figures),
        *(SpreadsheetColumn(aside.key, str(aside.heading)) for aside in report.kind.asides),
        *(
            SpreadsheetColumn(rate.key, str(rate.heading), number_format=PERCENT)
            for rate in report.kind.rates
        ),
        *(
            SpreadsheetColumn(
                part.key, str(part.heading), part_of=breakdown.key if breakdown else ""
            )
            for part in report.parts
        ),
    ]


def _in_english() -> translation.override:
    return translation.override(settings.LANGUAGE_CODE)


def total_cells(
    report: Report, columns: Iterable[SpreadsheetColumn], total: ReportRow
) -> list[Any]:
    """The last line; its first cell says what it is."""
    cells = ["" if column.is_text else column.value(total) for column in columns]
    return [TOTAL, *cells[1:]]


# --- CSV --------------------------------------------------------------------------------------


def csv_lines(report: Report) -> Iterator[bytes]:
    """A header, a line for each group, and the total. One query brings the groups in chunks."""
    with _in_english():
        columns = columns_of(report)
    names = [defused(column.heading if column.part_of else column.key) for column in columns]
    return csv_stream(names, _lines(report, columns))


def write_csv(report: Report, out: BinaryIO) -> None:
    out.writelines(csv_lines(report))


def _lines(report: Report, columns: list[SpreadsheetColumn]) -> Iterator[list[Any]]:
    total: ReportRow | None = None
    for row in report.rows:
        # Added up on the way: a query of its own would be of another moment.
        total = report.added(total, row)
        yield [column.value(row) for column in columns]
    if total:
        yield total_cells(report, columns, total)


# --- XLSX -------------------------------------------------------------------------------------


def write_xlsx(report: Report, out: BinaryIO) -> None:
    """Three sheets: the groups, the days, and what it is about. Rows go to disk one by one."""
    book = Workbook(write_only=True)
    with one_moment(), _in_english():
        columns = columns_of(report)
        groups = _sheet(book, str(report.kind.subject.label), columns)
        for row in report.rows:
            groups.append([_cell(groups, column, column.value(row)) for column in columns])
        total = zip(columns, total_cells(report, columns, report.totals), strict=True)
        groups.append([_cell(groups, column, value, is_bold=True) for column, value in total])
        _write_days(book, report)
        _write_about(book, report)
    book.save(out)


def _write_days(book: Any, report: Report) -> None:
    columns = [
        SpreadsheetColumn("date", "Day", number_format="yyyy-mm-dd"),
        *(SpreadsheetColumn(figure.key, str(figure.heading)) for figure in report.kind.figures),
        *(
            SpreadsheetColumn(rate.key, str(rate.heading), number_format=PERCENT)
            for rate in report.kind.rates
        ),
    ]
    sheet = _sheet(book, "Days", columns)
    for day in report.days:
        sheet.append([_cell(sheet, column, column.value(day)) for column in columns])


def _write_about(book: Any, report: Report) -> None:
    sheet = book.create_sheet("About")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 90
    facts = {
        "Institution": setting(INSTITUTION_NAME),
        "Report": f"{report.title}, {report.subtitle}",
        "From": report.span.first,
        "To": report.span.last,
        "Made at": timezone.localtime().strftime("%Y-%m-%d %H:%M %Z"),
        "Note": str(report.kind.note),
    }
    for name, value in facts.items():
        column = SpreadsheetColumn("", "", number_format="yyyy-mm-dd")
        sheet.append([_cell(sheet, column, name, is_bold=True), _cell(sheet, column, value)])


def _sheet(book: Any, title: str, columns: list[SpreadsheetColumn]) -> Any:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        width = TEXT_WIDTH if column.is_text else NUMBER_WIDTH
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_heading(sheet, column.heading) for column in columns])
    return sheet


def _heading(sheet: Any, text: str) -> Any:
    colour = parse(setting(INSTITUTION_PRIMARY_COLOUR))
    is_dark = contrast(colour, WHITE) >= contrast(colour, BLACK)
    cell = _cell(sheet, SpreadsheetColumn("", "", is_text=True), text)
    cell.font = Font(bold=True, color="FFFFFF" if is_dark else "000000")
    cell.fill = PatternFill("solid", fgColor=setting(INSTITUTION_PRIMARY_COLOUR).lstrip("#"))
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _cell(sheet: Any, column: SpreadsheetColumn, value: Any, *, is_bold: bool = False) -> Any:
    if isinstance(value, str | UUID):
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", str(value)))
        cell.data_type = "s"  # a name that begins with = is a name
    else:
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = column.number_format
    if is_bold:
        cell.font = Font(bold=True)
    return cell
