"""The back: proof that the card is real, and what to do with one that is found."""

from __future__ import annotations

from functools import lru_cache

from cards.printing.design import (
    CAPITALS,
    CAPTION,
    CARD_NUMBER,
    LABEL,
    TEXT,
    VALUE,
    across,
    theme,
)
from cards.printing.face import CardFace, CardStyle
from cards.printing.front import spelled
from typesetting.drawing import BLACK, WHITE
from typesetting.fitting import Sizes, fit
from typesetting.geometry import BLEED, CARD_WIDTH, MARGIN, PAPER, Box, millimetres
from typesetting.institution import Institution
from typesetting.qr import draw_qr
from typesetting.side import Side
from typesetting.warnings import WarningCode

# A magnetic stripe would run down to 15.8 mm (ISO/IEC 7811-2): above stands nothing that only
# the back says. Many printers have only black for the back, so black is what most of it is.
BAND = Box(-BLEED, -BLEED, CARD_WIDTH + 2 * BLEED, 4 + BLEED)
EDGE = across(BAND.bottom, 0.9)
TITLE_BASELINE = 11.2
QR = Box(MARGIN, 16, 25.4, 25.4)
CAPTION_BASELINE = 46.0
COLUMN_X = 35.0
PRINTABLE_WIDTH = CARD_WIDTH - 2 * MARGIN
COLUMN_WIDTH = CARD_WIDTH - MARGIN - COLUMN_X
LABEL_SIZE = 5.2
NUMBER_LABEL = QR.y + 1.35
NUMBER_BASELINE = NUMBER_LABEL + 4.4
RETURN_LABEL = NUMBER_BASELINE + 4.5
RETURN_LEADING = 2.7
MOST_RETURN_LINES = 4
# Between the last line above and this one is room for a pen.
SIGNATURE = 44.1
SIGNATURE_LABEL = SIGNATURE + 1.9
TERMS_BASELINE = 51.0
TERMS_SIZES = Sizes(5.2, 5)
TERMS_LEADING = 1.16


def draw_back(face: CardFace, institution: Institution) -> Side:
    side = Side()
    background = back_background(face.style, institution)
    side.drawing.form(f"Back-{face.style}", background.drawing)
    draw_qr(side.drawing, face.verify_url, QR, quiet=MARGIN)
    side.put(face.card_number, CARD_NUMBER, 11.5, COLUMN_X, NUMBER_BASELINE, width=30)
    if face.issued_on:
        right = CARD_WIDTH - MARGIN
        side.put("ISSUED", LABEL, LABEL_SIZE, right, NUMBER_LABEL, align=1)
        side.put(spelled(face.issued_on), VALUE, 6.8, right, NUMBER_BASELINE, align=1)
    return side


@lru_cache(maxsize=16)
def back_background(style: CardStyle, institution: Institution) -> Side:
    look = theme(style, institution)
    side = Side()
    side.drawing.fill(WHITE)
    side.drawing.box(PAPER)
    side.drawing.fill(look.band)
    side.drawing.box(BAND)
    look.draw_edge(side.drawing, look, EDGE)
    side.put(institution.name, CAPITALS, 8, MARGIN, TITLE_BASELINE, width=PRINTABLE_WIDTH)
    side.put("SCAN TO VERIFY", CAPTION, 6.4, MARGIN, CAPTION_BASELINE)
    side.put("CARD NUMBER", LABEL, LABEL_SIZE, COLUMN_X, NUMBER_LABEL)
    _draw_return(side, institution)
    _draw_signature(side, institution)
    _draw_terms(side, institution)
    return side


def _draw_return(side: Side, institution: Institution) -> None:
    """As many lines as there is room for above the signature."""
    lines = [line for line in (*institution.contact, institution.website) if line]
    if not lines:
        return
    side.put("IF FOUND, PLEASE RETURN TO", LABEL, LABEL_SIZE, COLUMN_X, RETURN_LABEL)
    for index, line in enumerate(lines[:MOST_RETURN_LINES], start=1):
        y = RETURN_LABEL + index * RETURN_LEADING
        side.put(line, TEXT, 6.2, COLUMN_X, y, width=COLUMN_WIDTH)
    for line in lines[MOST_RETURN_LINES:]:
        side.warn(WarningCode.TEXT_CUT, line)


def _draw_signature(side: Side, institution: Institution) -> None:
    side.drawing.stroke(BLACK, 0.5)
    side.drawing.line(COLUMN_X, SIGNATURE, CARD_WIDTH - MARGIN, SIGNATURE)
    label = institution.signature_label
    side.put(label, TEXT, 5, COLUMN_X, SIGNATURE_LABEL, width=COLUMN_WIDTH)


def _draw_terms(side: Side, institution: Institution) -> None:
    terms = fit(institution.terms, TEXT, PRINTABLE_WIDTH, TERMS_SIZES, TERMS_SIZES)
    above = millimetres(terms.size * TERMS_LEADING) * (len(terms.lines) - 1)
    side.set(terms, institution.terms, MARGIN, TERMS_BASELINE - above, leading=TERMS_LEADING)
