"""Where people and cards are in the office."""

from django.urls import reverse

from people.kinds import PersonKind
from people.models import Person


def person_url(person: Person) -> str:
    return reverse(person.declared.change_page, args=[person.pk])


def people_url(kind: PersonKind, query: str = "") -> str:
    """The list of this kind of people; `query` begins with `?`."""
    return reverse(kind.list_page) + query
