"""What the pages of a printed report share: paper, colours, letters, head and foot."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext

from institution.paper import institution
from typesetting.colours import darkened, mixed, parse
from typesetting.drawing import WHITE, Colour, Drawing
from typesetting.emblem import draw_emblem
from typesetting.fitting import Sizes, fit
from typesetting.geometry import Box, millimetres
from typesetting.side import Side
from typesetting.typefaces import BOLD, REGULAR, SEMIBOLD, Style

INK: Colour = (0.13, 0.15, 0.18)
GREY: Colour = (0.40, 0.43, 0.47)
RULE: Colour = (0.82, 0.84, 0.87)
ZEBRA: Colour = (0.955, 0.962, 0.972)
RED: Colour = (0.75, 0.22, 0.17)
SILVER: Colour = (0.72, 0.75, 0.79)

NUMBER = REGULAR.with_features("tnum")
BOLD_NUMBER = SEMIBOLD.with_features("tnum")
SMALLEST = 5.0

A4_SHORT, A4_LONG = 210.0, 297.0
MARGIN = 15.0
BAND = 29.0
EDGE = 1.2
SLIM_HEAD = 20.0
FOOT = 17.0


@dataclass(frozen=True)
class ReportLook:
    """The institution's colours, dark enough to be read."""

    primary: Colour
    accent: Colour

    def tint(self, strength: float) -> Colour:
        return mixed(self.primary, WHITE, strength)

    @property
    def layers(self) -> tuple[Colour, ...]:
        """The chart's colours, from below; different in grey as well."""
        return self.primary, self.accent, RED, SILVER


@dataclass(frozen=True)
class Sheet:
    """Everything that is the same on all pages."""

    title: str
    subtitle: str
    span: str
    made_at: datetime
    pages: int
    is_landscape: bool = False
    look: ReportLook = field(default_factory=lambda: look())

    @property
    def width(self) -> float:
        return A4_LONG if self.is_landscape else A4_SHORT

    @property
    def height(self) -> float:
        return A4_SHORT if self.is_landscape else A4_LONG

    @property
    def body(self) -> Box:
        """Between the slim head and the foot."""
        return self.below(SLIM_HEAD)

    def below(self, y: float) -> Box:
        return Box(MARGIN, y, self.width - 2 * MARGIN, self.height - FOOT - y)


def look() -> ReportLook:
    return ReportLook(darkened(parse(institution().primary)), parse(institution().accent))


def put(
    drawing: Drawing,
    text: str,
    style: Style,
    size: float,
    x: float,
    y: float,
    *,
    colour: Colour = INK,
    width: float = 1000.0,
    align: float = 0,
    lines: int = 1,
) -> None:
    """Text whose last baseline is `y`; the last line that it may take shrinks, or is cut."""
    steps = [*[Sizes(size, size)] * (lines - 1), Sizes(size, SMALLEST)]
    setting = fit(text, style, width, *steps)
    drawing.fill(colour)
    leading = millimetres(setting.size * 1.15)
    first = y - leading * (len(setting.lines) - 1)
    for number, line in enumerate(setting.lines):
        drawing.text(line, x, first + number * leading, setting.size, align=align)


def first_page(sheet: Sheet) -> Drawing:
    """The institution and what this is, on its colour."""
    drawing = Drawing(sheet.width, sheet.height)
    drawing.fill(sheet.look.primary)
    drawing.box(Box(0, 0, sheet.width, BAND))
    drawing.fill(sheet.look.accent)
    drawing.box(Box(0, BAND, sheet.width, EDGE))
    room = sheet.width - 2 * MARGIN - 24
    put(drawing, institution().name, BOLD, 14, MARGIN, 12.5, colour=WHITE, width=room)
    put(drawing, sheet.title, SEMIBOLD, 11, MARGIN, 21, colour=WHITE, width=room)
    plate = Box(sheet.width - MARGIN - 18, 5.5, 18, 18)
    drawing.fill(WHITE)
    drawing.box(plate, radius=2)
    emblem = Box(plate.x + 1.5, plate.y + 1.5, plate.width - 3, plate.height - 3)
    draw_emblem(Side(drawing), institution(), emblem, ground=WHITE, ink=sheet.look.primary)
    put(drawing, sheet.span, BOLD, 13, MARGIN, BAND + 11, colour=sheet.look.primary)
    made = gettext("Made on {time}").format(time=date_format(sheet.made_at, "j F Y, H:i"))
    right = sheet.width - MARGIN
    put(drawing, sheet.subtitle.capitalize(), REGULAR, 9, right, BAND + 8, colour=INK, align=1)
    put(drawing, made, REGULAR, 7.5, right, BAND + 12, colour=GREY, align=1)
    _foot(drawing, sheet, 1)
    return drawing


def next_page(sheet: Sheet, number: int) -> Drawing:
    drawing = Drawing(sheet.width, sheet.height)
    right = sheet.width - MARGIN
    half = (sheet.width - 2 * MARGIN) / 2 - 2
    put(drawing, institution().name, SEMIBOLD, 8, MARGIN, 12, colour=sheet.look.primary, width=half)
    what = f"{sheet.title} {sheet.subtitle}, {sheet.span}"
    put(drawing, what, REGULAR, 8, right, 12, colour=GREY, width=half, align=1)
    drawing.fill(sheet.look.accent)
    drawing.box(Box(MARGIN, 14, sheet.width - 2 * MARGIN, 0.5))
    _foot(drawing, sheet, number)
    return drawing


def _foot(drawing: Drawing, sheet: Sheet, number: int) -> None:
    y = sheet.height - 9
    drawing.stroke(RULE, 0.5)
    drawing.line(MARGIN, y - 4, sheet.width - MARGIN, y - 4)
    put(drawing, institution().name, REGULAR, 7, MARGIN, y, colour=GREY, width=120)
    place = gettext("Page {number} of {pages}").format(number=number, pages=sheet.pages)
    put(drawing, place, REGULAR, 7, sheet.width - MARGIN, y, colour=GREY, align=1)
