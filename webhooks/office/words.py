"""How a receiver and a delivery stand, in words for people."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext, ngettext, pgettext

from office.chips import chip
from office.tasks import Tone
from webhooks.models import Delivery, Webhook

# A receiver that is restarted fails for minutes, and nobody has to know.
TROUBLE_AFTER = timedelta(hours=1)
TONES = {
    Delivery.State.PENDING: Tone.INFO,
    Delivery.State.SENDING: Tone.INFO,
    Delivery.State.DELIVERED: Tone.GOOD,
    Delivery.State.FAILED: Tone.BAD,
}


def in_trouble(*, at: datetime) -> Q:
    """What somebody has to look at: switched off by itself, or failing for a while."""
    is_failing = Q(is_active=True, failing_since__lt=at - TROUBLE_AFTER)
    return is_failing | ~Q(off_because="")


def webhook_chip(webhook: Webhook) -> str:
    if webhook.off_because:
        return chip(gettext("Switched off by itself"), Tone.BAD)
    if not webhook.is_active:
        return chip(pgettext("switch", "Off"), Tone.QUIET)
    if webhook.failing_since:
        return chip(gettext("Failing"), Tone.WARN)
    return chip(pgettext("switch", "On"), Tone.GOOD)


def trouble(webhook: Webhook) -> str:
    """What is wrong, and what to do; empty if nothing is."""
    if webhook.off_because:
        why = webhook.get_off_because_display()
        said = gettext("{why} Mend the receiver, then switch it on: what waits is sent.")
        return said.format(why=why)
    if webhook.is_active and webhook.failing_since:
        hours = settings.WEBHOOK_OFF_AFTER_HOURS
        said = ngettext(
            "It fails. After {hours} hour without a success it is switched off.",
            "It fails. After {hours} hours without a success it is switched off.",
            hours,
        )
        return said.format(hours=hours)
    return ""


def delivery_chip(delivery: Delivery) -> str:
    return chip(delivery.get_state_display(), TONES[Delivery.State(delivery.state)])
