"""Where people and cards are in the office."""

from django.urls import reverse

from people.models import Person


def person_url(person: Person) -> str:
    meta = person._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[person.pk])


def people_url(model: type[Person], query: str = "") -> str:
    """The list of this kind of people; `query` begins with `?`."""
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") + query
