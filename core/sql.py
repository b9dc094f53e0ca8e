"""SQL that stands in files of its own: `<app>/sql/<name>.sql`, each run by one migration.

A file creates functions, triggers and sequences, which only mirror, count and protect; what is
decided is Python. `core/tests/test_sql.py` holds the database against the files, and
`docs/developers.md` lists them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import migrations

FUNCTION = re.compile(r"^CREATE FUNCTION (?P<name>\w+)", re.MULTILINE)
SEQUENCE = re.compile(r"^CREATE SEQUENCE (?P<name>\w+)", re.MULTILINE)
TRIGGER = re.compile(
    r"^CREATE (?:CONSTRAINT )?TRIGGER (?P<name>\w+)\s.*?\bON (?P<table>\w+)",
    re.MULTILINE | re.DOTALL,
)


def sql_files() -> Iterator[Path]:
    return iter(sorted(Path(settings.BASE_DIR).glob("*/sql/*.sql")))


def functions_of(text: str) -> list[str]:
    return [match["name"] for match in FUNCTION.finditer(text)]


def triggers_of(text: str) -> list[tuple[str, str]]:
    """Each trigger with its table."""
    return [(match["name"], match["table"]) for match in TRIGGER.finditer(text)]


def run_file(path: str) -> migrations.RunSQL:
    """Run this file of ours, given from the top of the project; backwards, drop what it makes."""
    text = _text_of(path)
    return migrations.RunSQL(text, _drops_of(text))


def rerun_file(path: str) -> migrations.RunSQL:
    """Run a file again whose functions are written anew, or whose triggers a column took along."""
    text = _text_of(path)
    return migrations.RunSQL(f"{_drops_of(text)}\n{text}", migrations.RunSQL.noop)


def _text_of(path: str) -> str:
    return (Path(settings.BASE_DIR) / path).read_text()


def _drops_of(text: str) -> str:
    drops = [f"DROP TRIGGER IF EXISTS {name} ON {table};" for name, table in triggers_of(text)]
    drops += [f"DROP FUNCTION IF EXISTS {name};" for name in functions_of(text)]
    drops += [f"DROP SEQUENCE {match['name']};" for match in SEQUENCE.finditer(text)]
    return "\n".join(drops)
