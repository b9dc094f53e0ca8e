"""Who is on site, and a roll-call on a phone that loses the network."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Route, expect

from tools.e2e.accessibility import violations
from tools.e2e.browsing import sign_in
from tools.e2e.test_office_days import last_working_day, no_sideways_scroll

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


def test_who_is_on_site_is_narrowed_by_class_and_asked_of_an_earlier_moment(page: Page) -> None:
    sign_in(page, "attendance")
    at = f"{last_working_day()}T10:15"
    page.goto(f"/admin/attendance/on-site/?at={at}")
    everybody = people_on_site(page)
    code = page.locator("#class_code option").nth(1).inner_text()
    page.select_option("#class_code", code)
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**class_code=**")
    expect(page.locator("#at")).to_have_value(at)
    assert 0 < people_on_site(page) < everybody
    for row in page.locator(".results tbody tr").all():
        expect(row).to_contain_text(code)
    no_sideways_scroll(page)
    assert violations(page) == []
    name, field = page.get_by_text("At", exact=True).bounding_box(), page.locator("#at")
    beside = field.bounding_box()
    assert name is not None
    assert beside is not None
    assert beside["y"] <= name["y"] + name["height"] / 2 <= beside["y"] + beside["height"]
    page.get_by_role("link", name="Clear all filters").click()
    expect(page.locator("#class_code")).to_have_value("")


def people_on_site(page: Page) -> int:
    return int(page.locator(".subtitle strong").inner_text().split()[0])


@pytest.fixture
def drill(phone: Page) -> Iterator[Page]:
    """The page of a drill, on a phone; whoever began it ends it."""
    sign_in(phone, "attendance")
    begin(phone)
    address = phone.url
    expect(people(phone).first).to_be_visible()
    yield phone
    phone.context.set_offline(False)
    if "/login/" in phone.url or "/logout/" in phone.url:
        sign_in(phone, "attendance")
    phone.goto(address)
    if phone.get_by_role("button", name="End", exact=True).count():
        end(phone)


def end(page: Page) -> None:
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator(".times")).to_be_visible()


def mark_first(page: Page) -> str:
    """Mark the first of those who are not found; who it was."""
    name = people(page).first.locator(".name").inner_text()
    left = int(page.locator("#left").inner_text())
    people(page).first.locator(".mark").click()
    expect(page.locator("#left")).to_have_text(str(left - 1))
    return name


def names_kept(page: Page) -> int:
    """How many lists and how many addresses this browser keeps of roll-calls."""
    kept: int = page.evaluate(
        """async () => {
          const cache = await caches.has("trackxpert-roll-call");
          const registrations = await navigator.serviceWorker.getRegistrations();
          const request = indexedDB.open("trackxpert-roll-calls");
          await new Promise((resolve) => { request.onsuccess = resolve; });
          const lists = request.result.transaction("lists").objectStore("lists").count();
          await new Promise((resolve) => { lists.onsuccess = resolve; });
          return Number(cache) + registrations.length + lists.result;
        }"""
    )
    return kept


def test_people_are_marked_while_the_network_is_gone(drill: Page) -> None:
    page = drill
    no_sideways_scroll(page)
    assert violations(page) == []
    left = page.locator("#left")
    many = int(left.inner_text())
    with page.expect_response("**/mark/"):
        first = mark_first(page)
    page.context.set_offline(True)
    second = mark_first(page)
    expect(page.locator("#offline")).to_contain_text("1 mark is kept here")
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


def test_until_the_list_has_come_nobody_reads_that_nobody_is_left(drill: Page) -> None:
    page = drill
    end(page)
    many = page.locator("#total").inner_text()
    held: list[Route] = []
    page.route("**/api/attendance/roll-calls/*/", lambda route: held.append(route))
    page.reload()
    while not held:
        page.wait_for_timeout(50)
    expect(page.locator("#total")).to_have_text(many)
    expect(page.locator("#nobody")).to_be_hidden()
    held[0].continue_()
    expect(people(page).first).to_be_visible()


def test_the_page_opens_again_without_a_network_and_goes_on(drill: Page) -> None:
    page = drill
    expect(page.locator("#kept")).to_be_visible()
    many = int(page.locator("#left").inner_text())
    page.context.set_offline(True)
    first = mark_first(page)
    page.reload()
    expect(page.locator("#left")).to_have_text(str(many - 1))
    expect(page.locator("#offline")).to_contain_text("1 mark is kept here")
    no_sideways_scroll(page)
    assert violations(page) == []
    second = mark_first(page)
    page.reload()
    expect(page.locator("#offline")).to_contain_text("2 marks are kept here")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden(timeout=20_000)
    page.locator("#state").select_option("safe")
    for name in (first, second):
        expect(page.locator("#people .name", has_text=name).first).to_be_visible()


def test_nothing_but_that_page_is_kept(drill: Page) -> None:
    page = drill
    expect(page.locator("#kept")).to_be_visible()
    kept: list[str] = page.evaluate(
        "async () => (await (await caches.open('trackxpert-roll-call')).keys())"
        ".map((request) => new URL(request.url).pathname)"
    )
    pages = [path for path in kept if not path.startswith("/static/") and path != "/brand.css"]
    assert pages == [urlsplit(page.url).path]
    page.context.set_offline(True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.goto("/admin/attendance/roll-calls/")


def test_what_was_kept_goes_when_the_roll_call_ends(drill: Page) -> None:
    page = drill
    expect(page.locator("#kept")).to_be_visible()
    assert names_kept(page) == 3
    end(page)
    expect(page.locator("#people .person").first).to_be_visible()
    wait_until_nothing_is_kept(page)


def test_what_was_kept_goes_when_its_user_signs_out(drill: Page) -> None:
    page = drill
    expect(page.locator("#kept")).to_be_visible()
    page.goto("/admin/")
    page.locator(".menu-button").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    wait_until_nothing_is_kept(page)


def wait_until_nothing_is_kept(page: Page) -> None:
    for _ in range(50):
        if names_kept(page) == 0:
            return
        page.wait_for_timeout(100)
    raise AssertionError(names_kept(page))
