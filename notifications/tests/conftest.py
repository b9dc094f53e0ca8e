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
    settings.SMS_GATEWAY_URL = settings.EMAIL_URL = ""
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
        settings.EMAIL_URL = f"smtp://127.0.0.1:{mailbox.port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 10
        settings.DEFAULT_FROM_EMAIL = "DIT <notices@dit.example>"
        yield mailbox
