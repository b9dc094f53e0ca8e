"""What holds of a value while the program runs; that nobody sets its fields again, mypy says."""

from dataclasses import replace

import pytest

from core.values import value


@value
class Point:
    x: int
    y: int = 0


def test_values_of_equal_fields_are_one() -> None:
    assert Point(1) == Point(1, 0) == replace(Point(2), x=1)
    assert {Point(1), Point(1, 0), Point(1, 2)} == {Point(1), Point(1, 2)}


def test_a_value_has_no_other_fields() -> None:
    with pytest.raises(AttributeError):
        setattr(Point(1), "z", 3)  # noqa: B010
