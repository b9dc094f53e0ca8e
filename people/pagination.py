"""Pages of one kind of people, of which there may be a hundred thousand."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

from core.pagination import PageNumberPagination
from people.models import Person, PersonQuerySet

COMMON_FIELDS = {"pk", *(field.name for field in Person._meta.fields)}


class PeoplePaginator(Paginator[Any]):
    """Everybody of a kind is counted and turned through in the table of all people.

    Its index begins with the kind; to look each of them up in the kind's own table as well would
    take ten times as long. Where there is a condition, both tables are asked.
    """

    def __init__(self, people: Any, *args: Any, **options: Any) -> None:
        self.everybody: PersonQuerySet[Person] | None = None
        if isinstance(people, PersonQuerySet):  # what a search has found comes as keys
            if not people.query.where:
                self.everybody = Person.objects.of_kind(people.model.person_kind)
            people = people.of_own_kind()
        super().__init__(people, *args, **options)

    @cached_property
    def count(self) -> int:
        return super().count if self.everybody is None else self.everybody.count()

    def page(self, number: int | str) -> Page[Any]:
        people: Any = self.object_list
        if self.everybody is None or not self._is_sorted_by_common_fields():
            return super().page(number)
        valid = self.validate_number(number)
        start = (valid - 1) * self.per_page
        in_order = self.everybody.order_by(*people.query.order_by).values("pk")
        return Page(people.filter(pk__in=in_order[start : start + self.per_page]), valid, self)

    def _is_sorted_by_common_fields(self) -> bool:
        people: Any = self.object_list
        return all(key.lstrip("-") in COMMON_FIELDS for key in people.query.order_by)


class PeoplePagination(PageNumberPagination):
    django_paginator_class = PeoplePaginator
