"""What lists of cards are narrowed by; the same filters count from the tally."""

from collections import OrderedDict
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters

from cards.models import Card, CardQuerySet, CardTally, IDCardVerificationLog
from core.filters import (
    BooleanFilter,
    DayOfMomentFilter,
    DayOrMomentFilter,
    MomentFilter,
)
from people.kind_keys import PersonOfKindFilter
from people.kinds import kind_choices, kinds


class DepartmentOfKindFilter(filters.CharFilter):
    """The card's own column, so no table is joined."""

    def __init__(self, *, kind: str) -> None:
        super().__init__(field_name="department")
        self.kind = kind

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(card_type=self.kind, department=value) if value else qs


class CardFilter(filters.FilterSet):
    """Filters over columns that `Card` and `CardTally` share."""

    is_active = BooleanFilter()
    card_type = filters.ChoiceFilter(choices=kind_choices())
    retired = BooleanFilter(method="by_retired", label="retired cards, or those that are not")
    temporary = BooleanFilter(field_name="is_temporary", label="temporary cards, or people's own")

    @classmethod
    def get_filters(cls) -> OrderedDict[str, filters.Filter]:
        """And `student__department`: one of each kind that has departments."""
        found = super().get_filters()
        for kind in kinds():
            if kind.has_department:
                found[f"{kind.key}__department"] = DepartmentOfKindFilter(kind=kind.key)
        return found

    def by_retired(self, cards: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        if cards.model is CardTally:
            return cards.filter(is_retired=value)
        return cards.filter(retired_at__isnull=not value)


class TemporaryCardFilter(filters.FilterSet):
    """Without a state: those that are out and overdue."""

    state = filters.ChoiceFilter(
        choices=Card.Lent.choices, method="by_state", label="left out: out and overdue"
    )
    card_type = filters.ChoiceFilter(choices=kind_choices())

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["state"] else found.filter(retired_at=None)

    def by_state(self, cards: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        assert isinstance(cards, CardQuerySet)
        return cards.lent(value, at=timezone.now())


class _LogFilter(filters.FilterSet):
    card = filters.UUIDFilter(field_name="card_uuid")
    card_type = filters.ChoiceFilter(choices=kind_choices())

    at: ClassVar[str] = ""
    """When a row happened."""

    @classmethod
    def get_filters(cls) -> OrderedDict[str, filters.Filter]:
        """And by person, one of each kind; and by day, or `from` and `to` days or instants."""
        found = super().get_filters()
        found.update((kind.key, PersonOfKindFilter(kind=kind.key)) for kind in kinds())
        found["date"] = DayOfMomentFilter(field_name=cls.at)
        found["from"] = DayOrMomentFilter(moment=cls.at, is_end=False)
        found["to"] = DayOrMomentFilter(moment=cls.at, is_end=True)
        return found


class PrintLogFilter(_LogFilter):
    at = "printed_at"
    success = BooleanFilter()
    printed_by = filters.CharFilter(field_name="printed_by__username")
    since = MomentFilter(field_name="printed_at", lookup_expr="gte")
    until = MomentFilter(field_name="printed_at", lookup_expr="lt")


class AddressFilter(filters.CharFilter):
    """An IP address; the database would take anything else for a mistake of ours."""

    field_class = forms.GenericIPAddressField


class VerificationLogFilter(_LogFilter):
    at = "verified_at"
    result = filters.ChoiceFilter(choices=IDCardVerificationLog.Result.choices)
    ip_address = AddressFilter()
    since = MomentFilter(field_name="verified_at", lookup_expr="gte")
    until = MomentFilter(field_name="verified_at", lookup_expr="lt")
