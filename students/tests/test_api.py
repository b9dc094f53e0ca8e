import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

AMINA = {
    "registration_number": "DIT/2024/01234",
    "first_name": "Amina",
    "surname": "Wanjikũ",
    "department": "Computer Studies",
}


def test_an_officer_registers_a_student(officer: APIClient) -> None:
    response = officer.post("/api/students/", AMINA)
    assert response.status_code == 201
