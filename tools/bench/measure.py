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
from tools.bench.stack import connected, request

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
    """Transactions per second of the same SQL with as many clients, without us."""
    url = urlsplit(postgres.database_url())
    programs = binaries.choose(state.current_home().data_major()).path
    environment = {**os.environ, "PGPASSWORD": unquote(url.password or "")}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script)
        done = subprocess.run(
            [
                str(programs / "pgbench"),
                *("-h", str(url.hostname), "-p", str(url.port), "-U", str(url.username)),
                *("-c", str(CLIENTS), "-j", "2", "-n", *options, "-f", str(file)),
                url.path.lstrip("/"),
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])
