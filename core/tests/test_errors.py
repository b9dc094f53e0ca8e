"""The shapes of errors (contract section 4), also where Django, not a view, answers."""

from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import DomainError, InvalidFields, messages_in
from trackxpert import urls as real_urls

SECRET = "SELECT password FROM accounts_user"
SERVER_ERROR = {
    "success": False,
    "error": "Something went wrong on our side.",
    "detail": "Something went wrong on our side.",
    "code": "server_error",
}


class CardIsRetired(DomainError):
    code = "card_retired"
    message = "This card is retired."


class SwitchedOff(DomainError):
    status_code = status.HTTP_501_NOT_IMPLEMENTED
    code = "switched_off"


FAILURES: dict[str, Exception] = {
    "crash": RuntimeError(SECRET),
    "conflict": CardIsRetired(),
    "off": SwitchedOff("Not here."),
    "integrity": IntegrityError(SECRET),
    "data": DataError(SECRET),
    "away": OperationalError(SECRET),
    "field": ValidationError({"first_name": ["Too long."]}),
    "service": InvalidFields({"first_name": ["Too long."], "surname": ["Missing.", "Odd."]}),
    "list": ValidationError("student_uuids list is required."),
}


class Failing(APIView):
    permission_classes = (AllowAny,)
    authentication_classes = ()

    def get(self, request: Request, name: str) -> Response:
        raise FAILURES[name]


def failing_page(request: HttpRequest, name: str) -> HttpResponse:
    raise FAILURES[name]


urlpatterns = [
    path("api/fail/<str:name>/", Failing.as_view()),
    path("page/<str:name>/", failing_page),
    *real_urls.urlpatterns,
]
handler400 = real_urls.handler400
handler403 = real_urls.handler403
handler404 = real_urls.handler404
handler500 = real_urls.handler500

pytestmark = [pytest.mark.urls(__name__), pytest.mark.dialect]


def ask(path: str) -> Any:
    return Client(raise_request_exception=False).get(path)


@pytest.mark.parametrize(
    ("name", "code", "body"),
    [
        ("crash", 500, SERVER_ERROR),
        ("conflict", 409, {"detail": "This card is retired.", "code": "card_retired"}),
        ("off", 501, {"detail": "Not here.", "code": "switched_off"}),
        ("integrity", 500, SERVER_ERROR),
        ("data", 500, SERVER_ERROR),
        (
            "away",
            503,
            {
                "detail": "The database does not answer at the moment; "
                "the request may be repeated.",
                "code": "database_unavailable",
            },
        ),
        ("field", 400, {"first_name": ["Too long."]}),
        ("service", 400, {"first_name": ["Too long."], "surname": ["Missing.", "Odd."]}),
        (
            "list",
            400,
            {
                "error": "student_uuids list is required.",
                "detail": "student_uuids list is required.",
                "code": "invalid",
            },
        ),
    ],
)
def test_each_failure_has_its_shape(name: str, code: int, body: dict[str, Any]) -> None:
    response = ask(f"/api/fail/{name}/")
    assert response.status_code == code
    assert response.json() == body


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("path", ["/api/fail", "/page"])
def test_nothing_of_the_inside_leaves(path: str, name: str) -> None:
    content = ask(f"{path}/{name}/").content.decode()
    assert SECRET not in content
    assert "Traceback" not in content


def test_a_page_that_crashes_is_a_page() -> None:
    response = ask("/page/crash/")
    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/html")
    assert "Something went wrong" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("conflict", 409, "This card is retired."),
        ("off", 501, "Not here."),
        ("service", 400, "Too long."),
    ],
)
def test_a_page_says_what_a_rule_refused(name: str, code: int, words: str) -> None:
    response = ask(f"/page/{name}/")
    assert response.status_code == code
    assert words in response.content.decode()


def test_the_first_message_about_a_field_is_a_sentence_for_people() -> None:
    refusal = InvalidFields({"student_uuid": ["Student already has a card"], "rfid_number": ["?"]})
    assert refusal.message == "Student already has a card."
    assert refusal.messages == ["Student already has a card", "?"]
    assert refusal.under("card").fields == {
        "card": ["student_uuid: Student already has a card", "rfid_number: ?"]
    }


def test_nested_errors_become_one_list_that_names_each_place() -> None:
    nested = {"name": ["Too long."], "card": [{}, {"rfid_number": ["Is taken.", "Is odd."]}]}
    assert messages_in(nested) == [
        "name: Too long.",
        "card: rfid_number: Is taken.",
        "card: rfid_number: Is odd.",
    ]


def test_an_unknown_page_is_a_page() -> None:
    response = ask("/no-such-page/")
    assert response.status_code == 404
    assert "nothing at this address" in response.content.decode()


@pytest.mark.parametrize("path", ["/api/students/", "/api/pos/taps/", "/healthz", "/admin/"])
def test_a_host_that_is_not_ours_is_421(path: str) -> None:
    """400 would tell a reader to drop its taps, for a name that somebody changed at the proxy."""
    client = Client(raise_request_exception=False)
    response = client.post(path, headers={"host": "evil.example"})
    assert response.status_code == 421
    if path.startswith("/api/"):
        assert response.json()["code"] == "unknown_host"


def test_a_form_without_its_token_is_told_to_reload() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/admin/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "reload" in response.content.decode()
