"""Who is on site, and a roll-call on a phone that loses the network."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tools.e2e.accessibility import violations
from tools.e2e.conftest import sign_in
from tools.e2e.test_office_days import no_sideways_scroll

OF_THE_NETWORK = "net::ERR_"


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """Fails on trouble that is not the network's."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=address)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    yield page
    context.close()
    assert [line for line in trouble if OF_THE_NETWORK not in line] == []


def begin(page: Page) -> None:
    page.goto("/admin/attendance/roll-calls/")
    page.get_by_label("A drill").check()
    page.get_by_label("Where people gather").fill("Football field")
    page.get_by_role("button", name="Begin the roll-call").click()
    page.wait_for_url("**/roll-calls/*-*/")


def people(page: Page) -> Locator:
    return page.locator("#people .person")


def test_the_dashboards_figure_leads_to_the_names(page: Page) -> None:
    sign_in(page, "attendance")
    page.goto("/")
    page.get_by_role("link", name="on site now").click()
    expect(page.get_by_role("heading", name="On site")).to_be_visible()
    no_sideways_scroll(page)
    assert violations(page) == []
    visitors = page.locator("a.figure", has_text="Visitors")
    visitors.click()
    expect(visitors).to_have_attribute("aria-current", "true")


def test_people_are_marked_while_the_network_is_gone(phone: Page) -> None:
    page = phone
    sign_in(page, "attendance")
    begin(page)
    no_sideways_scroll(page)
    left = page.locator("#left")
    expect(people(page).first).to_be_visible()
    assert violations(page) == []
    many = int(left.inner_text())
    first = people(page).first.locator(".name").inner_text()
    people(page).first.locator(".mark").click()
    expect(left).to_have_text(str(many - 1))
    page.context.set_offline(True)
    second = people(page).first.locator(".name").inner_text()
    people(page).first.locator(".mark").click()
    expect(page.locator("#offline")).to_contain_text("1 mark is kept here")
    expect(left).to_have_text(str(many - 2))
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    page.reload()
    page.locator("#state").select_option("safe")
    for name in (first, second):
        expect(page.locator("#people .name", has_text=name).first).to_be_visible()
    expect(left).to_have_text(str(many - 2))
    page.get_by_role("button", name="Say something else of").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Missing").click()
    expect(left).to_have_text(str(many - 1))
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator(".times")).to_contain_text("never")
