"""The smallest applications that show what a worker hands on, and workers with less patience."""

import os
from collections.abc import Iterable
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from embedded.memory import LEAST_GROWTH_BYTES
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
