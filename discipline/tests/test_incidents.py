"""`/api/discipline/incidents/` (contract section 9)."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.roles import Role
from accounts.tests.races import at_once
from accounts.tests.wire import assert_refused
from cards.tests.factories import make_student
from conftest import OWN_CLASS
from discipline.models import Category, Incident
from discipline.services import void_incident
from discipline.tests.factories import URL, body, make_incident, make_officer, one, points_of
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

Caller = Callable[[str], APIClient]
MAY = {"administrator", "discipline_admin"}


@pytest.fixture
def warden(caller: Caller) -> APIClient:
    return caller("discipline_admin")


@pytest.fixture
def student(db: None) -> Student:
    return make_student(class_level="NTA 4", department="Computer Studies")


def listed(client: APIClient, **filters: Any) -> list[str]:
    response = client.get(URL, filters)
    assert response.status_code == 200, response.content
    return [row["discipline_id"] for row in response.json()["results"]]


# --- recording --------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_incident_is_recorded_and_costs_points(
    warden: APIClient, student: Student, slash: str
) -> None:
    sent = body(
        student,
        incident_description=" Fought  in the yard.\r\n\tTwo witnesses ",
        category="violence",
        date_of_incident="2026-01-05",
    )
    response = warden.post(URL.rstrip("/") + slash, sent)
    assert response.status_code == 201
    answer = response.json()
    incident = Incident.objects.get()
    assert answer == {
        "discipline_id": str(incident.pk),
        "student": str(student.pk),
        "student_name": student.full_name,
        "registration_number": student.identifier,
        "class_level": "NTA 4",
        "department": "Computer Studies",
        "category": "violence",
        "incident_description": "Fought in the yard.\nTwo witnesses",
        "points_deducted": 10,
        "date_of_incident": "2026-01-05",
        "evidence_url": None,
        "recorded_by": "discipline_admin",
        "recorded_at": answer["recorded_at"],
        "voided_at": None,
        "voided_by": None,
        "void_reason": "",
        "discipline_points": 90,
    }
    assert warden.get(f"/api/students/{student.pk}/").json()["discipline_points"] == 90


def test_what_is_left_out_is_today_and_without_a_category(caller: Caller, student: Student) -> None:
    with time_machine.travel("2026-11-20T22:30:00Z", tick=False):  # past midnight on the campus
        warden = caller("discipline_admin")
        for fields in ({}, {"date_of_incident": None, "category": "", "evidence": None}):
            answer = warden.post(URL, body(student, **fields)).json()
            assert (answer["date_of_incident"], answer["category"]) == ("2026-11-21", "")


def test_points_can_fall_below_zero_and_say_what_the_ledger_says(
    warden: APIClient, student: Student
) -> None:
    answers = [warden.post(URL, body(student, points_deducted=60)).json() for _ in range(2)]
    assert [answer["discipline_points"] for answer in answers] == [40, -20]


def test_the_students_history_says_who_took_the_points(
    warden: APIClient, administrator: APIClient, student: Student
) -> None:
    warden.post(URL, body(student))
    latest = administrator.get(f"/api/students/{student.pk}/history/").json()[0]
    assert latest["by"] == "discipline_admin"
    assert latest["changes"] == {"points_deducted": {"before": 0, "after": 10}}


def test_an_inactive_student_can_still_have_an_incident(warden: APIClient) -> None:
    student = make_student(is_active=False, status="Withdrawn")
    assert warden.post(URL, body(student)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("student", None),
        ("student", "not-a-uuid"),
        ("student", 7),
        ("student", {"a": 1}),
        ("student", str(UUID(int=7))),
        ("incident_description", ""),
        ("incident_description", " \n "),
        ("incident_description", "x" * 2001),
        ("incident_description", "a\x00b"),
        ("incident_description", "a\u202eb"),
        ("incident_description", "line\nbell\x07"),
        ("incident_description", ["a"]),
        ("points_deducted", 0),
        ("points_deducted", -5),
        ("points_deducted", 101),
        ("points_deducted", 10**400),
        ("points_deducted", 1.5),
        ("points_deducted", "many"),
        ("points_deducted", True),
        ("points_deducted", None),
        ("date_of_incident", "2026-02-30"),
        ("date_of_incident", "0000-00-00"),
        ("date_of_incident", "1899-12-31"),
        ("date_of_incident", "9999-12-31"),
        ("date_of_incident", 20260105),
        ("category", "weather"),
        ("category", {"a": 1}),
        ("evidence", "a text"),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_bad_input_is_a_400_on_its_field(
    warden: APIClient, student: Student, field: str, value: Any
) -> None:
    response = warden.post(URL, body(student, **{field: value}))
    assert_refused(response, 400)
    assert list(response.json()) == [field]
    assert not Incident.objects.exists()
    assert points_of(student) == 0


def test_an_incident_of_tomorrow_is_refused(warden: APIClient, student: Student) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    response = warden.post(URL, body(student, date_of_incident=str(tomorrow)))
    assert_refused(response, 400)
    assert list(response.json()) == ["date_of_incident"]


@pytest.mark.parametrize("missing", ["student", "incident_description", "points_deducted"])
def test_what_must_be_said_is_asked_for(warden: APIClient, student: Student, missing: str) -> None:
    sent = body(student)
    del sent[missing]
    assert warden.post(URL, sent).json() == {missing: ["This field is required."]}


def test_every_category_can_be_recorded(warden: APIClient, student: Student) -> None:
    for category in Category.values:
        sent = body(student, category=category, points_deducted=1)
        assert warden.post(URL, sent).status_code == 201


# --- reading ----------------------------------------------------------------------------------


def test_lists_are_narrowed(warden: APIClient) -> None:
    civil = make_student(class_level="NTA 5", department="Civil Engineering")
    other = make_student(class_level="NTA 4", department="Computer Studies")
    early = make_incident(civil, date_of_incident=date(2026, 1, 5), category="theft")
    late = make_incident(civil, date_of_incident=date(2026, 3, 5))
    voided = void_incident(
        incident=make_incident(other, date_of_incident=date(2026, 2, 5), category="dress"),
        reason="Mistake",
        by=make_officer(),
    )
    ids = {name: str(i.pk) for name, i in {"early": early, "late": late, "voided": voided}.items()}

    def found(**filters: Any) -> list[str]:
        names = {pk: name for name, pk in ids.items()}
        return [names[pk] for pk in listed(warden, **filters)]

    assert found() == ["late", "voided", "early"]
    assert found(student=str(civil.pk)) == ["late", "early"]
    assert found(date="2026-02-05") == ["voided"]
    assert found(**{"from": "2026-02-05"}) == ["late", "voided"]
    assert found(to="2026-02-05") == ["voided", "early"]
    assert found(**{"from": "2026-02-01", "to": "2026-02-28"}) == ["voided"]
    assert found(voided="true") == ["voided"]
    assert found(voided="false") == ["late", "early"]
    assert found(category="theft") == ["early"]
    assert found(class_level="NTA 5") == ["late", "early"]
    assert found(department="Computer Studies") == ["voided"]
    assert found(ordering="date_of_incident") == ["early", "voided", "late"]


@pytest.mark.parametrize(
    "query",
    ["student=x", "date=x", "from=2026-02-30", "voided=perhaps", "category=weather", "ordering=x"],
)
def test_a_bad_filter_is_a_400(warden: APIClient, query: str) -> None:
    assert_refused(warden.get(f"{URL}?{query}"), 400)


def test_a_longer_list_costs_no_more_queries(warden: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            warden.get(URL)
        return len(captured)

    by = make_officer()
    void_incident(incident=make_incident(), reason="Mistake", by=by)
    few = queries()
    for _ in range(10):
        void_incident(incident=make_incident(), reason="Mistake", by=by)
    assert queries() == few


def test_a_single_incident_has_an_entity_tag(warden: APIClient) -> None:
    incident = make_incident()
    response = warden.get(one(incident))
    assert response.status_code == 200
    assert "discipline_points" not in response.json()
    tag = response["ETag"]
    assert warden.get(one(incident), HTTP_IF_NONE_MATCH=tag).status_code == 304
    make_incident(incident.student)
    assert warden.get(one(incident), HTTP_IF_NONE_MATCH=tag).status_code == 304


@pytest.mark.parametrize("unknown", [uuid4(), "17", "%00"])
def test_an_unknown_incident_is_a_404(warden: APIClient, unknown: object) -> None:
    assert warden.get(f"{URL}{unknown}/").status_code == 404
    assert warden.post(f"{URL}{unknown}/void/", {"reason": "x"}).status_code == 404
    assert warden.get(f"{URL}{unknown}/evidence/").status_code == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nothing_is_edited_away(warden: APIClient, method: str) -> None:
    incident = make_incident()
    assert_refused(getattr(warden, method)(one(incident), {"points_deducted": 1}), 405)
    assert points_of(incident.student) == 5


# --- voiding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_voided_incident_stays_and_gives_the_points_back(
    warden: APIClient, student: Student, slash: str
) -> None:
    make_incident(student, 20)
    incident = make_incident(student, 30)
    response = warden.post(one(incident, f"void{slash}"), {"reason": " Mistaken  for another "})
    assert response.status_code == 200
    answer = response.json()
    assert answer["discipline_points"] == 80
    assert answer["voided_by"] == "discipline_admin"
    assert answer["void_reason"] == "Mistaken for another"
    assert answer["voided_at"] is not None
    del answer["discipline_points"]
    read = warden.get(one(incident))
    assert (read.json(), read["ETag"]) == (answer, response["ETag"])


def test_voiding_twice_is_a_409(warden: APIClient) -> None:
    incident = make_incident(points=30)
    make_incident(incident.student, 20)
    assert warden.post(one(incident, "void/"), {"reason": "Appeal"}).status_code == 200
    response = warden.post(one(incident, "void/"), {"reason": "Again"})
    assert_refused(response, 409)
    assert response.json()["code"] == "already_voided"
    assert Incident.objects.get(pk=incident.pk).void_reason == "Appeal"
    assert points_of(incident.student) == 20


@pytest.mark.parametrize(
    "sent", [{}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 301}, {"reason": "a\x00"}, []]
)
def test_a_void_needs_a_reason(warden: APIClient, sent: Any) -> None:
    incident = make_incident()
    assert_refused(warden.post(one(incident, "void/"), sent), 400)
    assert points_of(incident.student) == 5


def test_whoever_saw_another_state_voids_nothing(warden: APIClient) -> None:
    incident = make_incident()
    tag = warden.get(one(incident))["ETag"]
    void = partial(warden.post, one(incident, "void/"), {"reason": "Appeal"})
    assert_refused(void(HTTP_IF_MATCH='"other"'), 412)
    assert void(HTTP_IF_MATCH=tag).status_code == 200
    assert_refused(void(HTTP_IF_MATCH=tag), 412)


@pytest.mark.django_db(transaction=True)
def test_of_two_voids_over_http_one_is_a_409(caller: Caller) -> None:
    incident = make_incident()
    clients = [caller("discipline_admin") for _ in range(4)]
    calls = [partial(c.post, one(incident, "void/"), {"reason": "Appeal"}) for c in clients]
    statuses = sorted(response.status_code for response in at_once(*calls))
    assert statuses == [200, 409, 409, 409]


# --- roles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_only_discipline_writes_incidents_and_some_read_them(caller: Caller, role: str) -> None:
    client, incident = caller(role), make_incident(make_student(class_code=OWN_CLASS))
    reads = {"read": 200} if role in {"leadership", "class_teacher"} else {}
    expected = {"read": 200, "record": 201, "void": 200} if role in MAY else reads
    assert client.get(URL).status_code == expected.get("read", 403)
    assert client.get(one(incident)).status_code == expected.get("read", 403)
    assert client.get(one(incident, "evidence/")).status_code == (404 if expected else 403)
    sent = body(incident.student)
    assert client.post(URL, sent).status_code == expected.get("record", 403)
    status = client.post(one(incident, "void/"), {"reason": "Appeal"}).status_code
    assert status == expected.get("void", 403)


def test_nobody_is_told_to_sign_in(anybody: APIClient) -> None:
    incident = make_incident()
    for response in (
        anybody.get(URL),
        anybody.get(one(incident)),
        anybody.post(URL, body(incident.student)),
        anybody.post(one(incident, "void/"), {"reason": "x"}),
        anybody.get(one(incident, "evidence/")),
    ):
        assert_refused(response, 401)
