"""What is particular to guards; what all people share is tested in students/tests/test_api.py."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone
from rest_framework.test import APIClient

from security.models import SecurityPersonnel

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL = "/api/security/"
MICHAEL = {
    "employee_id": "SEC/2024/001",
    "badge_number": "BADGE001",
    "full_name": "Michael Security Officer",
    "phone_number": "+255123456789",
    "email": "",
    "card_name": "",
    "diet_note": "",
    "terminal_pin": "",
    "hire_date": "2024-01-15",
}


def test_an_officer_registers_a_guard(officer: APIClient) -> None:
    response = officer.post(URL, MICHAEL)
    body = response.json()
    assert response.status_code == 201
    assert body == {
        **MICHAEL,
        "security_id": body["security_id"],
        "is_active": True,
        "enrolled_on": str(timezone.localdate()),
        "left_on": None,
        "admitted": "ok",
        "photo_url": None,
        "card": None,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("employee_id", "sec/2024/001", "Somebody with this employee ID already exists."),
        ("badge_number", "badge001", "Somebody with this badge number already exists."),
    ],
)
def test_both_numbers_are_unique_in_every_spelling(
    officer: APIClient, field: str, value: str, message: str
) -> None:
    officer.post(URL, MICHAEL)
    other = {**MICHAEL, "employee_id": "SEC/2024/002", "badge_number": "BADGE002"}
    response = officer.post(URL, {**other, field: value})
    assert response.status_code == 400
    assert response.json() == {field: [message]}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("employee_id=SEC/2024/001", 1),
        ("badge_number=BADGE002", 0),
        ("search=officer michael", 1),
        ("search=badge", 1),
        ("search=sec/2024", 1),
        ("search=nobody", 0),
    ],
)
def test_lists_are_filtered(officer: APIClient, query: str, count: int) -> None:
    officer.post(URL, MICHAEL)
    assert officer.get(f"{URL}?{query}").json()["count"] == count


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"identifier": ""}, "people_person_named"),
        ({"whole_name": ""}, "people_person_named"),
        ({"surname": "Officer"}, "people_person_named"),
        ({"badge_number": ""}, "security_securitypersonnel_has_a_badge"),
    ],
)
def test_the_database_refuses_nameless_rows(values: dict[str, Any], constraint: str) -> None:
    michael = {"identifier": "1", "whole_name": "Michael", "badge_number": "BADGE001"}
    with pytest.raises(IntegrityError, match=constraint):
        SecurityPersonnel.objects.create(**{**michael, **values})
