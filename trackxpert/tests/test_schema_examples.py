"""What the schema shows as an example happens when it is sent; and what it says of itself."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from cards.tests.factories import make_student
from pos.services import register_device
from tools.described import description
from trackxpert.schema_examples import EXAMPLES, STUDENT, STUDENT_UUID, Example

PASSWORD = "trackxpert-demo"
# What is another each time: ids, instants and tokens.
CHANGING = [
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)"),
    re.compile(r"ey[\w-]+\.[\w-]+\.[\w-]+"),
]


def in_general(value: Any) -> Any:
    """With what is another each time replaced by what kind of thing it is."""
    if isinstance(value, dict):
        return {key: in_general(part) for key, part in value.items()}
    if isinstance(value, list):
        return [in_general(part) for part in value]
    kinds = [kind.pattern for kind in CHANGING if isinstance(value, str) and kind.fullmatch(value)]
    return kinds[0] if kinds else value


@pytest.fixture
def school(make_user: Callable[..., Any], caller: Callable[[str], APIClient]) -> dict[str, Any]:
    """By the beginning of an address: who is there, and who asks."""
    officer = make_user("registration_officer", "officer")
    officer.set_password(PASSWORD)
    officer.save()
    names = {key: value for key, value in STUDENT.items() if key != "registration_number"}
    make_student(person_uuid=STUDENT_UUID, identifier=STUDENT["registration_number"], **names)
    _, key = register_device(by=None, name="Gate", location="Gate", activity_type="attendance")
    reader, office = APIClient(), APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Device {key}")
    tokens = office.post("/api/token/", {"username": "officer", "password": PASSWORD}).json()
    office.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return {"/api/pos/": reader, "/api/cards/": office, "/api/token/": APIClient()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.path)
def test_an_example_is_answered_as_the_schema_shows(
    example: Example, school: dict[str, Any]
) -> None:
    client = next(client for start, client in school.items() if example.path.startswith(start))
    response = client.post(example.path, example.request)
    assert (response.status_code, in_general(response.json())) == (
        example.status,
        in_general(example.answer),
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.path)
def test_an_example_is_as_the_schema_describes(example: Example) -> None:
    described = description()
    operation = described.schema["paths"][example.path][example.method]
    answered = operation["responses"][str(example.status)]["content"]["application/json"]
    asked = operation["requestBody"]["content"]["application/json"]
    assert answered["examples"]["demo"]["value"] == example.answer
    assert described.problem_in(example.answer, answered["schema"]) == ""
    assert described.problem_in(example.request, asked["schema"]) == ""


def test_every_operation_has_a_summary_of_one_line() -> None:
    summaries = {
        f"{method} {path}": operation.get("summary", "")
        for path, operations in description().schema["paths"].items()
        for method, operation in operations.items()
    }
    long_or_none = {where: text for where, text in summaries.items() if not 5 <= len(text) <= 90}
    assert long_or_none == {}


def test_the_schema_names_its_server_its_version_and_how_long_a_key_stays() -> None:
    schema = description().schema
    assert [server["url"] for server in schema["servers"]] == [settings.PUBLIC_URL]
    assert schema["info"]["version"]
    assert "deprecated: true" in schema["info"]["description"]
