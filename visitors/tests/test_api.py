"""What is particular to visitors; what all people share is tested in people/tests."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from cards.tests.factories import make_member, make_student, make_visitor
from people.tests.kinds import VISITORS
from people.tests.sheets import csv_file, real, upload, xlsx_of
from people.writing import create_people
from visitors.models import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL = "/api/visitors/"
REHEMA = {
    "full_name": "Rehema Kweka",
    "company": "Tanzania Telecommunications",
    "phone_number": "+255754000333",
    "email": "",
    "card_name": "",
    "diet_note": "",
    "terminal_pin": "",
    "purpose": "Repairs the telephones",
    "expected_from": "2026-11-28T09:00:00+03:00",
    "expected_until": "2026-11-28T12:30:00+03:00",
}


def one(visitor: Visitor) -> str:
    return f"{URL}{visitor.pk}/"


def test_an_officer_registers_a_visitor_who_is_given_a_number(officer: APIClient) -> None:
    host = make_member()
    to_come = {
        **REHEMA,
        "expected_from": "2098-11-28T09:00:00+03:00",
        "expected_until": "2098-11-28T12:30:00+03:00",
    }
    response = officer.post(URL, {**to_come, "host": str(host.pk)})
    body = response.json()
    assert response.status_code == 201, body
    assert body == {
        **to_come,
        "visitor_uuid": body["visitor_uuid"],
        "visitor_number": body["visitor_number"],
        "host": str(host.pk),
        "is_active": True,
        "enrolled_on": str(timezone.localdate()),
        "left_on": None,
        "admitted": "not_expected",
        "photo_url": None,
        "card": None,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    assert body["visitor_number"].startswith("V-")
    assert len(body["visitor_number"]) == 8
    assert officer.get(response.json()["visitor_uuid"].join((URL, "/"))).json() == body


# --- the number ---------------------------------------------------------------------------------


def number_of(officer: APIClient, **changes: str) -> str:
    response = officer.post(URL, {**REHEMA, **changes})
    assert response.status_code == 201, response.json()
    number: str = response.json()["visitor_number"]
    return number


def after(number: str, steps: int = 1) -> str:
    return f"V-{int(number[2:]) + steps:06}"


def test_numbers_follow_each_other_and_one_given_by_hand_is_passed_over(officer: APIClient) -> None:
    first = number_of(officer)
    assert number_of(officer, visitor_number="") == after(first)
    assert number_of(officer, visitor_number="G/17") == "G/17"
    assert number_of(officer, visitor_number=after(first, 2).lower()) == after(first, 2).lower()
    assert number_of(officer) == after(first, 3)


def test_the_millionth_number_is_longer(officer: APIClient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('visitors_number', 999999)")
    assert number_of(officer) == "V-1000000"


def test_a_number_is_given_by_whatever_door_somebody_comes(officer: APIClient) -> None:
    create_people(people=[_somebody(), _somebody()])
    _somebody().save()
    assert len({visitor.identifier for visitor in Visitor.objects.all()} - {""}) == 3
    report = real(
        officer, URL, csv_file([VISITORS.row(1, visitor_number="", terminal_pin="")] * 2)
    ).json()
    assert report["summary"]["created"] == 2
    found = set(Visitor.objects.values_list("identifier", flat=True))
    assert len(found) == 5
    assert all(number.startswith("V-") for number in found)


def _somebody() -> Visitor:
    now = timezone.now()
    return Visitor(whole_name="X", admitted_from=now, admitted_until=now + timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_two_desks_at_once_never_give_the_same_number(officer: APIClient) -> None:
    def register(_: int) -> str:
        try:
            return number_of(officer)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(register, range(24)))
    assert len(set(numbers)) == 24


@pytest.mark.parametrize("number", ["V-999999", "", "x"])
def test_a_number_never_changes(officer: APIClient, number: str) -> None:
    visitor = make_visitor()
    response = officer.patch(one(visitor), {"visitor_number": number})
    assert response.status_code == 400
    assert response.json() == {"visitor_number": ["The number of a visitor never changes."]}
    same = officer.patch(one(visitor), {"visitor_number": visitor.identifier, "purpose": "Tea"})
    assert same.status_code == 200


def test_the_database_refuses_to_change_a_number() -> None:
    visitor = make_visitor()
    with pytest.raises(DatabaseError, match="given_number_stays"), transaction.atomic():
        Visitor.objects.filter(pk=visitor.pk).update(identifier="V-1")
    student = make_student()
    type(student).objects.filter(pk=student.pk).update(identifier="DIT/1")


def test_a_number_in_use_is_refused_in_every_spelling(officer: APIClient) -> None:
    number = number_of(officer, visitor_number="G/17")
    response = officer.post(URL, {**REHEMA, "visitor_number": number.lower()})
    assert response.status_code == 400
    assert response.json() == {"visitor_number": ["A visitor with this number already exists."]}


# --- the visit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["full_name", "expected_from", "expected_until"])
def test_a_visitor_needs_a_name_and_a_time(officer: APIClient, missing: str) -> None:
    body = {key: value for key, value in REHEMA.items() if key != missing}
    response = officer.post(URL, body)
    assert response.status_code == 400
    assert response.json() == {missing: ["This field is required."]}


@pytest.mark.parametrize(
    "changes",
    [
        {"expected_until": REHEMA["expected_from"]},
        {"expected_until": "2026-11-28T05:59:59Z"},
        {"expected_from": "2026-11-28T12:30:00+03:00"},
        {"expected_from": "2026-11-29", "expected_until": "2026-11-28"},
    ],
)
def test_a_visit_ends_after_it_has_begun(officer: APIClient, changes: dict[str, str]) -> None:
    error = {"expected_until": ["A visit ends after it has begun."]}
    refused = officer.post(URL, {**REHEMA, **changes})
    assert (refused.status_code, refused.json()) == (400, error)
    visitor = Visitor.objects.get(pk=officer.post(URL, REHEMA).json()["visitor_uuid"])
    refused = officer.patch(one(visitor), changes)
    assert (refused.status_code, refused.json()) == (400, error)
    report = upload(officer, URL, csv_file([{"visitor_number": visitor.identifier, **changes}]))
    assert report.json()["detail"].startswith("The file lacks these columns")
    row = {**dict.fromkeys(REHEMA, ""), "visitor_number": visitor.identifier, **changes}
    assert upload(officer, URL, csv_file([row])).json()["rows"][0]["errors"] == error


@pytest.mark.parametrize(
    "moment", ["0001-01-01", "1899-12-31T12:00:00Z", "2100-01-02", "9999-12-31", "soon", None, 7]
)
@pytest.mark.parametrize("field", ["expected_from", "expected_until"])
def test_a_time_that_cannot_be_meant_is_refused(
    officer: APIClient, field: str, moment: object
) -> None:
    response = officer.post(URL, {**REHEMA, field: moment})
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_a_day_alone_is_the_whole_day(officer: APIClient) -> None:
    days = {"expected_from": "2026-11-28", "expected_until": "2026-11-29"}
    body = officer.post(URL, {**REHEMA, **days}).json()
    assert body["expected_from"] == "2026-11-28T00:00:00+03:00"
    assert body["expected_until"] == "2026-11-30T00:00:00+03:00"


def test_a_time_in_a_spreadsheet_is_read_as_people_write_it(officer: APIClient) -> None:
    at = timezone.localtime().replace(year=2026, month=11, day=28, hour=9, minute=30)
    row = {**REHEMA, "expected_from": "28/11/2026 07:15", "expected_until": "28.11.2026"}
    workbook = {**REHEMA, "expected_from": at.replace(tzinfo=None, second=0, microsecond=0)}
    for content in (csv_file([row]), xlsx_of([workbook])):
        assert real(officer, URL, content).status_code == 200
    found = Visitor.objects.order_by("identifier").values_list("admitted_from", "admitted_until")
    assert [[str(timezone.localtime(moment))[:16] for moment in visit] for visit in found] == [
        ["2026-11-28 07:15", "2026-11-29 00:00"],
        ["2026-11-28 09:30", "2026-11-28 12:30"],
    ]


def test_what_a_visitor_is_told_to_be_follows_the_clock(officer: APIClient) -> None:
    visitor = make_visitor()
    tag = officer.get(one(visitor))["ETag"]
    assert officer.get(one(visitor)).json()["admitted"] == "ok"
    Visitor.objects.update(admitted_until=timezone.now())
    now = officer.get(one(visitor), headers={"if-none-match": tag})
    assert (now.status_code, now.json()["admitted"]) == (200, "not_expected")


# --- the host -----------------------------------------------------------------------------------


def test_a_host_is_a_member_of_staff_or_nobody(officer: APIClient) -> None:
    for nobody in (str(make_student().pk), str(uuid4())):
        response = officer.post(URL, {**REHEMA, "host": nobody})
        assert response.status_code == 400
        assert response.json() == {"host": ["There is no such member of staff."]}
    assert officer.post(URL, {**REHEMA, "host": "Juma"}).json() == {
        "host": ["Must be a valid UUID."]
    }
    assert officer.post(URL, {**REHEMA, "host": None}).json()["host"] is None
    assert officer.post(URL, REHEMA).json()["host"] is None


def test_the_database_refuses_a_host_who_is_not_of_the_staff() -> None:
    visitor = make_visitor()
    with transaction.atomic():
        Visitor.objects.filter(pk=visitor.pk).update(host=make_student().pk)
        with pytest.raises(IntegrityError, match="host_id"):
            connection.check_constraints()
        transaction.set_rollback(True)


def test_an_import_names_the_row_whose_host_is_nobody(officer: APIClient) -> None:
    rows = [VISITORS.row(1), VISITORS.row(2, host=str(uuid4()))]
    first, second = upload(officer, URL, csv_file(rows)).json()["rows"]
    assert first["action"] == "created"
    assert first["changes"]["host"] == {"before": None, "after": rows[0]["host"]}
    assert second["errors"] == {"host": ["There is no such member of staff."]}


# --- lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Asha", "Juma", "Neema"]),
        ("date=2026-11-27", []),
        ("date=2026-11-28", ["Asha"]),
        ("date=2026-11-29", ["Asha", "Juma"]),
        ("date=2026-11-30", ["Juma"]),
        ("date=2026-12-01", ["Neema"]),
        ("date=2026-12-02", []),
        ("date=0001-01-01", []),
        ("date=9999-12-31", []),
        ("company=TTCL", ["Juma"]),
        ("search=ttcl", ["Juma"]),
        ("is_active=false", ["Neema"]),
        ("host=00000000-0000-0000-0000-000000000000", []),
        ("ordering=-expected_from", ["Neema", "Juma", "Asha"]),
        ("ordering=expected_until", ["Asha", "Juma", "Neema"]),
    ],
)
def test_lists_are_filtered_and_ordered(officer: APIClient, query: str, names: list[str]) -> None:
    visits = [
        ("Asha", "2026-11-28T09:00+03:00", "2026-11-29T00:01+03:00", {}),
        ("Juma", "2026-11-29T23:59+03:00", "2026-11-30T12:00+03:00", {"company": "TTCL"}),
        ("Neema", "2026-12-01", "2026-12-01", {"is_active": "false"}),
    ]
    for name, begins, ends, more in visits:
        visit = {"expected_from": begins, "expected_until": ends}
        number_of(officer, full_name=name, **visit, **{"company": "", **more})
    results = officer.get(f"{URL}?{query}").json()["results"]
    assert [visitor["full_name"] for visitor in results] == names


def test_whoever_visits_somebody_is_found_by_the_host(officer: APIClient) -> None:
    host, visitor = make_member(), make_visitor()
    make_visitor()
    assert officer.patch(one(visitor), {"host": str(host.pk)}).status_code == 200
    (found,) = officer.get(f"{URL}?host={host.pk}").json()["results"]
    assert found["visitor_uuid"] == str(visitor.pk)
    for bad in ("host=Juma", "date=tomorrow"):
        response = officer.get(f"{URL}?{bad}")
        assert (response.status_code, list(response.json())) == (400, [bad.partition("=")[0]])


def test_deleting_is_switching_off(officer: APIClient) -> None:
    visitor = make_visitor()
    assert officer.delete(one(visitor)).status_code == 204
    body = officer.get(one(visitor)).json()
    assert (body["is_active"], body["admitted"]) == (False, "holder_inactive")


@pytest.mark.parametrize("role", ["attendance_admin", "kitchen_admin", "discipline_admin"])
def test_other_roles_read_only(caller: Callable[[str], APIClient], role: str) -> None:
    visitor, client = make_visitor(), caller(role)
    assert client.get(one(visitor)).status_code == 200
    assert client.post(URL, REHEMA).status_code == 403
    assert client.patch(one(visitor), {"purpose": "x"}).status_code == 403
    assert client.delete(one(visitor)).status_code == 403


def test_the_history_says_when_a_visit_was_moved(officer: APIClient) -> None:
    visitor = make_visitor()
    later = timezone.localtime().replace(microsecond=0) + timedelta(days=1)
    officer.patch(one(visitor), {"expected_until": later.isoformat()})
    entries: list[Any] = officer.get(f"{one(visitor)}history/").json()
    assert entries[0]["changes"]["expected_until"]["after"] == later.isoformat()
