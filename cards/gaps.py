"""Why somebody could not have tapped: the first moment of a day at which no card of theirs worked.

For one person and in words; `cards.coverage` says for many whether there is such a moment.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cards.coverage import HANDOVER, good_intervals
from cards.models import Card
from cards.standing import (
    CARD_EXPIRED,
    CARD_INACTIVE,
    CARD_RETIRED,
    CARD_SUSPENDED,
    RULES,
    CardFacts,
)

NO_CARD: Final = "no_card"
NOT_YET_ISSUED: Final = "not_yet_issued"


@dataclass(frozen=True, slots=True)
class Gap:
    """Since when nothing worked, and the reason: a code of `cards.standing`, or one of the above.

    `at` is None for whoever never had a card.
    """

    code: str
    at: datetime | None

    def in_words(self, at: str) -> str:
        """`the card was switched off at 07:10`; `at` is how the page says when."""
        if self.code == NO_CARD:
            return gettext("no card had been issued to them")
        if self.code == NOT_YET_ISSUED:
            return gettext("their first card was issued {at}").format(at=at)
        return WORDS[self.code].format(at=at)


WORDS: Final = {
    CARD_RETIRED: _("the card was withdrawn {at}"),
    CARD_INACTIVE: _("the card was switched off {at}"),
    CARD_EXPIRED: _("the card expired {at}"),
    CARD_SUSPENDED: _("the card was replaced by a temporary one {at}"),
}


def first_gap(person: UUID, *, begins: datetime, until: datetime) -> Gap | None:
    """None: one card or another worked all the time. Three queries at most."""
    cards = list(Card.objects.filter(person=person).order_by("issued_date", "pk"))
    if not cards:
        return Gap(NO_CARD, None)
    if cards[0].issued_date >= begins:
        return Gap(NOT_YET_ISSUED, cards[0].issued_date)
    events = _events_of(person)
    in_use = [card for card in cards if card.retired_at is None or card.retired_at > begins]
    reached = begins
    for start, end in sorted(
        interval
        for card in in_use
        for interval in good_intervals(card, events.get(card.pk, ()), begins, until)
    ):
        if start > reached + HANDOVER:
            break
        reached = max(reached, end)
    if reached + HANDOVER >= until:
        return None
    there = [card for card in cards if card.issued_date <= reached]
    return _gap_of(there[-1], events.get(there[-1].pk, []), reached)


def _events_of(person: UUID) -> dict[UUID, list[Any]]:
    model: Any = Card.pgh_event_model  # type: ignore[attr-defined]
    events: dict[UUID, list[Any]] = {}
    for event in model.objects.filter(person=person).order_by("pgh_id"):
        events.setdefault(event.pgh_obj_id, []).append(event)
    return events


def _gap_of(card: Card, events: list[Any], at: datetime) -> Gap:
    """What this card was refused for then, and since when that is so."""
    states = [event for event in events if event.pgh_created_at <= at + HANDOVER]
    state: Any = states[-1] if states else card
    facts = CardFacts(state.is_active, state.expiry_date, state.retired_at, state.suspended_until)
    code = next((rule.code for rule in RULES if rule.applies(facts, at)), CARD_INACTIVE)
    since = at
    for event in reversed(states):
        before = CardFacts(
            event.is_active, event.expiry_date, event.retired_at, event.suspended_until
        )
        if not any(rule.applies(before, at) for rule in RULES):
            break
        since = min(since, event.pgh_created_at)
    return Gap(code, facts.expiry_date if code == CARD_EXPIRED else since)
