"""Whoever manages cards, at work in the office."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.test_office import browser_of


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user("registration_officer")


@pytest.fixture
def office(user: User) -> Client:
    return browser_of(user)
