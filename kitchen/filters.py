from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from core.filters import BooleanFilter
from people.kind_keys import KindKeysFilter
from people.kinds import kinds


class KitchenServiceFilter(KindKeysFilter):
    kinds = kinds()
    period = filters.UUIDFilter(field_name="period_id")
    food_item = filters.CharFilter()
    offline = BooleanFilter(field_name="is_offline")
    extra = BooleanFilter(field_name="is_extra")
    is_double = BooleanFilter()
    voided = BooleanFilter(method="filter_voided")

    def filter_voided(self, meals: QuerySet[Any], name: str, is_voided: bool) -> QuerySet[Any]:
        return meals.filter(voided_at__isnull=not is_voided)
