"""Incidents in the registration office (`/admin/`): record, look at, void."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from conftest import OWN_CLASS
from discipline.models import Incident
from discipline.services import void_incident
from discipline.tests.factories import make_incident, make_officer
from discipline.tests.test_evidence import PDF
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
INCIDENTS = "/admin/discipline/incident/"
WARDENS = ["administrator", "discipline_admin"]
MOST_QUERIES = 25


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("discipline_admin"))


def one(incident: Incident) -> str:
    return f"{INCIDENTS}{incident.pk}/change/"


def void(incident: Incident) -> str:
    return f"{INCIDENTS}{incident.pk}/void/"


def ledger(student: Student) -> str:
    return f"{INCIDENTS}student/{student.pk}/"


def facts(whose: Student, **fields: Any) -> dict[str, Any]:
    values = {
        "student": whose.pk,
        "category": "disruption",
        "date_of_incident": str(timezone.localdate()),
        "points_deducted": 5,
        "incident_description": "Shouted in the library.\r\nTwice.",
    }
    return {**values, **fields}


@pytest.mark.parametrize("role", Role.values)
def test_the_room_is_open_to_who_works_in_it(make_user: MakeUser, role: str) -> None:
    browser = browser_of(make_user(role))
    incident = make_incident(make_student(class_code=OWN_CLASS))
    is_warden = role in WARDENS
    reads = is_warden or role in {"leadership", "class_teacher"}
    assert ("/admin/discipline/" in browser.get("/admin/").content.decode()) is reads
    for page in (INCIDENTS, one(incident), ledger(incident.student)):
        assert browser.get(page).status_code == (200 if reads else 403), page
    for page in (f"{INCIDENTS}add/", void(incident)):
        assert browser.get(page).status_code == (200 if is_warden else 403), page
    if not is_warden:
        assert browser.post(f"{INCIDENTS}add/", facts(incident.student)).status_code == 403
        assert browser.post(void(incident), {"reason": "no"}).status_code == 403
        assert not Incident.objects.get().is_voided
    for send in (browser.get, browser.post):
        assert send(f"{INCIDENTS}{incident.pk}/delete/").status_code == 403
    assert browser.post(one(incident), facts(incident.student)).status_code == 403


def test_an_incident_is_recorded_in_the_officers_name(office: Client) -> None:
    student = make_student(first_name="Neema", surname="Kweka")
    assert str(timezone.localdate()) in office.get(f"{INCIDENTS}add/").content.decode()
    sent = {**facts(student), "evidence": SimpleUploadedFile("photo.exe", PDF)}
    page = office.post(f"{INCIDENTS}add/", sent, follow=True).content.decode()
    incident = Incident.objects.get()
    assert (incident.recorded_by.username, incident.points_deducted) == ("discipline_admin", 5)
    assert incident.incident_description == "Shouted in the library.\nTwice."
    with incident.evidence.open() as file:
        assert file.read() == PDF
    assert "Neema Kweka has 95 points left." in page
    assert "Disruption of teaching" in page
    assert office.get(f"{INCIDENTS}add/?student={student.pk}").status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"student": ""},
        {"points_deducted": 0},
        {"points_deducted": 101},
        {"points_deducted": "", "category": ""},
        {"incident_description": "  "},
        {"incident_description": "a\u202eb"},
        {"category": "gossip"},
        {"date_of_incident": "2099-01-01"},
        {"date_of_incident": ""},
        {"evidence": SimpleUploadedFile("a.pdf", b"no pdf")},
    ],
)
def test_a_bad_incident_is_shown_again(office: Client, fields: dict[str, Any]) -> None:
    page = office.post(f"{INCIDENTS}add/", facts(make_student(), **fields))
    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert not Incident.objects.exists()


def test_an_incident_is_voided_with_a_reason_once(office: Client) -> None:
    incident = make_incident(points=30)
    assert "100. This cannot be undone." in office.get(void(incident)).content.decode()
    for reason in ("", "  ", "a\u202eb", "x" * 301):
        assert b"errorlist" in office.post(void(incident), {"reason": reason}).content
    page = office.post(void(incident), {"reason": " The wrong  student "}, follow=True)
    assert "has 100 points now" in page.content.decode()
    incident.refresh_from_db()
    assert (incident.void_reason, incident.voided_by) == (
        "The wrong student",
        User.objects.get(username="discipline_admin"),
    )
    again = office.post(void(incident), {"reason": "Again"}, follow=True).content.decode()
    assert "has been voided already" in again
    incident.refresh_from_db()
    assert incident.void_reason == "The wrong student"
    assert void(incident) not in office.get(one(incident)).content.decode()


def test_a_ledger_has_every_incident_of_the_student_and_the_points_left(office: Client) -> None:
    student = make_student()
    standing, voided = (make_incident(student, points) for points in (10, 20))
    other = make_incident()
    void_incident(incident=voided, reason="Mistake", by=make_officer())
    page = office.get(ledger(student)).content.decode()
    assert one(standing) in page
    assert one(voided) in page
    assert one(other) not in page
    assert "<s>20</s>" in page
    assert '<span class="number">90</span>' in page
    assert ledger(student) in office.get(one(standing)).content.decode()
    assert (
        ledger(student)
        in office.get(f"/admin/students/student/{student.pk}/change/").content.decode()
    )


def test_a_form_without_its_token_voids_nothing(make_user: MakeUser) -> None:
    incident, browser = make_incident(), Client(enforce_csrf_checks=True)
    browser.force_login(make_user("discipline_admin"))
    assert browser.post(void(incident), {"reason": "x"}).status_code == 403
    assert browser.post(f"{INCIDENTS}add/", facts(make_student())).status_code == 403
    assert not Incident.objects.get().is_voided


def test_an_incident_shows_its_evidence_and_why_it_was_voided(office: Client) -> None:
    incident = make_incident(evidence=SimpleUploadedFile("a.pdf", PDF), category="theft")
    void_incident(incident=incident, reason="Wrong student", by=make_officer())
    page = office.get(f"{INCIDENTS}{incident.pk}/change/").content.decode()
    assert f"/api/discipline/incidents/{incident.pk}/evidence/" in page
    assert "Wrong student" in page
    file: Any = office.get(f"/api/discipline/incidents/{incident.pk}/evidence/")
    assert b"".join(file.streaming_content) == PDF


def test_incidents_are_found_by_student_and_filtered(office: Client) -> None:
    make_incident(make_student(first_name="Neema", surname="Kweka"), category="dress")
    voided = make_incident(make_student(first_name="Baraka", surname="Lema"))
    void_incident(incident=voided, reason="Mistake", by=make_officer())
    for query, name, other in (
        ("?q=kweka+neema", "Kweka", "Lema"),
        ("?voided=yes", "Lema", "Kweka"),
        ("?voided=no", "Kweka", "Lema"),
        ("?category__exact=dress", "Kweka", "Lema"),
    ):
        page = office.get(INCIDENTS + query).content.decode()
        assert name in page, query
        assert other not in page, query
    assert office.get(f"{INCIDENTS}?q=%00&voided=x").status_code == 200


def test_longer_lists_cost_no_more_queries(office: Client) -> None:
    student = make_student()

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert office.get(page).status_code == 200
        return len(captured)

    make_incident(student)
    pages = (INCIDENTS, ledger(student))
    few = [queries(page) for page in pages]
    for _ in range(5):
        make_incident(student)
        void_incident(incident=make_incident(), reason="Mistake", by=make_officer())
    assert [queries(page) for page in pages] == few
    assert max(few) <= MOST_QUERIES


def test_an_incident_is_named_by_its_student_in_the_language_of_the_page(office: Client) -> None:
    incident = make_incident(points=25)
    path = f"{INCIDENTS}{incident.pk}/change/"
    for language, points in (("en", "25 points"), ("sw", "Alama 25")):
        shown = office.get(path, headers={"accept-language": language}).content.decode()
        title = shown.partition("<title>")[2].partition("</title>")[0]
        assert incident.student.full_name in title
        assert points.lower() in title.lower()
        assert str(incident.student_id) not in title
