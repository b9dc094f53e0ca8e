"""Which way each character runs: the implicit part of the Unicode Bidirectional Algorithm.

UAX #9 without explicit embeddings and bracket pairs, which names and addresses do not use.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

LEFT_TO_RIGHT = frozenset({"L"})
RIGHT_TO_LEFT = frozenset({"R", "AL"})
NUMBERS = frozenset({"EN", "AN"})


def levels(text: str) -> list[int]:
    """The embedding level of each character: odd ones run from right to left."""
    classes = [unicodedata.bidirectional(character) or "L" for character in text]
    if not RIGHT_TO_LEFT.intersection(classes):
        return [0] * len(text)
    base = _base(classes)
    _resolve_marks(classes)
    _resolve_numbers(classes, "R" if base else "L")
    _resolve_neutrals(classes, "R" if base else "L")
    return [_level(name, base) for name in classes]


def visual_order(run_levels: Sequence[int]) -> list[int]:
    """The indices of the runs from left to right (rule L2)."""
    order = list(range(len(run_levels)))
    for level in range(max(run_levels, default=0), 0, -1):
        order = _turned_from(level, order, run_levels)
    return order


def _turned_from(level: int, order: Sequence[int], run_levels: Sequence[int]) -> list[int]:
    turned: list[int] = []
    for is_turned, group in groupby(order, lambda run: run_levels[run] >= level):
        members = list(group)
        turned += reversed(members) if is_turned else members
    return turned


def _base(classes: Sequence[str]) -> int:
    strong = (name for name in classes if name in LEFT_TO_RIGHT | RIGHT_TO_LEFT)
    return int(next(strong, "L") in RIGHT_TO_LEFT)


def _resolve_marks(classes: list[str]) -> None:
    """A mark goes with the character before it (rule W1)."""
    for index, name in enumerate(classes):
        if name == "NSM":
            classes[index] = classes[index - 1] if index else "ON"


def _resolve_numbers(classes: list[str], strong: str) -> None:
    """Digits after Latin letters are Latin, after Arabic ones Arabic (rules W2 to W7)."""
    for index, name in enumerate(classes):
        if name in LEFT_TO_RIGHT | RIGHT_TO_LEFT:
            strong = name
        elif name in {"ES", "CS"} and _between_numbers(classes, index):
            classes[index] = classes[index - 1]
        elif name == "EN":
            classes[index] = {"L": "L", "AL": "AN"}.get(strong, "EN")


def _between_numbers(classes: Sequence[str], index: int) -> bool:
    around = classes[max(index - 1, 0) : index + 2 : 2]
    return len(around) == 2 and NUMBERS.issuperset(around)


def _resolve_neutrals(classes: list[str], base: str) -> None:
    """Spaces and signs go with their neighbours where both agree (rules N1 and N2)."""
    ends = [base, *(_side(name) for name in classes), base]
    for index in range(1, len(ends) - 1):
        if not ends[index]:
            after = next(side for side in ends[index + 1 :] if side)
            ends[index] = ends[index - 1] if ends[index - 1] == after else base
            classes[index - 1] = ends[index]


def _side(name: str) -> str:
    if name in LEFT_TO_RIGHT:
        return "L"
    return "R" if name in RIGHT_TO_LEFT | NUMBERS else ""


def _level(name: str, base: int) -> int:
    """Rules I1 and I2."""
    if name in NUMBERS:
        return 2
    return 1 if name in RIGHT_TO_LEFT else 2 * base
