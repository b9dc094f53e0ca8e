"""Counts that have come, as ranges: what a reader counts, with the gaps between."""

import re
from typing import Any, Final, NamedTuple

from django.db import models

# As PostgreSQL writes a range of integers: with its first number, and without its end.
RANGE: Final = re.compile(r"\[(\d+),(\d+)\)")


class Counts(NamedTuple):
    """A range of counts, both ends within."""

    first: int
    last: int

    @property
    def number(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}\N{EN DASH}{self.last}"


class CountsField(models.Field[Any, Any]):
    """A column of ranges that do not touch, in order; only functions of the database write it."""

    def db_type(self, connection: Any) -> str:
        return "int8multirange"

    def from_db_value(self, value: Any, *args: Any) -> list[Counts]:
        return [Counts(int(first), int(end) - 1) for first, end in RANGE.findall(value)]
