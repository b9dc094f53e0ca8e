"""Readers and the ledger of taps in the registration office (`/admin/`)."""

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
from pos.models import ConflictingTap, Device, Tap
from pos.tests.factories import make_hatch, make_reader

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
READERS, TAPS, CONFLICTS = "/admin/pos/device/", "/admin/pos/tap/", "/admin/pos/conflictingtap/"
ORDINARY = [role for role in Role if role != Role.ADMINISTRATOR]
FORM = {
    "name": "Main gate 1",
    "location": "Gate",
    "activity_type": "attendance",
    "direction": "both",
    "number_format": "hex",
}


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("administrator"))


def tap(reader: APIClient, **fields: object) -> int:
    return reader.post("/api/pos/taps/", {"card": "04A32B1C", **fields}).status_code


def shown_key(page: bytes) -> str:
    found = re.search(r"<code>(txr_[\w-]+)</code>", unescape(page.decode()))
    assert found
    return found[1]


def with_key(key: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Device {key}")


def run(office: Client, action: str, *readers: Device) -> bytes:
    form = {"action": action, "_selected_action": [str(reader.pk) for reader in readers]}
    page: bytes = office.post(READERS, form, follow=True).content
    return page


def pages() -> list[str]:
    """Each list and change page, with something on it."""
    reader, client = make_reader()
    card = make_card(make_student(), "04A32B1C")
    for event_id, number in [("1", card.rfid_number), ("2", "AABBCCDD"), ("1", "AABBCCDD")]:
        client.post("/api/pos/taps/", {"event_id": event_id, "card": number})
    newest = Tap.objects.order_by("-tap_id")
    conflict = ConflictingTap.objects.get()
    return [
        READERS,
        f"{READERS}add/",
        f"{READERS}{reader.pk}/change/",
        f"{READERS}{reader.pk}/history/",
        TAPS,
        *(f"{TAPS}{row.pk}/change/" for row in newest),
        CONFLICTS,
        f"{CONFLICTS}{conflict.pk}/change/",
    ]


# --- pages ------------------------------------------------------------------------------------


def test_every_page_loads_for_an_administrator(office: Client) -> None:
    for page in pages():
        assert office.get(page).status_code == 200, page
    index = office.get("/admin/").content.decode()
    assert "Readers" in index
    assert index.index("Cards") < index.index(READERS) < index.index("/admin/accounts/user/")


@pytest.mark.parametrize("role", ORDINARY)
def test_readers_are_for_administrators_only(make_user: MakeUser, role: str) -> None:
    browser = browser_of(make_user(role))
    assert "/admin/pos/" not in browser.get("/admin/").content.decode()
    for page in pages():
        assert browser.get(page).status_code == 403, page
    assert browser.post(f"{READERS}add/", FORM).status_code == 403
    assert browser.post(READERS, {"action": "new_key"}).status_code == 403


@pytest.mark.parametrize("address", [READERS, TAPS, CONFLICTS])
def test_a_longer_list_asks_no_more_questions(office: Client, address: str) -> None:
    def questions() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert office.get(address).status_code == 200
        return len(asked)

    def more(first: int, last: int) -> None:
        for number in range(first, last):
            _, reader = make_reader(name=f"Gate {number}")
            card = make_card(make_student())
            reader.post("/api/pos/taps/", {"event_id": "1", "card": card.rfid_number})
            reader.post("/api/pos/taps/", {"event_id": "1", "card": "AABBCCDD"})

    more(0, 2)
    few = questions()
    more(2, 8)
    assert questions() == few


def test_the_ledger_is_never_counted_as_a_whole(office: Client) -> None:
    tap(make_reader()[1])
    with CaptureQueriesContext(connection) as asked:
        office.get(TAPS)
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"] and "tap" in query["sql"]]
    assert counts
    assert all("LIMIT 10000" in sql for sql in counts)


def test_the_ledger_is_searched_by_holder_and_day_and_filtered(office: Client) -> None:
    asha = make_card(make_student(first_name="Wanjikũ"))
    juma = make_card(make_student(first_name="Juma"))
    reader = make_reader()[1]
    for card in (asha, juma):
        tap(reader, card=card.rfid_number)
    today = timezone.localdate()
    for query in ("q=wanjiku", f"q=wanjiku+{today}", f"q={asha.rfid_number}"):
        page = office.get(f"{TAPS}?{query}").content.decode()
        assert asha.rfid_number in page, query
        assert juma.rfid_number not in page, query
    for query in (
        "q=2020-01-01",
        "q=2026-02-30",
        "decision=denied",
        "decision__exact=denied",
        "code__exact=unknown_card",
        "is_offline__exact=1",
        f"date__gte={today + timedelta(days=1)}&date__lt={today + timedelta(days=2)}",
    ):
        page = office.get(f"{TAPS}?{query}", follow=True).content.decode()
        assert asha.rfid_number not in page, query


@pytest.mark.parametrize(
    "query", ["code__exact=%00", "q=%00x", "device__pos_id__exact=x", "date__gte=x", "p=x"]
)
def test_a_bad_filter_shows_a_page(office: Client, query: str) -> None:
    assert office.get(f"{TAPS}?{query}", follow=True).status_code == 200


def test_taps_are_facts(office: Client) -> None:
    tap(make_reader()[1])
    row = Tap.objects.get()
    for page in (f"{TAPS}add/", f"{TAPS}{row.pk}/delete/"):
        assert office.get(page).status_code == 403
    assert office.post(f"{TAPS}{row.pk}/change/", {"card_text": "x"}).status_code == 403
    assert Tap.objects.get().card_text == "04A32B1C"


# --- readers and their keys -------------------------------------------------------------------


def test_a_new_readers_key_is_shown_once_and_opens_its_door(
    office: Client, django_user_model: type[User]
) -> None:
    page = office.post(f"{READERS}add/", FORM, follow=True)
    assert page.status_code == 200
    key = shown_key(page.content)
    device = Device.objects.get()
    assert (device.name, device.location, device.is_active) == ("Main gate 1", "Gate", True)
    assert device.created_by == django_user_model.objects.get()
    assert tap(with_key(key)) == 201
    for address in (READERS, f"{READERS}{device.pk}/change/", f"{READERS}{device.pk}/history/"):
        assert b"txr_" not in office.get(address).content


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
    form = {**FORM, "name": "Side gate", "direction": "in", "is_active": "on"}
    assert office.post(f"{READERS}{device.pk}/change/", form).status_code == 302
    device.refresh_from_db()
    assert (device.name, device.direction) == ("Side gate", "in")
    assert tap(reader) == 201


def test_a_new_key_is_shown_once_and_the_old_one_opens_nothing(office: Client) -> None:
    device, old = make_reader()
    key = shown_key(run(office, "new_key", device))
    assert tap(old) == 401
    assert tap(with_key(key)) == 201
    assert b"txr_" not in office.get(READERS).content


def test_two_readers_do_not_get_new_keys_at_once(office: Client) -> None:
    readers = [make_reader(), make_hatch()]
    page = run(office, "new_key", *(device for device, _ in readers))
    assert b"Choose one reader" in page
    assert [tap(client) for _, client in readers] == [201, 201]


def test_readers_are_switched_off_and_on(office: Client) -> None:
    (device, reader), (other, _) = make_reader(), make_hatch()
    assert b"2 changed" in run(office, "switch_off", device, other)
    assert tap(reader) == 401
    assert b"1 changed" in run(office, "switch_on", device)
    assert tap(reader) == 201
    assert b">Off<" in office.get(READERS).content


def test_the_list_tells_which_readers_work(office: Client) -> None:
    device, reader = make_reader()
    for address in (READERS, f"{READERS}{device.pk}/change/"):
        content = office.get(address).content
        assert b"Never seen" in content
        assert b"None<" not in content
    reader.post("/api/pos/heartbeat/", {"device_time": timezone.now(), "queue_depth": 7})
    assert b"Working" in office.get(READERS).content
    page = office.get(f"{READERS}{device.pk}/change/").content
    assert re.search(rb"[+-]\d+\.\d s", page)
    assert b">7<" in page
    device.heartbeat.heard_at = timezone.now() - 2 * settings.READER_SILENT_AFTER
    device.heartbeat.save(update_fields=["heard_at"])
    assert b"Silent" in office.get(READERS).content
    tap(reader)
    assert b"Working" in office.get(READERS).content


def test_no_reader_is_deleted(office: Client) -> None:
    device, _ = make_reader()
    assert office.post(f"{READERS}{device.pk}/delete/", {"post": "yes"}).status_code == 403
    run(office, "delete_selected", device)
    assert Device.objects.exists()
