"""What is particular to staff; what all people share is tested in students/tests/test_api.py."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone
from rest_framework.test import APIClient

from staff.models import StaffMember

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL = "/api/staff/"
JANE = {
    "staff_number": "STAFF/2024/001",
    "first_name": "Jane",
    "middle_name": "Smith",
    "surname": "Johnson",
    "department": "Human Resources",
    "position": "HR Manager",
    "phone_number": "+255712345678",
    "email": "jane@example.org",
    "card_name": "",
    "diet_note": "",
    "terminal_pin": "",
    "employment_status": "On Leave",
}


def test_an_officer_registers_a_member_of_staff(officer: APIClient) -> None:
    response = officer.post(URL, JANE)
    body = response.json()
    assert response.status_code == 201
    assert body == {
        **JANE,
        "staff_uuid": body["staff_uuid"],
        "full_name": "Jane Smith Johnson",
        "is_active": True,
        "enrolled_on": str(timezone.localdate()),
        "left_on": None,
        "admitted": "ok",
        "photo_url": None,
        "card": None,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }


def test_a_number_in_use_is_refused_in_every_spelling(officer: APIClient) -> None:
    officer.post(URL, JANE)
    response = officer.post(URL, {**JANE, "staff_number": "staff/2024/001"})
    assert response.status_code == 400
    assert response.json() == {
        "staff_number": ["A staff member with this staff number already exists."]
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("department=Human Resources", 1),
        ("department=Finance", 0),
        ("position=HR Manager", 1),
        ("employment_status=On Leave", 1),
        ("employment_status=Active", 0),
        ("search=johnson jane", 1),
        ("search=2024/001", 1),
    ],
)
def test_lists_are_filtered(officer: APIClient, query: str, count: int) -> None:
    officer.post(URL, JANE)
    assert officer.get(f"{URL}?{query}").json()["count"] == count


def test_an_unknown_employment_status_is_refused(officer: APIClient) -> None:
    assert officer.post(URL, {**JANE, "employment_status": "Gone"}).status_code == 400


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"status": "Gone"}, "people_person_known_status"),
        ({"status": "Suspended"}, "people_person_known_status"),
        ({"first_name": "", "surname": ""}, "people_person_named"),
        ({"identifier": ""}, "people_person_named"),
    ],
)
def test_the_database_refuses_bad_rows(values: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        StaffMember.objects.create(
            **{"identifier": "1", "first_name": "Jane", "surname": "Johnson", **values}
        )
