"""Times as people say them."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince

A_MINUTE = timedelta(minutes=1)


def ago(moment: datetime, *, now: datetime) -> str:
    """`2 minutes ago`; what is less is `just now`."""
    if moment > now - A_MINUTE:
        return "just now"
    return f"{timesince(moment, now, depth=1)} ago"


def clock(moment: datetime) -> str:
    """`Fri 20 Nov 2026, 07:31:02`, on the campus."""
    return date_format(timezone.localtime(moment), "D j M Y, H:i:s")


def day_and_time(moment: datetime) -> str:
    """`Fri 20 Nov 2026, 07:31`, on the campus."""
    return date_format(timezone.localtime(moment), "D j M Y, H:i")
