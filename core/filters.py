"""Filter backends of every list: strict ordering, and search over a folded text column."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, date, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError as FormValidationError
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext
from django_filters import rest_framework as django_filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.request import Request

if TYPE_CHECKING:  # DRF imports this module while it defines APIView
    from rest_framework.views import APIView

MAX_SEARCH_LENGTH = 200
DAY_ONLY, ISO_DAY = len("2026-11-21"), "%Y-%m-%d"
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class _BooleanField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        if text.lower() not in BOOLEANS:
            raise FormValidationError(gettext("Enter true or false."), code="invalid")
        return BOOLEANS[text.lower()]


class BooleanFilter(django_filters.BooleanFilter):
    """`true` or `false`; django-filter's own takes a misspelling for no filter at all."""

    field_class = _BooleanField  # type: ignore[assignment]  # the stubs know one class only

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": forms.TextInput, **kwargs})


@extend_schema_field({"type": "integer", "minimum": MINYEAR, "maximum": MAXYEAR})
class YearFilter(django_filters.Filter):
    """A year that a date can be in."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=MINYEAR, max_value=MAXYEAR, **kwargs)


class _MomentField(IsoDateTimeField):
    def to_python(self, value: Any) -> datetime | None:
        """In our own zone: an offset may have 24 hours here, and 16 at most in PostgreSQL."""
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(timezone.get_default_timezone())
        except OverflowError as error:
            message = self.error_messages["invalid"]
            raise FormValidationError(message, code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):
    """An instant; without an offset it is campus time."""

    field_class = _MomentField


class _DayOrMomentField(_MomentField):
    """A date is a day on the campus; anything longer an instant."""

    def to_python(self, value: Any) -> Any:
        text = value.strip() if isinstance(value, str) else ""
        if len(text) > DAY_ONLY:
            return super().to_python(text)
        return forms.DateField(input_formats=[ISO_DAY]).clean(text) if text else None


@extend_schema_field({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
class DayOrMomentFilter(django_filters.Filter):
    """From a day or an instant on, or until one, that day or instant included.

    `moment` says when a row happened. A day is compared with the row's own, if `day` is that, for
    lists have indexes by day; an instant without an offset is campus time.
    """

    field_class = _DayOrMomentField

    def __init__(
        self, *, moment: str | Combinable, is_end: bool, day: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.moment, self.day, self.is_end = moment, day, is_end

    def filter(self, qs: QuerySet[Any], value: date | datetime | None) -> QuerySet[Any]:
        if value is None:
            return qs
        bound = "lte" if self.is_end else "gte"
        if isinstance(value, datetime):
            if self.day:
                qs = qs.filter(**{f"{self.day}__{bound}": timezone.localdate(value)})
            moment = F(self.moment) if isinstance(self.moment, str) else self.moment
            found: QuerySet[Any] = qs.alias(moment=moment).filter(**{f"moment__{bound}": value})
            return found
        if self.day:
            return qs.filter(**{f"{self.day}__{bound}": value})
        return qs.filter(**within_day(value, str(self.moment), {bound}))


class DayOfMomentFilter(django_filters.DateFilter):
    """Rows of a day on the campus, of which only the instant is stored."""

    def filter(self, qs: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        both = {"gte", "lte"}
        return qs.filter(**within_day(value, str(self.field_name), both)) if value else qs


def within_day(day: date, field_name: str, bounds: Container[str]) -> dict[str, datetime]:
    """Conditions for what is stored as an instant: from the begin, until the end of this day."""
    conditions = {}
    if "gte" in bounds:
        conditions[f"{field_name}__gte"] = timezone.make_aware(datetime.combine(day, time.min))
    if "lte" in bounds:
        conditions[f"{field_name}__lte"] = timezone.make_aware(datetime.combine(day, time.max))
    return conditions


def hidden_names(request: Request) -> frozenset[str]:
    """What the caller's role does not see, and so neither filters nor orders by."""
    names: frozenset[str] = getattr(request.user, "hidden_names", frozenset())
    return names


class FilterByRole(django_filters.DjangoFilterBackend):
    """The view's filters, without those by what the caller's role does not see."""

    def get_filterset(self, request: Any, queryset: QuerySet[Any], view: "APIView") -> Any:
        filterset = super().get_filterset(request, queryset, view)
        if filterset is None:
            return None
        for name in hidden_names(request) & filterset.filters.keys():
            if name in request.query_params:
                raise ValidationError({name: [gettext("There is no such filter.")]})
            del filterset.filters[name]
        return filterset


class StrictOrderingFilter(OrderingFilter):
    """`?ordering=` by the view's `ordering_fields`; an unknown field is a 400, not silence.

    The primary key is always the last key, so that pages neither repeat nor lose a row.
    """

    def get_valid_fields(
        self, queryset: QuerySet[Any], view: "APIView", context: Any = None
    ) -> list[tuple[str, str]]:
        fields: Any = super().get_valid_fields(queryset, view, context or {})
        hidden = hidden_names(view.request)
        return [(name, label) for name, label in fields if name not in hidden]

    def remove_invalid_fields(
        self, queryset: QuerySet[Any], fields: Iterable[str], view: "APIView", request: Request
    ) -> list[str]:
        valid = super().remove_invalid_fields(queryset, fields, view, request)
        if unknown := [field for field in fields if field not in valid]:
            allowed = ", ".join(name for name, _ in self.get_valid_fields(queryset, view))
            message = gettext("Cannot order by {names}. Choose from: {allowed}.").format(
                names=repr(", ".join(unknown)), allowed=allowed
            )
            raise ValidationError({self.ordering_param: [message]})
        return valid

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: "APIView"
    ) -> Sequence[str] | None:
        """The view's `ordering_names` say which names are other ones in the model."""
        asked = super().get_ordering(request, queryset, view)
        names: Mapping[str, str] = getattr(view, "ordering_names", {})
        return asked and [
            key.replace(bare, names.get(bare, bare)) for key in asked if (bare := key.lstrip("-"))
        ]

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: "APIView"
    ) -> QuerySet[Any]:
        ordered = super().filter_queryset(request, queryset, view)
        keys = ordered.query.order_by or ordered.model._meta.ordering or ()
        return ordered.order_by(*keys, "pk")


DEFAULT_FILTERS = (FilterByRole, StrictOrderingFilter)


class SearchTextFilter(BaseFilterBackend):
    """`?search=`: every word must appear; the queryset's `search_as()` says where, to this user."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: "APIView"
    ) -> QuerySet[Any]:
        text = request.query_params.get("search", "")
        if "\x00" in text:
            raise ValidationError({"search": [gettext("Null characters are not allowed.")]})
        if len(text) > MAX_SEARCH_LENGTH:
            message = gettext("At most {most} characters.").format(most=MAX_SEARCH_LENGTH)
            raise ValidationError({"search": [message]})
        searchable: Any = queryset
        found: QuerySet[Any] = searchable.search_as(request.user, text)
        return found

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        return [
            {
                "name": "search",
                "in": "query",
                "required": False,
                "description": "Words to find in any part of a name or number, in any order.",
                "schema": {"type": "string", "maxLength": MAX_SEARCH_LENGTH},
            }
        ]


class DayFilter(django_filters.FilterSet):
    """`?date=`, or `?from=` and `?to=`, both included: days on the campus."""

    date = django_filters.DateFilter()
    to = django_filters.DateFilter(field_name="date", lookup_expr="lte")


# `from` is no name that a class body can assign. Subclasses inherit what was declared.
DayFilter.declared_filters["from"] = DayFilter.base_filters["from"] = django_filters.DateFilter(
    field_name="date", lookup_expr="gte"
)
