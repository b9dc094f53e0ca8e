"""Readers tap, and each tap again until it is acknowledged, while the cluster is broken on purpose.

At the end the ledger is compared with what was acknowledged, and each day with what was sent, as
`tools.bench.kills` does it for one machine.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID

from tools.cluster.faults import RANDOM, UPGRADE, Faults, NothingThere
from tools.cluster.machine import ROOT, WEBS, Cluster, say, until
from tools.cluster.network import Namespaces

if TYPE_CHECKING:
    from tools.bench.kills import SteadyReader
    from tools.bench.taps_data import BenchReader

READERS: Final = 4
PAUSE_SECONDS: Final = 0.2
# What the contract grants a reader, at most.
LONGEST_SECONDS: Final = 40.0
# Of what is done in good order nobody notices more than that the machine is busy.
MOMENT_SECONDS: Final = 5.0
START_SECONDS, HEALED_SECONDS = 900.0, 300.0
MAKE_GATES: Final = """
import json
from tools.bench.taps_data import prepare
print(json.dumps([(str(gate.device.pk), gate.key) for gate in prepare()[0]]))
"""
# A replica that is not back by then does not come back by itself.
STUCK_SECONDS: Final = 90.0


def run_trial(cluster: Cluster, *, faults: int, port: int) -> bool:
    """Whether all is as it has to be; the last line says what came of it."""
    with running(cluster):
        os.environ["DATABASE_URL"] = cluster.direct_url
        import django

        django.setup()
        from tools.bench.kills import SteadyReader, compare

        gates = _gates(cluster)
        readers = [SteadyReader(port, gate, pause=PAUSE_SECONDS) for gate in gates[:READERS]]
        broken = Faults(cluster)
        with _Liveness(broken) as liveness:
            for reader in readers:
                reader.start()
            done, longest_of = _break(cluster, broken, readers, faults)
            for reader in readers:
                reader.is_over.set()
            for reader in readers:
                reader.join(HEALED_SECONDS)
        found = compare(readers)
    statuses = sum((reader.statuses for reader in readers), Counter[int]())
    mistakes = sum(number for status, number in statuses.items() if status in {400, 404, 409, 500})
    longest = max(*longest_of.values(), *(reader.longest for reader in readers))
    stuck = sum(not reader.has_ended_well for reader in readers)
    say(f"\nfaults: {', '.join(f'{name} {number}' for name, number in sorted(done.items()))}")
    say(
        f"answers: {', '.join(f'{status} {number}' for status, number in sorted(statuses.items()))}"
    )
    say(f"{found.days} days differ, {mistakes} answers out of place, {stuck} readers stuck")
    say(f"healthz of a node that was there: {liveness.longest:.2f} s at most, {liveness.when}")
    say(
        f"{done.total()} faults, {sum(len(reader.answered) for reader in readers)} acknowledged,"
        f" {found.lost} lost, {found.doubled} doubled, longest refusal {longest:.1f} s"
    )
    wrong = found.lost or found.doubled or found.days or mistakes or stuck
    is_noticed = longest_of.get(UPGRADE, 0.0) > MOMENT_SECONDS
    return not wrong and not is_noticed and longest <= LONGEST_SECONDS


def _gates(cluster: Cluster) -> list["BenchReader"]:
    """Made by the code that is there at first, for it may have other tables."""
    from pos.models import Device
    from tools.bench.taps_data import BenchReader

    made = cluster.manage(cluster.code, "shell", "--verbosity=0", "--command", MAKE_GATES)
    return [BenchReader(Device(pk=UUID(pk)), key) for pk, key in json.loads(made.splitlines()[-1])]


@contextmanager
def running(cluster: Cluster, *words: str) -> Iterator[None]:
    """As a process of its own, which is told those words too."""
    command = [sys.executable, "-m", "tools.cluster", "run", "--no-demo"]
    command += ["--namespaces"] * isinstance(cluster.network, Namespaces)
    command += ["--tls"] * cluster.with_tls
    command += ["--code", str(cluster.code), *words]
    began = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT) as running:  # noqa: S603 - our own
        try:
            until(
                lambda: running.poll() is not None or (cluster.is_whole() and cluster.is_ready()),
                seconds=START_SECONDS,
                what="The cluster is not ready",
            )
            say(f"Ready after {time.monotonic() - began:.0f} s.")
            yield
        finally:
            running.terminate()
            running.wait()


def _break(
    cluster: Cluster, broken: Faults, readers: list["SteadyReader"], faults: int
) -> tuple[Counter[str], dict[str, float]]:
    """Each kind in turn, in an order of chance; the next one when the cluster is whole again.

    How many of each kind, and how long the longest refusal of each was.
    """
    done: Counter[str] = Counter()
    longest_of: dict[str, float] = {}
    waiting: list[str] = []
    while done.total() < faults:
        waiting = waiting or _in_order_of_chance(broken, first=0 if done else faults)
        name = waiting.pop(0)
        time.sleep(RANDOM.uniform(0.5, 3.0))
        refused = sum(reader.refusals for reader in readers)
        began = time.monotonic()
        broken.latest = name
        try:
            broken.all()[name]()
        except NothingThere:
            continue
        done[name] += 1
        time.sleep(1)
        how = ", with a replica made anew" if _heal(cluster, name) else ""
        whole = time.monotonic() - began
        longest = max(reader.longest for reader in readers)
        longest_of[name] = max(longest, longest_of.get(name, 0.0))
        for reader in readers:
            reader.longest = 0.0
        refused = sum(reader.refusals for reader in readers) - refused
        say(
            f"{done.total():3} {name}: whole after {whole:.1f} s{how};"
            f" refused {refused} times, a tap for {longest:.1f} s"
        )
    return done, longest_of


def _in_order_of_chance(broken: Faults, *, first: int) -> list[str]:
    """Each kind; the upgrade among the `first`, for at the end the tables are those of today."""
    kinds = RANDOM.sample(sorted(broken.all()), len(broken.all()))
    if UPGRADE not in kinds[:first] and first:
        kinds.remove(UPGRADE)
        kinds.insert(RANDOM.randrange(first), UPGRADE)
    return kinds


def _heal(cluster: Cluster, name: str) -> bool:
    """Wait until it is whole; whether it needed a hand."""
    stuck_at = time.monotonic() + STUCK_SECONDS
    is_helped = False

    def is_whole() -> bool:
        nonlocal is_helped
        if not is_helped and time.monotonic() > stuck_at:
            is_helped = cluster.make_anew()
        return cluster.is_whole() and cluster.is_ready()

    what = f"The cluster is not whole again since: {name}"
    until(is_whole, seconds=HEALED_SECONDS, what=what)
    return is_helped


class _Liveness(threading.Thread):
    """Asks /healthz of each web node that is there, all the time."""

    def __init__(self, broken: Faults) -> None:
        super().__init__(daemon=True)
        self.broken, self.longest, self.when = broken, 0.0, ""
        self.is_over = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.is_over.set()
        self.join()

    def run(self) -> None:
        while not self.is_over.wait(0.5):
            for node in WEBS:
                began = time.monotonic()
                if node in self.broken.absent:
                    continue
                self.broken.cluster.ready(self.broken.cluster.address(node), 8000, "/healthz")
                took = time.monotonic() - began
                if node not in self.broken.absent and took > self.longest:
                    self.longest, self.when = took, f"{node}, after: {self.broken.latest}"
