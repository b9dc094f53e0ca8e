"""Whoever stands at a gate goes first: what can wait stands aside while a tap is answered.

The threads of a process share one interpreter, and a tap needs it five times: to be read, after
each of its two statements, to be answered, to be sent. Beside a batch it would wait for it each
time. So a batch asks between any two of its taps, of which each costs it 0.1 ms, whether somebody
is waiting, and lets them through; 95 % of live taps take half as long for it.

All processes, and those of the database, share the processors, and whoever is at work on one keeps
it for some milliseconds before another is let to it: a tap asks for one eight times. So while there
are taps, a batch gives its processor away now and then, and is written in steps.
"""

import mmap
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import Final, TypeVar

# For so long it stands aside, and then goes on as long whoever waits: a gate at which somebody
# always does, or a tap that is held up itself, halves the pace of a batch and no more.
MOST_SECONDS: Final = 0.02
# So long after a tap, in whatever process, others are expected.
EXPECTED_SECONDS: Final = 10.0
# So long a batch keeps a processor then, in Python; and so many rows are one statement, which keep
# it for 2 ms. Written 500 at once, 95 % of the taps beside it were answered in 11.7 ms instead of
# 8.3; and it was itself 5 % quicker, which is why it is so at all other times.
KEEPS_SECONDS: Final = 0.0005
STEP: Final = 50

T = TypeVar("T")


class _Thread(threading.local):
    stands_aside = False
    goes_on_until = 0.0


class Precedence:
    """Of one process. `waiting`: how many wait at a gate.

    In memory that it shares with those that it forks: when somebody last did, in any of them.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._last = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")
        self._lock = threading.Lock()
        self._nobody_waits = threading.Event()
        self._thread = _Thread()

    def begin(self) -> None:
        """Somebody waits at a gate, until `end`."""
        self._last[0] = monotonic()
        with self._lock:
            self.waiting += 1
            self._nobody_waits.clear()

    def end(self) -> None:
        with self._lock:
            self.waiting -= 1
            if not self.waiting:
                self._nobody_waits.set()

    def stand_aside(self) -> None:
        """What this thread does can wait."""
        self._thread.stands_aside = True

    @property
    def is_in_steps(self) -> bool:
        """Whether this thread is to do in steps what it does, for the sake of taps."""
        return self._thread.stands_aside and monotonic() < self._last[0] + EXPECTED_SECONDS

    def give_way(self) -> None:
        """Wait until nobody waits at a gate; not in a thread that is at work for them."""
        if not self._thread.stands_aside or monotonic() < self._thread.goes_on_until:
            return
        if not self._nobody_waits.wait(MOST_SECONDS):
            self._thread.goes_on_until = monotonic() + MOST_SECONDS


PRECEDENCE: Final = Precedence()


def giving_way(items: Iterable[T], *, holding_rows: bool = False) -> Iterator[T]:
    """These, in their order.

    `holding_rows`: some are locked, and a tap may wait for just those. So nobody waits for it here.
    """
    keeps_until = monotonic() + KEEPS_SECONDS if PRECEDENCE.is_in_steps else float("inf")
    for item in items:
        if PRECEDENCE.waiting and not holding_rows:
            PRECEDENCE.give_way()
        if monotonic() > keeps_until:
            os.sched_yield()
            keeps_until = monotonic() + KEEPS_SECONDS
        yield item


def in_steps(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """These, in their order, as they are to be written: one statement for each of the parts."""
    step = STEP if PRECEDENCE.is_in_steps else max(1, len(rows))
    for begin in range(0, len(rows), step):
        yield rows[begin : begin + step]
