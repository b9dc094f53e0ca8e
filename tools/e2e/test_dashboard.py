"""The dashboard while it is open: what readers tap appears, whatever becomes of the line."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, Route, expect

from tools.e2e.accessibility import violations
from tools.e2e.browsing import PASSWORD

_numbers = count(1)
SOON = 15_000  # ms: a look every five seconds, and a slow machine


class Gate:
    """A reader, and people who come by."""

    def __init__(self, api: APIRequestContext) -> None:
        self.api = api
        credentials = {"username": "admin", "password": PASSWORD}
        token = api.post("/api/token/", data=credentials).json()["access"]
        self.headers = {"Authorization": f"Bearer {token}"}
        reader = {"name": "Test gate", "location": "Gate", "activity_type": "attendance"}
        self.key = self._post("/api/pos/devices/", reader)["key"]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        response = self.api.post(path, headers=self.headers, data=body)
        assert response.status == 201, response.text()
        return response.json()

    def tap(self, card: str) -> None:
        headers = {"Authorization": f"Device {self.key}"}
        body = {"card": card, "direction": "in"}
        assert self.api.post("/api/pos/taps/", headers=headers, data=body).status == 201

    def somebody_comes(self) -> str:
        """The name of a student who has just been registered, and has just come."""
        number = f"{next(_numbers)}{id(self) % 10_000}"
        student = {"registration_number": f"T/{number}", "first_name": "Neema", "surname": number}
        pk = self._post("/api/students/", student)["student_uuid"]
        card = {"card_type": "student", "student_uuid": pk, "generate_rfid": True}
        self.tap(self._post("/api/cards/", card)["rfid_number"])
        return f"Neema {number}"


@pytest.fixture
def gate(browser: Browser, address: str) -> Iterator[Gate]:
    context = browser.new_context(base_url=address)
    yield Gate(context.request)
    context.close()


@pytest.fixture
def shaky(browser: Browser, address: str) -> Iterator[Page]:
    """A page whose line is cut: nothing may go wrong in it but requests."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert [text for text in trouble if "Failed to load resource" not in text] == []


def open_dashboard(page: Page, username: str = "admin", state: str = "Live") -> None:
    page.goto("/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.locator(".line")).to_have_text(state, timeout=SOON)


def on_site(page: Page) -> int:
    text = page.locator(".on-site .number").text_content()
    assert text
    number, *words = text.split()
    assert words == ["on", "site", "now"]
    return int(number.replace(",", ""))


def expect_on_site(page: Page, number: int) -> None:
    expect(page.locator(".on-site .number")).to_have_text(f"{number} on site now", timeout=SOON)


def first_tap(page: Page) -> Any:
    return page.locator(".tap").first


def test_a_tap_appears_without_a_reload_and_disturbs_nobody(page: Page, gate: Gate) -> None:
    open_dashboard(page)
    before = on_site(page)
    page.evaluate("window.isStill = true")
    page.locator(".as-table").first.locator("summary").click()
    link = page.locator(".day-figures a").nth(2)
    link.focus()
    place = page.evaluate("scrollY")
    name = gate.somebody_comes()
    expect(first_tap(page)).to_contain_text(name)
    expect_on_site(page, before + 1)
    expect(link).to_be_focused()
    expect(page.locator(".as-table table").first).to_be_visible()
    assert page.evaluate("[window.isStill, scrollY]") == [True, place]


def test_what_the_script_writes_is_what_the_server_writes(page: Page, gate: Gate) -> None:
    open_dashboard(page)
    name = gate.somebody_comes()
    gate.tap("04FFEEDDCC")
    written = {}
    for by in ("script", "server"):
        expect(page.locator(".tap").nth(1)).to_contain_text(name)
        rows = page.locator(".tap").evaluate_all("rows => rows.slice(0, 2).map(r => r.outerHTML)")
        written[by] = [re.sub(r"\s+", "", row.replace("tap new", "tap")) for row in rows]
        page.reload()
    assert written["script"] == written["server"]
    assert "Thiscardisnotknownhere" in written["script"][0]


def test_without_a_stream_it_looks_every_few_seconds(shaky: Page, gate: Gate) -> None:
    def refuse(route: Route) -> None:
        if urlsplit(route.request.url).query:
            route.continue_()
        else:
            route.fulfill(status=503, json={"code": "too_many_streams"})

    shaky.route("**/api/live/**", refuse)
    open_dashboard(shaky, state="Every few seconds")
    before = on_site(shaky)
    name = gate.somebody_comes()
    expect(first_tap(shaky)).to_contain_text(name, timeout=SOON)
    expect_on_site(shaky, before + 1)


def test_a_line_that_was_cut_misses_nothing(shaky: Page, gate: Gate) -> None:
    open_dashboard(shaky)
    before = on_site(shaky)
    shaky.context.set_offline(True)
    expect(shaky.locator(".line")).to_have_text(re.compile(r"No connection since \d\d:\d\d"))
    names = [gate.somebody_comes() for _ in range(3)]
    shaky.context.set_offline(False)
    expect(shaky.locator(".line")).to_have_text("Live", timeout=SOON)
    for place, name in enumerate(reversed(names)):
        expect(shaky.locator(".tap").nth(place)).to_contain_text(name)
    expect_on_site(shaky, before + 3)


def test_who_pauses_it_reads_in_peace(page: Page, gate: Gate) -> None:
    open_dashboard(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".line")).to_have_text(re.compile(r"Paused at \d\d:\d\d"))
    other = page.context.new_page()
    other.goto("/")
    name = gate.somebody_comes()
    expect(first_tap(other)).to_contain_text(name)
    expect(first_tap(page)).not_to_contain_text(name)
    page.get_by_role("button", name="Go on").click()
    expect(first_tap(page)).to_contain_text(name)
    expect(page.locator(".line")).to_have_text("Live")


def test_who_is_logged_out_is_told_and_comes_back(shaky: Page, gate: Gate) -> None:
    open_dashboard(shaky)
    shaky.context.clear_cookies()
    gate.somebody_comes()  # the numbers are asked for again
    expect(shaky.locator(".line")).to_contain_text("You are logged out.", timeout=SOON)
    shaky.get_by_role("link", name="Log in").click()
    open_dashboard(shaky)


def test_a_cook_is_told_of_meals_only(page: Page, gate: Gate) -> None:
    open_dashboard(page, "kitchen")
    name = gate.somebody_comes()
    page.reload()
    expect(page.locator(".line")).to_have_text("Live")
    expect(page.get_by_text(name)).to_have_count(0)
    expect(page.get_by_role("heading", name="Meals today")).to_be_visible()
    expect(page.locator(".on-site")).to_have_count(0)


def test_without_javascript_it_is_a_page_of_now(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.locator(".on-site .number")).to_be_visible()
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("width", [320, 390, 1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits(width: int, scheme: Any, shaky: Page, gate: Gate) -> None:
    page = shaky
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    open_dashboard(page)
    gate.tap("04FFEEDDCC")
    expect(first_tap(page)).to_contain_text("Refused")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert violations(page) == []
