"""Cards that were reported lost or stolen."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from cards.models import HOLDER_FIELD, Card

LOSSES = (Card.Reason.LOST, Card.Reason.STOLEN)


def not_replaced(cards: QuerySet[Card]) -> QuerySet[Card]:
    """Lost or stolen cards whose holder is still here and has no other card since."""
    holders = Q()
    for field in HOLDER_FIELD.values():
        theirs = Card.objects.current().filter(**{field: OuterRef(field)})
        holders |= Q(~Exists(theirs), **{f"{field}__isnull": False})
    return cards.filter(holders, retired_reason__in=LOSSES, holder_is_active=True)
