"""A process of the web server that has become large makes room for a new one."""

import time
from http.client import HTTPConnection

import pytest

from embedded import memory
from embedded.tests.gunicorn import running

HASTY = "embedded.tests.echo.Hasty"
SOON = 30.0


def process_of(port: int, path: str = "/ask") -> str:
    link = HTTPConnection("127.0.0.1", port, timeout=SOON)
    try:
        link.request("GET", path)
        response = link.getresponse()
        assert response.status == 200
        return str(response.getheader("X-Process"))
    finally:
        link.close()


def test_a_process_that_holds_too_much_is_replaced_and_every_request_answered() -> None:
    with running(HASTY, WEB_MEMORY_MB="1") as port:
        old = process_of(port, "/grow")
        deadline = time.monotonic() + SOON
        while process_of(port) == old:  # asserts 200 each time
            assert time.monotonic() < deadline
        new = process_of(port)
        assert {process_of(port) for _ in range(200)} == {new}  # it is left alone


def test_without_a_limit_it_stays() -> None:
    with running(HASTY, WEB_MEMORY_MB="0") as port:
        old = process_of(port, "/grow")
        began = time.monotonic()
        while time.monotonic() < began + 10 * 0.25:  # ten sweeps
            assert process_of(port) == old


def test_no_limit_is_so_low_that_a_process_would_never_get_to_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(memory.VARIABLE, "1")
    assert memory.most_bytes() > memory.used_bytes() + memory.LEAST_GROWTH_BYTES / 2


def test_processes_of_one_limit_do_not_all_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, "100000")
    limits = {memory.most_bytes() for _ in range(10)}
    assert len(limits) > 1
    assert all(100_000 <= limit / 1024**2 <= 110_000 for limit in limits)
