"""Reports that are sent by e-mail each week or month (contract section 10)."""

import uuid
from datetime import datetime
from typing import Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reports.kinds import KINDS, GroupBy, ReportKind, Subject
from reports.periods import ReportPeriod, next_sending

MOST_RECIPIENTS = 20


class FileFormat(models.TextChoices):
    PDF = "pdf", _("PDF")
    XLSX = "xlsx", _("Excel")
    CSV = "csv", _("CSV")


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
    report = models.CharField(_("report"), max_length=10, choices=Subject)
    group_by = models.CharField(
        _("group by"), max_length=10, choices=GroupBy, default=GroupBy.CLASS
    )
    period = models.CharField(_("period"), max_length=7, choices=ReportPeriod)
    format = models.CharField(_("format"), max_length=4, choices=FileFormat, default=FileFormat.PDF)
    recipients = ArrayField(models.EmailField(), size=MOST_RECIPIENTS, verbose_name=_("recipients"))
    is_active = models.BooleanField(_("is active"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        help_text="It is sent as long as this person may read such a report.",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
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
        verbose_name = _("report schedule")
        verbose_name_plural = _("report schedules")
        ordering = ("created_at", "schedule_id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(recipients=[]),
                name="reports_reportschedule_has_recipients",
                violation_error_message=_("Name one recipient at least."),
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
        report, group = self.get_report_display(), self.get_group_by_display()
        return gettext("{period} {report} by {group}").format(
            period=self.get_period_display(), report=report.lower(), group=group.lower()
        )

    @property
    def last_error_in_words(self) -> str:
        """The worker writes it down in English; what it says in one sentence is translated."""
        return gettext(self.last_error) if self.last_error else ""

    @property
    def kind(self) -> ReportKind:
        return KINDS[Subject(self.report)]

    def plan(self, *, after: datetime) -> None:
        """Set the next sending: when the week or month of this instant is over."""
        self.next_send_at = next_sending(self.period, after=after)
