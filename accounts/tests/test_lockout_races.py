"""Guesses at the same time, on real connections."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from pytest_django.fixtures import Settings

from accounts import services
from accounts.models import LoginAttempt, User
from accounts.tests.doors import DOORS, WRONG, browser, token, verdict
from accounts.tests.races import PATIENCE, CountingHasher, at_once
from conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

GUESSES = 20


@pytest.fixture(autouse=True)
def cook(settings: Settings, make_user: Callable[..., User]) -> Iterator[User]:
    settings.PASSWORD_HASHERS = ["accounts.tests.races.CountingHasher"]
    user = make_user("kitchen_admin")
    CountingHasher.checked.clear()
    yield user
    CountingHasher.gate = None


def test_of_twenty_guesses_at_once_exactly_five_are_checked() -> None:
    """Whichever doors they come to."""
    guesses = [partial(door, "kitchen_admin", WRONG) for door in DOORS * 5]
    CountingHasher.gate = partial(CountingHasher.all_have_come, GUESSES)
    verdicts = Counter(verdict(response) for response in at_once(*guesses))
    assert verdicts == {"wrong": 5, "locked": GUESSES - 5}
    assert CountingHasher.checked == [WRONG] * 5
    assert LoginAttempt.objects.get().failures == 5


def test_control_without_taking_turns_more_guesses_get_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "take_turns", lambda key: None)
    CountingHasher.gate = partial(CountingHasher.all_have_come, GUESSES)
    # Whoever counts a first failure twice meets the constraint, with no word for it: a 500 each.
    guess = partial(token, "kitchen_admin", WRONG, raise_request_exception=False)
    at_once(*[guess] * GUESSES)
    assert CountingHasher.checked == [WRONG] * GUESSES


def test_ten_right_logins_at_once_all_succeed() -> None:
    logins = [
        partial(token, "kitchen_admin", PASSWORD),
        partial(browser, "kitchen_admin", PASSWORD),
    ]
    assert [verdict(response) for response in at_once(*logins * 5)] == ["in"] * 10


def test_different_users_do_not_wait_for_each_other(make_user: Callable[..., User]) -> None:
    """Both are inside the password check at the same time, or this gate would break."""
    make_user("attendance_admin")
    CountingHasher.gate = partial(threading.Barrier(2).wait, PATIENCE)
    logins = [partial(token, name, PASSWORD) for name in ("kitchen_admin", "attendance_admin")]
    assert [verdict(response) for response in at_once(*logins)] == ["in", "in"]
