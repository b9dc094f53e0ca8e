"""The wire between a reader and a server: HTTP/1.1 on one connection that is kept."""

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

# What says nothing about the event: it may have arrived or not, and is sent again.
NO_ANSWER = (OSError, HTTPException)


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is what the server's JSON said, or an empty dictionary."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: str = ""


class Link(Protocol):
    def post(self, path: str, body: dict[str, Any], *, lose_reply: bool = False) -> Reply:
        """Raises one of NO_ANSWER; `lose_reply` hangs up after sending."""

    def close(self) -> None: ...


class ReplyLost(ConnectionError):
    """On request, to see that repeating an event is harmless."""


def address(url: str) -> SplitResult:
    """Of a server such as http://127.0.0.1:8000, with a path if it is below one, or ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(url)
    return parts


class HttpLink:
    """`scheme` says what `key` is: a reader's, or, as `Bearer`, an administrator's token."""

    def __init__(
        self, server: SplitResult, key: str, *, timeout: float = 5.0, scheme: str = "Device"
    ) -> None:
        kind = HTTPSConnection if server.scheme == "https" else HTTPConnection
        self._connection = kind(server.hostname or "", server.port, timeout=timeout)
        self._prefix = server.path.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"{scheme} {key}"

    def post(self, path: str, body: dict[str, Any], *, lose_reply: bool = False) -> Reply:
        was_open = self._connection.sock is not None
        try:
            return self._post(path, body, lose_reply)
        except ReplyLost:
            raise
        except (ConnectionError, HTTPException):
            if not was_open:
                raise
            # The server had closed a connection that was idle: no trouble, only a new one.
            return self._post(path, body, lose_reply)

    def close(self) -> None:
        self._connection.close()

    def _post(self, path: str, body: dict[str, Any], lose_reply: bool) -> Reply:
        try:
            self._connection.request("POST", self._prefix + path, json.dumps(body), self._headers)
            if lose_reply:
                raise ReplyLost("The answer was lost.")
            response = self._connection.getresponse()
            content = response.read()
        except BaseException:  # also Ctrl-C: what comes next on this connection is no answer
            self._connection.close()
            raise
        return Reply(response.status, _json(content), response.headers.get("Retry-After", ""))


def _json(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
