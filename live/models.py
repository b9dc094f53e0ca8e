"""What happened beside taps that a dashboard shows live."""

from django.db import models
from django.utils import timezone

from core.transactions import CurrentTransactionId, TransactionId


class Event(models.Model):
    """Written by triggers (sql/tell_what_happened.sql), in the transaction of what it tells of."""

    class Kind(models.TextChoices):
        DAY_CORRECTED = "day_corrected"
        DAY_CLOSED = "day_closed"
        INCIDENT = "incident"

    event_id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=13, choices=Kind)
    payload = models.JSONField()
    happened_at = models.DateTimeField(default=timezone.now)
    transaction_id = TransactionId(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        ordering = ("-event_id",)
        indexes = (
            # what was committed since? (live)
            models.Index(fields=["transaction_id"], name="live_event_by_transaction"),
            # housekeeping deletes the old ones
            models.Index(fields=["happened_at"], name="live_event_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
