"""Reports that are sent by e-mail each week or month (contract section 10)."""

import uuid
from datetime import datetime
from typing import Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from reports.kinds import KINDS, GroupBy, ReportKind, Subject
from reports.periods import ReportPeriod, next_sending

MOST_RECIPIENTS = 20


class FileFormat(models.TextChoices):
    PDF = "pdf", "PDF"
    XLSX = "xlsx", "Excel"
    CSV = "csv", "CSV"


class ReportScheduleQuerySet(models.QuerySet["ReportSchedule"]):
    def due(self, *, at: datetime) -> Self:
        return self.filter(is_active=True, next_send_at__lte=at).order_by("next_send_at", "pk")


# Where figures about students are sent is remembered; that they were sent is not a change.
@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["next_send_at", "last_sent_for", "last_sent_at", "last_error", "updated_at"],
)
class ReportSchedule(models.Model):
    """A report that somebody gets by e-mail when its week or month is over."""

    schedule_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.CharField(max_length=10, choices=Subject)
    group_by = models.CharField(max_length=10, choices=GroupBy, default=GroupBy.CLASS)
    period = models.CharField(max_length=7, choices=ReportPeriod)
    format = models.CharField(max_length=4, choices=FileFormat, default=FileFormat.PDF)
    recipients = ArrayField(models.EmailField(), size=MOST_RECIPIENTS)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        help_text="It is sent as long as this person may read such a report.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    next_send_at = models.DateTimeField(
        help_text="While it is being sent: when it is taken for lost and sent again."
    )
    last_sent_for = models.DateField(null=True, help_text="The first day of what was sent last.")
    last_sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(
        max_length=300, blank=True, default="", help_text="Why it was not sent the last time."
    )

    objects = ReportScheduleQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "schedule_id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(recipients=[]),
                name="reports_reportschedule_has_recipients",
                violation_error_message="Name one recipient at least.",
            ),
            models.CheckConstraint(
                condition=Q(
                    report__in=Subject.values,
                    group_by__in=GroupBy.values,
                    period__in=ReportPeriod.values,
                    format__in=FileFormat.values,
                ),
                name="reports_reportschedule_known_report",
            ),
        )
        indexes = (
            # the worker's: what is due
            models.Index(
                fields=["next_send_at"],
                condition=Q(is_active=True),
                name="reports_reportschedule_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_period_display()} {self.report} by {self.group_by}"

    @property
    def kind(self) -> ReportKind:
        return KINDS[Subject(self.report)]

    def plan(self, *, after: datetime) -> None:
        """Set the next sending: when the week or month of this instant is over."""
        self.next_send_at = next_sending(self.period, after=after)
