"""A phone or a PC as a reader: paired by a code, with taps, a camera, and no network."""

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tools.e2e.browsing import CHROMIUM, PASSWORD, QUIET
from tools.e2e.wedge import type_in_french, type_with_pauses

GATE = {"name": "Phone gate", "location": "Gate", "activity_type": "attendance"}
# What a browser says by itself of a request that fails; here many do, on purpose.
OF_THE_NETWORK = "Failed to load resource"


@dataclass
class Office:
    """An administrator at the API."""

    context: BrowserContext

    def __post_init__(self) -> None:
        body = self.context.request.post(
            "/api/token/", data={"username": "admin", "password": PASSWORD}
        ).json()
        self.headers = {"Authorization": f"Bearer {body['access']}"}

    def get(self, path: str) -> Any:
        return self.context.request.get(path, headers=self.headers).json()

    def post(self, path: str, body: Any = None) -> Any:
        return self.context.request.post(path, headers=self.headers, data=body or {}).json()

    def reader(self, **fields: str) -> str:
        pos_id: str = self.post("/api/pos/devices/", {**GATE, **fields})["pos_id"]
        return pos_id

    def code_for(self, reader: str) -> str:
        code: str = self.post(f"/api/pos/devices/{reader}/pairing-code/")["code"]
        return code

    def cards(self) -> list[dict[str, Any]]:
        query = "card_type=student&is_active=true&retired=false&page_size=100"
        found: list[dict[str, Any]] = self.get(f"/api/cards/?{query}")["results"]
        return found

    def taps_of(self, reader: str) -> list[dict[str, Any]]:
        """In the order in which they came in; those of one batch in any."""
        query = f"device={reader}&ordering=tap_id&page_size=100"
        taps: list[dict[str, Any]] = self.get(f"/api/pos/taps/?{query}")["results"]
        return taps


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desk", "phone"])
def context(
    request: pytest.FixtureRequest, browser: Browser, address: str
) -> Iterator[BrowserContext]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=address)
    yield from _watched(context)


def _watched(context: BrowserContext) -> Iterator[BrowserContext]:
    """Fails on trouble that is not the network's."""
    trouble: list[str] = []

    def watch(page: Page) -> None:
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))

    context.on("page", watch)
    yield context
    context.close()
    assert [line for line in trouble if OF_THE_NETWORK not in line] == []


@pytest.fixture
def office(context: BrowserContext) -> Office:
    return Office(context)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def pair(page: Page, code: str) -> None:
    page.goto("/reader/")
    expect_screen(page, "pair")
    page.get_by_label("Code").press_sequentially(code.replace("-", "").lower())
    # With the list of cards at hand, by which it decides when the line is gone.
    with page.expect_event("requestfinished", lambda request: "/pos/admission/" in request.url):
        page.get_by_role("button", name="Pair this device").click()
    expect_screen(page, "ready")


def expect_screen(page: Page, screen: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-screen", screen)


def expect_verdict(page: Page, verdict: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-verdict", verdict)


def scan(page: Page, number: str, end: str = "Enter") -> None:
    """As a USB reader types it."""
    page.keyboard.type(number)
    page.keyboard.press(end)


def arrived(page: Page, office: Office, reader: str, number: int) -> list[dict[str, Any]]:
    """The taps of this reader, when so many have come; as it is after half a minute otherwise."""
    deadline = time.monotonic() + 30
    while len(taps := office.taps_of(reader)) < number and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    return taps


def someone_with_a_photo(office: Office) -> tuple[dict[str, Any], dict[str, Any]]:
    for card in office.cards():
        student = office.get(f"/api/students/{card['student']['student_uuid']}/")
        if student["photo_url"]:
            return card, student
    raise AssertionError("nobody in the demo has a photo")


def test_a_paired_browser_says_yes_with_the_photo_and_no_with_the_reason(
    page: Page, office: Office
) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    expect(page.get_by_text("Phone gate")).to_be_visible()
    card, student = someone_with_a_photo(office)
    scan(page, card["rfid_number"])
    expect_verdict(page, "accepted")
    expect(page.locator("#headline")).to_have_text(student["full_name"])
    photo = page.get_by_role("img", name=student["full_name"])
    expect(photo).to_be_visible()
    expect(page.locator("#initials")).to_be_hidden()
    assert photo.evaluate("image => image.naturalWidth") > 100
    scan(page, "04FFFFFFFFFF01", end="Tab")
    expect_verdict(page, "denied")
    expect(page.locator("#headline")).to_have_text("Card not known")
    expect_screen(page, "ready")  # after a few seconds
    decisions = [tap["decision"] for tap in office.taps_of(reader)]
    assert decisions == ["accepted", "denied"]


def test_the_address_that_the_office_shows_brings_the_code_along_and_loses_it(
    page: Page, office: Office
) -> None:
    reader = office.reader()
    page.goto(office.post(f"/api/pos/devices/{reader}/pairing-code/")["url"])
    expect(page.get_by_label("Code")).to_have_value(re.compile(r"^\w{4}-\w{4}$"))
    assert "#" not in page.url
    page.get_by_role("button", name="Pair this device").click()
    expect_screen(page, "ready")


def test_a_code_that_was_used_pairs_nothing(page: Page, office: Office) -> None:
    code = office.code_for(office.reader())
    office.post("/api/pos/pair/", {"code": code})
    page.goto("/reader/")
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")
    expect(page.get_by_text("was used already")).to_be_visible()
    expect_screen(page, "pair")


def test_a_reader_that_pauses_is_waited_for_and_no_rest_of_a_number_is_sent(
    page: Page, office: Office
) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    for _ in range(2):
        type_with_pauses(page, "04", "AABBCC77", pause=90)
        expect_verdict(page, "denied")
        page.wait_for_timeout(2_500)  # the same card within two seconds is one tap
    type_with_pauses(page, "04", "AABBCC88", pause=600)
    expect(page.locator("#headline")).to_have_text("Not read whole")
    sent = [tap["card_text"] for tap in arrived(page, office, reader, 2)]
    assert sent == ["04AABBCC77", "04AABBCC77"]


def test_a_reader_at_a_french_keyboard_is_read_by_the_places_of_the_keys(
    page: Page, office: Office
) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    type_in_french(page, "04AABBCC11")
    expect_verdict(page, "denied")
    assert [tap["card_text"].upper() for tap in arrived(page, office, reader, 1)] == ["04AABBCC11"]


def test_two_cards_in_a_row_are_both_recorded_wherever_the_focus_is(
    page: Page, office: Office
) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    first, second, third, *_ = (card["rfid_number"] for card in office.cards())
    page.get_by_role("button", name="Type a number").click()
    number = page.get_by_label("Card number")
    number.fill("04A3")
    for card in (first, second, second):  # the same card at once is one tap
        scan(page, card)
    expect_verdict(page, "accepted")
    expect_screen(page, "ready")
    expect(number).to_have_value("04A3")
    number.fill("")
    number.press_sequentially(third, delay=120)  # by a person
    number.press("Enter")
    expect_verdict(page, "accepted")
    assert [tap["number"] for tap in office.taps_of(reader)] == [first, second, third]


def test_taps_without_a_network_wait_survive_a_reload_and_arrive_in_order(
    page: Page, office: Office, context: BrowserContext
) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    kept = page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert kept
    numbers = [card["rfid_number"] for card in office.cards()[:5]]
    context.set_offline(True)
    for number in numbers:
        scan(page, number)
    expect_verdict(page, "accepted")  # by the list that it keeps
    expect(page.get_by_text("5 taps wait")).to_be_visible()
    page.reload()
    expect_screen(page, "ready")
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    expect(page.get_by_text("5 taps wait")).to_be_visible()
    assert office.taps_of(reader) == []
    with page.expect_request("**/taps/batch/", timeout=20_000) as upload:
        context.set_offline(False)
    body = upload.value.post_data_json or {}
    assert [tap["card"] for tap in body["taps"]] == numbers
    expect(page.get_by_text("taps wait")).to_be_hidden()
    expect(page.get_by_text("Online", exact=True)).to_be_visible()
    taps = sorted(office.taps_of(reader), key=lambda tap: tap["tapped_at"])
    assert [tap["number"] for tap in taps] == numbers
    assert all(tap["offline"] for tap in taps)


def test_a_stolen_card_is_refused_with_the_network_gone(
    page: Page, office: Office, context: BrowserContext
) -> None:
    reader = office.reader()
    card = office.cards()[-1]
    url = f"/api/cards/{card['card_uuid']}/retire/"
    office.post(url, {"reason": "stolen"})
    pair(page, office.code_for(reader))
    context.set_offline(True)
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    scan(page, card["rfid_number"])
    expect_verdict(page, "denied")
    expect(page.locator("#headline")).to_have_text("Card is not good")
    expect(page.locator("#meta")).to_contain_text("by the list of")
    scan(page, "04FFFFFFFFFF77")
    expect_verdict(page, "kept")  # in no list: no verdict is pretended
    scan(page, "08A1B2C3")
    expect(page.locator("#advice")).to_contain_text("telephone")
    context.set_offline(False)
    taps = {tap["number"]: tap for tap in arrived(page, office, reader, 3)}
    assert taps[card["rfid_number"]]["reader_decision"] == "denied"
    assert taps["04FFFFFFFFFF77"]["reader_decision"] == ""


def test_the_key_is_not_kept_in_the_open(page: Page, office: Office) -> None:
    pair(page, office.code_for(office.reader()))
    kept = page.evaluate(
        """() => new Promise((resolve) => {
            indexedDB.open("trackxpert-reader").onsuccess = ({ target }) => {
                const store = target.result.transaction("settings").objectStore("settings");
                store.get("paired").onsuccess = (found) => {
                    const { key, sealed, device } = found.target.result;
                    store.get("seal").onsuccess = ({ target }) => resolve({
                        key, name: device.name, size: sealed.byteLength,
                        isExtractable: target.result.extractable,
                    });
                };
            };
        })"""
    )
    assert kept["isExtractable"] is False
    assert kept.get("key") is None
    assert kept["size"] > 40
    page.reload()
    expect_screen(page, "ready")


def test_the_way_at_a_two_way_gate_is_chosen_and_shown(page: Page, office: Office) -> None:
    reader = office.reader(direction="both")
    pair(page, office.code_for(reader))
    choices = page.get_by_role("group", name="For the next tap")
    choices.get_by_role("button", name="Only out").click()
    expect(page.locator("#ready-hint")).to_have_text("Out")
    scan(page, office.cards()[0]["rfid_number"])
    expect(page.locator("#label")).to_have_text("Accepted · Out")
    (tap,) = arrived(page, office, reader, 1)
    assert tap["direction"] == "out"


def test_a_hatch_has_a_button_for_each_dish_and_says_who_is_still_to_come(
    page: Page, office: Office
) -> None:
    reader = office.reader(name="Hatch 9", location="Kitchen", activity_type="food_service")
    period = {"name": "Any time", "starts_at": "00:00", "ends_at": "23:59:59"}
    office.post("/api/kitchen/periods/", period)
    pair(page, office.code_for(reader))
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("What is served").fill("Ugali, Rice")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Rice").click()
    expect(page.locator("#ready-hint")).to_contain_text("Rice")
    card = office.cards()[3]["rfid_number"]
    scan(page, card)
    tap = arrived(page, office, reader, 1)[0]
    assert tap["food_item"] == "Rice"


def test_a_tap_whose_answer_got_lost_is_one_tap(page: Page, office: Office) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/pos/taps/", lose_the_answer)
    scan(page, office.cards()[0]["rfid_number"])
    expect_verdict(page, "accepted")
    (tap,) = arrived(page, office, reader, 1)
    assert tap["offline"] is False
    expect(page.get_by_text("1 tap waits")).to_be_hidden(timeout=20_000)


def test_a_server_that_breaks_in_the_middle_gets_the_rest_later(page: Page, office: Office) -> None:
    """Only what an answer names leaves the queue; the rest comes again, and counts once."""
    reader = office.reader()
    pair(page, office.code_for(reader))
    numbers = [card["rfid_number"] for card in office.cards()[:6]]
    page.route("**/api/pos/taps/", lambda route: route.abort())
    page.route("**/api/pos/taps/batch/", _halve_the_first_answer())
    for number in numbers:
        scan(page, number)
    taps = arrived(page, office, reader, len(numbers))
    assert sorted(tap["number"] for tap in taps) == sorted(numbers)
    expect(page.locator("#waits")).to_be_hidden(timeout=30_000)
    assert len(office.taps_of(reader)) == len(numbers)


def _halve_the_first_answer() -> Any:
    answers = iter(["lost", "half"])

    def handle(route: Route) -> None:
        how = next(answers, "whole")
        response = route.fetch()
        if how == "lost":
            return route.abort()
        body = response.json()
        half = body["results"][: len(body["results"]) // 2 or 1]
        results = half if how == "half" else body["results"]
        return route.fulfill(status=200, json={**body, "results": results})

    return handle


def test_two_windows_show_one_queue_and_send_it_once(
    page: Page, office: Office, context: BrowserContext
) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    other = context.new_page()
    other.goto("/reader/")
    expect_screen(other, "ready")
    context.set_offline(True)
    numbers = [card["rfid_number"] for card in office.cards()[:3]]
    for number in numbers:
        scan(page, number)
    expect(other.get_by_text("3 taps wait")).to_be_visible()
    sent: list[str] = []
    context.on("request", lambda r: sent.append(r.url) if "/batch/" in r.url else None)
    context.set_offline(False)
    for window in (page, other):
        expect(window.locator("#waits")).to_be_hidden(timeout=20_000)
    assert len(sent) == 1
    assert len(office.taps_of(reader)) == 3


def test_a_clock_that_is_wrong_is_told(page: Page, office: Office) -> None:
    page.add_init_script("const now = Date.now; Date.now = () => now() + 300_000;")
    page.add_init_script(
        "globalThis.Date = class extends Date {"
        " constructor(...given) { super(...(given.length ? given : [Date.now()])); } };"
    )
    pair(page, office.code_for(office.reader()))
    expect(page.get_by_text("clock is 5 min ahead")).to_be_visible()


def test_a_reader_whose_key_was_rolled_says_so_and_keeps_its_taps(
    page: Page, office: Office, context: BrowserContext
) -> None:
    reader, other = office.reader(), office.reader(name="Side gate")
    pair(page, office.code_for(reader))
    context.set_offline(True)
    number = office.cards()[0]["rfid_number"]
    scan(page, number)
    expect_verdict(page, "accepted")
    office.post(f"/api/pos/devices/{reader}/roll-key/")
    context.set_offline(False)
    expect(page.get_by_text("no longer works")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("1 tap kept here")).to_be_visible()
    pair_again(page, office.code_for(other))
    expect(page.get_by_text("1 tap of another reader waits here")).to_be_visible()
    scan(page, "04FFFFFFFFFF01")
    expect_verdict(page, "denied")
    assert [tap["card_text"] for tap in office.taps_of(other)] == ["04FFFFFFFFFF01"]
    page.goto(f"/reader/?#{office.code_for(reader)}")
    page.get_by_role("button", name="Pair this device").click()
    expect(page.get_by_text("waits here")).to_be_hidden()
    (tap,) = arrived(page, office, reader, 1)
    assert (tap["number"], tap["offline"]) == (number, True)
    expect(page.locator("#waits")).to_be_hidden(timeout=20_000)


def pair_again(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")
    expect_screen(page, "ready")


def test_a_reader_that_is_switched_on_again_goes_on(page: Page, office: Office) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    for is_active, screen in ((False, "pair"), (True, "ready")):
        office.context.request.patch(
            f"/api/pos/devices/{reader}/", headers=office.headers, data={"is_active": is_active}
        )
        scan(page, "04FFFFFFFFFF01")
        expect(page.locator("body")).to_have_attribute("data-screen", screen, timeout=20_000)


def test_taps_that_wait_are_thrown_away_only_after_two_confirmations(
    page: Page, office: Office, context: BrowserContext
) -> None:
    reader = office.reader()
    pair(page, office.code_for(reader))
    context.set_offline(True)
    scan(page, "04FFFFFFFFFF01")
    expect_screen(page, "ready")
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Un-pair this device").click()
    page.get_by_role("button", name="throw the taps away").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("1 tap waits")).to_be_visible()
    page.get_by_role("button", name="Un-pair this device").click()
    page.get_by_role("button", name="throw the taps away").click()
    page.get_by_role("button", name="Throw away for good").click()
    expect_screen(page, "pair")
    expect(page.get_by_text("1 tap waits")).to_be_hidden()


# --- the camera -----------------------------------------------------------------------------------


def film_of(card: Image.Image, path: Path) -> None:
    """A camera's view of a card that somebody holds in front of it."""
    frame = Image.new("RGB", (1280, 720), "#8a8f94")
    frame.paste(card, ((1280 - card.width) // 2, (720 - card.height) // 2))
    still = io.BytesIO()
    frame.save(still, "jpeg", quality=90)
    path.write_bytes(still.getvalue() * 30)


def back_of(office: Office, card: dict[str, Any]) -> Image.Image:
    """As a 300 dpi printer makes it."""
    path = f"/api/cards/{card['card_uuid']}/print-student-card/"
    pdf = office.context.request.get(path, headers=office.headers).body()
    back: Image.Image = pypdfium2.PdfDocument(io.BytesIO(pdf))[1].render(scale=300 / 72).to_pil()
    return back


def test_a_printed_card_in_front_of_the_camera_is_one_tap(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    film = tmp_path / "card.mjpeg"
    plain = browser.new_context(base_url=address)
    card = Office(plain).cards()[0]
    film_of(back_of(Office(plain), card), film)
    plain.close()
    fake = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=[*QUIET, *fake])
    for context in _watched(chromium.new_context(base_url=address)):
        office, page = Office(context), context.new_page()
        reader = office.reader()
        pair(page, office.code_for(reader))
        page.get_by_role("button", name="Scan with the camera").click()
        expect_verdict(page, "accepted")
        expect(page.locator("#headline")).to_have_text(card["student"]["full_name"])
        expect_screen(page, "ready")
        page.wait_for_timeout(4_000)  # it is still held there
        (tap,) = office.taps_of(reader)
        assert tap["number"] == card["rfid_number"]
        page.get_by_role("button", name="Stop the camera").click()
        expect(page.locator("#finder")).to_be_hidden()
    chromium.close()
