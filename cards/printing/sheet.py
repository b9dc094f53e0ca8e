"""Ten cards on a sheet of A4, for schools that print on paper and cut and laminate.

Fronts are on one page and backs on the next, column by column the other way round: a printer
that turns the sheet on its long edge puts each back behind its front.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from typesetting.drawing import BLACK, Drawing
from typesetting.geometry import BLEED, CARD_HEIGHT, CARD_WIDTH, Box, on_dots

A4_WIDTH = 210.0
A4_HEIGHT = 297.0
COLUMNS = 2
ROWS = 5
PER_SHEET = COLUMNS * ROWS
GUTTER = 4.0
# Marks begin where the bleed ends, so that two of them just meet across a gutter.
MARK = 3.0
MARK_PEN = 0.35

LEFT = (A4_WIDTH - COLUMNS * CARD_WIDTH - (COLUMNS - 1) * GUTTER) / 2
TOP = (A4_HEIGHT - ROWS * CARD_HEIGHT - (ROWS - 1) * GUTTER) / 2


def sheet(cards: Sequence[Drawing], *, is_back: bool, used: int = 0) -> Drawing:
    """At most PER_SHEET sides, row by row; the first `used` places stay empty."""
    page = Drawing(A4_WIDTH, A4_HEIGHT)
    for index, card in enumerate(cards, start=used):
        place = _place(index, is_back=is_back)
        page.place(card, place.x, place.y)
    page.stroke(BLACK, MARK_PEN)
    for index in range(used, used + len(cards)):
        for start, end in _marks(_place(index, is_back=is_back)):
            page.line(*start, *end)
    return page


def _place(index: int, *, is_back: bool) -> Box:
    row, column = divmod(index, COLUMNS)
    if is_back:
        column = COLUMNS - 1 - column
    # On whole dots, so that the modules of the QR codes stay on them.
    x = on_dots(LEFT + column * (CARD_WIDTH + GUTTER))
    y = on_dots(TOP + row * (CARD_HEIGHT + GUTTER))
    return Box(x, y, CARD_WIDTH, CARD_HEIGHT)


def _marks(card: Box) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Two short lines at each corner, outside the card."""
    near, far = BLEED, BLEED + MARK
    for x, outward in ((card.x, -1), (card.right, 1)):
        for y, upward in ((card.y, -1), (card.bottom, 1)):
            yield (x + outward * near, y), (x + outward * far, y)
            yield (x, y + upward * near), (x, y + upward * far)
