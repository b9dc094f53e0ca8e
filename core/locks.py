from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def for_change(rows: QuerySet[M]) -> QuerySet[M]:
    """The rows, locked until the transaction ends.

    Not FOR UPDATE, which would hold up each row that refers to one of them, such as a tap.
    """
    return rows.select_for_update(of=("self",), no_key=True)


def take_turns(key: str) -> None:
    """Hold the advisory lock of this name until the transaction ends; whoever comes next waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
