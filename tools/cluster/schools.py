"""The morning of many schools at once, on this machine: each has its own database and processes.

All of them begin in the same quarter of an hour, with 5,000 people each. One PostgreSQL has their
databases, one pgbouncer its sessions, and one HAProxy leads to their nodes by a map of names. What
runs for SECONDS of it is the whole of each school: web server, worker and events.
"""

import os
import re
import signal
import subprocess
import threading
import time
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
from urllib.parse import urlsplit

import psycopg2
from psycopg2.errors import DuplicateDatabase

from embedded import postgres
from embedded.postgres.state import state_dir
from tools.cluster.files import filled
from tools.cluster.machine import programs_of_debian, say, until

if TYPE_CHECKING:
    from tools.bench.taps_data import BenchReader

PEOPLE: Final = 5_000
QUARTER_OF_AN_HOUR: Final = 15 * 60
POOLER_PORT, FIRST_PORT = 9099, 9100
# Sessions of a school at once; it has more threads than that, which would each keep one.
POOL: Final = 2
STARTED_AT_ONCE: Final = 3
# With less memory than that no more are started.
SPARE_MEGABYTES: Final = 1500
# What each school is copied from.
MODEL: Final = "school"
START_SECONDS: Final = 600.0
# For those who stand at the gates when it is over.
PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True)
class School:
    number: int

    @property
    def host(self) -> str:
        return f"school{self.number}.localhost"

    @property
    def port(self) -> int:
        return FIRST_PORT + self.number

    @property
    def database(self) -> str:
        return f"{MODEL}_{self.number}"


@dataclass(eq=False)
class Gate(threading.Thread):
    """People come to it as chance has it. Somebody who waits behind others is waiting, too."""

    school: School
    reader: "BenchReader"
    students: list[int]
    until: float
    random: Random
    took: list[float] = field(default_factory=list)
    refusals: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        from tools.bench.taps_data import CARD_NUMBER, GATES

        a_second = PEOPLE / QUARTER_OF_AN_HOUR / GATES
        comes_at = time.monotonic() + self.random.expovariate(a_second)
        with closing(HTTPConnection("127.0.0.1", FIRST_PORT, timeout=20)) as link:
            while comes_at < self.until and self.students:
                time.sleep(max(0.0, comes_at - time.monotonic()))
                student = self.students.pop()
                tap = {"event_id": str(student), "card": f"{CARD_NUMBER}{student}"}
                while not self._is_taken(link, tap):
                    self.refusals += 1
                    time.sleep(0.5)
                self.took.append(time.monotonic() - comes_at)
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


def run_morning(*, schools: int, seconds: float) -> bool:
    """Whether every tap was taken, once; the last lines say how long people stood at the gate."""
    folder = state_dir() / "schools"
    os.environ["TRACKXPERT_STATE"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "trackxpert.settings"
    os.environ["WEB_WORKERS"] = "1"
    found = [School(number) for number in range(1, schools + 1)]
    postgres.ensure_running()
    try:
        readers = _make_databases(found)
        with ExitStack() as stack:
            stack.enter_context(_pooler(folder))
            stack.enter_context(_proxy(folder, found))
            began, memory = time.monotonic(), _available_megabytes()
            started: list[School] = []
            for group in (
                found[n : n + STARTED_AT_ONCE] for n in range(0, schools, STARTED_AT_ONCE)
            ):
                for school in group:
                    stack.enter_context(_node(folder, school))
                for school in group:
                    what = f"{school.host} is not ready"
                    until(partial(_is_ready, school), seconds=START_SECONDS, what=what)
                started += group
                if _available_megabytes() < SPARE_MEGABYTES:
                    break
            schools, memory = len(started), (memory - _available_megabytes()) / len(started)
            say(
                f"{schools} schools ready after {time.monotonic() - began:.0f} s,"
                f" {memory:.0f} MB each; {_available_megabytes():.0f} MB are left."
            )
            busy, began = _processor_seconds(), time.monotonic()
            gates = _open(started, readers, until=began + seconds)
            for gate in gates:
                gate.join(began + seconds + PATIENCE_SECONDS - time.monotonic())
            busy, took = _processor_seconds() - busy, time.monotonic() - began
        return _tell(gates, schools=schools, seconds=took, busy=busy)
    finally:
        postgres.stop_if_unused()


def _make_databases(schools: list[School]) -> list["BenchReader"]:
    """One is migrated and filled, the others are copies of it: so its gates are theirs as well.

    That one stays for the next time.
    """
    with suppress(DuplicateDatabase):
        _execute(f'CREATE DATABASE "{MODEL}" TEMPLATE template0')
    os.environ["DATABASE_URL"] = _url(MODEL)
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
    for school in schools:
        _execute(
            f'DROP DATABASE IF EXISTS "{school.database}" WITH (FORCE)',
            f'CREATE DATABASE "{school.database}" TEMPLATE "{MODEL}" STRATEGY FILE_COPY',
        )
    say(f"{len(schools)} databases copied in {time.monotonic() - began:.0f} s.")
    return gates


def _execute(*statements: str) -> None:
    with closing(psycopg2.connect(postgres.database_url())) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _url(database: str) -> str:
    return f"{postgres.database_url().rpartition('/')[0]}/{database}"


@contextmanager
def _pooler(folder: Path) -> Iterator[None]:
    server = urlsplit(postgres.database_url())
    config = folder / "schools.ini"
    config.touch(mode=0o600)
    config.write_text(
        f"[databases]\n* = host={server.hostname} port={server.port} user={server.username}"
        f" password={server.password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {POOLER_PORT}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {POOL}\nmax_client_conn = 4000\n"
    )
    # As root it does not run; it reads the file before it drops that.
    whom = ("-u", "nobody") if os.geteuid() == 0 else ()
    with _running((programs_of_debian()["pgbouncer"], "-q", *whom, str(config)), folder, "pooler"):
        yield


@contextmanager
def _proxy(folder: Path, schools: list[School]) -> Iterator[None]:
    names = folder / "schools.map"
    names.write_text("".join(f"{school.host} {school.database}\n" for school in schools))
    text = filled(
        Path(__file__).with_name("schools.cfg").read_text(),
        {"PORT": str(FIRST_PORT), "MAP": str(names)},
    )
    for school in schools:
        text += f"backend {school.database}\n    server web 127.0.0.1:{school.port}\n\n"
    config = folder / "schools.cfg"
    config.write_text(text)
    with _running((programs_of_debian()["haproxy"], "-db", "-f", str(config)), folder, "proxy"):
        yield


@contextmanager
def _node(folder: Path, school: School) -> Iterator[None]:
    """All that `manage.py serve` would run; what it prepares is done, once for all."""
    from embedded.management.commands.serve import measures_of, programs

    environment = {
        "DATABASE_URL": f"postgresql://trackxpert@127.0.0.1:{POOLER_PORT}/{school.database}",
        "DATABASE_DIRECT_URL": _url(school.database),
        "TRACKXPERT_DEMO": "0",
        "PUBLIC_URL": f"http://{school.host}:{FIRST_PORT}",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    measures_of(school.port).mkdir(parents=True, exist_ok=True)
    until_we_end = (programs_of_debian()["setpriv"], "--pdeathsig=TERM")
    with ExitStack() as stack:
        for program in programs("127.0.0.1", school.port):
            name = f"{school.database}-{program.name}"
            argv = (*until_we_end, *program.argv)
            stack.enter_context(_running(argv, folder, name, {**environment, **program.env}))
        yield


@contextmanager
def _running(
    command: tuple[str, ...], folder: Path, name: str, environment: dict[str, str] | None = None
) -> Iterator[None]:
    with (
        (folder / f"{name}.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own
            command,
            env=os.environ | (environment or {}),
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:  # with all that it has started; the databases are made anew the next time
            os.killpg(process.pid, signal.SIGKILL)


def _is_ready(school: School) -> bool:
    with closing(HTTPConnection("127.0.0.1", FIRST_PORT, timeout=5)) as link:
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


def _tell(gates: list[Gate], *, schools: int, seconds: float, busy: float) -> bool:
    took = [each for gate in gates for each in gate.took]
    cuts = quantiles(took, n=100)
    worst = max(
        quantiles([each for gate in gates if gate.school == school for each in gate.took], n=20)[18]
        for school in {gate.school for gate in gates}
    )
    kept = sum(_taps_in(school) for school in {gate.school for gate in gates})
    share = busy / seconds / (os.cpu_count() or 1)
    say(
        f"{schools} schools of {PEOPLE}, {seconds:.0f} s of their quarter of an hour:"
        f" {len(took)} taps, {len(took) / seconds:.0f} a second;"
        f" {kept} in the ledgers; {sum(gate.refusals for gate in gates)} refusals"
    )
    say(
        f"half in {median(took) * 1000:.0f} ms, 95% in {cuts[94] * 1000:.0f} ms,"
        f" 99% in {cuts[98] * 1000:.0f} ms; 95% of the slowest school in {worst * 1000:.0f} ms;"
        f" processors {share:.0%} busy, others' work too"
    )
    return kept == len(took) and not any(gate.is_alive() for gate in gates)


def _taps_in(school: School) -> int:
    with closing(psycopg2.connect(_url(school.database))) as link, link.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pos_tap")
        (taps,) = cursor.fetchone() or (0,)
        return int(taps)
