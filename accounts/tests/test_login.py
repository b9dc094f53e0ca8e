"""`/auth/admin/login` (contract section 7); wrong passwords are in test_lockout."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.doors import WRONG, basic, monitor, monitor_basic
from accounts.tests.wire import assert_refused
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

SLASHES = pytest.mark.parametrize("address", ["/auth/admin/login", "/auth/admin/login/"])
ACCEPTED_BY_A_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(autouse=True)
def cook(make_user: Callable[..., User]) -> User:
    return make_user("kitchen_admin", full_name="Asha Mushi")


def assert_logged_in(response: Any, user: User) -> None:
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"access", "refresh", "admin"}
    assert body["admin"]["admin_id"] == str(user.pk)
    assert body["admin"]["username"] == "kitchen_admin"
    assert body["admin"]["role"] == "kitchen_admin"
    assert body["admin"]["full_name"] == "Asha Mushi"
    assert "password" not in body["admin"]
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert client.get(f"/auth/admin/{user.pk}/").status_code == 200


@SLASHES
def test_a_post_with_the_password_logs_in(address: str, cook: User) -> None:
    body = {"username": "kitchen_admin", "password": PASSWORD}
    assert_logged_in(APIClient().post(address, body), cook)


@SLASHES
def test_a_get_with_basic_credentials_logs_in(address: str, cook: User) -> None:
    client = APIClient(HTTP_AUTHORIZATION=basic("kitchen_admin", PASSWORD))
    assert_logged_in(client.get(address), cook)


def test_a_browser_with_basic_credentials_logs_in(cook: User) -> None:
    client = Client(
        HTTP_AUTHORIZATION=basic("kitchen_admin", PASSWORD), HTTP_ACCEPT=ACCEPTED_BY_A_BROWSER
    )
    assert_logged_in(client.get("/auth/admin/login"), cook)


def test_a_password_may_hold_colons_and_letters_of_any_kind(cook: User) -> None:
    cook.set_password("nenosiri: la Wanjikũ ☕")
    cook.save()
    assert_logged_in(monitor_basic("kitchen_admin", "nenosiri: la Wanjikũ ☕"), cook)
    assert_logged_in(monitor("kitchen_admin", "nenosiri: la Wanjikũ ☕"), cook)


def test_a_password_keeps_the_spaces_around_it(cook: User) -> None:
    cook.set_password("  spacious password ")
    cook.save()
    assert_logged_in(monitor("kitchen_admin", "  spacious password "), cook)
    assert_refused(monitor("kitchen_admin", "spacious password"), 401)


@SLASHES
@pytest.mark.parametrize("accept", [ACCEPTED_BY_A_BROWSER, "text/html"])
def test_a_browser_without_credentials_is_sent_to_the_login_page(address: str, accept: str) -> None:
    response = Client(HTTP_ACCEPT=accept).get(address)
    assert response.status_code == 302
    assert response["Location"] == "/admin/login/"


@SLASHES
@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_a_client_without_credentials_is_asked_for_them(address: str, accept: str) -> None:
    response = APIClient(HTTP_ACCEPT=accept).get(address)
    assert_refused(response, 401)
    assert response["WWW-Authenticate"].startswith('Basic realm="TrackXpert"')


@SLASHES
def test_a_wrong_post_is_a_401_and_never_a_redirect(address: str) -> None:
    body = {"username": "kitchen_admin", "password": WRONG}
    response = Client(HTTP_ACCEPT="text/html").post(address, body, "application/json")
    assert_refused(response, 401)


def test_a_login_is_not_stored_by_anybody_on_the_way() -> None:
    assert "no-store" in monitor_basic("kitchen_admin", PASSWORD)["Cache-Control"]


def test_other_methods_are_not_allowed() -> None:
    assert_refused(APIClient().put("/auth/admin/login", {}), 405)
