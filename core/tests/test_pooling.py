"""Behind pgbouncer in transaction mode, with one session for all (docs/operators.md)."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections, transaction
from django.db.utils import OperationalError

from core import waits
from embedded.work import Work

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = [
    pytest.mark.skipif(PGBOUNCER is None, reason="needs pgbouncer (apt-get install pgbouncer)"),
    pytest.mark.django_db,
]
CONFIGURATION = """
[databases]
* = host={HOST} port={PORT} user={USER} password={PASSWORD} pool_size=1
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
"""
WAITS = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
Reach = Callable[[Work], Any]


@pytest.fixture(scope="module")
def pooler(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[int]:
    """Its port; whom it lets in reaches the tests' database."""
    assert PGBOUNCER
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    file = tmp_path_factory.mktemp("pgbouncer") / "pgbouncer.ini"
    file.write_text(CONFIGURATION.format_map({**connection.settings_dict, "port": port}))
    command = [PGBOUNCER, "-q", str(file)]
    if os.geteuid() == 0:  # as which it does not run; it reads the file before it drops that
        command[1:1] = ["-u", "nobody"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port))):
                break
            time.sleep(0.02)
        yield port
        process.kill()


@pytest.fixture
def reach(pooler: int, settings: LazySettings) -> Iterator[Reach]:
    """A connection of a thread that does this work, by the pooler."""
    settings.DATABASE_POOLED = True
    before, opened = connections["default"], []
    options = dict(before.settings_dict["OPTIONS"])
    options.pop("options")
    change = {"HOST": "127.0.0.1", "PORT": pooler, "OPTIONS": options}

    def connected(work: Work) -> Any:
        link: Any = connections.create_connection("default")
        link.settings_dict = {**link.settings_dict, **change, "DISABLE_SERVER_SIDE_CURSORS": True}
        connections["default"] = link
        opened.append(link)
        waits.begin(work)
        link.ensure_connection()
        return link

    yield connected
    for link in opened:
        link.close()
    connections["default"] = before
    settings.DATABASE_POOLED = False
    waits.begin(Work.BACKGROUND)


def answer(link: Any, query: str) -> Any:
    with link.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


def test_two_share_a_session_and_each_waits_as_its_work_may(reach: Reach) -> None:
    tap, report = reach(Work.TAPS), reach(Work.REPORTS)
    sessions = {answer(link, "SELECT pg_backend_pid()") for link in (tap, report)}
    assert len(sessions) == 1
    for link, expected in ((tap, ("2s", "5s")), (report, ("5s", "2min"))) * 2:
        assert answer(link, WAITS) == expected
    # Nothing is left behind for whoever comes without a word.
    assert answer(link, "SELECT 1; COMMIT; SELECT current_setting('lock_timeout')") == ("0",)


def test_a_transaction_waits_so_until_its_end(reach: Reach) -> None:
    link = reach(Work.TAPS)
    with transaction.atomic():
        answer(link, "SELECT 1")
        assert answer(link, WAITS) == ("2s", "5s")
        with transaction.atomic():
            assert answer(link, WAITS) == ("2s", "5s")


def test_a_wait_ends_as_without_a_pooler(reach: Reach) -> None:
    link = reach(Work.HEALTH)
    with pytest.raises(OperationalError, match="statement timeout"):
        answer(link, "SELECT pg_sleep(5)")
    assert answer(link, "SELECT 1") == (1,)


def test_a_long_list_is_read_outside_of_a_transaction(reach: Reach) -> None:
    reach(Work.REPORTS)
    rows = ContentType.objects.values_list("model", flat=True).iterator(chunk_size=1)
    assert "card" in list(rows)


@pytest.mark.parametrize(
    ("command", "port"), [("migrate", "5432"), ("serve", "5432"), ("qcluster", "6432")]
)
def test_what_prepares_or_dumps_goes_past_the_pooler(command: str, port: str) -> None:
    """As manage.py says before the settings are read."""
    code = (
        "import sys, manage, django.core.management as m;"
        f"sys.argv = ['manage.py', '{command}'];"
        "m.execute_from_command_line = lambda argv: None; manage.main();"
        "from django.conf import settings; d = settings.DATABASES['default'];"
        "print(d['PORT'], 'options' in d['OPTIONS'], d['DISABLE_SERVER_SIDE_CURSORS'])"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "TRACKXPERT_STATE": str(settings.STATE_DIR),
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:6432/x",
        "DATABASE_DIRECT_URL": "postgresql://u:p@127.0.0.1:5432/x",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    is_direct = port == "5432"
    assert done.stdout.split() == [port, str(is_direct), str(not is_direct)]
