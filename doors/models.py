"""What terminals leave beside taps: what they said, what never can be a tap, who knocks."""

from django.db import models

from people.fields import LineField
from pos.models import MAX_SERIAL, Device, Protocol

MAX_SAID, MAX_ANSWERED, MAX_WHAT = 4000, 300, 100
MAX_LINE, MAX_REASON = 500, 200


class Knock(models.Model):
    """A terminal of a serial number that nobody has admitted; at most a hundred are kept."""

    protocol = models.CharField(max_length=10, choices=Protocol)
    serial_number = LineField(max_length=MAX_SERIAL)
    address = models.CharField(max_length=64, help_text="The network that it came from last.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField()

    class Meta:
        ordering = ("-last_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["protocol", "serial_number"], name="doors_knock_once_a_terminal"
            ),
        )

    def __str__(self) -> str:
        return f"{self.protocol} {self.serial_number}"


class Message(models.Model):
    """What a terminal said and was answered, for whoever asks why it does not work.

    Kept for a day, the last few hundred of each; cut short, and without anything of a body that is
    no text of a tap (`doors.messages`).
    """

    device = models.ForeignKey(Device, models.CASCADE, db_index=False, related_name="+")
    received_at = models.DateTimeField(db_index=True)  # housekeeping deletes the old ones
    what = models.CharField(max_length=MAX_WHAT)
    said = models.CharField(max_length=MAX_SAID, blank=True)
    answered = models.CharField(max_length=MAX_ANSWERED, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            # the last of a reader, on its page; and which of them are too many
            models.Index(fields=["device", "-id"], name="doors_message_of_device"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.what}"


class QuarantinedLine(models.Model):
    """What a terminal sent and never can be a tap, with the reason: it need not be sent again.

    At most some hundred of each; sent again it stays one.
    """

    device = models.ForeignKey(Device, models.CASCADE, db_index=False, related_name="+")
    digest = models.UUIDField(help_text="Of the whole line, which may have been longer.")
    line = models.CharField(max_length=MAX_LINE, blank=True)
    reason = models.CharField(max_length=MAX_REASON)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["device", "digest"], name="doors_quarantinedline_once"),
        )

    def __str__(self) -> str:
        return f"{self.device_id}: {self.reason}"
