"""Requests that wait at the same moment, at a real gunicorn."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from embedded.tests.gunicorn import running
from embedded.together import environ_of

PLAIN = b"POST /api/pos/taps/ HTTP/1.1\r\nHost: here\r\n"
BODY = b"Content-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(application="embedded.tests.echo:together") as port:
        yield port


def ask(port: int, body: bytes, more: bytes = b"") -> bytes:
    """What is answered, on a connection of its own that stays open."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(PLAIN + more + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        told = link.recv(65536)
        while b"\r\n\r\n" not in told or told.endswith(b"\r\n\r\n"):
            told += link.recv(65536)
        return told


def said(told: bytes) -> bytes:
    return told.partition(b"\r\n\r\n")[2]


def test_who_comes_while_others_are_answered_goes_together(port: int) -> None:
    """Those before are stuck, so two more groups begin at most until these have come."""
    with ThreadPoolExecutor(20) as pool:
        told = [*pool.map(lambda _: said(ask(port, b"0.015")), range(20))]
    assert any(int(one) > 1 for one in told)


def test_a_group_that_is_stuck_holds_nobody_up(port: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(ask, port, b"5.0")
        time.sleep(0.2)
        assert said(ask(port, b"0")) == b"1"
        assert not stuck.done()
        assert said(stuck.result()) == b"1"


def test_who_is_not_answered_together_is_answered_like_any_other(port: int) -> None:
    assert said(ask(port, b"alone")) == b"/api/pos/taps/ alone"


def test_a_connection_is_kept_for_the_next(port: int) -> None:
    request = PLAIN + b"Content-Length: 1\r\n\r\n0"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(request * 3)  # sent at once, answered one after another
        told = b""
        while told.count(b"HTTP/1.1 200 OK") < 3 or not told.endswith(b"\r\n\r\n1"):
            told += link.recv(65536)
    assert told.count(b"Connection: keep-alive\r\n") == 3
    assert told.count(b"\r\nDate: ") == 3


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /api/pos/taps/ HTTP/1.0\r\nHost: here\r\n" + BODY,
        b"GET /api/pos/taps/ HTTP/1.1\r\nHost: here\r\n" + BODY,
        b"POST /api/pos/taps/?a=b HTTP/1.1\r\nHost: here\r\n" + BODY,
        b"POST /api/pos%2Ftaps/ HTTP/1.1\r\nHost: here\r\n" + BODY,
        b"POST /api/pos/taps/ HTTP/1.1\r\n" + BODY,
        PLAIN + b"Host: there\r\n" + BODY,
        PLAIN + b"Connection: close\r\n" + BODY,
        PLAIN + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        PLAIN + b"Expect: 100-continue\r\n" + BODY,
        PLAIN + b"X_Forwarded_Proto: https\r\n" + BODY,
        PLAIN + b"X : 1\r\n" + BODY,
        PLAIN + b"X: 1\r\n 2\r\n" + BODY,
        PLAIN + b"X: \xc3\xa4\r\n" + BODY,
        PLAIN + b"X: 1\n" + BODY,
        PLAIN + b"Content-Length: 3\r\n\r\n{}",
        PLAIN + b"Content-Length: +2\r\n\r\n{}",
        PLAIN + b"\r\n{}",
    ],
)
def test_what_is_not_read_here(request_: bytes) -> None:
    assert environ_of(request_, client="127.0.0.1", server=("127.0.0.1", 80)) is None


def test_what_is_read_is_as_wsgi_has_it() -> None:
    request = PLAIN + b"content-type:application/json\r\nX-A-b:\t1 \r\n" + BODY
    environ = environ_of(request, client="127.0.0.1", server=("127.0.0.1", 80))
    assert environ
    assert environ.pop("wsgi.input").read() == b"{}"
    assert environ == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/api/pos/taps/",
        "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "here",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "HTTP_X_A_B": "1",
    }
