"""A reader as a firmware should be: a queue, patience, and each event under one id for ever."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from random import Random
from typing import Any

from django.utils import timezone

from pos.protocol import BATCH_FIELDS, FIELDS
from tools.simulator.events import SimulatedEvent
from tools.simulator.link import NO_ANSWER, Link, Reply
from tools.simulator.tally import Tally, reason_of, said

TAPS, BATCH, HEARTBEAT = "/api/pos/taps/", "/api/pos/taps/batch/", "/api/pos/heartbeat/"
ANNUL = "/api/pos/taps/annul/"
FIRMWARE = "simulate_reader 1"
MAX_BATCH = 500
# Nobody waits longer at a gate: then the reader's own rule opens it, or does not.
OFFLINE_AFTER = 2.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
HEARTBEAT_EVERY = 60.0
ABOUT_TAPS = {*FIELDS, *BATCH_FIELDS}


class ReplyMeaning(Enum):
    """What an answer's status means for what was sent."""

    DONE = auto()
    DROP = auto()
    STOP = auto()
    LATER = auto()


def verdict_on(reply: Reply) -> ReplyMeaning:
    status = reply.status
    if 200 <= status < 300:
        # A guest network's sign-in page says 200 as well.
        is_ours = not reply.body.keys().isdisjoint(("server_time", "results"))
        return ReplyMeaning.DONE if is_ours else ReplyMeaning.LATER
    if status in {408, 425, 429} or status >= 500:
        return ReplyMeaning.LATER
    is_about_taps = {
        # Anything else that is 400 came from something in between, or was spoilt there.
        400: not reply.body.keys().isdisjoint(ABOUT_TAPS),
        409: reply.body.get("code") == "event_conflict",
        413: True,
    }
    # Else no key, a wrong one, or no TrackXpert at this address: nothing that is sent can help.
    return ReplyMeaning.DROP if is_about_taps.get(status, False) else ReplyMeaning.STOP


class Stopped(Exception):
    """The reader alerts somebody; its queue is kept."""


@dataclass(slots=True)
class Clock:
    """The reader's time; a test brings its own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = timezone.now


Shown = Callable[[SimulatedEvent, dict[str, Any]], None]


class SimulatedReader:
    """Takes taps when they come, tells the server about them in order, and never forgets one.

    `loses_reply` says whether the network swallows the next answer; `show` is the display.
    After `patience` seconds of failures the simulation, unlike a reader, gives up.
    """

    def __init__(
        self,
        link: Link,
        *,
        clock: Clock | None = None,
        batch_size: int = MAX_BATCH,
        patience: float = 60.0,
        loses_reply: Callable[[], bool] = bool,
        show: Shown | None = None,
    ) -> None:
        self.link = link
        self.clock = clock or Clock()
        self.batch_size = batch_size
        self.patience = patience
        self.loses_reply = loses_reply
        self.show = show or (lambda event, answer: None)
        self.tally = Tally()
        self.queue: deque[SimulatedEvent] = deque()
        self.jitter = Random()  # noqa: S311  (readers that come back must not come together)
        self.failures = 0
        self.failing_since: float | None = None
        self.send_at = 0.0

    def run(
        self, taps: Iterable[SimulatedEvent] = (), pause: Callable[[], float] | None = None
    ) -> None:
        """Take all these taps, `pause()` seconds apart, and tell the server of what is kept.

        Without `pause`, the next comes when the one before is answered. Raises Stopped.
        """
        self._heartbeat()
        coming = iter(taps)
        due_at = self.clock.monotonic()
        beat_at = due_at + HEARTBEAT_EVERY
        has_more = True
        while has_more or self.queue:
            now = self.clock.monotonic()
            if has_more and (now >= due_at if pause else not self.queue):
                event = next(coming, None)
                has_more = event is not None
                if event:
                    self.keep(event)
                    due_at += pause() if pause else 0.0
            elif self.queue and now >= self.send_at:
                self._send(now)
            elif now >= beat_at:
                self._heartbeat()
                beat_at = now + HEARTBEAT_EVERY
            else:
                moments = [beat_at, *([self.send_at] if self.queue else [])]
                moments += [due_at] if has_more and pause else []
                self.clock.sleep(min(moments) - now)
        self._heartbeat()

    def take_back(self, event: SimulatedEvent) -> None:
        """Annul a tap that was answered. Raises Stopped."""
        while (reply := self._ask(ANNUL, {"event_id": event.event_id})) is None:
            self.clock.sleep(max(0.0, self.send_at - self.clock.monotonic()))
        self.tally.taken_back += verdict_on(reply) == ReplyMeaning.DONE

    def keep(self, *events: SimulatedEvent) -> None:
        for event in events:
            event.since = self.clock.monotonic()
        self.queue.extend(events)
        self.tally.made += len(events)

    # --- one request ------------------------------------------------------------------------

    def _send(self, now: float) -> None:
        events = [self.queue[n] for n in range(min(len(self.queue), self.batch_size))]
        for event in events:
            event.is_offline = event.is_offline or now - event.since > OFFLINE_AFTER
        if len(events) == 1:
            reply = self._ask(TAPS, events[0].body())
        else:
            reply = self._ask(BATCH, {"taps": [event.body() for event in events]})
        if reply is not None and self._is_settled(events, reply):
            for _ in events:
                self.queue.popleft()

    def _is_settled(self, events: list[SimulatedEvent], reply: Reply) -> bool:
        """Whether nothing of this has to be sent again."""
        if verdict_on(reply) == ReplyMeaning.DONE:
            self._take_answers(events, reply)
        elif len(events) > 1:
            # Whatever is wrong with it, or its size: a smaller one finds it.
            self.batch_size = len(events) // 2
            return False
        elif reply.status == 413:
            raise Stopped(reason_of(reply))  # no tap is too large
        else:
            reason = reason_of(reply)
            self.tally.count_dropped(is_conflict=reply.status == 409, reason=reason)
            self.show(events[0], {"message": reason})
        return True

    def _take_answers(self, events: list[SimulatedEvent], reply: Reply) -> None:
        answers = [reply.body] if len(events) == 1 else reply.body["results"]
        for event, answer in zip(events, answers, strict=True):
            if answer.get("status") in {"conflict", "rejected"}:
                is_conflict = answer["status"] == "conflict"
                reason = answer["message"] if is_conflict else said(answer)
                self.tally.count_dropped(is_conflict=is_conflict, reason=reason)
            else:
                self.tally.count_answer(event.event_id, answer)
            self.show(event, answer)

    def _heartbeat(self) -> None:
        """Nothing depends on it: if it is lost, the next one says the same."""
        body = {
            "device_time": self.clock.now().isoformat(),
            "queue_depth": len(self.queue),
            "firmware": FIRMWARE,
        }
        with suppress(*NO_ANSWER):
            reply = self.link.post(HEARTBEAT, body)
            if verdict_on(reply) == ReplyMeaning.STOP:
                raise Stopped(reason_of(reply))

    def _ask(self, path: str, body: dict[str, Any]) -> Reply | None:
        """The server's last word, or None if it is to be asked again later. Raises Stopped."""
        began = self.clock.monotonic()
        self.tally.requests += 1
        try:
            reply = self.link.post(path, body, lose_reply=self.loses_reply())
        except NO_ANSWER as error:
            self._back_off(f"{type(error).__name__}: {error}")
            return None
        self.tally.seconds.append(self.clock.monotonic() - began)
        verdict = verdict_on(reply)
        if verdict == ReplyMeaning.LATER:
            self._back_off(reason_of(reply), reply.retry_after)
            return None
        if verdict == ReplyMeaning.STOP:
            raise Stopped(reason_of(reply))
        self.failures, self.failing_since = 0, None
        return reply

    def _back_off(self, reason: str, retry_after: str = "") -> None:
        """As long as the server says, else twice as long as the last time, and never in step."""
        now = self.clock.monotonic()
        if self.failing_since is None:
            self.failing_since = now
        if now - self.failing_since > self.patience:
            raise Stopped(f"No answer for {self.patience:g} s; {reason}")
        wait = min(FIRST_WAIT * 2.0 ** min(self.failures, 9), LONGEST_WAIT)
        wait *= self.jitter.uniform(0.5, 1.0)
        if retry_after.isdecimal():
            wait = float(retry_after)
        self.failures += 1
        self.tally.retries += 1
        self.send_at = now + wait
