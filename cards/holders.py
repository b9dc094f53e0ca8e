"""Who holds a card, and who holds none."""

from django.db.models import Exists, OuterRef, QuerySet

from cards.models import HOLDER_FIELD, HOLDER_MODEL, Card, CardQuerySet, CardType
from people.models import Person


def current_card_of_each(card_type: CardType) -> CardQuerySet:
    """For `Exists`: the card that is not retired of the person in the outer query."""
    return Card.objects.current().filter(**{HOLDER_FIELD[card_type]: OuterRef("pk")})


def people_without_cards(card_type: CardType) -> QuerySet[Person]:
    """Active people of this kind who hold no card that is not retired."""
    people = HOLDER_MODEL[card_type]._default_manager.filter(is_active=True)
    return people.filter(~Exists(current_card_of_each(card_type)))


def type_of_holders(model: type[Person]) -> CardType:
    """Which type of card this kind of person holds."""
    return next(card_type for card_type, holders in HOLDER_MODEL.items() if holders is model)
