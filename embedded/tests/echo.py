"""The smallest applications that show what a worker hands on, and workers with less patience."""

from collections.abc import Iterable
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from embedded.web_worker import WholeRequestWorker


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers with the path and the body, as they arrived; `/large` without reading the body."""
    path = environ["PATH_INFO"]
    body = b"" if path == "/large" else environ["wsgi.input"].read()
    answer = path.encode() + b" " + body
    start_response(
        "200 OK", [("Content-Length", str(len(answer))), ("X-Scheme", environ["wsgi.url_scheme"])]
    )
    return [answer]


class Hasty(WholeRequestWorker):
    patience_seconds = 0.5


class Unguarded(ThreadWorker):
    """gunicorn's own, for seeing that the guard makes the difference."""
