"""What waits for whoever manages attendance."""

from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from attendance.office.closing import WaitingDay, waiting_days
from office.tasks import Task, Tone

NAMED: Final = 3


def days_left_open(user: User) -> Task | None:
    """Days close by themselves; these wait, or did not. Today has no need to be closed at once."""
    now = timezone.now()
    today = timezone.localdate(now)
    days = [one for one in waiting_days(now=now) if one.date < today or one.reasons]
    if not days:
        return None
    text = ngettext(
        "day is over and not closed: {days}", "days are over and not closed: {days}", len(days)
    )
    named = "; ".join(map(_in_words, days[:NAMED]))
    more = ", …" if len(days) > NAMED else ""
    url = reverse("admin:attendance_closing")
    return Task(len(days), text.format(days=f"{named}{more}"), _("Look and close"), url, Tone.WARN)


def _in_words(day: WaitingDay) -> str:
    """`Wed 18 Nov (Main gate 1 is silent since 14:05)`."""
    named = date_format(day.date, "D j M")
    return f"{named} ({', '.join(day.reasons)})" if day.reasons else named
