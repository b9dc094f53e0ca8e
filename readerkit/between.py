"""Stands between a reader and its server, makes trouble, and remembers what each of them said."""

import json
import secrets
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

TAPS, BATCH, ME = "/api/pos/taps/", "/api/pos/taps/batch/", "/api/pos/me/"
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


# An id is unique within a series, which a reader may leave out.
Name = tuple[str, str]


def name_of(tap: dict[str, Any]) -> Name:
    return str(tap.get("series") or ""), str(tap.get("event_id"))


class NotReady(Exception):
    """Nothing can be tried; `str()` says why."""


@dataclass
class Event:
    """One tap as the reader named it. `recorded`: what the server said of it, each time."""

    first_sent_at: float
    contents: list[tuple[Any, ...]] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    is_told: bool = False  # the reader was given the answer
    is_taken: bool = False  # its id: it can be nothing but a conflict
    is_refused: bool = False  # the reader was told that
    sent_in_vain: int = 0  # times that it came once more after that


class Between:
    """A web server that hands everything on, but for what `fates` says; use it in a `with`.

    `fates` are of the coming requests about taps, one each, the last one for all that follow.
    `trust` says whom to believe that they are the server; with `tls` readers come by HTTPS.
    """

    def __init__(
        self,
        server: str,
        *,
        key: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        trust: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(server)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(server)
        self.server, self.key, self.trust = parts, key, trust
        self.lock = threading.Lock()
        self.fates: list[Fate] = [Between.forward]
        self.is_down = False
        self.events: dict[Name, Event] = {}
        self.nameless = 0
        self.other_keys: set[str] = set()
        self.asked_at: list[float] = []
        # When a refusal said how long to wait, and how long.
        self.told_to_wait: list[tuple[float, float]] = []
        handler = type("Handler", (_Handler,), {"between": self})
        self.web = _Web((host, port), handler, tls)
        self.thread = threading.Thread(target=self.web.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self.web.server_address[1])

    @property
    def address(self) -> str:
        return f"{'https' if self.web.tls else 'http'}://127.0.0.1:{self.port}"

    def check(self) -> None:
        """Raises NotReady unless the server answers, and knows a reader with this key."""
        server = self.server.geturl()
        headers = {"Authorization": f"Device {self.key}"}
        try:
            answer = self._ask(Asked("GET", ME, headers, b""))
        except ssl.SSLCertVerificationError as error:
            raise NotReady(
                f"The certificate of {server} is not trusted ({error.verify_message}). "
                "Name the file of who has signed it, --ca FILE, or try without trust, --insecure."
            ) from error
        except (OSError, HTTPException) as error:
            raise NotReady(f"{server} does not answer: {error}") from error
        if answer.status == 401:
            raise NotReady(f"{server} knows no reader with this key that is switched on.")
        if answer.status != 200 or "device" not in answer.json():
            raise NotReady(f"{server} says {answer.status} to {ME}: that is no TrackXpert.")

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
        try:
            answer = self._ask(asked)
        except (OSError, HTTPException):
            return None
        if asked.is_about_taps:
            with self.lock:
                self._note_recorded(asked, answer)
        return answer

    def take_ids(self, asked: Asked) -> None:
        """Have another card recorded under each id in it, as if the reader had used it before."""
        taps = [tap for tap in asked.items if not self.events[name_of(tap)].is_taken]
        others = [{**tap, "card": f"04{secrets.token_hex(6)}".upper()} for tap in taps]
        if others:
            body = json.dumps({"taps": others}).encode()
            self._ask(Asked("POST", BATCH, asked.headers, body))
        for tap in taps:
            self.events[name_of(tap)].is_taken = True

    def _ask(self, asked: Asked) -> Answer:
        line = self._line()
        headers = {n: v for n, v in asked.headers.items() if n.lower() not in OF_ONE_HOP}
        headers["Host"] = self.server.netloc
        try:
            path = self.server.path.rstrip("/") + asked.path
            line.request(asked.method, path, asked.body or None, headers)
            response = line.getresponse()
            body = response.read()
        finally:
            line.close()
        kept = {n: v for n, v in response.getheaders() if n.lower() not in OF_ONE_HOP}
        return Answer(response.status, kept, body)

    def _line(self) -> HTTPConnection:
        host, port = self.server.hostname or "", self.server.port
        if self.server.scheme == "http":
            return HTTPConnection(host, port, timeout=LONGEST_WAIT)
        return HTTPSConnection(host, port, timeout=LONGEST_WAIT, context=self.trust)

    # --- what was said ------------------------------------------------------------------------

    def _note_asked(self, asked: Asked) -> None:
        now = time.monotonic()
        self.asked_at.append(now)
        said = {name.lower(): value for name, value in asked.headers.items()}
        if self.key and said.get("authorization") != f"Device {self.key}":
            self.other_keys.add(said.get("authorization", "none at all")[:24])
        for tap in asked.items:
            if not isinstance(tap.get("event_id"), str):
                self.nameless += 1
                continue
            event = self.events.setdefault(name_of(tap), Event(now))
            event.said = tap
            event.sent_in_vain += event.is_refused
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
            if event := self.events.get(name_of(tap)):
                event.recorded.append(word)

    def _note_told(self, asked: Asked, answer: Answer | None) -> None:
        if answer is None:
            return
        wait = answer.headers.get("Retry-After", "")
        if wait.isdigit():
            self.told_to_wait.append((time.monotonic(), float(wait)))
        if not (answer.whole and answer.json()):
            return
        for tap in asked.items:
            event = self.events.get(name_of(tap))
            if event and answer.status in {200, 201, 409}:
                event.is_told = event.is_told or is_recorded(event)
                event.is_refused = event.is_refused or "conflict" in event.recorded


def is_recorded(event: Event) -> bool:
    """Whether the server said that the tap is in its ledger."""
    return bool({"created", "duplicate"} & set(event.recorded))


# --- the wire -----------------------------------------------------------------------------------


class _Web(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(
        self,
        place: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.lines: set[socket.socket] = set()
        self.tls = tls
        self.tls_trouble = ""
        super().__init__(place, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        line, address = super().get_request()
        if self.tls:
            # The thread of the line shakes hands, so that one who is slow stops nobody.
            line = self.tls.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
        return line, address

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
        """A reader that hangs up is none of ours; one that does not trust us has to be told."""
        error = sys.exception()
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            self.tls_trouble = error.reason or str(error)


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
