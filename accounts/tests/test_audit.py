"""Every change of an administrator leaves who, when, before and after; no password ever does."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pghistory
import pytest
from django.contrib.auth.models import update_last_login
from django.core.management import call_command
from django.db import InternalError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.services import change_administrator, change_password
from accounts.tests.doors import WRONG, browser, token
from accounts.tests.wire import assert_refused
from conftest import PASSWORD
from core.history import history_of

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


@pytest.fixture
def cook(make_user: Callable[..., User]) -> User:
    return make_user("kitchen_admin", "mpishi", full_name="Asha Mushi")


def events(user: User) -> Any:
    event_model: Any = User.pgh_event_model  # type: ignore[attr-defined]
    return event_model.objects.filter(pgh_obj_id=user.pk)


def before_and_after(before: object, after: object) -> dict[str, object]:
    return {"before": before, "after": after}


# --- who, when, from what to what -------------------------------------------------------------


def test_a_change_over_the_api_is_in_the_history(administrator: APIClient, cook: User) -> None:
    start = timezone.now()
    address = f"/auth/admin/{cook.pk}/"
    administrator.patch(address, {"role": "discipline_admin", "full_name": "Asha Juma"})
    changed, created = administrator.get(f"{address}history/").json()
    assert changed == {
        "at": changed["at"],
        "action": "changed",
        "by": "administrator",
        "path": address,
        "changes": {
            "role": before_and_after("kitchen_admin", "discipline_admin"),
            "full_name": before_and_after("Asha Mushi", "Asha Juma"),
        },
    }
    assert (created["action"], created["by"]) == ("created", None)
    assert created["changes"]["username"] == before_and_after(None, "mpishi")
    assert abs(datetime.fromisoformat(changed["at"]) - start).total_seconds() < 60


def test_a_registration_is_in_the_history(administrator: APIClient) -> None:
    body = {"username": "new", "password": PASSWORD, "role": "kitchen_admin"}
    pk = administrator.post("/auth/admin/register", body).json()["admin_id"]
    (created,) = administrator.get(f"/auth/admin/{pk}/history").json()
    assert (created["action"], created["by"]) == ("created", "administrator")
    assert created["path"] == "/auth/admin/register/"
    assert created["changes"]["role"] == before_and_after(None, "kitchen_admin")


def test_a_change_in_the_office_is_in_the_history(
    make_user: Callable[..., User], cook: User
) -> None:
    client = Client()
    client.force_login(make_user("administrator"))
    address = f"/admin/accounts/user/{cook.pk}/change/"
    form = {"username": "mpishi", "role": "discipline_admin", "is_active": "on"}
    assert client.post(address, {**form, "full_name": "Asha Mushi"}).status_code == 302
    change = history_of(cook)[0]
    assert (change.action, change.by, change.path) == ("changed", "administrator", address)
    assert change.changes == {"role": before_and_after("kitchen_admin", "discipline_admin")}


def test_a_change_in_bulk_is_in_the_history_of_each(make_user: Callable[..., User]) -> None:
    users = [make_user("kitchen_admin", f"mpishi{number}") for number in range(3)]
    boss = make_user("administrator")
    with pghistory.context(user=str(boss.pk), url="/somewhere/"):
        User.objects.filter(role="kitchen_admin").update(is_active=False)
    for user in users:
        change = history_of(user)[0]
        assert (change.action, change.by, change.path) == (
            "changed",
            "administrator",
            "/somewhere/",
        )
        assert change.changes == {"is_active": before_and_after(True, False)}


def test_a_change_by_plain_sql_is_in_the_history(cook: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET role = 'administrator'")
    change = history_of(cook)[0]
    assert (change.by, change.path) == (None, None)
    assert change.changes == {"role": before_and_after("kitchen_admin", "administrator")}


def test_createsuperuser_is_in_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--no-input", username="mkuu", verbosity=0)
    (created,) = history_of(User.objects.get(username="mkuu"))
    assert (created.action, created.by, created.path) == ("created", None, None)
    assert created.changes["role"] == before_and_after(None, "administrator")


def test_a_deletion_is_in_the_history(cook: User) -> None:
    pk = cook.pk
    cook.delete()
    cook.pk = pk
    change = history_of(cook)[0]
    assert change.action == "deleted"
    assert change.changes["username"] == before_and_after("mpishi", None)


def test_a_change_by_somebody_since_deleted_stays(
    make_user: Callable[..., User], cook: User
) -> None:
    boss = make_user("administrator")
    with pghistory.context(user=str(boss.pk)):
        change_administrator(user=cook, changes={"is_active": False})
    boss.delete()
    change = history_of(cook)[0]
    assert (change.by, change.changes) == (None, {"is_active": before_and_after(True, False)})


def test_a_refused_change_is_not_in_the_history(make_user: Callable[..., User]) -> None:
    last = make_user("administrator")
    client = Client()
    client.force_login(last)
    address = f"/admin/accounts/user/{last.pk}/change/"
    client.post(address, {"username": "other", "role": "kitchen_admin", "is_active": "on"})
    assert [change.action for change in history_of(last)] == ["created"]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_the_history_is_for_administrators(caller: Callable[[str], APIClient], role: str) -> None:
    client = caller(role)
    own = User.objects.get(username=role).pk
    assert_refused(client.get(f"/auth/admin/{own}/history/"), 403)


def test_nobody_has_no_history(administrator: APIClient) -> None:
    assert administrator.get(f"/auth/admin/{uuid4()}/history/").status_code == 404


# --- what makes no entry ----------------------------------------------------------------------


def test_signing_in_makes_no_entry(cook: User) -> None:
    update_last_login(User, cook)
    token("mpishi", PASSWORD)
    browser("mpishi", PASSWORD)
    token("mpishi", WRONG)
    assert events(cook).count() == 1


def test_a_change_to_the_same_values_makes_no_entry(cook: User) -> None:
    change_administrator(user=cook, changes={"role": "kitchen_admin", "is_active": True})
    assert events(cook).count() == 1


# --- passwords --------------------------------------------------------------------------------


def test_a_new_password_is_in_the_history_without_the_password(cook: User) -> None:
    old, since = cook.password, cook.password_changed_at
    change_password(user=cook, password="another-horse-battery")
    change = history_of(cook)[0]
    assert change.changes == {
        "password_changed_at": before_and_after(since, cook.password_changed_at)
    }
    for row in events(cook).values():
        written = json.dumps(row, default=str)
        assert old not in written
        assert cook.password not in written
        assert "horse" not in written


def test_no_answer_holds_a_password_or_its_hash(
    administrator: APIClient, make_user: Callable[..., User], cook: User
) -> None:
    body = {"username": "new", "password": "another-horse-battery", "role": "kitchen_admin"}
    address = f"/auth/admin/{cook.pk}/"
    office = Client()
    office.force_login(make_user("administrator", "boss"))
    answers = [
        administrator.post("/auth/admin/register", body),
        administrator.patch(address, {"full_name": "Asha Juma"}),
        administrator.get(address),
        administrator.get(f"{address}history/"),
        token("mpishi", PASSWORD),
        office.get("/admin/accounts/user/"),
        office.get(f"/admin/accounts/user/{cook.pk}/change/"),
        office.get(f"/admin/accounts/user/{cook.pk}/history/"),
        office.get(f"/admin/accounts/user/{cook.pk}/password/"),
    ]
    assert all(answer.status_code in {200, 201} for answer in answers)
    hidden = [part for user in User.objects.all() for part in user.password.split("$")[1:]]
    text = "".join(answer.content.decode() for answer in answers)
    for secret in (*hidden, PASSWORD, "another-horse-battery"):
        assert secret not in text
    assert "*****" not in text  # Django's own form shows the first digits of a hash


# --- append only ------------------------------------------------------------------------------


@pytest.mark.dialect
@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_userevent SET role = 'administrator'", "DELETE FROM accounts_userevent"],
)
def test_the_database_refuses_to_rewrite_the_history(cook: User, statement: str) -> None:
    with (
        pytest.raises(InternalError, match="Cannot update or delete rows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert events(cook).count() == 1
