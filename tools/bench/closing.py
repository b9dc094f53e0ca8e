"""How long taps wait while a day of 5,000 people is closed, and while its rules change."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from statistics import median, quantiles

from django.utils import timezone

from tools.bench.stack import connected, execute, request, token_for
from tools.bench.taps import ACCEPTED
from tools.bench.taps_data import CLEAR_LEDGER, STUDENTS, BenchReader, anybody, prepare
from tools.bench.wire import Wire

PER_SECOND = 50
READERS = 5
ALONE_SECONDS = 10
CLOSE, POLICY = "/api/attendance/close/", "/api/attendance/policy/"


def run(port: int) -> None:
    gates, _ = prepare()
    execute(CLEAR_LEDGER, "TRUNCATE attendance_closedday CASCADE")
    token = token_for(port)
    until = time.perf_counter() + ALONE_SECONDS
    _print("alone", _taps(port, gates, lambda: time.perf_counter() > until))
    today = str(timezone.localdate())
    deeds: dict[str, tuple[str, str, dict[str, object]]] = {
        f"a day of {STUDENTS:,} closed": ("POST", CLOSE, {"date": today}),
        "closed once more": ("POST", CLOSE, {"date": today}),
        "a new limit, previewed": ("POST", f"{POLICY}?preview=true", {"late_after": "09:00"}),
        "a new limit": ("POST", POLICY, {"late_after": "09:30"}),
    }
    with ThreadPoolExecutor(1) as pool:
        for name, deed in deeds.items():
            done = pool.submit(_do, port, token, *deed)
            _print(name, _taps(port, gates, done.done), done.result())


def _do(port: int, token: str, method: str, path: str, body: dict[str, object]) -> float:
    began = time.perf_counter()
    with connected(port) as connection:
        status, said = request(connection, method, path, token=token, body=body)
    assert status in {200, 201, 202}, (status, said)
    return time.perf_counter() - began


def _taps(port: int, gates: list[BenchReader], is_over: Callable[[], bool]) -> list[float]:
    with ThreadPoolExecutor(READERS) as pool:
        many = pool.map(
            lambda n: _at_a_pace(port, gates[n], is_over, n / PER_SECOND), range(READERS)
        )
        return [took for one in many for took in one]


def _at_a_pace(
    port: int, gate: BenchReader, is_over: Callable[[], bool], delay: float
) -> list[float]:
    """One reader; each tap waits from when it was due, also for the one before it."""
    random = Random()
    taps = gate.taps(anybody(random), random)
    took: list[float] = []
    wire = Wire(port)
    due = time.perf_counter() + delay
    while not is_over() or len(took) < PER_SECOND // READERS:
        time.sleep(max(0.0, due - time.perf_counter()))
        wire.send(next(taps))
        wire.receive(ACCEPTED)
        took.append(time.perf_counter() - due)
        due += READERS / PER_SECOND
    wire.close()
    return took


def _print(name: str, took: list[float], seconds: float | None = None) -> None:
    lasted = f" in {seconds:.1f} s" if seconds is not None else ""
    print(
        f"{name + lasted:40} {len(took):5} taps: half in {median(took) * 1000:.0f} ms,"
        f" 99% in {quantiles(took, n=100)[98] * 1000:.0f} ms, all in {max(took) * 1000:.0f} ms"
    )
