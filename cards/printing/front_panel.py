"""The other front: a coloured panel with the white emblem above the photo, the facts beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from cards.printing import front
from cards.printing.design import CAPITALS, LABEL, VALUE, Theme, theme
from cards.printing.face import CardFace, CardStyle
from cards.printing.front import TITLE_LEADING, TITLE_SIZES, draw_body, end_in_words
from cards.printing.naming import CAPITAL, arrange_name
from cards.printing.portrait import draw_portrait
from typesetting.drawing import WHITE
from typesetting.emblem import draw_white_emblem
from typesetting.fitting import fill
from typesetting.geometry import (
    BLEED,
    CARD_HEIGHT,
    CARD_WIDTH,
    MARGIN,
    PAPER,
    SLOT,
    Box,
    millimetres,
)
from typesetting.institution import Institution
from typesetting.side import Side

# As large as on the other front, so that a photo is cut once for both.
PHOTO = replace(front.PHOTO, x=MARGIN, y=15.0)
PANEL = Box(-BLEED, -BLEED, PHOTO.right + MARGIN + BLEED, CARD_HEIGHT + 2 * BLEED)
EMBLEM = Box(PHOTO.x + (PHOTO.width - 9.6) / 2, MARGIN, 9.6, 9.6)
COLUMN_X = PANEL.right + 3.4
COLUMN_WIDTH = CARD_WIDTH - MARGIN - COLUMN_X
# Below the slot.
TITLE = Box(COLUMN_X, SLOT.bottom, COLUMN_WIDTH, 6.4)
EDGE = Box(PANEL.right, 15.0, CARD_WIDTH + BLEED - PANEL.right, 0.9)
FOOT_BASELINE = 50.2
BODY = Box(COLUMN_X, EDGE.bottom + 1.6, COLUMN_WIDTH, 44.6 - EDGE.bottom - 1.6)
ROLE_SIZE = 13.5
VALID_WIDTH = 17.5
ROLE_WIDTH = COLUMN_WIDTH - VALID_WIDTH - 2


def draw_front(face: CardFace, institution: Institution) -> Side:
    look = theme(face.style, institution)
    side = Side()
    background = front_background(face.style, institution)
    side.drawing.form(f"Panel-{face.style}", background.drawing)
    name = arrange_name(face, COLUMN_WIDTH)
    draw_portrait(side, face.photo, name.text, look, PHOTO)
    draw_body(side, face, name, face.all_lines, look, BODY)
    _draw_validity(side, face, look)
    return side


@lru_cache(maxsize=16)
def front_background(style: CardStyle, institution: Institution) -> Side:
    look = theme(style, institution)
    side = Side()
    side.drawing.fill(WHITE)
    side.drawing.box(PAPER)
    side.drawing.fill(look.band)
    side.drawing.box(PANEL)
    with side.drawing.saved():
        side.drawing.box(EDGE, paint="W n")
        look.draw_edge(side.drawing, look, EDGE)
    draw_white_emblem(side, institution, EMBLEM, ground=look.band)
    _draw_title(side, institution, look)
    side.put(
        look.role,
        CAPITALS,
        ROLE_SIZE,
        COLUMN_X,
        FOOT_BASELINE,
        colour=look.band,
        width=ROLE_WIDTH,
    )
    return side


def _draw_title(side: Side, institution: Institution, look: Theme) -> None:
    title = fill(
        institution.name, CAPITALS, TITLE.width, TITLE.height, TITLE_SIZES, leading=TITLE_LEADING
    )
    first = TITLE.y + millimetres(title.size * CAPITAL)
    side.set(title, institution.name, TITLE.x, first, leading=TITLE_LEADING, colour=look.band)


def _draw_validity(side: Side, face: CardFace, look: Theme) -> None:
    right, label = CARD_WIDTH - MARGIN, FOOT_BASELINE - 3.4
    side.put("VALID UNTIL", LABEL, 5, right, label, colour=look.band, width=VALID_WIDTH, align=1)
    side.put(end_in_words(face), VALUE, 8.4, right, FOOT_BASELINE, width=VALID_WIDTH, align=1)
