"""`POST discipline-incident`: an incident of a student, or of whoever's card this is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.tests.wire import assert_refused
from cards import services
from cards.tests.factories import make_card, make_member, make_student
from discipline.models import Incident
from discipline.tests.factories import points_of
from discipline.tests.test_evidence import PDF
from monitor.tests.addresses import own

pytestmark = pytest.mark.django_db

FACTS = {"incident_description": "Fought in the yard", "points_deducted": 10}


@pytest.fixture
def warden(caller: Callable[[str], APIClient]) -> APIClient:
    return caller("discipline_admin")


@pytest.fixture
def report(warden: APIClient) -> Callable[..., Any]:
    address = own("discipline_admin", "discipline-incident")
    return lambda **sent: warden.post(address, {**FACTS, **sent})


def test_by_the_student_the_number_or_the_card(
    report: Callable[..., Any], warden: APIClient
) -> None:
    student = make_student()
    card = make_card(student, "04A32B1C")
    for number, named in enumerate(
        (
            {"student_uuid": str(student.pk)},
            {"card_id": "04:a3:2b:1c"},
            {"card_id": str(card.pk)},
        ),
        start=1,
    ):
        response = report(**named, category="violence", date_of_incident="2026-01-05")
        assert response.status_code == 201
        answer = response.json()
        assert answer.pop("discipline_points") == 100 - 10 * number
        assert answer["student"] == str(student.pk)
        assert (answer["category"], answer["date_of_incident"]) == ("violence", "2026-01-05")
        read = warden.get(f"/api/discipline/incidents/{answer['discipline_id']}/")
        assert read.json() == answer
    assert points_of(student) == 30


def test_a_card_that_was_retired_still_says_whose_it_was(report: Callable[..., Any]) -> None:
    card = make_card()
    services.retire_card(card=card, reason="lost")
    assert report(card_id=card.rfid_number).json()["student"] == str(card.person_id)


def test_with_a_file(warden: APIClient) -> None:
    sent = {
        **FACTS,
        "student_uuid": str(make_student().pk),
        "evidence": SimpleUploadedFile("statement.pdf", PDF),
    }
    address = own("discipline_admin", "discipline-incident")
    response = warden.post(address, sent, format="multipart")
    assert response.status_code == 201
    file: Any = warden.get(response.json()["evidence_url"])
    assert b"".join(file.streaming_content) == PDF


@pytest.mark.parametrize("card_id", ["RF999999999", "ABC", str(UUID(int=7)), "é"])
def test_an_unknown_card_is_a_404(report: Callable[..., Any], card_id: str) -> None:
    response = report(card_id=card_id)
    assert response.status_code == 404
    assert response.json()["code"] == "unknown_card"
    assert not Incident.objects.exists()


def test_a_card_of_staff_is_no_students(report: Callable[..., Any]) -> None:
    card = make_card(make_member())
    for card_id in (card.rfid_number, str(card.pk)):
        assert report(card_id=card_id).status_code == 404


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "student_uuid"),
        ({"student_uuid": str(UUID(int=7))}, "student_uuid"),
        ({"student_uuid": "17"}, "student_uuid"),
        ({"student_uuid": None}, "student_uuid"),
        ({"card_id": 7}, "card_id"),
        ({"card_id": ""}, "card_id"),
        ({"card_id": "a\x00"}, "card_id"),
        ({"card_id": "RF1", "points_deducted": 0}, "points_deducted"),
        ({"card_id": "RF1", "points_deducted": 101}, "points_deducted"),
        ({"card_id": "RF1", "incident_description": ""}, "incident_description"),
        ({"card_id": "RF1", "date_of_incident": "9999-12-31"}, "date_of_incident"),
        ({"card_id": "RF1", "category": "weather"}, "category"),
    ],
)
def test_bad_input_is_a_400_on_its_field(
    report: Callable[..., Any], sent: dict[str, Any], field: str
) -> None:
    response = report(**sent)
    assert_refused(response, 400)
    assert list(response.json()) == [field]
    assert not Incident.objects.exists()


def test_one_name_of_the_student_is_enough(report: Callable[..., Any]) -> None:
    card = make_card()
    response = report(card_id=card.rfid_number, student_uuid=str(card.person_id))
    assert_refused(response, 400)
    assert list(response.json()) == ["student_uuid"]
