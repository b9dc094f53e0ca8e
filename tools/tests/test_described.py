"""What holds the answers of all other tests against the schema finds each kind of difference."""

import json
from dataclasses import replace
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_framework.test import APIClient

from core.schema_components import HEADERS
from tools.described import ApiAnswer, NotAsDescribed, check, description

MEAL_PERIOD = {
    "period_id": "0e8a3f8e-7d5c-4e0e-9a9e-0a1b2c3d4e5f",
    "name": "Lunch",
    "starts_at": "12:00:00",
    "ends_at": "14:00:00",
    "days": [1, 2, 3, 4, 5],
    "is_active": True,
    "who": "students",
    "portions": 1,
    "applies_to": {
        "kinds": [],
        "class_levels": ["Form 1"],
        "class_codes": [],
        "departments": [],
        "people": [],
    },
    "valid_from": "2026-11-18",
    "until_then": None,
}
GOOD = ApiAnswer(
    method="GET",
    path=f"/api/kitchen/periods/{MEAL_PERIOD['period_id']}/",
    status=200,
    headers={"content-type": "application/json", "etag": '"1"'},
    body=json.dumps(MEAL_PERIOD).encode(),
)

UNTAGGED = replace(GOOD, headers={"content-type": "application/json"})


def with_body(**changes: Any) -> ApiAnswer:
    return replace(GOOD, body=json.dumps({**MEAL_PERIOD, **changes}).encode())


def without(key: str) -> ApiAnswer:
    body = {name: value for name, value in MEAL_PERIOD.items() if name != key}
    return replace(GOOD, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        (replace(GOOD, status=202), "no such status"),
        (replace(GOOD, headers={**GOOD.headers, "content-type": "text/html"}), "text/html, not"),
        (UNTAGGED, "header etag is missing"),
        (replace(GOOD, headers={**GOOD.headers, "x-new": "1"}), "header x-new is not described"),
        (replace(GOOD, body=b"{}"), "is a required property"),
        (without("name"), '"name" is a required property'),
        (with_body(name=None), "/name: null is not of type"),
        (with_body(colour="red"), "'colour' was unexpected"),
        (with_body(days=["monday"]), "/days/0: "),
        (with_body(period_id="7"), "/period_id: "),
        (replace(UNTAGGED, method="DELETE", status=204), "application/json, not"),
        (replace(UNTAGGED, path="/api/nothing/"), "no such status; 400, 401"),
        (replace(UNTAGGED, path="/api/nothing/", status=404), '"success" is a required property'),
    ],
)
def test_a_difference_is_named_with_its_operation(answer: ApiAnswer, difference: str) -> None:
    with pytest.raises(NotAsDescribed) as raised:
        check(answer)
    assert difference in str(raised.value)
    assert f"{answer.method} /api/" in str(raised.value)


def test_an_answer_as_described_passes() -> None:
    check(GOOD)
    check(replace(GOOD, method="HEAD", body=b""))
    check(replace(GOOD, path="/healthz", status=299))


def test_an_answer_in_a_test_is_held_against_the_schema(
    anybody: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = description().schema["paths"]["/api/students/"]["get"]["responses"]
    monkeypatch.delitem(described, "401")
    with pytest.raises(NotAsDescribed, match="GET /api/students/ -> 401: no such status"):
        anybody.get("/api/students/")


def test_the_schema_is_a_valid_openapi_3_1_document() -> None:
    schema: Any = description().schema
    assert schema["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(schema).iter_errors()] == []


def test_what_answers_share_is_a_component() -> None:
    """A client has one model of an error, not one for each operation."""
    for path, operations in description().schema["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                where = f"{method} {path} {status}"
                if int(status) >= 400 and "$ref" not in response:
                    schema = response["content"]["application/json"]["schema"]
                    shapes = schema.get("anyOf", [schema])
                    assert all("$ref" in shape for shape in shapes), where
                for header in response.get("headers", {}).values():
                    assert header["$ref"].rpartition("/")[2] in HEADERS, where


def test_every_success_is_described_key_by_key_or_is_a_file() -> None:
    for path, operations in description().schema["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get("application/json")
                if content and int(status) < 300:
                    schema = content["schema"]
                    part = schema.get("items", schema)
                    assert "$ref" in part, f"{method} {path}"
