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
    voided = BooleanFilter(field_name="voided_at", lookup_expr="isnull", exclude=True)
