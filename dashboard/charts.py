"""Bars for days, stacked in layers: from counts to places in a drawing.

The drawing is TALL units high and WIDE units wide for each day; a page stretches it to the room
that there is. What must not be stretched, the words, stands beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WIDE: Final = 10
TALL: Final = 100
BAR: Final = 6.4  # the rest of WIDE is room between the bars
MOST_STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class DayLayer:
    """What is counted: its name in the data, and in words."""

    name: str
    label: "StrOrPromise"


@dataclass(frozen=True, slots=True)
class DayBar:
    """One layer of one day; `y` is its upper edge, from the top of the drawing."""

    layer: str
    x: float
    y: float
    height: float
    width: float = BAR


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """One day. `counts`: each layer and its count, also those without a bar."""

    day: date
    bars: tuple[DayBar, ...]
    counts: tuple[tuple[DayLayer, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the drawing, and the number that stands beside it."""

    number: int
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """`ticks` from the top down; `total`: nothing was counted if it is 0."""

    layers: tuple[DayLayer, ...]
    columns: tuple[ChartColumn, ...]
    ticks: tuple[Tick, ...]

    @property
    def width(self) -> int:
        return WIDE * len(self.columns)

    @property
    def height(self) -> int:
        return TALL

    @property
    def total(self) -> int:
        return sum(column.total for column in self.columns)


def chart_of(days: Iterable[Mapping[str, Any]], layers: Sequence[DayLayer]) -> Chart:
    """A chart of rows such as `{"date": ..., "present": 3, "late": 1}`, in their order."""
    rows = [(row["date"], tuple(int(row[layer.name]) for layer in layers)) for row in days]
    numbers = scale(max((sum(values) for _, values in rows), default=0))
    top = numbers[-1]
    columns = (
        ChartColumn(day, _bars(values, layers, place, top), tuple(zip(layers, values, strict=True)))
        for place, (day, values) in enumerate(rows)
    )
    ticks = (Tick(number, _y(number, top)) for number in reversed(numbers))
    return Chart(tuple(layers), tuple(columns), tuple(ticks))


def scale(highest: int) -> list[int]:
    """Round numbers from 0 to at least `highest`, in at most MOST_STEPS equal steps.

    People and meals are whole, and so are the steps: 1, 2 or 5 and noughts.
    """
    step = next(step for step in _round_steps() if step * MOST_STEPS >= highest)
    steps = max(1, -(-highest // step))
    return [step * number for number in range(steps + 1)]


def _round_steps() -> Iterable[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _bars(
    values: tuple[int, ...], layers: Sequence[DayLayer], place: int, top: int
) -> tuple[DayBar, ...]:
    """One upon the other, the first layer at the bottom; a layer of nobody has no bar."""
    x = round(WIDE * place + (WIDE - BAR) / 2, 2)
    return tuple(
        DayBar(layer.name, x, _y(reached, top), round(TALL * value / top, 2))
        for layer, value, reached in zip(layers, values, accumulate(values), strict=True)
        if value
    )


def _y(number: int, top: int) -> float:
    return round(TALL - TALL * number / top, 2)
