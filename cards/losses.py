"""Cards that were reported lost or stolen."""

from django.db.models import Exists, OuterRef, QuerySet

from cards.models import Card

LOSSES = (Card.Reason.LOST, Card.Reason.STOLEN)


def not_replaced(cards: QuerySet[Card]) -> QuerySet[Card]:
    """Lost or stolen cards whose holder is still here and has no other card since."""
    theirs = Card.objects.current().filter(person=OuterRef("person"))
    return cards.filter(~Exists(theirs), retired_reason__in=LOSSES, holder_is_active=True)
