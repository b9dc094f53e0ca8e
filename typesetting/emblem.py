"""The institution's emblem: its logo, or its short name where it has none."""

from __future__ import annotations

from typesetting.drawing import WHITE, Colour, Picture
from typesetting.fitting import Sizes, fit
from typesetting.geometry import Box, millimetres
from typesetting.institution import Institution
from typesetting.photo import Unreadable, logo
from typesetting.side import Side
from typesetting.typefaces import BOLD
from typesetting.warnings import WarningCode

RADIUS = 1.6
HALF_CAPITALS = 0.364


def draw_emblem(
    side: Side, institution: Institution, box: Box, *, ground: Colour, ink: Colour
) -> None:
    """`ground` and `ink` are what the letters stand on and are drawn with."""
    picture = _logo(side, institution, box)
    if picture is None:
        _draw_letters(side, institution, box, ground, ink)
    else:
        _draw_picture(side, picture, box)


def draw_white_emblem(side: Side, institution: Institution, box: Box, *, ground: Colour) -> None:
    """In white alone, for what is printed on a dark `ground`."""
    picture = _logo(side, institution, box, ground)
    if picture is None:
        _draw_letters(side, institution, box, WHITE, ground)
    else:
        _draw_picture(side, picture, box)


def _draw_picture(side: Side, picture: Picture, box: Box) -> None:
    scale = min(box.width / picture.width, box.height / picture.height)
    width, height = picture.width * scale, picture.height * scale
    x, y = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
    side.drawing.picture(picture, Box(x, y, width, height))


def _logo(
    side: Side, institution: Institution, box: Box, ground: Colour | None = None
) -> Picture | None:
    if institution.logo is None:
        return None
    try:
        return logo(institution.logo, box, ground)
    except Unreadable as error:
        side.warn(WarningCode.BROKEN_LOGO, f"The logo cannot be read ({error}).")
        return None


def _draw_letters(
    side: Side, institution: Institution, box: Box, ground: Colour, ink: Colour
) -> None:
    side.drawing.fill(ground)
    side.drawing.box(box, radius=RADIUS)
    letters = monogram(institution)
    setting = fit(letters, BOLD, box.width - 2.4, Sizes(15, 5))
    baseline = box.y + box.height / 2 + millimetres(setting.size * HALF_CAPITALS)
    side.set(setting, letters, box.x + box.width / 2, baseline, colour=ink, align=0.5)


def monogram(institution: Institution) -> str:
    """The short name, or the first letter: a guessed abbreviation may be another school's."""
    return institution.short_name or institution.name.strip()[:1].upper()
