"""Days of attendance, and the rules by which a day is judged (contract section 9)."""

import uuid
from datetime import time
from typing import Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from core.weekdays import monday_to_friday, weekdays_field
from people.fields import LineField
from people.kinds import DayList, PersonKind
from people.models import Person
from people.scope import seen_q


class Status(models.TextChoices):
    PRESENT = "Present"
    LATE = "Late"
    ABSENT = "Absent"
    EXCUSED = "Excused"


# Nobody saw them: only the close of a day, or a correction, makes such a row.
NOT_SEEN = Q(attendance_time__isnull=True, last_out_at__isnull=True)
# Whoever was only seen leaving was here; when they came, nobody knows.
DERIVED = (
    When(NOT_SEEN, then=Value(Status.ABSENT)),
    When(attendance_time__gt=F("late_from"), then=Value(Status.LATE)),
)


def _corrected_with_reason() -> Q:
    """The reason of a correction; or, after it was taken back by somebody, why that was done."""
    taken_back = Q(correction_reason="") | Q(corrected_by__isnull=False)
    corrected = Q(corrected_status__in=Status.values) & ~Q(correction_reason="")
    return (Q(corrected_status="") & taken_back) | corrected


class AttendanceQuerySet(models.QuerySet["Attendance"]):
    def of_kind(self, kind: PersonKind) -> Self:
        return self.filter(person__kind=kind.key)

    def seen_by(self, user: object) -> Self:
        """The days of people whom this administrator may know of."""
        return self.filter(seen_q(user, "person__"))

    def in_list(self, day_list: DayList) -> Self:
        """Those that one of the API's lists shows."""
        return self.filter(person__kind__in=[kind.key for kind in day_list.kinds])


# What was corrected by whom is kept for ever; taps are in their own ledger and fire nothing.
@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("corrected_status", "correction_reason")),
    fields=["corrected_status", "correction_reason", "corrected_by", "corrected_at"],
    model_name="AttendanceCorrection",
)
class Attendance(models.Model):
    """One person's day: what taps say of it, and what an officer said instead.

    Taps only ever lower `attendance_time` and raise `last_in_at` and `last_out_at` (see
    `attendance.day`), so their order, their number and their lateness cannot matter. The database
    itself derives the rest from these columns.
    """

    attendance_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="attendance")
    date = models.DateField(help_text="The day on the campus.")
    attendance_time = models.DateTimeField(null=True, editable=False, help_text="First arrival.")
    last_in_at = models.DateTimeField(null=True, editable=False)
    last_out_at = models.DateTimeField(null=True, editable=False)
    late_from = models.DateTimeField(
        null=True, editable=False, help_text="An arrival after this is Late."
    )
    corrected_status = models.CharField(max_length=7, choices=Status, blank=True, default="")
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
    derived_status = models.GeneratedField(
        expression=Case(*DERIVED, default=Value(Status.PRESENT)),
        output_field=models.CharField(max_length=7, choices=Status),
        db_persist=True,
    )
    status = models.GeneratedField(
        expression=Case(
            When(~Q(corrected_status=""), then=F("corrected_status")),
            *DERIVED,
            default=Value(Status.PRESENT),
        ),
        output_field=models.CharField(max_length=7, choices=Status),
        db_persist=True,
    )
    left_at = models.GeneratedField(
        expression=Case(
            When(
                Q(attendance_time__isnull=True) | Q(last_out_at__gt=F("attendance_time")),
                then=F("last_out_at"),
            )
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = "day"
        ordering = (F("date").desc(), F("attendance_time").desc(nulls_last=True))
        constraints = (
            models.UniqueConstraint(
                fields=["person", "date"], name="attendance_attendance_one_a_day"
            ),
            models.CheckConstraint(
                condition=_corrected_with_reason(),
                name="attendance_attendance_corrected_with_reason",
                violation_error_message="A correction has a reason.",
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
    def source(self) -> str:
        """What the status rests on: `correction`, `tap`, or the `close` of the day."""
        if self.corrected_status:
            return "correction"
        return "close" if self.attendance_time is None and self.last_out_at is None else "tap"


EVERYBODY = ""


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Policy(models.Model):
    """When a day begins, when it is over, and on which days people are expected.

    One row is everybody's (a migration makes it); a class level can have another of its own.
    """

    class_level = LineField(
        max_length=50, blank=True, default=EVERYBODY, help_text="Empty: everybody else."
    )
    late_after = models.TimeField(default=time(8), help_text="An arrival after this is Late.")
    closes_at = models.TimeField(
        default=time(18), help_text="When the day is closed by itself, and Absent is written."
    )
    working_days = weekdays_field(
        default=monday_to_friday,
        help_text="Monday is 1, Sunday is 7. On other days nobody is Absent.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "rule of the day"
        verbose_name_plural = "rules of the day"
        ordering = ("class_level",)
        constraints = (
            models.UniqueConstraint(
                models.F("class_level"),
                name="attendance_policy_one_for_a_class",
                violation_error_message="This class level has a policy already.",
            ),
            models.CheckConstraint(
                condition=Q(late_after__lt=F("closes_at")),
                name="attendance_policy_late_before_close",
                violation_error_message="A day closes after the late limit.",
            ),
        )

    def __str__(self) -> str:
        return self.class_level or "Everybody"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Holiday(models.Model):
    """A day on which nobody is expected, and so nobody is Absent."""

    holiday_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    date = models.DateField()
    name = LineField(max_length=100)

    class Meta:
        ordering = ("date",)
        constraints = (
            models.UniqueConstraint(
                models.F("date"),
                name="attendance_holiday_one_a_day",
                violation_error_message="This day is a holiday already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class ClosedDay(models.Model):
    """A day that was closed: whoever was expected and not seen is Absent."""

    date = models.DateField(primary_key=True)
    closed_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ("-date",)

    def __str__(self) -> str:
        return f"{self.date}"


class ClosedRule(models.Model):
    """The rules of a closed day as they were then; no later change of policy touches them."""

    closed_day = models.ForeignKey(ClosedDay, models.CASCADE, related_name="rules")
    class_level = models.CharField(max_length=50, blank=True)
    late_after = models.TimeField()
    is_expected = models.BooleanField(help_text="Whoever did not come was Absent.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["closed_day", "class_level"], name="attendance_closedrule_one_for_a_class"
            ),
        )

    def __str__(self) -> str:
        return f"{self.closed_day_id} {self.class_level}: {self.late_after}"
