"""Slow, broken and greedy clients against a real gunicorn with four threads."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from embedded.framing import MAX_BODY_BYTES, Incoming, Malformed
from embedded.management.commands import serve
from embedded.tests.gunicorn import WORKER, running

PATIENCE = 30.0
PROMPT = 5.0  # less than what a slow client is waited for
HEAD = b"POST /slow HTTP/1.1\r\nHost: localhost\r\n"
HALF_SENT = (
    b"",
    b"GET / HT",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    HEAD + b"Content-Length: 10\r\n\r\nhalf",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\n0\r\n\r\n",
    HEAD + b"Content-Length: 1000000\r\n\r\n" + b"x" * 100_000,
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running() as port:
        yield port


def connected(port: int, timeout: float = PATIENCE) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def answer(port: int, request: bytes, timeout: float = PATIENCE) -> bytes:
    """Everything that comes back until the server closes."""
    with connected(port, timeout) as link:
        link.sendall(request)
        return b"".join(iter(lambda: link.recv(65536), b""))


def is_answered(port: int, timeout: float) -> bool:
    ask = b"GET /ask HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        return b"/ask" in answer(port, ask, timeout)
    except TimeoutError:
        return False


# --- headers that nobody may send -------------------------------------------------------------

MOVED = (
    b"GET /office/ask HTTP/1.1\r\nHost: localhost\r\nSCRIPT_NAME: /office\r\n"
    b"PATH_INFO: /elsewhere\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
)


def trust() -> tuple[str, ...]:
    """What the product tells gunicorn of whom it may believe."""
    argv = serve.programs("127.0.0.1", 8000)[0].argv
    start = argv.index("--forwarded-allow-ips")
    return argv[start : start + 4]


def test_no_header_moves_an_address_or_changes_the_scheme() -> None:
    with running(WORKER, *trust()) as port:
        told = answer(port, MOVED)
    assert b"X-Scheme: http\r\n" in told
    assert told.endswith(b"/office/ask ")


def test_without_being_told_gunicorn_believes_whoever_is_on_this_machine() -> None:
    with running(WORKER) as port:
        assert not answer(port, MOVED).endswith(b"/office/ask ")


# --- slow clients -----------------------------------------------------------------------------


@contextmanager
def besieged(port: int, clients: int) -> Iterator[None]:
    with ExitStack() as stack:
        for number in range(clients):
            link = stack.enter_context(connected(port))
            link.sendall(HALF_SENT[number % len(HALF_SENT)])
        yield


def test_half_sent_requests_of_every_kind_hold_no_thread(port: int) -> None:
    with besieged(port, 80):
        assert all(is_answered(port, PROMPT) for _ in range(10))


def test_without_the_guard_they_hold_every_thread() -> None:
    with running("embedded.tests.echo.Unguarded") as port, besieged(port, 80):
        assert not is_answered(port, 2.0)


def test_clients_that_do_not_close_after_their_answer_hold_nothing_up(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            link = stack.enter_context(connected(port))
            link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert link.recv(65536)
        started = time.monotonic()
        assert is_answered(port, PROMPT)
        assert time.monotonic() - started < 20 * 2  # each was waited for, one after another


@pytest.mark.parametrize("sent", HALF_SENT[1:7])
def test_what_does_not_come_in_time_is_told_so(sent: bytes) -> None:
    with running("embedded.tests.echo.Hasty") as port:
        told = answer(port, sent)
    assert told.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b'"code":"request_timeout"' in told


def test_a_large_body_that_stops_coming_is_waited_for_no_longer_than_a_small_one() -> None:
    """As much as came of it would give it twelve seconds."""
    with running("embedded.tests.echo.Hasty") as port:
        told = answer(port, HALF_SENT[-1], PROMPT)
    assert told.startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_client_that_says_nothing_is_hung_up_on_in_silence() -> None:
    with running("embedded.tests.echo.Hasty") as port:
        assert answer(port, b"") == b""


def test_drops_of_a_request_do_not_make_it_longer() -> None:
    with running("embedded.tests.echo.Hasty") as port, connected(port) as link:
        link.setblocking(False)
        heard = b""
        deadline = time.monotonic() + PATIENCE
        link.send(b"GET / HTTP/1.1\r\nX: ")
        while not heard and time.monotonic() < deadline:
            time.sleep(0.05)
            try:
                link.send(b"x")
                heard = link.recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                break
        assert heard.startswith(b"HTTP/1.1 408")


def test_more_connections_than_there_is_room_for_push_out_the_oldest_unfinished_one() -> None:
    options = ("--worker-connections", "20")
    with running("embedded.web_worker.WholeRequestWorker", *options) as port, besieged(port, 60):
        assert is_answered(port, PROMPT)


# --- whole requests ---------------------------------------------------------------------------


def test_a_body_arrives_as_it_was_sent_however_it_is_cut(port: int) -> None:
    whole = HEAD + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello"
    for cut in range(1, len(whole), 7):
        with connected(port) as link:
            link.sendall(whole[:cut])
            time.sleep(0.002)
            link.sendall(whole[cut:])
            assert b"/slow hello" in b"".join(iter(lambda: link.recv(65536), b""))


def test_a_chunked_body_arrives(port: int) -> None:
    chunks = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Sum: x\r\n\r\n"
    told = answer(port, HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert b"/slow hello world" in told


def test_requests_that_follow_at_once_are_answered_in_order(port: int) -> None:
    one = HEAD + b"Content-Length: 3\r\n\r\none"
    two = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
    last = b"GET /three HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    told = answer(port, one + two + last)
    assert told.index(b"/slow one") < told.index(b"/slow two") < told.index(b"/three")


def test_a_connection_is_used_again(port: int) -> None:
    with connected(port) as link:
        for number in range(3):
            link.sendall(b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number)
            told = b""
            while not told.endswith(b"/%d " % number):
                told += link.recv(65536)


def test_who_waits_to_be_asked_for_the_body_is_asked_once(port: int) -> None:
    with connected(port) as link:
        link.sendall(
            HEAD + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
        )
        assert link.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        link.sendall(b"body")
        told = b"".join(iter(lambda: link.recv(65536), b""))
    assert told.startswith(b"HTTP/1.1 200 OK")
    assert told.endswith(b"/slow body")


def test_a_body_beyond_every_limit_is_answered_unread(port: int) -> None:
    head = b"POST /large HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    assert b"/large " in answer(port, head % (MAX_BODY_BYTES + 1) + b"x" * 1000)


def test_a_head_without_an_end_is_refused(port: int) -> None:
    told = answer(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000)
    assert told.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_malformed_request_is_an_error_in_json_and_ends_the_connection(
    port: int, request_: bytes
) -> None:
    """Of chunks without a size the application hears as it reads; this one does not look."""
    told = answer(port, request_)
    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 500 "))
    head, _, body = told.partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    assert json.loads(body)["code"] == ("parse_error" if b" 400 " in head else "server_error")
    assert is_answered(port, PROMPT)


def test_a_head_that_is_too_large_as_a_whole_is_431_in_json(port: int) -> None:
    told = answer(port, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 60_000 + b"\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 431 ")
    assert json.loads(told.partition(b"\r\n\r\n")[2])["code"] == "headers_too_large"


# --- where a request ends ---------------------------------------------------------------------

FRAMES = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\ncontent-LENGTH:  4 \r\n\r\nbody",
    b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: a,Chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\na: b\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA ;x=y\r\n0123456789\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_request_ends_where_its_head_says_and_not_a_byte_earlier(frame: bytes) -> None:
    incoming = Incoming(0)
    for place, byte in enumerate(frame + b"GET / HTTP/1.1"):
        incoming.received.append(byte)
        end = incoming.whole()
        assert end == (len(frame) if place + 1 >= len(frame) else None)
        if end is not None:
            break


@pytest.mark.parametrize("size", [b"x\r\n", b"-1\r\n", b"\r\n", b"FFFFFFFFF\r\n", b"FFFFFFFF\r\n"])
def test_a_chunk_without_a_size_that_can_be_is_malformed(size: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(Malformed):
        Incoming(0, bytearray(head + size)).whole()
