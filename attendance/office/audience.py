"""Whom an entry of the calendar or an absence is for."""

from collections.abc import Mapping, Sequence
from typing import Any

from attendance.expectation import NOBODY, meant_by
from people.applies_to import AppliesTo
from people.kinds import or_q


def meant(applies_to: Mapping[str, Sequence[str]]) -> Any:
    """These people, as a condition."""
    ways = [whom for _, whom in meant_by(AppliesTo.of(applies_to), shifts=True)]
    return or_q(ways) if ways else NOBODY
