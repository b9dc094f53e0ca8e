"""Somebody must always be left who administers the system."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils.http import parse_etags
from rest_framework.test import APIClient

from accounts import services, views
from accounts.models import User
from accounts.services import LastAdministrator, change_administrator
from accounts.tests.races import at_once, meeting
from accounts.tests.wire import assert_refused
from accounts.tokens import issue_tokens
from core import viewsets

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]

DEMOTED: dict[str, Any] = {"role": "kitchen_admin"}
DISABLED: dict[str, Any] = {"is_active": False}
both_ways = pytest.mark.parametrize("changes", [DEMOTED, DISABLED])


def patch(user: User, changes: dict[str, Any], *, by: User) -> Any:
    return client_of(by).patch(f"/auth/admin/{user.pk}/", changes)


def client_of(user: User, **headers: Any) -> APIClient:
    access = issue_tokens(user=user)["access"]
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {access}", **headers)


def administrators() -> int:
    return User.objects.filter(role="administrator", is_active=True).count()


@both_ways
def test_the_last_administrator_stays(make_user: MakeUser, changes: dict[str, Any]) -> None:
    last = make_user("administrator")
    make_user("administrator", "disabled", is_active=False)
    response = patch(last, changes, by=last)
    assert_refused(response, 409)
    assert response.json()["code"] == "last_administrator"
    assert administrators() == 1


@both_ways
def test_the_last_but_one_may_go(make_user: MakeUser, changes: dict[str, Any]) -> None:
    first, second = make_user("administrator", "first"), make_user("administrator", "second")
    assert patch(first, changes, by=second).status_code == 200
    assert_refused(patch(second, changes, by=second), 409)


def test_the_last_administrator_may_change_the_name(make_user: MakeUser) -> None:
    last = make_user("administrator")
    assert patch(last, {"full_name": "Mkuu", "is_active": True}, by=last).status_code == 200


def test_anybody_else_may_be_disabled(make_user: MakeUser) -> None:
    last, cook = make_user("administrator"), make_user("kitchen_admin")
    disabled = make_user("administrator", "disabled", is_active=False)
    assert patch(cook, DISABLED, by=last).status_code == 200
    assert patch(disabled, DEMOTED, by=last).status_code == 200


# --- at the same time -------------------------------------------------------------------------


@pytest.fixture
def pair(make_user: MakeUser) -> tuple[User, User]:
    return make_user("administrator", "first"), make_user("administrator", "second")


def demote_each_other(first: User, second: User) -> list[int]:
    """Both ask for any tag, so that `If-Match` is looked at between the lock and the change."""
    responses: list[Any] = at_once(
        partial(client_of(first, HTTP_IF_MATCH="*").patch, f"/auth/admin/{second.pk}/", DEMOTED),
        partial(client_of(second, HTTP_IF_MATCH="*").patch, f"/auth/admin/{first.pk}/", DISABLED),
    )
    return sorted(response.status_code for response in responses)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_demote_each_other_at_once_one_succeeds(pair: tuple[User, User]) -> None:
    """The loser is refused because it is the last, or because it is none any more."""
    first, *rest = demote_each_other(*pair)
    assert first == 200
    assert rest in ([409], [401], [403])
    assert administrators() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_demote_each_other_through_the_service_one_succeeds(
    pair: tuple[User, User],
) -> None:
    def change(user: User, changes: dict[str, Any]) -> str:
        try:
            change_administrator(user=user, changes=changes)
        except LastAdministrator as error:
            return error.code
        return "changed"

    outcomes = at_once(partial(change, pair[0], DEMOTED), partial(change, pair[1], DISABLED))
    assert sorted(outcomes) == ["changed", "last_administrator"]
    assert administrators() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_succeed_and_nobody_is_left(
    pair: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {user.pk for user in pair}
    monkeypatch.setattr(views, "lock_administrators", lambda: both)
    monkeypatch.setattr(services, "lock_administrators", meeting(lambda: both, 2))
    assert demote_each_other(*pair) == [200, 200]
    assert administrators() == 0


@pytest.mark.django_db(transaction=True)
def test_control_when_each_locks_its_own_row_first_they_deadlock(
    pair: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "lock_administrators", lambda: None)
    monkeypatch.setattr(viewsets, "parse_etags", meeting(parse_etags, 2))
    assert 503 in demote_each_other(*pair)
