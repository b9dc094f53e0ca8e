"""One code in two requests at the same time, on real connections."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import SecondFactor, User
from accounts.one_time_codes import new_recovery_codes
from accounts.tests.races import PATIENCE, at_once
from accounts.tests.test_second_factor import NAME, code_of, with_two_steps
from conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 6


@pytest.fixture
def officer(make_user: Callable[..., User]) -> User:
    return with_two_steps(make_user(NAME))


def sign_in_from(number: int, otp: str) -> Any:
    """Each from an address of its own, so that none waits for another's turn."""
    client = APIClient(REMOTE_ADDR=f"192.0.2.{number}")
    return client.post("/api/token/", {"username": NAME, "password": PASSWORD, "otp": otp})


def statuses(otp: str) -> list[int]:
    calls = [partial(sign_in_from, number, otp) for number in range(1, TIMES + 1)]
    return sorted(response.status_code for response in at_once(*calls))


def test_of_many_at_once_with_one_code_one_gets_in(officer: User) -> None:
    assert statuses(code_of(officer)) == [200, *[401] * (TIMES - 1)]


def test_of_many_at_once_with_one_recovery_code_one_gets_in(officer: User) -> None:
    assert statuses(new_recovery_codes(officer)[0]) == [200, *[401] * (TIMES - 1)]


def test_control_whoever_looks_first_and_writes_then_lets_them_all_in(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_have_looked = threading.Barrier(TIMES)

    def look_then_write(factor: SecondFactor, step: int) -> bool:
        is_unused = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).exists()
        all_have_looked.wait(PATIENCE)
        SecondFactor.objects.filter(pk=factor.pk).update(last_step=step)
        return is_unused

    monkeypatch.setattr(SecondFactor, "take_step", look_then_write)
    assert statuses(code_of(officer)) == [200] * TIMES
