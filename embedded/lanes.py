"""Threads of their own for each kind of work, so that no kind can take those of another.

Reports that count for a minute, or a gate's backlog, hold as many threads as they have: taps and
pages go on beside them. Each thread keeps one connection to the database, so the sum of all lanes
of all processes is what the database is asked for (docs/operators.md, Connections).
"""

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Self, TypeVar

from embedded.precedence import PRECEDENCE
from embedded.work import Work

# How many threads each kind of work has, as JSON; `manage.py serve` sets it.
VARIABLE: Final = "TRACKXPERT_LANES"

T = TypeVar("T")


class Lanes:
    """What is submitted for a kind of work that has no lane of its own goes with the pages."""

    def __init__(self, threads: Mapping[Work, int]) -> None:
        self.pools = {
            work: ThreadPoolExecutor(
                most,
                thread_name_prefix=work,
                initializer=PRECEDENCE.stand_aside if work is Work.BATCHES else None,
            )
            for work, most in threads.items()
        }

    @classmethod
    def of_environment(cls, otherwise: int) -> Self:
        """As VARIABLE says; else one lane with so many threads."""
        told = json.loads(os.environ.get(VARIABLE) or "{}")
        return cls({Work(name): most for name, most in told.items()} or {Work.PAGES: otherwise})

    def submit(self, work: Work, task: Callable[..., T], *args: Any) -> "Future[T]":
        future = self.pools.get(work, self.pools[Work.PAGES]).submit(task, *args)
        if work is Work.TAPS:
            PRECEDENCE.begin()
            future.add_done_callback(lambda _: PRECEDENCE.end())
        return future

    def shutdown(self, wait: bool = True) -> None:
        """As gunicorn asks its one pool."""
        for pool in self.pools.values():
            pool.shutdown(wait=wait)
