"""Where somebody is who follows what is committed.

A position is a PostgreSQL snapshot (`pg_current_snapshot()`): it says exactly which transactions
were visible. Keys would not do, for they are given before the commit: a row can become visible
after another with a higher key, and whoever had asked "what is newer than the last key?" would
never see it.
"""

import re

from django.db import DataError, connection, transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

POSITION = re.compile(r"\d{1,20}:\d{1,20}:(\d{1,20}(,\d{1,20})*)?")
# Committed since the first snapshot and visible in the second. The index on the transaction's
# number finds the few rows that can be.
BETWEEN = """
    transaction_id >= pg_snapshot_xmin(%s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(transaction_id, %s::pg_snapshot)
    AND pg_visible_in_snapshot(transaction_id, %s::pg_snapshot)
"""


def current_position() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def is_position(text: str) -> bool:
    """Whether PostgreSQL takes this for a snapshot."""
    if not POSITION.fullmatch(text):
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::pg_snapshot", [text])
    except DataError:
        return False
    return True


def committed_between(after: str, until: str) -> RawSQL:
    """Of rows with a `transaction_id`: visible in the second position and not in the first."""
    between = (after, after, until)
    return RawSQL(BETWEEN, between, output_field=BooleanField())  # noqa: S611  (a constant of ours)


def is_of_another_database(position: str) -> bool:
    """Whether it is ahead of this server, as after a dump was loaded into a new one.

    Then it would hide everything until the new server has caught up with the numbers of the old.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(%s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())",
            [position],
        )
        return bool(cursor.fetchone()[0])
