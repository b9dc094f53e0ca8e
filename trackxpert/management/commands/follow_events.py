"""`manage.py follow_events`: what happened is acted upon, each second, until it is stopped."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import Any

from django.core.management import BaseCommand
from django.db import Error, connection

from core.outages import outage_of
from institution.reading import refresh
from notifications.sending import Sending
from operations.alarms import LOOK_SECONDS, watch_faults
from operations.models import Pulse
from operations.pulses import Heart
from outbox.dispatch import dispatch_events
from webhooks.following import follow
from webhooks.sending import Delivering

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
PAUSE_WHEN_AWAY_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Each second, act upon what the outbox holds, send the notices to guardians that are due, "
        "and tell webhooks what happened; each minute, tell of faults. Any number of these may "
        "run; each event, each notice and each delivery is one's only."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stop.set())
        heart = Heart(Pulse.Name.EVENTS)
        # A thread for each, for a gateway that hangs must not hold up what else there is to do.
        with Delivering(stop) as delivering:

            def tell_webhooks() -> None:
                follow()
                delivering.start_due()

            def act_on_events() -> None:
                refresh()  # also for the other threads
                dispatch_events()
                heart.beat_if_due()

            def look_for_faults() -> None:
                watch_faults()
                connection.close()  # none is kept for one look a minute

            each_second = (act_on_events, Sending(stop).send_due, tell_webhooks)
            loops = [partial(repeat, work, stop) for work in each_second]
            loops.append(partial(repeat, look_for_faults, stop, LOOK_SECONDS))
            _run_all(loops, stop)


def _run_all(loops: Sequence[Callable[[], None]], stop: threading.Event) -> None:
    with ThreadPoolExecutor(len(loops)) as pool:
        for loop in as_completed([pool.submit(each) for each in loops]):
            stop.set()
            loop.result()


def repeat(
    work: Callable[[], object], stop: threading.Event, pause_seconds: float = PAUSE_SECONDS
) -> None:
    """An error that is not the database's ends the process; it is started again."""
    try:
        while not stop.is_set():
            pause = pause_seconds
            try:
                work()
            except Error as error:
                outage = outage_of(error)
                if outage is None:
                    raise
                logger.warning("%s: %s", outage.cause, str(error).strip())
                connection.close()
                pause = PAUSE_WHEN_AWAY_SECONDS
            stop.wait(pause)
    finally:
        connection.close()
