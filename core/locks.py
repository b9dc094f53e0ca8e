from collections.abc import Iterator
from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def for_change(rows: QuerySet[M]) -> QuerySet[M]:
    """The rows, locked until the transaction ends, with those of the tables they inherit from.

    Not FOR UPDATE, which would hold up each row that refers to one of them, such as a tap.
    """
    return rows.select_for_update(of=("self", *_ways_to_parents(rows.model)), no_key=True)


def _ways_to_parents(model: type[Model]) -> Iterator[str]:
    """`person`, for a table of one kind of people: the links that `of` names."""
    for parent, link in model._meta.parents.items():
        if link is not None:
            yield link.name
            yield from (f"{link.name}__{way}" for way in _ways_to_parents(parent))


def take_turns(key: str) -> None:
    """Hold the advisory lock of this name until the transaction ends; whoever comes next waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
