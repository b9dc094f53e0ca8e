"""Who stands at the desk, and which queue they come from: what the page's address says."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from cards.desk.queue import Queue, key_of, person_of, queue_of
from cards.models import Card
from people.kinds import PersonKind, kinds
from people.models import Person
from people.search import words

MOST_FOUND = 8


@dataclass(frozen=True)
class DeskPlace:
    """`person` is served now, or nobody; `upcoming` are those who come after."""

    queue: Queue | None
    person: Person | None
    upcoming: list[Person]

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        queue = queue_of(query.get("queue", ""))
        return cls.at(queue, person_of(query.get("person", "")))

    @classmethod
    def at(cls, queue: Queue | None, person: Person | None) -> Self:
        upcoming = queue.after(person) if queue else []
        if person is None and upcoming:
            person, *upcoming = upcoming
        return cls(queue, person, upcoming)

    @property
    def current_card(self) -> Card | None:
        cards: Any = getattr(self.person, "current_cards", ())
        return next(iter(cards), None)

    @property
    def url(self) -> str:
        return desk_url(queue=self.queue, person=self.person)

    @property
    def skip_url(self) -> str:
        """The page of whoever comes next, for somebody who is not there."""
        return desk_url(queue=self.queue, person=self.upcoming[0]) if self.upcoming else ""

    def afterwards(self) -> Self:
        """Where the desk goes once this person has a card."""
        return type(self).at(self.queue, next(iter(self.upcoming), None))


def desk_url(*, queue: Queue | None, person: Person | None = None, **more: str) -> str:
    query = {
        **({"queue": queue.key} if queue else {}),
        **({"person": key_of(person)} if person else {}),
        **more,
    }
    address = reverse("admin:cards_desk")
    return f"{address}?{urlencode(query)}" if query else address


def found_people(text: str) -> list[Person]:
    """The first few of each kind with all these words in their names and numbers."""
    if not words(text):
        return []
    return [person for kind in kinds() for person in _found(kind, text)]


def _found(kind: PersonKind, text: str) -> list[Person]:
    people: Any = kind.model.objects
    return list(people.with_current_card().search(text)[:MOST_FOUND])
