"""The live feed with forty clients beside taps, and the dashboard beside one page of a list."""

import json
import socket
import threading
import time
from itertools import islice
from random import Random
from statistics import median, quantiles

from tools.bench.measure import latency_ms
from tools.bench.stack import PASSWORD, USERNAME, connected, execute, request, token_for
from tools.bench.taps_data import CLEAR_LEDGER, BenchReader, anybody, prepare
from tools.bench.wire import Wire

STREAMS = 40
TAPS_PER_SECOND = 20
SECONDS = 15
TRIES = 50
PAGE = "/api/students/?page_size=20"


def run(port: int) -> None:
    (gate, *_), _ = prepare()
    alone, _ = _taps_at_a_pace(port, gate)
    streams = [Stream(port, token_for(port)) for _ in range(STREAMS)]
    for stream in streams:
        stream.start()
    beside, sent = _taps_at_a_pace(port, gate)
    time.sleep(2)
    delays = [
        at - sent[event]
        for stream in streams
        for event, at in stream.heard.items()
        if event in sent
    ]
    for stream in streams:
        stream.close()
    heard = len(delays) / (STREAMS * len(sent))
    print(
        f"\n{STREAMS} streams beside {TAPS_PER_SECOND} taps/s: {heard:.1%} of all taps heard;"
        f" from the tap's answer to its arrival {_ms(median(delays))} (median),"
        f" {_ms(_p95(delays))} (95%)"
        f"\na tap in {_ms(median(alone))}, 95% in {_ms(_p95(alone))}; beside the streams"
        f" {_ms(median(beside))}, 95% in {_ms(_p95(beside))}"
    )
    dashboard(port)
    execute(CLEAR_LEDGER)


def dashboard(port: int) -> None:
    """Against one page of the students' list, on what is in the ledger now."""
    token = token_for(port)
    credentials = {"username": USERNAME, "password": PASSWORD}
    with connected(port) as link:
        _, body = request(link, "POST", "/auth/admin/login/", body=credentials)
    own = f"/auth/admin/{json.loads(body)['admin']['admin_id']}/dashboard/"
    numbers = latency_ms(port, own, token)
    page = latency_ms(port, PAGE, token)
    print(
        f"dashboard {numbers:.1f} ms, a page of students {page:.1f} ms, ratio {numbers / page:.1f}"
    )


class Stream(threading.Thread):
    """One client of the live feed; remembers when it heard of each tap."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(daemon=True)
        self.heard: dict[str, float] = {}
        self.socket = self._connected(port, token)

    def _connected(self, port: int, token: str) -> socket.socket:
        """A process whose streams are all taken says 503; the other has room."""
        head = (
            f"GET /api/live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            "Accept: text/event-stream\r\n\r\n"
        )
        for _ in range(TRIES):
            link = socket.create_connection(("127.0.0.1", port), timeout=30)
            link.sendall(head.encode())
            if link.recv(4096).startswith(b"HTTP/1.1 200"):
                return link
            link.close()
        raise SystemExit("No room for one more stream.")

    def run(self) -> None:
        rest = b""
        while chunk := self._chunk():
            now = time.perf_counter()
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.startswith(b'data: {"tap_id"'):
                    self.heard[json.loads(line[6:])["event_id"]] = now

    def _chunk(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except OSError:
            return b""

    def close(self) -> None:
        self.socket.close()


def _taps_at_a_pace(port: int, gate: BenchReader) -> tuple[list[float], dict[str, float]]:
    """How long each tap took, and when each event was answered."""
    random = Random()
    wire = Wire(port)
    took: list[float] = []
    answered: dict[str, float] = {}
    due = time.perf_counter()
    for tap in islice(gate.taps(anybody(random), random), TAPS_PER_SECOND * SECONDS):
        time.sleep(max(0.0, due - time.perf_counter()))
        wire.send(tap)
        took.append(wire.receive(b'"decision":"accepted"'))
        event = json.loads(tap.partition(b"\r\n\r\n")[2])["event_id"]
        answered[event] = time.perf_counter()
        due += 1 / TAPS_PER_SECOND
    wire.close()
    return took, answered


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
