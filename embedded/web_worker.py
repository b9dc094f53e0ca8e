"""gunicorn's worker with threads, which only ever sees whole requests.

A thread that reads from a slow client waits with it: 260 connections that send half a header held
every thread, and the taps waited behind them. Here the worker's loop reads, for all clients at
once; a thread gets a request when its last byte is there, and never reads from a socket. What does
not come in time is answered 408 (contract section 4).

Clients that are as slow at reading an answer are cut off by the kernel (TCP_USER_TIMEOUT), and most
answers fit into the buffer of their socket, so that a thread is done with them at once.

Each kind of work has threads of its own (`embedded.lanes`); a request that waits for one for too
long is answered 503 by the loop. So is `/healthz`, with 200: it says that the process lives, and
nothing that holds threads can make it say otherwise. A live stream has no end, so it leaves the
thread that began it, and with that the connection to the database, for a thread of its own. Taps
that wait at the same moment share one (`embedded.together`).
"""

import gc
import re
import resource
import selectors
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

from embedded.even_load import EvenLoad
from embedded.framing import Incoming, Malformed
from embedded.lanes import Lanes
from embedded.memory import most_bytes, used_bytes
from embedded.together import (
    AT_ONCE,
    MOST,
    MOST_BYTES,
    STUCK_SECONDS,
    AnswerTogether,
    environ_of,
    response_of,
)
from embedded.work import PATIENCE, Work, work_of

# A body may take longer than a client is waited for if it keeps coming: a photo, a slow line.
SLOWEST_BYTES_PER_SECOND = 8 * 1024
MAX_HEAD_BYTES = 64 * 1024
READ_BYTES = 64 * 1024
# Bodies up to this size are always read; those above it share what a process may hold of them.
SMALL_BODY_BYTES = 64 * 1024
ALL_LARGE_BODIES_BYTES = 96 * 1024 * 1024
LINGER_SECONDS = 2.0
SWEEP_SECONDS = 0.25
# As much of an answer leaves its thread at once; the kernel takes it from there.
SEND_BUFFER_BYTES = 256 * 1024
EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
HEALTH = re.compile(rb"(?:GET|HEAD) /healthz(?:\?[^ \r\n]*)? HTTP/1\.")
ENDLESS = "text/event-stream"
# Of requests that are not understood; any other has the name of its status.
CODES = {
    HTTPStatus.BAD_REQUEST: "parse_error",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "headers_too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "server_error",
}
# A request that has taken longer is not cut off because the process has become large.
LONG_SECONDS = 1.0
# After so long another thread may go on. Who waits for the database gives the interpreter away: by
# Python's 5 ms, a tap beside a thread that judged 5,000 days waited for 110 ms in all.
SWITCH_SECONDS = 0.0005
# So many objects more than have gone. Little refers to itself (`core.handler`), and to look for it
# stops every thread; a batch of 500 taps has half as many while it is at work, and by Python's 700
# they were looked at several times each, which took a fifth of its time.
COLLECT_AFTER = 100_000, 10, 10
# Made before the processes are, so that it is theirs together.
LOAD = EvenLoad()
# So long a connection is left to processes with fewer; is nobody of them awake, it is taken then.
LEAVE_SECONDS = 0.001


class Endless(BaseException):
    """An answer without an end; no handler of errors on its way out of the thread may take it."""

    def __init__(self, environ: dict[str, Any], response: Any, body: Iterable[bytes]) -> None:
        self.environ, self.response, self.body = environ, response, body


class Connection(TConn):
    """A client's connection, and what stands between its requests.

    `rest`: what has come after the request that is being answered. `is_cut`: nothing more can be
    understood of it. `reserved`: its share of what a process holds of large bodies, in bytes.
    `asked_at`: when its request was complete. `began_at`: when a thread took it, 0 before.
    `is_late`: no thread was free for it in time. `request`, `environ`: of one that can be answered
    together with others; `is_answered`: it was; `is_kept`: the client may ask again.
    """

    rest = b""
    is_cut = False
    reserved = 0
    work = Work.PAGES
    asked_at = 0.0
    began_at = 0.0
    is_late = False
    endless: Endless | None = None
    request = b""
    environ: dict[str, Any] | None = None
    is_answered = False
    is_kept = False


class WholeRequestWorker(ThreadWorker):
    """Reads requests in the worker's loop, and hands each to a thread when it is complete."""

    patience_seconds = 10.0
    look_at_memory_seconds = 5.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By age: the first has waited longest.
        self.incoming: dict[Connection, Incoming] = {}
        self.closing: dict[Connection, float] = {}
        self.streaming: set[Connection] = set()
        self.in_threads: dict[Connection, Future[Any]] = {}
        # Of those that are answered together: who waits, and since when each group is on its way.
        self.waiting: deque[Connection] = deque()
        self.groups: dict[Future[None], float] = {}
        self.answer_together: AnswerTogether | None = None
        self.patience = {work: patience.whole for work, patience in PATIENCE.items()}
        self.large_bytes = 0
        self.swept_at = self.looked_at = 0.0
        self.most_bytes = float("inf")
        self.poller: selectors.DefaultSelector

    def init_process(self) -> None:
        """As many connections as the system allows: a descriptor each."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    def get_thread_pool(self) -> Lanes:
        self.lanes = Lanes.of_environment(otherwise=self.cfg.threads)
        return self.lanes

    def load_wsgi(self) -> None:
        super().load_wsgi()
        if not self.cfg.accesslog:  # of which each line is written by gunicorn
            self.answer_together = getattr(self.wsgi, "answer_together", None)
        self.wsgi = partial(unless_endless, self.wsgi)
        # What is there now stays for ever: a full collection would look at all of it each time, and
        # hold up every tap for 90 to 145 ms.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        self.most_bytes = most_bytes()

    # --- a connection comes, and sends ----------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns > LOAD.fewest():
            time.sleep(LEAVE_SECONDS)
        try:
            client, address = listener.accept()
        except OSError:
            return  # it has gone, or another worker has it
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if user_timeout := getattr(socket, "TCP_USER_TIMEOUT", None):  # Linux
            client.setsockopt(socket.IPPROTO_TCP, user_timeout, int(self.patience_seconds * 1000))
        self.nr_conns += 1
        self._await_request(Connection(self.cfg, client, address, listener.getsockname()))
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def _await_request(self, conn: Connection, received: bytes = b"", idle: float = 0) -> None:
        conn.sock.setblocking(False)
        now = time.monotonic()
        deadline = now + (idle or self.patience_seconds)
        self.incoming[conn] = Incoming(deadline, bytearray(received), heard_at=now)
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: self._on_readable(conn))
        if received:
            self._advance(conn)

    def _on_readable(self, conn: Connection) -> None:
        incoming = self.incoming.get(conn)
        if incoming is None:
            return  # it had to make room in this turn
        try:
            data = conn.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
            return
        incoming.heard_at = time.monotonic()
        if not incoming.has_begun:
            incoming.deadline = incoming.heard_at + self.patience_seconds
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
        if HEALTH.match(request):
            self._release(conn)
            self._answer(conn, HEALTHY if request[:1] == b"G" else HEALTHY_HEAD)
            return
        conn.work, conn.request = work_of(*_first_line(request)), request
        conn.asked_at, conn.began_at = time.monotonic(), 0.0
        conn.is_late, conn.is_answered, conn.endless = False, False, None
        is_small = len(request) <= MOST_BYTES
        if self.answer_together and conn.work is Work.TAPS and is_small and not conn.is_cut:
            conn.environ = environ_of(request, client=conn.client[0], server=conn.server[:2])
            if conn.environ:
                self.waiting.append(conn)
                return
        self.enqueue_req(conn)

    # --- it waits for a thread ------------------------------------------------------------------

    def enqueue_req(self, conn: Connection) -> None:
        # A parser of its own for each request, that knows nothing but its bytes.
        conn.parser = http.get_parser(self.cfg, iter([conn.request]), conn.client)
        conn.initialized = conn.data_ready = True
        conn.request, conn.environ = b"", None
        future: Future[bool] = self.lanes.submit(conn.work, self._handle_in_time, conn)
        self.in_threads[conn] = future
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _handle_in_time(self, conn: Connection) -> bool:
        """In a thread: who waited for too long hears so now, and costs no more."""
        conn.began_at = time.monotonic()
        if conn.began_at > conn.asked_at + self.patience[conn.work]:
            conn.is_late = True
            return False
        try:
            return bool(self.handle(conn))
        except Endless as endless:
            conn.endless = endless
            return False

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        longest = STUCK_SECONDS if self.waiting else SWEEP_SECONDS
        super().wait_for_and_dispatch_events(min(timeout, longest))
        self._begin_group()
        LOAD.tell(self.age, self.nr_conns if self.alive else float("inf"))

    def _begin_group(self) -> None:
        """At the end of a turn: whoever came in it goes together."""
        now = time.monotonic()
        going = sum(now < at + STUCK_SECONDS for at in self.groups.values())
        if not self.waiting or going >= AT_ONCE:
            return
        group = [self.waiting.popleft() for _ in range(min(MOST, len(self.waiting)))]
        future = self.lanes.submit(Work.TAPS, self._answer_group, group)
        self.groups[future] = now
        self.in_threads.update(dict.fromkeys(group, future))
        future.add_done_callback(
            lambda done: self.method_queue.defer(self._finish_group, group, done)
        )

    def _answer_group(self, group: list[Connection]) -> None:
        """In a thread; whoever is not answered here gets one alone."""
        now = time.monotonic()
        for conn in group:
            conn.began_at = now
            conn.is_late = now > conn.asked_at + self.patience[conn.work]
        in_time = [conn for conn in group if not conn.is_late]
        if not in_time or self.answer_together is None:
            return
        answers = self.answer_together([conn.environ or {} for conn in in_time])
        for conn, answer in zip(in_time, answers, strict=True):
            if answer is not None:
                is_last = not self.alive
                is_sent = self._send(conn, response_of(answer, is_last=is_last))
                conn.is_answered, conn.is_kept = True, is_sent and not is_last

    def _finish_group(self, group: list[Connection], future: "Future[None]") -> None:
        del self.groups[future]
        if not future.cancelled() and (error := future.exception()):
            self.log.error(
                "Requests that go together have failed, and go on alone.", exc_info=error
            )
        for conn in group:
            del self.in_threads[conn]
            if conn.is_late:
                self._refuse_for_want_of_thread(conn)
            elif conn.is_answered:
                self._release(conn)
                self._go_on(conn, is_kept=conn.is_kept)
            else:
                conn.began_at = 0.0
                self.enqueue_req(conn)

    def _refuse_late(self, now: float) -> None:
        """Those whom no thread has taken in time; and how much time that is by now."""
        longest = dict.fromkeys(PATIENCE, 0.0)
        for conn in self.in_threads:
            if conn.began_at:
                longest[conn.work] = max(longest[conn.work], now - conn.began_at)
        self.patience = {work: PATIENCE[work].when(took) for work, took in longest.items()}
        for conn in [one for one in self.waiting if now > one.asked_at + self.patience[one.work]]:
            self.waiting.remove(conn)
            self._refuse_for_want_of_thread(conn)
        for conn, future in list(self.in_threads.items()):
            if now > conn.asked_at + self.patience[conn.work] and future.cancel():
                conn.is_late = True

    # --- a thread has answered ------------------------------------------------------------------

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        return keepalive and not conn.is_cut

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:
        del self.in_threads[conn]
        self._release(conn)
        if conn.endless:
            self.streaming.add(conn)
            run = partial(self._stream, conn, conn.endless)
            # Not waited for when the process ends: a browser comes back.
            threading.Thread(target=run, name="stream", daemon=True).start()
            return
        if conn.is_late:
            self._refuse_for_want_of_thread(conn)
            return
        try:
            is_kept = not fs.cancelled() and fs.result()
        except Exception:  # gunicorn has logged it
            is_kept = False
        self._go_on(conn, is_kept=is_kept)

    def _refuse_for_want_of_thread(self, conn: Connection) -> None:
        self.log.warning("No thread for %s was free in time: 503.", conn.work)
        self._release(conn)
        conn.sock.setblocking(False)
        self._say(conn, HTTPStatus.SERVICE_UNAVAILABLE, "busy")

    def _go_on(self, conn: Connection, *, is_kept: bool) -> None:
        """To the next request of this connection, if it is kept."""
        try:
            if is_kept:
                idle = self.cfg.keepalive if self.alive else LINGER_SECONDS
                self._await_request(conn, conn.rest, idle)
            else:
                self._close_gently(conn)
        except OSError:
            self.nr_conns -= 1
            conn.close()

    def _release(self, conn: Connection) -> None:
        self.large_bytes -= conn.reserved
        conn.reserved = 0

    def _stream(self, conn: Connection, endless: Endless) -> None:
        """In a thread of its own, until the stream ends or the client has gone."""
        began = datetime.now()  # noqa: DTZ005 - as gunicorn's log has it
        response: Any = endless.response
        try:
            for part in endless.body:
                response.write(part)
            response.close()
        except OSError:
            self.log.debug("A client has left its stream.")
        except Exception:
            self.log.exception("A stream has failed.")
        finally:
            if close := getattr(endless.body, "close", None):
                close()
            self.log.access(response, [], endless.environ, datetime.now() - began)  # noqa: DTZ005
            self.method_queue.defer(self._end_stream, conn)

    def _end_stream(self, conn: Connection) -> None:
        if conn in self.streaming:  # else it has ended with the worker
            self.streaming.remove(conn)
            self._close_gently(conn)

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
        self._refuse_late(now)
        if self.alive and now >= self.looked_at + self.look_at_memory_seconds:
            self._retire_if_large(now)
        for conn in [conn for conn, deadline in self.closing.items() if deadline <= now]:
            self._end(conn)
        for conn in list(self._late(now)):
            if self.incoming[conn].has_begun:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT, "request_timeout")
            else:
                self._drop(conn)

    def _late(self, now: float) -> Iterator[Connection]:
        for conn, incoming in self.incoming.items():
            until = incoming.deadline
            if incoming.head:
                until += (len(incoming.received) - incoming.head) / SLOWEST_BYTES_PER_SECOND
                # A body that comes no more is not one that comes slowly.
                until = min(until, incoming.heard_at + self.patience_seconds)
            if until <= now:
                yield conn

    def _retire_if_large(self, now: float) -> None:
        """Answer what is there, and end; gunicorn starts another process, which begins small."""
        self.looked_at = now
        if (used := used_bytes()) < self.most_bytes:
            return
        if any(conn.began_at and now > conn.began_at + LONG_SECONDS for conn in self.in_threads):
            return
        self.log.info("This process holds %d MB; another takes its place.", used // 1024**2)
        self.alive = False

    def _make_room(self) -> None:
        """The longest unfinished request goes, else the connection that was silent longest."""
        begun = (conn for conn, incoming in self.incoming.items() if incoming.has_begun)
        oldest = next(begun, None) or next(iter(self.incoming), None)
        if oldest is not None:
            self._drop(oldest)

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker stops, silent connections end soon, and streams at once."""
        for conn in self.streaming:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)
        self.nr_conns -= len(self.streaming)
        self.streaming.clear()
        for incoming in self.incoming.values():
            if not incoming.has_begun:
                incoming.deadline = min(incoming.deadline, deadline)

    def _refuse(self, conn: Connection, status: HTTPStatus, code: str) -> None:
        """A request that is not complete, and will not be."""
        self.large_bytes -= self._forget(conn).reserved
        self._say(conn, status, code)

    def _say(self, conn: Connection, status: HTTPStatus, code: str) -> None:
        self._answer(conn, _error(status, code, "Retry-After: 5\r\n"))

    def _answer(self, conn: Connection, answer: bytes) -> None:
        self._send(conn, answer)
        self._close_gently(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """As gunicorn: what it writes is its decision, how it is written is the contract's."""
        written = _Written()
        super().handle_error(req, written, addr, exc)
        status = HTTPStatus(int(written.data.split(b" ", 2)[1]))
        with suppress(OSError):
            client.sendall(_error(status, CODES.get(status, status.name.lower())))

    def _send(self, conn: Connection, data: bytes) -> bool:
        """Whether they fit into the socket's buffer; else the client reads nothing, or has gone."""
        try:
            return bool(conn.sock.send(data) == len(data))
        except OSError:
            return False

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


class _Written:
    """A socket as gunicorn writes an error to it."""

    data = b""

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        self.data += data


def _error(status: HTTPStatus, code: str, header: str = "") -> bytes:
    body = f'{{"detail":"{status.description or status.phrase}.","code":"{code}"}}'
    return _json(status, body, header)


def _json(status: HTTPStatus, body: str, header: str = "") -> bytes:
    """The last answer on its connection."""
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n"
        f"{header}\r\n{body}"
    ).encode()


HEALTHY = _json(HTTPStatus.OK, '{"status": "ok"}')
HEALTHY_HEAD = HEALTHY.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def unless_endless(
    application: Callable[..., Iterable[bytes]], environ: dict[str, Any], start_response: Any
) -> Iterable[bytes]:
    """The application's answer. Raises Endless in place of a stream."""
    body = application(environ, start_response)
    response = start_response.__self__
    if not any(
        name.lower() == "content-type" and ENDLESS in told for name, told in response.headers
    ):
        return body
    response.force_close()
    raise Endless(environ, response, body)


def _first_line(request: bytes) -> tuple[str, str]:
    """Method and target; of what is no request nothing that any kind of work fits."""
    method, _, rest = request[: request.find(b"\r\n")].partition(b" ")
    return method.decode("latin-1"), rest.partition(b" ")[0].decode("latin-1")
