"""The servers and the cast of these tests."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from attendance.models import Status
from notifications.tests.factories import expect
from notifications.tests.gateway import (
    Gateway,
    Mailbox,
    running_gateway,
    running_mail_server,
)
from pos.tests.factories import make_reader


@pytest.fixture(autouse=True)
def _by_day(settings: Settings) -> None:
    """No quiet hours, whenever the tests run, no holding back, and no channel but those that a test
    opens."""
    settings.NOTICE_QUIET_HOURS = ""
    settings.NOTICE_ABSENCE_HOLD_BACK = timedelta(0)
    settings.NOTICE_SENDERS = 1
    settings.SMS_GATEWAY_URL = settings.MAIL_SERVER = ""
    settings.SMS_GATEWAY_TIMEOUT = 10


@pytest.fixture
def gate(db: None) -> APIClient:
    """A reader at the gate, before the late limit."""
    expect(Status.PRESENT)
    return make_reader()[1]


@pytest.fixture
def clerk(caller: Callable[[str], APIClient]) -> APIClient:
    return caller("attendance_admin")


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    with running_gateway() as gateway:
        settings.SMS_GATEWAY_URL = gateway.url
        yield gateway


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with running_mail_server() as mailbox:
        settings.EMAIL_BACKEND = "institution.mail.ConfiguredBackend"
        settings.MAIL_SERVER, settings.MAIL_PORT = "127.0.0.1", mailbox.port
        settings.MAIL_SECURITY = "none"
        settings.MAIL_FROM = "DIT <notices@dit.example>"
        yield mailbox
