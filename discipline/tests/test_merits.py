"""Merits, and the list of students by the points that they have left."""

import csv
import io
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from conftest import OWN_CLASS
from discipline.models import Merit
from discipline.office.ledger import PER_PAGE
from discipline.services import MeritAlreadyVoided, record_merit, void_incident, void_merit
from discipline.tests.factories import make_incident, make_officer
from notifications.models import Notice
from outbox.models import Event
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
MERITS, POINTS = "/admin/discipline/merit/", "/admin/discipline/pointsleft/"


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("discipline_admin"))


def make_merit(student: Student | None = None, points: int = 5, **fields: Any) -> Merit:
    values = {"description": "Led the choir", "by": make_officer(), **fields}
    return record_merit(student=student or make_student(), points=points, **values)


def left(student: Student) -> int:
    return Student.objects.get(pk=student.pk).discipline_points


# --- what they give ---------------------------------------------------------------------------


def test_a_merit_makes_good_for_incidents_and_raises_nobody_above_the_start(
    settings: Settings,
) -> None:
    student = make_student()
    merit = make_merit(student, 20)
    assert (merit.student.discipline_points, left(student)) == (100, 100)
    incident = make_incident(student, 50)
    assert (incident.student.discipline_points, left(student)) == (70, 70)
    assert not Notice.objects.exists()
    assert Event.objects.filter(kind="incident").count() == 1  # a merit wakes nobody
    void_merit(merit=merit, reason="Mistake", by=make_officer())
    assert left(student) == 50
    make_merit(student, 60)
    assert left(student) == 100
    void_incident(incident=incident, reason="Mistake", by=make_officer())
    assert left(student) == 100
    settings.DISCIPLINE_MERITS_ABOVE_START = True
    assert left(student) == 160


def test_a_merit_is_voided_once() -> None:
    merit = make_merit()
    void_merit(merit=merit, reason="Mistake", by=make_officer())
    with pytest.raises(MeritAlreadyVoided):
        void_merit(merit=merit, reason="Again", by=make_officer())


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"points": 0}, "points_in_range"),
        ({"points": 101}, "points_in_range"),
        ({"description": ""}, "described"),
        ({"date": date(2099, 1, 1)}, "has_happened"),
        ({"void_reason": "Mistake"}, "voided_by_whom_and_why"),
    ],
)
def test_the_database_refuses_what_is_no_merit(fields: dict[str, Any], constraint: str) -> None:
    values = {"description": "Helped", "points": 5, "recorded_by": make_officer(), **fields}
    write = partial(Merit.objects.create, student=make_student(), **values)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_the_sum_is_the_ledgers_alone_and_no_fact_changes() -> None:
    merit = make_merit(points=7)
    student = Student.objects.get(pk=merit.student_id)
    student.points_given = 50
    student.save()
    assert Student.objects.get(pk=student.pk).points_given == 7
    for write in (lambda: Merit.objects.update(points=9), lambda: Merit.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE discipline_merit")
    assert Student.objects.get(pk=student.pk).points_given == 0


# --- in the office ----------------------------------------------------------------------------


def test_a_merit_is_recorded_and_voided_in_the_office(office: Client) -> None:
    student = make_student(first_name="Neema")
    make_incident(student, 30)
    facts = {"student": student.pk, "date": str(timezone.localdate()), "points": 10}
    for wrong in ({"description": " "}, {"description": "x", "points": 0}):
        assert b"errorlist" in office.post(f"{MERITS}add/", {**facts, **wrong}).content
    page = office.post(f"{MERITS}add/", {**facts, "description": "Led the choir"}, follow=True)
    merit = Merit.objects.get()
    assert "has 80 points left." in page.content.decode()
    address = f"{MERITS}{merit.pk}"
    assert f"{address}/void/" in office.get(f"{address}/change/").content.decode()
    assert f"{address}/change/" in office.get(f"{MERITS}?q=neema").content.decode()
    for shown in (
        f"/admin/discipline/incident/student/{student.pk}/",
        f"/admin/students/student/{student.pk}/change/",
    ):
        assert "Led the choir" in office.get(shown).content.decode(), shown
    assert b"errorlist" in office.post(f"{address}/void/", {"reason": ""}).content
    done = office.post(f"{address}/void/", {"reason": "Another"}, follow=True).content.decode()
    assert "has 70 points now" in done
    again = office.post(f"{address}/void/", {"reason": "Another"}, follow=True).content.decode()
    assert "has been voided already" in again
    assert "<s>+10</s>" in office.get(f"{MERITS}?voided=yes").content.decode()


def test_the_fewest_points_come_first(office: Client) -> None:
    low, middle, full = (make_student(first_name=n, class_code=n) for n in ("Lo", "Mi", "Fu"))
    make_incident(low, 80)
    make_incident(middle, 30)
    make_incident(middle, 10)
    make_merit(middle, 5)
    make_incident(make_student(is_active=False), 90)

    def shown(query: str = "") -> list[Any]:
        rows: Any = office.get(POINTS + query).context["cl"].result_list
        return [(row.pk, row.discipline_points, row.incidents_standing) for row in rows]

    assert shown() == [(low.pk, 20, 1), (middle.pk, 65, 2), (full.pk, 100, 0)]
    assert [pk for pk, *_ in shown("?left=75")] == [low.pk, middle.pk]
    assert [pk for pk, *_ in shown("?left=25")] == [low.pk]
    assert [pk for pk, *_ in shown("?class_code=Mi")] == [middle.pk]
    assert [pk for pk, *_ in shown("?q=fu")] == [full.pk]
    response: Any = office.get("/admin/list/discipline/pointsleft.csv?left=75")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["Full name"], row["Points left"]) for row in rows] == [
        (str(low.full_name), "20"),
        (str(middle.full_name), "65"),
    ]
    one = office.get(f"{POINTS}{low.pk}/change/")
    assert one["Location"] == f"/admin/discipline/incident/student/{low.pk}/"


@pytest.mark.parametrize("role", Role.values)
def test_who_reads_merits_and_points_and_who_records(make_user: MakeUser, role: str) -> None:
    merit = make_merit(make_student(class_code=OWN_CLASS))
    other = make_merit(make_student(first_name="Hidden", class_code="OTHER"))
    browser = browser_of(make_user(role))
    writes = role in {"administrator", "discipline_admin"}
    reads = writes or role in {"leadership", "class_teacher"}
    for page in (MERITS, POINTS, f"{MERITS}{merit.pk}/change/"):
        assert browser.get(page).status_code == (200 if reads else 403), page
    for page in (f"{MERITS}add/", f"{MERITS}{merit.pk}/void/"):
        assert browser.get(page).status_code == (200 if writes else 403), page
    if role == "class_teacher":
        for page in (MERITS, POINTS):
            assert "Hidden" not in browser.get(page).content.decode()
        assert browser.get(f"{MERITS}{other.pk}/change/").status_code in {302, 404}


def test_the_api_has_the_points_with_the_merits(caller: Callable[[str], APIClient]) -> None:
    student = make_student()
    make_incident(student, 30)
    make_merit(student, 10)
    address = f"/api/students/{student.pk}/"
    assert caller("discipline_admin").get(address).json()["discipline_points"] == 80
    history = caller("administrator").get(f"{address}history/").json()
    assert any("points_given" in change["changes"] for change in history)
    registry = caller("registration_officer").get(f"{address}history/").json()
    assert not any("points_given" in change["changes"] for change in registry)


def test_times_are_those_of_the_campus(office: Client) -> None:
    with time_machine.travel("2026-11-18T22:30:00+00:00", tick=False):
        merit = make_merit()
        void_merit(merit=merit, reason="Mistake", by=make_officer())
        page = office.get(f"{MERITS}{merit.pk}/change/").content.decode()
    assert page.count("Thu 19 Nov 2026, 01:30") == 2


def test_a_ledger_leads_to_the_merits_that_it_has_no_room_for(office: Client) -> None:
    student = make_student()
    page = f"/admin/discipline/incident/student/{student.pk}/"
    by = make_officer()
    for number in range(PER_PAGE):
        make_merit(student, 1, by=by, description=f"Merit {number}")
    assert "All merits" not in office.get(page).content.decode()
    make_merit(student, 1, by=by)
    shown = office.get(page)
    assert "These are the latest 50." in shown.content.decode()
    found = office.get(shown.context["all_merits"]).context["cl"]
    assert found.paginator.count == PER_PAGE + 1
