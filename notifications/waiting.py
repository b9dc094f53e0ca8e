"""What a pending notice waits for."""

from datetime import datetime

from django.db.models import TextChoices

from notifications.channels import channels_on
from notifications.models import Notice
from notifications.quiet import is_quiet


class WaitsFor(TextChoices):
    CHANNEL_OFF = "channel_off", "This way of sending is not set up here."
    QUIET_HOURS = "quiet_hours", "It is sent when the quiet hours are over."
    RETRY = "retry", "It is tried again a little later."
    WORKER = "worker", "It is sent within a minute."


def waits_for(notice: Notice, *, at: datetime) -> WaitsFor | None:
    """None for a notice that is not pending."""
    if notice.state != Notice.State.PENDING:
        return None
    if notice.channel not in channels_on():
        return WaitsFor.CHANNEL_OFF
    if is_quiet(at):
        return WaitsFor.QUIET_HOURS
    return WaitsFor.RETRY if notice.next_attempt_at > at else WaitsFor.WORKER
