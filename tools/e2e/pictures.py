"""Take the pictures of README and docs: `python -m tools.e2e.pictures http://127.0.0.1:8000`.

The server shows the demo, on a school morning. What is taken here is what a stranger sees.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tools.e2e.browsing import CHROMIUM, QUIET, bearer, scanned, sign_in

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}
COLOURS = 256
GAP = 24


@contextmanager
def opened(browser: Browser, address: str, size: dict[str, int], locale: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        base_url=address,
        locale=locale,
        timezone_id="Africa/Dar_es_Salaam",
    )
    page = context.new_page()
    # The server may have been told that it is a Monday morning.
    page.clock.install(
        time=parsedate_to_datetime(page.request.get("/admin/login/").headers["date"])
    )
    yield page
    context.close()


def taken(page: Page) -> Image.Image:
    page.wait_for_load_state("load")
    page.wait_for_timeout(800)  # the live line, and portraits that load as they come into sight
    return Image.open(io.BytesIO(page.screenshot()))


def save(picture: Image.Image, name: str) -> None:
    """With few colours: a page has few, and the repository is fetched by everybody."""
    few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    few.save(IMAGES / f"{name}.png", optimize=True)


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + GAP
    return sheet


def at_the_desk(page: Page) -> None:
    sign_in(page, "admin")
    page.goto("/")
    save(taken(page), "dashboard")
    page.goto("/admin/students/student/?q=wanjiku")
    page.locator("#result_list tbody th a").first.click()
    save(taken(page), "person")
    page.goto("/admin/attendance/day/")
    save(taken(page), "day")


def dashboard_on_a_phone(page: Page) -> Image.Image:
    sign_in(page, "admin")
    page.goto("/")
    return taken(page)


def tapped_at_a_phone(page: Page, card: dict[str, Any]) -> Image.Image:
    """A phone that was paired as a reader, at the moment of a tap."""
    headers = bearer(page.request, "admin")
    reader = {"name": "Library door", "location": "Gate", "activity_type": "attendance"}
    device = page.request.post("/api/pos/devices/", headers=headers, data=reader).json()
    made = page.request.post(f"/api/pos/devices/{device['pos_id']}/pairing-code/", headers=headers)
    page.goto("/reader/")
    page.get_by_role("textbox").first.fill(made.json()["code"])
    page.keyboard.press("Enter")
    page.locator('[data-screen="ready"]').wait_for()
    page.keyboard.type(card["rfid_number"], delay=5)
    page.keyboard.press("Enter")
    page.locator('[data-screen="verdict"]').wait_for()
    return taken(page)


def verified_on_a_phone(page: Page, card: dict[str, Any]) -> Image.Image:
    address = f"/api/cards/{card['card_uuid']}/print-student-card/"
    printed = page.request.get(address, headers=bearer(page.request)).body()
    page.goto(urlsplit(scanned(printed)).path)  # the card names PUBLIC_URL, not this server
    return taken(page)


def a_card(page: Page) -> dict[str, Any]:
    """Of somebody whose portrait hangs."""
    query = "search=wanjiku&retired=false&is_active=true"
    headers = bearer(page.request)
    card: dict[str, Any] = page.request.get(f"/api/cards/?{query}", headers=headers).json()[
        "results"
    ][0]
    return card


def main(address: str) -> None:
    # The guide, whose sections are pictured, is a part of the product.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trackxpert.settings")
    django.setup()
    guide_pictures = import_module("tools.e2e.guide_pictures")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        with opened(browser, address, DESK, "en-GB") as page:
            at_the_desk(page)
        with opened(browser, address, guide_pictures.SIZE, "en-GB") as page:
            guide_pictures.take_all(page, taken)
        with opened(browser, address, PHONE, "en-GB") as page:
            phones = [dashboard_on_a_phone(page)]
        with opened(browser, address, PHONE, "sw-TZ") as page:
            card = a_card(page)
            phones.append(tapped_at_a_phone(page, card))
        with opened(browser, address, PHONE, "sw-TZ") as page:
            phones.append(verified_on_a_phone(page, card))
        save(side_by_side(phones), "phones")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
