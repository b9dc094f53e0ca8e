"""`GET, PATCH /auth/admin/{id}/` (contract section 7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pghistory.models import Context
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.doors import token
from accounts.tests.races import at_once
from accounts.tests.wire import assert_refused
from accounts.tokens import issue_tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

ORDINARY = [role for role in Role if role != Role.ADMINISTRATOR]

Caller = Callable[[str], APIClient]


def address(user: User | str, slash: str = "/") -> str:
    pk = User.objects.get(username=user).pk if isinstance(user, str) else user.pk
    return f"/auth/admin/{pk}{slash}"


@pytest.fixture
def cook(make_user: Callable[..., User]) -> User:
    return make_user("kitchen_admin", "mpishi", full_name="Asha Mushi", email="a@dit.ac.tz")


# --- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("role", Role)
def test_everybody_reads_their_own_profile(caller: Caller, role: str, slash: str) -> None:
    client = caller(role)
    response = client.get(address(role, slash))
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {
        "admin_id",
        "username",
        "full_name",
        "email",
        "role",
        "classes",
        "is_active",
        "second_factor",
        "last_login",
        "created_at",
        "updated_at",
        "last_actions",
    }
    assert (body["username"], body["role"], body["is_active"]) == (role, role, True)
    assert body["last_login"] is not None
    assert body["last_actions"] == []


@pytest.mark.parametrize("role", ORDINARY)
def test_nobody_but_an_administrator_reads_another_profile(
    caller: Caller, role: str, cook: User
) -> None:
    assert_refused(caller(role).get(address(cook)), 403)


@pytest.mark.parametrize("role", ORDINARY)
def test_an_unknown_id_tells_an_ordinary_caller_nothing(caller: Caller, role: str) -> None:
    assert_refused(caller(role).get(f"/auth/admin/{uuid4()}/"), 403)


def test_an_administrator_reads_any_profile(administrator: APIClient, cook: User) -> None:
    body = administrator.get(address(cook)).json()
    assert body["admin_id"] == str(cook.pk)
    assert body["full_name"] == "Asha Mushi"
    assert body["last_login"] is None


@pytest.mark.parametrize("unknown", [uuid4(), "17", "nobody", "%00", "é"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_an_unknown_id_is_a_404_for_an_administrator(
    administrator: APIClient, unknown: object, slash: str
) -> None:
    response = administrator.get(f"/auth/admin/{unknown}{slash}")
    assert response.status_code == 404
    body = response.json()
    assert set(body) == {"success", "message", "detail", "code"}
    assert (body["success"], body["code"]) == (False, "not_found")


def test_an_outsider_is_asked_for_a_token(anybody: APIClient, cook: User) -> None:
    assert_refused(anybody.get(address(cook)), 401)
    assert_refused(anybody.patch(address(cook), {}), 401)


def test_a_profile_is_neither_replaced_nor_deleted(administrator: APIClient, cook: User) -> None:
    assert_refused(administrator.put(address(cook), {}), 405)
    assert_refused(administrator.delete(address(cook)), 405)
    assert_refused(administrator.post(address(cook), {}), 405)


# --- changing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_administrator_changes_another(administrator: APIClient, cook: User, slash: str) -> None:
    changes: dict[str, Any] = {
        "role": "discipline_admin",
        "is_active": False,
        "full_name": "Asha Juma",
        "email": "asha@dit.ac.tz",
    }
    response = administrator.patch(address(cook, slash), changes)
    assert response.status_code == 200
    assert changes.items() <= response.json().items()
    cook.refresh_from_db()
    assert {name: getattr(cook, name) for name in changes} == changes


@pytest.mark.parametrize("role", ORDINARY)
def test_nobody_else_changes_anybody_not_even_themselves(
    caller: Caller, role: str, cook: User
) -> None:
    client = caller(role)
    assert_refused(client.patch(address(cook), {"full_name": "?"}), 403)
    assert_refused(client.patch(address(role), {"role": "administrator"}), 403)
    assert_refused(client.patch(address(role), {"full_name": "?"}), 403)
    assert User.objects.get(username=role).role == role


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "headmaster"), ("role", None), ("is_active", None), ("is_active", "perhaps"),
     ("email", "not an address"), ("full_name", "x" * 151), ("full_name", "\x00")],
)  # fmt: skip
def test_a_bad_value_is_a_400_on_its_field(
    administrator: APIClient, cook: User, field: str, value: object
) -> None:
    response = administrator.patch(address(cook), {field: value})
    assert_refused(response, 400)
    assert set(response.json()) == {field}


def test_what_is_not_for_changing_stays(administrator: APIClient, cook: User) -> None:
    fixed = {
        "username": "mpishi2",
        "admin_id": str(uuid4()),
        "last_login": "2001-01-01T00:00:00Z",
        "created_at": "2001-01-01T00:00:00Z",
    }
    response = administrator.patch(address(cook), fixed)
    assert response.status_code == 200
    assert response.json()["admin_id"] == str(cook.pk)
    assert response.json()["username"] == "mpishi"
    assert response.json()["last_login"] is None
    assert token("mpishi", PASSWORD).status_code == 200
    for name, value in (("password", "another-horse-battery"), ("is_superuser", True)):
        refused = administrator.patch(address(cook), {name: value, "full_name": "Mpishi Mkuu"})
        assert refused.status_code == 400
        assert list(refused.json()) == [name]
    cook.refresh_from_db()
    assert (cook.full_name, cook.is_superuser) != ("Mpishi Mkuu", True)
    assert token("mpishi", PASSWORD).status_code == 200


def test_a_disabled_user_is_enabled_again(administrator: APIClient, cook: User) -> None:
    administrator.patch(address(cook), {"is_active": False})
    assert token("mpishi", PASSWORD).status_code == 401
    administrator.patch(address(cook), {"is_active": True})
    assert token("mpishi", PASSWORD).status_code == 200


# --- entity tags ------------------------------------------------------------------------------


def test_an_unchanged_profile_is_not_sent_again(administrator: APIClient, cook: User) -> None:
    tag = administrator.get(address(cook))["ETag"]
    again = administrator.get(address(cook), HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    administrator.patch(address(cook), {"full_name": "Asha Juma"})
    changed = administrator.get(address(cook), HTTP_IF_NONE_MATCH=tag)
    assert changed.status_code == 200
    assert changed["ETag"] != tag


def test_a_change_with_the_present_tag_is_made(administrator: APIClient, cook: User) -> None:
    tag = administrator.get(address(cook))["ETag"]
    response = administrator.patch(address(cook), {"full_name": "Asha Juma"}, HTTP_IF_MATCH=tag)
    assert response.status_code == 200
    assert response["ETag"] == administrator.get(address(cook))["ETag"]


def test_the_tag_of_a_change_to_oneself_is_the_one_that_is_read_next(
    administrator: APIClient,
) -> None:
    """`last_actions` is part of the profile, and the change itself is one of them."""
    response = administrator.patch(address("administrator"), {"full_name": "Mkuu"})
    assert response["ETag"] == administrator.get(address("administrator"))["ETag"]
    assert response.json() == administrator.get(address("administrator")).json()


def test_a_change_with_a_stale_tag_is_a_412(administrator: APIClient, cook: User) -> None:
    tag = administrator.get(address(cook))["ETag"]
    administrator.patch(address(cook), {"role": "discipline_admin"})
    response = administrator.patch(address(cook), {"full_name": "?"}, HTTP_IF_MATCH=tag)
    assert_refused(response, 412)
    assert response.json()["code"] == "precondition_failed"
    cook.refresh_from_db()
    assert (cook.role, cook.full_name) == ("discipline_admin", "Asha Mushi")


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_with_the_same_tag_at_once_one_is_made(
    make_user: Callable[..., User], cook: User
) -> None:
    access = issue_tokens(user=make_user("administrator"))["access"]

    def client(**headers: Any) -> Any:
        return APIClient(HTTP_AUTHORIZATION=f"Bearer {access}", **headers)

    tag = client().get(address(cook))["ETag"]

    def rename(name: str) -> int:
        response = client(HTTP_IF_MATCH=tag).patch(address(cook), {"full_name": name})
        return int(response.status_code)

    names = ("Asha One", "Asha Two")
    codes = at_once(*[partial(rename, name) for name in names])
    assert sorted(codes) == [200, 412]
    cook.refresh_from_db()
    assert cook.full_name == names[codes.index(200)]


# --- last actions -----------------------------------------------------------------------------


def test_a_profile_shows_what_its_owner_changed_last(administrator: APIClient, cook: User) -> None:
    administrator.patch(address(cook), {"full_name": "Asha Juma"})
    yesterday = timezone.now() - timedelta(days=1)
    Context.objects.update(created_at=yesterday)  # the clock of one transaction stands still
    body = {"username": "new", "password": PASSWORD, "role": "kitchen_admin"}
    administrator.post("/auth/admin/register", body)
    administrator.patch(address(cook), {"full_name": "Asha Juma"})  # changes nothing
    latest, earliest = administrator.get(address("administrator")).json()["last_actions"]
    assert (latest["method"], latest["path"]) == ("POST", "/auth/admin/register/")
    assert (earliest["method"], earliest["path"]) == ("PATCH", address(cook))
    assert datetime.fromisoformat(earliest["at"]) == yesterday
    assert administrator.get(address(cook)).json()["last_actions"] == []


def test_a_profile_shows_the_twenty_latest_actions(administrator: APIClient, cook: User) -> None:
    for number in range(22):
        administrator.patch(address(cook), {"full_name": f"Asha {number}"})
    actions = administrator.get(address("administrator")).json()["last_actions"]
    assert len(actions) == 20
