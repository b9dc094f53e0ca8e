"""That a run of tests gets what `migrate` would make, and leaves nothing behind."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from embedded import postgres
from embedded.postgres.state import SUPERUSER, current_home, password
from tools import template_database
from tools.template_database import digest, drop, drop_leftovers, drop_outdated, locked

pytestmark = pytest.mark.dialect

PREFIX = "test_of_template_"


@pytest.fixture
def maintenance(db: None) -> Iterator[CursorWrapper]:
    """A connection of its own: databases are made outside of transactions."""
    with connection._nodb_cursor() as cursor:
        yield cursor
        for name in databases(cursor):
            drop(cursor, name)


def make(cursor: CursorWrapper, *names: str) -> None:
    for name in names:
        cursor.execute(f'CREATE DATABASE "{PREFIX}{name}"')


def databases(cursor: CursorWrapper) -> list[str]:
    cursor.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", [PREFIX]
    )
    return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db
def test_the_database_of_a_test_has_every_migration() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_what_a_killed_run_left_goes_and_what_a_run_uses_stays(maintenance: CursorWrapper) -> None:
    make(maintenance, "dead", "used")
    with (
        connection._nodb_cursor() as other_run,
        locked(other_run, f"{PREFIX}used"),
    ):
        drop_leftovers(maintenance, PREFIX)
    assert databases(maintenance) == [f"{PREFIX}used"]


def test_the_templates_used_last_stay(
    maintenance: CursorWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_database, "KEPT_TEMPLATES", 2)
    make(maintenance, "old", "newer", "newest", "draft")
    for name in ("old", "newer", "newest"):
        comment = {"old": "last used 2025", "newer": "last used 2026", "newest": "last used 2027"}
        maintenance.execute(f'COMMENT ON DATABASE "{PREFIX}{name}" IS %s', [comment[name]])
    drop_outdated(maintenance, PREFIX)
    assert databases(maintenance) == [f"{PREFIX}newer", f"{PREFIX}newest"]


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    file = tmp_path / "0001_initial.py"
    file.write_text("import fields\nfrom django.db import models\n")
    return file


def test_another_migration_or_another_server_makes_another_template(migration: Path) -> None:
    first = digest(["PostgreSQL 15"], [migration])
    assert digest(["PostgreSQL 18"], [migration]) != first
    assert digest(["PostgreSQL 15"], [migration]) == first
    migration.write_text(migration.read_text() + "# changed\n")
    assert digest(["PostgreSQL 15"], [migration]) != first


def test_a_module_that_a_migration_imports_makes_another_template(
    migration: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    before = digest([], [migration])
    (tmp_path / "fields.py").write_text("WIDTH = 1\n")
    assert digest([], [migration]) != before


@pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="somebody else's superuser")
def test_a_superusers_connection_is_waited_for(maintenance: CursorWrapper) -> None:
    make(maintenance, "held")
    login: dict[str, Any] = {"user": SUPERUSER, "password": password(current_home(), SUPERUSER)}
    with closing(
        psycopg2.connect(postgres.database_url(), dbname=f"{PREFIX}held", **login)
    ) as held:
        # PostgreSQL 15: "must be a superuser"; 18: "Only roles with the SUPERUSER attribute".
        with pytest.raises(ProgrammingError, match=r"(?i)superuser"):
            maintenance.execute(f'DROP DATABASE "{PREFIX}held" WITH (FORCE)')
        timer = Timer(0.3, held.close)
        timer.start()
        drop(maintenance, f"{PREFIX}held")
        timer.join()
    assert databases(maintenance) == []
