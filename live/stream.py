"""Server-sent events for one client (WHATWG HTML, section 9.2)."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings

from accounts.models import User
from live.events import LiveEvent, TooMany, events_between, events_for
from live.feed import Batch, Subscription, feed

RETRY_MS: Final = 2000  # how long a browser waits before it comes back


@dataclass(eq=False)
class EventStream:
    """What happened since `last_position`, then what happens; until the client is gone.

    Holds a thread of its own, and no database connection: what was missed is read when it is made,
    by the thread that answers requests. It ends when its user is not let in any more, or is
    in another role, and by itself after LIVE_STREAM_SECONDS: the browser comes back at once, with
    a token or session that is looked at anew.
    """

    subscription: Subscription
    last_position: str = ""
    opening: bytes = field(init=False)

    def __post_init__(self) -> None:
        position = self.subscription.position
        self.opening = self._missed() if self.last_position else _hello(position)

    def close(self) -> None:
        """Django calls it when the answer is done with, also when nobody ever read from it."""
        feed.unsubscribe(self.subscription)

    def __iter__(self) -> Iterator[bytes]:
        user, position = self.subscription.who.user, self.subscription.position
        yield f"retry: {RETRY_MS}\n\n".encode()
        yield self.opening
        spoke_at = time.monotonic()
        ends_at = spoke_at + settings.LIVE_STREAM_SECONDS
        while (now := time.monotonic()) < ends_at:
            due_in = spoke_at + settings.LIVE_KEEP_ALIVE_SECONDS - now
            batch = self.subscription.next(timeout=max(due_in, 0))
            if self.subscription.is_over:
                return
            said = b""
            if batch is not None:
                position = batch.position or position
                said = messages(user, batch)
                if not said and due_in > 0:
                    continue  # nothing of it is theirs, and it is not yet time to be heard
            # An id without data is no event, and moves the place from which to resume.
            yield said or f": keep-alive\nid: {position}\n\n".encode()
            spoke_at = time.monotonic()

    def _missed(self) -> bytes:
        user, until = self.subscription.who.user, self.subscription.position
        try:
            events = tuple(events_between(self.last_position, until))
            return messages(user, Batch(until, events)) or _hello(until)
        except TooMany:
            return messages(user, Batch(until, is_gap=True))


def _hello(position: str) -> bytes:
    return message_of("hello", {}, position=position)


def messages(user: User, batch: Batch) -> bytes:
    """The batch as this user may see it; empty if nothing of it is theirs.

    The position stands behind the last event of a batch, so that a line which breaks in between
    is resumed before them: told twice rather than never.
    """
    if batch.is_gap:
        return message_of("gap", {}, position=batch.position)
    events = events_for(user, batch.events)
    return b"".join(
        message_of(
            event.kind,
            event.payload,
            position=batch.position if number == len(events) else None,
        )
        for number, event in enumerate(events, start=1)
    )


def message_of(kind: str, payload: dict[str, Any], *, position: str | None) -> bytes:
    name = f"id: {position}\n" if position else ""
    return f"{name}event: {kind}\ndata: {json.dumps(payload)}\n\n".encode()


def as_list(user: User, events: list[LiveEvent]) -> list[dict[str, Any]]:
    return [{"event": event.kind, "data": event.payload} for event in events_for(user, events)]
