"""Which number format a reader has, by known cards; and which cards a format cannot tell apart.

One text rarely leaves one format: 3536403172 is a decimal, and may be the 32 bits of a Wiegand
reader. So nothing is changed here: a person taps two known cards and chooses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cards.models import Card
from cards.number_formats import NumberFormat, formats_that_read, is_lossy, not_told_apart


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A text that a reader sent, and the canonical number of the card that was held to it."""

    text: str
    number: str


def formats_of(known: Iterable[KnownCard]) -> list[NumberFormat]:
    """Those in which each text is its card, or may be it; those that tell whole numbers first."""
    fitting = set(NumberFormat)
    for each in known:
        fitting &= set(formats_that_read(each.text, each.number))
    return sorted(fitting, key=lambda each: (is_lossy(each), [*NumberFormat].index(each)))


def collisions(formats: Iterable[NumberFormat]) -> dict[NumberFormat, int]:
    """How many cards in use a reader of each format would refuse as `ambiguous_card`.

    What it takes a card for may be a retired one: the ledger looks at all of them.
    """
    asked = [*formats]
    if not any(map(is_lossy, asked)):
        return dict.fromkeys(asked, 0)
    cards = Card.objects.values_list("rfid_number", "retired_at")
    in_use = {number: retired_at is None for number, retired_at in cards.order_by("retired_at")}
    return {each: _in_use(not_told_apart(in_use, each), in_use) for each in asked}


def _in_use(numbers: Iterable[str], in_use: Mapping[str, bool]) -> int:
    return sum(in_use[number] for number in numbers)


def colliding_cards(number_format: NumberFormat) -> int:
    """As `collisions`, of one format."""
    return collisions([number_format])[number_format]
