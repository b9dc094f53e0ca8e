"""Topics of readers that speak MQTT in their makers' way; whoever understands them brings them.

An app above this one names them in its AppConfig. They are answered nothing: such firmware does not
listen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class OtherTopics:
    """`names`: those to listen to by now. `take` records one message; a database error is raised,
    and the message comes again."""

    names: Callable[[], frozenset[str]]
    take: Callable[[str, bytes, datetime], None]


_listened_to: Final[list[OtherTopics]] = []


def listen_to(topics: OtherTopics) -> None:
    _listened_to.append(topics)


def names_of_others() -> frozenset[str]:
    return frozenset().union(*(topics.names() for topics in _listened_to))


def take_from_others(topic: str, payload: bytes, received_at: datetime) -> None:
    for topics in _listened_to:
        topics.take(topic, payload, received_at)
