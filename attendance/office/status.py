"""A day's status as a sign and a word; the colour only helps to find it."""

from functools import cache

from django.template.loader import render_to_string

from attendance.models import Status
from attendance.register import LABELS, NO_CARD, UNSEEN
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


def status_chip(status: str) -> str:
    return _chip(status, status_label(status))


@cache  # fifty on a page, and there are only six in a language
def _chip(status: str, words: str) -> str:
    tone, icon = LOOKS[status]
    look = {"status": words, "tone": tone.value, "icon": icon}
    return render_to_string("attendance/status.html", look)


def status_label(status: str) -> str:
    return str(LABELS[status])
