"""What the cards of one institution have in common, and what tells the three kinds apart."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cards.printing.drawing import WHITE, Colour, Drawing
from cards.printing.geometry import BLEED, CARD_WIDTH, Box
from cards.printing.model import Institution
from cards.printing.typefaces import BOLD, REGULAR, SEMIBOLD

# Small capitals need air, large ones less.
LABEL = SEMIBOLD.tracked(50)
CAPTION = BOLD.tracked(40)
CAPITALS = BOLD.tracked(15)
# Figures of one width and a zero that is no O: people read it to each other over the telephone.
CARD_NUMBER = SEMIBOLD.with_features("tnum", "zero")
TEXT = REGULAR
VALUE = SEMIBOLD
NAME = BOLD

# White on anything lighter is hard to read on a worn card (WCAG 2.2 asks for 4.5).
CONTRAST = 6.0
# Far enough from the institution's own colour, whatever that is.
STAFF_TURN = 0.38
CHARCOAL: Colour = (0.09, 0.10, 0.12)


@dataclass(frozen=True)
class Theme:
    role: str
    """Read from two metres away."""
    band: Colour
    on_band: Colour
    accent: Colour
    draw_edge: Callable[[Drawing, Theme, Box], None]
    """The seam of band and card, of another make for each kind: colours fade and eyes differ."""

    def tint(self, strength: float) -> Colour:
        return mixed(self.band, WHITE, strength)


@cache
def theme(card_type: str, institution: Institution) -> Theme:
    accent = parse(institution.accent)
    primary = darkened(parse(institution.primary))
    if card_type == "student":
        return Theme("STUDENT", primary, WHITE, accent, _plain_edge)
    if card_type == "staff":
        return Theme("STAFF", darkened(turned(primary, STAFF_TURN)), WHITE, accent, _double_edge)
    if card_type == "security":
        bright = accent if contrast(accent, CHARCOAL) >= CONTRAST else WHITE
        return Theme("SECURITY", CHARCOAL, bright, bright, _hazard_edge)
    raise ValueError(f"There is no card of the type {card_type!r}.")


def parse(colour: str) -> Colour:
    """#RRGGBB as PDF wants it."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255


def mixed(colour: Colour, other: Colour, strength: float) -> Colour:
    red, green, blue = (
        strength * one + (1 - strength) * two for one, two in zip(colour, other, strict=True)
    )
    return red, green, blue


def turned(colour: Colour, turn: float) -> Colour:
    """The colour as far around the circle of hues, of the same lightness."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb((hue + turn) % 1, lightness, saturation)


def darkened(colour: Colour) -> Colour:
    """The colour, as dark as white text on it needs it."""
    while contrast(colour, WHITE) < CONTRAST:
        colour = mixed(colour, (0, 0, 0), 0.95)
    return colour


def contrast(one: Colour, other: Colour) -> float:
    """From 1 to 21, as WCAG 2.2 defines it."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def across(y: float, height: float) -> Box:
    """A strip over the whole width, past both edges."""
    return Box(-BLEED, y, CARD_WIDTH + 2 * BLEED, height)


def _plain_edge(drawing: Drawing, theme: Theme, box: Box) -> None:
    drawing.fill(theme.accent)
    drawing.box(box)


def _double_edge(drawing: Drawing, theme: Theme, box: Box) -> None:
    line = box.height * 0.3
    drawing.fill(theme.band)
    drawing.box(box)
    drawing.fill(theme.accent)
    drawing.rectangles(Box(box.x, y, box.width, line) for y in (box.y, box.bottom - line))


def _hazard_edge(drawing: Drawing, theme: Theme, box: Box) -> None:
    step = 2 * box.height
    drawing.fill(theme.accent)
    drawing.box(box)
    drawing.fill(theme.band)
    with drawing.saved():
        drawing.box(box, paint="W n")
        for index in range(int(box.width / step) + 2):
            x = box.x + index * step
            drawing.polygon(
                (
                    (x, box.bottom),
                    (x + box.height, box.bottom),
                    (x + 2 * box.height, box.y),
                    (x + box.height, box.y),
                )
            )
