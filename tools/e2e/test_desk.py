"""The enrolment desk with a reader on it: a keyboard that types faster than anybody."""

import secrets

from playwright.sync_api import Page, expect

from tools.e2e.browsing import bearer, sign_in
from tools.e2e.wedge import type_in_french, type_with_pauses

BETWEEN_TAPS = 1000  # milliseconds; nobody lifts a card and lays it down faster


def tap(page: Page, number: str, end: str = "Enter") -> None:
    page.wait_for_timeout(BETWEEN_TAPS)
    page.keyboard.type(number, delay=4)
    page.keyboard.press(end)


def new_chip() -> str:
    return f"04{secrets.token_hex(3)}".upper()


def serve_a_list(page: Page) -> str:
    """Begin with the last list of people without a card; returns who is first."""
    page.goto("/admin/cards/desk/")
    page.locator("#desk-queue").select_option(page.locator("#desk-queue option").last.inner_text())
    page.wait_for_url("**queue=**")
    return page.locator(".person h2").inner_text()


def test_two_taps_of_one_card_link_it_and_the_next_person_is_served(page: Page) -> None:
    sign_in(page, "officer")
    name = serve_a_list(page)
    number = new_chip()
    tap(page, ":".join(number[at : at + 2] for at in range(0, 8, 2)).lower())
    expect(page.locator("#desk-verdict")).to_contain_text(number)
    expect(page.locator("#desk-verdict")).to_contain_text("Tap the same card again")
    tap(page, number)
    expect(page.locator("#desk-verdict")).to_contain_text(f"{name} has card {number}")
    if page.locator(".person").count():
        expect(page.locator(".person h2")).not_to_have_text(name)
    headers = bearer(page.request)
    cards = page.request.get(f"/api/cards/?search={number}", headers=headers).json()["results"]
    assert [card["rfid_number"] for card in cards] == [number]


def test_a_tap_is_caught_wherever_the_focus_is_and_typing_is_left_alone(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/cards/desk/")
    search = page.locator("#desk-search")
    search.press_sequentially("wanji", delay=100)
    tap(page, new_chip(), end="Tab")
    expect(page.locator("#desk-verdict")).to_contain_text("Nobody has this card")
    expect(search).to_have_value("wanji")
    page.get_by_role("heading", name="Enrolment desk").click()
    number = new_chip()
    tap(page, number)
    expect(page.locator("#desk-verdict .canonical")).to_have_text(number)


def test_a_reader_that_pauses_links_the_whole_number(page: Page) -> None:
    sign_in(page, "officer")
    name = serve_a_list(page)
    number = new_chip()
    for _ in range(2):
        page.wait_for_timeout(BETWEEN_TAPS)
        type_with_pauses(page, number[:2], number[2:], pause=90)
        expect(page.locator("#desk-verdict")).to_contain_text(number)
    expect(page.locator("#desk-verdict")).to_contain_text(f"{name} has card {number}")


def test_the_rest_of_a_number_is_no_number_wherever_the_focus_is(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/cards/desk/")
    page.locator("#desk-search").click()
    number = new_chip()
    type_with_pauses(page, number[:2], number[2:], pause=600)
    expect(page.locator(".tap .notice.bad")).to_contain_text("paused within the number")
    expect(page.locator("#desk-search")).to_have_value("")
    page.locator("#tap").click()
    page.wait_for_timeout(BETWEEN_TAPS)
    type_with_pauses(page, number[:2], number[2:], pause=600)
    expect(page.locator("#desk-verdict .canonical")).to_have_text(number)


def test_a_reader_at_a_french_keyboard_says_its_digits(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/cards/desk/")
    number = new_chip()
    type_in_french(page, number)
    expect(page.locator("#desk-verdict .canonical")).to_have_text(number)


def test_the_reader_s_spelling_is_remembered_and_its_losses_are_said(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/cards/desk/")
    page.locator("#number-format").select_option("w26")
    expect(page.locator("#spelling-warning")).to_contain_text("only a part of the number")
    page.locator("#number-format").select_option("dec_lsb")
    expect(page.locator("#spelling-warning")).to_be_hidden()
    page.reload()
    expect(page.locator("#number-format")).to_have_value("dec_lsb")
    tap(page, "3536403172")
    expect(page.locator("#desk-verdict .canonical")).to_have_text("E43AC9D2")


def test_a_typed_number_takes_enter_twice(page: Page) -> None:
    sign_in(page, "officer")
    name = serve_a_list(page)
    number = new_chip()
    page.locator("#tap").press_sequentially(number, delay=100)
    page.keyboard.press("Enter")
    expect(page.locator("#desk-verdict")).to_contain_text("Free")
    page.wait_for_timeout(BETWEEN_TAPS)
    page.keyboard.press("Enter")
    expect(page.locator("#desk-verdict")).to_contain_text(f"{name} has card {number}")
