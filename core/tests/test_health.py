import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from conftest import IS_EMBEDDED
from core.models import WriteProbe
from core.tests.product import Answer, ask, served
from embedded.postgres.account import server_account
from embedded.postgres.state import SUPERUSER, current_home, password


def test_a_living_process_says_so_without_the_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_ready_when_the_database_answers_and_is_migrated(client: Client) -> None:
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="students").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["code"] == "not_ready"
    assert response["Retry-After"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_never_cached_and_only_read(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
    assert client.post(path).status_code == 405


# --- whether a row can be written ----------------------------------------------------------------


@pytest.mark.django_db
def test_however_often_it_is_asked_there_is_one_row(client: Client) -> None:
    for _ in range(3):
        assert client.get("/readyz").status_code == 200
    assert WriteProbe.objects.count() == 1


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_nothing_grows_however_often_it_is_asked(client: Client) -> None:
    def pages() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_size('core_writeprobe') / 8192")
            size: int = cursor.fetchone()[0]
            return size

    def grows() -> bool:
        before = pages()
        for _ in range(200):  # some 185 of its rows fill a page
            assert client.get("/readyz").status_code == 200
        return pages() > before

    # While the autovacuum looks at any table, no row that is dead is made room of.
    assert not all(grows() for _ in range(30))


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_not_ready_on_a_database_that_takes_no_writes(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        response = client.get("/readyz")
    finally:
        connection.close()
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["detail"].startswith("Nothing can be recorded")
    assert client.get("/readyz").status_code == 200


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_not_ready_while_somebody_holds_what_it_writes(client: Client) -> None:
    client.get("/readyz")
    other = psycopg2.connect(**connection.get_connection_params())
    other.cursor().execute("LOCK TABLE core_writeprobe")
    began = time.monotonic()
    assert client.get("/readyz").status_code == 503
    assert time.monotonic() - began < 3
    other.close()
    assert client.get("/readyz").status_code == 200


@contextmanager
def superuser() -> Iterator[Any]:
    """Of the embedded server, outside of transactions."""
    login = {"user": SUPERUSER, "password": password(current_home(), SUPERUSER)}
    link = psycopg2.connect(**connection.get_connection_params() | login)
    link.autocommit = True
    try:
        yield link.cursor()
    finally:
        link.close()


@pytest.fixture
def small_disk(transactional_db: None) -> Iterator[Path]:
    """A file system of four megabytes, where PostgreSQL keeps what it keeps for a moment."""
    disk = Path(tempfile.mkdtemp(prefix="small-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs", str(disk)]
    if not IS_EMBEDDED or os.geteuid() or subprocess.run(mount, check=False).returncode:
        disk.rmdir()
        pytest.skip("only root mounts a file system, and only the embedded server sees it")
    (disk / "space").mkdir()
    account = server_account(current_home())
    os.chown(disk / "space", account.uid or 0, account.gid or 0)
    with superuser() as cursor:
        cursor.execute(f"CREATE TABLESPACE small_disk LOCATION '{disk / 'space'}'")
        cursor.execute("GRANT CREATE ON TABLESPACE small_disk TO PUBLIC")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET temp_tablespaces = small_disk")
        yield disk
    finally:
        connection.close()
        with superuser() as cursor:
            cursor.execute("DROP TABLESPACE small_disk")
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()


def test_not_ready_on_a_full_disk_and_ready_when_there_is_room(
    client: Client, small_disk: Path
) -> None:
    assert client.get("/readyz").status_code == 200
    filler = small_disk / "filler"
    with suppress(OSError):  # that there is no space left
        filler.write_bytes(bytes(8 * 1024 * 1024))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["detail"].startswith("The database has no room left")
    filler.unlink()
    assert client.get("/readyz").status_code == 200


# --- whatever holds the threads ------------------------------------------------------------------


@pytest.fixture
def held_up(transactional_db: None) -> Iterator[Callable[[int, int], Collection["Future[Answer]"]]]:
    """`held_up(port, 8)`: so many requests for pages, which wait for a table that is locked."""
    other = psycopg2.connect(**connection.get_connection_params())
    other.cursor().execute("LOCK TABLE accounts_user")
    with ThreadPoolExecutor(8) as callers:

        def wait(port: int, count: int) -> Collection["Future[Answer]"]:
            body, headers = b'{"username": "a", "password": "b"}', {"Content-Type": JSON}
            ask_page = partial(ask, port, "POST", "/api/token/", body, headers)
            waiting = [callers.submit(ask_page) for _ in range(count)]
            with other.cursor() as cursor:
                while cursor.execute(WAITERS) or cursor.fetchone() != (2,):
                    time.sleep(0.01)
            return waiting

        yield wait
        other.close()


JSON = "application/json"
WAITERS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def test_a_process_says_that_it_lives_while_every_page_waits(held_up: Any) -> None:
    """Four for each thread that there is."""
    with served(lanes={"pages": 2, "health": 1}, LOCK_TIMEOUT="2") as port:
        waiting = held_up(port, 8)
        for _ in range(10):
            began = time.monotonic()
            assert ask(port, "GET", "/healthz").body == b'{"status": "ok"}'
            assert ask(port, "GET", "/readyz").status == 200
            assert time.monotonic() - began < 1
        assert {each.result().status for each in waiting} == {503}


def test_without_threads_of_their_own_others_wait_with_them(held_up: Any) -> None:
    with served(lanes={"pages": 2}) as port:
        held_up(port, 2)
        with pytest.raises(TimeoutError):
            ask(port, "GET", "/readyz", timeout=1)


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_it_says_so_in_the_words_of_the_application(client: Client) -> None:
    told = client.get("/healthz")
    with served(lanes={"pages": 1, "health": 1}) as port:
        answer = ask(port, "GET", "/healthz")
        assert (answer.status, answer.body) == (told.status_code, told.content)
        assert answer.headers["Content-Type"] == told["Content-Type"]
        assert "no-store" in answer.headers["Cache-Control"]
        head = ask(port, "HEAD", "/healthz")
        assert (head.status, head.body) == (200, b"")
