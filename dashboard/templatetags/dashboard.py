"""How the dashboard writes numbers, times and names."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import gettext

register = template.Library()

JUST_NOW = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@register.filter
def counted(number: int) -> str:
    """`12,345`."""
    return f"{number:,}"


@register.filter
def ago(then: datetime, now: datetime) -> str:
    """`just now`, `2 min ago`, `3 h ago`, then the day."""
    passed = now - then
    if passed < JUST_NOW:
        return gettext("just now")
    if passed < HOUR:
        return gettext("{n} min ago").format(n=passed // timedelta(minutes=1))
    if passed < DAY:
        return gettext("{n} h ago").format(n=passed // HOUR)
    return gettext("on {day}").format(day=f"{then:%Y-%m-%d}")


@register.filter
def initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


@register.filter
def clock(tap: Mapping[str, Any], today: date) -> str:
    """When it was: `07:31:02` of today, `2026-11-20 07:31` of any other day."""
    at = str(tap["at"])
    return at[11:19] if at.startswith(str(today)) else at[:16].replace("T", " ")


@register.filter
def clock_error(milliseconds: int) -> str:
    """By how much a reader's clock is wrong: `2 min ahead`, `3 h behind`."""
    error = timedelta(milliseconds=abs(milliseconds))
    is_ahead = milliseconds > 0
    if error < HOUR:
        text = gettext("{n} min ahead") if is_ahead else gettext("{n} min behind")
        return text.format(n=error // timedelta(minutes=1))
    text = gettext("{n} h ahead") if is_ahead else gettext("{n} h behind")
    return text.format(n=error // HOUR)
