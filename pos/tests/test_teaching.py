"""Known cards teach a reader's number format; a format says which cards it cannot tell apart."""

from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.tests.test_office import browser_of
from cards.models import Card
from cards.services import retire_card
from cards.tests.factories import make_card
from pos.models import Device
from pos.tests.factories import make_reader
from pos.tests.test_office import FORM, READERS, MakeUser, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("administrator"))


@pytest.fixture
def device() -> Device:
    return make_reader()[0]


@pytest.fixture
def twins() -> list[Card]:
    """Two cards that 24 bits do not tell apart, and one that they do."""
    return [make_card(rfid_number=number) for number in ("AA3F9B1A", "AA3F9B77", "E43AC9D2")]


def address_of(device: Device, action: str) -> str:
    return f"/api/pos/devices/{device.pk}/{action}"


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("3536403172", ["dec_lsb", "w34"]),
        ("13187812", ["w26_dec"]),
        ("e4:3a:c9:d2", ["hex"]),
        ("]Q1\\000026D2C93AE4", ["hex_rev", "w34"]),
        ("EC3A9D2", []),
    ],
)
def test_a_known_card_says_which_formats_its_text_can_be(
    text: str, formats: list[str], administrator: APIClient, device: Device, twins: list[Card]
) -> None:
    said = {"text": text, "card_uuid": str(twins[2].pk)}
    body = administrator.post(address_of(device, "teach/"), said).json()
    assert body == {
        "number_format": "hex",
        "formats": formats,
        "collisions": {each: 2 if "26" in each else 0 for each in formats},
    }
    device.refresh_from_db()
    assert device.number_format == "hex"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "3536403172"}, "card_uuid"),
        ({"text": "3536403172", "card_uuid": str(uuid4())}, "card_uuid"),
        ({"card_uuid": "nobody", "text": ""}, "text"),
        ({"text": "1", "card_uuid": str(uuid4()), "format": "hex"}, "format"),
    ],
)
def test_what_teaches_nothing_is_refused_by_its_field(
    said: dict[str, str], field: str, administrator: APIClient, device: Device
) -> None:
    response = administrator.post(address_of(device, "teach/"), said)
    assert (response.status_code, field in response.json()) == (400, True)


def test_a_format_says_before_and_after_it_is_written_how_many_cards_collide(
    administrator: APIClient, device: Device, twins: list[Card]
) -> None:
    asked = administrator.get(address_of(device, "collisions/?number_format=w26")).json()
    assert asked == {"number_format": "w26", "collisions": 2}
    assert administrator.get(address_of(device, "collisions/")).json()["collisions"] == 0
    changed = administrator.patch(address_of(device, ""), {"number_format": "w26"}).json()
    assert (changed["number_format"], changed["collisions"]) == ("w26", 2)
    renamed = administrator.patch(address_of(device, ""), {"name": "Gate"}).json()
    assert renamed["collisions"] is None
    assert "collisions" not in administrator.get(address_of(device, "")).json()


def test_a_format_that_is_none_has_no_collisions_to_tell(
    administrator: APIClient, device: Device
) -> None:
    response = administrator.get(address_of(device, "collisions/?number_format=dec"))
    assert (response.status_code, [*response.json()]) == (400, ["number_format"])


def test_a_retired_card_makes_another_ambiguous_and_is_not_counted_itself(
    administrator: APIClient, device: Device, twins: list[Card]
) -> None:
    retire_card(card=twins[0], reason="lost")
    asked = administrator.get(address_of(device, "collisions/?number_format=w26")).json()
    assert asked["collisions"] == 1
    _, reader = make_reader(number_format="w26")
    assert reader.post("/api/pos/taps/", {"card": "9B3FAA"}).json()["code"] == "ambiguous_card"


# --- in the office ------------------------------------------------------------------------------


def said(twins: list[Card], **fields: str) -> dict[str, str]:
    return {
        "text_1": "3536403172",
        "card_1": twins[2].rfid_number,
        "text_2": "446381994",
        "card_2": twins[0].person.identifier,
        **fields,
    }


def test_two_known_cards_leave_the_format_and_a_button_writes_it(
    office: Client, device: Device, twins: list[Card]
) -> None:
    page = unescape(office.post(page_of(device, "teach"), said(twins)).content.decode())
    assert "Both cards fit" in page
    assert page.index("Decimal of the reversed bytes") < page.index("Wiegand 34")
    answer = office.post(page_of(device, "teach"), said(twins, number_format="dec_lsb"))
    assert answer.status_code == 302
    device.refresh_from_db()
    assert device.number_format == "dec_lsb"


def test_a_format_that_the_cards_do_not_fit_is_not_written(
    office: Client, device: Device, twins: list[Card]
) -> None:
    office.post(page_of(device, "teach"), said(twins, number_format="dec_msb"))
    device.refresh_from_db()
    assert device.number_format == "hex"


def test_what_a_format_costs_stands_beside_it(
    office: Client, device: Device, twins: list[Card]
) -> None:
    page = office.post(
        page_of(device, "teach"), said(twins, text_1="C93AE4", text_2="9B3FAA")
    ).content.decode()
    assert "would refuse 2 cards in use" in page


def test_cards_that_no_format_fits_are_said_so(
    office: Client, device: Device, twins: list[Card]
) -> None:
    page = office.post(page_of(device, "teach"), said(twins, text_2="1")).content.decode()
    assert "No format fits both cards" in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("card_1", "nobody", "No card in use has this number"),
        ("card_2", "E43AC9D2", "Take another card"),
        ("card_1", "RF123456789", "every reader sends alike"),
        ("text_2", "", "This field is required"),
    ],
)
def test_what_cannot_teach_is_said_at_its_field(
    field: str, value: str, words: str, office: Client, device: Device, twins: list[Card]
) -> None:
    make_card(rfid_number="RF123456789")
    page = office.post(page_of(device, "teach"), said(twins, **{field: value}))
    assert words in page.content.decode()


def test_what_the_reader_sent_lately_is_offered(office: Client) -> None:
    device, reader = make_reader()
    for text in ("3536403172", "446381994", "3536403172"):
        reader.post("/api/pos/taps/", {"card": text, "event_id": str(uuid4())})
    page = office.get(page_of(device, "teach")).content.decode()
    assert page.count('<option value="3536403172">') == 1
    assert page.index("446381994") > page.index("3536403172")


def test_the_form_of_a_reader_says_what_a_format_costs_before_it_writes_it(
    office: Client, device: Device, twins: list[Card]
) -> None:
    changed = {**FORM, "number_format": "w26"}
    page = office.post(page_of(device), changed).content.decode()
    assert "would refuse 2 cards in use" in page
    device.refresh_from_db()
    assert device.number_format == "hex"
    assert 'name="warned_of" value="w26"' in page
    assert office.post(page_of(device), {**changed, "warned_of": "w26"}).status_code == 302
    device.refresh_from_db()
    assert device.number_format == "w26"
    # What it has is asked no more.
    assert office.post(page_of(device), {**changed, "name": "Side gate"}).status_code == 302


def test_who_registers_a_reader_is_told_as_well(office: Client, twins: list[Card]) -> None:
    new = {**FORM, "number_format": "w26"}
    assert "would refuse 2 cards in use" in office.post(f"{READERS}add/", new).content.decode()
    assert not Device.objects.exists()
    shown = office.post(f"{READERS}add/", {**new, "warned_of": "w26"})
    assert "txr_" in shown.content.decode()
    assert Device.objects.get().number_format == "w26"
