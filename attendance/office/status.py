"""A day's status as a sign and a word; the colour only helps to find it."""

from functools import cache

from django.template.loader import render_to_string

from attendance.models import Status
from attendance.register import NO_CARD, UNSEEN
from office.tasks import Tone

# By status: the class of its colour, and the name of its sign.
LOOKS = {
    Status.PRESENT.value: (Tone.GOOD, "check"),
    Status.LATE.value: (Tone.WARN, "clock"),
    Status.ABSENT.value: (Tone.BAD, "cross"),
    Status.EXCUSED.value: (Tone.INFO, "note"),
    UNSEEN: (Tone.QUIET, "question"),
    NO_CARD: (Tone.QUIET, "question"),
}


@cache  # fifty on a page, and there are only five
def status_chip(status: str) -> str:
    tone, icon = LOOKS[status]
    look = {"status": status, "tone": tone.value, "icon": icon}
    return render_to_string("attendance/status.html", look)
