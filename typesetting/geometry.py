"""Measures of a card and of the places on it, in millimetres from its upper left corner.

Sizes: ISO/IEC 7810 ID-1. Text sizes alone are in points, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

POINTS_PER_MM = 72 / 25.4
# What card printers print at; QR modules and photos are whole numbers of these dots.
DPI = 300
DOT = 25.4 / DPI

CARD_WIDTH = 85.60
CARD_HEIGHT = 53.98
# No printer feeds a card exactly; what is nearer to the edge than this may be lost.
SAFE = 2.5
MARGIN = 4.0
# How far colour runs past the edge, so that a cut a hair off shows no white.
BLEED = 0.5


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


# The card with its bleed.
PAPER = Box(-BLEED, -BLEED, CARD_WIDTH + 2 * BLEED, CARD_HEIGHT + 2 * BLEED)
# Where a slot for a clip is punched: nothing that must be read stands here.
SLOT = Box(CARD_WIDTH / 2 - 9, 0, 18, 8)


def points(mm: float) -> float:
    return mm * POINTS_PER_MM


def millimetres(pt: float) -> float:
    return pt / POINTS_PER_MM


def on_dots(mm: float) -> float:
    """The nearest whole number of printer dots, in millimetres."""
    return round(mm / DOT) * DOT
