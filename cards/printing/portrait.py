"""The holder's face on the card, or a calm place for it."""

from __future__ import annotations

from cards.printing.design import NAME, Theme
from typesetting.drawing import Drawing
from typesetting.fitting import Sizes, fit
from typesetting.geometry import Box, millimetres
from typesetting.photo import MOST_ENLARGED, Portrait, Unreadable, portrait
from typesetting.side import Side
from typesetting.text import clean, split_clusters
from typesetting.warnings import WarningCode

RADIUS = 1.4
INITIALS_SIZES = Sizes(38, 12)
# Of a text size: half the height of capitals, to put initials in the middle.
HALF_CAPITALS = 0.364
PAPER = 0.12
FIGURE = 0.34


def draw_portrait(
    side: Side, photo: bytes | Portrait | None, name: str, look: Theme, box: Box
) -> None:
    """`name`: as it is printed, for its initials."""
    fitted = _photo(side, photo, box)
    if fitted is None:
        _draw_placeholder(side.drawing, name, look, box)
        return
    with side.drawing.saved():
        side.drawing.box(box, radius=RADIUS, paint="W n")
        side.drawing.picture(fitted.picture, box)


def _photo(side: Side, photo: bytes | Portrait | None, box: Box) -> Portrait | None:
    if photo is None:
        side.warn(WarningCode.NO_PHOTO, "The card has initials in place of a photo.")
        return None
    try:
        fitted = photo if isinstance(photo, Portrait) else portrait(photo, box)
    except Unreadable as error:
        side.warn(WarningCode.BROKEN_PHOTO, f"The photo cannot be read ({error}).")
        return None
    if fitted.enlarged > MOST_ENLARGED:
        side.warn(
            WarningCode.LOW_RESOLUTION_PHOTO,
            f"The photo is printed {fitted.enlarged:.1f} times larger than its pixels.",
        )
    return fitted


def _draw_placeholder(drawing: Drawing, name: str, look: Theme, box: Box) -> None:
    drawing.fill(look.tint(PAPER))
    drawing.box(box, radius=RADIUS)
    letters = fit(initials(name), NAME, box.width - 4, INITIALS_SIZES)
    if not letters.width or letters.missing:
        _draw_figure(drawing, look, box)
        return
    drawing.fill(look.band)
    middle = box.y + box.height / 2 + millimetres(letters.size * HALF_CAPITALS)
    drawing.text(letters.lines[0], box.x + box.width / 2, middle, letters.size, align=0.5)


def initials(name: str) -> str:
    """The first letters of the first and the last word, with their marks."""
    words = [list(split_clusters(word)) for word in clean(name)[0].split()]
    letters = [word[0] for word in words if word[0][0].isalpha()]
    return "".join([*letters[:1], *letters[1:][-1:]]).upper()


def _draw_figure(drawing: Drawing, look: Theme, box: Box) -> None:
    """Head and shoulders, where a name has no letters that can be printed."""
    middle = box.x + box.width / 2
    drawing.fill(look.tint(FIGURE))
    drawing.circle(middle, box.y + box.height * 0.40, box.width * 0.19)
    with drawing.saved():
        drawing.box(box, radius=RADIUS, paint="W n")
        drawing.circle(middle, box.bottom + box.width * 0.10, box.width * 0.40)
