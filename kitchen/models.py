"""Meal periods and the meals that were served in them (contract section 9)."""

import uuid
from typing import Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from core.weekdays import weekdays_field
from people.fields import LineField
from people.models import Person

MAX_REASON = 200


def every_day() -> list[int]:
    return [1, 2, 3, 4, 5, 6, 7]


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class MealPeriod(models.Model):
    """When a meal is served, from `starts_at` up to, not including, `ends_at`.

    No two active periods overlap: the database excludes it by the seconds of the week that each
    covers (a migration adds them).
    """

    period_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = LineField(max_length=50, help_text="For example Lunch.")
    starts_at = models.TimeField()
    ends_at = models.TimeField(help_text="From this time on the period is over.")
    days = weekdays_field(default=every_day, help_text="Monday is 1, Sunday is 7.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("starts_at", "name", "period_id")
        constraints = (
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="kitchen_mealperiod_starts_before_it_ends",
                violation_error_message="A period starts before it ends, on the same day.",
            ),
            models.CheckConstraint(
                condition=~Q(days=[]),
                name="kitchen_mealperiod_has_days",
                violation_error_message="A period is served on one day of the week at least.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class KitchenServiceQuerySet(models.QuerySet["KitchenService"]):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(voided_at=None)

    def with_doubles(self) -> Self:
        """`is_double`: the same person had been served in that period and day before.

        A function of what was served, whatever came in first: of two kitchens that were offline
        the later meal is the double, also when it was uploaded first.
        """
        before = KitchenService.objects.filter(
            Q(service_time__lt=OuterRef("service_time"))
            | Q(service_time=OuterRef("service_time"), service_id__lt=OuterRef("service_id")),
            voided_at=None,
            person=OuterRef("person"),
            period=OuterRef("period"),
            date=OuterRef("date"),
        )
        return self.annotate(is_double=Q(voided_at=None) & Exists(before))


class KitchenService(models.Model):
    """A meal that was served to somebody: taken back at most, never changed, never deleted."""

    service_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="meals")
    period = models.ForeignKey(
        MealPeriod,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="services",
        help_text="None: served offline outside of every period.",
    )
    date = models.DateField(help_text="The day on the campus.")
    food_item = models.CharField(max_length=100, blank=True)
    service_time = models.DateTimeField()
    # What was served while the reader was offline has happened; it cannot be refused any more.
    is_offline = models.BooleanField(default=False)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text="None: the reader that had served it.",
    )
    void_reason = models.CharField(max_length=MAX_REASON, blank=True, db_default="")

    objects = KitchenServiceQuerySet.as_manager()

    is_double: bool  # of `with_doubles()`

    class Meta:
        verbose_name = "meal"
        ordering = ("-service_time", "-service_id")
        constraints = (
            models.UniqueConstraint(
                fields=["person", "period", "date"],
                condition=Q(is_offline=False, voided_at=None),
                name="kitchen_kitchenservice_once_a_period",
                violation_error_message="Already served in this period.",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, voided_by=None, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="kitchen_kitchenservice_voided_with_a_reason",
            ),
        )
        indexes = (
            # was this person served before?
            models.Index(fields=["person", "period", "date"], name="kitchen_service_person"),
            # the first pages in the default order
            models.Index(fields=["-service_time", "-service_id"], name="kitchen_service_newest"),
            # a day's meals, and its summary
            models.Index(fields=["date", "period", "food_item"], name="kitchen_service_summary"),
        )

    def __str__(self) -> str:
        return f"{self.person.full_name}, {self.date}"
