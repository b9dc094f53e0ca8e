"""Finding somebody at once, however many people there are: for the office's one search box.

A list shows everybody whom some words find; this looks for the few that a box can show. Each way
in which somebody is found is asked of its own index and stops at a number of hits, all in one
statement. So what has many hits costs no more than what has few, and it costs 100,000 people what
it costs 1,000.
"""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper

from accounts.models import User
from accounts.roles import Detail
from people import search
from people.kinds import PersonKind
from people.models import Person


def found_people(user: User, text: str, kinds: list[PersonKind], most: int) -> list[UUID]:
    """The keys of people found by this text, `most` of each kind in each way, in no order."""
    words = search.words(text)
    if not words or not kinds:
        return []
    keys = _first_of(_ways(user, text, words, kinds, most))
    if not keys and any(not search.is_short(word) for word in words):
        # By a name and a guardian's together, by a phone in pieces, or with a slip.
        seen = (_seen(user, kind).search_as(user, text) for kind in kinds)
        keys = _first_of([_cut(people, most) for people in seen])
    return keys


def _first_of(ways: list[Any]) -> list[UUID]:
    first, *others = ways
    return list(dict.fromkeys(first.union(*others, all=True) if others else first))


def _seen(user: User, kind: PersonKind) -> Any:
    return Person.objects.of_kind(kind).seen_by(user)


def _cut(people: Any, most: int) -> QuerySet[Any, Any]:
    cut: QuerySet[Any, Any] = people.order_by().values_list("pk", flat=True)[:most]
    return cut


def _ways(
    user: User, text: str, words: list[str], kinds: list[PersonKind], most: int
) -> list[QuerySet[Any, Any]]:
    ways = []
    by_name = Q()
    for word in words:
        by_name &= _in_names(word)
    digits = search.phone_digits(text) if user.sees(Detail.PHONE) else ""
    for kind in kinds:
        people = _seen(user, kind)
        number = people.alias(number=Upper("identifier")).filter(number=text.strip().upper())
        ways += [_cut(number, most), _cut(people.filter(by_name), most)]
        if digits:
            ways.append(_cut(people.filter(phone_number__contains=digits), most))
        if user.sees(Detail.EMAIL) and "@" in text:
            ways.append(_cut(people.filter(email__icontains=text.strip()), most))
    if any(not search.is_short(word) for word in words):
        keepers = search.also_found(user, *words)
        ways += [_cut(_seen_of(user, kinds).filter(pk__in=found), most) for found in keepers]
    return ways


def _seen_of(user: User, kinds: list[PersonKind]) -> Any:
    return Person.objects.filter(kind__in=[kind.key for kind in kinds]).seen_by(user)


def _in_names(word: str) -> Q:
    return search.begins_a_word(word) if search.is_short(word) else Q(search_text__contains=word)
