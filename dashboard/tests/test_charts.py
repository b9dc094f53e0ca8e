"""The geometry of the dashboard's charts."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from dashboard.charts import BAR, TALL, WIDE, DayLayer, chart_of, scale

FIRST = date(2026, 11, 9)
LAYERS = (
    DayLayer("present", "Present"),
    DayLayer("late", "Late"),
    DayLayer("absent", "Absent"),
)


def days(*counts: tuple[int, int, int]) -> list[dict[str, object]]:
    return [
        {"date": FIRST + timedelta(days=n), "present": present, "late": late, "absent": absent}
        for n, (present, late, absent) in enumerate(counts)
    ]


@pytest.mark.parametrize(
    ("highest", "numbers"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (5, [0, 2, 4, 6]),
        (12, [0, 5, 10, 15]),
        (387, [0, 100, 200, 300, 400]),
        (400, [0, 100, 200, 300, 400]),
        (401, [0, 200, 400, 600]),
        (99_999, [0, 50_000, 100_000]),
    ],
)
def test_the_scale_has_few_round_whole_numbers(highest: int, numbers: list[int]) -> None:
    assert scale(highest) == numbers


@pytest.mark.parametrize("highest", [*range(200), 12_345, 10**9 + 1])
def test_the_scale_always_reaches_the_highest_and_never_by_far(highest: int) -> None:
    numbers = scale(highest)
    assert numbers[-1] >= highest
    assert 2 <= len(numbers) <= 5
    assert numbers[-2] < max(highest, 1)


def test_the_layers_of_a_day_stand_upon_each_other() -> None:
    chart = chart_of(days((50, 25, 25)), LAYERS)
    present, late, absent = chart.columns[0].bars
    assert (present.y, present.height) == (50, 50)
    assert (late.y, late.height) == (25, 25)
    assert (absent.y, absent.height) == (0, 25)
    assert all(above.y + above.height == below.y for below, above in pairwise((present, late)))


def test_bars_are_as_high_as_their_share_of_the_scale() -> None:
    chart = chart_of(days((100, 0, 0), (300, 0, 100)), LAYERS)
    assert [bar.height for column in chart.columns for bar in column.bars] == [25, 75, 25]
    assert [tick.number for tick in chart.ticks] == [400, 300, 200, 100, 0]
    assert [tick.y for tick in chart.ticks] == [0, 25, 50, 75, 100]


def test_nothing_leaves_the_drawing() -> None:
    chart = chart_of(days(*[(n * 7, n * 3, n) for n in range(14)]), LAYERS)
    assert (chart.width, chart.height) == (14 * WIDE, TALL)
    for place, column in enumerate(chart.columns):
        for bar in column.bars:
            assert place * WIDE < bar.x < bar.x + BAR < (place + 1) * WIDE
            assert bar.y >= 0
            assert bar.y + bar.height <= TALL + 0.01


def test_a_layer_of_nobody_has_no_bar_but_is_counted() -> None:
    (column,) = chart_of(days((3, 0, 1)), LAYERS).columns
    assert [bar.layer for bar in column.bars] == ["present", "absent"]
    assert column.counts == ((LAYERS[0], 3), (LAYERS[1], 0), (LAYERS[2], 1))
    assert column.total == 4


def test_days_without_anybody_keep_their_place() -> None:
    chart = chart_of(days((0, 0, 0), (0, 0, 0), (2, 0, 0)), LAYERS)
    assert [len(column.bars) for column in chart.columns] == [0, 0, 1]
    assert chart.columns[2].bars[0].x > 2 * WIDE
    assert chart.total == 2


def test_two_weeks_of_nothing_are_no_division_by_zero() -> None:
    chart = chart_of(days((0, 0, 0)), LAYERS)
    assert (chart.total, chart.columns[0].bars) == (0, ())
