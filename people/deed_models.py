"""What was done to many people at once, and is kept so that it can be taken back (section 5)."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.kinds import kind_choices

UNDOABLE_FOR: Final = timedelta(days=1)
ABOUT_LENGTH: Final = 255


class Deed(models.Model):
    """An import, an upload of photos or a bulk change of people or of their cards.

    What it did to each stands in its rows; it is undone for UNDOABLE_FOR, and once.
    """

    class What(models.TextChoices):
        IMPORT = "import", pgettext_lazy("deed", "Import")
        PHOTOS = "photos", _("Photos")
        BULK_CHANGE = "bulk_change", _("Bulk change")
        CARDS_ISSUED = "cards_issued", _("Cards issued")
        CARDS_PROLONGED = "cards_prolonged", _("Cards prolonged")
        CARDS_ACTIVATED = "cards_activated", _("Cards activated")
        CARDS_SWITCHED_OFF = "cards_switched_off", _("Cards switched off")

    change_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    what = models.CharField(_("what"), max_length=20, choices=What)
    kind = models.CharField(
        _("kind"), max_length=8, choices=kind_choices, help_text="Whose people they are."
    )
    about = models.CharField(
        max_length=ABOUT_LENGTH, blank=True, help_text="The file, or what was changed."
    )
    summary = models.JSONField(help_text="The counts of its report: total, created and so on.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("made by"),
        related_name="+",
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ("-made_at", "change_id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(undone_at=None, undone_by=None)
                | models.Q(undone_at__isnull=False, undone_by__isnull=False),
                name="people_deed_undone_by_somebody",
            ),
        )
        indexes = (
            # the list of them, and what retention deletes
            models.Index(fields=["-made_at", "change_id"], name="people_deed_latest"),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {self.made_at:%Y-%m-%d %H:%M}"

    @property
    def is_of_cards(self) -> bool:
        """Whether its rows are of people's cards."""
        return self.what in CARD_DEEDS

    @property
    def undoable_until(self) -> datetime:
        return self.made_at + UNDOABLE_FOR

    @property
    def is_undoable(self) -> bool:
        return self.undone_at is None and timezone.now() < self.undoable_until


CARD_DEEDS: Final = frozenset(
    {
        Deed.What.CARDS_ISSUED,
        Deed.What.CARDS_PROLONGED,
        Deed.What.CARDS_ACTIVATED,
        Deed.What.CARDS_SWITCHED_OFF,
    }
)


class DeedRow(models.Model):
    """What a deed did to one row of a table: exactly the fields that it touched.

    Without foreign keys: it outlives a person who was taken back, and holds nobody.
    """

    deed = models.ForeignKey(Deed, models.CASCADE, db_index=False, related_name="rows")
    number = models.PositiveIntegerField(help_text="Of the row in the file, or in the order.")
    model = models.CharField(max_length=60, help_text="As Django labels it: students.Student.")
    subject = models.UUIDField(help_text="The key of the row there.")
    person = models.UUIDField(help_text="Whose it is.")
    identifier = models.CharField(max_length=50, blank=True)
    is_created = models.BooleanField(default=False)
    before = models.JSONField(default=dict, help_text="By field; empty if it was created.")
    after = models.JSONField(help_text="By field.")
    photo = models.BinaryField(null=True, help_text="The picture that there was before.")

    class Meta:
        ordering = ("number", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["deed", "model", "subject"], name="people_deedrow_one_a_row"
            ),
        )
        indexes = (
            # a change with its rows
            models.Index(fields=["deed", "number", "id"], name="people_deedrow_in_order"),
            # whom an erasure takes out
            models.Index(fields=["person"], name="people_deedrow_person"),
        )

    def __str__(self) -> str:
        return f"{self.number}: {self.identifier}"
