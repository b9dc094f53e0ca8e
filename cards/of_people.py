"""The cards of people whom a reader names instead of a card: terminals know users by a number.

A second look-up beside `cards.lookup`, for such taps only. A person is judged by the card that
works for them: whoever has forgotten it and has a temporary one comes in by that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Upper

from cards.lookup import FoundCard, find_cards, find_cards_at
from cards.models import Card
from cards.number_formats import Reading
from people.kinds import kind_keys
from people.models import Person
from people.standing import OK


class Named(NamedTuple):
    """Who is meant, and when; `is_past`: as of that moment, else that moment is now."""

    name: str
    at: datetime
    is_past: bool


def find_cards_of(named: Collection[Named]) -> dict[Named, list[FoundCard]]:
    """One card of each person whom such a name can be of.

    None: nobody has this identification number or PIN, or they never had a card. Several: it is the
    number of one and the PIN of another.
    """
    people = _people({each.name for each in named})
    held = _readings({person for found in people.values() for person in found})
    readings = {each: [r for person in people[each.name] for r in held[person]] for each in named}
    now = find_cards({r for each in named if not each.is_past for r in readings[each]})
    then = find_cards_at({(r, each.at) for each in named if each.is_past for r in readings[each]})

    def cards_of(person: UUID, each: Named) -> Iterable[FoundCard]:
        for reading in held[person]:
            for card in then[reading, each.at] if each.is_past else now[reading]:
                if card.holder == person:  # since it was retired, the chip may be another's
                    yield card

    found: dict[Named, list[FoundCard]] = {}
    for each in named:
        best = (_best(cards_of(person, each), each.at) for person in people[each.name])
        found[each] = [card for card in best if card]
    return found


def _people(names: Collection[str]) -> dict[str, list[UUID]]:
    """Who may be meant by each: by the PIN, or the identification number in any case."""
    found: dict[str, set[UUID]] = defaultdict(set)
    folded = {name: name.upper() for name in names}
    has_it = Q(terminal_pin__in=names) | Q(
        kind__in=kind_keys(), folded_identifier__in=set(folded.values())
    )
    people = Person.objects.alias(folded_identifier=Upper("identifier")).filter(has_it)
    for pk, pin, identifier in people.values_list("pk", "terminal_pin", "identifier"):
        found[pin].add(pk)
        found[identifier.upper()].add(pk)
    return {name: sorted(found[name] | found[upper]) for name, upper in folded.items()}


def _readings(people: Collection[UUID]) -> dict[UUID, list[Reading]]:
    """The numbers of all cards that each has, or had."""
    held: dict[UUID, list[Reading]] = defaultdict(list)
    cards = Card.objects.filter(person__in=people).order_by("pk")
    for person, number in cards.values_list("person", "rfid_number"):
        held[person].append(Reading(number=number))
    return held


def _best(cards: Iterable[FoundCard], at: datetime) -> FoundCard | None:
    """One that opens gates, else one that is not retired, else the last that was."""

    def rank(card: FoundCard) -> tuple[bool, bool, datetime]:
        return card.standing(at=at) == OK, card.retired_at is None, card.changed_at

    return max(cards, key=rank, default=None)
