"""What waits for whoever manages attendance."""

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attendance.closing import days_over
from office.tasks import Task, Tone


def days_left_open(user: User) -> Task | None:
    """Days close by themselves; these did not, and their Absent are missing. Today may wait."""
    today = timezone.localdate()
    open_days = days_over(now=timezone.now())
    days = sorted({one.date for one in open_days if one.date < today})
    if not days:
        return None
    url = reverse("admin:attendance_day_of", args=[days[0]])
    text = "day is over and not closed" if len(days) == 1 else "days are over and not closed"
    return Task(len(days), text, "Look and close", url, Tone.WARN)
