"""What happened, written in the transaction in which it happens: by triggers, alerts by services.

The live feed shows some of it (`live.events`), webhooks tell it to other programs
(`webhooks.events`), and `outbox.dispatch` wakes whoever has to do something about it, such as
telling guardians. Nothing here says who.
"""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.transactions import CurrentTransactionId, TransactionId

# Whoever resumes the live feed after longer reads the dashboard anew.
KEPT = timedelta(days=7)


class EventQuerySet(models.QuerySet["Event"]):
    def waiting(self, *, at: datetime) -> Self:
        """What nobody has acted upon yet, the oldest first."""
        is_due = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
        return self.filter(is_due, dispatched_at__isnull=True).order_by("event_id")

    def outdated(self, *, at: datetime) -> Self:
        """What nobody asks for any more."""
        return self.filter(dispatched_at__isnull=False, happened_at__lt=at - KEPT)


class Event(models.Model):
    """Written by the triggers in `<app>/sql/write_events.sql`, and by `pos.alerts`."""

    class Kind(models.TextChoices):
        DAY_CHANGED = "day_changed"
        DAY_CORRECTED = "day_corrected"
        DAY_CLOSED = "day_closed"
        INCIDENT = "incident"
        CARD_ISSUED = "card_issued"
        CARD_SWITCHED = "card_switched"
        CARD_RETIRED = "card_retired"
        CARD_DELETED = "card_deleted"
        ALERT = "alert"
        TAP_ANNULLED = "tap_annulled"

    event_id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.UUIDField(null=True, help_text="The row that it is about, if it is about one.")
    payload = models.JSONField(default=dict)
    happened_at = models.DateTimeField(default=timezone.now)
    transaction_id = TransactionId(db_default=CurrentTransactionId(), editable=False)
    dispatched_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(
        null=True, help_text="It could not be acted upon; not to be tried again before."
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("-event_id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("day_changed", "day_corrected", "day_closed", "incident"),
                        *("card_issued", "card_switched", "card_retired", "card_deleted"),
                        "alert",
                        "tap_annulled",
                    ]
                ),
                name="outbox_event_known_kind",
            ),
        )
        indexes = (
            # what is to be dispatched, each second
            models.Index(
                fields=["event_id"],
                condition=Q(dispatched_at__isnull=True),
                name="outbox_event_waiting",
            ),
            # what was committed since? (live)
            models.Index(fields=["transaction_id"], name="outbox_event_by_transaction"),
            # housekeeping deletes the old ones; they lie in the order of time, and a BRIN index
            # costs a tap nothing
            BrinIndex(fields=["happened_at"], name="outbox_event_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
