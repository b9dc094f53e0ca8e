"""The smallest applications that show what a worker hands on, and workers with less patience."""

import os
import time
from collections.abc import Iterable, Sequence
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from embedded.memory import LEAST_GROWTH_BYTES
from embedded.together import Answer
from embedded.web_worker import WholeRequestWorker

GROWTH_BYTES = LEAST_GROWTH_BYTES * 5 // 4
GROWN: list[bytes] = []


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers with the path and the body, as they arrived; `/large` without reading the body.

    `/grow` keeps memory for ever. Each answer says which process it is from.
    """
    path = environ["PATH_INFO"]
    if path == "/grow":
        GROWN.append(b"x" * GROWTH_BYTES)
    body = b"" if path == "/large" else environ["wsgi.input"].read()
    answer = path.encode() + b" " + body
    start_response(
        "200 OK",
        [
            ("Content-Length", str(len(answer))),
            ("X-Scheme", environ["wsgi.url_scheme"]),
            ("X-Process", str(os.getpid())),
        ],
    )
    return [answer]


class Hasty(WholeRequestWorker):
    patience_seconds = 0.5
    look_at_memory_seconds = 0.1


class Unguarded(ThreadWorker):
    """gunicorn's own, for seeing that the guard makes the difference."""


class Together:
    """Says how many came together, after as long as a body says; leaves `alone` to the other."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return application(environ, start_response)

    def answer_together(self, environs: Sequence[dict[str, Any]]) -> list[Answer | None]:
        bodies = [environ["wsgi.input"].read() for environ in environs]
        time.sleep(max((float(body) for body in bodies if body != b"alone"), default=0))
        content = str(len(environs)).encode()
        answer = Answer("200 OK", [("Content-Length", str(len(content)))], content)
        return [None if body == b"alone" else answer for body in bodies]


together = Together()
