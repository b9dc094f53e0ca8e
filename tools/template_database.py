"""A database for a run of tests, copied in a moment from one that was migrated once.

    <name>_template_<digest>   every migration applied; `digest` says of which files
    test_<name>_run_<token>    a copy that one process uses and drops
    test_<name>[_gw0]          a copy that stays for the next run: `pytest --reuse-db`

Runs of several worktrees may share a server. Templates are made, copied and dropped by one process
at a time; a process holds the lock of its copy's name, so that others can tell what a killed run
left behind. Locks are held on the maintenance database, which all of them can reach.
"""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import InsufficientPrivilege

# The branches and worktrees that somebody works on at a time; a template has about 12 MB.
KEPT_TEMPLATES = 6
TRIES_TO_DROP = 100
# What writes SQL of its own into the database when it migrates.
WRITERS = ("django", "django-pghistory", "django-pgtrigger")


@contextmanager
def copied_database(*, kept_as: str = "", anew: bool = False) -> Iterator[None]:
    """Points Django at a fresh copy, which is dropped afterwards.

    One that is `kept_as` a name stays, and serves again until the migrations change. `anew` makes
    the template, too, once more.
    """
    name: str = connection.settings_dict["NAME"]
    copy = kept_as or f"test_{name}_run_{secrets.token_hex(4)}"
    with connection._nodb_cursor() as cursor:  # noqa: SLF001
        with locked(cursor, f"{name}_template"):
            drop_leftovers(cursor, f"test_{name}_run_")
            template = ready_template(cursor, name, anew=anew)
            _lock(cursor, copy)
            if not kept_as or _comment(cursor, copy) != template or anew:
                drop(cursor, copy)
                cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}"')
                _set_comment(cursor, copy, template)
        _use(copy)
        try:
            yield
        finally:
            _use(name)
            if not kept_as:
                drop(cursor, copy)


def ready_template(cursor: CursorWrapper, name: str, *, anew: bool) -> str:
    """The template of today's migrations; what is missing is made, what is outdated is dropped."""
    template = f"{name}_template_{_digest_of_today(cursor)}"
    if anew or _comment(cursor, template) is None:
        drop(cursor, template)
        _migrate(cursor, template)
    _set_comment(cursor, template, f"last used {datetime.now(UTC).isoformat()}")
    drop_outdated(cursor, f"{name}_template_")
    return template


def _migrate(cursor: CursorWrapper, template: str) -> None:
    """Under another name until it is complete: a killed run leaves no half template."""
    draft, name = f"{template}_draft", connection.settings_dict["NAME"]
    drop(cursor, draft)
    cursor.execute(f'CREATE DATABASE "{draft}"')
    _use(draft)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        _use(name)
    cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{template}"')


def _use(database: str) -> None:
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = database
    connection.settings_dict["NAME"] = database


# --- what is dropped ----------------------------------------------------------------------------


def drop_leftovers(cursor: CursorWrapper, prefix: str) -> None:
    """The copies of runs that were killed: nobody holds the lock of their names."""
    for copy in _databases(cursor, prefix):
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [copy])
        if cursor.fetchone() == (True,):
            drop(cursor, copy)
            _unlock(cursor, copy)


def drop_outdated(cursor: CursorWrapper, prefix: str) -> None:
    """All templates but those that were used last; a draft was never used."""
    templates = _databases(cursor, prefix)
    templates.sort(key=lambda template: _comment(cursor, template) or "", reverse=True)
    for template in templates[KEPT_TEMPLATES:]:
        drop(cursor, template)


def drop(cursor: CursorWrapper, database: str) -> None:
    """A superuser's process, such as autovacuum's, is ended by nobody else: it ends by itself."""
    for is_last in (*[False] * TRIES_TO_DROP, True):
        try:
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        except ProgrammingError as error:
            if is_last or not isinstance(error.__cause__, InsufficientPrivilege):
                raise
            time.sleep(0.1)
        else:
            return


# --- what the digest says -----------------------------------------------------------------------


def _digest_of_today(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT version() || current_user")
    state = [str(cursor.fetchone()), *map(version, WRITERS)]
    return digest(state, [file for app in apps.get_app_configs() for file in _sources(app.path)])


def _sources(app: str) -> list[Path]:
    return sorted([*Path(app, "migrations").rglob("*.py"), *Path(app).rglob("*.sql")])


def digest(state: list[str], files: list[Path]) -> str:
    """Of the files, and of the project's modules they import: fields and functions make SQL too."""
    texts = [file.read_bytes() for file in files]
    imported = {
        name.decode()
        for text in texts
        for name in re.findall(rb"^(?:import|from) ([\w.]+)", text, re.MULTILINE)
    }
    modules = [file for name in sorted(imported) for file in _own_module(name)]
    whole = sha256("\n".join(state).encode())
    for text in (*texts, *(module.read_bytes() for module in modules)):
        whole.update(sha256(text).digest())
    return whole.hexdigest()[:12]


def _own_module(name: str) -> Iterator[Path]:
    path = settings.BASE_DIR.joinpath(*name.split("."))
    yield from (f for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file())


# --- the server's side --------------------------------------------------------------------------


@contextmanager
def locked(cursor: CursorWrapper, name: str) -> Iterator[None]:
    _lock(cursor, name)
    yield
    _unlock(cursor, name)


def _lock(cursor: CursorWrapper, name: str) -> None:
    """However long another process takes to migrate."""
    cursor.execute("SET lock_timeout = 0")
    cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])


def _unlock(cursor: CursorWrapper, name: str) -> None:
    cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _databases(cursor: CursorWrapper, prefix: str) -> list[str]:
    """Those of this role only: another's can be neither copied nor dropped."""
    cursor.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        " AND pg_get_userbyid(datdba) = current_user",
        [prefix],
    )
    return [name for (name,) in cursor.fetchall()]


def _comment(cursor: CursorWrapper, database: str) -> str | None:
    """None where there is no such database, or it is not complete."""
    cursor.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
        [database],
    )
    row = cursor.fetchone()
    return row[0] if row else None


def _set_comment(cursor: CursorWrapper, database: str, comment: str) -> None:
    cursor.execute(f'COMMENT ON DATABASE "{database}" IS %s', [comment])
