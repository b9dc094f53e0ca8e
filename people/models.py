"""What students, staff and security personnel have in common, and imports of them.

The tables of people are in their own apps.
"""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
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

    @classmethod
    def standings(cls) -> list[tuple[str, str]]:
        """Each way to stand with the institution, as choices; `Active` without such a field."""
        if not cls.standing_field:
            return [("Active", "Active")]
        field: Any = cls._meta.get_field(cls.standing_field)
        return [(str(value), str(label)) for value, label in field.choices]

    @property
    def standing(self) -> str:
        """In words: `Suspended`; of those who are not here any more `Left (Graduated)`."""
        here = str(getattr(self, self.standing_field)) if self.standing_field else "Active"
        if self.is_active:
            return here
        return "Left" if here in self.expected or not self.standing_field else f"Left ({here})"


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


def import_path(upload: "Import", filename: str) -> str:
    """No address leads there: the file is read again by us, and then it is gone."""
    return f"imports/{upload.pk.hex}"


class Import(models.Model):
    """A spreadsheet between its preview and the decision of an officer.

    The file and its rows name people: they are kept until it is applied, discarded or a week old.
    """

    class Kind(models.TextChoices):
        """Named as the apps that have their tables."""

        STUDENTS = "students", "Students"
        STAFF = "staff", "Staff"
        SECURITY = "security", "Security personnel"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPLIED = "applied", "Imported"
        DISCARDED = "discarded", "Discarded"

    import_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    file = models.FileField(upload_to=import_path, blank=True)
    file_name = models.CharField("file", max_length=255)
    summary = models.JSONField(help_text="As the API answers: total, created, updated and so on.")
    ignored_columns = models.JSONField(default=list)
    digest = models.CharField(max_length=64, help_text="Of all that the preview shows.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField("uploaded", default=timezone.now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-uploaded_at", "import_id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["students", "staff", "security"]),
                name="people_import_known_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", closed_at__isnull=True)
                | models.Q(state__in=["applied", "discarded"], closed_at__isnull=False),
                name="people_import_closed_with_time",
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING


class ImportRow(models.Model):
    """What would become of one row of a waiting import."""

    class Action(models.TextChoices):
        FAILED = "failed", "Refused"
        CREATED = "created", "New"
        UPDATED = "updated", "Changed"
        UNCHANGED = "unchanged", "Unchanged"

    upload = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="Of the row in the file.")
    action = models.CharField(max_length=9, choices=Action)
    identifier = models.TextField(blank=True)
    full_name = models.TextField(blank=True)
    changes = models.JSONField(default=dict, help_text="Field by field: before and after.")
    errors = models.JSONField(default=dict, help_text="Field by field: the cell and the reasons.")

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["upload", "number"], name="people_importrow_unique_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}: {self.identifier}"
