"""What waits for whoever manages attendance."""

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attendance.services import days_to_close
from office.tasks import Task, Tone


def days_left_open(user: User) -> Task | None:
    """Days close by themselves; these did not, and their Absent are missing. Today may wait."""
    today = timezone.localdate()
    days = [day for day in days_to_close(now=timezone.now()) if day < today]
    if not days:
        return None
    url = reverse("admin:attendance_day_of", args=[days[0]])
    text = "day is over and not closed" if len(days) == 1 else "days are over and not closed"
    return Task(len(days), text, "Look and close", url, Tone.WARN)
