"""Terminals in the registration office."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_card, make_student
from doors.door import in_use
from doors.knocking import knock
from doors.messages import keep_message
from doors.models import Command, Knock
from doors.taking import Misfit, take
from doors.tests.factories import make_terminal
from doors.tests.zkteco import make_access, make_zkteco
from pos.models import Device, Protocol
from pos.tests.factories import make_reader
from privacy.housekeeping import keep_house

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
KNOCKING = "/admin/doors/knocking/"
FORM_OF_A_READER = {
    "name": "Gate",
    "location": "Gate",
    "activity_type": "attendance",
    "direction": "both",
    "number_format": "hex",
    "debounce_seconds": "5",
    "protocol": "zkteco",
}
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
    said = FORM_OF_A_READER | {
        "name": "Terminal 0122",
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
    for number, words in (
        ("A1", "Another reader has this serial number."),
        ("", "A terminal of this kind is known by its serial number."),
    ):
        response = office.post(
            "/admin/pos/device/add/", {**FORM_OF_A_READER, "serial_number": number}
        )
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


# --- what is ZKTeco's own ---------------------------------------------------------------------


def page_of(device: Device) -> str:
    return f"/admin/pos/device/{device.pk}/change/"


def test_a_terminal_that_was_admitted_is_served_when_it_asks_again(office: Client) -> None:
    asked = "/iclock/cdata?SN=BRM9203460122&table=ATTLOG"
    line = f"17\t{timezone.localtime():%Y-%m-%d %H:%M:%S}\t0\t1\n"
    assert Client().post(asked, line, content_type="text/plain").status_code == 403
    page = text_of(office, KNOCKING)
    form = page.split('class="button primary" href="')[1].split('"')[0]
    known = dict(parse_qsl(urlsplit(form).query))
    said = {
        "location": "Gate",
        "activity_type": "attendance",
        "direction": "both",
        "number_format": "dec_lsb",
        "debounce_seconds": "5",
        "mapping": "{}",
    }
    office.post("/admin/pos/device/add/", {**said, **known})
    assert Client().post(asked, line, content_type="text/plain").content == b"OK: 1"


def test_the_page_of_a_zkteco_terminal_tells_of_users_commands_and_days(office: Client) -> None:
    terminal = make_zkteco()
    make_card(make_student(identifier="1042"))
    make_card(make_student(identifier="DIT/1"))
    page = text_of(office, page_of(terminal.device))
    assert "Cloud Server Setting" in page
    assert "0 of our people are in its memory" in page
    assert "1 with a card cannot be" in page
    terminal.does(*terminal.asks(), returned=-3)
    day = timezone.localdate() - timedelta(days=1)
    count = {"kind": Command.Kind.COUNT, "made_at": NOW, "answered_at": NOW, "returned": 0}
    Command.objects.create(device=terminal.device, about=f"{day}", counted=412, **count)
    page = text_of(office, page_of(terminal.device))
    assert "It could not do 1 of what it was told" in page
    assert "answered -3" in page
    assert '<td class="number">412</td><td class="number">0</td>' in page


def test_the_page_of_a_controller_tells_how_to_let_it_ask(office: Client) -> None:
    terminal = make_access()
    page = text_of(office, page_of(terminal.device))
    assert "AutoServerFunOn=1" in page
    assert "0 of our people are in its memory" in page


def test_commands_are_forgotten_after_a_week() -> None:
    device = make_zkteco().device
    for days in (7, 9):
        Command.objects.create(
            device=device, kind="count", about=f"{days}", made_at=NOW - timedelta(days=days)
        )
    assert keep_house(at=NOW)["commands to terminals"] == 1
    assert Command.objects.get().about == "7"
