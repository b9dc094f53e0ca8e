"""Lists of cards, their summary, statistics, and people without cards."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from cards import services
from cards.counting import compact_tally, summary_of_rows, summary_of_tally
from cards.models import Card, CardTally
from cards.tests.factories import (
    MAKERS,
    URL,
    make_card,
    make_guard,
    make_member,
    make_student,
)
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


@pytest.fixture
def some_cards() -> dict[str, Card]:
    john = make_student(first_name="John", surname="Doe", department="Civil")
    return {
        "john": make_card(john, "04A32B1C"),
        "off": services.switch_card(card=make_card(make_student()), is_active=False),
        "lost": services.retire_card(card=make_card(make_student()), reason="lost"),
        "staff": make_card(make_member(first_name="Jane", surname="Wanjikũ")),
        "guard": make_card(make_guard()),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["guard", "staff", "lost", "off", "john"]),
        ("card_type=student", ["lost", "off", "john"]),
        ("is_active=true", ["guard", "staff", "john"]),
        ("is_active=false", ["lost", "off"]),
        ("retired=true", ["lost"]),
        ("retired=false&card_type=student", ["off", "john"]),
        ("student__department=Civil", ["john"]),
        ("staff__department=Human Resources", ["staff"]),
        ("student__department=Human Resources", []),
        ("search=doe john", ["john"]),
        ("search=a32b", ["john"]),
        ("search=john 04a32b1c", ["john"]),
        ("search=john 04:A3:2B:1C", ["john"]),
        ("search=04-a3-2b-1c", ["john"]),
        ("search=doe, john", ["john"]),
        ("search=wanjiku", ["staff"]),
        ("search=SEC/2024", ["guard"]),
        ("search=nobody", []),
        ("search=asha&is_active=false", ["lost", "off"]),
        ("ordering=created_at", ["john", "off", "lost", "staff", "guard"]),
        ("ordering=holder_name&search=jo", ["john"]),
    ],
)
def test_cards_are_found_and_the_summary_counts_what_is_found(
    officer: APIClient, some_cards: dict[str, Card], query: str, names: list[str]
) -> None:
    body = officer.get(f"{URL}?{query}").json()
    cards = [some_cards[name] for name in names]
    assert [card["card_uuid"] for card in body["results"]] == [str(card.pk) for card in cards]
    active = sum(card.is_active for card in cards)
    assert body["count"] == len(cards)
    assert body["summary"] == {
        "total_cards": len(cards),
        "active_cards": active,
        "inactive_cards": len(cards) - active,
    }


def test_cards_are_ordered_by_their_holders_name_and_number(officer: APIClient) -> None:
    zawadi = make_student(first_name="Zawadi", identifier="DIT/1")
    amina = make_member(first_name="Amina", identifier="STAFF/9")
    baraka = make_student(first_name="Baraka", identifier="DIT/2")
    for person in (zawadi, amina, baraka):
        make_card(person)

    def listed(query: str) -> list[str]:
        results = officer.get(f"{URL}?{query}").json()["results"]
        return [(card.get("student") or card.get("staff"))["full_name"] for card in results]

    z, a, b = (person.full_name for person in (zawadi, amina, baraka))
    assert listed("ordering=holder_name") == [a, b, z]
    assert listed("ordering=-holder_name") == [z, b, a]
    assert listed("ordering=identifier") == [z, b, a]
    assert listed("ordering=card_type,-identifier") == [a, b, z]
    assert listed("ordering=holder_name&card_type=student&page_size=1") == [b]


@pytest.mark.parametrize(
    "query",
    ["is_active=perhaps", "card_type=robot", "retired=2", "ordering=code", "search=%00"],
)
def test_a_bad_filter_is_a_400_that_names_it(officer: APIClient, query: str) -> None:
    response = officer.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert list(response.json()) == [query.partition("=")[0]]


def test_a_card_follows_its_holder(officer: APIClient) -> None:
    card = make_card()
    officer.patch(f"/api/students/{card.person_id}/", {"surname": "Kessy", "department": "Civil"})
    assert officer.get(f"{URL}?search=kessy").json()["count"] == 1
    assert officer.get(f"{URL}?student__department=Civil").json()["count"] == 1
    Student.objects.update(department="Electrical")
    assert officer.get(f"{URL}?student__department=Civil").json()["count"] == 0
    assert officer.get(f"{URL}?student__department=Electrical").json()["count"] == 1


def assert_the_tally_is_right() -> None:
    assert summary_of_tally(CardTally.objects.all()) == summary_of_rows(Card.objects.all())
    kinds = ("card_type", "is_active", "holder_is_active", "department")
    for kind in CardTally.objects.values(*kinds, "is_retired").annotate(n=Sum("count")):
        retired, n = kind.pop("is_retired"), kind.pop("n")
        assert Card.objects.filter(**kind, retired_at__isnull=not retired).count() == n


def test_the_tally_follows_every_way_of_writing(some_cards: dict[str, Card]) -> None:
    assert_the_tally_is_right()
    Card.objects.filter(retired_at__isnull=True).update(is_active=False)
    Student.objects.update(is_active=False, department="Elsewhere")
    assert_the_tally_is_right()
    some_cards["guard"].delete()
    Card.objects.bulk_create(
        Card(rfid_number=f"X{n}", card_type="student", person=make_student()) for n in range(5)
    )
    assert_the_tally_is_right()
    before = CardTally.objects.count()
    call_command("housekeeping")
    assert CardTally.objects.count() < before
    assert_the_tally_is_right()
    Card.objects.all().delete()
    compact_tally()
    assert not CardTally.objects.exists()


def test_a_card_is_found_with_a_slip_in_its_holders_name(
    officer: APIClient, some_cards: dict[str, Card]
) -> None:
    (found,) = officer.get(f"{URL}?search=wamjiku").json()["results"]
    assert found["card_uuid"] == str(some_cards["staff"].pk)


def test_the_query_count_of_a_list_does_not_grow(
    officer: APIClient,
    some_cards: dict[str, Card],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for query in ("", "is_active=true", "search=asha", "student__department=Civil"):
        with django_assert_num_queries(3):  # the caller, the counts, the page
            officer.get(f"{URL}?{query}")
    for _ in range(20):
        make_card()
    with django_assert_num_queries(3):
        officer.get(f"{URL}?search=asha")
    with django_assert_num_queries(4):  # and whether anybody is called as it was typed
        officer.get(f"{URL}?search=mushi")
    with django_assert_num_queries(3):  # the caller, the card, the look
        officer.get(f"{URL}{some_cards['john'].pk}/")


# --- statistics ---------------------------------------------------------------------------------


def test_statistics_have_the_seeds_keys(
    officer: APIClient,
    some_cards: dict[str, Card],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_student()
    make_student(is_active=False)
    make_guard()
    with django_assert_num_queries(4):  # the caller, the tally, the people, recent
        body = officer.get(f"{URL}statistics/").json()
    assert body == {
        "summary": {
            "total_personnel": 7,
            "total_students": 4,
            "total_staff": 1,
            "total_security": 2,
            "total_cards": 5,
            "active_cards": 3,
            "inactive_cards": 2,
            "student_cards": 3,
            "staff_cards": 1,
            "security_cards": 1,
            "students_without_cards": 2,
            "staff_without_cards": 0,
            "security_without_cards": 1,
            "coverage_percentage": 57.14,
            "recent_cards_30_days": 5,
        },
        "cards_by_type": {"student": 3, "staff": 1, "security": 1},
    }


def test_statistics_of_an_empty_school_divide_by_nothing(officer: APIClient) -> None:
    assert officer.get(f"{URL}statistics/").json()["summary"]["coverage_percentage"] == 0.0


# --- people without cards -----------------------------------------------------------------------


def test_students_without_cards(officer: APIClient, some_cards: dict[str, Card]) -> None:
    new = make_student(first_name="Neema", department="Mechanical")
    make_student(is_active=False)
    body = officer.get(f"{URL}students-without-cards/").json()
    lost = some_cards["lost"].person_id
    assert {s["student_uuid"] for s in body["students"]} == {str(new.pk), str(lost)}
    assert (body["count"], body["message"]) == (2, "Found 2 students without cards.")
    assert set(body["students"][0]) == {
        "student_uuid",
        "registration_number",
        "full_name",
        "department",
        "student_status",
    }
    for query, count in (
        ("search=neema", 1),
        ("search=mechan", 1),
        ("department=Mechanical", 1),
        ("search=zzz", 0),
        ("department=x", 0),
    ):
        found = officer.get(f"{URL}students-without-cards/?{query}").json()
        assert found["count"] == count, query
    assert officer.get(f"{URL}students-without-cards/?search=%00").status_code == 400


def test_staff_and_guards_without_cards(officer: APIClient) -> None:
    member, guard = make_member(), make_guard()
    staff = officer.get(f"{URL}staff-without-cards/").json()
    assert staff == {
        "count": 1,
        "staff": [
            {
                "staff_uuid": str(member.pk),
                "staff_number": member.identifier,
                "full_name": member.full_name,
                "department": "Human Resources",
                "position": "",
                "employment_status": "Active",
            }
        ],
        "message": "Found 1 staff without cards.",
    }
    security = officer.get(f"{URL}security-without-cards/").json()
    assert security == {
        "count": 1,
        "security": [
            {
                "security_id": str(guard.pk),
                "employee_id": guard.identifier,
                "badge_number": guard.badge_number,
                "full_name": guard.full_name,
                "phone_number": "",
            }
        ],
        "message": "Found 1 security personnel without cards.",
    }


# --- many at once -------------------------------------------------------------------------------


def test_bulk_creation_answers_as_the_seed_shows(officer: APIClient) -> None:
    new, has = make_student(), make_student()
    make_card(has)
    gone = make_student(is_active=False)
    asked = [str(new.pk), str(has.pk), "rubbish", str(gone.pk), str(new.pk), 7, None]
    response = officer.post(
        f"{URL}bulk-create-student-cards/", {"student_uuids": asked, "generate_rfid": True}
    )
    body = response.json()
    assert response.status_code == 201
    assert body["success"] is True
    assert body["message"] == "Created 1 student cards, 6 errors."
    assert body["summary"] == {"total_requested": 7, "successful": 1, "failed": 6}
    assert body["created_cards"][0]["student"]["registration_number"] == new.identifier
    assert body["errors"][0] == {
        "student_uuid": str(has.pk),
        "errors": {"non_field_errors": ["Student already has a card"]},
    }
    assert [error["student_uuid"] for error in body["errors"]] == [
        str(has.pk),
        "rubbish",
        str(gone.pk),
        str(new.pk),
        7,
        None,
    ]


@pytest.mark.parametrize(("kind", "make"), MAKERS.items())
def test_every_kind_can_be_issued_in_bulk(officer: APIClient, kind: str, make: Any) -> None:
    pks = [str(make().pk) for _ in range(3)]
    response = officer.post(f"{URL}bulk-create-{kind}-cards/", {f"{kind}_uuids": pks})
    assert response.json()["summary"]["successful"] == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"student_uuids": []},
        {"student_uuids": "x"},
        {"student_uuids": {"a": 1}},
        {"student_uuids": ["x"] * 501},
        {"student_uuids": ["x"], "generate_rfid": False},
        [],
    ],
)
def test_a_bulk_without_a_proper_list_is_a_400(officer: APIClient, body: Any) -> None:
    response = officer.post(f"{URL}bulk-create-student-cards/", body)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    if isinstance(body, dict) and not body.get("student_uuids"):
        assert response.json()["error"] == "student_uuids list is required."


def test_bulk_creation_is_throttled(officer: APIClient, settings: Any) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "bulk": "2/min"}
    body = {"student_uuids": ["x"]}
    codes = [officer.post(f"{URL}bulk-create-student-cards/", body).status_code for _ in range(3)]
    assert codes == [400, 400, 429]


def test_a_search_that_finds_very_many_is_counted_and_paged_all_the_same(
    officer: APIClient, some_cards: dict[str, Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{URL}?search=asha&page_size=1&page=2"
    few = officer.get(url).json()
    monkeypatch.setattr("core.pagination.MOST_KEYS", 1)
    monkeypatch.setattr("cards.views.MOST_KEYS", 1)
    assert officer.get(url).json() == few
    assert (few["count"], few["summary"]["active_cards"]) == (2, 0)
    assert len(few["results"]) == 1
    people = "/api/students/?search=asha&page_size=1&page=2"
    many = officer.get(people).json()
    monkeypatch.undo()
    assert officer.get(people).json() == many
