"""Meal periods and the meals that were served in them (contract section 9)."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, ExpressionWrapper, F, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.weekdays import weekdays_field
from people.applies_to import AppliesTo, Member
from people.fields import LineField
from people.kinds import kinds
from people.models import Person, validate_plausible_day

A_DAY = timedelta(days=1)
MAX_REASON = 300
MAX_GUEST_NAME = 150


def today() -> date:
    return timezone.localdate()


def every_day() -> list[int]:
    return [1, 2, 3, 4, 5, 6, 7]


class Diners(models.TextChoices):
    """Whom a period is for, before `applies_to` narrows it."""

    STUDENTS = "students", _("Students")
    STAFF = "staff", _("Staff and security")
    ALL = "all", _("Everybody")

    @property
    def kinds(self) -> frozenset[str]:
        """Of people; those of the list of days of the same name."""
        return frozenset(
            kind.key for kind in kinds() if self == Diners.ALL or kind.day_list == self.value
        )


class PeriodRule(models.Model):
    """What a meal period says: when, for whom, and how often a day.

    Served from `starts_at` up to, not including, `ends_at`; until the next morning if that is no
    later than `starts_at`. The day of a meal is the one on which the period began.
    """

    name = LineField(_("name"), max_length=50, help_text=_("For example Lunch."))
    starts_at = models.TimeField(_("starts at"))
    ends_at = models.TimeField(
        _("ends at"),
        help_text=_("From this time on the period is over; no later than the start: the next day."),
    )
    days = weekdays_field(
        verbose_name=_("days"), default=every_day, help_text=_("Monday is 1, Sunday is 7.")
    )
    is_active = models.BooleanField(_("is active"), default=True)
    who = models.CharField(
        _("who"),
        max_length=8,
        choices=Diners,
        default=Diners.STUDENTS,
        help_text=_("For whom it is."),
    )
    portions = models.PositiveSmallIntegerField(
        _("portions"), default=1, help_text=_("How many meals somebody may have in it on a day.")
    )
    applies_to = models.JSONField(
        _("applies to"),
        default=dict,
        blank=True,
        help_text=_("Which of them; empty: all of them."),
    )

    RULE = (
        *("name", "starts_at", "ends_at", "days", "is_active", "who", "portions", "applies_to"),
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"

    @property
    def rule(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.RULE}

    @property
    def is_overnight(self) -> bool:
        return self.ends_at <= self.starts_at

    @property
    def diners(self) -> AppliesTo:
        return AppliesTo.of(self.applies_to)

    @property
    def kinds(self) -> frozenset[str]:
        return Diners(self.who).kinds

    def day_at(self, local: datetime) -> date | None:
        """The day on which the period began that is on at this time on the campus, if it is on."""
        at, today, before = local.time(), local.date(), local.date() - A_DAY
        if not self.is_overnight:
            is_on = self.starts_at <= at < self.ends_at
            return today if is_on and today.isoweekday() in self.days else None
        if at >= self.starts_at and today.isoweekday() in self.days:
            return today
        return before if at < self.ends_at and before.isoweekday() in self.days else None

    def precedence(self, member: Member) -> int | None:
        """How particularly it is for them; None: it is not."""
        return self.diners.precedence(member, self.kinds)

    def people_q(self, prefix: str = "") -> Q:
        """Whom it is for; `prefix` leads to the person."""
        return self.diners.q(self.kinds, prefix)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class MealPeriod(PeriodRule):
    """A meal period by its last rule, which holds from `valid_from` on.

    What holds when stands in its versions: a meal is judged by the rule of its own moment.
    """

    period_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    valid_from = models.DateField(
        _("valid from"),
        default=today,
        validators=[validate_plausible_day],
        help_text=_("Since when it is so."),
    )
    began_at = models.DateTimeField(
        _("began at"),
        null=True,
        editable=False,
        help_text=_("Nothing was served before. None: so far as is known."),
    )

    class Meta:
        verbose_name = _("meal period")
        verbose_name_plural = _("meal periods")
        ordering = ("starts_at", "name", "period_id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(days=[]),
                name="kitchen_mealperiod_has_days",
                violation_error_message=_("A period is served on one day of the week at least."),
            ),
            models.CheckConstraint(
                condition=Q(portions__gte=1),
                name="kitchen_mealperiod_has_portions",
                violation_error_message=_("Somebody is served once at least."),
            ),
            models.CheckConstraint(
                condition=Q(who__in=Diners.values), name="kitchen_mealperiod_known_diners"
            ),
        )


class PeriodVersionQuerySet(models.QuerySet["PeriodVersion"]):
    def at(self, moment: datetime) -> Self:
        """What held at that instant."""
        return self.filter(held__contains=moment)

    def around(self, first: datetime, last: datetime) -> Self:
        """What held at some time from the first to the last instant."""
        return self.filter(held__overlap=DateTimeTZRange(first, last, "[]"))


class PeriodVersion(PeriodRule):
    """What held of a meal period from one instant to another.

    Of one period exactly one holds at a time; of two that are for everybody of the same `who` the
    times never overlap. The database sees to both (a migration adds the constraints; the seconds
    of the week are theirs). Where `applies_to` narrows them, `kitchen.periods` does, under a lock.
    """

    period = models.ForeignKey(MealPeriod, models.CASCADE, db_index=False, related_name="versions")
    held = DateTimeRangeField(help_text="From, and up to, not including.")

    objects = PeriodVersionQuerySet.as_manager()

    class Meta:
        ordering = ("held",)
        constraints = (
            ExclusionConstraint(
                name="kitchen_periodversion_one_at_a_time",
                expressions=[("period", RangeOperators.EQUAL), ("held", RangeOperators.OVERLAPS)],
            ),
        )


class KitchenServiceQuerySet(models.QuerySet["KitchenService"]):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(voided_at=None)

    def with_doubles(self) -> Self:
        """`is_double`: the same person had had all portions of that period and day before.

        A function of what was served, whatever came in first: of two kitchens that were offline
        the later meal is the double, also when it was uploaded first. What was taken back, and
        what was given beyond the portions, counts on neither side.
        """
        before = KitchenService.objects.filter(
            Q(service_time__lt=OuterRef("service_time"))
            | Q(service_time=OuterRef("service_time"), service_id__lt=OuterRef("service_id")),
            **ORDINARY,
            person=OuterRef("person"),
            period=OuterRef("period"),
            date=OuterRef("date"),
        )
        counted = before.order_by().values("person").annotate(meals=Count("pk")).values("meals")
        had = Coalesce(Subquery(counted), 0, output_field=models.IntegerField())
        return self.annotate(is_double=Q(**ORDINARY) & GreaterThanOrEqual(had, F("portions")))

    def knowing_doubles(self) -> Self:
        """The same, of whole days of people, for whoever counts months: looked for at once.

        Two queries, and the second only where somebody had more meals than portions. To ask it of
        each meal takes as long as all other counting together.
        """
        served = self.filter(**ORDINARY, person__isnull=False, period__isnull=False).order_by()
        of_days = served.values("person", "period", "date")
        more = of_days.annotate(meals=Count("pk"), least=Min("portions")).filter(
            meals__gt=F("least")
        )
        people = {row["person"] for row in more}
        doubles: list[uuid.UUID] = []
        if people:
            theirs = self.filter(person__in=people).with_doubles().filter(is_double=True)
            doubles = list(theirs.values_list("pk", flat=True))
        is_double = Q(pk__in=doubles) if doubles else Value(False)
        return self.annotate(is_double=ExpressionWrapper(is_double, models.BooleanField()))


ORDINARY: dict[str, Any] = {"voided_at": None, "is_extra": False}
"""What counts as a portion."""


class KitchenService(models.Model):
    """A meal that was served to somebody: taken back at most, never changed, never deleted."""

    service_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="meals",
        help_text="None: a guest.",
    )
    guest_name = LineField(max_length=MAX_GUEST_NAME, blank=True, default="")
    period = models.ForeignKey(
        MealPeriod,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="services",
        verbose_name=_("period"),
        help_text="None: outside of every period.",
    )
    date = models.DateField(_("date"), help_text="The day on the campus on which the period began.")
    food_item = models.CharField(max_length=100, blank=True)
    service_time = models.DateTimeField()
    location = models.CharField(max_length=100, blank=True, default="")
    # What was served while the reader was offline has happened; it cannot be refused any more.
    is_offline = models.BooleanField(_("is offline"), default=False)
    portion = models.PositiveSmallIntegerField(
        null=True, default=1, help_text="Which of the portions, of what was served live."
    )
    portions = models.PositiveSmallIntegerField(
        default=1, help_text="How many there were for each, by the rule of that moment."
    )
    is_extra = models.BooleanField(default=False, help_text="Beyond the portions.")
    served_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text="Who served it by name. None: a reader did.",
    )
    reason = LineField(max_length=MAX_REASON, blank=True, default="")
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text="None: the reader that had served it.",
    )
    void_reason = LineField(max_length=MAX_REASON, blank=True, default="")

    objects = KitchenServiceQuerySet.as_manager()

    is_double: bool  # of `with_doubles()`

    class Meta:
        verbose_name = _("meal")
        verbose_name_plural = _("meals")
        ordering = ("-service_time", "-service_id")
        constraints = (
            models.UniqueConstraint(
                fields=["person", "period", "date", "portion"],
                condition=Q(is_offline=False, is_extra=False, voided_at=None),
                name="kitchen_kitchenservice_once_a_period",
                violation_error_message=_("Already served in this period."),
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, guest_name="")
                | (Q(person=None, is_extra=True) & ~Q(guest_name="")),
                name="kitchen_kitchenservice_of_somebody",
            ),
            models.CheckConstraint(
                condition=Q(is_extra=False) | (Q(served_by__isnull=False) & ~Q(reason="")),
                name="kitchen_kitchenservice_extra_by_whom_and_why",
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
            # how many somebody has served by name on a day
            models.Index(
                fields=["served_by", "date"],
                condition=Q(served_by__isnull=False),
                name="kitchen_service_by_name",
            ),
        )
        triggers = (
            # Voided once, for good.
            pgtrigger.Protect(
                name="voided_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__voided_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.diner}, {self.date}"

    @property
    def diner(self) -> str:
        """The name of whoever ate."""
        return self.person.full_name if self.person else self.guest_name

    @property
    def identifier(self) -> str:
        return self.person.identifier if self.person else ""
