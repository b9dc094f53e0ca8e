"""`POST register-student`: a student, and a card if one is asked for; both or neither."""

from functools import partial
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.tests.races import at_once
from accounts.tests.wire import assert_refused
from cards.models import Card
from cards.tests.factories import make_card
from monitor.tests.addresses import own
from students.models import Student

pytestmark = pytest.mark.django_db

PERSON = {
    "registration_number": "DIT/2026/001",
    "first_name": "Asha",
    "middle_name": "Juma",
    "surname": "Mushi",
    "class_level": "NTA 4",
    "phone_number": "0712 345 678",
    "email": "asha@dit.ac.tz",
}


@pytest.fixture
def address(officer: APIClient) -> str:
    return own("registration_officer", "register-student")


@pytest.mark.parametrize("card", [{}, {"card": None}])
def test_a_student_alone(officer: APIClient, address: str, card: dict[str, Any]) -> None:
    response = officer.post(address, {**PERSON, **card})
    assert response.status_code == 201
    answer = response.json()
    assert answer["full_name"] == answer["name"] == "Asha Juma Mushi"
    assert answer["student_id"] == answer["student_uuid"]
    assert answer["contact_info"] == {
        "phone_number": "+255712345678",
        "email": "asha@dit.ac.tz",
    }
    assert answer["card"] is answer["registered_card_id"] is None
    assert not Card.objects.exists()
    at_api = officer.get(f"/api/students/{answer['student_uuid']}/").json()
    assert {name: answer[name] for name in at_api} == at_api


@pytest.mark.parametrize(
    ("card", "number"),
    [
        ({"rfid_number": "04:a3:2b:1c"}, "04A32B1C"),
        ({"generate_rfid": True}, None),
        ({"rfid_number": "RF000000001", "expiry_date": "2030-01-01T00:00:00Z"}, "RF000000001"),
    ],
)
def test_a_student_with_a_card(
    officer: APIClient, address: str, card: dict[str, Any], number: str | None
) -> None:
    response = officer.post(address, {**PERSON, "card": card})
    assert response.status_code == 201
    answer, issued = response.json(), Card.objects.get()
    assert issued.person_id == Student.objects.get().pk
    assert issued.created_by is not None
    assert issued.created_by.username == "registration_officer"
    assert answer["card"]["card_uuid"] == answer["registered_card_id"] == str(issued.pk)
    assert answer["card"]["rfid_number"] == issued.rfid_number
    assert number in {None, issued.rfid_number}
    assert (issued.expiry_date is not None) is ("expiry_date" in card)


def test_a_card_number_that_is_taken_leaves_no_student(officer: APIClient, address: str) -> None:
    holder = make_card(rfid_number="04A32B1C").person
    before = Student.objects.count()
    response = officer.post(address, {**PERSON, "card": {"rfid_number": "04 a3 2b 1c"}})
    assert_refused(response, 400)
    taken = "A card with this number already exists."
    whose = f"It is the card of {holder.full_name}, {holder.identifier}."
    assert response.json() == {"card": [f"rfid_number: {taken} {whose}"]}
    assert Student.objects.count() == before
    assert officer.post(address, PERSON).status_code == 201


def test_a_registration_number_that_is_taken_leaves_no_card(
    officer: APIClient, address: str
) -> None:
    officer.post(address, PERSON)
    response = officer.post(address, {**PERSON, "card": {"generate_rfid": True}})
    assert_refused(response, 400)
    assert list(response.json()) == ["registration_number"]
    assert not Card.objects.exists()


@pytest.mark.parametrize(
    "card",
    [
        {},
        [],
        "04A32B1C",
        7,
        {"rfid_number": 7},
        {"rfid_number": ""},
        {"rfid_number": "04A32B1C", "generate_rfid": True},
        {"generate_rfid": False},
        {"generate_rfid": "perhaps"},
        {"generate_rfid": True, "expiry_date": "tomorrow"},
        {"rfid_number": "a\x00"},
    ],
)
def test_a_bad_card_is_a_400_under_card(officer: APIClient, address: str, card: Any) -> None:
    response = officer.post(address, {**PERSON, "card": card})
    assert_refused(response, 400)
    assert list(response.json()) == ["card"]
    assert not Student.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("registration_number", ""),
        ("first_name", "a\x00"),
        ("surname", None),
        ("date_of_birth", "0000-00-00"),
        ("email", "nobody"),
        ("student_status", "Gone"),
        ("phone_number", "12"),
    ],
)
def test_a_bad_student_is_a_400_on_the_field(
    officer: APIClient, address: str, field: str, value: Any
) -> None:
    response = officer.post(address, {**PERSON, field: value, "card": {"generate_rfid": True}})
    assert_refused(response, 400)
    assert list(response.json()) == [field]
    assert not Student.objects.exists()
    assert not Card.objects.exists()


def test_a_student_who_is_not_active_gets_no_card(officer: APIClient, address: str) -> None:
    sent = {**PERSON, "is_active": False, "card": {"generate_rfid": True}}
    assert list(officer.post(address, sent).json()) == ["card"]
    assert not Student.objects.exists()


def test_cards_count_and_students_do_not(
    officer: APIClient, address: str, settings: Settings
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "card_create": "1/min"}

    def register(number: int, **card: Any) -> Any:
        return officer.post(address, {**PERSON, "registration_number": f"DIT/{number}", **card})

    generated = {"card": {"generate_rfid": True}}
    assert [register(number).status_code for number in range(3)] == [201] * 3
    assert register(3, **generated).status_code == 201
    assert_refused(register(4, **generated), 429)
    assert Student.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_of_two_students_with_one_card_number_one_is_registered(
    officer: APIClient, address: str
) -> None:
    def register(number: int) -> int:
        person = {**PERSON, "registration_number": f"DIT/{number}"}
        sent = {**person, "card": {"rfid_number": "04A32B1C"}}
        return int(officer.post(address, sent).status_code)

    statuses = at_once(*[partial(register, number) for number in range(4)])
    assert sorted(statuses) == [201, 400, 400, 400]
    assert Student.objects.get().cards.get().rfid_number == "04A32B1C"


NAMELESS = {name: PERSON[name] for name in PERSON if not name.endswith("name")}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Asha Mushi", ("Asha", "", "Mushi")),
        ("  Asha   Juma Mushi ", ("Asha", "Juma", "Mushi")),
        ("Asha Juma Ali Mushi", ("Asha", "Juma Ali", "Mushi")),
        ("Asha", ("Asha", "", "")),
    ],
)
def test_the_seeds_name_is_split(
    officer: APIClient, address: str, name: str, parts: tuple[str, ...]
) -> None:
    said = {key: value for key, value in NAMELESS.items() if key != "surname"}
    response = officer.post(address, {**said, "name": name})
    assert response.status_code == 201
    answer = response.json()
    assert tuple(answer[key] for key in ("first_name", "middle_name", "surname")) == parts
    assert answer["name"] == " ".join(name.split())


def test_a_part_that_is_given_says_where_the_surname_begins(
    officer: APIClient, address: str
) -> None:
    said = {"name": "Asha bin Said", "surname": "Bin Said", "registration_number": "DIT/7"}
    answer = officer.post(address, said).json()
    assert (answer["first_name"], answer["middle_name"]) == ("Asha", "")
    assert answer["surname"] == "bin Said"


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Asha", "surname": "Ali"},
        {"name": ""},
        {"name": ["Asha", "Mushi"]},
        {"name": "Asha Mushi", "surname": "Ali"},
        {"name": "Asha Mushi", "first_name": "Neema"},
        {"name": "Asha Juma Mushi", "middle_name": "Ali"},
        {"name": "Asha Mushi", "surname": "Juma Ali Mushi"},
    ],
)
def test_a_name_that_is_none_or_contradicts_its_parts_is_a_400(
    officer: APIClient, address: str, said: dict[str, Any]
) -> None:
    response = officer.post(address, {"registration_number": "DIT/7", **said})
    assert_refused(response, 400)
    assert list(response.json()) == ["name"]
    assert not Student.objects.exists()


def test_the_seeds_contact_info_is_taken(officer: APIClient, address: str) -> None:
    contact = {"phone_number": "0712 345 678", "email": "asha@dit.ac.tz"}
    said = {"registration_number": "DIT/7", "name": "Asha Mushi", "contact_info": contact}
    answer = officer.post(address, said).json()
    assert answer["contact_info"] == {**contact, "phone_number": "+255712345678"}
    other = {**said, "registration_number": "DIT/8", "email": "other@dit.ac.tz"}
    refused = officer.post(address, other)
    assert refused.status_code == 400
    assert refused.json() == {"contact_info": ["Does not agree with email."]}


@pytest.mark.parametrize("name", ["card", "contact_info"])
def test_an_unknown_key_within_is_named_in_its_place(
    officer: APIClient, address: str, name: str
) -> None:
    response = officer.post(address, {**PERSON, name: {"rfid": 1}})
    assert_refused(response, 400)
    (message,) = response.json()[name]["rfid"]
    assert message.startswith("Unknown key")
    assert not Student.objects.exists()
