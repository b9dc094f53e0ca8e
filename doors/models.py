"""What terminals leave beside taps: what they said, what never can be a tap, who knocks; and what
they are told.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.fields import LineField
from pos.models import MAX_SERIAL, Device, Protocol

MAX_SAID, MAX_ANSWERED, MAX_WHAT = 4000, 300, 100
MAX_LINE, MAX_REASON = 500, 200
MAX_COMMAND, MAX_ABOUT = 1000, 64


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


class Command(models.Model):
    """What a terminal shall do, which it fetches itself; it knows it by the number of this row.

    Of one matter one: a new command takes the place of the one before, under a new number, so that
    an answer to what was wanted before is not taken for one to this.
    """

    class Kind(models.TextChoices):
        USER = "user", _("Somebody comes into its memory, or leaves it")
        COUNT = "count", _("How many records has it of a day?")
        RECORDS = "records", _("The records of a day once more")

    device = models.ForeignKey(Device, models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    about = models.CharField(max_length=MAX_ABOUT, help_text="A PIN, or a day.")
    text = models.CharField(max_length=MAX_COMMAND)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    times_sent = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    returned = models.BigIntegerField(null=True, help_text="Below 0: it could not.")
    counted = models.BigIntegerField(null=True, help_text="The records of a day that it has.")

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["device", "kind", "about"], name="doors_command_one_of_a_matter"
            ),
        )

    def __str__(self) -> str:
        return f"{self.device_id}: {self.kind} {self.about}"


class TerminalUser(models.Model):
    """Somebody whom we have put into a terminal's memory, and so take out of it again."""

    device = models.ForeignKey(Device, models.CASCADE, db_index=False, related_name="+")
    pin = models.CharField(max_length=MAX_ABOUT)
    digest = models.UUIDField(null=True, help_text="Of what it knows of them. None: who knows.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["device", "pin"], name="doors_terminaluser_once"),
        )

    def __str__(self) -> str:
        return f"{self.device_id}: {self.pin}"


class Upkeep(models.Model):
    """When a terminal's users were compared with ours, and up to which day its records were."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="+")
    users_compared_at = models.DateTimeField()
    days_counted_to = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.device_id} at {self.users_compared_at}"
