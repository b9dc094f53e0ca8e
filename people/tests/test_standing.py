"""Who may come in and who is expected: of one person, of a query, and of a statement in SQL."""

from itertools import product

import pytest
from django.db import connection

from cards.models import Card
from cards.tests.factories import make_card
from people.kinds import PersonKind, kinds
from people.models import Person
from people.standing import (
    HOLDER_INACTIVE,
    OK,
    HolderFacts,
    is_admitted_q,
    is_expected_q,
    is_expected_sql,
    of_holder,
)
from people.tests.kinds import KINDS

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

# Contract sections 5 and 6: with which status somebody who is here is let in, and is expected.
COMES = {("student", "Active"), ("staff", "Active"), ("security", "Active")}
MAY_COME = {("staff", "On Leave")}

STATES = [
    (kind, status, is_active)
    for kind in kinds()
    for status, is_active in product(kind.statuses, (True, False))
]


@pytest.fixture
def people() -> dict[tuple[str, str, bool], Person]:
    """Somebody in each state that there is, each with a card."""
    found = {}
    for number, (kind, status, is_active) in enumerate(STATES):
        person = KINDS[kind.key].add(number)
        make_card(person)
        person.status, person.is_active = status, is_active
        person.save(update_fields=["status", "is_active"])
        found[kind.key, status, is_active] = person
    return found


@pytest.mark.parametrize(("kind", "status", "is_active"), STATES)
def test_who_is_here_and_of_good_standing_is_let_in(
    kind: PersonKind, status: str, is_active: bool
) -> None:
    may_come = is_active and (kind.key, status) in COMES | MAY_COME
    said = of_holder(HolderFacts(kind.key, is_active, status))
    assert said == (OK if may_come else HOLDER_INACTIVE)


def test_a_query_finds_whom_the_rule_lets_in(people: dict[tuple[str, str, bool], Person]) -> None:
    let_in = {person.pk for person in people.values() if person.admitted == OK}
    assert let_in
    assert set(Person.objects.admitted().values_list("pk", flat=True)) == let_in
    holders = Card.objects.filter(is_admitted_q("person__")).values_list("person", flat=True)
    assert set(holders) == let_in
    for kind in kinds():
        own = kind.model.objects.admitted().values_list("pk", flat=True)
        assert set(own) == {p.pk for p in people.values() if p.pk in let_in and p.kind == kind.key}


def test_a_query_and_a_statement_find_who_is_expected(
    people: dict[tuple[str, str, bool], Person],
) -> None:
    expected = {
        person.pk
        for (kind, status, is_active), person in people.items()
        if is_active and (kind, status) in COMES
    }
    assert set(Person.objects.expected().values_list("pk", flat=True)) == expected
    holders = Card.objects.filter(is_expected_q("person__")).values_list("person", flat=True)
    assert set(holders) == expected
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_uuid FROM people_person AS p WHERE {is_expected_sql('p')}")  # noqa: S608
        assert {pk for (pk,) in cursor.fetchall()} == expected


def test_nobody_is_expected_who_would_not_be_let_in() -> None:
    for kind in kinds():
        assert kind.expected <= kind.admitted <= set(kind.statuses)


@pytest.mark.parametrize(("kind", "status", "is_active"), STATES)
def test_a_person_says_the_same_as_a_row_of_all_people_and_as_one_of_the_kind(
    people: dict[tuple[str, str, bool], Person], kind: PersonKind, status: str, is_active: bool
) -> None:
    own = people[kind.key, status, is_active]
    common = Person.objects.get(pk=own.pk)
    assert (common.admitted, common.standing) == (own.admitted, own.standing)
    assert common.own == own
