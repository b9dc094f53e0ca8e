"""What students, staff and security personnel have in common; the tables are in their apps."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, Self, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Prefetch
from django.db.models.functions import Replace, Upper
from django.utils import timezone

from people import search
from people.fields import LineField, PhoneField

EARLIEST_DAY = date(1900, 1, 1)
LATEST_DAY = date(2100, 1, 1)

P = TypeVar("P", bound="Person")


def photo_path(person: "Person", filename: str) -> str:
    """A new unguessable name for every photo: its address can be cached, and dies with it."""
    return f"photos/{uuid.uuid4().hex}.jpg"


def validate_plausible_day(day: date) -> None:
    if not EARLIEST_DAY <= day < LATEST_DAY:
        raise ValidationError("Enter a day between 1900 and 2100.", code="implausible_day")


def validate_past_day(day: date) -> None:
    if not EARLIEST_DAY <= day <= timezone.localdate():
        raise ValidationError("Enter a day between 1900 and today.", code="implausible_day")


class PersonQuerySet(search.SearchableQuerySet[P]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def expected(self) -> Self:
        """Active, and of a standing with which somebody comes on a working day."""
        name = self.model.standing_field
        return self.active().filter(**({f"{name}__in": self.model.expected} if name else {}))

    def with_values(self, field_name: str, values: Iterable[str]) -> Self:
        """People whose number in this field is one of these, upper and lower case alike."""
        wanted = [value.upper() for value in values]
        return self.alias(folded_value=Upper(field_name)).filter(folded_value__in=wanted)

    def with_current_card(self) -> Self:
        """Bring each person's card that is not retired along, in one query for all.

        The relation is the `cards` app's: it knows people, and is not known by them.
        """
        cards: Any = self.model._meta.get_field("cards").related_model
        current = Prefetch("cards", cards.objects.current(), to_attr="current_cards")
        return self.prefetch_related(current)

    def switch(self, *, is_active: bool) -> int:
        """Activate or deactivate these people; returns how many that changed."""
        others = self.exclude(is_active=is_active)
        return others.update(is_active=is_active, updated_at=timezone.now())


PersonManager = models.Manager.from_queryset(PersonQuerySet)


class Person(models.Model):
    """Somebody who can hold a card. Nobody is ever deleted: `is_active` is switched off."""

    identifier_field: ClassVar[str]
    # The field that says how somebody stands with the institution; with what they are let in, and
    # with what they are Absent if they do not come. Without a field `is_active` says it all.
    standing_field: ClassVar[str] = ""
    admitted: ClassVar[frozenset[str]] = frozenset()
    expected: ClassVar[frozenset[str]] = frozenset()
    full_name: models.Field[str, str]

    phone_number = PhoneField(blank=True, default="")
    email = models.EmailField(blank=True, default="")
    is_active = models.BooleanField(
        default=True, help_text="Switched off when the person has left; the history stays."
    )
    photo = models.FileField(upload_to=photo_path, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.full_name} ({self.identifier})"

    @property
    def identifier(self) -> str:
        return str(getattr(self, self.identifier_field))


def _full_name() -> models.Func:
    """`first middle surname`; an absent middle name would leave two spaces."""
    parts = search.joined("first_name", "middle_name", "surname")
    return Replace(parts, models.Value("  "), models.Value(" "))


class NamedPerson(Person):
    """A person whose name is kept in parts; the database keeps the whole name beside them."""

    first_name = LineField(max_length=100)
    middle_name = LineField(max_length=100, blank=True, default="")
    surname = LineField(max_length=100)
    full_name = models.GeneratedField(
        expression=_full_name(),
        output_field=models.CharField(max_length=302),
        db_persist=True,
    )

    class Meta:
        abstract = True
