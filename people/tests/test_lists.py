"""Lists of a kind among people of all kinds: counted, turned through, and sorted by any column."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from people.tests.kinds import KINDS, Kind

pytestmark = pytest.mark.django_db

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
PEOPLE = 7


@pytest.fixture(autouse=True)
def _people_of_all_kinds() -> None:
    for number in range(PEOPLE):
        for kind in KINDS.values():
            kind.add(number, phone_number=f"+25571234567{number % 3}")


def pages(client: APIClient, kind: Kind, **query: str) -> list[Any]:
    """Everybody, three a page."""
    found, page = [], 1
    while True:
        asked = {"page": str(page), "page_size": "3", **query}
        body = client.get(kind.url, asked).json()
        found += body["results"]
        if body["next"] is None:
            assert body["count"] == len(found)
            return found
        page += 1


@every_kind
def test_everybody_of_the_kind_is_on_one_page(officer: APIClient, kind: Kind) -> None:
    numbers = [person[kind.identifier] for person in pages(officer, kind)]
    assert sorted(numbers) == sorted(kind.row(n)[kind.identifier] for n in range(PEOPLE))


@every_kind
def test_each_column_sorts_both_ways_and_loses_nobody(officer: APIClient, kind: Kind) -> None:
    for name in kind.declared.viewset.ordering_fields:
        up = pages(officer, kind, ordering=name)
        down = pages(officer, kind, ordering=f"-{name}")
        uuids = [{person[kind.declared.uuid_key] for person in people} for people in (up, down)]
        assert [len(found) for found in uuids] == [PEOPLE, PEOPLE], name
        values = [person[name] for person in up]
        assert values == sorted(values), name
        assert [person[name] for person in down] == sorted(values, reverse=True), name


@every_kind
def test_a_filter_and_a_search_turn_pages_alike(officer: APIClient, kind: Kind) -> None:
    gone = kind.people.order_by("identifier")[:4]
    for person in gone:
        officer.delete(f"{kind.url}{person.pk}/")
    here = pages(officer, kind, is_active="true", ordering=kind.identifier)
    assert [person[kind.identifier] for person in here] == [
        kind.row(number)[kind.identifier] for number in range(4, PEOPLE)
    ]
    assert len(pages(officer, kind, search="0000", is_active="false")) == 4
