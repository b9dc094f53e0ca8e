"""Whether a scanner reads each QR code of a finished file: its backs are drawn and looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pypdfium2
import zxingcpp

from cards.printing.back import QR, QR_QUIET
from typesetting.geometry import CARD_HEIGHT, CARD_WIDTH, points

# Small, as most of the time is drawing; what is too fine for that is drawn as a printer does.
RESOLUTIONS = (150, 300)
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
Margins = tuple[float, float, float, float]
"""What is not looked at, from the left, from below, from the right and from above."""


def unread_codes(
    file: BinaryIO,
    addresses: Sequence[str],
    on_pages: Sequence[int],
    *,
    is_turned: bool = False,
    is_moved: bool = False,
) -> Iterator[int]:
    """Which cards no scanner reads as the address that they should hold, by their place.

    `on_pages`: how many cards each back shows, as `write_cards` returned it; `is_turned`: backs of
    one card are on their heads; `is_moved`: and not quite where they belong. One page at a time is
    in memory. Not for two threads at once: PDFium is not made for that.
    """
    document = pypdfium2.PdfDocument(file)
    try:
        begin = 0
        margins = (0, 0, 0, 0) if is_moved else _margins(document, is_turned=is_turned)
        for sheet, count in enumerate(on_pages):
            wanted = addresses[begin : begin + count]
            missed = _missed(document[2 * sheet + 1], wanted, margins)
            yield from (begin + index for index, address in enumerate(wanted) if address in missed)
            begin += count
    finally:
        document.close()


def _missed(side: pypdfium2.PdfPage, wanted: Sequence[str], margins: Margins) -> set[str]:
    missed = set(wanted)
    try:
        for resolution in RESOLUTIONS:
            missed -= _read(side, resolution, margins)
            if not missed:
                break
    finally:
        side.close()
    return missed


def _margins(document: pypdfium2.PdfDocument, *, is_turned: bool) -> Margins:
    """Of a card's page all but its code and the white around it; of a sheet nothing."""
    if round(document.get_page_size(0)[0]) != round(points(CARD_WIDTH)):
        return 0, 0, 0, 0
    before = points(QR.x - QR_QUIET), points(CARD_HEIGHT - QR.bottom - QR_QUIET)
    after = points(CARD_WIDTH - QR.right - QR_QUIET), points(QR.y - QR_QUIET)
    return (*after, *before) if is_turned else (*before, *after)


def _read(side: pypdfium2.PdfPage, resolution: int, margins: Margins) -> set[str]:
    picture = side.render(
        scale=resolution / 72, crop=margins, grayscale=True, may_draw_forms=False
    ).to_pil()
    found = zxingcpp.read_barcodes(picture, formats=QR_CODES, try_rotate=False, try_invert=False)
    return {code.text for code in found}
