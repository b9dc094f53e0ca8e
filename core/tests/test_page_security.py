"""What every page tells the browser, and what a browser is let in for."""

import gzip
import os
import re
from collections.abc import Iterator
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installation
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.tokens import issue_tokens
from cards.tests.factories import make_card
from conftest import PASSWORD
from embedded import postgres
from students.models import Student
from trackxpert.tests.test_settings import check

pytestmark = pytest.mark.django_db

HTML = {"accept": "text/html,*/*;q=0.8"}
# Where portraits are taken and codes are read.
CAMERA = re.compile(
    r"^/reader/$|^/admin/people/photos/desk/$"
    r"|^/admin/(students/student|staff/staffmember|security/securitypersonnel|visitors/visitor)/(add|[^/]*/change)/$"
)
# The same for everybody: these may be kept.
PUBLIC = ("/brand.css", "/reader/", "/words.js")
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def addresses(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    """Every address without an argument that is no part of the API."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern) and not set(route) & set("<(^"):
            yield f"/{route}"


def pages() -> list[str]:
    found = [page for page in addresses() if not page.startswith(("/api/", "/auth/"))]
    return [*found, "/api/docs/", "/no-such-page/"]


@pytest.fixture
def boss(make_user: Any) -> User:
    user: User = make_user("administrator")
    return user


@pytest.fixture
def office(boss: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(boss)
    return client


def policy(response: Any) -> set[str]:
    return set(response["Content-Security-Policy"].split("; "))


def assert_is_guarded(response: Any, page: str) -> None:
    assert response.status_code < 500, page
    assert response["X-Content-Type-Options"] == "nosniff", page
    assert response["X-Frame-Options"] == "DENY", page
    assert response["Cross-Origin-Opener-Policy"] == "same-origin", page
    if response["Content-Type"] == "application/json":
        return
    assert policy(response) == POLICY, page
    uses_camera = bool(CAMERA.search(page)) and response.status_code == 200
    assert ("camera=(self)" in response["Permissions-Policy"]) == uses_camera, page
    assert ("camera=()" in response["Permissions-Policy"]) != uses_camera, page
    assert "microphone=()" in response["Permissions-Policy"], page


# --- what pages tell the browser ----------------------------------------------------------------


def test_every_page_is_found_by_the_table() -> None:
    found = pages()
    assert {"/", "/admin/", "/admin/login/", "/admin/students/student/", "/brand.css"} <= set(found)
    assert len(found) > 30


def test_every_page_is_guarded_and_not_kept(office: Client) -> None:
    for page in pages():
        response = office.get(page, headers=HTML)
        assert_is_guarded(response, page)
        assert "same-origin" in response["Referrer-Policy"], page
        if not page.startswith(PUBLIC):
            assert "no-store" in response["Cache-Control"], page


def test_every_page_is_guarded_for_a_stranger_too(client: Client) -> None:
    for page in pages():
        assert_is_guarded(client.get(page, headers=HTML), page)


def test_the_page_of_one_person_is_guarded_and_not_kept(office: Client) -> None:
    card = make_card()
    for page in (
        f"/admin/students/student/{card.person_id}/change/",
        f"/admin/cards/card/{card.pk}/change/",
        f"/api/cards/verify/student/{card.person_id}/",
        f"/v/{card.code}",
    ):
        response = office.get(page, headers=HTML)
        assert response.status_code == 200, page
        assert_is_guarded(response, page)
        assert "no-store" in response["Cache-Control"], page


def test_one_object_is_kept_by_nobody_else_and_asked_for_again(office: Client) -> None:
    response = office.get(f"/api/students/{make_card().person_id}/")
    assert response["Cache-Control"] == "private, no-cache"  # it has an ETag


def test_no_page_has_script_or_style_in_it(office: Client) -> None:
    for page in pages():
        response: Any = office.get(page, headers=HTML)
        if response["Content-Type"].startswith("text/html"):
            shown = response.content.decode()
            assert "<style" not in shown, page
            assert " style=" not in shown, page
            assert " onclick=" not in shown, page
            assert all(" src=" in tag or " type=" in tag for tag in opening(shown)), page


def opening(shown: str) -> list[str]:
    """The script elements of a page; without an address they may only hold data (`type`)."""
    tags = [part.partition(">")[0] for part in shown.split("<script")[1:]]
    return [tag.replace(' type="module"', "") for tag in tags]


def test_a_static_file_is_guarded_like_a_page(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "somebody-elses.html").write_text("<script>alert(1)</script>")
    response: Any = Client().get("/static/somebody-elses.html")
    assert b"".join(response) == b"<script>alert(1)</script>"
    assert policy(response) == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in response["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in response


# --- cookies and forms --------------------------------------------------------------------------


def test_the_deploy_checks_find_nothing_at_a_public_address() -> None:
    said = check(
        "--deploy",
        "--fail-level=WARNING",
        PUBLIC_URL="https://cards.example.org",
        SECRET_KEY="k3y-" + "".join(map(chr, range(40, 120))),
        DATABASE_URL=os.environ.get("DATABASE_URL") or postgres.database_url(),
    )
    assert "no issues" in said, said


def sign_in(client: Client, username: str = "administrator") -> Any:
    form = {"username": username, "password": PASSWORD, "next": "/admin/"}
    return client.post("/admin/login/", form)


def session(client: Client) -> "Morsel[str]":
    return client.cookies["sessionid"]


def test_signing_in_gives_a_new_session_that_no_script_reads(boss: User) -> None:
    client = Client()
    client.cookies["sessionid"] = planted = "a" * 32
    assert sign_in(client).status_code == 302
    assert session(client).value != planted
    assert session(client)["httponly"]
    assert session(client)["samesite"] == "Lax"


def test_the_next_who_signs_in_gets_a_session_of_their_own(boss: User, make_user: Any) -> None:
    make_user("kitchen_admin")
    client = Client()
    sign_in(client)
    first = session(client).value
    sign_in(client, "kitchen_admin")
    assert session(client).value != first
    assert Client(headers={"cookie": f"sessionid={first}"}).get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_signing_in_leads_to_no_other_host(boss: User, elsewhere: str) -> None:
    form = {"username": "administrator", "password": PASSWORD, "next": elsewhere}
    response: Any = Client().post("/admin/login/", form)
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_a_link_signs_nobody_out_and_a_form_does(office: Client) -> None:
    assert office.get("/admin/logout/").status_code == 405
    assert office.get("/admin/").status_code == 200
    assert office.post("/admin/logout/").status_code in {200, 302}
    assert office.get("/admin/").status_code == 302


STUDENT = {"registration_number": "DIT/2026/1", "first_name": "Asha", "surname": "Mushi"}


def test_another_sites_form_writes_nothing_with_somebodys_session(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)
    response = client.post("/api/students/", STUDENT, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert not Student.objects.exists()


def test_our_own_page_writes_with_the_session_and_its_token(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)
    client.get("/admin/password_change/")
    token = {"X-CSRFToken": client.cookies["csrftoken"].value}
    response = client.post("/api/students/", STUDENT, "application/json", headers=token)
    assert response.status_code == 201


# --- other origins ------------------------------------------------------------------------------


def test_no_other_origin_reads_anything_unless_it_is_named(
    client: Client, boss: User, settings: Settings
) -> None:
    asked = {"origin": "https://dashboard.example", "access-control-request-method": "GET"}
    bearer = {"authorization": f"Bearer {issue_tokens(user=boss)['access']}"}
    for response in (
        client.options("/api/students/", headers=asked),
        client.get("/api/students/", headers={**asked, **bearer}),
    ):
        assert not [name for name in response.headers if name.startswith("Access-Control-")]
    settings.CORS_ALLOWED_ORIGINS = ["https://dashboard.example"]
    allowed = client.get("/api/students/", headers={**asked, **bearer})
    assert allowed["Access-Control-Allow-Origin"] == "https://dashboard.example"
    assert "Access-Control-Allow-Credentials" not in allowed


def test_a_dashboard_elsewhere_may_send_tags_and_read_what_answers_say(
    client: Client, boss: User, settings: Settings
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://dashboard.example"]
    asked = {
        "origin": "https://dashboard.example",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "if-match,if-none-match,last-event-id,authorization",
    }
    allowed = client.options("/api/students/", headers=asked)["Access-Control-Allow-Headers"]
    assert {"if-match", "if-none-match", "last-event-id"} <= set(allowed.split(", "))
    bearer = {"authorization": f"Bearer {issue_tokens(user=boss)['access']}"}
    answer = client.get("/api/students/", headers={**asked, **bearer})
    exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
    assert exposed == {
        *("ETag", "Location", "Retry-After", "Content-Disposition", "X-Print-Warnings"),
        *("X-Replica-Age", "X-Request-ID"),
    }


def test_nothing_is_open_by_default() -> None:
    assert installation.CORS_ALLOWED_ORIGINS == []
    assert not getattr(installation, "CORS_ALLOW_ALL_ORIGINS", False)


def test_pages_go_compressed_and_nothing_else_does(boss: User) -> None:
    browser = Client(headers={"accept-encoding": "gzip"})
    browser.force_login(boss)
    page = browser.get("/admin/")
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"Log out" in gzip.decompress(page.content)
    # Of the same page no two answers are as long: who counts bytes learns nothing.
    assert len({browser.get("/admin/")["Content-Length"] for _ in range(8)}) > 1
    for other in ("/api/students/", "/brand.css", "/api/schema/"):
        assert "Content-Encoding" not in browser.get(other), other
