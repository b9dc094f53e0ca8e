"""From one major version of PostgreSQL to the next: a dump, loaded into data of its own, and back.

The old data stays as it was, beside the new (`data-15`). Until the new is whole and has been
compared, row by row, the old is what the server uses; two renames then change them over.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import postmaster
from .account import server_account
from .binaries import Binaries, choose, usable
from .comparing import DIGEST, PLAIN, TABLES
from .lease import start_lock
from .server import make_data, start_server
from .state import (
    DATABASE,
    Home,
    PostgresError,
    current_home,
    major_of,
    make_folder,
    replace_file,
    sync_folder,
)

# A statement for each table, and what each of them says. psql fills in the digest, as a literal.
COUNT_ROWS = f"""
{"; ".join(f"SET {name} = {value}" for name, value in PLAIN.items())};
\\set counts 'count(*), {DIGEST.replace("'", "''")}'
SELECT format('SELECT %L, %s FROM public.%I AS each', tablename, :'counts', tablename)
FROM ({TABLES}) AS each
\\gexec
"""  # noqa: S608 - of constants
QUIETLY = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
DUMP = ("--format=custom", "--no-owner", "--no-privileges")
LOAD = ("--no-owner", "--no-privileges", "--no-comments", "--single-transaction")


def upgrade() -> tuple[int, int, int]:
    """To the newest version that is here, or that of TRACKXPERT_PG_BIN: from, to, and rows.

    Raises PostgresError: while the server runs, and with the old data in its place.
    """
    with start_lock():
        home = _stopped_home()
        old_major = home.data_major()
        if old_major is None:
            raise PostgresError("There is no database yet.")
        new = _newest()
        if new.major <= old_major:
            raise PostgresError(f"The data is of PostgreSQL {old_major}; no newer one is here.")
        if home.kept(old_major).exists():
            raise PostgresError(f"{home.kept(old_major)} is there already: move it away first.")
        old = _of_major(old_major)
        _require_room(home)
        draft = Home(home.path / "upgrade")
        shutil.rmtree(draft.path, ignore_errors=True)
        make_folder(draft.path)
        try:
            rows = _make(home, draft, old, new)
            _change_over(home, draft.data, home.kept(old_major))
        finally:
            shutil.rmtree(draft.path, ignore_errors=True)
        return old_major, new.major, rows


def go_back() -> tuple[int, Path | None]:
    """To the data of before the last upgrade: its version, and where what was written since is.

    None where there is nothing of that: an upgrade was killed between its two renames.
    """
    with start_lock():
        home = _stopped_home()
        before = home.kept_data()
        if not before:
            raise PostgresError("There is no data of an older version.")
        older, now = before[-1], home.data_major()
        major = major_of(older)
        given_up = home.given_up(now) if now else None
        _change_over(home, older, given_up)
        return major, given_up


def _stopped_home() -> Home:
    home = current_home()
    if postmaster.running_pid(home) is not None:
        raise PostgresError("PostgreSQL runs: stop TrackXpert first, then this again.")
    return home


def _newest() -> Binaries:
    found = usable()
    if os.environ.get("TRACKXPERT_PG_BIN") or not found:
        return choose(None)
    return max(found, key=lambda each: each.major)


def _of_major(major: int) -> Binaries:
    for each in usable():
        if each.major == major:
            return each
    raise PostgresError(f"The programs of PostgreSQL {major}, which wrote the data, are not here.")


def _require_room(home: Home) -> None:
    files = (path for path in home.data.rglob("*") if path.is_file())
    needed = 2 * sum(path.stat().st_size for path in files)
    if shutil.disk_usage(home.path).free < needed:
        raise PostgresError(f"{home.path} has no {needed // 2**20} MB free for a second database.")


def _make(home: Home, draft: Home, old: Binaries, new: Binaries) -> int:
    """The new data, whole and compared; how many rows it has."""
    account = server_account(home)
    replace_file(draft.passwords, home.passwords.read_text())
    dump = str(draft.path / "dump")
    with _running(home, old):
        _run(home, new, "pg_dump", *DUMP, f"--file={dump}")
        before = _run(home, new, "psql", *QUIETLY, text=COUNT_ROWS)
    make_data(draft, account, new)
    with _running(draft, new):
        _run(draft, new, "pg_restore", *LOAD, f"--dbname={DATABASE}", dump)
        after = _run(draft, new, "psql", *QUIETLY, text=COUNT_ROWS)
        _run(draft, new, "psql", *QUIETLY, text="ANALYZE")
    if before != after:
        lines = set(before.splitlines()) ^ set(after.splitlines())
        tables = ", ".join(sorted({line.partition("|")[0] for line in lines}))
        raise PostgresError(f"Nothing was changed: the new database differs in {tables}.")
    return sum(int(line.split("|")[1]) for line in after.splitlines())


@contextmanager
def _running(home: Home, binaries: Binaries) -> Iterator[None]:
    start_server(home, server_account(home), binaries)
    try:
        yield
    finally:
        postmaster.shut_down(home)


def _run(home: Home, binaries: Binaries, name: str, *arguments: str, text: str = "") -> str:
    """A program of the new version, which reads servers of older ones, as the application."""
    done = subprocess.run(  # noqa: S603 - the programs chosen in binaries.py
        [binaries.program(name), *arguments],
        input=text,
        env=os.environ | home.login(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PostgresError(f"Nothing was changed: {name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _change_over(home: Home, new: Path, kept: Path | None) -> None:
    """Between the two renames there is no data, which a start refuses (`Home.kept_data`)."""
    if kept:
        home.data.rename(kept)
    new.rename(home.data)
    sync_folder(home.path)
