"""A stranger's phone at the gate: cheap, slow, in Swahili, without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tools.e2e.browsing import bearer, scanned, sign_in
from tools.e2e.test_cards import a_good_card

MOST_BYTES = 30_000
SIZES = [(320, 568), (390, 844), (1280, 800), (1920, 1080), (195, 422)]  # the last: 390 at 200 %


@pytest.fixture
def code(page: Page) -> str:
    """The address on a good card."""
    headers = bearer(page.request)
    card = f"/api/cards/{a_good_card(page.request, headers)}/"
    return scanned(page.request.get(f"{card}print-student-card/", headers=headers).body())


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=address,
        locale="sw-TZ",
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )
    yield context
    context.close()


def test_a_swahili_phone_without_javascript_reads_the_verdict(
    phone: BrowserContext, code: str
) -> None:
    screen = phone.new_page()
    screen.goto(code)
    expect(screen.locator("html")).to_have_attribute("lang", "sw")
    expect(screen.get_by_role("heading", name="Kadi halali")).to_be_visible()
    expect(screen.get_by_alt_text("Picha ya")).to_be_visible()
    expect(screen.get_by_text("Linganisha picha na mtu")).to_be_visible()
    expect(screen.get_by_text("Imekaguliwa")).to_be_in_viewport()


def test_all_but_the_photo_is_under_30_kb_as_it_is_sent(phone: BrowserContext, code: str) -> None:
    screen = phone.new_page()
    sent: dict[str, int] = {}

    def count(request: Request) -> None:
        sizes = request.sizes()
        sent[request.url] = sizes["responseHeadersSize"] + sizes["responseBodySize"]

    screen.on("requestfinished", count)
    screen.goto(code, wait_until="networkidle")
    parts = {url: size for url, size in sent.items() if "/media/" not in url}
    assert len(parts) >= 5  # the page, three styles and the icon
    assert sum(parts.values()) < MOST_BYTES
    assert not [url for url in parts if ".js" in url]


@pytest.mark.parametrize("width_and_height", SIZES, ids=lambda size: str(size[0]))
def test_the_verdict_is_seen_at_once_and_nothing_sticks_out(
    phone: BrowserContext, code: str, width_and_height: tuple[int, int]
) -> None:
    width, height = width_and_height
    screen = phone.new_page()
    screen.set_viewport_size({"width": width, "height": height})
    screen.goto(code)
    expect(screen.get_by_role("heading", name="Kadi halali")).to_be_in_viewport(ratio=1)
    expect(screen.get_by_alt_text("Picha ya")).to_be_in_viewport()
    band = screen.locator(".band").bounding_box()
    assert band is not None
    assert band["width"] == width
    right_edges = [
        box["x"] + box["width"]
        for box in (part.bounding_box() for part in screen.locator("main *, footer").all())
        if box
    ]
    assert max(right_edges) <= width


def test_an_unknown_code_is_refused_in_words_too(phone: BrowserContext) -> None:
    screen = phone.new_page()
    screen.goto("/v/XXXXXXXXXXXXXXXX")
    expect(screen.get_by_role("heading", name="Si halali")).to_be_visible()
    expect(screen.get_by_text("Haijapatikana")).to_be_visible()


def test_a_person_without_a_card_is_told_from_a_valid_card(page: Page) -> None:
    headers = bearer(page.request)
    student = page.request.get("/api/students/?page_size=1", headers=headers).json()["results"][0]
    page.goto(f"/api/cards/verify/student/{student['student_uuid']}/")
    expect(page.get_by_role("heading", name="On record")).to_be_visible()
    expect(page.get_by_text("No card was shown")).to_be_visible()
    expect(page.locator(".band.good")).to_have_count(0)


def test_after_signing_out_the_back_button_shows_nobody(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/students/student/?q=wanjiku")
    expect(page.get_by_text("Wanjikũ").first).to_be_visible()
    page.request.post(
        "/admin/logout/",
        headers={"X-CSRFToken": page.locator("[name=csrfmiddlewaretoken]").first.input_value()},
    )
    page.goto("/admin/login/")
    page.go_back()
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_text("Wanjikũ")).to_have_count(0)
