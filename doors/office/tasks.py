"""What terminals leave for somebody to do."""

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from accounts.models import User
from doors.knocking import knocking
from office.tasks import Task, Tone


def terminals_that_knock(user: User) -> Task | None:
    number = knocking().count()
    if not number:
        return None
    text = ngettext("terminal is knocking: admit?", "terminals are knocking: admit?", number)
    return Task(number, text, gettext("Look"), reverse("admin:doors_knocking"), Tone.WARN)
