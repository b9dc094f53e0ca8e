"""Taps: one by one, in batches, beside a backlog, and on a ledger of five million."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from random import Random
from statistics import median, quantiles

from tools.bench.measure import CLIENTS, SECONDS, pgbench_per_second
from tools.bench.monitor import dashboard
from tools.bench.stack import execute
from tools.bench.taps_data import (
    BATCH,
    CLEAR_LEDGER,
    CLEAR_MEALS,
    FIRST,
    BenchReader,
    anybody,
    fill_ledger,
    prepare,
)
from tools.bench.taps_replay import ANYBODY, EACH_ONCE, EACH_ONCE_OPTIONS, MEALS, replay_of_a_tap
from tools.bench.wire import Wire, replies

ROUNDS = 3
BACKLOG = 50_000
LIVE_PER_SECOND = 20
# So many readers tap live beside the backlog: each process of the web server has some of them.
LIVE_READERS = 4
FULL = int(os.environ.get("BENCH_TAPS", "5_000_000"))

ACCEPTED = b'"decision":"accepted"'
ALL_CREATED = b'"created":%d,' % BATCH
RANDOM = Random()


def run(port: int) -> None:
    gate, kitchen = prepare()
    tap, meal = ANYBODY + replay_of_a_tap(gate), EACH_ONCE + replay_of_a_tap(kitchen)
    _compare(port, gate, kitchen, tap, meal)
    _one_client(port, gate)
    _beside_a_backlog(port, gate)
    _full_ledger(port, gate, kitchen, tap)
    execute(CLEAR_LEDGER)  # some gigabytes


# --- beside pgbench -----------------------------------------------------------------------------


def _compare(port: int, gate: BenchReader, kitchen: BenchReader, tap: str, meal: str) -> None:
    """Everything in turn, several times: the machine has other work as well."""
    measures: dict[str, Callable[[], float]] = {
        "taps": lambda: _taps_per_second(port, gate),
        "pgbench": lambda: pgbench_per_second(tap),
        "meals": lambda: _meals_per_second(port, kitchen),
        "pgbench meals": lambda: _meals_of_pgbench(meal),
        "1 upload": lambda: _uploaded_per_second(port, gate, 1),
        "2 uploads": lambda: _uploaded_per_second(port, gate, 2),
    }
    _taps_per_second(port, gate)
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(ROUNDS)]
    rate = {name: median(one[name] for one in rounds) for name in measures}
    print(f"\n{'taps over HTTP':30}{'taps/s':>10}{'pgbench':>10}{'ratio':>8}")
    _print_row(f"one by one, {CLIENTS} readers", rate["taps"], rate["pgbench"])
    _print_row(f"meals, {CLIENTS} readers", rate["meals"], rate["pgbench meals"])
    for name in ("1 upload", "2 uploads"):
        _print_row(f"batches of {BATCH}, {name}", rate[name], rate["pgbench"])


def _print_row(name: str, ours: float, pgbench: float) -> None:
    print(f"{name:30}{ours:>10,.0f}{pgbench:>10,.0f}{ours / pgbench:>8.2f}")


def _taps_per_second(port: int, gate: BenchReader) -> float:
    taps = gate.taps(anybody(RANDOM), RANDOM)
    rate, _ = replies(port, taps, clients=CLIENTS, expecting=ACCEPTED, seconds=SECONDS)
    return rate


def _meals_per_second(port: int, kitchen: BenchReader) -> float:
    """Each student eats once, here and in pgbench: a second meal is refused, which is quicker."""
    execute(CLEAR_MEALS)
    meals = kitchen.taps(iter(range(FIRST, FIRST + CLIENTS * MEALS)), RANDOM)
    rate, _ = replies(port, meals, clients=CLIENTS, expecting=ACCEPTED, seconds=60)
    return rate


def _meals_of_pgbench(script: str) -> float:
    execute(CLEAR_MEALS)
    return pgbench_per_second(script, EACH_ONCE_OPTIONS)


def _uploaded_per_second(port: int, gate: BenchReader, clients: int) -> float:
    batches = gate.batches(anybody(RANDOM), RANDOM)
    rate, _ = replies(port, batches, clients=clients, expecting=ALL_CREATED, seconds=SECONDS)
    return rate * BATCH


# --- how long a reader waits --------------------------------------------------------------------


def _one_client(port: int, gate: BenchReader) -> None:
    taps = gate.taps(anybody(RANDOM), RANDOM)
    _, took = replies(port, taps, clients=1, expecting=ACCEPTED, seconds=SECONDS)
    print(f"\none reader: half in {median(took) * 1000:.1f} ms, 95% in {_p95(took):.1f} ms")


def _p95(took: list[float]) -> float:
    return quantiles(took, n=20)[-1] * 1000


def _beside_a_backlog(port: int, gate: BenchReader) -> None:
    rounds = [_alone_and_beside(port, gate) for _ in range(ROUNDS)]
    alone, beside, rate = (median(column) for column in zip(*rounds, strict=True))
    print(
        f"live taps at {LIVE_PER_SECOND}/s: 95% in {alone:.1f} ms, beside a backlog of {BACKLOG:,}"
        f" ({rate:,.0f}/s) in {beside:.1f} ms, ratio {beside / alone:.1f}"
    )


def _alone_and_beside(port: int, gate: BenchReader) -> tuple[float, float, float]:
    backlog = list(islice(gate.batches(anybody(RANDOM), RANDOM), BACKLOG // BATCH))
    until = time.perf_counter() + 2 * SECONDS
    alone = _live_taps(port, gate, lambda: time.perf_counter() > until)
    with ThreadPoolExecutor(1) as pool:
        upload = pool.submit(
            replies, port, iter(backlog), clients=1, expecting=ALL_CREATED, seconds=600
        )
        beside = _live_taps(port, gate, upload.done)
        return _p95(alone), _p95(beside), upload.result()[0] * BATCH


def _live_taps(port: int, gate: BenchReader, is_over: Callable[[], bool]) -> list[float]:
    def taps_of_one(number: int) -> list[float]:
        return _taps_at_a_pace(port, gate, is_over, number / LIVE_PER_SECOND)

    with ThreadPoolExecutor(LIVE_READERS) as pool:
        return [took for one in pool.map(taps_of_one, range(LIVE_READERS)) for took in one]


def _taps_at_a_pace(
    port: int, gate: BenchReader, is_over: Callable[[], bool], delay: float
) -> list[float]:
    """One reader; each tap waits from when it was due, also for the one before it."""
    taps = gate.taps(anybody(RANDOM), RANDOM)
    took: list[float] = []
    wire = Wire(port)
    due = time.perf_counter() + delay
    while not is_over():
        time.sleep(max(0.0, due - time.perf_counter()))
        wire.send(next(taps))
        wire.receive(ACCEPTED)
        took.append(time.perf_counter() - due)
        due += LIVE_READERS / LIVE_PER_SECOND
    wire.close()
    return took


# --- after years --------------------------------------------------------------------------------


def _full_ledger(port: int, gate: BenchReader, kitchen: BenchReader, tap: str) -> None:
    execute(CLEAR_LEDGER)
    empty = _medians(port, gate, tap)
    seconds = fill_ledger(gate, kitchen, FULL)
    full = _medians(port, gate, tap)
    print(f"\n{f'ledger of {FULL:,}':30}{'empty':>10}{'full':>10}{'ratio':>8}")
    for name, before, after in zip(
        ("taps/s over HTTP", "taps/s of pgbench"), empty, full, strict=True
    ):
        print(f"{name:30}{before:>10,.0f}{after:>10,.0f}{after / before:>8.2f}")
    print(f"filled in {seconds:.0f} s")
    dashboard(port)


def _medians(port: int, gate: BenchReader, tap: str) -> tuple[float, float]:
    _taps_per_second(port, gate)
    rounds = [(_taps_per_second(port, gate), pgbench_per_second(tap)) for _ in range(ROUNDS)]
    ours, pgbench = zip(*rounds, strict=True)
    return median(ours), median(pgbench)
