"""Whoever writes sees it in the next list, though a replica has not come as far.

On a real standby of the server of the tests, which is told to read no more of its log.
"""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import issue_tokens
from core import replica
from core.models import LastWrite
from embedded import postgres
from embedded.postgres.account import Account, server_account
from embedded.postgres.binaries import choose
from embedded.postgres.state import SUPERUSER, current_home, password
from pos.tests.factories import make_reader

IS_OURS = not os.environ.get("DATABASE_URL")


def has_programs() -> bool:
    return IS_OURS and Path(choose(current_home().data_major()).program("pg_basebackup")).exists()


pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not has_programs(), reason="needs pg_basebackup, and a server of our own"),
]
STUDENT = {"first_name": "Asha", "surname": "Mushi"}


@pytest.fixture(scope="module")
def copied(django_db_setup: None) -> Iterator[int]:
    """The port of a standby."""
    postgres.ensure_running()
    account, programs = server_account(current_home()), choose(current_home().data_major())
    folder = Path(tempfile.mkdtemp(prefix="standby-"))
    data = folder / "data"
    for each in (folder, data):
        account.own_folder(each)
    said = {"host": "127.0.0.1", "port": connection.settings_dict["PORT"], "user": SUPERUSER}
    known = " ".join(f"{name}={value}" for name, value in said.items())
    account.require(
        *(programs.program("pg_basebackup"), f"--pgdata={data}", "--checkpoint=fast"),
        *(
            "--write-recovery-conf",
            f"--dbname={known} password={password(current_home(), SUPERUSER)}",
        ),
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    try:
        start(account, programs.program("pg_ctl"), folder, port)
        yield port
    finally:
        account.run(programs.program("pg_ctl"), f"--pgdata={data}", "--mode=immediate", "stop")
        shutil.rmtree(folder)


def start(account: Account, pg_ctl: str, folder: Path, port: int) -> None:
    """As many connections as the other one, or it does not follow; small otherwise."""
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "max_connections": 200,
        "shared_buffers": "32MB",
        "fsync": "off",
    }
    told = " ".join(f"-c {name}={value}" for name, value in options.items())
    account.require(
        *(pg_ctl, f"--pgdata={folder / 'data'}", "--wait", f"--log={folder / 'log'}"),
        *(f"--options={told}", "start"),
    )


@pytest.fixture
def standby(copied: int, settings: Any) -> Iterator[int]:
    """Lists are read there. It has what was written before the test, and something to go by."""
    settings.DATABASE_ROUTERS = ["core.replica.ReplicaRouter"]
    link: Any = connections.create_connection("default")
    link.settings_dict = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": copied}
    connections.settings[replica.REPLICA] = link.settings_dict
    connections[replica.REPLICA] = link
    LastWrite.objects.all().delete()
    catch_up(copied)
    yield copied
    connections[replica.REPLICA].close()
    del connections.settings[replica.REPLICA]
    del connections[replica.REPLICA]
    replica._rest.until = 0.0


def ask(port: int, statement: str, *values: Any) -> Any:
    link = psycopg2.connect(
        host="127.0.0.1",
        port=port,
        user=SUPERUSER,
        password=password(current_home(), SUPERUSER),
        dbname="postgres",
    )
    with closing(link) as opened, opened.cursor() as cursor:
        cursor.execute(statement, values)
        ((found,),) = cursor.fetchall()
        return found


def catch_up(port: int) -> None:
    """Something is committed that it has to come to, by which it knows its age."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        position = cursor.fetchone()[0]
    deadline = time.monotonic() + 10
    while not ask(port, "SELECT pg_last_wal_replay_lsn() >= %s", position):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def behind(port: int) -> Iterator[None]:
    """It reads no more of the log meanwhile."""
    ask(port, "SELECT 1 FROM pg_wal_replay_pause()")
    while ask(port, "SELECT pg_get_wal_replay_pause_state()") != "paused":
        time.sleep(0.01)
    try:
        yield
    finally:
        ask(port, "SELECT 1 FROM pg_wal_replay_resume()")


def listed(client: APIClient) -> tuple[int, bool]:
    """How many students the list shows, and whether they were read at the replica."""
    answer = client.get("/api/students/")
    assert answer.status_code == 200
    return answer.json()["count"], "X-Replica-Age" in answer.headers


def register(client: APIClient, number: int) -> None:
    person = {"registration_number": f"DIT/2024/{number:05}", **STUDENT}
    assert client.post("/api/students/", person, format="json").status_code == 201


def of_a_token(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=user)['access']}")
    return client


def test_who_writes_sees_it_at_once_and_others_when_the_replica_has_it(
    standby: int, officer: APIClient, administrator: APIClient
) -> None:
    with behind(standby):
        register(officer, 1)
        assert listed(officer) == (1, False)
        assert listed(administrator) == (0, True)
    catch_up(standby)
    assert listed(officer) == listed(administrator) == (1, True)


def test_it_holds_for_every_session_and_token_of_that_user(
    standby: int, make_user: Callable[..., User]
) -> None:
    """Which may be at another web node: what is known of it is in the database."""
    user = make_user("registration_officer")
    writing, reading, in_a_browser = of_a_token(user), of_a_token(user), APIClient()
    in_a_browser.force_login(user)
    with behind(standby):
        register(in_a_browser, 1)
        assert listed(reading) == listed(in_a_browser) == (1, False)
        register(writing, 2)
        assert listed(reading) == listed(in_a_browser) == (2, False)


def test_without_what_is_noted_it_would_not_be_seen(standby: int, officer: APIClient) -> None:
    with behind(standby):
        register(officer, 1)
        LastWrite.objects.all().delete()
        assert listed(officer) == (0, True)


def test_a_position_of_long_ago_holds_nobody(standby: int, officer: APIClient) -> None:
    """As after a restore into a database whose log begins anew."""
    register(officer, 1)
    LastWrite.objects.update(position=2**62)
    assert listed(officer) == (1, False)
    LastWrite.objects.update(written_at="2026-01-01T00:00Z")
    catch_up(standby)
    assert listed(officer) == (1, True)


def test_readers_and_whoever_only_reads_are_not_noted(standby: int, officer: APIClient) -> None:
    tap = {"event_id": "1", "card": "04A32B1C"}
    assert make_reader()[1].post("/api/pos/taps/", tap, format="json").status_code == 201
    listed(officer)
    assert not LastWrite.objects.exists()
