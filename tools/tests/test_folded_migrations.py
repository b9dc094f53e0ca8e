"""A folded migration makes what the migrations that it replaces made, and stands wherever they do.

See docs/developers.md, Folded migrations.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import DjangoDbBlocker

from tools.tests.restored import (
    DATABASES,
    Columns,
    Rows,
    Statements,
    columns_now,
    restored,
    rows_now,
    tables,
)

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

Key = tuple[str, str]
Made = tuple[Statements, Rows]
# Drawn by chance or by the clock, or counted in the order in which things were made.
BY_CHANCE = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE data_type IN ('uuid', 'timestamp with time zone') OR is_identity = 'YES'
        OR (table_name, column_name) = ('auth_permission', 'content_type_id')
"""
# Of the places in a history where it is looked whether it goes on: more of them take longer.
EACH = 6
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# --- what they make -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Made]:
    """Of an empty database: by the folded ones, and by those that they replace."""
    with django_db_blocker.unblock():
        folded = tables(), rows_of_everybody()
        with restored(DATABASES / "unfolded.sql.gz"):
            call_command("migrate", verbosity=0, interactive=False)
            return {"folded": folded, "unfolded": (tables(), rows_of_everybody())}


def rows_of_everybody() -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(BY_CHANCE)
        by_chance = set(cursor.fetchall())
    columns: Columns = {
        table: kept
        for table, names in columns_now().items()
        if (kept := [name for name in names if (table, name) not in by_chance])
    }
    return {
        table: sorted(tuple(AN_ID.sub("an id", str(value)) for value in row) for row in rows)
        for table, rows in rows_now(columns).items()
    }


def test_they_make_the_same_tables(made: dict[str, Made]) -> None:
    assert made["folded"][0] == made["unfolded"][0]


def _known(table: str, rows: list[Any]) -> list[Any]:
    """What a permission is called is never renamed, and nobody reads it; its first part counts."""
    return [row[0] for row in rows] if table == "auth_permission" else rows


def test_they_write_the_same_rows(made: dict[str, Made]) -> None:
    """First rules, what the worker does by itself, permissions, migrations that are applied."""
    folded, unfolded = made["folded"][1], made["unfolded"][1]
    assert len(folded["django_q_schedule"]) > 5
    assert len(folded["attendance_rulebook"]) == 1
    for table in folded | unfolded:
        assert _known(table, folded[table]) == _known(table, unfolded[table]), table


# --- from wherever a database is ------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_disk() -> dict[Key, Migration]:
    return dict(MigrationLoader(None).disk_migrations)


def plan_from(applied: set[Key], monkeypatch: pytest.MonkeyPatch) -> list[Migration]:
    """What `migrate` would do where these are applied; raises where it would."""
    monkeypatch.setattr(
        MigrationRecorder, "applied_migrations", lambda recorder: dict.fromkeys(applied)
    )
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    return [
        migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())
    ]


def recorded(migration: Migration) -> set[Key]:
    """What stands in the database once it is applied."""
    return {*migration.replaces} or {(migration.app_label, migration.name)}


def goes_on(
    applied: set[Key], on_disk: dict[Key, Migration], monkeypatch: pytest.MonkeyPatch
) -> bool:
    done = applied.union(*(recorded(each) for each in plan_from(applied, monkeypatch)))
    return done >= {key for key, migration in on_disk.items() if not migration.replaces}


def test_a_new_database_that_was_stopped_anywhere_goes_on(
    on_disk: dict[Key, Migration], monkeypatch: pytest.MonkeyPatch
) -> None:
    applied: set[Key] = set()
    for number, migration in enumerate(plan_from(applied, monkeypatch)):
        applied |= recorded(migration)
        assert number % EACH or goes_on(applied, on_disk, monkeypatch), migration


def test_a_database_from_before_them_goes_on_wherever_it_stopped(
    on_disk: dict[Key, Migration], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = MigrationLoader(None, replace_migrations=False).graph
    replaced = sorted(key for migration in on_disk.values() for key in migration.replaces)
    history = list(dict.fromkeys(key for last in replaced for key in graph.forwards_plan(last)))
    for stop in range(0, len(history), EACH):
        assert goes_on(set(history[:stop]), on_disk, monkeypatch), history[stop]


def test_apps_need_each_other_one_way(on_disk: dict[Key, Migration]) -> None:
    """So no mixture of folded migrations and older ones is a circle, whichever Django takes."""
    needs: dict[str, set[str]] = {}
    for migration in on_disk.values():
        apps = {app for app, _ in migration.dependencies} - {migration.app_label}
        needs.setdefault(migration.app_label, set()).update(apps)
    TopologicalSorter(needs).prepare()


def test_each_replaces_its_app_from_the_first_to_the_last_that_it_names(
    on_disk: dict[Key, Migration],
) -> None:
    """A gap would tear the app's history: what is between would depend on it, and it on that."""
    folded = [migration for migration in on_disk.values() if migration.replaces]
    assert len(folded) > 15
    for fold in folded:
        own = Path(settings.BASE_DIR, fold.app_label, "migrations").glob("[0-9]*.py")
        last = fold.name.removeprefix("0001_squashed_")
        until = sorted(path.stem for path in own if path.stem <= last and path.stem != fold.name)
        assert sorted(fold.replaces) == [(fold.app_label, name) for name in until]
