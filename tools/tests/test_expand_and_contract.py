"""The code of before runs on the tables of after, while web nodes are exchanged one by one.

What takes something from it is a migration that says since when nothing of that is used:

    class Migration(migrations.Migration):
        contracts = "2027.1 reads and writes it no more"
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations import (
    AddField,
    AlterField,
    CreateModel,
    DeleteModel,
    Migration,
    RemoveField,
    RenameField,
    RenameModel,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import AutoField, BooleanField, TextField
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

# The last of each app that was there before this was asked.
BEFORE = Path(__file__).with_name("migrations_before.txt")

pytestmark = pytest.mark.django_db


def asked(loader: MigrationLoader) -> Iterator[Migration]:
    """Those of our apps that came later. Theirs have four digits, so their names are in order."""
    last = dict(line.split() for line in BEFORE.read_text().splitlines())
    ours = {path.parent.parent.name for path in BEFORE.parents[2].glob("*/migrations/__init__.py")}
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        # What has been folded since was asked when it came.
        if app in ours and name > last.get(app, "") and (app, name) in loader.graph.nodes:
            yield migration


def taken_by(migration: Migration, before: ProjectState) -> list[str]:
    """What its statements take from code that knows the tables of `before`; the linter's words."""
    if getattr(migration, "contracts", ""):
        return []
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(before.clone(), editor, collect_sql=True)
    errors, *_ = analyse_sql_statements(PostgresqlAnalyser, editor.collected_sql)
    return [f"{migration}: {error.message} {error.table or ''}".strip() for error in errors]


def test_no_migration_takes_from_the_code_of_before_what_it_uses() -> None:
    loader = MigrationLoader(connection)
    found = [
        each
        for migration in asked(loader)
        for each in taken_by(
            migration, loader.project_state((migration.app_label, migration.name), at_end=False)
        )
    ]
    assert found == [], "see docs/developers.md, Expand, then contract"


@pytest.mark.parametrize(
    ("operation", "is_taken"),
    [
        (RemoveField("gate", "name"), True),
        (RenameField("gate", "name", "title"), True),
        (RenameModel("gate", "door"), True),
        (DeleteModel("gate"), True),
        (AlterField("gate", "name", TextField()), True),
        (AddField("gate", "is_open", BooleanField(default=True)), True),
        (AddField("gate", "is_open", BooleanField(db_default=True)), False),
        (AddField("gate", "is_open", BooleanField(null=True)), False),
        (RunSQL("DROP TABLE trial_gate"), True),
        (CreateModel("door", [("id", AutoField(primary_key=True))]), False),
    ],
)
def test_what_takes_something_is_told_from_what_adds(operation: Operation, is_taken: bool) -> None:
    before = ProjectState()
    before.add_model(
        ModelState(
            "trial", "Gate", [("id", AutoField(primary_key=True)), ("name", TextField(null=True))]
        )
    )
    migration: Any = Migration("9999_made", "trial")
    migration.operations = [operation]
    assert bool(taken_by(migration, before)) is is_taken
    migration.contracts = "2027.1 reads and writes it no more"
    assert taken_by(migration, before) == []
