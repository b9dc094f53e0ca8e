"""The database as it was at a moment, from pgBackRest's archive, beside the one that runs.

For a drill, for looking something up, and before a whole cluster is set back: what is there can be
compared, and nothing that runs notices.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg2

from embedded.postgres.account import Account
from embedded.postgres.binaries import choose
from embedded.postgres.comparing import TABLES
from tools.cluster.machine import STANZA, answers, say, until

DATABASE: Final = "trackxpert"
# Its own memory is small; it hears nobody but who may enter its folder, and them when all is there.
OPTIONS: Final = (
    "hot_standby=off",
    "listen_addresses=",
    "port=5432",
    "shared_buffers=64MB",
    "synchronous_standby_names=",
    "ssl=off",
)
ANYBODY_WHO_MAY_ENTER: Final = "local all all trust\n"
MOST_SECONDS: Final = 24 * 60 * 60
COUNT: Final = 'SELECT count(*) FROM "{table}"'
LATEST: Final = "SELECT max(received_at) FROM pos_tap"


@contextmanager
def database_of(moment: datetime | None, *, config: Path, account: Account) -> Iterator[str]:
    """Restored into a folder (of TMPDIR) that is deleted again; how to connect to it.

    `moment` is an instant; None: the latest that was archived. Raises PostgresError with what
    pgBackRest or PostgreSQL says, as for a moment that is before the oldest backup.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{STANZA}-moment-"))
    data, hba = folder / "data", folder / "pg_hba.conf"
    try:
        account.own_folder(folder)
        account.own_folder(data)
        account.write(hba, ANYBODY_WHO_MAY_ENTER)
        account.require(*_restore(moment, config=config, data=data))
        binaries = choose(int((data / "PG_VERSION").read_text()))
        pg_ctl = (binaries.program("pg_ctl"), "--pgdata", str(data), "--wait")
        settings = (*OPTIONS, f"unix_socket_directories={folder}", f"hba_file={hba}")
        told = " ".join(f"-c {setting}" for setting in settings)
        log = f"--log={folder / 'log'}"
        account.require(*pg_ctl, f"--timeout={MOST_SECONDS}", log, f"--options={told}", "start")
        link = f"host={folder} port=5432 user=postgres dbname={DATABASE}"
        try:
            until(lambda: answers(link), seconds=MOST_SECONDS, what="It is not restored")
            yield link
        finally:
            account.run(*pg_ctl, "--mode=fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _restore(moment: datetime | None, *, config: Path, data: Path) -> tuple[str, ...]:
    until = (
        ()
        if moment is None
        else (*("--type=time", f"--target={moment.isoformat(sep=' ')}", "--target-action=promote"),)
    )
    return (
        *("pgbackrest", f"--config={config}", f"--stanza={STANZA}", f"--pg1-path={data}", *until),
        # What it writes from now on is of another line, and no business of the archive.
        *("--archive-mode=off", f"--lock-path={data.parent}", f"--log-path={data.parent}"),
        "restore",
    )


def drill(moment: datetime | None, *, config: Path, account: Account) -> dict[str, int]:
    """Rows of each table at that moment, which are said too."""
    with (
        database_of(moment, config=config, account=account) as link,
        closing(psycopg2.connect(link)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(TABLES)
        rows = {table: _one(cursor, COUNT.format(table=table)) for (table,) in cursor.fetchall()}
        latest = _one(cursor, LATEST)
    for table, number in rows.items():
        say(f"{table}: {number}")
    say(f"{sum(rows.values())} rows; the latest tap came at {latest}.")
    return rows


def _one(cursor: Any, statement: str) -> Any:
    cursor.execute(statement)
    return cursor.fetchone()[0]
