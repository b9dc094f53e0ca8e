"""The morning of many schools at once on one cluster, all of it on this machine.

All of them begin in the same quarter of an hour, with 5,000 people each. Their databases are on the
primary of three, whose standby in step has each tap too before it is answered. What runs for
SECONDS of it is the whole of each school: web server, worker and events.
"""

import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from json import dumps
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

import psycopg2

from tools.cluster.faults import Faults, NothingThere
from tools.cluster.machine import PORT, programs_of_debian, say, until
from tools.cluster.shared import School, SharedCluster
from tools.cluster.trial import running

if TYPE_CHECKING:
    from tools.bench.taps_data import BenchReader

PEOPLE: Final = 5_000
QUARTER_OF_AN_HOUR: Final = 15 * 60
STARTED_AT_ONCE: Final = 3
# With less memory than that no more are started.
SPARE_MEGABYTES: Final = 1500
# What each school is copied from.
MODEL: Final = "trackxpert"
START_SECONDS: Final = 600.0
SWITCH_SECONDS: Final = 120.0
# For those who stand at the gates when it is over.
PATIENCE_SECONDS: Final = 300.0


@dataclass(eq=False)
class Gate(threading.Thread):
    """People come to it as chance has it. Somebody who waits behind others is waiting, too.

    `took`: how many seconds each tap that was answered took, by its event.
    """

    school: School
    reader: "BenchReader"
    students: list[int]
    until: float
    random: Random
    took: dict[str, float] = field(default_factory=dict)
    refusals: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        from tools.bench.taps_data import CARD_NUMBER, GATES

        a_second = PEOPLE / QUARTER_OF_AN_HOUR / GATES
        comes_at = time.monotonic() + self.random.expovariate(a_second)
        with closing(HTTPConnection("127.0.0.1", PORT, timeout=20)) as link:
            while comes_at < self.until and self.students:
                time.sleep(max(0.0, comes_at - time.monotonic()))
                event = str(self.students.pop())
                tap = {"event_id": event, "card": f"{CARD_NUMBER}{event}"}
                while not self._is_taken(link, tap):
                    self.refusals += 1
                    time.sleep(0.5)
                self.took[event] = time.monotonic() - comes_at
                comes_at += self.random.expovariate(a_second)

    def _is_taken(self, link: HTTPConnection, tap: dict[str, str]) -> bool:
        headers = {
            "Host": self.school.host,
            "Authorization": f"Device {self.reader.key}",
            "Content-Type": "application/json",
        }
        try:
            link.request("POST", "/api/pos/taps/", dumps(tap), headers)
            answer = link.getresponse()
            answer.read()
        except (OSError, HTTPException):
            link.close()
            return False
        return answer.status in {200, 201}


def run_morning(cluster: SharedCluster, *, seconds: float, switch_over: bool) -> bool:
    """Whether every tap was taken, once; the last lines say how long people stood at the gate."""
    with running(cluster, "--schools", str(cluster.number)), ExitStack() as stack:
        readers = _make_databases(cluster)
        began, memory = time.monotonic(), _available_megabytes()
        started: list[School] = []
        while len(started) < cluster.number and _available_megabytes() > SPARE_MEGABYTES:
            group = cluster.schools[len(started) : len(started) + STARTED_AT_ONCE]
            for school in group:
                stack.enter_context(_node(cluster, school))
            for school in group:
                what = f"{school.host} is not ready"
                until(partial(_is_ready, school), seconds=START_SECONDS, what=what)
            started += group
        memory = (memory - _available_megabytes()) / len(started)
        say(
            f"{len(started)} schools ready after {time.monotonic() - began:.0f} s,"
            f" {memory:.0f} MB each; {_available_megabytes():.0f} MB are left."
        )
        busy, began = _processor_seconds(), time.monotonic()
        gates = _open(started, readers, until=began + seconds)
        if switch_over:
            time.sleep(seconds / 2)
            _switch_over(cluster)
        for gate in gates:
            gate.join(max(0.0, began + seconds + PATIENCE_SECONDS - time.monotonic()))
        busy, took = _processor_seconds() - busy, time.monotonic() - began
        return _tell(cluster, gates, seconds=took, busy=busy)


def _make_databases(cluster: SharedCluster) -> list["BenchReader"]:
    """That of the cluster is migrated and filled, those of the schools are copies of it: so its
    gates are theirs as well."""
    os.environ |= {
        "DATABASE_URL": cluster.direct_url_to(MODEL),
        "SECRET_KEY": cluster.values["SECRET_KEY"],
        # Not where the cluster is: what is there is closed to the account of the databases.
        "TRACKXPERT_STATE": str(cluster.folder("schools")),
        "WEB_WORKERS": "1",
    }
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    from tools.bench.taps_data import prepare

    gates, _ = prepare()
    connections.close_all()
    began = time.monotonic()
    with closing(psycopg2.connect(cluster.direct_url_to("postgres"))) as link:
        link.autocommit = True
        for school in cluster.schools:
            with link.cursor() as cursor:
                cursor.execute(
                    f'CREATE DATABASE "{school.database}" TEMPLATE "{MODEL}" STRATEGY FILE_COPY'
                )
    say(f"{cluster.number} databases copied in {time.monotonic() - began:.0f} s.")
    return gates


@contextmanager
def _node(cluster: SharedCluster, school: School) -> Iterator[None]:
    """All that `manage.py serve` would run; what it prepares is done, once for all."""
    from embedded.management.commands.serve import measures_of, programs

    environment = cluster.environment_of(school)
    measures_of(school.port).mkdir(parents=True, exist_ok=True)
    until_we_end = (programs_of_debian()["setpriv"], "--pdeathsig=TERM")
    with ExitStack() as stack:
        for program in programs("127.0.0.1", school.port):
            log = cluster.state / f"{school.database}-{program.name}.log"
            argv = (*until_we_end, *program.argv)
            stack.enter_context(_running(argv, {**environment, **program.env}, log))
        yield


@contextmanager
def _running(command: tuple[str, ...], environment: dict[str, str], log: Path) -> Iterator[None]:
    with (
        log.open("wb") as says,
        subprocess.Popen(  # noqa: S603 - our own
            command,
            env=os.environ | environment,
            stdout=says,
            stderr=says,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:  # with all that it has started; the databases are made anew the next time
            os.killpg(process.pid, signal.SIGKILL)


def _is_ready(school: School) -> bool:
    with closing(HTTPConnection("127.0.0.1", PORT, timeout=5)) as link:
        try:
            link.request("GET", "/readyz", headers={"Host": school.host})
            return link.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def _open(schools: list[School], readers: list["BenchReader"], *, until: float) -> list[Gate]:
    from tools.bench.taps_data import FIRST, LAST

    gates = []
    for school in schools:
        random = Random(school.number)  # noqa: S311 - who comes when is no secret
        students = random.sample(range(FIRST, LAST + 1), PEOPLE)
        for n, reader in enumerate(readers):
            gates.append(Gate(school, reader, students[n :: len(readers)], until, random))
    for gate in gates:
        gate.start()
    return gates


def _switch_over(cluster: SharedCluster) -> None:
    before, began = cluster.primary(), time.monotonic()
    with suppress(NothingThere):  # on a busy machine it is done and answered too late
        Faults(cluster).switch_over()
    until(
        lambda: cluster.primary() not in {None, before} and cluster.is_whole(),
        seconds=SWITCH_SECONDS,
        what=f"{before} is the primary, or the cluster is not whole",
    )
    after = time.monotonic() - began
    say(f"Switched over from {before} to {cluster.primary()}; whole after {after:.0f} s.")


def _processor_seconds() -> float:
    """Of all processes of this machine, others than ours too."""
    user, nice, system, _, _, *rest = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:8]
    )
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def _available_megabytes() -> float:
    found = re.search(r"MemAvailable: +(\d+)", Path("/proc/meminfo").read_text())
    assert found
    return int(found[1]) / 1024


def _tell(cluster: SharedCluster, gates: list[Gate], *, seconds: float, busy: float) -> bool:
    answered: dict[School, dict[str, float]] = {}
    for gate in gates:
        answered.setdefault(gate.school, {}).update(gate.took)
    kept = {school: _events_in(cluster, school) for school in answered}
    is_whole = all(kept[school] == Counter(answered[school].keys()) for school in answered)
    took = [each for events in answered.values() for each in events.values()]
    cuts = quantiles(took, n=100)
    worst = max(quantiles(events.values(), n=20)[18] for events in answered.values())
    share = busy / seconds / (os.cpu_count() or 1)
    say(
        f"{len(answered)} schools of {PEOPLE}, {seconds:.0f} s of their quarter of an hour:"
        f" {len(took)} taps, {len(took) / seconds:.0f} a second;"
        f" {sum(each.total() for each in kept.values())} in the ledgers,"
        f" {'each once' if is_whole else 'which are not these'};"
        f" {sum(gate.refusals for gate in gates)} refusals"
    )
    say(
        f"half in {median(took) * 1000:.0f} ms, 95% in {cuts[94] * 1000:.0f} ms,"
        f" 99% in {cuts[98] * 1000:.0f} ms, the last in {max(took):.1f} s;"
        f" 95% of the slowest school in {worst * 1000:.0f} ms;"
        f" processors {share:.0%} busy, others' work too"
    )
    return is_whole and not any(gate.is_alive() for gate in gates)


def _events_in(cluster: SharedCluster, school: School) -> Counter[str]:
    """How often each is in the ledger."""
    url = cluster.direct_url_to(school.database)
    with closing(psycopg2.connect(url)) as link, link.cursor() as cursor:
        cursor.execute("SELECT event_id FROM pos_tap")
        return Counter(event for (event,) in cursor)
