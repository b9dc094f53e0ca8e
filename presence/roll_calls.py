"""How a roll-call stands: a pure function of what was said and tapped (contract section 9).

It knows no clock and no database, so what arrives late, twice or in another order gives the same
answer. Of each person the statement of the latest moment counts: whoever was marked safe by
mistake can be marked missing again. Of two of the same moment the graver one does. How long it
took to find somebody is told by the earliest statement since which that has stood.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Final

SHARES: Final = (50, 95, 100)


class Whereabouts(StrEnum):
    """`UNMARKED`: nobody has said anything yet. Graver ones come later."""

    UNMARKED = "unmarked"
    SAFE = "safe"
    AWAY = "away"
    MISSING = "missing"

    @property
    def is_found(self) -> bool:
        return self in {Whereabouts.SAFE, Whereabouts.AWAY}


GRAVITY: Final = {state: place for place, state in enumerate(Whereabouts)}


@dataclass(frozen=True, slots=True)
class Statement:
    """`by`: who said it; or at which muster point a card was held to the reader."""

    at: datetime
    state: Whereabouts
    by: str = ""


@dataclass(frozen=True, slots=True)
class RollCallStanding:
    """`at`: since when that has stood, by whose statement; None: nothing was said."""

    state: Whereabouts = Whereabouts.UNMARKED
    at: datetime | None = None
    by: str = ""


def standing_of(statements: Iterable[Statement]) -> RollCallStanding:
    """How it stands with one person."""
    standing = RollCallStanding()
    in_order = sorted(statements, key=lambda said: (said.at, GRAVITY[said.state], said.by))
    for said in in_order:
        if said.state != standing.state:
            standing = RollCallStanding(said.state, said.at, said.by)
    return standing


def seconds_to(
    share: int, standings: Sequence[RollCallStanding], *, started_at: datetime
) -> int | None:
    """How long it took until so many percent of those on the list were found.

    Whole seconds, begun ones counted; None: they have not been, or nobody was on it.
    """
    found = sorted(one.at for one in standings if one.state.is_found and one.at)
    needed = ceil(len(standings) * share / 100)
    if not needed or len(found) < needed:
        return None
    return max(0, ceil((found[needed - 1] - started_at).total_seconds()))
