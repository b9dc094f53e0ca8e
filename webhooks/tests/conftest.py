"""The receiver and the cast of these tests."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from attendance.models import Status
from notifications.tests.factories import expect
from pos.tests.factories import make_reader
from webhooks.tests.receiver import Receiver, running_receiver


@pytest.fixture(autouse=True)
def _in_a_network_of_our_own(settings: Settings) -> None:
    """Receivers of tests are on this machine; the wall has tests of its own."""
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_CA_FILE = ""
    settings.WEBHOOK_SENDERS = 2
    settings.WEBHOOK_TIMEOUT = 10


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def gate(db: None) -> APIClient:
    """A reader at the gate, before the late limit."""
    expect(Status.PRESENT)
    return make_reader()[1]
