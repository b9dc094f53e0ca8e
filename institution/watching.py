"""A process that runs for long notices within a second what another has changed of the settings.

And now and then how its machine's clock stands to the database's (`core.clock`)."""

import logging
import threading
from typing import Final

from django.db import Error, connection

from core.clock import compare_if_due
from core.waits import begin
from embedded.work import Work
from institution.reading import refresh

logger = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 1.0
PAUSE_WHEN_AWAY_SECONDS: Final = 5.0
FIRST_LOOK_SECONDS: Final = 3.0


def watch() -> None:
    """In a thread of its own, which keeps a connection; returns after the first look, or soon."""
    has_looked = threading.Event()
    threading.Thread(target=_look, args=(has_looked,), name="settings", daemon=True).start()
    has_looked.wait(FIRST_LOOK_SECONDS)


def _look(has_looked: threading.Event) -> None:
    begin(Work.HEALTH)
    pause = threading.Event()  # a sleep that nobody ends
    while True:
        seconds = PAUSE_SECONDS
        try:
            refresh()
            compare_if_due()
        except Error as error:  # what holds goes on holding
            logger.warning("Settings cannot be read: %s", str(error).strip())
            connection.close()
            seconds = PAUSE_WHEN_AWAY_SECONDS
        has_looked.set()
        pause.wait(seconds)
