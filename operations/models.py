"""What those who run TrackXpert want to know of it: who lives, and what was counted."""

from datetime import datetime, timedelta
from typing import Final, Self

from django.db import models
from django.db.models import F, Q

from pos.models import Code, Decision


class Pulse(models.Model):
    """That a process of this name on this machine was alive, and how its clock stood to ours."""

    class Name(models.TextChoices):
        WORKER = "worker", "Background worker"
        EVENTS = "events", "Who acts upon events"

    name = models.CharField(max_length=6, choices=Name)
    host = models.CharField(max_length=255)
    beat_at = models.DateTimeField(help_text="By the database's clock.")
    clock_ahead_ms = models.BigIntegerField(help_text="The machine's clock minus the database's.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["name", "host"], name="operations_pulse_once"),
            models.CheckConstraint(
                condition=Q(name__in=["worker", "events"]), name="operations_pulse_known_name"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"


class BackupQuerySet(models.QuerySet["Backup"]):
    def good(self) -> Self:
        """What was restored and compared."""
        return self.filter(verified_at__isnull=False)


class Backup(models.Model):
    """One that was made whole; where it was put, its name says to whoever made it."""

    made_at = models.DateTimeField()
    name = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, in hex.")
    is_encrypted = models.BooleanField()
    verified_at = models.DateTimeField(null=True, help_text="Restored and compared, row by row.")

    objects = BackupQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.name


class TapCount(models.Model):
    """How many taps of this kind there were until the position of `Counted`."""

    decision = models.CharField(max_length=8, choices=Decision)
    code = models.CharField(max_length=15, choices=Code)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["decision", "code"], name="operations_tapcount_once"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.decision}, {self.code}"


class Counted(models.Model):
    """How far taps have been counted: one row."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    position = models.TextField(default="", help_text="A PostgreSQL snapshot: outbox.positions.")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="operations_counted_only"),)

    def __str__(self) -> str:
        return self.position


class FaultQuerySet(models.QuerySet["FaultRecord"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def raised(self) -> Self:
        """Those that are believed, and that somebody may be told of."""
        return self.filter(raised_at__isnull=False)

    def news(self, *, at: datetime, remind_after: timedelta) -> Self:
        """What is to be told by mail: what has begun, what lasts, and what is over.

        What came back after that was told is over once more when it stays away.
        """
        has_begun = Q(told_at=None)
        lasts = Q(told_at__lte=at - remind_after) if remind_after else Q(pk=None)
        has_stayed_away = Q(end_told_at__lt=F("ended_at"), ended_at__lte=at - BACK_WITHIN)
        is_over = Q(ended_at__gt=at - NEWS_FOR) & (Q(end_told_at=None) | has_stayed_away)
        rows = self.raised().filter(Q(ended_at=None) & (has_begun | lasts) | is_over)
        return rows.order_by("began_at", "pk")

    def just_ended(self, kind: str, subject: str, *, at: datetime) -> "FaultRecord | None":
        """What is the same again, rather than another one, if it is seen at that moment."""
        ended = self.filter(kind=kind, subject=subject, ended_at__gt=at - BACK_WITHIN)
        return ended.order_by("ended_at").last()

    def outdated(self, *, at: datetime) -> Self:
        return self.filter(ended_at__lt=at - KEPT)


# What was over before anybody could be told of it is no news the day after.
NEWS_FOR: Final = timedelta(days=1)
# What comes and goes faster is one fault, and no mail each time.
BACK_WITHIN: Final = timedelta(hours=1)
KEPT: Final = timedelta(days=30)


class FaultRecord(models.Model):
    """A fault as it was seen at each look, and who was told of it (`operations.alarms`)."""

    class Kind(models.TextChoices):
        READER_SILENT = "reader_silent", "A reader is silent"
        WORKER_STUCK = "worker_stuck", "The background worker is stuck"
        EVENTS_STUCK = "events_stuck", "Nobody acts upon events"
        NOTICES_FAILING = "notices_failing", "Notices do not go out"
        CLOCK_SKEW = "clock_skew", "A clock is wrong"
        BACKUP_STALE = "backup_stale", "There is no new backup"

    kind = models.CharField(max_length=15, choices=Kind)
    subject = models.CharField(
        max_length=255, blank=True, help_text="A reader's id, a machine's name."
    )
    detail = models.TextField(help_text="As of the last look that saw it.")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    raised_at = models.DateTimeField(
        null=True, help_text="Since then it is believed, and webhooks are told."
    )
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, help_text="Last told by mail that it is so.")
    end_told_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True, help_text="Somebody tells it until then.")

    objects = FaultQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("reader_silent", "worker_stuck", "events_stuck"),
                        *("notices_failing", "clock_skew", "backup_stale"),
                    ]
                ),
                name="operations_faultrecord_known_kind",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(ended_at=None),
                name="operations_faultrecord_open_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(raised_at__isnull=False),
                name="operations_faultrecord_ended_was_raised",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
