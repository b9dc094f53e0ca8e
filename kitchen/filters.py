from django_filters import rest_framework as filters

from core.filters import BooleanFilter, DayFilter


class KitchenServiceFilter(DayFilter):
    student = filters.UUIDFilter(field_name="person_id")
    period = filters.UUIDFilter(field_name="period_id")
    food_item = filters.CharFilter()
    offline = BooleanFilter(field_name="is_offline")
    is_double = BooleanFilter()
