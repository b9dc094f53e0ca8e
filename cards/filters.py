"""What lists of cards are narrowed by; the same filters count from the tally."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from cards.models import CardTally, CardType, IDCardVerificationLog
from core.filters import BooleanFilter


class CardFilter(filters.FilterSet):
    """Filters over columns that `Card` and `CardTally` share.

    The department of students or staff is the card's own column, so no table is joined.
    """

    is_active = BooleanFilter()
    card_type = filters.ChoiceFilter(choices=CardType.choices)
    student__department = filters.CharFilter(method="by_department")
    staff__department = filters.CharFilter(method="by_department")
    retired = BooleanFilter(method="by_retired", label="retired cards, or those that are not")

    def by_department(self, cards: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return cards.filter(card_type=name.partition("__")[0], department=value)

    def by_retired(self, cards: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        if cards.model is CardTally:
            return cards.filter(is_retired=value)
        return cards.filter(retired_at__isnull=not value)


class _LogFilter(filters.FilterSet):
    card = filters.UUIDFilter(field_name="card_uuid")
    student = filters.UUIDFilter(field_name="student_id")
    staff = filters.UUIDFilter(field_name="staff_id")
    security = filters.UUIDFilter(field_name="security_personnel_id")
    card_type = filters.ChoiceFilter(choices=CardType.choices)


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
