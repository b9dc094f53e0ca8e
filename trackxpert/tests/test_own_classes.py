"""A class teacher knows of the people of their own classes, and of nobody else: at every door.

Two students with the same past, one in a class of the teacher's and one in another. Every address
that answers GET is read as the teacher, and says nothing of the other; every row of the other is a
404.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance
from cards.tests.factories import make_card, make_member, make_student
from conftest import OWN_CLASS
from discipline.models import Incident
from discipline.services import record_incident
from notifications.models import Guardian
from pos.tests.factories import make_reader
from reports.mailing import send_due_reports
from reports.tests.factories import make_schedule
from students.models import Student
from trackxpert.tests.test_details import as_browser, body_of, office_doors
from trackxpert.tests.test_every_address import ADDRESSES

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Past:
    """A student, and a row of each kind that is about them."""

    student: Student
    guardian: Guardian
    incident: Incident
    day: Attendance

    @property
    def rows(self) -> dict[str, str]:
        """Their own addresses, and how they are found by their lists' filters."""
        pk = self.student.pk
        return {
            f"/api/students/{pk}/": "/api/students/?search=",
            f"/api/students/{pk}/history/": "",
            f"/api/students/{pk}/guardians/": "",
            f"/api/students/{pk}/guardians/{self.guardian.pk}/": "",
            f"/api/students/{pk}/guardians/{self.guardian.pk}/history/": "",
            f"/api/attendance/{self.day.pk}/": f"/api/attendance/?student={pk}",
            f"/api/discipline/incidents/{self.incident.pk}/": (
                f"/api/discipline/incidents/?student={pk}"
            ),
        }


@pytest.fixture
def teacher(make_user: Callable[..., User]) -> User:
    """Of OWN_CLASS, spelled otherwise."""
    return make_user("class_teacher", classes=[OWN_CLASS.lower(), "EV1"])


@pytest.fixture
def client(teacher: User, caller: Callable[[str], APIClient]) -> APIClient:
    return caller("class_teacher")


@pytest.fixture
def browser(teacher: User) -> Client:
    return as_browser(teacher)


def make_past(*, by: User, reader: APIClient, name: str, **fields: Any) -> Past:
    student = make_student(first_name=name, surname=f"{name}son", identifier=name, **fields)
    guardian = Guardian.objects.create(student=student, name=f"Mama {name}", phone="+255712345678")
    incident = record_incident(
        student=student, incident_description=f"{name} was late", points_deducted=7, by=by
    )
    card = make_card(student)
    assert reader.post("/api/pos/taps/", {"card": card.rfid_number}).status_code == 201
    return Past(student, guardian, incident, Attendance.objects.get(person=student))


@pytest.fixture
def pasts(make_user: Callable[..., User]) -> tuple[Past, Past]:
    by, (_, reader) = make_user("administrator"), make_reader()
    own = make_past(by=by, reader=reader, name="Zawadi", class_code=OWN_CLASS)
    other = make_past(by=by, reader=reader, name="Kipanga", class_code="ME2024A")
    return own, other


def _api_doors(user: User, past: Past) -> Iterator[str]:
    for route, methods in ADDRESSES.items():
        is_list = "<" not in route.replace("auth/admin/<uuid>", "")
        if is_list and "GET" in methods and route not in {"api/live/", "api/schema/", "api/docs/"}:
            yield "/" + route.replace("<uuid>", str(user.pk))
    yield "/api/live/?since="
    for report in ("attendance", "discipline"):
        for group_by in ("class", "student"):
            yield f"/api/reports/{report}/?group_by={group_by}"
            yield f"/api/reports/{report}/?group_by={group_by}&format=csv"
    yield from past.rows


def test_no_door_tells_of_anybody_else(
    pasts: tuple[Past, Past], teacher: User, client: APIClient, browser: Client
) -> None:
    own, other = pasts
    doors: list[tuple[str, Any]] = [(door, client) for door in _api_doors(teacher, own)]
    doors += [(door, browser) for door in office_doors(own.student)]
    doors += [(door, browser) for door in office_doors(other.student)]
    found = 0
    for door, asker in doors:
        body = body_of(asker.get(door))
        assert "Kipanga" not in body, door
        assert "ME2024A" not in body, door
        found += "Zawadi" in body
    assert found > len(own.rows)


def test_a_row_about_somebody_else_is_not_there(
    pasts: tuple[Past, Past], client: APIClient
) -> None:
    own, other = pasts
    for row, listed in own.rows.items():
        assert client.get(row).status_code == 200, row
        if "student=" in listed:
            assert client.get(listed).json()["count"] == 1, listed
    for row, listed in other.rows.items():
        assert client.get(row).status_code == 404, row
        if "student=" in listed:
            assert client.get(listed).json()["count"] == 0, listed
    assert client.get("/api/students/?search=kipanga").json()["count"] == 0
    assert client.get("/api/students/?class_code=ME2024A").json()["count"] == 0
    assert [row["full_name"] for row in client.get("/api/students/").json()["results"]] == [
        "Zawadi Zawadison"
    ]


def test_who_is_of_no_class_or_no_student_is_nobodys_own(teacher: User, client: APIClient) -> None:
    make_student()
    make_member()
    assert client.get("/api/students/").json()["count"] == 0
    for kind in ("staff", "security", "visitors"):
        assert client.get(f"/api/{kind}/").status_code == 403, kind
    assert client.get("/api/attendance/staff/").status_code == 403


def test_own_days_are_corrected_and_no_others(pasts: tuple[Past, Past], client: APIClient) -> None:
    own, other = pasts
    correction = {"status": "Excused", "reason": "School trip"}
    assert client.patch(f"/api/attendance/{own.day.pk}/", correction).status_code == 200
    assert client.patch(f"/api/attendance/{other.day.pk}/", correction).status_code == 404
    today = str(timezone.localdate())
    several = {**correction, "date": today, "kind": "student", "status": "Late"}
    for people, status in (([own], 200), ([other], 404), ([own, other], 404)):
        ids = [str(past.student.pk) for past in people]
        answer = client.post("/api/attendance/correct/", {**several, "people": ids})
        assert answer.status_code == status, people
    own.day.refresh_from_db()
    other.day.refresh_from_db()
    assert (own.day.corrected_status, other.day.corrected_status) == ("Late", "")


def test_in_the_office_too_only_own_days_are_corrected(
    pasts: tuple[Past, Past], browser: Client
) -> None:
    own, other = pasts
    address = reverse("admin:attendance_correct", args=[timezone.localdate(), "student"])
    for past in pasts:
        form = {"people": str(past.student.pk), "status": "Excused", "reason": "Trip"}
        assert browser.post(address, form).status_code == 302
    own.day.refresh_from_db()
    other.day.refresh_from_db()
    assert (own.day.corrected_status, other.day.corrected_status) == ("Excused", "")


def test_nothing_else_is_changed(pasts: tuple[Past, Past], client: APIClient) -> None:
    own, _ = pasts
    student = f"/api/students/{own.student.pk}/"
    assert client.patch(student, {"first_name": "Juma"}).status_code == 403
    assert client.post("/api/attendance/close/", {"date": "2026-11-20"}).status_code == 403
    assert client.post(f"{student}guardians/", {"name": "X"}).status_code == 403
    incident = f"/api/discipline/incidents/{own.incident.pk}/void/"
    assert client.post(incident, {"reason": "x"}).status_code == 403


def test_figures_and_reports_count_own_classes_only(
    pasts: tuple[Past, Past], teacher: User, client: APIClient
) -> None:
    figures = client.get(f"/auth/admin/{teacher.pk}/dashboard/").json()
    assert list(figures["attendance"]) == ["students"]
    assert figures["on_site_now"] == {"total": 1, "students": 1}
    assert sum(figures[name] for name in ("present", "late", "absent", "excused")) == 1
    assert figures["incidents"] == {"today": 1, "points_deducted": 7}
    assert [tap["holder"]["identifier"] for tap in figures["latest_taps"]] == ["Zawadi"]
    assert sum(day["present"] + day["late"] for day in figures["attendance_by_day"]) == 1
    for report, key in (("attendance", "recorded"), ("discipline", "incidents")):
        body = client.get(f"/api/reports/{report}/").json()
        assert body["totals"][key] == 1, report
        assert [group["group"] for group in body["groups"]] == [OWN_CLASS]


def test_a_card_of_somebody_else_leads_nowhere(
    pasts: tuple[Past, Past], teacher: User, client: APIClient
) -> None:
    for past, status in zip(pasts, (200, 404), strict=True):
        door = f"/auth/admin/{teacher.pk}/"
        card = past.student.cards.get()
        for card_id in (card.rfid_number, str(card.pk)):
            answer = client.get(f"{door}student/", {"card_id": card_id})
            assert answer.status_code == status
        details = client.get(f"{door}student/{past.student.pk}/details/")
        assert details.status_code == status
        if status == 200:
            assert details.json()["meals"] is None
            assert len(details.json()["attendance"]) == len(details.json()["discipline"]) == 1


def test_a_student_who_changes_class_changes_teacher(
    pasts: tuple[Past, Past], client: APIClient
) -> None:
    own, other = pasts
    Student.objects.filter(pk=own.student.pk).update(class_code="ME2024A")
    Student.objects.filter(pk=other.student.pk).update(class_code="ev1")
    (row,) = client.get("/api/students/").json()["results"]
    assert row["student_uuid"] == str(other.student.pk)


def test_the_list_of_ones_own_takes_no_query_for_each(
    teacher: User, client: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_card(make_student(class_code=OWN_CLASS))
    with django_assert_max_num_queries(6):
        assert client.get("/api/students/").json()["count"] == 12


def test_a_teacher_without_classes_knows_nobody(
    pasts: tuple[Past, Past], make_user: Callable[..., User], caller: Callable[[str], APIClient]
) -> None:
    make_user("class_teacher", classes=[])
    assert caller("class_teacher").get("/api/students/").json()["count"] == 0


def test_the_office_says_my_classes_and_offers_nothing_that_is_refused(
    pasts: tuple[Past, Past], browser: Client
) -> None:
    home = body_of(browser.get("/admin/"))
    assert "My classes" in home
    assert f"Your classes: {OWN_CLASS.lower()}, EV1" in home
    for door in ("/admin/students/student/", "/admin/attendance/day/", "/admin/discipline/"):
        assert door in home, door
    for app in ("staff", "cards", "pos", "kitchen", "people"):
        assert f"/admin/{app}/" not in home, app
    page = body_of(browser.get(f"/admin/students/student/{pasts[0].student.pk}/change/"))
    for button in ('name="_save"', "Issue a card", "Add a guardian"):
        assert button not in page, button
    day = body_of(browser.get("/admin/attendance/day/"))
    assert "Correct" in day
    assert "Close this day" not in day


def test_leadership_finds_no_button_that_it_may_not_press(
    pasts: tuple[Past, Past], make_user: Callable[..., User]
) -> None:
    browser = as_browser(make_user("leadership"))
    for door in office_doors(pasts[1].student):
        body = body_of(browser.get(door))
        for button in ('name="_save"', 'name="action"', "/add/", ">Void<", "Send again", "/close/"):
            assert button not in body, f"{button} at {door}"


def test_an_old_schedule_of_somebody_who_teaches_now_is_not_sent(
    make_user: Callable[..., User],
) -> None:
    schedule = make_schedule()
    now = timezone.now() - timedelta(minutes=1)
    type(schedule).objects.update(next_send_at=now)
    User.objects.filter(pk=schedule.created_by_id).update(role="class_teacher")
    (sending,) = send_due_reports()
    assert "may not read this report any more" in sending.error
