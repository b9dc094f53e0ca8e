from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from django_filters.constants import EMPTY_VALUES

from core.filters import BooleanFilter


class PersonFilter(filters.FilterSet):
    """What every list of people can be narrowed by."""

    is_active = BooleanFilter()
    has_photo = BooleanFilter(method="by_photo", label="people with (without) a portrait")

    def filter_queryset(self, people: QuerySet[Any]) -> QuerySet[Any]:
        """What is asked for is looked up in indexes that begin with the kind."""
        found = super().filter_queryset(people)
        is_asked = any(value not in EMPTY_VALUES for value in self.form.cleaned_data.values())
        return found.filter(kind=people.model.person_kind.key) if is_asked else found

    def by_photo(self, people: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return people.filter(~Q(photo="") if value else Q(photo=""))
