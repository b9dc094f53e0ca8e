"""Who holds a card, and who holds none."""

from typing import Any

from django.db.models import Exists, OuterRef

from cards.models import Card, CardQuerySet
from people.kinds import PersonKind


def current_card_of_each() -> CardQuerySet:
    """For `Exists`: the card that is not retired of the person in the outer query."""
    return Card.objects.current().filter(person=OuterRef("pk"))


def people_without_cards(kind: PersonKind) -> Any:
    """Active people of this kind who hold no card that is not retired."""
    return kind.model.objects.active().filter(~Exists(current_card_of_each()))
