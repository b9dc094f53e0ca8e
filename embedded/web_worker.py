"""gunicorn's worker with threads, which only ever sees whole requests.

A thread that reads from a slow client waits with it: 260 connections that send half a header held
every thread, and the taps waited behind them. Here the worker's loop reads, for all clients at
once; a thread gets a request when its last byte is there, and never reads from a socket. What does
not come in time is answered 408 (contract section 4).

Clients that are as slow at reading an answer are cut off by the kernel (TCP_USER_TIMEOUT).
"""

import re
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from gunicorn import http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

# A body may take longer than a client is waited for if it keeps coming: a photo, a slow line.
SLOWEST_BYTES_PER_SECOND = 8 * 1024
MAX_HEAD_BYTES = 64 * 1024
READ_BYTES = 64 * 1024
# Bodies up to this size are always read; those above it share what a process may hold of them.
SMALL_BODY_BYTES = 64 * 1024
ALL_LARGE_BODIES_BYTES = 96 * 1024 * 1024
MAX_BODY_BYTES = 13 * 1024 * 1024  # what is larger is refused unread, by the application
LINGER_SECONDS = 2.0
SWEEP_SECONDS = 0.5

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class Malformed(Exception):
    """No frame that HTTP knows; gunicorn's parser says what is wrong with it."""


@dataclass(slots=True)
class Incoming:
    """What has come of a request, and how long it may still take.

    `head`: its length in bytes, 0 until it is complete. `body`: the length of the body if the head
    says it. `chunks`: up to where the chunks of a chunked body are known to be whole.
    """

    deadline: float
    received: bytearray = field(default_factory=bytearray)
    head: int = 0
    body: int = 0
    chunks: int | None = None
    reserved: int = 0
    is_cut: bool = False
    """Whether what follows on the connection cannot be understood any more."""

    def whole(self) -> int | None:
        """The length of the first request in what has come, or None while it is not complete."""
        if not self.head and not self._read_head():
            return None
        if self.chunks is not None:
            return self._whole_chunks()
        if self.body > MAX_BODY_BYTES:
            self.is_cut = True
            return self.head
        return self.head + self.body if len(self.received) >= self.head + self.body else None

    def _read_head(self) -> bool:
        end = self.received.find(HEAD_END)
        if end < 0:
            return False
        self.head = end + len(HEAD_END)
        head = bytes(self.received[: self.head])
        if CHUNKED.search(head):
            self.chunks = self.head
        elif length := LENGTH.search(head):
            self.body = int(length[1])
        return True

    def _whole_chunks(self) -> int | None:
        while self.chunks is not None:
            if self.chunks > self.head + MAX_BODY_BYTES:
                self.is_cut = True
                return len(self.received)
            size = CHUNK_SIZE.match(self.received, self.chunks)
            if size is None:
                if self.received.find(b"\r\n", self.chunks) >= 0:
                    raise Malformed
                return None
            length = int(size[1], 16)
            if length == 0:
                return self._end_of_trailers(size.end())
            if len(self.received) < size.end() + length + 2:
                if length > MAX_BODY_BYTES:
                    raise Malformed
                return None
            self.chunks = size.end() + length + 2
        return None

    def _end_of_trailers(self, start: int) -> int | None:
        if self.received.startswith(b"\r\n", start):
            return start + 2
        end = self.received.find(HEAD_END, start)
        return end + len(HEAD_END) if end >= 0 else None

    @property
    def has_begun(self) -> bool:
        return bool(self.received)

    @property
    def expected_bytes(self) -> int:
        """Of the body: its length where it is said, else what has come of it."""
        return self.body if self.chunks is None else len(self.received) - self.head


class Connection(TConn):
    """A client's connection, and what stands between its requests.

    `rest`: what has come after the request that is being answered. `is_cut`: nothing more can be
    understood of it. `reserved`: its share of what a process holds of large bodies, in bytes.
    """

    rest = b""
    is_cut = False
    reserved = 0


class WholeRequestWorker(ThreadWorker):
    """Reads requests in the worker's loop, and hands each to a thread when it is complete."""

    patience_seconds = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By age: the first has waited longest.
        self.incoming: dict[Connection, Incoming] = {}
        self.closing: dict[Connection, float] = {}
        self.large_bytes = 0
        self.swept_at = 0.0
        self.poller: selectors.DefaultSelector

    def init_process(self) -> None:
        """As many connections as the system allows: a descriptor each."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    # --- a connection comes, and sends ----------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except OSError:
            return  # it has gone, or another worker has it
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if user_timeout := getattr(socket, "TCP_USER_TIMEOUT", None):  # Linux
            client.setsockopt(socket.IPPROTO_TCP, user_timeout, int(self.patience_seconds * 1000))
        self.nr_conns += 1
        self._await_request(Connection(self.cfg, client, address, listener.getsockname()))
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def _await_request(self, conn: Connection, received: bytes = b"", idle: float = 0) -> None:
        conn.sock.setblocking(False)
        deadline = time.monotonic() + (idle or self.patience_seconds)
        self.incoming[conn] = Incoming(deadline, bytearray(received))
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: self._on_readable(conn))
        if received:
            self._advance(conn)

    def _on_readable(self, conn: Connection) -> None:
        incoming = self.incoming[conn]
        try:
            data = conn.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
            return
        if not incoming.has_begun:
            incoming.deadline = time.monotonic() + self.patience_seconds
        incoming.received += data
        self._advance(conn)

    def _advance(self, conn: Connection) -> None:
        """Hand the request over if it is complete; else say what it may still do."""
        incoming = self.incoming[conn]
        had_head = bool(incoming.head)
        try:
            end = incoming.whole()
        except Malformed:
            incoming.is_cut, end = True, len(incoming.received)
        if end is not None:
            self._hand_over(conn, end)
        elif not incoming.head:
            if len(incoming.received) > MAX_HEAD_BYTES:
                self._refuse(conn, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large")
        elif not self._reserve(incoming):
            self._refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE, "busy")
        elif not had_head:
            incoming.deadline = time.monotonic() + self.patience_seconds
            if EXPECT.search(incoming.received, 0, incoming.head):
                self._send(conn, b"HTTP/1.1 100 Continue\r\n\r\n")

    def _reserve(self, incoming: Incoming) -> bool:
        """Large bodies share what a process may hold of them, so that they cannot fill it."""
        wanted = incoming.expected_bytes if incoming.expected_bytes > SMALL_BODY_BYTES else 0
        if self.large_bytes + wanted - incoming.reserved > ALL_LARGE_BODIES_BYTES:
            return False
        self.large_bytes += wanted - incoming.reserved
        incoming.reserved = wanted
        return True

    def _hand_over(self, conn: Connection, end: int) -> None:
        incoming = self._forget(conn)
        head = EXPECT.sub(b"", bytes(incoming.received[: incoming.head or end]))
        request = head + bytes(incoming.received[incoming.head or end : end])
        conn.rest = bytes(incoming.received[end:])
        conn.is_cut = incoming.is_cut
        conn.reserved = incoming.reserved
        # A parser of its own for each request, that knows nothing but its bytes.
        conn.parser = http.get_parser(self.cfg, iter([request]), conn.client)
        conn.initialized = conn.data_ready = True
        self.enqueue_req(conn)

    # --- a thread has answered ------------------------------------------------------------------

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        return keepalive and not conn.is_cut

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:
        try:
            is_kept = not fs.cancelled() and fs.result()
        except Exception:  # gunicorn has logged it
            is_kept = False
        self.large_bytes -= conn.reserved
        conn.reserved = 0
        try:
            if is_kept:
                idle = self.cfg.keepalive if self.alive else LINGER_SECONDS
                self._await_request(conn, conn.rest, idle)
            else:
                self._close_gently(conn)
        except OSError:
            self.nr_conns -= 1
            conn.close()

    def _close_gently(self, conn: Connection) -> None:
        """Read on for a moment: closing over unread bytes would take the answer back."""
        conn.sock.setblocking(False)
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        self.closing[conn] = time.monotonic() + LINGER_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: self._drain(conn))

    def _drain(self, conn: Connection) -> None:
        try:
            is_over = not conn.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            is_over = True
        if is_over:
            self._end(conn)

    # --- time is up, or there are too many ------------------------------------------------------

    def murder_pending(self) -> None:
        """Called at each turn of the loop."""
        now = time.monotonic()
        if now < self.swept_at + SWEEP_SECONDS:
            return
        self.swept_at = now
        for conn in [conn for conn, deadline in self.closing.items() if deadline <= now]:
            self._end(conn)
        for conn in list(self._late(now)):
            if self.incoming[conn].has_begun:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT, "request_timeout")
            else:
                self._drop(conn)

    def _late(self, now: float) -> Iterator[Connection]:
        for conn, incoming in self.incoming.items():
            body = len(incoming.received) - incoming.head if incoming.head else 0
            if incoming.deadline + body / SLOWEST_BYTES_PER_SECOND <= now:
                yield conn

    def _make_room(self) -> None:
        """The longest unfinished request goes, else the connection that was silent longest."""
        begun = (conn for conn, incoming in self.incoming.items() if incoming.has_begun)
        oldest = next(begun, None) or next(iter(self.incoming), None)
        if oldest is not None:
            self._drop(oldest)

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker stops, silent connections end soon."""
        for incoming in self.incoming.values():
            if not incoming.has_begun:
                incoming.deadline = min(incoming.deadline, deadline)

    def _refuse(self, conn: Connection, status: HTTPStatus, code: str) -> None:
        body = f'{{"detail":"{status.description or status.phrase}.","code":"{code}"}}'.encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\nRetry-After: 5\r\n\r\n"
        )
        self._send(conn, head.encode() + body)
        self.large_bytes -= self._forget(conn).reserved
        self._close_gently(conn)

    def _send(self, conn: Connection, data: bytes) -> None:
        """A few bytes into a socket's empty buffer: they fit, or the client has gone."""
        with suppress(OSError):
            conn.sock.send(data)

    def _drop(self, conn: Connection) -> None:
        self.large_bytes -= self._forget(conn).reserved
        self.nr_conns -= 1
        util.close(conn.sock)

    def _forget(self, conn: Connection) -> Incoming:
        incoming = self.incoming.pop(conn)
        self.poller.unregister(conn.sock)
        return incoming

    def _end(self, conn: Connection) -> None:
        del self.closing[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        util.close(conn.sock)
