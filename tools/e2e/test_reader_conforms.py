"""The reader in the browser passes the conformance kit, which stands between it and the server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from readerkit.between import Between
from readerkit.holding import new_card
from readerkit.trials import TRIALS, Bench, try_all
from tools.e2e.test_browser_reader import Office, expect_screen, scan

SETTLED = 400  # ms until a tap is on the disk of the browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


class InChromium:
    """Cards are typed by a reader; a power cut is the window gone, and the disk stays."""

    can_hold_many = False

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.page = self._opened()

    def hold(self, number: int) -> int:
        for _ in range(number):
            expect_screen_takes_cards(self.page)
            scan(self.page, new_card())
            self.page.wait_for_timeout(SETTLED)
        return number

    def restart(self) -> None:
        self.page.close()
        self.page = self._opened()
        expect_screen(self.page, "ready")

    def look(self) -> None:
        """It shows that it has stopped, and asks again by itself."""

    def close(self) -> None:
        self.page.close()

    def _opened(self) -> Page:
        page = self.context.new_page()
        page.goto(f"{self.address}/reader/")
        return page


def expect_screen_takes_cards(page: Page) -> None:
    expect(page.locator("body")).not_to_have_attribute("data-screen", "pair", timeout=30_000)


def test_the_reader_in_the_browser_conforms(
    browser: Browser, context: BrowserContext, address: str
) -> None:
    office_context = browser.new_context(base_url=address)
    office = Office(office_context)
    code = office.code_for(office.reader())
    with Between(address) as between:
        holder = InChromium(context, between.address)
        with holder.page.expect_response("**/api/pos/pair/") as paired:
            holder.page.get_by_label("Code").press_sequentially(code.replace("-", ""))
            holder.page.get_by_role("button", name="Pair this device").click()
        between.key = paired.value.json()["key"]
        expect_screen(holder.page, "ready")
        holder.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        bench = Bench(between, holder, patience=60)
        said = [*try_all(bench, TRIALS)]
        holder.close()
    office_context.close()
    assert {verdict.name: verdict.reasons for verdict in said if not verdict.is_good} == {}
    assert [verdict.name for verdict in said if verdict.left_out] == ["a long queue"]
