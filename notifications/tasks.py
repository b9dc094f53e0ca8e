"""What notices leave for somebody to do."""

from django.db.models import Count
from django.urls import reverse

from accounts.models import User
from accounts.roles import Capability
from notifications.channels import channels_on
from notifications.models import Channel, Notice
from notifications.permissions import kinds_for
from office.tasks import Task, Tone


def failed_notices(user: User) -> Task | None:
    failed = Notice.objects.filter(state=Notice.State.FAILED, kind__in=kinds_for(user))
    number = failed.count()
    if not number:
        return None
    text = "notice failed" if number == 1 else "notices failed"
    url = reverse("admin:notifications_notice_changelist") + "?state=failed"
    return Task(number, text, "Send again", url, Tone.BAD)


def notices_that_wait_for_a_way(user: User) -> Task | None:
    """`12` notices wait: SMS is not set up. Nothing is counted where all is."""
    is_off = [channel for channel in Channel if channel not in channels_on()]
    if not is_off:
        return None
    waiting = Notice.objects.filter(
        state=Notice.State.PENDING, channel__in=is_off, kind__in=kinds_for(user)
    )
    numbers = dict(waiting.order_by().values_list("channel").annotate(Count("pk")))
    if not numbers:
        return None
    number = sum(numbers.values())
    ways = " and ".join(str(channel.label) for channel in is_off if channel in numbers)
    verb = "is" if len(numbers) == 1 else "are"
    text = f"{'notice waits' if number == 1 else 'notices wait'}: {ways} {verb} not set up"
    if user.may(Capability.ADMINISTER):
        group = {Channel.SMS: "sms", Channel.EMAIL: "mail"}[Channel(next(iter(numbers)))]
        return Task(number, text, "Set it up", reverse("admin:settings_group", args=[group]))
    url = reverse("admin:notifications_notice_changelist") + "?state=pending"
    return Task(number, text, "Look", url, Tone.WARN)
