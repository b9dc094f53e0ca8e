import datetime
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from people.filters import PersonFilter
from visitors.models import Visitor, VisitorQuerySet


class VisitorFilter(PersonFilter):
    visitor_number = filters.CharFilter(field_name="identifier")
    host = filters.UUIDFilter(field_name="host_id")
    date = filters.DateFilter(method="by_day", label="whose visit takes in a part of this day")

    class Meta:
        model = Visitor
        fields = ("visitor_number", "company", "host", "date", "is_active")

    def by_day(self, visitors: QuerySet[Any], name: str, day: datetime.date) -> QuerySet[Any]:
        assert isinstance(visitors, VisitorQuerySet)
        return visitors.expected_on(day)
