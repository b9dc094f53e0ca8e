"""The clock and the cast of these tests."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from rest_framework.test import APIClient

from kitchen.tests.factories import NOON
from pos.tests.factories import make_hatch


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """It is Wednesday noon on the campus until a test moves the clock."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hatch(db: None) -> APIClient:
    return make_hatch()[1]


@pytest.fixture
def cook(caller: Callable[[str], APIClient]) -> APIClient:
    return caller("kitchen_admin")
