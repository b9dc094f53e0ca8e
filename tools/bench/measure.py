"""Medians of requests, and pgbench beside them."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import unquote, urlsplit

from embedded import postgres
from embedded.postgres import binaries, state
from tools.bench.stack import connected, execute, request

FOLDER = Path(__file__).parent
CLIENTS = 8
SECONDS = 5


def latency_ms(port: int, path: str, token: str, *, times: int = 60) -> float:
    """The median of `times` requests, one after another on one connection, in milliseconds."""
    samples = []
    with connected(port) as connection:
        for _ in range(times):
            begin = time.perf_counter()
            status, body = request(connection, "GET", path, token=token)
            samples.append(time.perf_counter() - begin)
            assert status == 200, (path, status, body[:200])
    return median(samples) * 1000


def requests_per_second(port: int, path: str, token: str) -> float:
    """What CLIENTS connections get through together."""
    deadline = time.perf_counter() + SECONDS

    def work(client: int) -> int:
        done = 0
        with connected(port) as connection:
            while time.perf_counter() < deadline:
                assert request(connection, "GET", path, token=token)[0] == 200
                done += 1
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(work, range(CLIENTS))) / SECONDS


def pgbench_per_second(script: str, options: Sequence[str] = ("-T", str(SECONDS))) -> float:
    """Transactions per second of this script with CLIENTS clients, without us."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script)
        return _pgbench(file, *options)


def lay_out_yardstick() -> None:
    """Make the scratch schema of `yardstick.pgbench` anew."""
    execute((FOLDER / "yardstick.sql").read_text())


def yardstick_per_second() -> float:
    """What PostgreSQL does here and now, if nobody but pgbench asks it: see `yardstick.sql`."""
    return _pgbench(FOLDER / "yardstick.pgbench", "-M", "prepared", "-T", str(SECONDS))


def _pgbench(file: Path, *options: str) -> float:
    url = urlsplit(postgres.database_url())
    programs = binaries.choose(state.current_home().data_major()).path
    done = subprocess.run(
        [
            str(programs / "pgbench"),
            *("-h", str(url.hostname), "-p", str(url.port), "-U", str(url.username)),
            *("-c", str(CLIENTS), "-j", "2", "-n", *options, "-f", str(file)),
            url.path.lstrip("/"),
        ],
        env={**os.environ, "PGPASSWORD": unquote(url.password or "")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


# --- processor time -----------------------------------------------------------------------------

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """What a process and all that it started have used, also those that have ended."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        number = int(folder.name)
        children.setdefault(int(fields[1]), []).append(number)
        used[number] = sum(map(int, fields[11:15])) / TICKS
    total, todo = 0.0, [pid]
    while todo:
        one = todo.pop()
        total += used.get(one, 0.0)
        todo += children.get(one, ())
    return total
