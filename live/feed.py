"""One thread in each server process asks for all of the process's streams.

It also asks who of their users is still let in: each second, and before anything is handed out, so
that nobody is told of what happened when they were out already (contract section 3). And it renews
the leases by which all processes together know how many streams a user has (`live.leases`).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.roles import Capability
from accounts.signed_in import SignedIn, still_signed_in
from core.outages import outage_of
from live.events import LiveEvent, TooMany, events_between
from live.leases import RENEW_SECONDS, give_back, renew_leases, take_lease
from outbox.positions import current_position
from pos.readers import silent_readers

logger = logging.getLogger(__name__)

ASK_SECONDS: Final = 0.2
USER_SECONDS: Final = 1.0
READER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What was committed up to `position`. `is_gap`: too much to tell; read the dashboard anew."""

    position: str | None
    events: tuple[LiveEvent, ...] = ()
    is_gap: bool = False


@dataclass(eq=False)
class Subscription:
    """One stream's place in the feed: everything after `position` comes into `batches`.

    `is_over`: whoever watches is not let in any more, and is told nothing that still waits here.
    """

    who: SignedIn
    position: str
    lease: UUID = field(default_factory=uuid4)
    is_over: bool = False
    batches: "SimpleQueue[Batch]" = field(default_factory=SimpleQueue)

    def next(self, *, timeout: float) -> Batch | None:
        try:
            return self.batches.get(timeout=timeout)
        except Empty:
            return None

    def end(self) -> None:
        self.is_over = True
        self.batches.put(Batch(None))  # wakes the stream


class Feed:
    """Starts its thread with the first subscription and ends it after the last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.subscriptions: set[Subscription] = set()
        self.position = ""
        self.is_running = False
        self.users_due_at = self.leases_due_at = 0.0
        self.left: list[UUID] = []

    def subscribe(self, who: SignedIn) -> Subscription | None:
        """None when LIVE_STREAMS_PER_PROCESS are open here, or LIVE_STREAMS_PER_USER anywhere.

        Threads are left for everybody else.
        """
        self._give_back()  # of a stream that ended just now, whose browser comes back
        lease = take_lease(user=who.user, most=settings.LIVE_STREAMS_PER_USER)
        if lease is None:
            return None
        subscription = self._admit(who, lease)
        if subscription is None:
            give_back([lease])
        return subscription

    def _admit(self, who: SignedIn, lease: UUID) -> Subscription | None:
        with self.lock:
            if len(self.subscriptions) >= settings.LIVE_STREAMS_PER_PROCESS:
                return None
            if not self.is_running:
                self.position = current_position()
                self.is_running = True
                threading.Thread(target=self._run, name="live-feed", daemon=True).start()
            subscription = Subscription(who, self.position, lease)
            self.subscriptions.add(subscription)
            return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """The feed's thread gives the lease back: a stream's own has no connection."""
        with self.lock:
            self.subscriptions.discard(subscription)
            self.left.append(subscription.lease)

    def _run(self) -> None:
        readers = _ReaderWatch()
        while self._goes_on():
            time.sleep(ASK_SECONDS)
            if not self._has_done(lambda: self._take_turn(readers)):
                time.sleep(1)
        self._has_done(self._give_back)
        connection.close()

    def _has_done(self, step: Callable[[], None]) -> bool:
        """All streams of this process hang on its thread: whatever happens, it goes on."""
        try:
            step()
        except Exception as error:
            if outage := outage_of(error):
                logger.warning("live feed: %s: %s", outage.cause, str(error).strip())
            else:
                logger.exception("live feed")
            connection.close()
            return False
        return True

    def _goes_on(self) -> bool:
        with self.lock:
            self.is_running = bool(self.subscriptions)
            return self.is_running

    def _take_turn(self, readers: "_ReaderWatch") -> None:
        self._give_back()
        if time.monotonic() >= self.leases_due_at:
            self._renew()
        batch = self._committed()
        if batch is None and time.monotonic() < self.users_due_at:
            return
        self._end_those_who_are_out()
        if batch:
            self._hand_out(batch)
        if news := readers.news():
            self._hand_out(Batch(None, tuple(news)))

    def _give_back(self) -> None:
        with self.lock:
            left, self.left = self.left, []
        if left:
            give_back(left)

    def _renew(self) -> None:
        """A lease that lapsed while the database was away, or we were, is taken anew if it can."""
        with self.lock:
            held = {each.lease: each for each in self.subscriptions if not each.is_over}
        renewed = renew_leases(held.keys())
        self.leases_due_at = time.monotonic() + RENEW_SECONDS
        for lease in held.keys() - renewed:
            again = take_lease(user=held[lease].who.user, most=settings.LIVE_STREAMS_PER_USER)
            if again is None:
                held[lease].end()
            else:
                held[lease].lease = again

    def _committed(self) -> Batch | None:
        until = current_position()
        if until == self.position:
            return None
        try:
            return Batch(until, tuple(events_between(self.position, until)))
        except TooMany:
            return Batch(until, is_gap=True)

    def _end_those_who_are_out(self) -> None:
        with self.lock:
            open_ones = [each for each in self.subscriptions if not each.is_over]
        still = still_signed_in(each.who for each in open_ones)
        self.users_due_at = time.monotonic() + USER_SECONDS
        for each in open_ones:
            if each.who not in still:
                each.end()

    def _hand_out(self, batch: Batch) -> None:
        with self.lock:
            self.position = batch.position or self.position
            for subscription in self.subscriptions:
                subscription.batches.put(batch)


class _ReaderWatch:
    """Tells of readers that fall silent and of those that are heard again."""

    def __init__(self) -> None:
        self.silent: set[str] | None = None
        self.due_at = 0.0

    def news(self) -> list[LiveEvent]:
        if time.monotonic() < self.due_at:
            return []
        self.due_at = time.monotonic() + READER_SECONDS
        readers = silent_readers(at=timezone.now())
        before, self.silent = self.silent, set(readers)
        if before is None:
            return []
        fell = [readers[pk] for pk in self.silent - before]
        return [
            *(LiveEvent("reader_silent", Capability.ADMINISTER, reader) for reader in fell),
            *(
                LiveEvent("reader_heard", Capability.ADMINISTER, {"pos_id": pk})
                for pk in before - self.silent
            ),
        ]


feed = Feed()
