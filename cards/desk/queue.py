"""Who is served next: the people without a card of a class or a department, or all at once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from cards.holders import Group, groups_heading, groups_without_cards
from people.kinds import is_kind, kind_named, kinds
from people.models import Person

UPCOMING = 4


@dataclass(frozen=True, slots=True)
class Queue(Group):
    """A group of people without a card, in the order of their list."""

    @property
    def key(self) -> str:
        return f"{self.kind.key}:{self.value}"

    def after(self, person: Person | None) -> list[Person]:
        """The next few; from the beginning again when the end is reached."""
        waiting = self.people.with_current_card()  # none, but whoever shows a person asks
        if person is None or person.declared is not self.kind:
            return list(waiting[:UPCOMING])
        others = waiting.exclude(pk=person.pk)
        later = list(others.filter(_comes_after(person))[:UPCOMING])
        return later or list(others[:UPCOMING])


def _comes_after(person: Person) -> Q:
    """Later in the list's own order, which ends with what is unique."""
    later, same = Q(), Q()
    for name in map(str, person._meta.ordering or ()):
        value = getattr(person, name)
        later |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    return later


def queue_of(key: str) -> Queue | None:
    kind, _, group = key.replace("\x00", "").partition(":")
    return Queue(kind_named(kind), group) if is_kind(kind) else None


def queues() -> list[tuple[str, list[tuple[Queue, int]]]]:
    """Every group in which somebody has no card, with how many; one query for each kind."""
    found = ((groups_heading(kind), groups_without_cards(kind)) for kind in kinds())
    return [
        (heading, [(Queue(group.kind, group.value), number) for group, number in groups])
        for heading, groups in found
        if groups
    ]


# --- one person ---------------------------------------------------------------------------------


def key_of(person: Person) -> str:
    return f"{person.kind}:{person.pk}"


def person_of(key: str) -> Person | None:
    """`student:<uuid>`, with the current card; None for whoever is not there."""
    kind, _, pk = key.partition(":")
    try:
        people: Any = kind_named(kind).model.objects
        found: Person | None = people.with_current_card().filter(pk=UUID(pk)).first()
    except (KeyError, ValueError):
        return None
    return found
