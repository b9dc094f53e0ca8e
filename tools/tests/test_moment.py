"""Back to a moment, by the files of `deploy/cluster/` and the real pgBackRest."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from django.db import connection

from cards.tests.factories import make_card
from embedded.postgres.account import Account, server_account
from embedded.postgres.binaries import Binaries, choose, client_programs
from embedded.postgres.comparing import PLAIN
from embedded.postgres.state import PostgresError, current_home
from operations.backups import content_of
from operations.figures import ARCHIVE
from pos.tests.factories import make_reader
from tools.cluster.files import FOLDER, read_values, write_files
from tools.cluster.machine import SECRETS
from tools.cluster.moment import database_of, drill

# The newest that Debian 12's pgBackRest knows.
NEWEST_MAJOR = 15


def binaries() -> Binaries | None:
    try:
        found = choose(None)
    except PostgresError:
        return None
    return found if found.major <= NEWEST_MAJOR else None


pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which("pgbackrest") is None, reason="needs pgbackrest (apt-get install pgbackrest)"
    ),
    pytest.mark.skipif(
        binaries() is None, reason=f"pgbackrest knows no PostgreSQL newer than {NEWEST_MAJOR}"
    ),
]


@dataclass(frozen=True)
class Archived:
    """A server that archives as a node of the cluster does."""

    folder: Path
    account: Account

    @property
    def config(self) -> Path:
        return self.folder / "pgbackrest.conf"

    def ask(self, database: str = "trackxpert") -> str:
        return f"host={self.folder} port=5432 user=postgres dbname={database}"

    def backrest(self, *command: str) -> None:
        self.account.require(
            "pgbackrest", f"--config={self.config}", "--stanza=trackxpert", *command
        )


@pytest.fixture
def archived() -> Iterator[Archived]:
    programs, account = choose(None), server_account(current_home())
    folder = Path(tempfile.mkdtemp(prefix="archived-"))
    data, archive = folder / "data", folder / "archive"
    here = {
        "PG_DATA": data,
        "PG_SOCKETS": folder,
        "ARCHIVE": archive,
        "ARCHIVE_CONFIG": folder / "pgbackrest.conf",
        "ARCHIVE_LOG": folder,
    }
    said = {**read_values(FOLDER / "values.env"), **dict.fromkeys(SECRETS, "0123456789abcdef")}
    write_files("db1", {**said, **{name: str(path) for name, path in here.items()}}, folder)
    for each in (folder, *folder.iterdir()):
        account.own_file(each)
    account.own_folder(archive)
    told = yaml.safe_load((folder / "patroni.yml").read_text())
    cluster = told["bootstrap"]["dcs"]["postgresql"]["parameters"]
    parameters = {
        "archive_mode": cluster["archive_mode"],
        "archive_command": told["postgresql"]["parameters"]["archive_command"],
        "unix_socket_directories": str(folder),
        "listen_addresses": "",
    }
    initdb = (
        programs.program("initdb"),
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    account.require(*initdb, "--auth=trust", str(data))
    lines = "".join(f"{name} = '{value}'\n" for name, value in parameters.items())
    account.write(data / "postgresql.conf", lines, append=True)
    pg_ctl = (programs.program("pg_ctl"), "--pgdata", str(data), "--wait")
    account.require(*pg_ctl, f"--log={folder / 'log'}", "start")
    try:
        yield Archived(folder, account)
    finally:
        account.run(*pg_ctl, "--mode=immediate", "stop")
        shutil.rmtree(folder)


@contextmanager
def session(link: str) -> Iterator[Any]:
    with closing(psycopg2.connect(link)) as opened:
        opened.autocommit = True
        with opened.cursor() as cursor:
            for name, value in PLAIN.items():
                cursor.execute(f"SET {name} = {value}")
            yield cursor


def content(link: str) -> dict[str, list[Any]]:
    """Rows and a digest of each table."""
    with session(link) as cursor:
        tables: dict[str, list[Any]] = content_of(cursor)["tables"]
    return tables


def fill(archived: Archived) -> None:
    """With the schema and the rows of the tests' database."""
    with session(archived.ask("postgres")) as cursor:
        cursor.execute("CREATE DATABASE trackxpert")
    script = archived.folder / "rows.sql"
    settings = connection.settings_dict
    major = connection.cursor().connection.server_version // 10000
    dump = (client_programs("pg_dump", major), "--no-owner", "--no-privileges", f"--file={script}")
    known = {"PGPASSWORD": settings["PASSWORD"], "PGUSER": settings["USER"]}
    where = {"PGHOST": settings["HOST"], "PGPORT": str(settings["PORT"])}
    subprocess.run([*dump, settings["NAME"]], env={**os.environ, **known, **where}, check=True)
    archived.account.own_file(script)
    psql = (choose(None).program("psql"), "--quiet", "--no-psqlrc", f"--file={script}")
    archived.account.require(*psql, "--set=ON_ERROR_STOP=1", archived.ask())


def now(archived: Archived) -> datetime:
    with session(archived.ask()) as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment.astimezone(UTC)


def test_a_moment_before_a_mistake_is_there_row_by_row(archived: Archived) -> None:
    reader = make_reader()[1]
    for event in ("before", "between"):
        reader.post("/api/pos/taps/", {"card": make_card().rfid_number, "event_id": event})
    fill(archived)
    archived.backrest("stanza-create")
    archived.backrest("--type=full", "backup")
    with session(archived.ask()) as cursor:
        cursor.execute("SELECT pg_sleep(1.1)")  # pgBackRest counts the ends of backups in seconds
        cursor.execute("UPDATE people_person SET first_name = 'Changed after the backup'")
    before, known = now(archived), content(archived.ask())
    with session(archived.ask()) as cursor:
        cursor.execute("DROP TABLE pos_tap CASCADE")
        cursor.execute("SELECT pg_switch_wal()")
    archived.backrest("check")
    with database_of(before, config=archived.config, account=archived.account) as link:
        assert content(link) == known
    rows = drill(before, config=archived.config, account=archived.account)
    assert rows["pos_tap"] == 2
    with database_of(None, config=archived.config, account=archived.account) as link:
        assert content(link).keys() == known.keys() - {"pos_tap"}
    with pytest.raises(PostgresError, match="backup set"):
        drill(before - timedelta(days=1), config=archived.config, account=archived.account)
    assert "pos_tap" not in content(archived.ask())


def test_an_archive_that_takes_nothing_is_noticed(archived: Archived) -> None:
    """By what the primary says of itself; `backup_stale` goes by it."""
    link = archived.ask("postgres")
    archived.backrest("stanza-create")

    def failing_for() -> float | None:
        with session(link) as cursor:
            cursor.execute("SELECT pg_switch_wal()")
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(ARCHIVE)
            found = cursor.fetchone()
        return float(found[0]) if found else None

    with session(link) as cursor:
        cursor.execute("CREATE TABLE written ()")
    assert failing_for() is None
    for command, is_failing in (("false", True), ("true", False)):
        with session(link) as cursor:
            cursor.execute(f"ALTER SYSTEM SET archive_command = '{command}'")
            cursor.execute("SELECT pg_reload_conf()")
        with session(link) as cursor:
            cursor.execute("DROP TABLE IF EXISTS written; CREATE TABLE written ()")
        deadline = time.monotonic() + 20
        while (failing_for() is not None) is not is_failing:
            assert time.monotonic() < deadline, command
            time.sleep(0.05)
