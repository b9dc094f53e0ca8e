"""`manage.py serve`: the whole of TrackXpert on this machine, until Ctrl-C."""

import contextlib
import http.client
import io
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import OperationalError, connection, connections

from embedded import lanes, memory, postgres, supervisor
from embedded.address import address, is_loopback, shown_host
from embedded.private_files import close_to_others, empty_folder
from embedded.supervisor import AlreadyRunningError, Program, StopRequested, StopSignals

DEMO_LOGINS = ("admin", "officer", "attendance", "kitchen", "discipline", "head", "teacher")
DEMO_PASSWORD = "trackxpert-demo"  # noqa: S105 - published, and made only for demo data
# Any number that no other program takes on this database.
PREPARATION_LOCK = 7_431_968_205
READY_SECONDS = 90.0
WORKER_CLASS = "embedded.web_worker.WholeRequestWorker"
# Of one process; a connection that only waits costs it a descriptor and 4 kB.
MOST_CONNECTIONS = 4096
DATABASE_RETRY_SECONDS = 5.0
# As gunicorn writes it, with the id of the request.
ACCESS_LINE = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %({x-request-id}o)s'


class Command(BaseCommand):
    setup_code = ""
    help = "Prepares the database, runs the web server and the background worker until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--die-with-parent",
            action="store_true",
            help="Stop when the program that started this one ends, even by kill -9.",
        )

    def handle(self, *args: Any, die_with_parent: bool, **options: Any) -> None:
        parent = os.getppid() if die_with_parent else None
        if die_with_parent:
            supervisor.die_with_parent()
        supervisor.adopt_orphans()
        with StopSignals() as signals:
            try:
                self.run_until_stopped(signals, parent)
            except StopRequested:
                self.say("Stopped.")
            except postgres.PostgresError as error:
                raise CommandError(str(error)) from error
            finally:
                signals.defer()
                self.leave_database()

    def run_until_stopped(self, signals: StopSignals, parent: int | None) -> None:
        try:
            host, port = address()
        except ValueError as error:
            raise CommandError(str(error)) from error
        runs = settings.STATE_DIR / "run"
        for name in supervisor.end_leftovers(runs):
            self.say(f"Ended {name}, left over from a run that was killed.")
        with claimed(runs / str(port), host, port):
            refuse_taken_port(host, port)
            empty_folder(measures_of(port))
            logins = self.prepare(host)
            ready = supervisor.Supervisor(
                programs(host, port),
                runs / str(port),
                signals=signals,
                say=self.say,
                watch=DatabaseKeeper(self.say),
                parent=parent,
            ).run(
                is_ready=lambda: answers_ready(host, port),
                on_ready=lambda: self.welcome(host, port, logins),
                ready_within=READY_SECONDS,
            )
        if not ready:
            raise CommandError(f"TrackXpert was not ready after {READY_SECONDS:g} s; see above.")
        self.say("Stopped.")

    def prepare(self, host: str) -> list[str]:
        """Schema, static files and demo data, by one process at a time; the demo's logins.

        Where others reach the server there is no demo, and nobody with its password.
        """
        if settings.EMBEDDED_DATABASE:
            postgres.ensure_running()
        self.say("Preparing the database and the static files.")
        home = postgres.current_home()
        if closed := close_to_others(settings.STATE_DIR, home.path, data=home.data):
            self.say(f"Closed {closed} files and folders to other accounts of this machine.")
        require_database()
        with preparation_lock():
            call_command("migrate", interactive=False, verbosity=0)
            if settings.MEDIA_ROOT.is_dir():  # of a version that kept files there
                call_command("move_files", source="folder", stdout=self.stdout)
            call_command("collectstatic", interactive=False, verbosity=0)
            if others_reach(host):
                refuse_demo_logins()
            elif settings.DEMO_ENABLED:
                call_command("load_demo", if_empty=True)
            self.setup_code = new_setup_code()
        logins = demo_logins()
        connections.close_all()
        return logins

    def welcome(self, host: str, port: int, logins: list[str]) -> None:
        url = f"http://{shown_host(host)}:{port}"
        lines = [
            "",
            f"TrackXpert is ready:  {url}/",
            f"Registration office:  {url}/admin/",
            f"API documentation:    {url}/api/docs/",
        ]
        if logins:
            lines.append(f"Demo logins:          {', '.join(logins)}; password {DEMO_PASSWORD}")
        if self.setup_code:
            lines.append(f"First administrator:  {url}/setup/ with the code {self.setup_code}")
        lines += ["Ctrl-C stops it.", ""]
        self.say("\n".join(lines))

    def leave_database(self) -> None:
        connections.close_all()
        if settings.EMBEDDED_DATABASE:
            try:
                postgres.stop_if_unused()
            except postgres.PostgresError as error:
                self.say(str(error))
            supervisor.reap_orphans()

    def say(self, text: str) -> None:
        # The terminal may be gone, which is no reason to leave anything running.
        with contextlib.suppress(OSError):
            self.stdout.write(text)
            self.stdout.flush()


class DatabaseKeeper:
    """Starts the embedded server again when it died; called on each turn of the supervisor."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.due_at = 0.0

    def __call__(self) -> None:
        if not settings.EMBEDDED_DATABASE or time.monotonic() < self.due_at:
            return
        try:
            if not postgres.is_alive() and postgres.ensure_running():
                self.say("The database had ended; it runs again.")
        except postgres.PostgresError as error:
            self.say(f"The database cannot be started again: {error}")
            self.due_at = time.monotonic() + DATABASE_RETRY_SECONDS


@contextlib.contextmanager
def claimed(folder: Path, host: str, port: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(supervisor.claim(folder))
        except AlreadyRunningError as error:
            raise CommandError(
                f"TrackXpert already runs from {settings.STATE_DIR} on port {port}:"
                f" http://{shown_host(host)}:{port}/. Stop it first, or choose another PORT."
            ) from error
        yield


def refuse_taken_port(host: str, port: int) -> None:
    """Says so at once, rather than after the migrations."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen()
    except OSError as error:
        raise CommandError(
            f"Port {port} on {host} cannot be used ({error.strerror}):"
            " stop the program that has it, or choose another PORT."
        ) from error


def others_reach(host: str) -> bool:
    """Whether the server listens to other machines, or stands behind a name of its own."""
    return not (is_loopback(host) and is_loopback(urlsplit(settings.PUBLIC_URL).hostname or ""))


def refuse_demo_logins() -> None:
    """As `check --deploy` does: the check is the root's (`trackxpert/checks.py`)."""
    problems = checks.run_checks(tags=["going_live"], include_deployment_checks=True)
    if problems:
        told = "\n".join(f"{problem.msg} {problem.hint}" for problem in problems)
        raise CommandError(f"Others can reach this server, so it does not start.\n{told}")


def new_setup_code() -> str:
    """With which the first administrator is made; empty where there is one."""
    if get_user_model().objects.exists():
        return ""
    told = io.StringIO()
    call_command("setup_code", stdout=told)
    return told.getvalue().strip()


def require_database() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {error}") from error


@contextlib.contextmanager
def preparation_lock() -> Iterator[None]:
    """Asks again and again instead of waiting in the database.

    A session that waits inside a statement holds a snapshot, for which CREATE INDEX CONCURRENTLY in
    the other one's migration would wait in turn.
    """
    with connection.cursor() as cursor:
        while not _locks(cursor, "pg_try_advisory_lock"):
            time.sleep(0.2)
        try:
            yield
        finally:
            _locks(cursor, "pg_advisory_unlock")


def _locks(cursor: Any, function: str) -> bool:
    cursor.execute(f"SELECT {function}(%s)", [PREPARATION_LOCK])
    return bool(cursor.fetchone()[0])


def measures_of(port: int) -> Path:
    """Where the processes of the web server write what they count, for all of them."""
    return settings.STATE_DIR / "run" / str(port) / "measures"


def programs(host: str, port: int) -> list[Program]:
    """The web server, the background worker, who acts upon events, and the bridge to a broker.

    ACCESS_LOG=1 writes a line for each request, with its id at the end.
    """
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    web = (
        *(sys.executable, "-m", "gunicorn", "trackxpert.wsgi:application", "--bind", bind),
        *("--chdir", str(settings.BASE_DIR), "--worker-class", WORKER_CLASS),
        *("--worker-connections", str(MOST_CONNECTIONS)),
        *("--workers", os.environ.get("WEB_WORKERS") or "2"),
        *("--threads", str(sum(settings.WEB_THREADS.values()))),
        *("--keep-alive", "75", "--graceful-timeout", "5", "--no-control-socket"),
        # No header of a client or a proxy may move addresses (SCRIPT_NAME) or change the scheme;
        # what a proxy says is Django's to believe (BEHIND_TLS_PROXY, TRUSTED_PROXIES).
        *("--forwarded-allow-ips", "", "--forwarder-headers", ""),
        *(
            ("--access-logformat", ACCESS_LINE, "--access-logfile", "-")
            if os.environ.get("ACCESS_LOG") == "1"
            else ()
        ),
    )
    manage = (sys.executable, str(settings.BASE_DIR / "manage.py"))
    # By `serve`; once more would load the pages of all apps into each of them.
    checked = ("--skip-checks",)
    web_environment = {
        lanes.VARIABLE: json.dumps(settings.WEB_THREADS),
        "PROMETHEUS_MULTIPROC_DIR": str(measures_of(port)),
        memory.ARENAS: os.environ.get(memory.ARENAS) or memory.FEW_ARENAS,
    }
    running = [
        Program("web", web, env=web_environment),
        Program("worker", (*manage, "qcluster", *checked)),
        Program("events", (*manage, "follow_events", *checked)),
    ]
    if settings.MQTT_URL:
        running.append(Program("mqtt", (*manage, "mqtt_bridge", *checked)))
    return running


def answers_ready(host: str, port: int) -> bool:
    """Whether our own server answers /readyz with 200, under a name that it accepts."""
    server = http.client.HTTPConnection(shown_host(host).strip("[]"), port, timeout=2)
    try:
        server.request("GET", "/readyz", headers={"Host": accepted_host()})
        return server.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        server.close()


def accepted_host() -> str:
    named = [host for host in settings.ALLOWED_HOSTS if host != "*"]
    return named[0].lstrip(".") if named else "localhost"


def demo_logins() -> list[str]:
    """The demo's users that exist, in the order of DEMO_LOGINS."""
    if not settings.DEMO_ENABLED:
        return []
    known = get_user_model().objects.filter(username__in=DEMO_LOGINS)
    found = set(known.values_list("username", flat=True))
    return [name for name in DEMO_LOGINS if name in found]
