"""One card as a PDF of two pages, or any number of cards as one PDF."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import BinaryIO, NamedTuple

from cards.printing import front, front_panel
from cards.printing.back import back_background, draw_back
from cards.printing.face import CardFace, CardStyle, RenderedCard
from cards.printing.sheet import PER_SHEET, sheet
from typesetting.document import Document
from typesetting.drawing import Drawing
from typesetting.geometry import on_dots
from typesetting.institution import Institution
from typesetting.photo import Portrait, Unreadable, portrait
from typesetting.side import Side
from typesetting.warnings import PrintWarning

TITLE = "ID cards"

Sides = tuple[Drawing, Drawing]
"""Front and back."""
Shift = tuple[float, float]
"""How far to the right and down, in millimetres."""


class Design(NamedTuple):
    draw_front: Callable[[CardFace, Institution], Side]
    background: Callable[[CardStyle, Institution], Side]


DESIGNS = {
    "band": Design(front.draw_front, front.front_background),
    "panel": Design(front_panel.draw_front, front_panel.front_background),
}
Progress = Callable[[int, tuple[PrintWarning, ...]], None]


class Layout(StrEnum):
    CR80 = "cr80"
    """A page of a card's size for each side: front, back, front, back. For card printers."""
    A4 = "a4"
    """Ten cards on a sheet, a page of fronts and one of backs. For office printers."""


def render_card(
    face: CardFace, institution: Institution, *, is_turned: bool = False, shift: Shift = (0, 0)
) -> RenderedCard:
    """Front and back, each on a page of exactly 85.60 x 53.98 mm.

    `is_turned`: the back is on its head, for printers that turn the card over its short edge;
    `shift` moves both, for one that feeds it a little off. Raises QRDoesNotFit for an address that
    is too long.
    """
    out = io.BytesIO()
    found: list[PrintWarning] = []
    write_cards(
        [face],
        institution,
        out,
        is_turned=is_turned,
        shift=shift,
        on_progress=lambda _, warnings: found.extend(warnings),
    )
    return RenderedCard(out.getvalue(), tuple(found))


def prepare_photo(data: bytes) -> bytes | Portrait:
    """The photo as it will be printed, or the same bytes if they are no picture.

    For threads: Pillow works outside the interpreter's lock, so the photos of the next cards can
    be reduced while this one is drawn.
    """
    try:
        return portrait(data, front.PHOTO)
    except Unreadable:
        return data


def write_cards(
    faces: Iterable[CardFace],
    institution: Institution,
    out: BinaryIO,
    *,
    layout: str = Layout.CR80,
    is_turned: bool = False,
    first_cell: int = 1,
    is_short_edge: bool = False,
    shift: Shift = (0, 0),
    on_progress: Progress = lambda done, warnings: None,
) -> list[int]:
    """Write all cards to one PDF; returns how many each pair of pages, front and back, shows.

    `faces` is read as it is needed and `out` is only written to: memory does not grow with the
    number of cards. After each card `on_progress` gets the number done and that card's warnings;
    those about the institution come with the first card of each kind. Sheets of A4 begin at
    `first_cell` of the first one; `is_short_edge`: the printer turns them on their short edge.
    `shift` moves cards of their own page, and the backs of sheets.
    """
    document = Document(out, title=TITLE)
    cards = _drawn(faces, institution, on_progress)
    if Layout(layout) is Layout.A4:
        return write_sheets(
            document, cards, first_cell=first_cell, is_short_edge=is_short_edge, shift=shift
        )
    return write_pages(document, cards, is_turned=is_turned, shift=shift)


def _drawn(
    faces: Iterable[CardFace], institution: Institution, on_progress: Progress
) -> Iterator[Sides]:
    seen: set[CardStyle] = set()
    for done, face in enumerate(faces, start=1):
        fore = DESIGNS[institution.design].draw_front(face, institution)
        back = draw_back(face, institution)
        shared = {} if face.style in seen else _shared_warnings(face.style, institution)
        seen.add(face.style)
        yield fore.drawing, back.drawing
        on_progress(done, tuple(shared | fore.warnings | back.warnings))


def _shared_warnings(style: CardStyle, institution: Institution) -> dict[PrintWarning, None]:
    fore = DESIGNS[institution.design].background(style, institution).warnings
    return fore | back_background(style, institution).warnings


def _turned(drawing: Drawing) -> Drawing:
    turned = Drawing(drawing.width, drawing.height)
    turned.place(drawing, 0, 0, is_turned=True)
    return turned


def _moved(drawing: Drawing, shift: Shift) -> Drawing:
    if not any(shift):
        return drawing
    moved = Drawing(drawing.width, drawing.height)
    # By whole dots, so that the modules of the QR codes stay on them.
    moved.place(drawing, *map(on_dots, shift))
    return moved


def write_pages(
    document: Document, cards: Iterator[Sides], *, is_turned: bool = False, shift: Shift = (0, 0)
) -> list[int]:
    """A page of a card's size for each side."""
    on_pages: list[int] = []
    for fore, back in cards:
        document.add_page(_moved(fore, shift))
        document.add_page(_moved(_turned(back) if is_turned else back, shift))
        on_pages.append(1)
    document.finish()
    return on_pages


def write_sheets(
    document: Document,
    cards: Iterator[Sides],
    *,
    first_cell: int = 1,
    is_short_edge: bool = False,
    shift: Shift = (0, 0),
) -> list[int]:
    """Ten cards on a sheet; the backs alone are moved, to where the fronts are."""
    on_pages: list[int] = []
    used = first_cell - 1
    while batch := list(islice(cards, PER_SHEET - used)):
        fronts, backs = zip(*batch, strict=True)
        document.add_page(sheet(fronts, is_back=False, used=used))
        back = sheet(backs, is_back=True, used=used)
        # Turned on its short edge, a sheet comes out on its head.
        document.add_page(_moved(_turned(back) if is_short_edge else back, shift))
        on_pages.append(len(batch))
        used = 0
    document.finish(duplex="DuplexFlipShortEdge" if is_short_edge else "DuplexFlipLongEdge")
    return on_pages
