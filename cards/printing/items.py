"""The labelled facts on the front, in rows of one or two that fit the place below the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cards.printing.design import LABEL, VALUE, Theme
from cards.printing.face import CardFace
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
ROW_GAP = 1.6
SECOND_LINE = 2.6
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


def arrange(side: Side, face: CardFace, width: float, room: float) -> list[Row]:
    """The identifier and the lines in rows; what has no room is left out with a warning."""
    rows = _rows([(face.identifier_label, face.identifier), *face.lines], width)
    while rows_height(rows) > room:
        for label, value in rows.pop().items:
            side.warn(WarningCode.TEXT_CUT, f"{label}: {value}")
    spare = room - rows_height(rows)
    for index, row in enumerate(rows):
        if spare >= SECOND_LINE and _wants_second_line(row, width):
            rows[index] = replace(row, has_second_line=True)
            spare -= SECOND_LINE
    return rows


def rows_height(rows: Sequence[Row]) -> float:
    return sum(row.height for row in rows) + ROW_GAP * (len(rows) - 1)


def draw_rows(side: Side, rows: Sequence[Row], look: Theme, box: Box) -> None:
    y = box.y
    for row in rows:
        _draw_row(side, row, look, Box(box.x, y, box.width, row.height))
        y += row.height + ROW_GAP


def _rows(items: list[Item], width: float) -> list[Row]:
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
    return len(row.items) == 1 and not row.is_first and not _fits(row.items[0], width)


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
