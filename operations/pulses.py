"""Who works behind the web server says each few seconds that it lives, and what its clock shows."""

import socket
import time
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max
from django.db.models.functions import Now

from core.clock import database_time
from operations.models import Pulse

BEAT_SECONDS: Final = 5.0
# A machine that has not been heard of for so long is none of ours any more.
KEPT: Final = timedelta(days=1)


def beat(name: Pulse.Name) -> None:
    """This process is alive, now."""
    pulse = Pulse(name=name, host=this_host(), beat_at=Now(), clock_ahead_ms=clock_ahead_ms())
    Pulse.objects.bulk_create(
        [pulse],
        update_conflicts=True,
        unique_fields=["name", "host"],
        update_fields=["beat_at", "clock_ahead_ms"],
    )


class Heart:
    """Of a process that does something all the time: it beats now and then."""

    def __init__(self, name: Pulse.Name) -> None:
        self.name = name
        self.due_at = 0.0

    def beat_if_due(self) -> None:
        if time.monotonic() >= self.due_at:
            beat(self.name)
            self.due_at = time.monotonic() + BEAT_SECONDS


def this_host() -> str:
    return socket.gethostname()[:255]


def clock_ahead_ms() -> int:
    """How far this machine's clock is ahead of the database's, give or take half a round trip."""
    before = time.time()
    shown = database_time().timestamp()
    return round(((before + time.time()) / 2 - shown) * 1000)


def last_beats() -> dict[str, datetime | None]:
    """When any process of each name was last alive, on whichever machine."""
    latest = dict(Pulse.objects.values_list("name").annotate(Max("beat_at")))
    return {name: latest.get(name) for name in Pulse.Name.values}


def forget_old_pulses() -> None:
    """Of machines that are gone; the last of each name stays, to tell its age."""
    latest = Pulse.objects.order_by("name", "-beat_at").distinct("name")
    old = Pulse.objects.filter(beat_at__lt=Now() - KEPT)
    old.exclude(pk__in=list(latest.values_list("pk", flat=True))).delete()
