"""Terminals in the registration office."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from doors.door import in_use
from doors.knocking import knock
from doors.messages import keep_message
from doors.models import Knock
from doors.taking import Misfit, take
from doors.tests.factories import make_terminal
from pos.models import Device, Protocol
from pos.tests.factories import make_reader
from privacy.housekeeping import keep_house

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
KNOCKING = "/admin/doors/knocking/"
ORDINARY = [role for role in Role if role != Role.ADMINISTRATOR]
NOW = timezone.now()


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("administrator"))


def text_of(office: Client, address: str) -> str:
    response = office.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode())


def strangers_knock(serial_number: str = "BRM9203460122") -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9")
    knock(request, protocol=Protocol.ZKTECO, serial_number=serial_number)


def test_a_terminal_that_knocks_is_shown_and_admitted_by_a_button(office: Client) -> None:
    strangers_knock()
    assert "terminal is knocking: admit?" in text_of(office, "/admin/")
    page = text_of(office, KNOCKING)
    assert "BRM9203460122" in page
    address = page.split('class="button primary" href="')[1].split('"')[0]
    form = text_of(office, address)
    assert 'value="BRM9203460122"' in form
    assert '<option value="zkteco" selected>' in form
    said = {
        "name": "Terminal 0122",
        "location": "Gate",
        "activity_type": "attendance",
        "direction": "both",
        "number_format": "hex",
        "debounce_seconds": "5",
        "protocol": "zkteco",
        "serial_number": " BRM9203460122 ",
        "mapping": "{}",
    }
    assert office.post("/admin/pos/device/add/", said).status_code == 200
    device = Device.objects.get()
    assert (device.protocol, device.serial_number) == ("zkteco", "BRM9203460122")
    assert "terminal is knocking" not in text_of(office, "/admin/")
    assert "BRM9203460122" not in text_of(office, KNOCKING)


def test_a_terminal_of_a_known_number_is_registered_once(office: Client) -> None:
    make_terminal(Protocol.ZKTECO, serial_number="A1")
    said = {
        "name": "Gate",
        "location": "Gate",
        "activity_type": "attendance",
        "direction": "both",
        "number_format": "hex",
        "debounce_seconds": "5",
        "protocol": "zkteco",
    }
    for number, words in (
        ("A1", "Another reader has this serial number."),
        ("", "A terminal of this kind is known by its serial number."),
    ):
        response = office.post("/admin/pos/device/add/", {**said, "serial_number": number})
        assert words in unescape(response.content.decode())
    assert Device.objects.count() == 1


def test_the_page_of_a_terminal_tells_what_it_said(office: Client) -> None:
    device, _ = make_terminal(Protocol.FRAPPE)
    terminal = in_use(device)
    keep_message(terminal, what="check-in", said="<17>", answered="1 new", received_at=NOW)
    take(terminal, [Misfit("rubbish", "It says nothing.")], received_at=NOW)
    for address in (f"/admin/pos/device/{device.pk}/change/", messages_of(device)):
        page = text_of(office, address)
        assert "<17>" in page
        assert "rubbish" in page
        assert "It says nothing." in page


def messages_of(device: Device) -> str:
    return f"/admin/pos/device/{device.pk}/messages/"


def test_a_reader_of_our_own_has_no_such_section(office: Client) -> None:
    device, _ = make_reader()
    assert "What does it say?" not in text_of(office, f"/admin/pos/device/{device.pk}/change/")


@pytest.mark.parametrize("role", ORDINARY)
def test_only_administrators_see_terminals(role: Role, make_user: MakeUser) -> None:
    device, _ = make_terminal(Protocol.FRAPPE)
    browser = browser_of(make_user(role))
    assert browser.get(KNOCKING).status_code == 403
    assert browser.get(messages_of(device)).status_code == 403


def test_who_knocked_and_gave_up_is_forgotten() -> None:
    strangers_knock()
    Knock.objects.update(last_at=NOW - timedelta(days=8))
    assert keep_house(at=NOW)["terminals that knock"] == 1
