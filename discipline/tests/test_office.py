"""Incidents in the registration office (`/admin/`): to look at."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from discipline.services import void_incident
from discipline.tests.factories import make_incident, make_officer
from discipline.tests.test_evidence import PDF

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
INCIDENTS = "/admin/discipline/incident/"
WARDENS = ["administrator", "discipline_admin"]


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("discipline_admin"))


@pytest.mark.parametrize("role", Role.values)
def test_the_room_is_open_to_who_works_in_it(make_user: MakeUser, role: str) -> None:
    browser, incident = browser_of(make_user(role)), make_incident()
    assert ("/admin/discipline/" in browser.get("/admin/").content.decode()) is (role in WARDENS)
    for page in (INCIDENTS, f"{INCIDENTS}{incident.pk}/change/"):
        assert browser.get(page).status_code == (200 if role in WARDENS else 403)
    for page in (f"{INCIDENTS}add/", f"{INCIDENTS}{incident.pk}/delete/"):
        assert browser.get(page).status_code == 403


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


def test_a_longer_list_costs_no_more_queries(office: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            office.get(INCIDENTS)
        return len(captured)

    make_incident()
    few = queries()
    for _ in range(5):
        make_incident()
    assert queries() == few
