"""`/api/token/` and what its tokens open (contract section 3)."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.db.models import Model, QuerySet
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts import tokens
from accounts.mail import send_token_was_copied
from accounts.models import TokenFamily, User
from accounts.services import change_administrator, change_password
from accounts.tests.doors import token
from accounts.tests.races import at_once, meeting
from accounts.tokens import issue_tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def cook(make_user: Callable[..., User]) -> User:
    return make_user("kitchen_admin")


def profile(user: User, access: str) -> Any:
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client.get(f"/auth/admin/{user.pk}/")


def refresh(value: object) -> Any:
    return APIClient().post("/api/token/refresh/", {"refresh": value})


def log_out(value: object) -> Any:
    return APIClient().post("/api/token/blacklist/", {"refresh": value})


def test_the_right_password_gives_an_access_and_a_refresh_token(cook: User) -> None:
    before = timezone.now()
    response = token("kitchen_admin", PASSWORD)
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert "no-store" in response["Cache-Control"]
    assert profile(cook, response.json()["access"]).status_code == 200
    cook.refresh_from_db()
    assert cook.last_login is not None
    assert cook.last_login >= before


def test_the_address_without_the_last_slash_is_served_without_a_redirect(cook: User) -> None:
    body = {"username": "kitchen_admin", "password": PASSWORD}
    pair = APIClient().post("/api/token", body)
    assert pair.status_code == 200
    renewed = APIClient().post("/api/token/refresh", {"refresh": pair.json()["refresh"]})
    assert renewed.status_code == 200
    ended = APIClient().post("/api/token/blacklist", {"refresh": renewed.json()["refresh"]})
    assert ended.status_code == 200


@pytest.mark.parametrize("path", ["", "refresh/", "blacklist/"])
def test_tokens_are_not_for_reading(path: str) -> None:
    response = APIClient().get(f"/api/token/{path}")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


def test_a_sign_in_looks_at_no_token(cook: User) -> None:
    """A client that sends its expired token along must still be able to sign in."""
    response = token("kitchen_admin", PASSWORD, HTTP_AUTHORIZATION="Bearer expired")
    assert response.status_code == 200


def test_a_refresh_token_is_used_up_by_its_successor(cook: User) -> None:
    old = issue_tokens(user=cook)["refresh"]
    first = refresh(old)
    assert first.status_code == 200
    assert set(first.json()) == {"access", "refresh"}
    assert profile(cook, first.json()["access"]).status_code == 200
    second = refresh(old)
    assert (second.status_code, second.json()["code"]) == (401, "token_not_valid")


def test_logging_out_ends_the_refresh_token(cook: User) -> None:
    value = issue_tokens(user=cook)["refresh"]
    assert log_out(value).status_code == 200
    assert refresh(value).status_code == 401
    assert log_out(value).status_code == 401


def test_logging_out_on_one_device_leaves_the_others_in(cook: User) -> None:
    phone, desk = issue_tokens(user=cook), issue_tokens(user=cook)
    log_out(phone["refresh"])
    assert refresh(desk["refresh"]).status_code == 200


def test_tokens_expire(cook: User) -> None:
    pair = issue_tokens(user=cook)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert profile(cook, pair["access"]).status_code == 401
        assert refresh(pair["refresh"]).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert refresh(pair["refresh"]).status_code == 401


def test_a_disabled_users_tokens_and_session_stop_at_once(cook: User) -> None:
    pair = issue_tokens(user=cook)
    browser = Client()
    browser.force_login(cook)
    address = f"/auth/admin/{cook.pk}/"
    assert browser.get(address).status_code == 200
    assert browser.get("/admin/").status_code == 200

    change_administrator(user=cook, changes={"is_active": False})

    assert profile(cook, pair["access"]).status_code == 401
    assert refresh(pair["refresh"]).status_code == 401
    assert browser.get(address).status_code == 401
    assert browser.get("/admin/").status_code == 302


def test_a_changed_password_ends_all_tokens_and_sessions(cook: User) -> None:
    pair = issue_tokens(user=cook)
    browser = Client()
    browser.force_login(cook)

    change_password(user=cook, password="another-horse-battery")

    assert profile(cook, pair["access"]).status_code == 401
    assert refresh(pair["refresh"]).status_code == 401
    assert browser.get("/admin/").status_code == 302
    assert token("kitchen_admin", PASSWORD).status_code == 401
    assert token("kitchen_admin", "another-horse-battery").status_code == 200


def test_a_changed_role_holds_for_tokens_that_are_out(
    cook: User, make_user: Callable[..., User]
) -> None:
    other = make_user("administrator")
    access = issue_tokens(user=cook)["access"]
    assert profile(other, access).status_code == 403
    change_administrator(user=cook, changes={"role": "administrator"})
    assert profile(other, access).status_code == 200


def test_a_deleted_users_tokens_are_refused(cook: User) -> None:
    pair = issue_tokens(user=cook)
    pk = cook.pk
    cook.delete()
    cook.pk = pk
    assert profile(cook, pair["access"]).status_code == 401
    assert refresh(pair["refresh"]).status_code == 401
    assert log_out(pair["refresh"]).status_code == 401


def test_the_two_kinds_of_token_do_not_stand_in_for_each_other(cook: User) -> None:
    pair = issue_tokens(user=cook)
    assert profile(cook, pair["refresh"]).status_code == 401
    assert refresh(pair["access"]).status_code == 401
    assert log_out(pair["access"]).status_code == 401


# --- one refresh token, used twice at once ----------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_uses_of_one_refresh_token_at_once_one_succeeds_and_its_pair_is_ended(
    cook: User,
) -> None:
    use = partial(refresh, issue_tokens(user=cook)["refresh"])
    answers = at_once(use, use)
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert refresh(won["refresh"]).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_succeed(cook: User, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = meeting(get_md5_hash_password, 2)  # both have looked before either goes on
    monkeypatch.setattr(tokens, "get_md5_hash_password", compare)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows)
    use = partial(refresh, issue_tokens(user=cook)["refresh"])
    assert [answer.status_code for answer in at_once(use, use)] == [200, 200]


# --- what the database, or a copy of it, gives away -------------------------------------------


def test_a_token_used_twice_ends_the_family_and_its_owner_is_told(
    cook: User, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    """Whoever copied it has used it first; the owner cannot be told from the thief."""
    settings.MAIL_SERVER = "mail.example.org"
    User.objects.filter(pk=cook.pk).update(email="cook@example.org")
    stolen = issue_tokens(user=cook)
    of_the_thief = refresh(stolen["refresh"]).json()
    assert refresh(stolen["refresh"]).status_code == 401
    assert refresh(of_the_thief["refresh"]).status_code == 401
    assert profile(cook, of_the_thief["access"]).status_code == 401
    browser = Client()
    browser.force_login(cook)
    assert "was used twice" in browser.get("/admin/").content.decode()
    send_token_was_copied(str(cook.pk))
    assert mailoutbox[0].to == ["cook@example.org"]


def test_nothing_in_the_database_opens_an_account(cook: User) -> None:
    pair = issue_tokens(user=cook)
    browser = Client()
    browser.force_login(cook)
    key = browser.cookies["sessionid"].value
    held = [str(value) for table in (Session, TokenFamily) for value in _values(table)]
    assert held
    for secret in (pair["access"], pair["refresh"], key):
        assert not any(secret in value for value in held)
    for value in held:
        thief = Client()
        thief.cookies["sessionid"] = value
        assert thief.get("/admin/").status_code == 302
        assert refresh(value).status_code == 401
        assert profile(cook, value).status_code == 401
    assert browser.get("/admin/").status_code == 200


def _values(table: type[Model]) -> list[object]:
    rows: Iterable[tuple[object, ...]] = QuerySet(table).values_list()
    return [value for row in rows for value in row]


def test_logging_out_of_the_browser_ends_its_session(cook: User) -> None:
    browser = Client()
    browser.force_login(cook)
    key = browser.cookies["sessionid"].value
    browser.post("/admin/logout/")
    again = Client()
    again.cookies["sessionid"] = key
    assert again.get("/admin/").status_code == 302
    assert not Session.objects.exists()


# --- cost -------------------------------------------------------------------------------------


def test_a_sign_in_costs_nine_statements(
    cook: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(9):
        token("kitchen_admin", PASSWORD)


def test_reading_ones_own_profile_costs_three_statements(
    cook: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The user of the token, the profile, and the latest actions."""
    access = issue_tokens(user=cook)["access"]
    with django_assert_num_queries(3):
        profile(cook, access)
