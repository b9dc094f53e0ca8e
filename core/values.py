"""Values: small things of which a tap makes twenty, each for a moment."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A dataclass whose fields nobody sets again. It is mypy who says so.

    Python could as well, by `frozen=True`, but each field of each value costs six times as long to
    set then, and that is a tenth of the Python of a tap.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
