"""The server of `make run` on a database of its own, and the ways to it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from json import dumps, loads
from pathlib import Path
from typing import Any

import psycopg2

from embedded import postgres
from embedded.postgres.postmaster import running_pid
from embedded.postgres.state import SUPERUSER, current_home, password

ROOT = Path(__file__).resolve().parents[2]
# A database of its own; never the one that `make run` serves.
STATE = Path(os.environ.get("BENCH_STATE") or ROOT / "var" / "bench").resolve()
# Of the running server and of its database: what they and their children use is counted.
PROCESSES: dict[str, int] = {}
USERNAME, PASSWORD = "bench", "bench-bench-bench"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_server(*, state: Path, with_demo: bool) -> Iterator[int]:
    """Start everything on a state folder of its own, yield the port, stop everything."""
    port = free_port()
    state.mkdir(parents=True, exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRACKXPERT_STATE": str(state),
        "TRACKXPERT_DEMO": str(int(with_demo)),
        "THROTTLE_PRINT": "100000/min",
        "THROTTLE_PAIR": "100000/min",
    }
    command = [sys.executable, "manage.py", "serve"]
    log = (state / "serve.log").open("wb")
    with (
        log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as server,
    ):
        try:
            _wait_until_ready(port, server)
            PROCESSES["web"] = server.pid
            PROCESSES["database"] = running_pid(current_home()) or 0
            yield port
        finally:
            server.terminate()


def _wait_until_ready(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with connected(port) as connection:
                if request(connection, "GET", "/readyz")[0] == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server did not become ready; see serve.log in its state folder.")


def connected(port: int) -> "closing[HTTPConnection]":
    return closing(HTTPConnection("127.0.0.1", port))


def make_administrator() -> None:
    """Ignore that the name is taken: it was made by an earlier run on this state folder."""
    subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username", USERNAME],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SUPERUSER_PASSWORD": PASSWORD},
        capture_output=True,
        check=False,
    )


def request(
    connection: HTTPConnection, method: str, path: str, *, token: str = "", body: Any = None
) -> tuple[int, bytes]:
    """One request on a connection that is kept alive."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request(method, path, body and dumps(body), headers)
    response = connection.getresponse()
    return response.status, response.read()


def token_for(port: int) -> str:
    credentials = {"username": USERNAME, "password": PASSWORD}
    with connected(port) as connection:
        _, body = request(connection, "POST", "/api/token/", body=credentials)
    access: str = loads(body)["access"]
    return access


def execute(*statements: str | tuple[str, dict[str, Any]], as_superuser: bool = False) -> None:
    """Run SQL, each statement alone or with its parameters."""
    login: dict[str, Any] = {}
    if as_superuser:
        login = {"user": SUPERUSER, "password": password(current_home(), SUPERUSER)}
    url = os.environ.get("DATABASE_URL") or postgres.database_url()
    with closing(psycopg2.connect(url, **login)) as connection:
        connection.autocommit = True  # VACUUM runs outside a transaction only
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(*([statement] if isinstance(statement, str) else statement))
