"""Who could have tapped on a day: cards over time (contract section 9, "expected").

Somebody could, who had been issued a card before that day and had one that worked at every moment
of it. A card that was switched off in the morning, lost at noon or issued in the afternoon says
nothing about why its holder was not seen.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from cards.models import Card
from cards.standing import CardFacts, is_good

# From one card to the next: what replaces a card takes its place a moment later.
HANDOVER: Final = timedelta(minutes=1)

Interval = tuple[datetime, datetime]


def could_tap(people: Collection[UUID], *, begins: datetime, until: datetime) -> set[UUID]:
    """Which of these people; two queries at most."""
    by_person: dict[UUID, list[Card]] = defaultdict(list)
    had_one = set()
    for card in Card.objects.filter(person__in=people):
        if card.issued_date < begins:
            had_one.add(card.person_id)
        if card.retired_at is None or card.retired_at > begins:
            by_person[card.person_id].append(card)
    changed = [
        card.pk for cards in by_person.values() for card in cards if card.updated_at > begins
    ]
    events = _events_of(changed)
    is_now = until >= timezone.now()
    return {
        person
        for person, cards in by_person.items()
        if person in had_one
        and (not is_now or any(is_good(_facts(card), at=until) for card in cards))
        and _covers(
            (
                interval
                for card in cards
                for interval in good_intervals(card, events.get(card.pk, ()), begins, until)
            ),
            begins,
            until,
        )
    }


def _events_of(cards: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Every event of these cards; of those that have not changed since, none are needed."""
    events: dict[UUID, list[Any]] = defaultdict(list)
    if cards:
        model: Any = Card.pgh_event_model  # type: ignore[attr-defined]
        for event in model.objects.filter(pgh_obj__in=cards).order_by("pgh_id"):
            events[event.pgh_obj_id].append(event)
    return events


def good_intervals(
    card: Card, events: Iterable[Any], begins: datetime, until: datetime
) -> Iterator[Interval]:
    """When this card worked, between these two; from its issue on, whenever it was entered."""
    since = max(begins, card.issued_date)
    states = [(event.pgh_created_at, event) for event in events] or [(since, card)]
    states[0] = (min(states[0][0], since), states[0][1])
    ends = [at for at, _ in states[1:]] + [until]
    for (first, state), last in zip(states, ends, strict=True):
        facts = _facts(state)
        edges = sorted({max(first, since), *_turns(facts, first, last), min(last, until)})
        for start, end in pairwise(edges):
            if start >= max(first, since) and end <= min(last, until) and is_good(facts, at=start):
                yield start, end


def _facts(state: Any) -> CardFacts:
    """Of a card, or of an event of one."""
    return CardFacts(state.is_active, state.expiry_date, state.retired_at, state.suspended_until)


def _turns(facts: CardFacts, first: datetime, last: datetime) -> Iterator[datetime]:
    """When a card turns good or bad by itself."""
    for moment in (facts.expiry_date, facts.suspended_until):
        if moment is not None and first < moment < last:
            yield moment


def _covers(intervals: Iterable[Interval], begins: datetime, until: datetime) -> bool:
    reached = begins
    for start, end in sorted(intervals):
        if start > reached + HANDOVER:
            return False
        reached = max(reached, end)
    return reached + HANDOVER >= until
