"""Whatever a client sends, the answer is a 400 or a 401 in the contract's shape, never a 500."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.wire import assert_refused
from accounts.tokens import issue_tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

OPEN_ADDRESSES = (
    "/api/token/",
    "/api/token/refresh/",
    "/api/token/blacklist/",
    "/auth/admin/login",
)
REGISTER = "/auth/admin/register"

BODIES = [
    b"",
    b"{",
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"17",
    b'"text"',
    b'[{"username": "kitchen_admin", "password": "x"}]',
    b'{"username": NaN}',
    b'{"username": "a", "password": Infinity}',
    b"username=kitchen_admin&password=x",
    b"\xff\xfe\x00",
    b'{"username": "\xe9"}',
    b'{"username": "\\ud800", "password": "\\ud800", "refresh": "\\udfff"}',
    b"[" * 100_000,
    b'{"username":' * 5000,
    b'{"username": ' + b"9" * 5000 + b"}",
]
VALUES: list[Any] = [
    None,
    True,
    0,
    -17.5,
    10**400,
    [],
    ["kitchen_admin"],
    {},
    {"refresh": "x"},
    "",
    " ",
    "\x00",
    "kitchen\x00admin",
    "x" * 10_000,
    "ﷺ" * 10_000,
    "' OR 1=1 --",
    "\u202e\ufeff",
    "🂡" * 50,
]
# A number is a name, written without quotes.
NOT_NAMES = [value for value in VALUES if value not in (0, -17.5)]


def segment(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def signed(key: str = "x" * 50, algorithm: str = "HS256", **claims: Any) -> str:
    tomorrow = timezone.now() + timedelta(days=1)
    payload = {"exp": tomorrow, "jti": "1" * 32, "admin_id": "2", **claims}
    return jwt.encode(payload, key, algorithm=algorithm)


HEADERS = (b'{"alg": "none"}', b'{"alg": []}', b'{"alg": {}}', b'{"alg": 5}', b'{"alg": null}')
GARBAGE = [
    "x",
    "a.b.c",
    "..",
    "é.é.é",
    "\x00",
    "e30.e30.e30",
    "x" * 10_000,
    f"{segment(b'[' * 9_000)}.e30.eA",
    f"{segment(b'[]')}.e30.eA",
    f"{segment(b'9' * 5_000)}.e30.eA",
    f"{segment(bytes(range(256)))}.e30.eA",
    *(f"{segment(header)}.e30.eA" for header in HEADERS),
    signed(),
    signed(token_type="access"),
    signed(token_type="refresh"),
    signed(key="", algorithm="none"),
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("address", OPEN_ADDRESSES)
def test_a_body_that_is_no_object_with_the_fields_is_a_400(address: str, body: bytes) -> None:
    response = APIClient().post(address, body, content_type="application/json")
    assert_refused(response, 400)


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_registration_that_is_no_object_with_the_fields_is_a_400(
    administrator: APIClient, body: bytes
) -> None:
    response = administrator.post(REGISTER, body, content_type="application/json")
    assert_refused(response, 400)


@pytest.mark.parametrize("body", BODIES[3:], ids=range(3, len(BODIES)))
def test_a_change_that_is_no_object_is_a_400(administrator: APIClient, body: bytes) -> None:
    user = User.objects.get()
    response = administrator.patch(f"/auth/admin/{user.pk}/", body, content_type="application/json")
    if response.status_code == 200:  # an object, if with fields that nobody reads
        assert isinstance(json.loads(body), dict)
    else:
        assert_refused(response, 400)
    user.refresh_from_db()
    assert (user.username, user.role, user.is_active) == ("administrator", "administrator", True)


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize("field", ["username", "password"])
def test_a_strange_name_or_password_signs_nobody_in(field: str, value: Any) -> None:
    body = {"username": "kitchen_admin", "password": PASSWORD, field: value}
    assert_refused(APIClient().post("/api/token/", body), 400, 401)


@pytest.mark.parametrize("value", [*VALUES, *GARBAGE], ids=range(len(VALUES) + len(GARBAGE)))
@pytest.mark.parametrize("address", ["/api/token/refresh/", "/api/token/blacklist/"])
def test_a_strange_refresh_token_is_refused(address: str, value: Any) -> None:
    assert_refused(APIClient().post(address, {"refresh": value}), 400, 401)


@pytest.mark.parametrize("value", GARBAGE, ids=range(len(GARBAGE)))
def test_a_strange_access_token_is_refused(value: str) -> None:
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {value}")
    assert_refused(client.get("/auth/admin/00000000-0000-0000-0000-000000000000/"), 401)


@pytest.mark.parametrize(
    "header", ["", " ", "Bearer", "Bearer ", "Bearer a b", "bearer", "Token x", "Basic eDp4", "é"]
)
def test_a_strange_authorization_header_is_refused(header: str) -> None:
    client = APIClient(HTTP_AUTHORIZATION=header)
    assert_refused(client.get("/auth/admin/00000000-0000-0000-0000-000000000000/"), 401)


@pytest.mark.parametrize(
    "credentials",
    ["", "x", "é", "=", "eA", "eA==", "Og==", b64encode(b"\xff:\xff").decode(), "eDp4 eDp4"]
    + [b64encode(text.encode()).decode() for text in ("a:", ":b", "a\x00:b", "x" * 200 + ":b")],
)
def test_strange_basic_credentials_are_refused(credentials: str) -> None:
    client = APIClient(HTTP_AUTHORIZATION=f"Basic {credentials}")
    assert_refused(client.get("/auth/admin/login"), 400, 401)


@pytest.mark.parametrize("value", NOT_NAMES, ids=range(len(NOT_NAMES)))
@pytest.mark.parametrize("field", ["username", "role"])
def test_nobody_is_registered_under_a_strange_name_or_role(
    administrator: APIClient, field: str, value: Any
) -> None:
    body = {"username": "mpishi", "password": PASSWORD, "role": "kitchen_admin", field: value}
    assert_refused(administrator.post(REGISTER, body), 400)
    assert User.objects.count() == 1


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_strange_change_is_refused_or_stored_as_text(
    administrator: APIClient, make_user: Callable[..., User], value: Any
) -> None:
    user = make_user("kitchen_admin")
    for field in ("role", "is_active", "full_name", "email"):
        response = administrator.patch(f"/auth/admin/{user.pk}/", {field: value})
        if response.status_code != 200:
            assert_refused(response, 400)
        else:
            assert isinstance(response.json()[field], bool if field == "is_active" else str)


def test_a_form_is_not_json() -> None:
    response = APIClient().post(
        "/api/token/", "username=a&password=b", content_type="application/x-www-form-urlencoded"
    )
    assert_refused(response, 415)


def test_an_oversized_body_is_refused_before_it_is_read() -> None:
    body = b'{"username": "' + b"x" * 3_000_000 + b'"}'
    response = APIClient().post("/api/token/", body, content_type="application/json")
    assert_refused(response, 413)


def test_a_token_survives_whatever_else_the_body_says(make_user: Callable[..., User]) -> None:
    value = issue_tokens(user=make_user("kitchen_admin"))["refresh"]
    response = APIClient().post("/api/token/refresh/", {"refresh": value, "access": ["?"]})
    assert response.status_code == 200
