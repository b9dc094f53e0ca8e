"""Times as people say them."""

from datetime import datetime, timedelta
from typing import cast

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext_lazy

A_MINUTE = timedelta(minutes=1)
# As `timesince` takes them. With their `ago`, which in Swahili goes by what it says of the unit.
AGO = {
    "year": ngettext_lazy("%(num)d year ago", "%(num)d years ago", "num"),
    "month": ngettext_lazy("%(num)d month ago", "%(num)d months ago", "num"),
    "week": ngettext_lazy("%(num)d week ago", "%(num)d weeks ago", "num"),
    "day": ngettext_lazy("%(num)d day ago", "%(num)d days ago", "num"),
    "hour": ngettext_lazy("%(num)d hour ago", "%(num)d hours ago", "num"),
    "minute": ngettext_lazy("%(num)d minute ago", "%(num)d minutes ago", "num"),
}


def ago(moment: datetime, *, now: datetime) -> str:
    """`2 minutes ago`; what is less is `just now`."""
    if moment > now - A_MINUTE:
        return gettext("just now")
    return timesince(moment, now, time_strings=cast("dict[str, str]", AGO), depth=1)


def clock(moment: datetime) -> str:
    """`Fri 20 Nov 2026, 07:31:02`, on the campus."""
    return date_format(timezone.localtime(moment), "D j M Y, H:i:s")


def day_and_time(moment: datetime) -> str:
    """`Fri 20 Nov 2026, 07:31`, on the campus."""
    return date_format(timezone.localtime(moment), "D j M Y, H:i")
