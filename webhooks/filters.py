from django.db.models import Q
from django_filters import rest_framework as filters

from webhooks.models import CHOICES, Delivery, DeliveryQuerySet


def of_event(deliveries: DeliveryQuerySet, value: str) -> DeliveryQuerySet:
    """Of one event, or of a whole family."""
    return deliveries.filter(Q(event=value) | Q(event__startswith=f"{value}."))


class DeliveryFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Delivery.State.choices)
    event = filters.ChoiceFilter(choices=CHOICES, method="filter_event")

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = ()

    def filter_event(self, deliveries: DeliveryQuerySet, name: str, value: str) -> DeliveryQuerySet:
        return of_event(deliveries, value)
