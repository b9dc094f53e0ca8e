"""The labelled facts on the front, in rows of one or two that fit the place below the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cards.printing.design import LABEL, VALUE, Theme
from typesetting.fitting import Sizes, fit
from typesetting.geometry import Box
from typesetting.side import Side
from typesetting.warnings import WarningCode

Item = tuple[str, str]

# A row of two gives its first item this part of the width.
LEFT_PART = 0.6
GAP = 2.0
LABEL_SIZE = 5.0
# From the top of a row, in millimetres.
LABEL_BASELINE = 1.3
IDENTIFIER_BASELINE = 4.6
VALUE_BASELINE = 3.85
# The second is for cards that would have to leave something out.
ROW_GAPS = (1.6, 1.1)
SECOND_LINE = 2.5
LEADING = 1.1
IDENTIFIER_SIZES = Sizes(9.4, 6.5)
VALUE_SIZES = Sizes(6.8, 6.0)
# A value that is alone in its row may shrink further before it is cut.
TIGHT_SIZES = Sizes(6.8, 5.4)


@dataclass(frozen=True)
class Row:
    items: tuple[Item, ...]
    is_first: bool
    has_second_line: bool = False

    @property
    def height(self) -> float:
        """To the foot of its last line."""
        return self.baseline + (SECOND_LINE if self.has_second_line else 0)

    @property
    def baseline(self) -> float:
        return IDENTIFIER_BASELINE if self.is_first else VALUE_BASELINE

    def sizes(self, index: int) -> Sizes:
        if self.is_first and index == 0:
            return IDENTIFIER_SIZES
        return VALUE_SIZES if len(self.items) == 2 else TIGHT_SIZES


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]
    gap: float

    @property
    def height(self) -> float:
        return _height(self.rows, self.gap)


def _height(rows: Sequence[Row], gap: float) -> float:
    return sum(row.height for row in rows) + gap * (len(rows) - 1)


def arrange(side: Side, items: Sequence[Item], width: float, room: float) -> Table:
    """The items in rows, the identifier first; what has no room is left out with a warning."""
    rows = _rows(items, width)
    while _height(rows, ROW_GAPS[-1]) > room:
        for label, value in rows.pop().items:
            side.warn(WarningCode.TEXT_CUT, f"{label}: {value}")
    for gap in ROW_GAPS:
        spread = _with_second_lines(rows, gap, width, room)
        if not any(_wants_second_line(row, width) for row in spread):
            break
    return Table(tuple(spread), gap)


def _with_second_lines(rows: Sequence[Row], gap: float, width: float, room: float) -> list[Row]:
    """As many as there is room for, the first rows first."""
    spread, spare = list(rows), room - _height(rows, gap)
    for index, row in enumerate(spread):
        if spare >= SECOND_LINE and _wants_second_line(row, width):
            spread[index] = replace(row, has_second_line=True)
            spare -= SECOND_LINE
    return spread


def draw_rows(side: Side, table: Table, look: Theme, box: Box) -> None:
    y = box.y
    for row in table.rows:
        _draw_row(side, row, look, Box(box.x, y, box.width, row.height))
        y += row.height + table.gap


def _rows(items: Sequence[Item], width: float) -> list[Row]:
    """Each item in turn; beside it the next one that is short enough."""
    left, right = _widths(width)
    rows: list[Row] = []
    waiting = list(items)
    while waiting:
        row = [waiting.pop(0)]
        partner = next((item for item in waiting if _fits(item, right)), None)
        if partner and _fits(row[0], left, VALUE_SIZES if rows else IDENTIFIER_SIZES):
            waiting.remove(partner)
            row.append(partner)
        rows.append(Row(tuple(row), is_first=not rows))
    return rows


def _widths(width: float) -> tuple[float, float]:
    left = (width - GAP) * LEFT_PART
    return left, width - GAP - left


def _fits(item: Item, width: float, sizes: Sizes = VALUE_SIZES) -> bool:
    return not fit(item[1], VALUE, width, sizes).is_cut


def _wants_second_line(row: Row, width: float) -> bool:
    may_have_one = len(row.items) == 1 and not row.is_first and not row.has_second_line
    return may_have_one and not _fits(row.items[0], width)


def _draw_row(side: Side, row: Row, look: Theme, box: Box) -> None:
    widths = _widths(box.width) if len(row.items) == 2 else (box.width,)
    x = box.x
    for index, ((label, value), width) in enumerate(zip(row.items, widths, strict=True)):
        y = box.y + LABEL_BASELINE
        side.put(label.upper(), LABEL, LABEL_SIZE, x, y, colour=look.band, width=width)
        steps = [row.sizes(index)] * (2 if row.has_second_line else 1)
        setting = fit(value, VALUE, width, *steps)
        side.set(setting, value, x, box.y + row.baseline, leading=LEADING)
        x += width + GAP
