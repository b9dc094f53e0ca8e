"""What readers and taps leave for somebody to do."""

from datetime import timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from office.tasks import Task, Tone
from pos.clocks import readers_far_off
from pos.models import ConflictingTap, Device, Tap
from pos.restarts import may_count
from pos.strays import straying_readers

# Older ones have been seen to, or never will be; a tap is a fact that nobody can tick off.
REVIEW_DAYS = timedelta(days=7)


def silent_readers(user: User) -> Task | None:
    readers = Device.objects.with_last_seen()
    number = readers.in_state(Device.State.SILENT, at=timezone.now()).count()
    if not number:
        return None
    text = ngettext("reader is silent", "readers are silent", number)
    url = reverse("admin:pos_device_changelist") + "?state=silent"
    return Task(number, text, _("See which"), url, Tone.BAD)


def readers_with_clocks_off(user: User) -> Task | None:
    readers = list(readers_far_off())
    if not readers:
        return None
    names = ", ".join(reader.name for reader in readers[:3])
    text = ngettext(
        "reader has a clock more than 2 minutes off: {names}",
        "readers have clocks more than 2 minutes off: {names}",
        len(readers),
    ).format(names=names)
    url = reverse("admin:pos_device_change", args=[readers[0].pk])
    return Task(len(readers), text, _("Look"), url, Tone.BAD)


def readers_with_strays(user: User) -> Task | None:
    readers = list(straying_readers())
    if not readers:
        return None
    names = ", ".join(reader.name for reader in readers[:3])
    text = ngettext(
        "reader sent many unknown cards in a row and was slowed down: {names}",
        "readers sent many unknown cards in a row and were slowed down: {names}",
        len(readers),
    ).format(names=names)
    url = reverse("admin:pos_device_changelist")
    return Task(len(readers), text, _("Look"), url, Tone.BAD)


def readers_that_began_again(user: User) -> Task | None:
    """For whoever may have their taps counted."""
    waiting = ConflictingTap.objects.to_count().values("device").annotate(taps=Count("pk"))
    taps = {row["device"]: row["taps"] for row in waiting.order_by()}
    if not taps:
        return None
    readers = [each for each in Device.objects.filter(pk__in=taps) if may_count(user, each)]
    if not readers:
        return None
    number = sum(taps[reader.pk] for reader in readers)
    text = ngettext(
        "tap came under an id used before: {names} began again",
        "taps came under ids used before: {names} began again",
        number,
    ).format(names=", ".join(reader.name for reader in readers[:3]))
    url = reverse("admin:pos_device_count", args=[readers[0].pk])
    return Task(number, text, _("Count them"), url, Tone.BAD)


def taps_left_for_review(user: User) -> Task | None:
    since = timezone.localdate() - REVIEW_DAYS
    number = Tap.objects.seen_by(user).left_for_review().filter(date__gte=since).count()
    if not number:
        return None
    text = ngettext("tap has a time nobody believes", "taps have a time nobody believes", number)
    url = reverse("admin:pos_tap_changelist") + "?remark=review"
    return Task(number, text, _("Review"), url, Tone.WARN)
