"""Who may come in and who is expected: of one person, of a query, and of a statement in SQL."""

from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from cards.models import Card
from cards.tests.factories import make_card
from people.kinds import PersonKind, kinds
from people.models import Person
from people.standing import (
    CODES,
    HOLDER_INACTIVE,
    NOT_EXPECTED,
    OK,
    HolderFacts,
    is_expected_q,
    is_expected_sql,
    of_holder,
    standing_q,
)
from people.tests.kinds import KINDS, STUDENTS, VISITORS

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

# Contract sections 5 and 6: with which status somebody who is here is let in, and is expected.
COMES = {("student", "Active"), ("staff", "Active"), ("security", "Active")}
MAY_COME = {("staff", "On Leave"), ("visitor", "Active")}
NOW, HOUR = timezone.now(), timedelta(hours=1)
# Visits of those who come for one: which is over, goes on, is still to come; to the instant.
VISITS: dict[str, tuple[datetime, datetime]] = {
    "over": (NOW - 2 * HOUR, NOW - HOUR),
    "just over": (NOW - HOUR, NOW),
    "here": (NOW - HOUR, NOW + HOUR),
    "just here": (NOW, NOW + HOUR),
    "coming": (NOW + HOUR, NOW + 2 * HOUR),
}
HERE = {"", "here", "just here"}
TODAY = timezone.localdate(NOW)
YESTERDAY = TODAY - timedelta(days=1)

State = tuple[PersonKind, str, bool, str, date | None]
STATES: list[State] = [
    (kind, *state)
    for kind in kinds()
    for state in product(
        kind.statuses,
        (True, False),
        VISITS if kind.has_visit else [""],
        (None, YESTERDAY, TODAY),
    )
]
every_state = pytest.mark.parametrize(
    "state", STATES, ids=lambda state: f"{state[0].key}{state[1:]}"
)


def code_of(state: State) -> str:
    """Written anew, from the contract."""
    kind, status, is_active, visit, left_on = state
    has_left = not is_active or left_on == YESTERDAY
    if has_left or (kind.key, status) not in COMES | MAY_COME:
        return HOLDER_INACTIVE
    return OK if visit in HERE else NOT_EXPECTED


@pytest.fixture
def people() -> dict[State, Person]:
    """Somebody in each state that there is, each with a card; the host of visitors has none."""
    found = {}
    for number, state in enumerate(STATES):
        kind, status, is_active, visit, left_on = state
        person = KINDS[kind.key].add(number)
        make_card(person)
        person.status, person.is_active, person.left_on = status, is_active, left_on
        if visit:
            person.admitted_from, person.admitted_until = VISITS[visit]
        person.save()
        found[state] = person
    return found


def keys(people: Any) -> set[Any]:
    return set(people.filter(cards__isnull=False).values_list("pk", flat=True))


@every_state
def test_who_is_here_and_of_good_standing_is_let_in(state: State) -> None:
    kind, status, is_active, visit, left_on = state
    begins, ends = VISITS.get(visit, (None, None))
    facts = HolderFacts(kind.key, is_active, status, begins, ends, left_on)
    assert of_holder(facts, at=NOW) == code_of(state)


@pytest.mark.parametrize("code", CODES)
def test_a_query_finds_those_of_whom_the_rule_says_so(
    people: dict[State, Person], code: str
) -> None:
    wanted = {person.pk: state for state, person in people.items() if code_of(state) == code}
    assert wanted
    assert keys(Person.objects.in_standing(code, at=NOW)) == set(wanted)
    holders = Card.objects.filter(standing_q(code, NOW, "person__"))
    assert set(holders.values_list("person", flat=True)) == set(wanted)
    for kind in kinds():
        own = kind.model.objects.in_standing(code, at=NOW)
        assert keys(own) == {pk for pk, state in wanted.items() if state[0] is kind}


def test_no_query_asks_for_what_is_no_code_of_a_person() -> None:
    with pytest.raises(KeyError):
        Person.objects.in_standing("card_expired", at=NOW)


def test_a_query_and_a_statement_find_who_is_expected(people: dict[State, Person]) -> None:
    expected = {
        person.pk
        for (kind, status, is_active, _, left_on), person in people.items()
        if is_active and left_on != YESTERDAY and (kind.key, status) in COMES
    }
    assert keys(Person.objects.expected(TODAY)) == expected
    holders = Card.objects.filter(is_expected_q(TODAY, "person__")).values_list("person", flat=True)
    assert set(holders) == expected
    condition = is_expected_sql("p", "%(day)s::date")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT person_uuid FROM people_person AS p"  # noqa: S608
            f" JOIN cards_card ON person_id = person_uuid WHERE {condition}",
            {"day": TODAY},
        )
        assert {pk for (pk,) in cursor.fetchall()} == expected


def test_the_last_day_is_over_at_the_campus_s_midnight() -> None:
    facts = HolderFacts("student", True, "Active", left_on=date(2026, 11, 17))
    midnight = datetime(2026, 11, 18, tzinfo=timezone.get_default_timezone())
    assert of_holder(facts, at=midnight - timedelta(seconds=1)) == OK
    assert of_holder(facts, at=midnight) == HOLDER_INACTIVE


def test_nobody_is_expected_who_would_not_be_let_in() -> None:
    for kind in kinds():
        assert kind.expected <= kind.admitted <= set(kind.statuses)


def test_a_person_says_the_same_as_a_row_of_all_people_and_as_one_of_the_kind(
    people: dict[State, Person],
) -> None:
    for own in people.values():
        common = Person.objects.get(pk=own.pk)
        assert (common.admitted, common.standing) == (own.admitted, own.standing)
        assert common.own == own


@pytest.mark.dialect
@pytest.mark.parametrize("window", [(None, NOW), (NOW, None), (NOW, NOW), (NOW, NOW - HOUR)])
def test_the_database_refuses_a_visit_without_beginning_or_end(window: Any) -> None:
    begins, ends = window
    with pytest.raises(IntegrityError, match="people_person_visit_in_order"):
        VISITORS.add(expected_from=begins, expected_until=ends)


def test_the_database_refuses_a_visit_of_whoever_comes_at_any_time() -> None:
    with pytest.raises(IntegrityError, match="people_person_visit_in_order"):
        STUDENTS.people.create(identifier="1", surname="X", admitted_from=NOW - HOUR)
