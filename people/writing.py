"""Writing many people of one kind: the table of all people and that of the kind, set by set."""

from collections.abc import Sequence
from typing import Any, TypeVar

import pgtrigger
from django.db import connection, transaction
from django.db.models import CharField
from django.db.models.constants import OnConflict
from django.db.models.functions import Cast
from django.db.models.sql import InsertQuery

from core.constraints import unique_fields
from people.models import Person

P = TypeVar("P", bound=Person)

BATCH_SIZE = 1000


@transaction.atomic
def create_people(*, people: Sequence[P]) -> None:
    """Write these new people, all of one kind."""
    for person in people:
        person.pk = person.person_uuid
    Person.objects.bulk_create(people, batch_size=BATCH_SIZE)
    _write_own_rows(people, [])


@transaction.atomic
def update_people(*, people: Sequence[P], fields: set[str]) -> None:
    """Write these fields of people who are there, all of one kind and locked by the caller.

    As an upsert: bulk_update builds a CASE of all rows for every column and takes eight times as
    long.
    """
    common = [field.name for field in Person._meta.concrete_fields if field.name in fields]
    Person.objects.bulk_create(
        people,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[*common, "updated_at"],
        batch_size=BATCH_SIZE,
    )
    if own := [name for name in fields if name not in common]:
        _write_own_rows(people, own)


def make_way(*, people: Sequence[P], fields: set[str]) -> None:
    """Take the numbers that others of these people are to get from whoever has them as yet.

    For before `update_people`, in its transaction: where two exchange their numbers, one would get
    what the other still has, and no unique index waits. What somebody has in between, a number
    made of the key or none, is no history.
    """
    model = type(people[0]) if people else Person
    for name in unique_fields(model).keys() & fields:
        field: Any = model._meta.get_field(name)
        heirs = {getattr(person, name).upper(): person.pk for person in people}
        theirs: Any = model._default_manager.filter(pk__in=[person.pk for person in people])
        held = theirs.with_values(name, heirs.keys() - {""}).values_list("pk", name)
        giving = [pk for pk, value in held if heirs.get(value.upper()) != pk]
        if giving:
            nothing = "" if field.blank else Cast("pk", CharField())
            recorders = {f"{table._meta.label}:update_update" for table in (Person, field.model)}
            with pgtrigger.ignore(*recorders):
                field.model._default_manager.filter(pk__in=giving).update(**{name: nothing})


def _write_own_rows(people: Sequence[Person], changed: list[str]) -> None:
    """The rows of the kind's own table, which Django's `bulk_create` refuses to write.

    `changed` names what becomes of rows that are there; without it there are none.
    """
    for start in range(0, len(people), BATCH_SIZE):
        batch = people[start : start + BATCH_SIZE]
        meta = type(batch[0])._meta
        columns: list[Any] = [meta.get_field(name) for name in changed]
        query = InsertQuery(
            type(batch[0]),
            on_conflict=OnConflict.UPDATE if columns else None,
            update_fields=columns,
            unique_fields=[meta.pk],
        )
        query.insert_values(meta.local_concrete_fields, list(batch))
        query.get_compiler(connection=connection).execute_sql()
