"""Roll-calls: who was on site, and who has been found (contract section 9)."""

import uuid
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.fields import LineField
from people.models import Person
from people.scope import seen_q

MOST_TEXT = 100


class RollCallQuerySet(models.QuerySet["RollCall"]):
    def under_way(self) -> Self:
        return self.filter(ended_at=None)


class RollCall(models.Model):
    """A drill, or a real emergency: a list of who was on site when it began.

    Who is safe is said by its marks and by taps at muster points between its beginning and its
    end, and added up by `presence.roll_calls`.
    """

    roll_call_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = LineField(max_length=MOST_TEXT, blank=True, default="")
    place = LineField(
        max_length=MOST_TEXT, blank=True, default="", help_text=_("Where people gather.")
    )
    is_drill = models.BooleanField()
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    objects = RollCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("roll-call")
        ordering = ("-started_at", "roll_call_id")
        constraints = (
            models.UniqueConstraint(
                fields=["is_drill"],
                condition=Q(ended_at=None),
                name="presence_rollcall_one_under_way",
                violation_error_message=_("Such a roll-call is under way already."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_by__isnull=False, ended_at__gte=F("started_at")),
                name="presence_rollcall_ended_by_somebody",
            ),
        )
        triggers = (
            pgtrigger.Protect(name="facts_stay", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="begun_is_begun", fields=["is_drill", "started_at", "started_by"]
            ),
            pgtrigger.Protect(
                name="ended_is_ended",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.ended_at IS NOT NULL"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.title}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def title(self) -> str:
        return self.name or (gettext("Drill") if self.is_drill else gettext("Roll-call"))


class AboutPeopleQuerySet(models.QuerySet["RollCallEntry"]):
    def seen_by(self, user: object) -> Self:
        """About people whom this administrator may know of."""
        return self.filter(seen_q(user, "person__"))


class RollCallEntry(models.Model):
    """Somebody who was on site when a roll-call began, as was known then. A fact."""

    roll_call = models.ForeignKey(RollCall, models.PROTECT, db_index=False, related_name="entries")
    person = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    class_level = models.CharField(max_length=50, blank=True)
    class_code = models.CharField(max_length=50, blank=True)
    department = models.CharField(max_length=150, blank=True)
    since = models.DateTimeField(help_text="On site since then.")
    seen_at = models.DateTimeField(null=True, help_text="The last tap, at a gate or at a hatch.")
    seen_by_reader = models.CharField(max_length=100, blank=True)
    seen_where = models.CharField(max_length=100, blank=True)

    objects = AboutPeopleQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["roll_call", "person"], name="presence_rollcallentry_once"
            ),
        )
        indexes = (
            # what is kept about somebody
            models.Index(fields=["person"], name="presence_entry_of_person"),
        )
        triggers = (
            pgtrigger.Protect(name="facts_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.person_id} in {self.roll_call_id}"


class RollCallMark(models.Model):
    """That somebody said of a person, at a moment, how it stood with them. A fact.

    What was said without a network comes later, with its moment; in whatever order.
    """

    class State(models.TextChoices):
        SAFE = "safe", _("Safe")
        AWAY = "away", _("Elsewhere")
        MISSING = "missing", _("Missing")

    roll_call = models.ForeignKey(RollCall, models.PROTECT, db_index=False, related_name="marks")
    person = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    state = models.CharField(max_length=7, choices=State)
    at = models.DateTimeField(help_text="When it was said.")
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    device = LineField(
        max_length=MOST_TEXT, blank=True, default="", help_text="On which phone, if it said."
    )
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints = (
            # What is sent twice is one mark; and those of one roll-call are found by it.
            models.UniqueConstraint(
                fields=["roll_call", "person", "state", "at", "marked_by"],
                name="presence_rollcallmark_once",
            ),
        )
        indexes = (
            # what is kept about somebody
            models.Index(fields=["person"], name="presence_mark_of_person"),
        )
        triggers = (
            pgtrigger.Protect(name="facts_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.state} at {self.at}"
