"""One POST to a receiver: to a checked number, for a bounded time, of a bounded answer.

`http.client` with a connection of our own, and no library on top of it: what is wanted is little
(one POST, no redirect, no proxy, no cookie, no pool), and what matters, that the connection goes to
the number that was checked while TLS verifies the name, is what libraries hide.
"""

import io
import socket
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from webhooks.addresses import Address, BadUrl, Target, addresses_of, target_of
from webhooks.models import MAX_ANSWER

# Of an answer not more is read; UTF-8 has at most four bytes a letter.
MOST_BYTES = 4 * MAX_ANSWER
# Names with more addresses than these are tried no further.
MOST_ADDRESSES = 4
MOST_WAIT = 60 * 60


class Unanswered(Exception):
    """There was no answer; the message says why, and holds nothing of what was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`retry_after` in seconds, 0 if the receiver named none."""

    status: int
    text: str
    retry_after: int


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Raises Unanswered, after WEBHOOK_TIMEOUT seconds at the latest (and what DNS takes)."""
    try:
        target = target_of(url)
        addresses = addresses_of(target)
    except BadUrl as error:
        raise Unanswered(str(error)) from error
    except (OSError, UnicodeError) as error:
        raise Unanswered(gettext("Its name is not known.")) from error
    ends_at = time.monotonic() + settings.WEBHOOK_TIMEOUT
    try:
        with _connected(target, addresses[:MOST_ADDRESSES], ends_at) as sock:
            return _exchange(sock, target, body, headers, ends_at)
    except ssl.SSLCertVerificationError as error:
        reason = gettext("Its certificate is not believed: {reason}.")
        raise Unanswered(reason.format(reason=error.verify_message)) from error
    except TimeoutError as error:
        reason = gettext("No answer in {seconds} seconds.")
        raise Unanswered(reason.format(seconds=settings.WEBHOOK_TIMEOUT)) from error
    # ValueError: a name or a path that TLS or HTTP cannot spell.
    except (OSError, HTTPException, ValueError) as error:
        reason = gettext("The connection failed: {error}.")
        raise Unanswered(reason.format(error=type(error).__name__)) from error


def _connected(target: Target, addresses: list[Address], ends_at: float) -> socket.socket:
    """A connection to the first of these that takes one; TLS verifies the name of the URL."""
    for number, address in enumerate(addresses, start=1):
        # Each its part of the time, so that one that swallows packets leaves some to the next.
        part = _left(ends_at) / (len(addresses) - number + 1)
        try:
            sock = socket.create_connection((str(address), target.port), timeout=part)
            break
        except OSError:
            if number == len(addresses):
                raise
    if not target.is_tls:
        return sock
    try:
        sock.settimeout(_left(ends_at))
        return _tls(settings.WEBHOOK_CA_FILE).wrap_socket(sock, server_hostname=target.host)
    except BaseException:
        sock.close()
        raise


@lru_cache
def _tls(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Timed(io.RawIOBase):
    """Reads from a socket until a moment: a receiver that drips byte after byte ends in time."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self.sock, self.ends_at = sock, ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.sock.settimeout(_left(self.ends_at))
        return self.sock.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `HTTPResponse` asks of a socket."""
        return io.BufferedReader(self)


def _exchange(
    sock: socket.socket, target: Target, body: bytes, headers: dict[str, str], ends_at: float
) -> Answer:
    connection = HTTPConnection(target.host, target.port)
    connection.sock = sock
    sock.settimeout(_left(ends_at))
    connection.request(
        "POST",
        target.path,
        body=body,
        headers={
            **headers,
            "Host": target.host_header,
            "Content-Type": "application/json",
            "User-Agent": "TrackXpert",
            "Connection": "close",
        },
    )
    timed: Any = _Timed(sock, ends_at)
    response = HTTPResponse(timed, method="POST")
    response.begin()
    text = response.read(MOST_BYTES).decode(errors="replace").replace("\x00", "")
    wait = response.getheader("Retry-After", "")
    seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 10 else 0
    return Answer(response.status, text[:MAX_ANSWER], min(seconds, MOST_WAIT))
