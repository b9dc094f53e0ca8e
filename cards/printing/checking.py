"""Whether a scanner reads each QR code of a finished file: its backs are drawn and looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pypdfium2
import zxingcpp

# Small, as most of the time is drawing; what is too fine for that is drawn as a printer does.
RESOLUTIONS = (150, 300)
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def unread_codes(
    file: BinaryIO, addresses: Sequence[str], on_pages: Sequence[int]
) -> Iterator[int]:
    """Which cards no scanner reads as the address that they should hold, by their place.

    `on_pages`: how many cards each back shows, as `write_cards` returned it. One page at a time is
    in memory. Not for two threads at once: PDFium is not made for that.
    """
    document = pypdfium2.PdfDocument(file)
    try:
        begin = 0
        for sheet, count in enumerate(on_pages):
            wanted = addresses[begin : begin + count]
            missed = _missed(document, 2 * sheet + 1, wanted)
            yield from (begin + index for index, address in enumerate(wanted) if address in missed)
            begin += count
    finally:
        document.close()


def _missed(document: pypdfium2.PdfDocument, page: int, wanted: Sequence[str]) -> set[str]:
    missed = set(wanted)
    for resolution in RESOLUTIONS:
        missed -= _read(document, page, resolution)
        if not missed:
            break
    return missed


def _read(document: pypdfium2.PdfDocument, page: int, resolution: int) -> set[str]:
    side = document[page]
    try:
        picture = side.render(scale=resolution / 72, grayscale=True, may_draw_forms=False).to_pil()
    finally:
        side.close()
    found = zxingcpp.read_barcodes(picture, formats=QR_CODES, try_rotate=False, try_invert=False)
    return {code.text for code in found}
