"""What the cards of one institution have in common, and what tells their kinds apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cards.printing.face import CardStyle
from typesetting.colours import CONTRAST, contrast, darkened, mixed, parse, turned
from typesetting.drawing import WHITE, Colour, Drawing
from typesetting.geometry import BLEED, CARD_WIDTH, Box
from typesetting.institution import Institution
from typesetting.typefaces import BOLD, REGULAR, SEMIBOLD

# Small capitals need air, large ones less.
LABEL = SEMIBOLD.tracked(50)
CAPTION = BOLD.tracked(40)
CAPITALS = BOLD.tracked(15)
# Figures of one width and a zero that is no O: people read it to each other over the telephone.
CARD_NUMBER = SEMIBOLD.with_features("tnum", "zero")
TEXT = REGULAR
VALUE = SEMIBOLD
NAME = BOLD
GIVEN = SEMIBOLD

# Far enough from the institution's own colour, whatever that is.
FAR_TURN = 0.38
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
def theme(style: CardStyle, institution: Institution) -> Theme:
    accent = parse(institution.accent)
    primary = darkened(parse(institution.primary))
    if style.edge == "plain":
        return Theme(style.role, primary, WHITE, accent, _plain_edge)
    if style.edge == "double":
        return Theme(style.role, darkened(turned(primary, FAR_TURN)), WHITE, accent, _double_edge)
    if style.edge == "hazard":
        bright = accent if contrast(accent, CHARCOAL) >= CONTRAST else WHITE
        return Theme(style.role, CHARCOAL, bright, bright, _hazard_edge)
    if style.edge == "dashed":
        other = darkened(turned(primary, 2 * FAR_TURN))
        return Theme(style.role, other, WHITE, accent, _dashed_edge)
    raise ValueError(f"There is no edge {style.edge!r}.")


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


def _dashed_edge(drawing: Drawing, theme: Theme, box: Box) -> None:
    dash = 4 * box.height
    drawing.fill(theme.band)
    drawing.box(box)
    drawing.fill(theme.accent)
    count = int(box.width / (1.5 * dash)) + 1
    drawing.rectangles(
        Box(box.x + 1.5 * dash * index, box.y, dash, box.height) for index in range(count)
    )


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
