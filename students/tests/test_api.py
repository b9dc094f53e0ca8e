"""Students over REST (contract sections 4 and 5); what all people share is tested here as well."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from people.writing import create_people
from students.models import Student

pytestmark = pytest.mark.django_db

URL = "/api/students/"
AMINA = {
    "registration_number": "DIT/2024/01234",
    "first_name": "Amina",
    "middle_name": "Juma",
    "surname": "Wanjikũ",
    "class_level": "NTA Level 8",
    "class_code": "CS2024A",
    "program": "BACHELOR OF ENGINEERING",
    "department": "Computer Studies",
    "date_of_birth": "2003-05-17",
    "phone_number": "0712 345 678",
    "email": "amina@example.org",
    "card_name": "",
    "diet_note": "",
    "terminal_pin": "",
}


def make_student(number: int = 1, **fields: Any) -> Student:
    return Student.objects.create(
        **{
            "identifier": f"DIT/2024/{number:05}",
            "first_name": "Asha",
            "surname": f"Mushi{number}",
            **fields,
        }
    )


def many_students(count: int) -> None:
    """Of the same name."""
    names = {"first_name": "A", "surname": "B"}
    create_people(people=[Student(identifier=str(number), **names) for number in range(count)])


def one(student: Student) -> str:
    return f"{URL}{student.pk}/"


# --- create and read ----------------------------------------------------------------------------


def test_an_officer_registers_a_student(officer: APIClient) -> None:
    response = officer.post(URL, AMINA)
    body = response.json()
    assert response.status_code == 201
    assert body == {
        **AMINA,
        "student_uuid": body["student_uuid"],
        "full_name": "Amina Juma Wanjikũ",
        "phone_number": "+255712345678",
        "student_status": "Active",
        "academic_status": "Current",
        "is_active": True,
        "enrolled_on": str(timezone.localdate()),
        "left_on": None,
        "admitted": "ok",
        "photo_url": None,
        "card": None,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    assert body["created_at"].endswith("+03:00")
    assert officer.get(f"{URL}{body['student_uuid']}/").json() == body


def test_somebody_is_on_the_roll_from_a_day_until_a_day(officer: APIClient) -> None:
    roll = {"enrolled_on": "2024-09-30", "left_on": "2026-06-30"}
    body = officer.post(URL, {**AMINA, **roll}).json()
    assert {key: body[key] for key in roll} == roll
    student = f"{URL}{body['student_uuid']}/"
    wrong = officer.patch(student, {"left_on": "2024-09-29"})
    assert wrong.status_code == 400
    assert "Nobody leaves before" in str(wrong.json())
    assert officer.patch(student, {"enrolled_on": None}).status_code == 400
    assert officer.patch(student, {"left_on": None}).json()["left_on"] is None


@pytest.mark.parametrize(("given", "other"), [("first_name", "surname"), ("surname", "first_name")])
def test_a_number_and_one_name_are_enough(officer: APIClient, given: str, other: str) -> None:
    body = officer.post(URL, {"registration_number": "1", given: "Ali", other: " "}).json()
    assert (body["full_name"], body[given], body[other]) == ("Ali", "Ali", "")
    address = f"{URL}{body['student_uuid']}/"
    assert officer.patch(address, {given: ""}).json().keys() == {given, other}
    assert officer.patch(address, {given: "", other: "Said"}).json()["full_name"] == "Said"
    found = officer.get(URL, {"search": "said"}).json()["results"]
    assert [each["student_uuid"] for each in found] == [body["student_uuid"]]


def test_nobody_goes_without_a_name(officer: APIClient) -> None:
    refused = officer.post(URL, {"middle_name": "Ali"})
    assert refused.status_code == 400
    assert refused.json().keys() == {"registration_number", "first_name", "surname"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("registration_number", ""),
        ("registration_number", "x" * 51),
        ("registration_number", None),
        ("first_name", "a\x00b"),
        ("first_name", "a\x07b"),
        ("first_name", "a\u202eb"),
        ("first_name", {"a": 1}),
        ("surname", "x" * 101),
        ("date_of_birth", "2999-01-01"),
        ("date_of_birth", "1899-12-31"),
        ("date_of_birth", "17/05/2003"),
        ("date_of_birth", 20030517),
        ("phone_number", "call me"),
        ("phone_number", "12"),
        ("email", "nobody"),
        ("student_status", "active"),
        ("academic_status", "Gone"),
        ("is_active", "perhaps"),
    ],
)
def test_a_bad_value_is_refused_on_its_field(officer: APIClient, field: str, value: Any) -> None:
    response = officer.post(URL, {**AMINA, field: value})
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not Student.objects.exists()


@pytest.mark.parametrize("number", ["DIT/2024/01234", "dit/2024/01234", " DIT/2024/01234 "])
def test_a_number_in_use_is_refused_in_every_spelling(officer: APIClient, number: str) -> None:
    officer.post(URL, AMINA)
    response = officer.post(URL, {**AMINA, "registration_number": number})
    assert response.status_code == 400
    assert response.json() == {
        "registration_number": ["A student with this registration number already exists."]
    }


@pytest.mark.django_db(transaction=True)
def test_of_ten_registrations_at_once_one_succeeds(officer: APIClient) -> None:
    def register(_: int) -> int:
        try:
            return officer.post(URL, AMINA).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        codes = sorted(pool.map(register, range(10)))
    assert codes == [201] + [400] * 9


def test_names_are_kept_in_one_form(officer: APIClient) -> None:
    decomposed = "Wanjiku\u0303"
    body = officer.post(URL, {**AMINA, "surname": f"  {decomposed} \t wa  Njeri"}).json()
    assert body["surname"] == "Wanjikũ wa Njeri"


# --- change and delete --------------------------------------------------------------------------


def test_a_change_of_a_name_changes_the_full_name(officer: APIClient) -> None:
    student = make_student(middle_name="Neema")
    body = officer.patch(one(student), {"surname": "Kessy", "middle_name": ""}).json()
    assert body["full_name"] == "Asha Kessy"
    assert officer.get(f"{URL}?search=kessy").json()["count"] == 1


def test_computed_fields_cannot_be_written(officer: APIClient) -> None:
    student = make_student()
    officer.patch(one(student), {"discipline_points": 7, "full_name": "X", "photo_url": "x"})
    student.refresh_from_db()
    assert student.discipline_points == 100
    assert student.full_name == "Asha Mushi1"


def test_the_same_change_again_changes_nothing(officer: APIClient) -> None:
    student = make_student()
    first = officer.patch(one(student), {"surname": "Kessy"})
    again = officer.patch(one(student), {"surname": "Kessy"})
    assert again["ETag"] == first["ETag"]
    assert len(officer.get(f"{one(student)}history/").json()) == 2


def test_delete_is_a_deactivation(officer: APIClient) -> None:
    student = make_student()
    assert officer.delete(one(student)).status_code == 204
    assert officer.delete(one(student)).status_code == 204
    assert officer.get(one(student)).json()["is_active"] is False
    assert officer.get(f"{URL}?is_active=true").json()["count"] == 0


# --- entity tags --------------------------------------------------------------------------------


def test_an_unchanged_student_is_a_304(officer: APIClient) -> None:
    student = make_student()
    etag = officer.get(one(student))["ETag"]
    for tag in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = officer.get(one(student), headers={"if-none-match": tag})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == etag
    assert officer.get(one(student), headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("tag", ['"stale"', "unquoted", ""])
def test_a_stale_tag_is_a_412_and_changes_nothing(
    officer: APIClient, method: str, tag: str
) -> None:
    student = make_student()
    body = None if method == "delete" else AMINA
    response = getattr(officer, method)(one(student), body, headers={"if-match": tag})
    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"
    student.refresh_from_db()
    assert (student.first_name, student.is_active) == ("Asha", True)


def test_the_present_tag_lets_a_change_through_and_a_new_one_comes_back(officer: APIClient) -> None:
    student = make_student()
    etag = officer.get(one(student))["ETag"]
    response = officer.patch(one(student), {"surname": "Kessy"}, headers={"if-match": etag})
    assert response.status_code == 200
    assert response["ETag"] == officer.get(one(student))["ETag"] != etag


@pytest.mark.django_db(transaction=True)
def test_of_eight_changes_with_one_tag_one_succeeds(officer: APIClient) -> None:
    student = make_student()
    etag = officer.get(one(student))["ETag"]

    def change(number: int) -> int:
        body, headers = {"surname": f"Kessy{number}"}, {"if-match": etag}
        try:
            return officer.patch(one(student), body, headers=headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(change, range(8)))
    assert codes == [200] + [412] * 7


# --- lists --------------------------------------------------------------------------------------


def test_a_page_has_relative_links(officer: APIClient) -> None:
    for number in range(5):
        make_student(number)
    body = officer.get(f"{URL}?page_size=2&page=2").json()
    assert body["count"] == 5
    assert len(body["results"]) == 2
    assert body["next"] == "/api/students/?page=3&page_size=2"
    assert body["previous"] == "/api/students/?page_size=2"


@pytest.mark.parametrize(
    ("query", "size"), [("", 20), ("page_size=100", 100), ("page_size=999", 100)]
)
def test_a_page_holds_20_and_at_most_100(officer: APIClient, query: str, size: int) -> None:
    many_students(120)
    assert len(officer.get(f"{URL}?{query}").json()["results"]) == size


@pytest.mark.parametrize("page", ["0", "-1", "x", "99", "9" * 40])
def test_a_bad_page_is_a_404(officer: APIClient, page: str) -> None:
    response = officer.get(f"{URL}?page={page}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "query",
    [
        "is_active=perhaps",
        "has_photo=2",
        "student_status=Gone",
        "academic_status=x",
        "page_size=0",
        "page_size=x",
        "ordering=password",
        "ordering=surname,nothing",
        "search=%00",
        "department=a%00b",
    ],
)
def test_a_bad_filter_is_a_400_that_names_it(officer: APIClient, query: str) -> None:
    response = officer.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert list(response.json()) == [query.partition("=")[0]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("department=Civil", [2]),
        ("class_code=CS1", [1]),
        ("student_status=Suspended", [3]),
        ("academic_status=Retake", [1]),
        ("is_active=false", [3]),
        ("is_active=TRUE", [1, 2]),
        ("has_photo=true", [2]),
        ("has_photo=false", [1, 3]),
        ("search=asha+3", [3]),
        ("search=MUSHI&department=Civil", [2]),
        ("department=", [1, 2, 3]),
        ("department=civil", []),
        ("ordering=-registration_number", [3, 2, 1]),
    ],
)
def test_lists_are_filtered_and_ordered(officer: APIClient, query: str, numbers: list[int]) -> None:
    make_student(1, class_code="CS1", academic_status="Retake")
    make_student(2, department="Civil", photo="photos/a.jpg")
    make_student(3, status="Suspended", is_active=False)
    results = officer.get(f"{URL}?{query}").json()["results"]
    assert [int(student["registration_number"][-5:]) for student in results] == numbers


def test_pages_of_equal_names_neither_repeat_nor_lose_anybody(officer: APIClient) -> None:
    many_students(30)
    pages = [
        officer.get(f"{URL}?ordering=surname&page_size=10&page={page}").json()["results"]
        for page in (1, 2, 3)
    ]
    assert len({student["student_uuid"] for page in pages for student in page}) == 30


def test_the_query_count_of_a_list_does_not_grow(
    officer: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_student(1)
    with django_assert_num_queries(4):  # the caller, the count, the page, its cards
        officer.get(URL)
    for number in range(2, 30):
        make_student(number)
    with django_assert_num_queries(4):
        officer.get(f"{URL}?search=asha&is_active=true")


def test_the_query_counts_of_one_student_are_pinned(
    officer: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    student = make_student()
    with django_assert_num_queries(4):  # the caller, the student, the card, the look
        officer.get(one(student))
    # the caller; begin, the locked student, the card, savepoint, update, release, generated
    # columns, commit
    with django_assert_num_queries(9):
        officer.patch(one(student), {"surname": "Kessy"})


# --- history ------------------------------------------------------------------------------------


def test_the_history_says_who_changed_what(officer: APIClient) -> None:
    pk = officer.post(URL, AMINA).json()["student_uuid"]
    officer.patch(f"{URL}{pk}/", {"surname": "Kessy", "is_active": False})
    changed, created = officer.get(f"{URL}{pk}/history/").json()
    assert (changed["action"], changed["by"]) == ("changed", "registration_officer")
    assert changed["path"] == f"{URL}{pk}/"
    assert changed["changes"] == {
        "surname": {"before": "Wanjikũ", "after": "Kessy"},
        "is_active": {"before": True, "after": False},
    }
    assert (created["action"], created["by"]) == ("created", "registration_officer")
    assert created["changes"]["first_name"] == {"before": None, "after": "Amina"}


def test_bulk_updates_are_in_the_history_too(officer: APIClient) -> None:
    student = make_student()
    Student.objects.filter(pk=student.pk).update(department="Civil")
    latest = officer.get(f"{one(student)}history/").json()[0]
    assert latest["changes"] == {"department": {"before": "", "after": "Civil"}}
    assert latest["by"] is None


def test_the_history_of_a_stranger_is_a_404(officer: APIClient) -> None:
    assert officer.get(f"{URL}{uuid4()}/history/").status_code == 404


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["attendance_admin", "kitchen_admin", "discipline_admin"])
def test_other_roles_read_only(caller: Callable[[str], APIClient], role: str) -> None:
    student, client = make_student(), caller(role)
    assert client.get(URL).status_code == 200
    assert client.get(one(student)).status_code == 200
    assert client.post(URL, AMINA).status_code == 403
    assert client.patch(one(student), {"surname": "X"}).status_code == 403
    assert client.delete(one(student)).status_code == 403


def test_without_a_token_the_answer_is_401(anybody: APIClient) -> None:
    response = anybody.get(URL)
    assert response.status_code == 401
    assert response.json() == {
        "detail": "Authentication credentials were not provided.",
        "code": "not_authenticated",
    }
    assert response["WWW-Authenticate"].startswith("Bearer")
