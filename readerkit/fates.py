"""What becomes of a request on its way to the server, and of the answer on its way back."""

import json
import threading
from datetime import datetime, timedelta
from typing import Any

from readerkit.between import Answer, Asked, Between, Fate

passed: Fate = Between.forward


def unheard(between: Between, asked: Asked) -> Answer | None:
    """It never reached the server."""
    return None


def reply_lost(between: Between, asked: Asked) -> Answer | None:
    """The server has it, and the reader does not know."""
    between.forward(asked)
    return None


def half_answered(between: Between, asked: Asked) -> Answer | None:
    answer = between.forward(asked)
    return answer and Answer(answer.status, answer.headers, answer.body, whole=False)


def sent_twice(between: Between, asked: Asked) -> Answer | None:
    """Something in between has repeated it; the reader hears the second answer."""
    between.forward(asked)
    return between.forward(asked)


def overtaken(between: Between, asked: Asked) -> Answer | None:
    """It comes to the server three seconds later, behind what the reader sends meanwhile."""
    timer = threading.Timer(3, between.forward, [asked])
    timer.daemon = True
    timer.start()
    return None


def id_taken(between: Between, asked: Asked) -> Answer | None:
    """Another tap has come under the same id before: a conflict, then and ever after."""
    between.take_ids(asked)
    return between.forward(asked)


def clock_is(seconds: float) -> Fate:
    """The server's time is so far from what it says otherwise."""

    def fate(between: Between, asked: Asked) -> Answer | None:
        answer = between.forward(asked)
        if answer is None:
            return None
        body = json.dumps(_shifted(answer.json(), seconds)).encode()
        return Answer(answer.status, answer.headers, body)

    return fate


def refused(status: int, body: str = "", **headers: str) -> Fate:
    """Something says this status, and the server hears nothing."""
    kind = "text/html" if body.startswith("<") else "application/json"
    said = {n.replace("_", "-"): v for n, v in headers.items()}

    def fate(between: Between, asked: Asked) -> Answer | None:
        return Answer(status, {"Content-Type": kind, **said}, body.encode())

    return fate


def at_most(number: int) -> Fate:
    """A request with more taps than these is too large for something in between."""
    too_large = refused(413, "<html>Request Entity Too Large</html>")

    def fate(between: Between, asked: Asked) -> Answer | None:
        return (too_large if len(asked.items) > number else passed)(between, asked)

    return fate


def _shifted(said: Any, seconds: float) -> Any:
    if isinstance(said, list):
        return [_shifted(each, seconds) for each in said]
    if not isinstance(said, dict):
        return said
    shifted = {name: _shifted(value, seconds) for name, value in said.items()}
    if isinstance(said.get("server_time"), str):
        now = datetime.fromisoformat(said["server_time"])
        shifted["server_time"] = (now + timedelta(seconds=seconds)).isoformat()
    return shifted
