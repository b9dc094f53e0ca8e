"""The clock and the cast of these tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from attendance.tests.factories import NOON
from pos.models import Device
from pos.tests.factories import make_reader


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """It is Wednesday noon on the campus until a test moves the clock."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def gate(db: None) -> APIClient:
    """Which people pass both ways."""
    return make_reader()[1]


@pytest.fixture
def way_in(db: None) -> APIClient:
    return make_reader(name="Way in", direction=Device.Direction.IN)[1]


@pytest.fixture
def signed_in(make_user: Callable[..., Any]) -> Callable[..., APIClient]:
    """`signed_in("leadership")`: a client whose token outlives every move of the clock."""

    def client_for(role: str, **fields: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(make_user(role, **fields))
        return client

    return client_for


@pytest.fixture
def clerk(signed_in: Callable[..., APIClient]) -> APIClient:
    return signed_in("attendance_admin")
