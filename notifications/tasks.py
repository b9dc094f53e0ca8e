"""What notices leave for somebody to do."""

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext, ngettext

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
    text = ngettext("notice failed", "notices failed", number)
    url = reverse("admin:notifications_notice_changelist") + "?state=failed"
    return Task(number, text, gettext("Send again"), url, Tone.BAD)


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
    text = _what_waits(number, [str(way.label) for way in is_off if way in numbers])
    if user.may(Capability.ADMINISTER):
        group = {Channel.SMS: "sms", Channel.EMAIL: "mail"}[Channel(next(iter(numbers)))]
        url = reverse("admin:settings_group", args=[group])
        return Task(number, text, gettext("Set it up"), url)
    url = reverse("admin:notifications_notice_changelist") + "?state=pending"
    return Task(number, text, gettext("Look"), url, Tone.WARN)


def _what_waits(number: int, ways: list[str]) -> str:
    if len(ways) == 1:
        text = ngettext(
            "notice waits: {way} is not set up", "notices wait: {way} is not set up", number
        )
        return text.format(way=ways[0])
    text = ngettext(
        "notice waits: {first} and {second} are not set up",
        "notices wait: {first} and {second} are not set up",
        number,
    )
    first, second = ways
    return text.format(first=first, second=second)
