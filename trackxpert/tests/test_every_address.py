"""Every address of the API, as nobody, as each role, and with rubbish (contract section 3).

`ADDRESSES` must name each of them: an address that is added without saying who may use it fails.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.roles import Role
from cards.models import Card
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student

pytestmark = pytest.mark.django_db

EVERYBODY = frozenset({"nobody", *Role.values})
SIGNED_IN = frozenset(Role.values)
ADMINISTRATOR = frozenset({"administrator"})
OFFICE = frozenset({"administrator", "registration_officer"})

PEOPLE = {
    "": {"GET": SIGNED_IN, "POST": OFFICE},
    "<uuid>/": {"GET": SIGNED_IN, "PUT": OFFICE, "PATCH": OFFICE, "DELETE": OFFICE},
    "<uuid>/photo/": {"PUT": OFFICE, "DELETE": OFFICE},
    "<uuid>/history/": {"GET": OFFICE},
    "import/": {"POST": OFFICE},
    "import/template/": {"GET": SIGNED_IN},
}
CARDS = {
    "": {"GET": OFFICE, "POST": OFFICE},
    "<uuid>/": {"GET": OFFICE, "PUT": OFFICE, "PATCH": OFFICE, "DELETE": ADMINISTRATOR},
    "<uuid>/activate/": {"PATCH": OFFICE},
    "<uuid>/deactivate/": {"PATCH": OFFICE},
    "<uuid>/retire/": {"POST": OFFICE},
    "<uuid>/replace/": {"POST": OFFICE},
    "<uuid>/history/": {"GET": OFFICE},
    "<uuid>/print-student-card/": {"GET": OFFICE, "POST": OFFICE},
    "<uuid>/print-staff-card/": {"GET": OFFICE, "POST": OFFICE},
    "<uuid>/print-security-card/": {"GET": OFFICE, "POST": OFFICE},
    "bulk-print/": {"POST": OFFICE},
    "print-jobs/<uuid>/": {"GET": OFFICE},
    "print-jobs/<uuid>/file/": {"GET": OFFICE},
    "print-logs/": {"GET": ADMINISTRATOR},
    "verification-logs/": {"GET": ADMINISTRATOR},
    "statistics/": {"GET": OFFICE},
    **{f"{kind}-without-cards/": {"GET": OFFICE} for kind in ("students", "staff", "security")},
    **{f"bulk-create-{kind}-cards/": {"POST": OFFICE} for kind in ("student", "staff", "security")},
    **{f"verify/{kind}/<text>/": {"GET": EVERYBODY} for kind in ("student", "staff", "security")},
}
ADDRESSES: dict[str, dict[str, frozenset[str]]] = {
    **{f"api/cards/{suffix}": methods for suffix, methods in CARDS.items()},
    "api/schema/": {"GET": EVERYBODY},
    "api/docs/": {"GET": EVERYBODY},
    "api/token/": {"POST": EVERYBODY},
    "api/token/refresh/": {"POST": EVERYBODY},
    "api/token/blacklist/": {"POST": EVERYBODY},
    "auth/admin/login/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "auth/admin/register/": {"POST": ADMINISTRATOR},
    "auth/admin/<uuid>/": {"GET": ADMINISTRATOR, "PATCH": ADMINISTRATOR},
    "auth/admin/<uuid>/history/": {"GET": ADMINISTRATOR},
    **{
        f"api/{kind}/{suffix}": methods
        for kind in ("students", "staff", "security")
        for suffix, methods in PEOPLE.items()
    },
}
# Signing in with nothing is refused as such, whoever asks.
REFUSES_EMPTY_CREDENTIALS = {("auth/admin/login/", "GET")}

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
RUBBISH: list[tuple[str, Any]] = [
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"[]"),
    ("application/json", b"[[1], {}]"),
    ("application/json", b"null"),
    ("application/json", b'"text"'),
    ("application/json", b"NaN"),
    ("application/json", b'{"first_name": NaN}'),
    ("application/json", b"[" * 100_000),
    ("application/json", b"\xff\xfe\x00"),
    ("application/json", b'{"username": "\\ud800", "password": "\\udfff"}'),
    ("application/json", b'{"\\ud800": 1}'),
    ("application/json", b'{"username": "a\\u0000", "password": "b\\u0000"}'),
    ("application/json", b'{"username": {"a": 1}, "password": [1], "refresh": {"x": 1}}'),
    ("application/json", b'{"refresh": "' + b"x" * 10_000 + b'"}'),
    ("application/json", b'{"first_name": "a\\u0000b", "surname": "\\u202e", "role": 7}'),
    ("application/json", b'{"registration_number": 9' + b"9" * 5000 + b"}"),
    ("application/json", b'{"date_of_birth": "0000-00-00", "is_active": "perhaps"}'),
    ("application/json", b'{"date_of_birth": "99999-01-01", "email": "nobody"}'),
    ("application/json; charset=latin-1", b"{}"),
    ("application/json; charset=no-such", b"{}"),
    ("application/xml", b"<a/>"),
    ("text/plain", b"hello"),
    ("", b"{}"),
    ("x" * 300, b"{}"),
    ("application/x-www-form-urlencoded", b"a=%00&b=%ff"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nnot a part"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00.csv"\r\n\r\n\x00\r\n'
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="../../a"\r\n\r\n\xff\r\n'
        b"--x--\r\n",
    ),
]
QUERIES = (
    "page=0",
    "page=x",
    "page=99999999999999999999999",
    "page_size=x",
    "page_size=-1",
    "page_size=99999999999999999999",
    "search=%00",
    "search=%ff%fe",
    "search=" + "x" * 500,
    "ordering=password",
    "ordering=%00",
    "ordering=-",
    "is_active=perhaps",
    "student_status=Gone",
    "department=%00",
    "format=xml",
    "format=csv&is_active=perhaps",
    "format=%00",
)


def _addresses(resolver: URLResolver | Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern, route)
        elif isinstance(pattern, URLPattern) and route.startswith(("api/", "auth/")):
            yield route


def _with_uuid_placeholder(route: str) -> str:
    return re.sub(r"<str:\w+>", "<text>", re.sub(r"<uuid:\w+>", "<uuid>", route))


@pytest.fixture
def somebody() -> dict[str, str]:
    """One existing id for each kind of address."""
    student = Student.objects.create(
        registration_number="DIT/1", first_name="Asha", surname="Mushi"
    )
    member = StaffMember.objects.create(staff_number="S/1", first_name="Juma", surname="Moshi")
    guard = SecurityPersonnel.objects.create(
        employee_id="G/1", badge_number="B1", full_name="Neema Guard"
    )
    return {
        "api/students/": str(student.pk),
        "api/staff/": str(member.pk),
        "api/security/": str(guard.pk),
        "auth/admin/": str(uuid4()),
        "api/cards/print-jobs/": str(uuid4()),
        "api/cards/": str(Card.objects.create(card_type="student", student=student).pk),
    }


def _path(route: str, ids: dict[str, str]) -> str:
    pk = next((pk for prefix, pk in ids.items() if route.startswith(prefix)), "")
    return "/" + route.replace("<uuid>", pk).replace("<text>", "rubbish")


def _send(client: APIClient, method: str, path: str) -> Any:
    return client.generic(method, path, "", content_type="application/json")


def test_the_table_names_every_address() -> None:
    assert {_with_uuid_placeholder(route) for route in _addresses()} == set(ADDRESSES)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_each_role_meets_its_walls(
    role: str,
    caller: Callable[[str], APIClient],
    anybody: APIClient,
    somebody: dict[str, str],
) -> None:
    client = anybody if role == "nobody" else caller(role)
    for route, methods in ADDRESSES.items():
        for method, allowed in methods.items():
            status = _send(client, method, _path(route, somebody)).status_code
            where = f"{method} {route} as {role}: {status}"
            if (route, method) in REFUSES_EMPTY_CREDENTIALS:
                assert status == 401, where
            elif role in allowed:
                assert status not in {401, 403, 405}, where
                assert status < 500, where
            else:
                assert status == (401 if role == "nobody" else 403), where


@pytest.mark.parametrize("role", ["administrator", "kitchen_admin"])
def test_options_and_head_are_answered_everywhere(
    role: str, caller: Callable[[str], APIClient], somebody: dict[str, str]
) -> None:
    client = caller(role)
    for route, methods in ADDRESSES.items():
        path = _path(route, somebody)
        assert client.options(path).status_code < 500, route
        if "GET" in methods:
            assert client.head(path).status_code == client.get(path).status_code, route


def test_other_methods_are_405_in_json(administrator: APIClient, somebody: dict[str, str]) -> None:
    for route, methods in ADDRESSES.items():
        for method in set(METHODS) - set(methods):
            response = _send(administrator, method, _path(route, somebody))
            assert response.status_code == 405, f"{method} {route}"
            assert response.json()["code"] == "method_not_allowed"


def _assert_is_an_answer(response: Any, where: str) -> None:
    assert response.status_code < 500, f"{where}: {response.status_code}"
    if response.status_code < 400:
        return
    body = json.loads(response.content)
    is_message = {"detail", "code"} <= set(body)
    is_field_errors = all(isinstance(messages, list | dict) for messages in body.values())
    is_import_report = "summary" in body
    assert is_message or is_field_errors or is_import_report, f"{where}: {body}"
    assert b"Traceback" not in response.content, where


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda r: f"{r[0][:40]}-{r[1][:20]!r}")
def test_rubbish_gets_a_clear_answer(
    rubbish: tuple[str, Any], administrator: APIClient, somebody: dict[str, str]
) -> None:
    content_type, body = rubbish
    for route, methods in ADDRESSES.items():
        for method in set(methods) - {"GET", "DELETE"}:
            response = administrator.generic(
                method, _path(route, somebody), body, content_type=content_type
            )
            _assert_is_an_answer(response, f"{method} {route}")
            assert response.status_code != 201


@pytest.mark.parametrize("query", QUERIES)
def test_bad_queries_get_a_clear_answer(
    query: str, administrator: APIClient, somebody: dict[str, str]
) -> None:
    for route in ADDRESSES:
        response = administrator.get(f"{_path(route, somebody)}?{query}")
        if not response.streaming:
            _assert_is_an_answer(response, f"{route}?{query}")


@pytest.mark.parametrize(
    "path",
    [
        "/api/students/not-a-uuid/",
        "/api/students/00000000-0000-0000-0000-000000000000/",
        "/api/students/%00/",
        "/api/nothing/",
        "/api/",
        "/auth/nothing",
        "/auth/admin/not-a-uuid/",
    ],
)
def test_unknown_addresses_are_404_in_the_seeds_shape(path: str, administrator: APIClient) -> None:
    response = administrator.get(path)
    assert response.status_code == 404
    assert response.json()["success"] is False
    assert response.json()["code"] == "not_found"


def test_a_huge_body_is_refused_unread(administrator: APIClient) -> None:
    response = administrator.generic(
        "POST", "/api/students/", " " * (3 * 2**20), content_type="application/json"
    )
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


def test_a_body_of_unsaid_length_is_refused(administrator: APIClient) -> None:
    response = administrator.post("/api/students/", {}, HTTP_TRANSFER_ENCODING="chunked")
    assert response.status_code == 411


def test_paths_without_their_last_slash_are_served_not_redirected(officer: APIClient) -> None:
    student = {"registration_number": "DIT/2", "first_name": "Ali", "surname": "Said"}
    assert officer.post("/api/students", student).status_code == 201
    assert officer.get("/api/students").json()["count"] == 1


def test_too_many_files_are_refused(officer: APIClient) -> None:
    files = {f"file{i}": SimpleUploadedFile("a.csv", b"x") for i in range(150)}
    response = officer.post("/api/students/import/", files, format="multipart")
    assert response.status_code == 413
