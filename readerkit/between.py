"""Stands between a reader and its server, makes trouble, and remembers what each of them said."""

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

TAPS, BATCH = "/api/pos/taps/", "/api/pos/taps/batch/"
# What makes two sendings of one event the same; `offline` does not.
CONTENT = ("card", "tapped_at", "direction", "food_item", "reader_decision")
OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
LONGEST_WAIT = 30


@dataclass(frozen=True)
class Answer:
    """`whole`: false, and the line is cut in the middle of the body."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool = True

    def json(self) -> dict[str, Any]:
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_about_taps(self) -> bool:
        path = self.path.partition("?")[0]
        return self.method == "POST" and path.endswith((TAPS, BATCH))

    @property
    def items(self) -> list[dict[str, Any]]:
        """The taps in it, as far as they can be read."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return []
        taps = said.get("taps", [said]) if isinstance(said, dict) else []
        return [tap for tap in taps if isinstance(tap, dict)] if isinstance(taps, list) else []


# What becomes of one request: the answer to it, or None, and the line is cut.
Fate = Callable[["Between", Asked], Answer | None]


@dataclass
class Event:
    """One tap as the reader named it. `recorded`: what the server said of it, each time."""

    first_sent_at: float
    contents: list[tuple[Any, ...]] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    is_told: bool = False  # the reader was given the answer


class Between:
    """A web server that hands everything on, but for what `fates` says; use it in a `with`.

    `fates` are of the coming requests about taps, one each, the last one for all that follow.
    """

    def __init__(
        self, server: str, *, key: str = "", host: str = "127.0.0.1", port: int = 0
    ) -> None:
        parts = urlsplit(server)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(server)
        self.server, self.key = parts, key
        self.lock = threading.Lock()
        self.fates: list[Fate] = [passed]
        self.is_down = False
        self.events: dict[str, Event] = {}
        self.nameless = 0
        self.other_keys: set[str] = set()
        self.asked_at: list[float] = []
        # When a refusal said how long to wait, and how long.
        self.told_to_wait: list[tuple[float, float]] = []
        handler = type("Handler", (_Handler,), {"between": self})
        self.web = _Web((host, port), handler)
        self.thread = threading.Thread(target=self.web.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self.web.server_address[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.web.shutdown()
        self.web.hang_up()
        self.web.server_close()

    # --- a request ----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer | None:
        if not asked.is_about_taps:
            return None if self.is_down else self.forward(asked)
        with self.lock:
            self._note_asked(asked)
            fate = self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]
        answer = None if self.is_down else fate(self, asked)
        with self.lock:
            self._note_told(asked, answer)
        return answer

    def forward(self, asked: Asked) -> Answer | None:
        """What the server says to it; None if it says nothing."""
        kind = HTTPSConnection if self.server.scheme == "https" else HTTPConnection
        line = kind(self.server.hostname or "", self.server.port, timeout=LONGEST_WAIT)
        headers = {n: v for n, v in asked.headers.items() if n.lower() not in OF_ONE_HOP}
        headers["Host"] = self.server.netloc
        try:
            path = self.server.path.rstrip("/") + asked.path
            line.request(asked.method, path, asked.body or None, headers)
            response = line.getresponse()
            body = response.read()
        except (OSError, HTTPException):
            return None
        finally:
            line.close()
        kept = {n: v for n, v in response.getheaders() if n.lower() not in OF_ONE_HOP}
        answer = Answer(response.status, kept, body)
        if asked.is_about_taps:
            with self.lock:
                self._note_recorded(asked, answer)
        return answer

    # --- what was said ------------------------------------------------------------------------

    def _note_asked(self, asked: Asked) -> None:
        now = time.monotonic()
        self.asked_at.append(now)
        said = {name.lower(): value for name, value in asked.headers.items()}
        if self.key and said.get("authorization") != f"Device {self.key}":
            self.other_keys.add(said.get("authorization", "none at all")[:24])
        for tap in asked.items:
            name = tap.get("event_id")
            if not isinstance(name, str):
                self.nameless += 1
                continue
            event = self.events.setdefault(name, Event(now))
            event.said = tap
            content = tuple(tap.get(part) for part in CONTENT)
            if content not in event.contents:
                event.contents.append(content)

    def _note_recorded(self, asked: Asked, answer: Answer) -> None:
        said, items = answer.json(), asked.items
        if "results" in said:
            words = [str(each.get("status")) for each in said["results"]]
        elif "decision" in said:
            words = ["created" if answer.status == 201 else "duplicate"]
        else:
            words = ["conflict" if answer.status == 409 else str(answer.status)] * len(items)
        for tap, word in zip(items, words, strict=False):
            if event := self.events.get(str(tap.get("event_id"))):
                event.recorded.append(word)

    def _note_told(self, asked: Asked, answer: Answer | None) -> None:
        if answer is None:
            return
        wait = answer.headers.get("Retry-After", "")
        if wait.isdigit():
            self.told_to_wait.append((time.monotonic(), float(wait)))
        if answer.whole and answer.status < 300 and answer.json():
            for tap in asked.items:
                if event := self.events.get(str(tap.get("event_id"))):
                    event.is_told = event.is_told or is_recorded(event)


def is_recorded(event: Event) -> bool:
    """Whether the server said that the tap is in its ledger."""
    return bool({"created", "duplicate"} & set(event.recorded))


# --- fates ----------------------------------------------------------------------------------------


def passed(between: Between, asked: Asked) -> Answer | None:
    return between.forward(asked)


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


class _Web(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, place: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.lines: set[socket.socket] = set()
        super().__init__(place, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.lines.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Readers keep their lines, which would be waited for."""
        for line in [*self.lines]:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that hangs up is none of ours."""


class _Handler(BaseHTTPRequestHandler):
    between: Between
    protocol_version = "HTTP/1.1"
    timeout = 60

    def hand_on(self) -> None:
        asked = Asked(self.command, self.path, dict(self.headers.items()), self._body())
        answer = self.between.answer(asked)
        if answer is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in {204, 304}:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            length = len(answer.body) if answer.whole else len(answer.body) // 2
            self.wfile.write(answer.body[:length])
        if not answer.whole:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = hand_on  # noqa: N815

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *said: object) -> None:
        """Nothing: the report says it."""
