"""What terminals leave for somebody to do."""

from django.urls import reverse

from accounts.models import User
from doors.knocking import knocking
from office.tasks import Task, Tone


def terminals_that_knock(user: User) -> Task | None:
    number = knocking().count()
    if not number:
        return None
    text = "terminal is knocking" if number == 1 else "terminals are knocking"
    return Task(number, f"{text}: admit?", "Look", reverse("admin:doors_knocking"), Tone.WARN)
