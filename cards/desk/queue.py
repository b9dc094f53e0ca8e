"""Who is served next: the people without a card of a class, a department or the guards."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from cards.holders import people_without_cards
from cards.models import HOLDER_MODEL, CardType, holder_type
from people.models import Person

GROUP_FIELD = {CardType.STUDENT: "class_code", CardType.STAFF: "department", CardType.SECURITY: ""}
HEADINGS = {
    CardType.STUDENT: "Students, by class",
    CardType.STAFF: "Staff, by department",
    CardType.SECURITY: "Security personnel",
}
UPCOMING = 4


@dataclass(frozen=True)
class Queue:
    """The people of one group who are active and have no card, in the order of their list."""

    card_type: CardType
    group: str

    @property
    def key(self) -> str:
        return f"{self.card_type}:{self.group}"

    @property
    def name(self) -> str:
        if not GROUP_FIELD[self.card_type]:
            return HEADINGS[self.card_type]
        return self.group or f"No {GROUP_FIELD[self.card_type].replace('_code', '')}"

    @property
    def people(self) -> Any:
        waiting: Any = people_without_cards(self.card_type)
        waiting = waiting.with_current_card()  # none, but whoever shows a person asks
        field = GROUP_FIELD[self.card_type]
        return waiting.filter(**{field: self.group}) if field else waiting

    def after(self, person: Person | None) -> list[Person]:
        """The next few; from the beginning again when the end is reached."""
        if person is None or holder_type(person) != self.card_type:
            return list(self.people[:UPCOMING])
        others = self.people.exclude(pk=person.pk)
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
    card_type, _, group = key.replace("\x00", "").partition(":")
    return Queue(CardType(card_type), group) if card_type in CardType.values else None


def queues() -> list[tuple[str, list[tuple[Queue, int]]]]:
    """Every group in which somebody has no card, with how many; one query for each kind."""
    found = ((HEADINGS[card_type], _queues(card_type)) for card_type in CardType)
    return [(heading, groups) for heading, groups in found if groups]


def _queues(card_type: CardType) -> list[tuple[Queue, int]]:
    people, field = people_without_cards(card_type), GROUP_FIELD[card_type]
    if not field:
        number = people.count()
        return [(Queue(card_type, ""), number)] if number else []
    groups = people.order_by(field).values_list(field).annotate(number=Count("pk"))
    return [(Queue(card_type, group), number) for group, number in groups]


# --- one person ---------------------------------------------------------------------------------


def key_of(person: Person) -> str:
    return f"{holder_type(person)}:{person.pk}"


def person_of(key: str) -> Person | None:
    """`student:<uuid>`, with the current card; None for whoever is not there."""
    card_type, _, pk = key.partition(":")
    try:
        people: Any = HOLDER_MODEL[CardType(card_type)]._default_manager
        found: Person | None = people.with_current_card().filter(pk=UUID(pk)).first()
    except ValueError:
        return None
    return found
