"""Databases of before beside the one of a test: restored, with Django on them, told as text."""

import gzip
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection

from embedded.postgres.binaries import client_programs
from tools.template_database import drop

DATABASES = Path(__file__).with_name("databases")
COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
    JOIN pg_tables ON schemaname = table_schema AND tablename = table_name
    WHERE table_schema = 'public' ORDER BY table_name, column_name
"""
# One truth has several spellings in a dump, after one has been restored.
WORD = re.compile(r"\w+")
SPELLING = re.compile(r"::character varying|::text|\[\]|[()]")

# What makes the tables of a database, by its name: lines in one order, for a column that came later
# stands last, and in one spelling.
Statements = dict[str, list[str]]
Columns = dict[str, list[str]]
Rows = dict[str, list[tuple[str, ...]]]


@contextmanager
def restored(dump: Path) -> Iterator[None]:
    """Django works on it meanwhile."""
    with other_database(f"test_older_{os.getpid()}"):
        statements = gzip.decompress(dump.read_bytes())
        program("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", stdin=statements)
        yield


@contextmanager
def other_database(name: str) -> Iterator[None]:
    """An empty one, on which Django works meanwhile."""
    usual = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        drop(cursor, name)
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        use(name)
        try:
            yield
        finally:
            use(usual)
            drop(cursor, name)


def use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()


def program(name: str, *arguments: str, stdin: bytes = b"") -> str:
    """One of PostgreSQL's own, with Django's connection."""
    database: Any = connection
    known: dict[str, Any] = database.settings_dict
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    login = {there: str(known[here]) for here, there in names.items() if known[here]}
    done = subprocess.run(
        [client_programs(name, database.pg_version // 10_000), *arguments],
        input=stdin,
        env=os.environ | login | {"PGDATABASE": known["NAME"]},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def tables() -> Statements:
    lines = program("pg_dump", "--schema-only", "--no-owner", "--no-privileges")
    said: Statements = {}
    for statement in lines.split("\n-- Name: ")[1:]:
        name, *text = statement.splitlines()
        ours = (line for line in text if not line.startswith(("--", "\\")))
        said[name] = sorted(_in_one_spelling(line) for line in ours)
    return said


def _in_one_spelling(line: str) -> str:
    """Statistics have their columns in the order of the table, which means nothing to them."""
    if line.startswith("CREATE STATISTICS"):
        return " ".join(sorted(WORD.findall(line)))
    return SPELLING.sub("", line.rstrip(","))


def columns_now() -> Columns:
    found: Columns = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            found.setdefault(table, []).append(column)
    return found


def rows_now(columns: Columns) -> Rows:
    """Each table's rows, as text, in one order."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        for table, names in columns.items():
            shown = ", ".join(f'"{name}"::text' for name in names)
            cursor.execute(f'SELECT {shown} FROM "{table}" ORDER BY {shown}')  # noqa: S608 - ours
            found[table] = cursor.fetchall()
    return found
