"""A text as Code 128 (ISO/IEC 15417): bars of whole printer dots, for readers of one line."""

from __future__ import annotations

from itertools import accumulate

from reportlab.graphics.barcode.code128 import Code128

from typesetting.drawing import BLACK, Drawing
from typesetting.geometry import DOT, Box, on_dots

QUIET_ZONE = 10
"""Modules of white on each side."""
# What a hand-held reader still tells apart; more than the largest gains nothing.
FEWEST_DOTS = 2
MOST_DOTS = 4


def draw_code128(drawing: Drawing, text: str, box: Box) -> bool:
    """The code in the middle of the box, quiet zones within; False: it has no room there.

    Or it has letters that the code has not: everything beyond ASCII.
    """
    bars = _bars(text)
    modules = sum(bars) + 2 * QUIET_ZONE
    dots = min(int(box.width / (modules * DOT)), MOST_DOTS)
    if not bars or dots < FEWEST_DOTS:
        return False
    module = dots * DOT
    start = on_dots(box.x + (box.width - modules * module) / 2) + QUIET_ZONE * module
    places = list(accumulate(bars, initial=0))
    drawing.fill(BLACK)
    # Every other one is a space.
    runs = ((0, left, width) for left, width in zip(places[::2], bars[::2], strict=False))
    drawing.modules(start, box.y, module, runs, height=box.height)
    return True


def _bars(text: str) -> list[int]:
    """The widths of bars and spaces in turn, in modules; none for what cannot be said."""
    code = Code128(text)
    code.validate()
    if not code.valid or not text:
        return []
    code.encode()
    return [ord(width.upper()) - ord("@") for width in code.decompose()]
