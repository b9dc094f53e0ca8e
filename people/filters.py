from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from core.filters import BooleanFilter


class PersonFilter(filters.FilterSet):
    """What every list of people can be narrowed by."""

    is_active = BooleanFilter()
    has_photo = BooleanFilter(method="by_photo", label="people with (without) a portrait")

    def by_photo(self, people: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return people.filter(~Q(photo="") if value else Q(photo=""))
