"""What a tap comes to: a pure function of what was sent, the cards it can be of, and the time.

No clock, no database, no HTTP; `pos.ledger` asks and writes down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from cards.lookup import FoundCard
from people.kinds import kind_named
from pos.models import Activity, Code

# Further off than this a reader's clock is not believed (contract section 8).
MAX_AHEAD = timedelta(minutes=2)
MAX_BEHIND = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Timing:
    """When a tap counts: `counted_at` is None if that is for a person to say."""

    counted_at: datetime | None
    date: date
    is_clock_suspect: bool


def time_of(tapped_at: datetime | None, *, received_at: datetime, offline: bool) -> Timing:
    """A live tap with a clock that is not believed counts when it was received."""
    claimed = tapped_at or received_at
    is_suspect = not received_at - MAX_BEHIND <= claimed <= received_at + MAX_AHEAD
    counted_at: datetime | None = claimed
    if is_suspect:
        counted_at = None if offline else received_at
    day = timezone.localdate(counted_at or received_at)
    return Timing(counted_at, day, is_suspect)


def verdict_on(
    cards: Sequence[FoundCard], *, activity: str, at: datetime
) -> tuple[Code, FoundCard | None]:
    """What the rules say of these cards at a reader of this activity, and whose card it is.

    A meal is only judged as far as cards go: its period and whether it is the first are
    `kitchen`'s to say.
    """
    if not cards:
        return Code.UNKNOWN_CARD, None
    if len(cards) > 1:
        return Code.AMBIGUOUS_CARD, None
    card = cards[0]
    code = Code(card.standing(at=at))
    is_meal = activity == Activity.FOOD_SERVICE
    if code == Code.OK and is_meal and not kind_named(card.card_type).is_eating:
        return Code.NOT_ENTITLED, card
    return code, card
