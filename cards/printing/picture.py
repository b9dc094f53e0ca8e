"""A page of a PDF as a picture for a screen."""

from __future__ import annotations

import io
from threading import Lock

import pypdfium2

DPI = 200
# PDFium is not made for two threads at once.
_ONE_AT_A_TIME = Lock()


def picture_of(pdf: bytes, page: int) -> bytes:
    """As PNG."""
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(pdf)
        try:
            image = document[page].render(scale=DPI / 72).to_pil()
        finally:
            document.close()
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=3)
    return png.getvalue()
