"""A test page for a printer: where it puts what is printed, and how it turns cards and sheets over.

Each side has a frame that is 5 mm from every edge of the card, and an arrow to its upper edge.
"""

from __future__ import annotations

from typing import BinaryIO

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cards.printing.production import Layout, Shift, write_pages, write_sheets
from cards.printing.sheet import PER_SHEET
from typesetting.document import Document
from typesetting.drawing import BLACK, Drawing
from typesetting.fitting import Sizes, fit
from typesetting.geometry import CARD_HEIGHT, CARD_WIDTH, Box, millimetres
from typesetting.side import Side
from typesetting.typefaces import BOLD, REGULAR

TITLE = _("Printer test page")
INSET = 5.0
FRAME = Box(INSET, INSET, CARD_WIDTH - 2 * INSET, CARD_HEIGHT - 2 * INSET)
PEN = 0.5
TEXT_WIDTH = FRAME.width - 8
MEASURE = _(
    "The frame is 5.0 mm from each edge. Is there more on the left than on the right, halve the "
    "difference and move to the left by it; the same from above to below."
)
TURN = _(
    "Turn the card over like the page of a book. If this arrow points down now, the backs are on "
    "their heads: say so in the settings."
)
HOLD = _("Hold the sheet against the light: move the backs until both frames are one.")


def write_test_page(
    out: BinaryIO,
    *,
    layout: str,
    is_turned: bool = False,
    is_short_edge: bool = False,
    shift: Shift = (0, 0),
) -> None:
    """A card, or a sheet of ten, printed as cards are with these settings."""
    front, back = gettext("FRONT"), gettext("BACK")
    document = Document(out, title=str(TITLE))
    if Layout(layout) is Layout.A4:
        places = range(1, PER_SHEET + 1)
        cards = (
            (_side(f"{front} {at}", str(HOLD)), _side(f"{back} {at}", str(HOLD))) for at in places
        )
        write_sheets(document, cards, is_short_edge=is_short_edge, shift=shift)
    else:
        card = _side(front, str(MEASURE)), _side(back, str(TURN))
        write_pages(document, iter([card]), is_turned=is_turned, shift=shift)


def _side(name: str, words: str) -> Drawing:
    side = Side()
    side.drawing.stroke(BLACK, PEN)
    side.drawing.box(FRAME, paint="S")
    middle = CARD_WIDTH / 2
    side.drawing.fill(BLACK)
    side.drawing.polygon(
        ((middle, FRAME.y + 2), (middle + 3, FRAME.y + 7), (middle - 3, FRAME.y + 7))
    )
    side.put(name, BOLD, 16, middle, FRAME.y + 15, align=0.5)
    setting = fit(words, REGULAR, TEXT_WIDTH, *[Sizes(8, 8)] * 4)
    for index, line in enumerate(setting.lines):
        step = millimetres(setting.size * 1.3)
        side.drawing.text(line, FRAME.x + 4, FRAME.y + 22 + index * step, setting.size)
    return side.drawing
