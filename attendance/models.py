"""Days of attendance, and the rules by which a day is judged (contract section 9)."""

import uuid
from datetime import date, time
from typing import Any, ClassVar, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance.day import DayStatus
from people.applies_to import AppliesTo
from people.fields import LineField
from people.kinds import DayList, PersonKind
from people.models import Person, validate_plausible_day
from people.scope import seen_q


class Status(models.TextChoices):
    """The values are the contract's; the labels are what people read."""

    PRESENT = DayStatus.PRESENT.value, _("Present")
    LATE = DayStatus.LATE.value, _("Late")
    ABSENT = DayStatus.ABSENT.value, _("Absent")
    EXCUSED = DayStatus.EXCUSED.value, _("Excused")


def _corrected_with_reason() -> Q:
    """The reason of a correction; or, after it was taken back by somebody, why that was done."""
    taken_back = Q(correction_reason="") | Q(corrected_by__isnull=False)
    is_corrected = (
        ~Q(corrected_status="")
        | Q(corrected_arrival__isnull=False)
        | Q(corrected_departure__isnull=False)
    )
    return (~is_corrected & taken_back) | (is_corrected & ~Q(correction_reason=""))


class AttendanceQuerySet(models.QuerySet[Any]):
    """Of rows about a person and a day."""

    def of_kind(self, kind: PersonKind) -> Self:
        return self.filter(person__kind=kind.key)

    def seen_by(self, user: object) -> Self:
        """The days of people whom this administrator may know of."""
        return self.filter(seen_q(user, "person__"))

    def in_list(self, day_list: DayList) -> Self:
        """Those that one of the API's lists shows."""
        return self.filter(person__kind__in=[kind.key for kind in day_list.kinds])


_DayManager = models.Manager.from_queryset(AttendanceQuerySet)


class DayManager(_DayManager["Attendance"]):
    """Days of which there is something to say.

    A row without a status (`Attendance.rows` has it) keeps passes that make no day by themselves,
    such as a refusal on the way out: an arrival that is heard of later needs to know them.
    """

    def get_queryset(self) -> models.QuerySet["Attendance"]:
        return super().get_queryset().exclude(status="")


# What was corrected by whom is kept for ever; taps are in their own ledger and fire nothing.
@pghistory.track(
    pghistory.UpdateEvent(
        condition=pghistory.AnyChange(
            "corrected_status", "corrected_arrival", "corrected_departure", "correction_reason"
        )
    ),
    fields=[
        "corrected_status",
        "corrected_arrival",
        "corrected_departure",
        "correction_reason",
        "corrected_by",
        "corrected_at",
    ],
    model_name="AttendanceCorrection",
)
class Attendance(models.Model):
    """One person's logical day: its facts, and what `attendance.day.judge` made of them.

    `passes` and what was corrected are facts; `person`, `date` and the groups say whose they are.
    All the rest is derived, and written only together with them (`attendance.recording`).
    """

    attendance_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="attendance")
    date = models.DateField(
        _("date"), help_text="The day on the campus on which the person's day began."
    )
    passes = models.JSONField(
        default=list, editable=False, help_text="Rows of `attendance.day.Pass`, in any order."
    )
    class_level = models.CharField(
        _("class level"), max_length=50, blank=True, help_text="When the day began."
    )
    class_code = models.CharField(max_length=50, blank=True)
    department = models.CharField(_("department"), max_length=150, blank=True)
    attendance_time = models.DateTimeField(null=True, editable=False, help_text="First arrival.")
    left_at = models.DateTimeField(null=True, editable=False, help_text="Last departure.")
    minutes_late = models.PositiveIntegerField(default=0, editable=False)
    left_early = models.BooleanField(default=False, editable=False)
    minutes_on_site = models.PositiveIntegerField(null=True, editable=False)
    on_site_since = models.DateTimeField(
        null=True, editable=False, help_text="They came then and were not seen to leave."
    )
    sessions = models.JSONField(default=list, editable=False)
    is_counted = models.BooleanField(
        default=True, editable=False, help_text="Something was expected: it counts in rates."
    )
    corrected_status = models.CharField(max_length=7, choices=Status, blank=True, default="")
    corrected_arrival = models.DateTimeField(null=True, editable=False)
    corrected_departure = models.DateTimeField(null=True, editable=False)
    correction_reason = models.CharField(max_length=300, blank=True, default="")
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
    )
    corrected_at = models.DateTimeField(null=True, editable=False)
    derived_status = models.CharField(
        max_length=7, choices=Status, blank=True, help_text="What the facts say. Empty: nothing."
    )
    status = models.CharField(
        max_length=7, choices=Status, help_text="Empty: there is nothing to say yet."
    )
    closed_under = models.ForeignKey(
        "Rulebook",
        models.PROTECT,
        null=True,
        db_index=False,
        editable=False,
        related_name="+",
        help_text="The rules by which this person's day was closed; none while it is open.",
    )
    # How often it was written: whoever writes says what they read (`attendance.recording`).
    revision = models.PositiveIntegerField(default=1, editable=False)

    objects = DayManager()
    rows = models.Manager()  # noqa: DJ012 (a manager by another name)

    class Meta:
        verbose_name = _("day")
        verbose_name_plural = _("days")
        ordering = (F("date").desc(), F("attendance_time").desc(nulls_last=True))
        constraints = (
            models.UniqueConstraint(
                fields=["person", "date"], name="attendance_attendance_one_a_day"
            ),
            models.CheckConstraint(
                condition=_corrected_with_reason(),
                name="attendance_attendance_corrected_with_reason",
                violation_error_message=_("A correction has a reason."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["", *Status.values])
                & (Q(corrected_status="") | Q(status=F("corrected_status"))),
                name="attendance_attendance_status_as_corrected",
            ),
        )
        indexes = (
            # the first pages in the default order, and those of one day
            models.Index(
                F("date").desc(),
                F("attendance_time").desc(nulls_last=True),
                "attendance_id",
                name="attendance_newest",
            ),
            # ?date= with ?status=, and how many there are
            models.Index(fields=["date", "status"], name="attendance_status"),
        )

    def __str__(self) -> str:
        return f"{self.person.full_name}, {self.date}: {self.status}"

    @property
    def is_corrected(self) -> bool:
        return bool(self.corrected_status or self.corrected_arrival or self.corrected_departure)

    @property
    def source(self) -> str:
        """What the day rests on: `correction`, `tap`, `absence`, or the `close` of the day."""
        if self.is_corrected:
            return "correction"
        if self.passes:
            return "tap"
        return "absence" if self.status == Status.EXCUSED else "close"


class NoCardDayQuerySet(AttendanceQuerySet):
    def standing(self) -> Self:
        """Of whom nothing has been heard since either."""
        days = Attendance.objects.filter(person=OuterRef("person"), date=OuterRef("date"))
        return self.filter(~Exists(days))


class NoCardDay(models.Model):
    """A closed day of somebody who would have been expected, and had no card that works.

    Not Absent, and no row among the days: nothing is known of it.
    """

    person = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    date = models.DateField()
    class_level = models.CharField(max_length=50, blank=True)
    class_code = models.CharField(max_length=50, blank=True)
    department = models.CharField(max_length=150, blank=True)
    # Whoever never was had no card, either.
    is_trace: ClassVar[bool] = True

    objects = NoCardDayQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["date", "person"], name="attendance_nocardday_one_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.date}"


# --- rules -------------------------------------------------------------------------------------

EVERYBODY = ""


def nobody_in_particular() -> dict[str, list[str]]:
    return {}


class AudienceMixin(models.Model):
    """For whom a rule is: the contract's `applies_to`. Empty: everybody."""

    applies_to = models.JSONField(default=nobody_in_particular, blank=True)

    class Meta:
        abstract = True

    @property
    def audience(self) -> AppliesTo:
        return AppliesTo.of(self.applies_to)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Schedule(AudienceMixin):
    """When people are expected, and when their day begins and is over.

    `policy_of`: this one is a simple policy, everybody's (EVERYBODY; a migration makes it) or of
    one class level; None: a schedule of its own.
    """

    schedule_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = LineField(_("name"), max_length=100)
    day_begins = models.TimeField(
        default=time(0), help_text="What happens before this belongs to the day before."
    )
    # Rows of `attendance.rules.Session`, in the contract's words.
    sessions = models.JSONField(default=list)
    closes_at = models.TimeField(
        null=True,
        blank=True,
        help_text="When the day is closed by itself, and Absent is written. Empty: when the next "
        "one begins.",
    )
    valid_from = models.DateField(
        null=True,
        blank=True,
        validators=[validate_plausible_day],
        help_text="The first day it holds.",
    )
    valid_to = models.DateField(
        null=True,
        blank=True,
        validators=[validate_plausible_day],
        help_text="The last day it holds.",
    )
    policy_of = models.CharField(max_length=50, null=True, blank=True, editable=False)  # noqa: DJ001
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ("created_at", "schedule_id")
        constraints = (
            models.UniqueConstraint(
                Lower("policy_of"),
                name="attendance_schedule_one_policy_for_a_class",
                violation_error_message=_("This class level has a policy already."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="attendance_schedule_valid_in_order",
                violation_error_message=_("A schedule ends after it begins."),
            ),
        )

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Holiday(AudienceMixin):
    """Days, or hours of them, on which nobody of the audience is expected."""

    holiday_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = LineField(_("name"), max_length=100)
    first_day = models.DateField(validators=[validate_plausible_day])
    last_day = models.DateField(validators=[validate_plausible_day])
    starts_at = models.TimeField(null=True, blank=True)
    ends_at = models.TimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ("first_day", "holiday_id")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="attendance_holiday_in_order",
                violation_error_message=_("It ends after it begins."),
            ),
            # Of those for some people, or for some hours, several can fall on a day.
            ExclusionConstraint(
                name="attendance_holiday_once",
                expressions=[
                    (
                        models.Func(
                            "first_day", "last_day", models.Value("[]"), function="daterange"
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
                condition=Q(starts_at=None, ends_at=None, applies_to={}),
                violation_error_message=_("This day is a holiday already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_day} {self.name}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def standing(self) -> Self:
        """Not withdrawn."""
        return self.filter(until_version=None)

    def in_version(self, version: int) -> Self:
        """Those of that version of the rules."""
        since = self.filter(from_version__lte=version)
        return since.filter(Q(until_version=None) | Q(until_version__gt=version))

    def on(self, day: date) -> Self:
        return self.filter(first_day__lte=day, last_day__gte=day)


class Absence(AudienceMixin):
    """That people are away with a reason, known before or said afterwards.

    A row never changes but for its end: a change is another row of the same `absence_id`, and a
    closed day goes on seeing what it saw when it was closed.
    """

    absence_id = models.UUIDField(default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, db_index=False, related_name="absences"
    )
    first_day = models.DateField(validators=[validate_plausible_day])
    last_day = models.DateField(validators=[validate_plausible_day])
    starts_at = models.TimeField(null=True, blank=True)
    ends_at = models.TimeField(null=True, blank=True)
    reason = LineField(_("reason"), max_length=300)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    from_version = models.BigIntegerField(editable=False)
    until_version = models.BigIntegerField(null=True, editable=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ("-first_day", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["absence_id"],
                condition=Q(until_version=None),
                name="attendance_absence_one_standing",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="attendance_absence_in_order",
                violation_error_message=_("It ends after it begins."),
            ),
        )
        indexes = (
            # who is away on this day?
            models.Index(fields=["first_day", "last_day"], name="attendance_absence_days"),
            # ?student=, ?staff=, ?security=
            models.Index(
                fields=["person", "-first_day"],
                name="attendance_absence_person",
                condition=Q(person__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}: {self.reason}"


class Rulebook(models.Model):
    """One version of the rules, whole: schedules and holidays as `attendance.rulebook` wrote them.

    A closed day is judged by the version with which it was closed, whatever has been changed since.
    """

    version = models.BigIntegerField(primary_key=True)
    # Another database, or this one from a backup, gives the same numbers to other rules.
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    content = models.JSONField(null=True, help_text="Empty: that of `same_as`.")
    same_as = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    what = models.CharField(max_length=200, blank=True)
    applied_at = models.DateTimeField(
        null=True, help_text="When the open days had been judged by it."
    )

    class Meta:
        ordering = ("-version",)

    def __str__(self) -> str:
        return f"{self.version}"

    @property
    def as_kept(self) -> dict[str, Any]:
        return (self.same_as or self).content or {}


class ClosedDay(models.Model):
    """A day of one schedule that was closed: whoever was expected and not seen is Absent."""

    date = models.DateField()
    schedule_id = models.UUIDField()
    rulebook = models.ForeignKey(Rulebook, models.PROTECT, db_index=False, related_name="+")
    closed_at = models.DateTimeField(_("closed at"), default=timezone.now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    written_at = models.DateTimeField(null=True, help_text="When everybody's day was judged.")
    changes = ArrayField(
        models.UUIDField(),
        default=list,
        help_text="The changes of rules that were applied to it since, in order.",
    )

    class Meta:
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")
        ordering = ("-date", "schedule_id")
        constraints = (
            models.UniqueConstraint(
                fields=["date", "schedule_id"], name="attendance_closedday_once_a_schedule"
            ),
        )

    def __str__(self) -> str:
        return f"{self.date} {self.schedule_id}"

    def as_row(self) -> dict[str, Any]:
        """As a `RuleChange` keeps it."""
        return {
            "date": self.date.isoformat(),
            "schedule_id": str(self.schedule_id),
            "rulebook": self.rulebook_id,
            "closed_at": self.closed_at.isoformat(),
            "closed_by": self.closed_by_id and str(self.closed_by_id),
            "changes": [str(change) for change in self.changes],
        }


class ReopenedDay(models.Model):
    """A day that was opened again: it does not close by itself."""

    date = models.DateField(primary_key=True)
    reopened_at = models.DateTimeField(default=timezone.now)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.date}"


class RuleChange(models.Model):
    """A change of rules that was applied to closed days, or a day that was opened again.

    `before`: of each closing that it touched, which rules it had; by that it is undone. `delta`:
    what it did to the rules (`rulebook.Delta`); a day that was opened again has none.
    `left_alone`: days of people that it would have made others, but that were not as the rules
    before it said. `emptied`: days of which it left nothing to people who were registered after the
    closing, and judged when it was repeated. `undone_in`: the version of the rules in which it was
    taken back.
    """

    change_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    what = models.CharField(_("what"), max_length=200)
    reason = models.CharField(_("reason"), max_length=300)
    rulebook = models.ForeignKey(Rulebook, models.PROTECT, related_name="+")
    before = models.JSONField()
    delta = models.JSONField(null=True)
    left_alone = models.JSONField(default=list)
    emptied = models.JSONField(default=list)
    days_changed = models.PositiveIntegerField(_("days changed"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    undone_in = models.ForeignKey(
        Rulebook, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = _("rule change")
        verbose_name_plural = _("rule changes")
        ordering = ("-made_at", "change_id")

    def __str__(self) -> str:
        return f"{self.what}, {self.made_at}"
