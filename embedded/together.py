"""Requests that wait at the same moment, answered together where the application can do that.

Such an application has `answer_together(environs)`, which gives an answer to each in its order, or
None: that request is to be answered like any other. To begin and to end a statement, a transaction
and a turn of the interpreter costs more than one more request in it: of four taps together each
costs half of what one alone does. Nobody waits for company: whoever comes while nobody is being
answered goes at once, and those who come meanwhile go next, together.

A group may wait for something that those behind it do not need. After STUCK_SECONDS the next group
begins beside it, in a thread of its own.
"""

import re
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any, Final, NamedTuple

from gunicorn import util

MOST: Final = 8
# Of a request: the loop reads it, and a plain tap has less.
MOST_BYTES: Final = 16 * 1024
# While the database works for one group, Python works for the other.
AT_ONCE: Final = 2
STUCK_SECONDS: Final = 0.02
# What a request may say that is read here; any other is for gunicorn's parser to understand.
HEAD: Final = re.compile(
    rb"POST (?P<path>/[\w/-]*) HTTP/1\.1\r\n(?P<fields>(?:[A-Za-z0-9-]+:[\t -~]*\r\n){1,100})\r\n"
)
NOT_READ_HERE: Final = frozenset({"HTTP_EXPECT", "HTTP_TRANSFER_ENCODING", "HTTP_UPGRADE"})
KEEP_ALIVE: Final = "keep-alive"


class Answer(NamedTuple):
    """What the application says; `Content-Length` is among its headers."""

    status: str
    headers: Sequence[tuple[str, str]]
    content: bytes


AnswerTogether = Callable[[Sequence[dict[str, Any]]], Sequence[Answer | None]]


def environ_of(request: bytes, *, client: str, server: tuple[str, int]) -> dict[str, Any] | None:
    """As WSGI has it, of a whole request by HTTP/1.1; None for what is not read here."""
    head = HEAD.match(request)
    if head is None:
        return None
    body = request[head.end() :]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": head["path"].decode("ascii"),
        "QUERY_STRING": "",
        "REMOTE_ADDR": client,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
    }
    others = len(environ)
    lines = head["fields"].decode("ascii").split("\r\n")[:-1]
    for line in lines:
        name, _, value = line.partition(":")
        environ[_key_of(name)] = value.strip("\t ")
    is_understood = (
        len(environ) == others + len(lines)  # none of them twice
        and "HTTP_HOST" in environ
        and environ.pop("HTTP_CONNECTION", KEEP_ALIVE).lower() == KEEP_ALIVE
        and NOT_READ_HERE.isdisjoint(environ)
        and environ.get("CONTENT_LENGTH", "0") == str(len(body))
    )
    return environ if is_understood else None


@lru_cache(maxsize=256)
def _key_of(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def response_of(answer: Answer, *, is_last: bool) -> bytes:
    """With what gunicorn puts before the headers of every answer."""
    fields = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
    connection = "close" if is_last else KEEP_ALIVE
    head = (
        f"HTTP/1.1 {answer.status}\r\nServer: gunicorn\r\nDate: {_date(int(time.time()))}\r\n"
        f"Connection: {connection}\r\n{fields}\r\n"
    )
    return head.encode("latin-1") + answer.content


@lru_cache(maxsize=1)
def _date(at: int) -> str:
    """As HTTP writes it."""
    return str(util.http_date(at))
