"""What a test with real transactions wrote, taken out again: in place of Django's `flush`.

That truncates every table: PostgreSQL makes new files for each of them and of their indexes, and
waits for the disk before it deletes the old ones; then Django writes anew what `migrate` knows of
models and permissions. A test has written some rows in some tables.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.test import TransactionTestCase
from psycopg2 import sql

from embedded import postgres
from embedded.postgres.state import SUPERUSER, current_home, password

# Made by `migrate` of what the code says: no test writes them.
OF_THE_CODE = {model._meta.db_table for model in (ContentType, Permission)}
# No trigger fires, neither those that protect rows nor those of foreign keys, for everything goes.
# Nor need anybody wait for the disk; but whoever left a transaction open is found, as by TRUNCATE.
ALONE = (
    "SET session_replication_role = replica; SET synchronous_commit = off; SET lock_timeout = '{}s'"
)
LONGEST_SECONDS: float = 10
# A table that has no page was never written to.
WRITTEN = """
    SELECT relname FROM pg_class
    WHERE oid = ANY (%s::regclass[]) AND (relkind = 'p' OR pg_relation_size(oid) > 0)
"""


@contextmanager
def emptied_by_rows() -> Iterator[None]:
    """While this lasts, tests with real transactions end by `empty()`."""

    def at_the_end(_: TransactionTestCase) -> None:
        connections.close_all()
        empty()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", at_the_end)
        yield


def empty() -> None:
    """Deletes every row of every model, as the superuser of the embedded server."""
    tables = sorted(set(connection.introspection.django_table_names()) - OF_THE_CODE)
    login: dict[str, Any] = {"user": SUPERUSER, "password": password(current_home(), SUPERUSER)}
    database = connection.settings_dict["NAME"]
    url, listed = postgres.database_url(), sql.SQL(", ").join(map(sql.Identifier, tables))
    with (
        closing(psycopg2.connect(url, dbname=database, **login)) as server,
        server.cursor() as cursor,
    ):
        cursor.execute(ALONE.format(LONGEST_SECONDS))
        cursor.execute(sql.SQL("LOCK TABLE {}").format(listed))
        cursor.execute(WRITTEN, [tables])
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        server.commit()
