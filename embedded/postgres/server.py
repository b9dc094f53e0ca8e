"""Starting and stopping the private server."""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from . import postmaster
from .account import Account, server_account
from .binaries import Binaries, choose, copy_wheel, is_wheel
from .config import HOST_BASED_ACCESS, INCLUDE, settings_text
from .lease import hold_lease, last_one_out, start_lock
from .state import (
    DATABASE,
    ROLE,
    SUPERUSER,
    Home,
    PostgresError,
    control_dir,
    current_home,
    make_passwords,
    move_home_out,
    not_yours,
    password,
    replace_file,
    sync_folder,
)

FIRST_PORTS = range(54329, 54349)
# After kill -9 of the postmaster, its backends and their shared memory live a little longer.
RETRY_SECONDS = 30.0
# Crash recovery may have a gigabyte of log to read; pg_ctl returns at once when the server dies.
START_SECONDS = 300
KEPT_LOGS = 5
SHOWN_LOG_LINES = 15


def is_alive() -> bool:
    """Whether the postmaster lives; cheap enough to ask several times a second."""
    return postmaster.running_pid(current_home()) is not None


def ensure_running() -> bool:
    """Starts the server unless it runs; true when this call started it.

    The first start also makes the data folder and the database. The caller counts as a user of the
    server from here on (see `hold_lease`).
    """
    try:
        hold_lease()
        if postmaster.is_ready(current_home()):
            return False
        with start_lock():
            return _start_if_down()
    except PermissionError as error:
        raise not_yours(error) from error


def stop() -> bool:
    """Stops the server, whoever uses it; true when it ran."""
    with start_lock():
        _keep_mark().unlink(missing_ok=True)
        return postmaster.shut_down(current_home())


def stop_if_unused() -> bool:
    """The last one out: stops the server if no other process uses it; true when it stopped it.

    A server that an operator started (`keep_running`) stays.
    """
    with last_one_out() as alone:
        return alone and not _keep_mark().exists() and stop()


def keep_running() -> None:
    """From here on the server stays until somebody stops it expressly."""
    _keep_mark().touch()


def _keep_mark() -> Path:
    return control_dir() / "keep"


def _start_if_down() -> bool:
    home = _home_within_reach(current_home())
    if _settles_ready(home):
        return False
    account = server_account(home)
    binaries = _executable_by(account, choose(home.data_major()), home)
    if not home.has_data():
        if home.kept_data():
            raise PostgresError(
                f"There is no {home.data}, and data of before an upgrade beside it: "
                "`python -m embedded.postgres go-back` puts that into its place."
            )
        make_data(home, account, binaries)
    if not home.passwords.exists():
        raise PostgresError(f"{home.passwords} is gone; without it nobody can log in.")
    start_server(home, account, binaries)
    return True


def _settles_ready(home: Home) -> bool:
    """Waits for a server that somebody else is starting or stopping right now."""
    deadline = time.monotonic() + START_SECONDS
    while postmaster.running_pid(home) is not None:
        if postmaster.is_ready(home):
            return True
        if time.monotonic() > deadline:
            raise PostgresError(f"PostgreSQL runs but does not become ready; see {home.logs}.")
        time.sleep(0.05)
    return False


def _home_within_reach(home: Home) -> Home:
    """For root with a state folder below a private one, a home that the server can reach."""
    if server_account(home).can_enter(home.path):
        return home
    if home.has_data():
        raise PostgresError(
            f"The account that owns {home.data} can no longer reach it: make the folders above it"
            " passable (chmod o+x), or set TRACKXPERT_STATE."
        )
    return move_home_out(control_dir())


def _executable_by(account: Account, binaries: Binaries, home: Home) -> Binaries:
    if account.can_enter(Path(binaries.program("postgres"))):
        return binaries
    if is_wheel(binaries):
        return copy_wheel(binaries, home.path)
    raise PostgresError(f"The account that runs PostgreSQL cannot execute {binaries.path}.")


def make_data(home: Home, account: Account, binaries: Binaries) -> None:
    """Makes the data folder under another name, and renames it when nothing is missing.

    A start that was killed halfway leaves a draft, never data that looks complete. Each draft has a
    name of its own, because the programs of the killed start may still be writing into theirs.
    """
    for draft in home.path.glob("draft-*"):
        shutil.rmtree(draft, ignore_errors=True)
    if not home.passwords.exists():
        make_passwords(home)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home.path))
    account.own_folder(draft)
    _initdb(draft, account, binaries)
    account.write(draft / "pg_hba.conf", HOST_BASED_ACCESS)
    account.write(draft / "postgresql.conf", INCLUDE, append=True)
    _create_database(draft, home, account, binaries)
    account.require(binaries.program("initdb"), "--sync-only", "-D", str(draft))
    draft.rename(home.data)
    sync_folder(home.path)


def _initdb(draft: Path, account: Account, binaries: Binaries) -> None:
    """C.UTF-8 sorts by code point in every version, so that no upgrade breaks an index."""
    for locale in ("C.UTF-8", "C"):
        options = ("--encoding=UTF8", f"--locale={locale}", "--data-checksums", "--auth=reject")
        made = account.run(
            binaries.program("initdb"), "-D", str(draft), "-U", SUPERUSER, "--no-sync", *options
        )
        if made.returncode == 0:
            return
    raise PostgresError(f"initdb failed:\n{made.stdout}{made.stderr}")


def _create_database(draft: Path, home: Home, account: Account, binaries: Binaries) -> None:
    """Roles, passwords and the database, through a single-user server that reads from a pipe.

    The application's role is no superuser; CREATEDB is for the test database.
    """
    statements = (
        f"ALTER ROLE {SUPERUSER} PASSWORD '{password(home, SUPERUSER)}'",
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password(home, ROLE)}'",
        f"GRANT pg_monitor TO {ROLE}",
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
    )
    options = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")
    account.require(
        *(binaries.program("postgres"), "--single", "-D", str(draft), *options, "postgres"),
        text="\n".join(statements) + "\n",
    )


def start_server(home: Home, account: Account, binaries: Binaries) -> None:
    """Tries again where waiting or another port can help: see RETRY_SECONDS."""
    deadline = time.monotonic() + RETRY_SECONDS
    unclean = postmaster.has_leftover(home)
    account.own_folder(home.sockets)
    account.own_folder(home.logs)
    _prune_logs(home)
    while True:
        port = _free_port(home)
        started, output = _launch(home, account, binaries, port)
        if started:
            return
        if time.monotonic() > deadline or not (unclean or not _is_free(port)):
            raise PostgresError(f"PostgreSQL did not start.\n{output}\n{_last_log_lines(home)}")
        if unclean:
            postmaster.end_orphans(home)
        time.sleep(0.2)


def _launch(home: Home, account: Account, binaries: Binaries, port: int) -> tuple[bool, str]:
    postmaster.forget_leftover(home)
    early_log = home.logs / "startup.log"
    early_log.unlink(missing_ok=True)
    settings = settings_text(
        home,
        port,
        with_statistics=binaries.has_extension("pg_stat_statements"),
        with_lz4=_know_lz4(home, account, binaries),
    )
    replace_file(home.settings, settings)
    account.own_file(home.settings)
    # Before the start: a server whose starter is killed must not run on a port nobody knows.
    replace_file(home.port, str(port))
    started = account.run(
        *(binaries.program("pg_ctl"), "start", "--wait", "--timeout", str(START_SECONDS)),
        *("--pgdata", str(home.data), "--log", str(early_log)),
    )
    return started.returncode == 0, started.stdout + started.stderr


def _know_lz4(home: Home, account: Account, binaries: Binaries) -> bool:
    """Whether these programs were built with it; with a word they do not know they do not start."""
    name = "wal_compression"
    postgres = binaries.program("postgres")
    told = account.run(postgres, "-C", name, "-c", f"{name}=lz4", "-D", str(home.data))
    return told.stdout.strip() == "lz4"


def _free_port(home: Home) -> int:
    """The one asked for, else the last one, else the usual ones, else any."""
    if wanted := os.environ.get("TRACKXPERT_PG_PORT"):
        return _wanted_port(wanted)
    remembered = home.remembered_port()
    for port in ([remembered] if remembered else []) + list(FIRST_PORTS):
        if _is_free(port):
            return port
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


def _wanted_port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise PostgresError(f"TRACKXPERT_PG_PORT={text} is not a port number.")
    if not _is_free(int(text)):
        raise PostgresError(
            f"Port {text} (TRACKXPERT_PG_PORT) is taken by another program: choose another one,"
            " or leave the variable out and a free one is found."
        )
    return int(text)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As PostgreSQL does: connections that linger after a restart do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
    return True


def _logs(home: Home) -> list[Path]:
    """Oldest first: the names hold the time."""
    return sorted(home.logs.glob("postgresql-*.log"))


def _prune_logs(home: Home) -> None:
    for log in _logs(home)[:-KEPT_LOGS]:
        log.unlink(missing_ok=True)


def _last_log_lines(home: Home) -> str:
    def lines() -> Iterator[str]:
        for log in (*_logs(home)[-1:], home.logs / "startup.log"):
            if log.exists():
                yield f"Last lines of {log}:"
                yield from log.read_text(errors="replace").splitlines()[-SHOWN_LOG_LINES:]

    return "\n".join(lines())
