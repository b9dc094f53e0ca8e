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
from typesetting.code128 import draw_code128
from typesetting.drawing import BLACK, WHITE
from typesetting.fitting import Sizes, fit
from typesetting.geometry import BLEED, CARD_WIDTH, MARGIN, PAPER, Box
from typesetting.institution import Institution
from typesetting.qr import draw_qr
from typesetting.side import Side
from typesetting.warnings import WarningCode

# Many printers have only black for the back, so black is what most of it is.
BAND = Box(-BLEED, -BLEED, CARD_WIDTH + 2 * BLEED, 3.4 + BLEED)
EDGE = across(BAND.bottom, 0.9)
PRINTABLE_WIDTH = CARD_WIDTH - 2 * MARGIN
TITLE_BASELINE = 8.3
TERMS_BASELINE = 11.0
TERMS_SIZES = Sizes(5.2, 5)
TERMS_LEADING = 1.16
QR = Box(MARGIN, 17.4, 25.4, 25.4)
# Of white around it; the margin of the card is wider.
QR_QUIET = 3.75
CAPTION_BASELINE = 48.2
COLUMN_X = 35.0
COLUMN_WIDTH = CARD_WIDTH - MARGIN - COLUMN_X
LABEL_SIZE = 5.2
NUMBER_LABEL = QR.y + 1.2
NUMBER_BASELINE = NUMBER_LABEL + 4.2
# In the language of whoever finds it.
IF_FOUND = ("UKIIOKOTA, TAFADHALI RUDISHA KWA", "IF FOUND, PLEASE RETURN TO")
IF_FOUND_LABEL = NUMBER_BASELINE + 3.6
IF_FOUND_LEADING = 2.1
RETURN_SIZE = 6.2
RETURN_LEADING = 2.5
MOST_RETURN_LINES = 4
# Between the last line above and this one is room for a pen.
SIGNATURE = 43.6
SIGNATURE_LABEL = SIGNATURE + 1.8
SIGNATURE_GAP = 3.0
BARCODE = Box(COLUMN_X, 46.6, COLUMN_WIDTH, 4.7)


def draw_back(face: CardFace, institution: Institution) -> Side:
    side = Side()
    background = back_background(face.style, institution)
    side.drawing.form(f"Back-{face.style}", background.drawing)
    draw_qr(side.drawing, face.verify_url, QR, quiet=QR_QUIET)
    side.put(face.card_number, CARD_NUMBER, 11.5, COLUMN_X, NUMBER_BASELINE, width=30)
    if face.issued_on:
        right = CARD_WIDTH - MARGIN
        side.put("ISSUED", LABEL, LABEL_SIZE, right, NUMBER_LABEL, align=1)
        side.put(spelled(face.issued_on), VALUE, 6.8, right, NUMBER_BASELINE, align=1)
    if not draw_code128(side.drawing, face.identifier, BARCODE):
        side.warn(WarningCode.NO_BARCODE, face.identifier)
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
    _draw_signatures(side, institution)
    _draw_terms(side, institution)
    return side


def _draw_return(side: Side, institution: Institution) -> None:
    """As many lines as there is room for above the signatures."""
    lines = [line for line in (*institution.contact, institution.website) if line]
    if not lines:
        return
    y = IF_FOUND_LABEL
    for label in IF_FOUND:
        side.put(label, LABEL, LABEL_SIZE, COLUMN_X, y, width=COLUMN_WIDTH)
        y += IF_FOUND_LEADING
    for index, line in enumerate(lines[:MOST_RETURN_LINES]):
        at = y + 0.5 + index * RETURN_LEADING
        side.put(line, TEXT, RETURN_SIZE, COLUMN_X, at, width=COLUMN_WIDTH)
    for line in lines[MOST_RETURN_LINES:]:
        side.warn(WarningCode.TEXT_CUT, line)


def _draw_signatures(side: Side, institution: Institution) -> None:
    width = (COLUMN_WIDTH - SIGNATURE_GAP) / 2
    side.drawing.stroke(BLACK, 0.5)
    labels = (institution.holder_signature_label, institution.signature_label)
    for index, label in enumerate(labels):
        x = COLUMN_X + index * (width + SIGNATURE_GAP)
        side.drawing.line(x, SIGNATURE, x + width, SIGNATURE)
        side.put(label, TEXT, 5, x, SIGNATURE_LABEL, width=width)


def _draw_terms(side: Side, institution: Institution) -> None:
    terms = fit(institution.terms, TEXT, PRINTABLE_WIDTH, TERMS_SIZES, TERMS_SIZES)
    side.set(terms, institution.terms, MARGIN, TERMS_BASELINE, leading=TERMS_LEADING)
