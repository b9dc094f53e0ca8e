"""The product's own web server on the database of a test, and a request to it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from embedded.lanes import VARIABLE
from embedded.tests.gunicorn import WORKER, running

DATABASE = ("USER", "PASSWORD", "HOST", "PORT", "NAME")


@contextmanager
def served(
    *options: str,
    worker: str = WORKER,
    lanes: Mapping[str, int] | None = None,
    database_port: int | None = None,
    **environment: str,
) -> Iterator[int]:
    """Its port. One process, with the threads of `lanes`, or else those of the product."""
    at = {name: quote(str(connection.settings_dict[name]), safe="") for name in DATABASE}
    if database_port:
        at |= {"HOST": "127.0.0.1", "PORT": str(database_port)}
    told = {
        "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at),
        "SECRET_KEY": settings.SECRET_KEY,
        VARIABLE: json.dumps(lanes or settings.WEB_THREADS),
        **environment,
    }
    with running(worker, *options, application="trackxpert.wsgi:application", **told) as port:
        ask(port, "GET", "/readyz")  # what a process reads once
        yield port


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float = 30,
) -> Answer:
    """One request on a connection of its own."""
    link = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        link.request(method, path, body, {**(headers or {}), "Connection": "close"})
        response = link.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        link.close()
