"""A report as PDF: head, figures, chart and table.

Each page goes into the file as soon as it is full, so that five thousand students take no more
memory than fifty. All rows are of one height: how many pages there are is known before the first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, BinaryIO

from django.utils import timezone
from django.utils.translation import get_language, gettext

from reports.chart import draw_chart
from reports.counting import Report, ReportRow, one_moment, percent
from reports.kinds import GroupBy
from reports.paper import (
    BAND,
    BOLD_NUMBER,
    GREY,
    MARGIN,
    NUMBER,
    ZEBRA,
    Sheet,
    first_page,
    next_page,
    put,
)
from students.kind import STUDENT
from typesetting.document import Document
from typesetting.drawing import WHITE, Drawing
from typesetting.fitting import Sizes, fit
from typesetting.geometry import Box
from typesetting.typefaces import BOLD, REGULAR, SEMIBOLD, Style

TILES_TOP = BAND + 16
TILE_HEIGHT = 15.0
TILE_GAP = 3.0
TILE_SIZES = Sizes(14, 6)
CHART_TOP = TILES_TOP + TILE_HEIGHT + 7
CHART_HEIGHT = {False: 74.0, True: 56.0}  # by whether the sheet is landscape
NOTE_SIZE = 6.5
GAP = 9.0
HEAD_HEIGHT = 8.5
ROW_HEIGHT = 5.6
TEXT_SIZE = 7.8
PADDING = 1.6
NUMBER_WIDTH = 14.0
# Parts beyond these stand in one column: paper has an end.
MOST_PARTS = 8
PORTRAIT_NUMBERS = 8


@dataclass(frozen=True)
class TableColumn:
    heading: str
    x: float
    width: float
    key: str = ""
    part_of: str = ""
    parts: tuple[str, ...] = ()
    is_text: bool = False

    def text(self, row: ReportRow) -> str:
        if self.part_of:
            return f"{sum(row[self.part_of][part] for part in self.parts):,}"
        value = row[self.key]
        if self.is_text:
            return str(value) or "–"
        return f"{value:,}" if isinstance(value, int) else percent(value).removesuffix(" %")


def write_pdf(report: Report, out: BinaryIO) -> None:
    with one_moment():
        numbers = _numbers(report)
        sheet = _sheet_of(report, is_landscape=len(numbers) > PORTRAIT_NUMBERS)
        table = _Table(sheet, _columns(report, sheet, numbers))
        title = f"{report.title} {report.subtitle}, {report.span}"
        document = Document(out, title=title, language=get_language() or "en")
        rows: Iterator[tuple[ReportRow, bool]] = chain(
            ((row, False) for row in report.rows), [(report.totals, True)]
        )
        drawing, box = first_page(sheet), _below_chart(sheet)
        _draw_tiles(drawing, report, sheet)
        chart = Box(MARGIN, CHART_TOP, sheet.width - 2 * MARGIN, CHART_HEIGHT[sheet.is_landscape])
        draw_chart(drawing, report, sheet.look, chart)
        put(
            drawing,
            str(report.kind.note),
            REGULAR,
            NOTE_SIZE,
            MARGIN,
            chart.bottom + 5,
            colour=GREY,
        )
        for number in range(1, sheet.pages + 1):
            if number > 1:
                drawing, box = next_page(sheet, number), sheet.body
            table.draw(drawing, box, rows)
            document.add_page(drawing)
        document.finish()


def _sheet_of(report: Report, *, is_landscape: bool) -> Sheet:
    sheet = Sheet(
        title=report.title,
        subtitle=report.subtitle,
        span=str(report.span),
        made_at=timezone.localtime(),
        pages=1,
        is_landscape=is_landscape,
    )
    # The rows, and their total below them.
    others = len(report.groups) + 1 - _room(_below_chart(sheet))
    return replace(sheet, pages=1 + max(0, -(-others // _room(sheet.body))))


def _below_chart(sheet: Sheet) -> Box:
    """The table's place on the first page."""
    return sheet.below(CHART_TOP + CHART_HEIGHT[sheet.is_landscape] + GAP)


def _room(box: Box) -> int:
    """How many rows a table of this height has."""
    return int((box.height - HEAD_HEIGHT) / ROW_HEIGHT)


def _draw_tiles(drawing: Drawing, report: Report, sheet: Sheet) -> None:
    """The totals, to be read from across the desk."""
    headline = report.headline
    width = (sheet.width - 2 * MARGIN - TILE_GAP * (len(headline) - 1)) / len(headline)
    room = width - 4
    size = min(fit(value, BOLD, room, TILE_SIZES).size for _, value in headline)
    for number, (name, value) in enumerate(headline):
        box = Box(MARGIN + number * (width + TILE_GAP), TILES_TOP, width, TILE_HEIGHT)
        drawing.fill(sheet.look.tint(0.08))
        drawing.box(box, radius=1.5)
        x = box.x + 2.2
        put(drawing, value, BOLD, size, x, box.y + 7.3, colour=sheet.look.primary, width=room)
        put(drawing, name, REGULAR, 7, x, box.y + 12.3, colour=GREY, width=room)


# --- the table --------------------------------------------------------------------------------


def _numbers(report: Report) -> list[dict[str, Any]]:
    """What the columns of numbers show."""
    figures = [{"heading": str(f.heading), "key": f.key} for f in report.figures if f.is_on_paper]
    figures += [{"heading": str(a.heading), "key": a.key} for a in report.kind.asides]
    rates = [{"heading": str(r.heading), "key": r.key} for r in report.kind.rates]
    if not report.kind.breakdown:
        return [*figures, *rates]
    name = report.kind.breakdown.key
    shown, others = report.parts[:MOST_PARTS], report.parts[MOST_PARTS:]
    parts = [{"heading": str(p.heading), "part_of": name, "parts": (p.key,)} for p in shown]
    if others:
        keys = tuple(part.key for part in others)
        parts.append({"heading": gettext("All other"), "part_of": name, "parts": keys})
    return [*figures, *rates, *parts]


# The labels that there is room for, with their part of the width.
TEXTS = {
    GroupBy.CLASS: {"class_code": 0.5, "class_level": 0.5},
    GroupBy.DEPARTMENT: {"department": 1.0},
    GroupBy.STUDENT: {STUDENT.number_key: 0.3, "full_name": 0.48, "class_code": 0.22},
}


def _columns(report: Report, sheet: Sheet, numbers: Sequence[dict[str, Any]]) -> list[TableColumn]:
    width = sheet.width - 2 * MARGIN
    least = 96.0 if report.group_by == GroupBy.STUDENT else 60.0
    each = min(NUMBER_WIDTH, (width - least) / len(numbers))
    room = width - each * len(numbers)
    headings = {label.key: str(label.heading) for label in report.labels}
    columns, x = [], MARGIN
    for key, part in TEXTS[report.group_by].items():
        columns.append(TableColumn(headings[key], x, room * part, key=key, is_text=True))
        x += room * part
    for number in numbers:
        columns.append(TableColumn(x=x, width=each, **number))
        x += each
    return columns


@dataclass(frozen=True)
class _Table:
    sheet: Sheet
    columns: Sequence[TableColumn]

    def draw(self, drawing: Drawing, box: Box, rows: Iterator[tuple[ReportRow, bool]]) -> None:
        """The heading and as many rows as there is room for."""
        self._draw_heading(drawing, box)
        y = box.y + HEAD_HEIGHT
        for number in range(_room(box)):
            row, is_total = next(rows, (None, False))
            if row is None:
                return
            place = Box(box.x, y + number * ROW_HEIGHT, box.width, ROW_HEIGHT)
            if is_total:
                self._draw_total(drawing, row, place)
            else:
                self._draw_row(drawing, row, place, is_odd=number % 2 == 1)

    def _draw_heading(self, drawing: Drawing, box: Box) -> None:
        drawing.fill(self.sheet.look.primary)
        drawing.box(Box(box.x, box.y, box.width, HEAD_HEIGHT))
        y = box.y + HEAD_HEIGHT - 2.2
        for column in self.columns:
            self._put(drawing, column, column.heading, SEMIBOLD, 7, y, colour=WHITE, lines=2)

    def _draw_row(self, drawing: Drawing, row: ReportRow, box: Box, *, is_odd: bool) -> None:
        if is_odd:
            drawing.fill(ZEBRA)
            drawing.box(box)
        for column in self.columns:
            style = REGULAR if column.is_text else NUMBER
            self._put(drawing, column, column.text(row), style, TEXT_SIZE, box.bottom - 1.8)

    def _draw_total(self, drawing: Drawing, total: ReportRow, box: Box) -> None:
        drawing.fill(self.sheet.look.tint(0.12))
        drawing.box(box)
        drawing.stroke(self.sheet.look.primary, 0.8)
        drawing.line(box.x, box.y, box.right, box.y)
        y = box.bottom - 1.8
        self._put(drawing, self.columns[0], gettext("Total"), SEMIBOLD, TEXT_SIZE, y)
        for column in self.columns:
            if not column.is_text:
                self._put(drawing, column, column.text(total), BOLD_NUMBER, TEXT_SIZE, y)

    def _put(
        self,
        drawing: Drawing,
        column: TableColumn,
        text: str,
        style: Style,
        size: float,
        y: float,
        **how: Any,
    ) -> None:
        """Texts begin at the left of their column, numbers end at its right."""
        align = 0 if column.is_text else 1
        x = column.x + (PADDING if column.is_text else column.width - PADDING)
        room = column.width - (2 if column.is_text else 1) * PADDING
        put(drawing, text, style, size, x, y, width=room, align=align, **how)
