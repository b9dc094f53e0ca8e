"""The database without one of its guards, for the controls of races."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from cards.models import Card


@contextmanager
def without_constraint(name: str) -> Iterator[None]:
    """It is made again as the model has it, once the cards are gone that it forbids."""
    constraint = next(c for c in Card._meta.constraints if c.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(Card, constraint)
    try:
        yield
    finally:
        Card.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Card, constraint)
