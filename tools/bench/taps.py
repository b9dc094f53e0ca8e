"""Taps: one by one, in batches, beside a backlog, and on a ledger of five million."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from random import Random
from statistics import median, quantiles

from tools.bench.measure import (
    CLIENTS,
    SECONDS,
    lay_out_yardstick,
    processor_seconds,
    yardstick_per_second,
)
from tools.bench.monitor import dashboard
from tools.bench.stack import PROCESSES, execute
from tools.bench.taps_data import (
    BATCH,
    CLEAR_LEDGER,
    CLEAR_MEALS,
    FIRST,
    GATES,
    LAST,
    STUDENTS,
    BenchReader,
    anybody,
    fill_ledger,
    prepare,
    taps_at,
)
from tools.bench.wire import Wire, replies

ROUNDS = 3
FEW_CARDS = 300
BACKLOG = 50_000
LIVE_PER_SECOND = 20
# So many readers tap live beside the backlog: each process of the web server has some of them.
LIVE_READERS = 4
FULL = int(os.environ.get("BENCH_TAPS", "5_000_000"))

# More than any machine that we know takes in the time.
MOST_BATCHES = 400

ACCEPTED = b'"decision":"accepted"'
ALL_CREATED = b'"created":%d,' % BATCH
RANDOM = Random()


def run(port: int) -> None:
    gates, kitchen = prepare()
    lay_out_yardstick()
    _compare(port, gates, kitchen)
    _one_client(port, gates[0])
    _beside_a_backlog(port, gates[0])
    _full_ledger(port, gates, kitchen)
    execute(CLEAR_LEDGER)  # some gigabytes


# --- beside the yardstick -----------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """A rate per second, and of each tap how long its reader waited and what it cost, in ms."""

    rate: float
    p50: float = 0.0
    p99: float = 0.0
    web: float = 0.0
    database: float = 0.0


def _compare(port: int, gates: list[BenchReader], kitchen: BenchReader) -> None:
    """Everything in turn, several times: the machine has other work as well."""
    few = range(FIRST, FIRST + FEW_CARDS)
    measures: dict[str, Callable[[], Measured]] = {
        f"{STUDENTS:,} cards, {GATES} readers": lambda: _taps(port, gates, anybody(RANDOM)),
        f"{FEW_CARDS} cards, {GATES} readers": lambda: _taps(port, gates, anybody(RANDOM, few)),
        "meals": lambda: _meals(port, kitchen),
        f"batches of {BATCH}, 1 upload": lambda: _uploaded(port, gates[0], 1),
        f"batches of {BATCH}, 2 uploads": lambda: _uploaded(port, gates[0], 2),
    }
    _taps(port, gates, anybody(RANDOM))
    rounds = []
    for _ in range(ROUNDS):
        # The yardstick between any two of ours: whatever else the machine does, both feel it.
        one = {name: (measure(), yardstick_per_second()) for name, measure in measures.items()}
        rounds.append(one)
    print(
        f"\n{'taps over HTTP':30}{'taps/s':>8}{'pgbench':>9}{'ratio':>7}"
        f"{'p50 ms':>8}{'p99 ms':>8}{'web ms':>8}{'db ms':>8}"
    )
    for name in measures:
        ours, plain = zip(*(one[name] for one in rounds), strict=True)
        mid = {key: median(getattr(one, key) for one in ours) for key in Measured.__annotations__}
        ratio = median(one.rate / rate for one, rate in zip(ours, plain, strict=True))
        waits = f"{mid['p50']:>8.1f}{mid['p99']:>8.1f}" if mid["p50"] else f"{'':>16}"
        print(
            f"{name:30}{mid['rate']:>8,.0f}{median(plain):>9,.0f}{ratio:>7.3f}"
            f"{waits}{mid['web']:>8.2f}{mid['database']:>8.2f}"
        )


def _taps(port: int, gates: list[BenchReader], students: Iterator[int]) -> Measured:
    return _measured(port, taps_at(gates, students, RANDOM), seconds=SECONDS)


def _meals(port: int, kitchen: BenchReader) -> Measured:
    """Each student eats once: a second meal is refused, which is quicker."""
    execute(CLEAR_MEALS)
    return _measured(port, kitchen.taps(iter(range(FIRST, LAST + 1)), RANDOM), seconds=60)


def _measured(port: int, requests: Iterator[bytes], *, seconds: float) -> Measured:
    before = {name: processor_seconds(pid) for name, pid in PROCESSES.items()}
    rate, took = replies(port, requests, clients=CLIENTS, expecting=ACCEPTED, seconds=seconds)
    used = {name: processor_seconds(pid) - before[name] for name, pid in PROCESSES.items()}
    cost = {name: seconds / len(took) * 1000 for name, seconds in used.items()}
    places = quantiles(took, n=100)
    return Measured(rate, places[49] * 1000, places[98] * 1000, **cost)


def _uploaded(port: int, gate: BenchReader, clients: int) -> Measured:
    """On days on which nobody has tapped: five days of school have some passes each, not dozens."""
    execute(CLEAR_LEDGER)
    # Made before: they come from readers, which have processors of their own.
    batches = list(islice(gate.batches(anybody(RANDOM), RANDOM), MOST_BATCHES))
    before = {name: processor_seconds(pid) for name, pid in PROCESSES.items()}
    rate, took = replies(
        port, iter(batches), clients=clients, expecting=ALL_CREATED, seconds=SECONDS
    )
    used = {name: processor_seconds(pid) - before[name] for name, pid in PROCESSES.items()}
    cost = {name: seconds / len(took) / BATCH * 1000 for name, seconds in used.items()}
    return Measured(rate * BATCH, **cost)


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
    """As on a morning: most who tap are seen for the first time that day."""
    execute(CLEAR_LEDGER)
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


def _full_ledger(port: int, gates: list[BenchReader], kitchen: BenchReader) -> None:
    execute(CLEAR_LEDGER)
    empty = _against_yardstick(port, gates)
    seconds = fill_ledger(gates[0], kitchen, FULL)
    full = _against_yardstick(port, gates)
    print(f"\n{f'ledger of {FULL:,}':30}{'empty':>10}{'full':>10}{'ratio':>8}")
    for name, before, after in zip(
        ("taps/s over HTTP", "taps/s of pgbench"), empty, full, strict=True
    ):
        print(f"{name:30}{before:>10,.0f}{after:>10,.0f}{after / before:>8.2f}")
    print(f"filled in {seconds:.0f} s")
    dashboard(port)


def _against_yardstick(port: int, gates: list[BenchReader]) -> tuple[float, float]:
    _taps(port, gates, anybody(RANDOM))
    rounds = [
        (_taps(port, gates, anybody(RANDOM)).rate, yardstick_per_second()) for _ in range(ROUNDS)
    ]
    ours, pgbench = zip(*rounds, strict=True)
    return median(ours), median(pgbench)
