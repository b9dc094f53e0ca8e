"""What lists of cards are narrowed by; the same filters count from the tally."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from cards.models import CardTally, IDCardVerificationLog
from core.filters import BooleanFilter
from people.kind_keys import PersonOfKindFilter
from people.kinds import kind_choices, kinds


class CardFilter(filters.FilterSet):
    """Filters over columns that `Card` and `CardTally` share.

    The department of students or staff is the card's own column, so no table is joined.
    """

    is_active = BooleanFilter()
    card_type = filters.ChoiceFilter(choices=kind_choices)
    retired = BooleanFilter(method="by_retired", label="retired cards, or those that are not")

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """And `student__department`: one of each kind that has departments."""
        departments = {
            f"{kind.key}__department": filters.CharFilter(method="by_department")
            for kind in kinds()
            if kind.has_department
        }
        return {**super().get_filters(), **departments}

    def by_department(self, cards: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return cards.filter(card_type=name.partition("__")[0], department=value)

    def by_retired(self, cards: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        if cards.model is CardTally:
            return cards.filter(is_retired=value)
        return cards.filter(retired_at__isnull=not value)


class _LogFilter(filters.FilterSet):
    card = filters.UUIDFilter(field_name="card_uuid")
    card_type = filters.ChoiceFilter(choices=kind_choices)

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """And by person, one of each kind."""
        people = {kind.key: PersonOfKindFilter(kind=kind.key) for kind in kinds()}
        return {**super().get_filters(), **people}


class PrintLogFilter(_LogFilter):
    success = BooleanFilter()
    printed_by = filters.CharFilter(field_name="printed_by__username")
    since = filters.IsoDateTimeFilter(field_name="printed_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="printed_at", lookup_expr="lt")


class VerificationLogFilter(_LogFilter):
    result = filters.ChoiceFilter(choices=IDCardVerificationLog.Result.choices)
    ip_address = filters.CharFilter()
    since = filters.IsoDateTimeFilter(field_name="verified_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="verified_at", lookup_expr="lt")
