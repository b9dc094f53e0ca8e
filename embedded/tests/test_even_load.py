"""Connections that stay are divided among the processes of a real gunicorn."""

import os
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from embedded.tests.gunicorn import PATIENCE, WORKER, running

ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
PROCESS = re.compile(rb"X-Process: (\d+)")


def processes_of(port: int, connections: int, *, before: ExitStack) -> Counter[int]:
    """Which process answers on how many of them; they are opened one after another, and kept."""
    links = [
        before.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        for _ in range(connections)
    ]
    told: Counter[int] = Counter()
    for link in links:
        link.sendall(ASK)
        answered = PROCESS.search(link.recv(65536))
        assert answered
        told[int(answered[1])] += 1
    return told


@pytest.fixture
def port() -> Iterator[int]:
    """Of two processes that have both begun."""
    with running(WORKER, "--workers", "2") as port:
        deadline = time.monotonic() + PATIENCE
        seen: Counter[int] = Counter()
        while len(seen) < 2:
            assert time.monotonic() < deadline
            with ExitStack() as links:
                seen += processes_of(port, 2, before=links)
        yield port


def test_each_process_has_as_many_connections_as_any_other(port: int) -> None:
    for _ in range(3):
        with ExitStack() as links:
            told = processes_of(port, 8, before=links)
            assert max(told.values()) <= 6, told
        time.sleep(0.3)  # until they know that these have gone


def test_a_process_that_is_stopped_keeps_nobody_waiting(port: int) -> None:
    with ExitStack() as links:
        stopped, other = processes_of(port, 8, before=links)
        os.kill(stopped, signal.SIGSTOP)
        try:
            told = processes_of(port, 4, before=links)
        finally:
            os.kill(stopped, signal.SIGCONT)
        assert set(told) == {other}
