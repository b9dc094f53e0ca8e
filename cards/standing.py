"""Is this card good? The one answer (contract section 1), for one card and for a query of many.

Gates, public verification, the office's chips and filters, lists and reports all ask here. Pure
functions of plain values; `standing_q` is the same rule as a condition, made from the same table,
and a test holds the two together over every state.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Q

from people import standing as people_standing
from people.standing import HolderFacts

CARD_RETIRED: Final = "card_retired"
CARD_INACTIVE: Final = "card_inactive"
CARD_EXPIRED: Final = "card_expired"
CARD_SUSPENDED: Final = "card_suspended"


class CardFacts(NamedTuple):
    """What the rule needs to know of a card, as it is or was.

    `suspended_until`: until when a temporary card of the holder lasts, of whom this is the own one.
    """

    is_active: bool
    expiry_date: datetime | None
    retired_at: datetime | None
    suspended_until: datetime | None = None


class CardRule(NamedTuple):
    """What a card is refused for: said of one, and of a query."""

    code: str
    applies: Callable[[CardFacts, datetime], bool]
    condition: Callable[[datetime], Q]


# The first that applies is the answer; then the holder is looked at.
RULES: Final = (
    CardRule(
        CARD_RETIRED,
        lambda card, at: card.retired_at is not None,
        lambda at: Q(retired_at__isnull=False),
    ),
    CardRule(CARD_INACTIVE, lambda card, at: not card.is_active, lambda at: Q(is_active=False)),
    CardRule(
        CARD_EXPIRED,
        lambda card, at: card.expiry_date is not None and card.expiry_date <= at,
        lambda at: Q(expiry_date__isnull=False, expiry_date__lte=at),
    ),
    CardRule(
        CARD_SUSPENDED,
        lambda card, at: card.suspended_until is not None and at < card.suspended_until,
        lambda at: Q(suspended_until__isnull=False, suspended_until__gt=at),
    ),
)


def is_good(card: CardFacts, *, at: datetime) -> bool:
    """Whether the card itself, whoever holds it, opens a gate at that time."""
    return not any(rule.applies(card, at) for rule in RULES)


def of_card(card: CardFacts, holder: HolderFacts, *, at: datetime) -> str:
    """`ok`, or the code with which a gate refuses this card at that time."""
    refusal = next((rule.code for rule in RULES if rule.applies(card, at)), None)
    return refusal or people_standing.of_holder(holder, at=at)


def standing_q(code: str, at: datetime) -> Q:
    """Cards of which `of_card` says `code`. Raises KeyError for what is no code of a card."""
    earlier = Q()
    for rule in RULES:
        if rule.code == code:
            return earlier & rule.condition(at)
        earlier &= ~rule.condition(at)
    return earlier & people_standing.standing_q(code, at, "person__")
