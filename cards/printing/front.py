"""The front: whose card it is, of which kind, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from cards.printing.design import CAPITALS, LABEL, VALUE, Theme, across, theme
from cards.printing.face import CardFace, CardStyle
from cards.printing.items import Item, arrange, draw_rows
from cards.printing.naming import CAPITAL, ArrangedName, arrange_name, draw_name
from cards.printing.portrait import draw_portrait
from typesetting.drawing import WHITE, Drawing
from typesetting.emblem import draw_emblem
from typesetting.fitting import Sizes, fill, fit
from typesetting.geometry import (
    BLEED,
    CARD_HEIGHT,
    CARD_WIDTH,
    DOT,
    MARGIN,
    PAPER,
    SLOT,
    Box,
    millimetres,
)
from typesetting.institution import Institution
from typesetting.side import Side

# 27 x 34.7 mm, a passport photo's 7:9, in whole printer dots.
PHOTO = Box(CARD_WIDTH - MARGIN - 319 * DOT, MARGIN, 319 * DOT, 410 * DOT)
COLUMN_WIDTH = PHOTO.x - 3 - MARGIN
EMBLEM = Box(MARGIN, MARGIN, 9.6, 9.6)
# Beside the emblem, below the slot.
TITLE = Box(EMBLEM.right + 2, SLOT.bottom, COLUMN_WIDTH - EMBLEM.width - 2, 6.7)
TITLE_SIZES = Sizes(8.2, 5)
TITLE_LEADING = 1.2
EDGE = across(44.3, 0.9)
BAND = across(EDGE.bottom, CARD_HEIGHT + BLEED - EDGE.bottom)
BAND_BASELINE = 51.4
# Capitals of 4.4 mm are read from two metres away.
ROLE_SIZE = 17
ROLE_WIDTH = 33.4
# In the band, between the role and the end of the card's time.
CHIP = Box(38.2, 46.7, 13.4, 5.0)
CHIP_RADIUS = 1.2
CHIP_PADDING = 1.0
CHIP_SIZES = Sizes(8, 6)
WITHOUT_END = "FURTHER NOTICE"

# What is between the emblem and the band.
BODY = Box(MARGIN, EMBLEM.bottom + 1.3, COLUMN_WIDTH, EDGE.y - EMBLEM.bottom - 2.5)
# Room for the tails of letters, and some air.
NAME_GAP = 2.1
# How much of the room that is left stands above the name.
ABOVE = 0.5

# Rings like those of a radio wave: the card is one that is held to a reader.
RINGS = range(8, 80, 4)
RING_PEN = 0.5
RING_TINT = 0.09
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def draw_front(face: CardFace, institution: Institution) -> Side:
    look = theme(face.style, institution)
    side = Side()
    background = front_background(face.style, institution)
    side.drawing.form(f"Front-{face.style}", background.drawing)
    name = arrange_name(face, COLUMN_WIDTH)
    draw_portrait(side, face.photo, name.text, look, PHOTO)
    if face.chip and _fits_chip(face.chip[1]):
        _draw_chip(side, face.chip[1], look)
        lines = face.lines
    else:
        lines = face.all_lines
    draw_body(side, face, name, lines, look, BODY)
    _draw_validity(side, face, look)
    return side


@lru_cache(maxsize=16)
def front_background(style: CardStyle, institution: Institution) -> Side:
    """What all cards of a kind share; a file holds it once."""
    look = theme(style, institution)
    side = Side()
    side.drawing.fill(WHITE)
    side.drawing.box(PAPER)
    _draw_rings(side.drawing, look)
    side.drawing.fill(look.band)
    side.drawing.box(BAND)
    look.draw_edge(side.drawing, look, EDGE)
    side.put(
        look.role,
        CAPITALS,
        ROLE_SIZE,
        MARGIN,
        BAND_BASELINE,
        colour=look.on_band,
        width=ROLE_WIDTH,
    )
    draw_emblem(side, institution, EMBLEM, ground=look.band, ink=look.on_band)
    _draw_title(side, institution, look)
    return side


def _draw_rings(drawing: Drawing, look: Theme) -> None:
    drawing.stroke(look.tint(RING_TINT), RING_PEN)
    with drawing.saved():
        drawing.box(PAPER, paint="W n")
        for radius in RINGS:
            drawing.circle(PHOTO.x + PHOTO.width / 2, BAND.y, radius, paint="S")


def _draw_title(side: Side, institution: Institution, look: Theme) -> None:
    """Its last line stands on the emblem's foot, if the slot leaves room for its first."""
    title = fill(
        institution.name, CAPITALS, TITLE.width, TITLE.height, TITLE_SIZES, leading=TITLE_LEADING
    )
    step = millimetres(title.size * TITLE_LEADING)
    on_foot = EMBLEM.bottom - 0.2 - step * (len(title.lines) - 1)
    first = max(on_foot, TITLE.y + millimetres(title.size * CAPITAL))
    side.set(title, institution.name, TITLE.x, first, leading=TITLE_LEADING, colour=look.band)


def draw_body(
    side: Side, face: CardFace, name: ArrangedName, lines: Sequence[Item], look: Theme, place: Box
) -> None:
    """The name and the facts below it, as one block in the middle of its place."""
    above_rows = name.height + NAME_GAP
    items = [(face.identifier_label, face.identifier), *lines]
    rows = arrange(side, items, place.width, place.height - above_rows)
    top = place.y + (place.height - above_rows - rows.height) * ABOVE
    draw_rows(side, rows, look, Box(place.x, top + above_rows, place.width, rows.height))
    # Last, for readers of the text: they take what is this near for one line.
    draw_name(side, name, place.x, top)


def _draw_chip(side: Side, value: str, look: Theme) -> None:
    side.drawing.fill(look.on_band)
    side.drawing.box(CHIP, radius=CHIP_RADIUS)
    setting = fit(value, VALUE, CHIP.width - 2 * CHIP_PADDING, CHIP_SIZES)
    baseline = CHIP.y + (CHIP.height + millimetres(setting.size * CAPITAL)) / 2
    middle = CHIP.x + CHIP.width / 2
    side.set(setting, value, middle, baseline, colour=look.band, align=0.5)


def _fits_chip(value: str) -> bool:
    return not fit(value, VALUE, CHIP.width - 2 * CHIP_PADDING, CHIP_SIZES).is_cut


def _draw_validity(side: Side, face: CardFace, look: Theme) -> None:
    x, width = PHOTO.x, PHOTO.width
    side.put("VALID UNTIL", LABEL, 5.4, x, BAND_BASELINE - 3.7, colour=look.on_band, width=width)
    side.put(end_in_words(face), VALUE, 10.5, x, BAND_BASELINE, colour=look.on_band, width=width)


def end_in_words(face: CardFace) -> str:
    """In capitals: tails of letters would come too near to the edge."""
    return spelled(face.expires_on).upper() if face.expires_on else WITHOUT_END


def spelled(day: date) -> str:
    """30 Sep 2027: in no order of figures that another country reads otherwise."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
