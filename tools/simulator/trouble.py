"""What goes wrong between a card and a server, on request and always the same for a seed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cards.number_formats import NumberFormat, spell
from tools.simulator.events import SimulatedEvent


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each trouble happens, from 0 to 1."""

    duplicates: float = 0.0
    lost_replies: float = 0.0
    clock_jumps: float = 0.0
    unknown: float = 0.0
    bad: float = 0.0
    malformed: float = 0.0


NO_TROUBLE = Shares()


class Trouble:
    def __init__(self, shares: Shares, random: Random, number_format: NumberFormat) -> None:
        self.shares = shares
        self.random = random
        self.number_format = number_format

    def spoil(self, tap: dict[str, Any], at: datetime) -> dict[str, Any]:
        """This tap, made at this moment, as the reader tells it, right or wrong."""
        spoiled = dict(tap)
        if self._happens(self.shares.unknown):
            spoiled["card"] = self._unknown_card()
        if self._happens(self.shares.bad):
            spoiled["card"] = self._misread_card()
        if self._happens(self.shares.malformed):
            spoiled["card"] = self.random.getrandbits(31)  # a number instead of text
        if self._happens(self.shares.clock_jumps):
            spoiled["tapped_at"] = self._jump(at).isoformat()
        return spoiled

    def repeats(self) -> int:
        """How often one event is sent once more although it was answered."""
        return int(self._happens(self.shares.duplicates))

    def loses_reply(self) -> bool:
        return self._happens(self.shares.lost_replies)

    def reordered(self, events: Iterable[SimulatedEvent]) -> list[SimulatedEvent]:
        shuffled = list(events)
        self.random.shuffle(shuffled)
        return shuffled

    def _happens(self, share: float) -> bool:
        return self.random.random() < share

    def _unknown_card(self) -> str:
        """A chip of seven bytes, or a 125 kHz tag for a reader of those."""
        try:
            return spell(f"04{self.random.getrandbits(48):012X}", self.number_format)
        except ValueError:
            return spell(f"01{self.random.getrandbits(32):08X}", self.number_format)

    def _misread_card(self) -> str:
        """Seven digits, one of them no decimal: no reader's format has that."""
        return f"F{self.random.getrandbits(24):06X}"

    def _jump(self, at: datetime) -> datetime:
        """The clock lost its battery, was set by hand, or is some minutes off."""
        minutes = timedelta(minutes=self.random.choice((-1, 1)) * self.random.randrange(3, 90))
        reset, ahead = (at.replace(year=year, month=1, day=1) for year in (1970, 2099))
        return self.random.choice((reset, ahead, at + minutes))
