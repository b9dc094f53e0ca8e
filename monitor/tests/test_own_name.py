"""Whose address it is, and what the role may: the same rules at every address of the monitor."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.wire import assert_refused
from cards.models import Card
from cards.tests.factories import make_card, make_student
from conftest import OWN_CLASS
from discipline.models import Incident
from kitchen.models import KitchenService
from monitor.tests.addresses import at, own
from pos.models import Device, Tap
from pos.tests.factories import all_day_period, make_reader
from students.models import Student
from trackxpert.tests.test_every_address import QUERIES, RUBBISH

pytestmark = pytest.mark.django_db

Caller = Callable[[str], APIClient]

OFFICE = {"administrator", "registration_officer"}
ATTENDANCE = {"administrator", "attendance_admin"}
MEALS = {"administrator", "kitchen_admin"}
DISCIPLINE = {"administrator", "discipline_admin"}
EVERYBODY = set(Role.values)


class Endpoint(NamedTuple):
    method: str
    suffix: str
    body: dict[str, Any] | None
    may: set[str]
    success: int


@pytest.fixture
def endpoints(db: None) -> dict[str, Endpoint]:
    """Each endpoint with a body that works."""
    holder, newcomer = make_student(class_code=OWN_CLASS), make_student()
    card = make_card(holder)
    all_day_period()
    person = {"registration_number": "DIT/NEW", "first_name": "Asha", "surname": "Mushi"}
    reader = {"name": "Gate 2", "location": "Gate", "activity_type": "attendance"}
    incident = {"incident_description": "Noise", "points_deducted": 5}
    new_card = {
        "card_type": "student",
        "student_uuid": str(newcomer.pk),
        "generate_rfid": True,
    }
    asked = {"card_id": card.rfid_number}
    rows = [
        Endpoint("post", "register-card", new_card, OFFICE, 201),
        Endpoint("get", "cards", None, OFFICE | {"leadership"}, 200),
        Endpoint("post", "register-student", person, OFFICE, 201),
        Endpoint("post", "attendance-check", asked, ATTENDANCE, 201),
        Endpoint("post", "kitchen-service", asked, MEALS, 201),
        Endpoint("post", "discipline-incident", {**asked, **incident}, DISCIPLINE, 201),
        Endpoint("get", "student", asked, EVERYBODY, 200),
        Endpoint("get", f"student/{holder.pk}/details", None, EVERYBODY, 200),
        Endpoint("post", "POS-device", reader, {"administrator"}, 201),
        Endpoint("get", "POS-device", None, {"administrator"}, 200),
    ]
    return {f"{row.method} {row.suffix}": row for row in rows}


def send(client: APIClient, endpoint: Endpoint, address: str) -> Any:
    return getattr(client, endpoint.method)(address, endpoint.body)


def written() -> list[int]:
    models = (Card, Student, Tap, Incident, KitchenService, Device)
    return [model._default_manager.count() for model in models]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", Role.values)
def test_each_role_does_at_its_own_address_what_it_may(
    caller: Caller, endpoints: dict[str, Endpoint], role: str, slash: str
) -> None:
    client = caller(role)
    for name, endpoint in endpoints.items():
        before = written()
        response = send(client, endpoint, own(role, endpoint.suffix, slash))
        if role in endpoint.may:
            assert response.status_code == endpoint.success, (name, response.content)
        else:
            assert_refused(response, 403)
            assert written() == before, name


@pytest.mark.parametrize("role", sorted(EVERYBODY - {"administrator"}))
def test_an_address_of_somebody_else_or_of_nobody_is_a_403(
    caller: Caller, make_user: Callable[..., User], endpoints: dict[str, Endpoint], role: str
) -> None:
    client, other, before = caller(role), make_user(role, "other"), written()
    for endpoint in endpoints.values():
        for admin_id in (other.pk, uuid4()):
            assert_refused(send(client, endpoint, at(admin_id, endpoint.suffix)), 403)
    assert written() == before


def test_an_administrator_works_at_anybodys_address_in_their_own_name(
    administrator: APIClient, make_user: Callable[..., User], endpoints: dict[str, Endpoint]
) -> None:
    cook = make_user("kitchen_admin")
    for name, endpoint in endpoints.items():
        response = send(administrator, endpoint, at(cook.pk, endpoint.suffix))
        assert response.status_code == endpoint.success, (name, response.content)
    assert {tap.entered_by.username for tap in Tap.objects.all() if tap.entered_by} == {
        "administrator"
    }
    assert Incident.objects.get().recorded_by.username == "administrator"
    issued = Card.objects.exclude(created_by=None).get()
    assert issued.created_by is not None
    assert issued.created_by.username == "administrator"


def test_an_unknown_id_is_a_404_for_an_administrator(
    administrator: APIClient, endpoints: dict[str, Endpoint]
) -> None:
    before = written()
    for endpoint in endpoints.values():
        for admin_id in (uuid4(), "17", "%00"):
            response = send(administrator, endpoint, at(admin_id, endpoint.suffix))
            assert response.status_code == 404
            assert response.json()["success"] is False
    assert written() == before


def test_nobody_and_readers_are_told_to_sign_in(
    anybody: APIClient, caller: Caller, endpoints: dict[str, Endpoint]
) -> None:
    caller("administrator")
    for endpoint in endpoints.values():
        for client in (anybody, make_reader()[1]):
            assert_refused(send(client, endpoint, own("administrator", endpoint.suffix)), 401)


def test_a_disabled_administrator_has_no_address_any_more(
    caller: Caller, endpoints: dict[str, Endpoint]
) -> None:
    client = caller("administrator")
    User.objects.filter(username="administrator").update(is_active=False)
    for endpoint in endpoints.values():
        assert_refused(send(client, endpoint, own("administrator", endpoint.suffix)), 401)


def test_other_methods_are_405(administrator: APIClient, endpoints: dict[str, Endpoint]) -> None:
    methods = {"get", "post", "put", "patch", "delete"}
    for suffix in {endpoint.suffix for endpoint in endpoints.values()}:
        served = {e.method for e in endpoints.values() if e.suffix == suffix}
        for method in methods - served:
            for admin_id in (User.objects.get(username="administrator").pk, uuid4()):
                response = getattr(administrator, method)(at(admin_id, suffix), {})
                assert_refused(response, 405)


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda r: f"{r[0][:40]}-{r[1][:20]!r}")
def test_rubbish_is_refused_and_nothing_is_written(
    administrator: APIClient, endpoints: dict[str, Endpoint], rubbish: tuple[str, Any]
) -> None:
    content_type, content = rubbish
    before = written()
    for endpoint in endpoints.values():
        if endpoint.method == "post":
            address = own("administrator", endpoint.suffix)
            response = administrator.generic("POST", address, content, content_type=content_type)
            assert_refused(response, 400, 415)
    assert written() == before


@pytest.mark.parametrize("query", QUERIES)
def test_a_bad_query_gets_an_answer(
    administrator: APIClient, endpoints: dict[str, Endpoint], query: str
) -> None:
    for endpoint in endpoints.values():
        if endpoint.method == "get":
            response = administrator.get(f"{own('administrator', endpoint.suffix)}?{query}")
            assert response.status_code in {200, 400, 404}, endpoint
            assert isinstance(response.json(), dict)
