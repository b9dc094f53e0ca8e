"""How the tests look at a PDF: its structure, its text, and what a scanner sees of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image
from pypdf import PageObject, PdfReader

from cards.printing import CardFace, PrintWarning, render_card, write_cards
from cards.printing.tests.cast import INSTITUTION

DPI = 300
POINT = 72 / DPI
"""Points per dot."""
MATRIX = re.compile(rb"(-?[\d.]+) 0 0 (-?[\d.]+) (-?[\d.]+) (-?[\d.]+) cm")


def pages(pdf: bytes) -> list[PageObject]:
    return list(PdfReader(io.BytesIO(pdf)).pages)


def texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pages(pdf)]


def text_of(face: CardFace) -> str:
    return "\n".join(texts(render_card(face, INSTITUTION).pdf))


def codes(face: CardFace) -> set[str]:
    return {str(warning.code) for warning in render_card(face, INSTITUTION).warnings}


def details(face: CardFace, code: str) -> list[str]:
    warnings = render_card(face, INSTITUTION).warnings
    return [warning.detail for warning in warnings if warning.code == code]


def written(faces: list[CardFace], **options: Any) -> bytes:
    out = io.BytesIO()
    write_cards(faces, INSTITUTION, out, **options)
    return out.getvalue()


def progress(faces: list[CardFace], **options: Any) -> list[tuple[int, tuple[PrintWarning, ...]]]:
    calls: list[tuple[int, tuple[PrintWarning, ...]]] = []
    written(faces, on_progress=lambda *call: calls.append(call), **options)
    return calls


def render(pdf: bytes, page: int, dpi: int = DPI) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        image: Image.Image = document[page].render(scale=dpi / 72).to_pil().convert("RGB")
        return image
    finally:
        document.close()


@dataclass(frozen=True)
class Found:
    """Something on a page, with its middle in millimetres from the upper left corner."""

    text: str
    x: float
    y: float


def scanned(pdf: bytes, page: int) -> list[Found]:
    """The QR codes that a scanner finds on a printout of the page."""
    qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = zxingcpp.read_barcodes(render(pdf, page), formats=qr)
    return [_found(code) for code in found]


def _found(code: zxingcpp.Barcode) -> Found:
    corners = code.position
    x = (corners.top_left.x + corners.bottom_right.x) / 2
    y = (corners.top_left.y + corners.bottom_right.y) / 2
    return Found(code.text, x * 25.4 / DPI, y * 25.4 / DPI)


def located(pdf: bytes, page: int, wanted: list[str]) -> list[Found]:
    """Where these texts stand on the page: the lower left corner of each."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        sheet = document[page]
        text_page = sheet.get_textpage()
        return [
            Found(text, left * 25.4 / 72, (sheet.get_height() - bottom) * 25.4 / 72)
            for text in wanted
            for index, _ in [text_page.search(text).get_next()]
            for left, bottom, _, _ in [text_page.get_charbox(index)]
        ]
    finally:
        document.close()


def ink(pdf: bytes, page: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all letters on a page, in millimetres."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        sheet = document[page]
        text_page = sheet.get_textpage()
        boxes = [text_page.get_charbox(index) for index in range(text_page.count_chars())]
        boxes = [box for box in boxes if box[2] > box[0]]
        height = sheet.get_height()
    finally:
        document.close()
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    edges = (min(lefts), height - max(tops), max(rights), height - min(bottoms))
    left, top, right, bottom = (edge * 25.4 / 72 for edge in edges)
    return left, top, right, bottom


@dataclass(frozen=True)
class Grid:
    """A QR code's modules as the page draws them, in dots from the upper left corner."""

    size: float
    x: float
    y: float


def grids(page: PageObject) -> Iterator[Grid]:
    contents = page.get_contents()
    assert contents is not None
    left = bottom = 0.0
    for match in MATRIX.finditer(contents.get_data()):
        width, height, x, y = (float(number) for number in match.groups())
        if (width, height) == (1, 1):
            left, bottom = x, y
        elif height == -width:
            top = float(page.mediabox.height) - bottom - y
            yield Grid(width / POINT, (left + x) / POINT, top / POINT)
