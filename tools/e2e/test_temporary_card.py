"""Somebody has left their card at home: another one for the day, then the own one again."""

import time
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tools.e2e.test_browser_reader import expect_verdict, scan
from tools.e2e.walking import LANGUAGES, OFFICER, PASSWORD, Api, Walker, walking

NAMES = {"en": "Upendo Mollel", "sw": "Tumaini Mollel"}
OWN = {"en": "04A1B2C3D4E501", "sw": "04A1B2C3D4E502"}
POOL = {"en": "04F0E0D0C0B001", "sw": "04F0E0D0C0B002"}


def somebody_with_a_card(office: Api, name: str, language: str) -> None:
    first_name, surname = name.split()
    student = office.post(
        "/api/students/",
        {"registration_number": f"TEMP/{first_name}", "first_name": first_name, "surname": surname},
    )
    office.post(
        "/api/cards/",
        {
            "card_type": "student",
            "student_uuid": student["student_uuid"],
            "rfid_number": OWN[language],
            "issued_date": f"{date.today() - timedelta(days=2)}T08:00:00+03:00",  # noqa: DTZ011
        },
    )


def become_a_gate(phone: Walker, office: Api) -> None:
    """With the code that the office shows."""
    reader = {"name": f"Geti {phone.language}", "location": "Gate", "activity_type": "attendance"}
    device = office.post("/api/pos/devices/", reader)
    code = office.post(f"/api/pos/devices/{device['pos_id']}/pairing-code/", {})["code"]
    phone.page.goto("/reader/")
    phone.page.get_by_role("textbox").first.fill(code)
    phone.page.keyboard.press("Enter")
    expect(phone.page.locator("body")).to_have_attribute("data-screen", "ready")


# When a card was last accepted: within that time the same card is the same pass.
accepted_at: dict[str, float] = {}
DEBOUNCE_SECONDS = 5.5


def is_told(phone: Walker, card: str, verdict: str) -> None:
    since = time.monotonic() - accepted_at.get(card, -DEBOUNCE_SECONDS)
    phone.page.wait_for_timeout(max(0.0, DEBOUNCE_SECONDS - since) * 1000)
    scan(phone.page, card)
    if verdict == "accepted":
        accepted_at[card] = time.monotonic()
    expect_verdict(phone.page, verdict)
    phone.looks()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_for_a_day_takes_the_place_of_the_own_one(
    browser: Browser, school: str, language: str
) -> None:
    own, other, name = OWN[language], POOL[language], NAMES[language]
    with (
        walking(browser, school, language) as walker,
        walking(browser, school, language, width=390) as phone,
    ):
        said = walker.said
        office = Api(walker.page.request)
        somebody_with_a_card(office, name, language)
        become_a_gate(phone, office)
        is_told(phone, own, "accepted")
        walker.log_in(OFFICER, PASSWORD)
        walker.find(name)
        walker.is_at(name)
        walker.open(said("Give a temporary card"))
        walker.looks()
        walker.write(said("Tap the card, or type its number"), other)
        walker.press(said("Give it"))
        walker.sees(said("Temporary card returned"))
        walker.looks()
        is_told(phone, own, "denied")
        is_told(phone, other, "accepted")
        walker.go_to(said("Temporary cards"))
        walker.is_at(said("Temporary cards"))
        walker.press(f"{said('Returned')}: {name}")
        back = said("Temporary card {card} is back. Card {own} is good again.", card=other, own=own)
        walker.sees(back)
        walker.looks()
        is_told(phone, other, "denied")
        is_told(phone, own, "accepted")
