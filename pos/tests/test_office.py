"""Readers in the registration office (`/admin/`)."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_card, make_student
from pos.models import Device, PairingCode
from pos.pairing import pair
from pos.tests.factories import make_hatch, make_reader

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
READERS = "/admin/pos/device/"
ORDINARY = [role for role in Role if role != Role.ADMINISTRATOR]
MOST_QUERIES = 25
FORM = {
    "name": "Main gate 1",
    "location": "Gate",
    "activity_type": "attendance",
    "direction": "both",
    "number_format": "hex",
    "debounce_seconds": "5",
    "protocol": "trackxpert",
}


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("administrator"))


def tap(reader: APIClient, **fields: object) -> int:
    return reader.post("/api/pos/taps/", {"card": "04A32B1C", **fields}).status_code


def page_of(device: Device, page: str = "change") -> str:
    return f"{READERS}{device.pk}/{page}/"


def text_of(office: Client, address: str) -> str:
    response = office.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode())


def shown_key(page: bytes) -> str:
    found = re.search(r'<code id="key">(txr_[\w-]+)</code>', unescape(page.decode()))
    assert found
    return found[1]


def with_key(key: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Device {key}")


def run(office: Client, action: str, *readers: Device) -> str:
    form = {"action": action, "_selected_action": [str(reader.pk) for reader in readers]}
    return unescape(office.post(READERS, form, follow=True).content.decode())


def pages() -> list[str]:
    device, client = make_reader()
    tap(client, card=make_card(make_student()).rfid_number)
    names = ("change", "history", "new-key", "switch", "pair", "teach")
    return [READERS, f"{READERS}add/", *(page_of(device, name) for name in names)]


# --- pages ------------------------------------------------------------------------------------


def test_every_page_loads_for_an_administrator(office: Client) -> None:
    for page in pages():
        assert office.get(page).status_code == 200, page
    index = text_of(office, "/admin/")
    assert index.index("Cards") < index.index(READERS) < index.index("/admin/accounts/user/")


@pytest.mark.parametrize("role", ORDINARY)
def test_readers_are_for_administrators_only(make_user: MakeUser, role: str) -> None:
    browser = browser_of(make_user(role))
    assert READERS not in text_of(browser, "/admin/")
    for page in pages():
        assert browser.get(page).status_code == 403, page
        assert browser.post(page, FORM).status_code == 403, page
    assert Device.objects.get().is_active


def test_an_outsider_is_sent_to_the_login_page(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("administrator")
    for page in pages():
        assert client.get(page)["Location"] == f"/admin/login/?next={page}"


def test_what_is_done_to_a_reader_needs_the_forms_token(make_user: MakeUser) -> None:
    device, reader = make_reader()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_user("administrator"))
    for page in ("new-key", "switch", "pair"):
        assert browser.post(page_of(device, page)).status_code == 403
    assert tap(reader) == 201


@pytest.mark.parametrize("unknown", ["new-key", "switch", "pair"])
def test_a_reader_that_is_not_there_is_not_found(office: Client, unknown: str) -> None:
    address = f"{READERS}00000000-0000-0000-0000-000000000000/{unknown}/"
    assert office.get(address).status_code == 404
    assert office.post(address).status_code == 404


def test_a_longer_list_asks_no_more_questions(office: Client) -> None:
    def more(first: int, last: int) -> Device:
        for number in range(first, last):
            device, reader = make_reader(name=f"Gate {number}")
            for event in range(number + 1):
                card = make_card(make_student()).rfid_number
                tap(reader, event_id=str(event), card=card)
        return device

    def questions(device: Device) -> list[int]:
        asked = []
        for page in (READERS, page_of(device), page_of(device, "history")):
            with CaptureQueriesContext(connection) as context:
                assert office.get(page).status_code == 200
            asked.append(len(context))
        return asked

    few = questions(more(0, 2))
    assert questions(more(2, 8)) == few
    assert max(few) <= MOST_QUERIES


# --- keys ------------------------------------------------------------------------------------


def test_a_new_readers_key_is_shown_once_and_opens_its_door(
    office: Client, django_user_model: type[User]
) -> None:
    page = office.post(f"{READERS}add/", FORM)
    assert page.status_code == 200
    key = shown_key(page.content)
    device = Device.objects.get()
    assert (device.name, device.location, device.is_active) == ("Main gate 1", "Gate", True)
    assert device.created_by == django_user_model.objects.get()
    assert tap(with_key(key)) == 201
    for address in (READERS, page_of(device), page_of(device, "history")):
        assert "txr_" not in text_of(office, address)


def test_the_page_of_a_key_says_all_that_a_reader_needs_and_stays_nowhere(office: Client) -> None:
    page = office.post(f"{READERS}add/", FORM)
    key = shown_key(page.content)
    text = unescape(page.content.decode())
    assert f"Authorization: Device {key}" in text
    assert "http://testserver/api/pos/taps/" in text
    assert "curl" in text
    assert '<svg class="qr"' in text
    assert "style=" not in text
    assert "no-store" in page["Cache-Control"]
    assert "txr_" not in page.cookies.output()
    assert key not in str(dict(office.session))


def test_a_form_that_is_sent_twice_registers_one_reader(office: Client) -> None:
    number = re.search(r'name="number" value="([\w-]+)"', text_of(office, f"{READERS}add/"))
    assert number
    form = {**FORM, "number": number[1]}
    assert shown_key(office.post(f"{READERS}add/", form).content)
    again = unescape(office.post(f"{READERS}add/", form).content.decode())
    assert "This reader is registered already" in again
    assert "txr_" not in again
    assert str(Device.objects.get().pk) == number[1]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a\u202eb"},
        {"location": "x" * 101},
        {"activity_type": "doors"},
        {"number_format": ""},
    ],
)
def test_a_bad_form_is_shown_again_with_its_errors(office: Client, fields: dict[str, str]) -> None:
    page = office.post(f"{READERS}add/", {**FORM, **fields})
    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert b"txr_" not in page.content
    assert not Device.objects.exists()


def test_a_reader_is_changed_and_keeps_its_key(office: Client) -> None:
    device, reader = make_reader()
    form = {**FORM, "name": "Side gate", "direction": "in"}
    assert office.post(page_of(device), form).status_code == 302
    device.refresh_from_db()
    assert (device.name, device.direction, device.is_active) == ("Side gate", "in", True)
    assert tap(reader) == 201


def test_a_new_key_is_asked_for_shown_once_and_ends_the_old_one(office: Client) -> None:
    device, old = make_reader()
    assert "opens nothing" in text_of(office, page_of(device, "new-key"))
    assert tap(old) == 201
    key = shown_key(office.post(page_of(device, "new-key")).content)
    assert tap(old, event_id="2") == 401
    assert tap(with_key(key), event_id="3") == 201
    assert "txr_" not in text_of(office, READERS)


def test_a_phone_is_paired_by_a_code_that_is_shown_once(office: Client) -> None:
    device, old = make_reader()
    text_of(office, page_of(device, "pair"))
    assert not PairingCode.objects.exists()
    page = unescape(office.post(page_of(device, "pair")).content.decode())
    code = re.search(r"<code>(\w{4}-\w{4})</code>", page)
    assert code
    assert "http://testserver/reader/" in page
    assert tap(old) == 201
    key = pair(code=code[1]).key
    assert (tap(old, event_id="2"), tap(with_key(key), event_id="3")) == (401, 201)


def test_a_reader_that_is_off_is_not_paired(office: Client) -> None:
    device, _ = make_reader(is_active=False)
    page = office.post(page_of(device, "pair"), follow=True)
    assert "This reader is switched off." in unescape(page.content.decode())
    assert not PairingCode.objects.exists()


# --- off and on --------------------------------------------------------------------------------


def test_a_reader_is_switched_off_and_on_from_its_page(office: Client) -> None:
    device, reader = make_reader()
    asked = text_of(office, page_of(device, "switch"))
    assert 'name="value" value="off"' in asked
    page = office.post(page_of(device, "switch"), {"value": "off"}, follow=True)
    assert "Main gate is off" in unescape(page.content.decode())
    assert tap(reader) == 401
    office.post(page_of(device, "switch"), {"value": "off"})
    assert not Device.objects.get().is_active
    office.post(page_of(device, "switch"), {"value": "on"})
    assert tap(reader) == 201


def test_several_readers_are_switched_off_and_on_at_once(office: Client) -> None:
    (device, reader), (other, _) = make_reader(), make_hatch()
    assert "2 readers switched off." in run(office, "switch_off", device, other)
    assert tap(reader) == 401
    assert "1 reader switched on." in run(office, "switch_on", device)
    assert tap(reader) == 201
    assert ">Off<" in text_of(office, READERS)


def test_no_reader_is_deleted(office: Client) -> None:
    device, _ = make_reader()
    assert office.post(page_of(device, "delete"), {"post": "yes"}).status_code == 403
    run(office, "delete_selected", device)
    assert Device.objects.exists()


# --- how they are ------------------------------------------------------------------------------


def test_the_list_tells_which_readers_work(office: Client) -> None:
    device, reader = make_reader()
    for address in (READERS, page_of(device)):
        text = text_of(office, address)
        assert "Never seen" in text
        assert "None<" not in text
    reader.post("/api/pos/heartbeat/", {"device_time": timezone.now(), "queue_depth": 7})
    text = text_of(office, READERS)
    assert "Working" in text
    assert "just now" in text
    assert ">7<" in text
    assert re.search(r"[+-]\d+\.\d s", text)
    device.heartbeat.heard_at = timezone.now() - 2 * settings.READER_SILENT_AFTER
    device.heartbeat.save(update_fields=["heard_at"])
    assert "minutes ago" in text_of(office, READERS).replace("\xa0", " ")
    assert ">Silent<" in text_of(office, READERS)
    tap(reader)
    assert ">Working<" in text_of(office, READERS)


def test_a_clock_that_is_wrong_is_marked(office: Client) -> None:
    _, reader = make_reader()
    ahead = timezone.now() + timedelta(minutes=3)
    reader.post("/api/pos/heartbeat/", {"device_time": ahead})
    assert "s, wrong" in text_of(office, READERS)


def test_readers_are_found_by_their_state(office: Client) -> None:
    make_reader(name="Off gate", is_active=False)
    make_reader(name="New gate")
    _, works = make_reader(name="Good gate")
    silent, heard = make_reader(name="Mute gate")
    for reader in (works, heard):
        reader.post("/api/pos/heartbeat/", {"device_time": timezone.now()})
    silent.heartbeat.heard_at = timezone.now() - 2 * settings.READER_SILENT_AFTER
    silent.heartbeat.save(update_fields=["heard_at"])
    names = {"off": "Off gate", "never": "New gate", "live": "Good gate", "silent": "Mute gate"}
    for state, name in names.items():
        text = text_of(office, f"{READERS}?state={state}")
        assert [other for other in names.values() if other in text] == [name]
    assert office.get(f"{READERS}?state=x").status_code == 200
    home = text_of(office, "/admin/")
    assert "reader is silent" in home


def test_a_readers_page_shows_its_latest_taps_and_its_past(office: Client) -> None:
    device, reader = make_reader()
    card = make_card(make_student(first_name="Wanjikũ"))
    tap(reader, card=card.rfid_number)
    office.post(page_of(device, "new-key"))
    office.post(page_of(device, "switch"), {"value": "off"})
    office.post(page_of(device, "switch"), {"value": "on"})
    office.post(page_of(device, "pair"))
    for page in ("change", "history"):
        text = text_of(office, page_of(device, page))
        for line in ("Registered", "New key", "Switched off", "Switched on", "A code to pair it"):
            assert text.count(f"<strong>{line}</strong>") == 1, line
    text = text_of(office, page_of(device))
    assert "Wanjikũ" in text
    assert f"/admin/pos/tap/?reader={device.pk}" in text
