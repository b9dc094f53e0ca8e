"""`POST /auth/admin/register` (contract section 7)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.doors import token
from accounts.tests.races import at_once
from accounts.tests.wire import assert_refused
from accounts.tokens import issue_tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

REGISTER = "/auth/admin/register"


def mpishi(**fields: str) -> dict[str, str]:
    return {"username": "mpishi", "password": PASSWORD, "role": "kitchen_admin", **fields}


@pytest.mark.parametrize("address", [REGISTER, f"{REGISTER}/"])
def test_an_administrator_registers_another(administrator: APIClient, address: str) -> None:
    response = administrator.post(address, mpishi(full_name="Juma", email="j@dit.ac.tz"))
    assert response.status_code == 201
    user = User.objects.get(username="mpishi")
    body = response.json()
    assert body["admin_id"] == str(user.pk)
    assert body["username"] == "mpishi"
    assert body["role"] == "kitchen_admin"
    assert body["full_name"] == "Juma"
    assert body["email"] == "j@dit.ac.tz"
    assert body["is_active"] is True
    assert "password" not in body


@pytest.mark.parametrize("role", Role.values)
def test_whoever_is_registered_can_sign_in(administrator: APIClient, role: str) -> None:
    assert administrator.post(REGISTER, mpishi(role=role)).status_code == 201
    assert token("mpishi", PASSWORD).status_code == 200


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_nobody_but_an_administrator_registers(
    caller: Callable[[str], APIClient], role: str
) -> None:
    assert_refused(caller(role).post(REGISTER, mpishi()), 403)
    assert not User.objects.filter(username="mpishi").exists()


def test_an_outsider_is_asked_for_a_token(anybody: APIClient) -> None:
    assert_refused(anybody.post(REGISTER, mpishi()), 401)


@pytest.mark.parametrize(
    "password",
    [
        "short7",
        "password123",
        "1234567890123",
        "mpishi-mpishi",
        "DIT-2026!",
        "Tr@ckXpert99",
        "daressalaam1",
    ],
)
def test_a_weak_password_is_a_400_on_the_password(administrator: APIClient, password: str) -> None:
    response = administrator.post(REGISTER, mpishi(password=password, username="mpishi-mpishi"))
    assert_refused(response, 400)
    assert set(response.json()) == {"password"}


@pytest.mark.parametrize("spelling", ["mpishi", "MPISHI", "Mpishi", "ｍpishi", " mpishi "])
def test_a_name_that_is_taken_is_a_409(administrator: APIClient, spelling: str) -> None:
    administrator.post(REGISTER, mpishi())
    response = administrator.post(REGISTER, mpishi(username=spelling))
    assert_refused(response, 409)
    assert response.json() == {
        "detail": "An administrator with this username already exists.",
        "code": "username_taken",
    }


@pytest.mark.django_db(transaction=True)
def test_of_two_who_register_one_name_at_once_one_gets_it(
    make_user: Callable[..., User],
) -> None:
    access = issue_tokens(user=make_user("administrator"))["access"]

    def register(name: str) -> Any:
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {access}")
        return client.post(REGISTER, mpishi(username=name))

    responses = at_once(partial(register, "mpishi"), partial(register, "Mpishi"))
    won, lost = sorted(responses, key=lambda response: response.status_code)
    assert won.status_code == 201
    assert_refused(lost, 409)
    assert User.objects.filter(role="kitchen_admin").count() == 1


@pytest.mark.parametrize("role", ["headmaster", "", "Administrator", "reader"])
def test_an_unknown_role_is_a_400_on_the_role(administrator: APIClient, role: str) -> None:
    response = administrator.post(REGISTER, mpishi(role=role))
    assert_refused(response, 400)
    assert set(response.json()) == {"role"}


@pytest.mark.parametrize(
    "username", ["", " ", "two words", "semi;colon", "x" * 151, "ﷺ", "ﬀ" * 76, "new\nline"]
)
def test_a_name_that_cannot_be_one_is_a_400_on_the_name(
    administrator: APIClient, username: str
) -> None:
    """Judged as it would be stored: ﷺ is four words then, and 76 times ﬀ is 152 letters."""
    response = administrator.post(REGISTER, mpishi(username=username))
    assert_refused(response, 400)
    assert set(response.json()) == {"username"}


def test_a_bad_email_is_a_400_on_the_email(administrator: APIClient) -> None:
    response = administrator.post(REGISTER, mpishi(email="not an address"))
    assert_refused(response, 400)
    assert set(response.json()) == {"email"}


@pytest.mark.parametrize("field", ["username", "password", "role"])
def test_name_password_and_role_are_needed(administrator: APIClient, field: str) -> None:
    body = mpishi()
    del body[field]
    response = administrator.post(REGISTER, body)
    assert_refused(response, 400)
    assert response.json() == {field: ["This field is required."]}


def test_a_registration_grants_nothing_that_was_not_asked_by_role(administrator: APIClient) -> None:
    for extra in ({"is_superuser": "true"}, {"is_active": "false"}, {"admin_id": "1" * 32}):
        response = administrator.post(REGISTER, mpishi(**extra))
        assert_refused(response, 400)
        assert list(response.json()) == list(extra)
    assert not User.objects.filter(username="mpishi").exists()


def test_registering_is_not_for_reading(administrator: APIClient) -> None:
    assert_refused(administrator.get(REGISTER), 405)
