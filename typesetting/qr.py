"""The QR code of a card as vector squares, each a whole number of printer dots.

A dye-sublimation printer rounds a module of 4.3 dots to 4 here and 5 there, and a scanner at a
gate pays for it (Denso Wave asks for four dots or more).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import zxingcpp

from typesetting.drawing import BLACK, Drawing
from typesetting.geometry import DOT, Box, on_dots

QUIET_ZONE = 4
"""Modules of white on each side (ISO/IEC 18004, 5.3.8)."""
FEWEST_DOTS = 4
# Black, in a picture.
DARK = re.compile(b"\x00+")


class QRDoesNotFit(ValueError):
    """The address makes a code too fine for its place."""


def draw_qr(drawing: Drawing, address: str, box: Box, *, quiet: float) -> None:
    """The code from the box's upper left corner, as large as whole dots allow.

    `quiet`: how much white there is around the box, in millimetres. Raises QRDoesNotFit.
    """
    rows = _modules(address)
    module = _dots(box, quiet, len(rows)) * DOT
    # Whole dots from the upper left corner of the card, where a printer's raster begins.
    x, y = on_dots(box.x), on_dots(box.y)
    drawing.fill(BLACK)
    drawing.modules(x, y, module, _runs(rows))


def _modules(address: str) -> list[bytes]:
    """Row by row: a dark module is DARK."""
    try:
        code = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    except ValueError as error:
        raise QRDoesNotFit(f"No QR code holds {len(address)} characters.") from error
    picture = memoryview(code.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]
    (height, width), dots = picture.shape or (0, 0), picture.tobytes()
    return [dots[row * width : (row + 1) * width] for row in range(height)]


def _dots(box: Box, quiet: float, modules: int) -> int:
    """Dots per module that fill the box and leave the quiet zone around it."""
    dots = int(min(box.width / modules, quiet / QUIET_ZONE) / DOT)
    if dots < FEWEST_DOTS:
        needed = modules * FEWEST_DOTS * DOT
        raise QRDoesNotFit(
            f"The QR code needs {needed:.1f} mm and its place has {box.width:.1f} mm: "
            "the address must be shorter."
        )
    return dots


def _runs(rows: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """Row, first column and length of each run of dark modules."""
    for row, modules in enumerate(rows):
        for run in DARK.finditer(modules):
            yield row, run.start(), run.end() - run.start()
