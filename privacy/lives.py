"""All that somebody was ever known by, read from the tables and their history."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.functions import Upper

from accounts.models import User
from notifications.models import Guardian
from people.kinds import ERASED_NUMBER
from people.models import Person
from privacy.known_by import KnownBy, Name

NAMES = ("first_name", "middle_name", "surname", "whole_name")
NUMBERS = ("identifier", "terminal_pin")


def known_by_of(person: Person, *, numbers: frozenset[str] = frozenset()) -> KnownBy:
    """What tells this person; `numbers` are those of the cards that nobody else ever had."""
    facts = [*_now_and_before(Person, (*NAMES, *NUMBERS, "phone_number", "email"), person.pk)]
    kin = [*_guardians(person)]
    own = KnownBy(
        names=_names(" ".join(row[: len(NAMES)]) for row in facts),
        kin=_names(name for name, _, _ in kin),
        numbers=_filled(chain.from_iterable(row[-4:-2] for row in facts))
        | _own_numbers(person)
        | numbers,
        phones=_filled(chain((row[-2] for row in facts), (phone for _, phone, _ in kin))),
        emails=_filled(chain((row[-1] for row in facts), (email for _, _, email in kin))),
    )
    return KnownBy(
        own.names,
        own.kin,
        own.numbers,
        own.phones,
        own.emails,
        others=_others(person, own),
        shared=_shared(person, own),
    )


def _now_and_before(model: Any, names: tuple[str, ...], pk: Any) -> Iterable[tuple[Any, ...]]:
    """These columns of a row as it is and as it was."""
    yield from model._default_manager.filter(pk=pk).values_list(*names)
    yield from model.pgh_event_model.objects.filter(pgh_obj=pk).values_list(*names).distinct()


def _guardians(person: Person) -> Iterable[tuple[str, str, str]]:
    """Name, telephone and address of each, now and before."""
    known: tuple[Any, ...] = (Guardian, Guardian.pgh_event_model)  # type: ignore[attr-defined]
    for model in known:
        yield from model.objects.filter(student=person.pk).values_list("name", "phone", "email")


def _own_numbers(person: Person) -> frozenset[str]:
    """What else of a kind's own table is nobody else's, such as a badge."""
    private = person.declared.private_fields.items()
    names = tuple(name for name, value in private if value == ERASED_NUMBER)
    if not names:
        return frozenset()
    return _filled(chain.from_iterable(_now_and_before(person.declared.model, names, person.pk)))


def _names(texts: Iterable[str]) -> frozenset[Name]:
    return frozenset(name for name in map(Name.of, texts) if name.words)


def _filled(texts: Iterable[str | None]) -> frozenset[str]:
    return frozenset(text for text in texts if text)


def _others(person: Person, own: KnownBy) -> frozenset[frozenset[str]]:
    """The words of the names of everybody else who bears one of these parts."""
    people = Person.objects.exclude(pk=person.pk)
    named = people.filter(search_text__regex="|".join(sorted(own.parts)) or "$^")
    names: list[QuerySet[Any, str]] = [
        named.order_by().values_list("full_name", flat=True),
        _guardians_of_others(person).values_list("name", flat=True),
        User.objects.values_list("full_name", flat=True),
    ]
    words = (frozenset(Name.of(text).words) for text in chain.from_iterable(names))
    return frozenset(each for each in words if each & own.parts)


def _guardians_of_others(person: Person) -> QuerySet[Guardian]:
    return Guardian.objects.exclude(student=person.pk).order_by()


def _shared(person: Person, own: KnownBy) -> frozenset[str]:
    """The numbers, telephones and addresses that others have as well."""
    people = Person.objects.exclude(pk=person.pk).order_by()
    guardians = _guardians_of_others(person)
    holders: list[tuple[QuerySet[Model], str, frozenset[str]]] = [
        (people, "identifier", own.numbers),
        (people, "phone_number", own.phones),
        (guardians, "phone", own.phones),
        (people, "email", own.emails),
        (guardians, "email", own.emails),
        (User.objects.order_by(), "email", own.emails),
    ]
    found: set[str] = set()
    for rows, name, values in holders:
        spelled = {value.upper(): value for value in values}
        folded = rows.alias(folded=Upper(name)).filter(folded__in=spelled)
        found |= {spelled[each.upper()] for each in folded.values_list(name, flat=True)}
    return frozenset(found)
