"""How many connections each process of the web server has, for each of them to see.

A connection that comes wakes all processes, and the first that wakes takes it: on an idle machine
mostly the same one, which then had all eight gates of a school, with one interpreter between them,
while the others slept. A reader keeps its connection for hours. So whoever has more than another
lets that one go first (`embedded.web_worker`).
"""

import mmap
import time
from typing import Final

# Of processes that are there at once; a new one has the next, whose last owner is long gone.
PLACES: Final = 256
# A process that has told nothing for so long is away, or stopped: nobody waits for it.
FRESH_SECONDS: Final = 1.0


class EvenLoad:
    """In memory that a process shares with those that it forks: numbers, each written by one."""

    def __init__(self) -> None:
        shared = memoryview(mmap.mmap(-1, PLACES * 16)).cast("d")
        self._connections, self._told_at = shared[:PLACES], shared[PLACES:]

    def tell(self, place: int, connections: float) -> None:
        """Infinitely many: no more come here."""
        self._connections[place % PLACES] = connections
        self._told_at[place % PLACES] = time.monotonic()

    def fewest(self) -> float:
        """Of any process; infinite if none has told."""
        since = time.monotonic() - FRESH_SECONDS
        told = zip(self._connections, self._told_at, strict=True)
        return min((number for number, at in told if at > since), default=float("inf"))
