"""Colours that can be read on each other."""

from __future__ import annotations

import colorsys

from typesetting.drawing import WHITE, Colour

# White on anything lighter is hard to read on a worn card (WCAG 2.2 asks for 4.5).
CONTRAST = 6.0


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
