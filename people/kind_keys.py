"""A person in the API under the name of its kind: `student`, `staff`, `security`.

Rows that are about people of several kinds have one key for each, of which one holds the person;
and one filter for each.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from core.filters import DayFilter
from people.kinds import PersonKind, is_kind


class PersonOfKindField(serializers.UUIDField):
    """The id of the row's `person` if that is of this kind, else null."""

    def __init__(self, *, kind: str, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "source": "person", "allow_null": True, "read_only": True})
        self.kind = kind

    def get_attribute(self, instance: Any) -> UUID | None:
        person = instance.person
        return person.pk if person and person.kind == self.kind else None


class KindKeysSerializer(serializers.ModelSerializer[Any]):
    """A name of a kind among `Meta.fields` is a `PersonOfKindField`."""

    def build_unknown_field(self, field_name: str, model_class: Any) -> Any:
        if is_kind(field_name):
            return PersonOfKindField, {"kind": field_name}
        return super().build_unknown_field(field_name, model_class)


class PersonOfKindFilter(filters.UUIDFilter):
    """Rows about this person; none if that is of another kind."""

    def __init__(self, *, kind: str) -> None:
        super().__init__(field_name="person")
        self.kind = kind

    def filter(self, qs: QuerySet[Any], value: UUID | None) -> QuerySet[Any]:
        return qs.filter(person=value, person__kind=self.kind) if value else qs


class KindKeysFilter(DayFilter):
    """`kinds` have a filter each, by which rows about one of them are found."""

    kinds: ClassVar[Iterable[PersonKind]] = ()

    @classmethod
    def get_filters(cls) -> OrderedDict[str, filters.Filter]:
        of_people = {kind.key: PersonOfKindFilter(kind=kind.key) for kind in cls.kinds}
        return OrderedDict(of_people | super().get_filters())
