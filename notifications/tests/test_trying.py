"""A test message goes out by the way that notices go, and the page says how it ended."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from institution.services import is_tried
from institution.tests.factories import decide
from notifications.tests.gateway import Gateway, running_gateway, running_mail_server

MAIL, SMS = "/admin/settings/mail/try/", "/admin/settings/sms/try/"
CONFIGURED = "institution.mail.ConfiguredBackend"


@pytest.fixture
def office(make_user: Callable[..., User]) -> Client:
    browser = Client()
    browser.force_login(make_user("administrator"))
    return browser


@pytest.fixture(autouse=True)
def _by_the_office(settings: Settings) -> None:
    """Nothing is said by the environment."""
    del settings.MAIL_SERVER
    del settings.SMS_GATEWAY_URL
    settings.EMAIL_BACKEND = CONFIGURED


def said(response: Any) -> str:
    return unescape(response.content.decode())


def test_a_mail_arrives_by_the_server_of_the_settings(office: Client) -> None:
    with running_mail_server() as mailbox:
        decide(
            MAIL_SERVER="127.0.0.1",
            MAIL_PORT=str(mailbox.port),
            MAIL_SECURITY="none",
            MAIL_FROM="Kibo <notices@kibo.example>",
            INSTITUTION_SHORT_NAME="KIBO",
        )
        page = said(office.post(MAIL, {"to": "amina@example.org"}, follow=True))
        assert "Sent to amina@example.org." in page
        (mail,) = mailbox.mails
    assert mail["From"] == "Kibo <notices@kibo.example>"
    assert mail["Subject"] == "KIBO: a test of TrackXpert"
    assert "List-Unsubscribe" not in mail
    assert is_tried("mail")
    decide(MAIL_PORT="2525")
    assert not is_tried("mail")


def test_what_the_server_says_is_told(office: Client) -> None:
    decide(MAIL_SERVER="127.0.0.1", MAIL_PORT="1", MAIL_SECURITY="none")
    page = said(office.post(MAIL, {"to": "amina@example.org"}, follow=True))
    assert "It did not go out. The mail server cannot be reached" in page
    assert not is_tried("mail")


def test_an_sms_arrives_by_the_gateway_of_the_settings(office: Client) -> None:
    with running_gateway() as gateway:
        decide(SMS_GATEWAY_URL=gateway.url, SMS_GATEWAY_HEADERS='{"X-Token": "s3kret"}')
        page = said(office.post(SMS, {"to": "0712 345 678"}, follow=True))
        assert "Sent to +255712345678." in page
        (request,) = gateway.requests
    assert request["headers"]["x-token"] == "s3kret"
    assert "s3kret" not in page
    assert is_tried("sms")


def test_a_gateway_that_refuses_is_told(office: Client) -> None:
    with running_gateway() as gateway:
        gateway.script = [401]
        decide(SMS_GATEWAY_URL=gateway.url)
        assert "The gateway answered 401." in said(
            office.post(SMS, {"to": "0712345678"}, follow=True)
        )


@pytest.mark.parametrize(("address", "to"), [(MAIL, "amina@example.org"), (SMS, "0712345678")])
def test_what_is_not_set_up_sends_nothing(address: str, to: str, office: Client) -> None:
    assert "it is not set up" in said(office.post(address, {"to": to}, follow=True))


@pytest.mark.parametrize("to", ["", "nobody", "a@b.example, c@d.example"])
def test_it_goes_to_one_address(to: str, office: Client) -> None:
    decide(MAIL_SERVER="127.0.0.1", MAIL_PORT="1", MAIL_SECURITY="none")
    assert "valid email address" in said(office.post(MAIL, {"to": to}, follow=True))


def test_it_goes_to_one_number(office: Client, gateway: Gateway) -> None:
    for to in ("", "many"):
        office.post(SMS, {"to": to})
    assert gateway.requests == []


@pytest.mark.parametrize("address", [MAIL, SMS])
def test_only_administrators_try(address: str, make_user: Callable[..., User]) -> None:
    browser = Client()
    browser.force_login(make_user("registration_officer"))
    assert browser.post(address, {"to": "x"}).status_code == 403
    assert browser.get(address).status_code == 403
