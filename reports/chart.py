"""A chart of stacked bars over the days of a report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext

from reports.counting import Report
from reports.paper import GREY, INK, NUMBER, RULE, ZEBRA, ReportLook, put
from reports.periods import Span, week_of
from typesetting.drawing import Drawing
from typesetting.geometry import Box, millimetres
from typesetting.text import shape
from typesetting.typefaces import REGULAR, SEMIBOLD

# More bars than this are too thin to be told apart: then each is a week.
MOST_DAYS = 45
FEW_DAYS = 8
LEFT = 12.0
HEAD = 9.0
FEET = 8.5
BAR_PART = 0.72
WIDEST_BAR = 12.0
MOST_STEPS = 5


@dataclass(frozen=True)
class ChartBar:
    first: date
    label: str
    values: tuple[int, ...]
    """From below, layer by layer."""
    is_weekend: bool = False


def draw_chart(drawing: Drawing, report: Report, look: ReportLook, box: Box) -> None:
    """Bars for days, or for weeks where the days are many; axes, their names and a legend."""
    bars = bars_of(report)
    plot = Box(box.x + LEFT, box.y + HEAD, box.width - LEFT, box.height - HEAD - FEET)
    highest = max((sum(bar.values) for bar in bars), default=0)
    step = _step(highest)
    top = max(step, -(-highest // step) * step)
    _draw_title(drawing, report, look, box)
    _draw_plot(drawing, bars, look, plot, step, top)
    _draw_days(drawing, bars, plot)
    name = _axis_name(report)
    middle = plot.x + plot.width / 2
    if not highest:
        height = plot.y + plot.height / 2
        nothing = gettext("Nothing was recorded in these days.")
        put(drawing, nothing, REGULAR, 10, middle, height, colour=GREY, align=0.5)
    put(drawing, name, REGULAR, 7, middle, box.bottom, colour=GREY, align=0.5)


def bars_of(report: Report) -> list[ChartBar]:
    """A bar for each day or week, also for those without records."""
    layers = report.kind.layers
    found = {day["date"]: tuple(layer.value(day) for layer in layers) for day in report.days}
    nothing = (0,) * len(layers)
    if report.span.length <= MOST_DAYS:
        label = _day_label(report.span)
        return [
            ChartBar(day, label(day), found.get(day, nothing), is_weekend=day.weekday() >= 5)
            for day in report.span.dates
        ]
    weeks: dict[date, tuple[int, ...]] = {}
    for day in report.span.dates:
        monday = max(week_of(day).first, report.span.first)
        counted = zip(weeks.get(monday, nothing), found.get(day, nothing), strict=True)
        weeks[monday] = tuple(sum(pair) for pair in counted)
    return [ChartBar(day, date_format(day, "j M"), values) for day, values in weeks.items()]


def _day_label(span: Span) -> Callable[[date], str]:
    if span.length <= FEW_DAYS:
        return lambda day: date_format(day, "D j M")
    begins = {span.first, *(day for day in span.dates if day.day == 1)}
    named = begins if len(begins) > 1 else set()
    return lambda day: date_format(day, "j M" if day in named else "j")


def _axis_name(report: Report) -> str:
    span = report.span
    if span.length > MOST_DAYS:
        return gettext("Week from")
    if span.first.month != span.last.month:
        return gettext("Day")
    return gettext("Day of {month}").format(month=date_format(span.first, "F Y"))


def _step(highest: int) -> int:
    """1, 2 or 5 and noughts: so that the scale has a handful of round numbers."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if highest <= factor * power * MOST_STEPS:
                return factor * power
        power *= 10


def _slots(bars: Sequence[ChartBar], plot: Box) -> Iterator[tuple[Box, ChartBar]]:
    width = plot.width / len(bars)
    for number, bar in enumerate(bars):
        yield Box(plot.x + number * width, plot.y, width, plot.height), bar


def _draw_title(drawing: Drawing, report: Report, look: ReportLook, box: Box) -> None:
    by_day, by_week = report.kind.chart_titles
    title = str(by_day if report.span.length <= MOST_DAYS else by_week)
    put(drawing, title, SEMIBOLD, 9, box.x, box.y + 3, colour=INK)
    x = box.right
    for layer, colour in reversed(list(zip(report.kind.layers, look.layers, strict=False))):
        heading = str(layer.heading)
        put(drawing, heading, REGULAR, 7.5, x, box.y + 3, colour=INK, align=1)
        x -= millimetres(shape(heading, REGULAR).width * 7.5 / 1000) + 4
        drawing.fill(colour)
        drawing.box(Box(x, box.y + 0.4, 2.8, 2.8), radius=0.5)
        x -= 4


def _draw_plot(
    drawing: Drawing, bars: Sequence[ChartBar], look: ReportLook, plot: Box, step: int, top: int
) -> None:
    """From below: weekends, the lines of the scale with their numbers, the bars."""
    drawing.fill(ZEBRA)
    for place, bar in _slots(bars, plot):
        if bar.is_weekend:
            drawing.box(place)
    for value in range(0, top + 1, step):
        y = plot.bottom - plot.height * value / top
        drawing.stroke(GREY if value == 0 else RULE, 0.8 if value == 0 else 0.4)
        drawing.line(plot.x, y, plot.right, y)
        put(drawing, f"{value:,}", NUMBER, 6.5, plot.x - 1.5, y + 0.8, colour=GREY, align=1)
    scale = plot.height / top
    for place, bar in _slots(bars, plot):
        width = min(place.width * BAR_PART, WIDEST_BAR)
        x, y = place.x + (place.width - width) / 2, place.bottom
        for value, colour in zip(bar.values, look.layers, strict=False):
            if value:
                y -= value * scale
                drawing.fill(colour)
                drawing.box(Box(x, y, width, value * scale))


def _draw_days(drawing: Drawing, bars: Sequence[ChartBar], plot: Box) -> None:
    """As many labels as there is room for, at equal distances."""
    slot = plot.width / len(bars)
    widest = max(shape(bar.label, NUMBER).width for bar in bars)
    needed = millimetres(widest * 6.5 / 1000) + 1.2
    every = max(1, -(-needed // slot))
    for number, (place, bar) in enumerate(_slots(bars, plot)):
        if number % every == 0:
            middle = place.x + place.width / 2
            put(drawing, bar.label, NUMBER, 6.5, middle, plot.bottom + 3.6, colour=GREY, align=0.5)
