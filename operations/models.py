"""What those who run TrackXpert want to know of it: who lives, and what was counted."""

from django.db import models
from django.db.models import Q

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


class Backup(models.Model):
    """One that was made whole; where it was put, its name says to whoever made it."""

    made_at = models.DateTimeField()
    name = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, in hex.")
    is_encrypted = models.BooleanField()
    verified_at = models.DateTimeField(null=True, help_text="Restored and compared, row by row.")

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
