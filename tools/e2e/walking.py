"""A user who reads the page in one language, and clicks and types what stands there.

The words are looked up in the catalogues of the product, so that one walk goes through both
languages; it begins at the login page and types no address after that.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as catalogued
from django.utils.translation import ngettext, override, pgettext
from playwright.sync_api import APIRequestContext, Browser, Locator, Page, expect

from tools.e2e.accessibility import violations

LANGUAGES = ("en", "sw")
ADMINISTRATOR, OFFICER, PASSWORD = "amina", "neema", "sokoni-mbili-ndizi"
PATIENCE = 30_000  # milliseconds; a page that does much takes its time on a busy machine
TAG = re.compile(r"<[^>]+>")


class Api:
    """What a walk finds when it begins is made by the administrator over the API."""

    def __init__(self, request: APIRequestContext) -> None:
        self.request = request
        credentials = {"username": ADMINISTRATOR, "password": PASSWORD}
        token = request.post("/api/token/", data=credentials).json()["access"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.request.post(path, headers=self.headers, data=body)
        assert answer.ok, answer.text()
        return answer.json()


class Walker:
    """`clicks` counts what a hand does with the mouse, `keys` what it types."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.clicks = 0
        self.keys = 0

    def said(
        self,
        text: str,
        plural: str = "",
        *,
        context: str = "",
        **values: Any,
    ) -> str:
        """What the page says for the English text of the code, in the language of this walk."""
        with override(self.language):
            if plural:
                found = ngettext(text, plural, next(iter(values.values())))
            else:
                found = pgettext(context, text) if context else catalogued(text)
        found = TAG.sub("", found)
        if not values:
            return found
        return found % values if "%(" in found else found.format(**values)

    def press(self, text: str, *, role: Any = "button", within: Locator | None = None) -> None:
        """What is named just like this."""
        (within or self.page).get_by_role(role, name=named(text)).click()
        self.clicks += 1

    def follow(self, text: str, *, within: Locator | None = None) -> None:
        self.press(text, role="link", within=within)

    def go_to(self, door: str) -> None:
        """By the menu, which a phone keeps behind its button."""
        button = self.page.get_by_role("button", name=self.said("Menu"), exact=True)
        if button.is_visible():
            button.click()
            self.clicks += 1
        menu = self.page.get_by_role("navigation", name=self.said("Registration office"))
        self.follow(door, within=menu)

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(labelled(label)).fill(text)
        self.clicks += 1
        self.keys += len(text)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(labelled(label)).select_option(label=option)
        self.clicks += 2  # it opens, and it is chosen

    def tick(self, label: str) -> None:
        self.page.get_by_label(labelled(label)).check()
        self.clicks += 1

    def untick(self, label: str) -> None:
        self.page.get_by_label(labelled(label)).uncheck()
        self.clicks += 1

    def open(self, summary: str) -> None:
        """What is folded away behind this."""
        self.page.locator("summary", has_text=summary).click()
        self.clicks += 1

    def find(self, name: str) -> None:
        """With the box that is on each page; Enter opens the first that is found."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(name)
        expect(self.page.get_by_role("dialog").get_by_role("link").first).to_contain_text(name)
        self.page.keyboard.press("Enter")
        self.keys += len(name) + 2

    def give(self, label: str, file: Path) -> None:
        self.page.get_by_label(labelled(label)).set_input_files(file)
        self.clicks += 2  # the dialog of the browser opens, and the file is chosen

    def sees(self, text: str, *, within: int = PATIENCE) -> None:
        """Somewhere on the page; `within` milliseconds."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=within)

    def is_at(self, heading: str) -> None:
        """At the page of this heading, which is accessible."""
        shown = self.page.get_by_role("heading", level=1, name=heading)
        expect(shown).to_be_visible(timeout=PATIENCE)
        self.looks()

    def reads_help(self, title: str) -> None:
        """In place, and closed again with a key."""
        self.follow(self.said("Help"))
        panel = self.page.get_by_role("dialog", name=self.said("Help"))
        expect(panel.get_by_role("heading", name=title)).to_be_visible()
        self.looks()
        self.page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(self.page.get_by_role("link", name=named(self.said("Help")))).to_be_focused()

    def looks(self) -> None:
        assert violations(self.page) == []

    def log_in(self, username: str, password: str) -> None:
        self.page.goto("/admin/")
        self.looks()
        self.write(self.said("username"), username)
        self.write(self.said("Password"), password)
        self.press(self.said("Log in"))
        self.is_at(self.said("Today"))


def labelled(text: str) -> re.Pattern[str]:
    """Just so, with the first letter and the colon that forms give to the name of a field."""
    return re.compile(rf"^\s*{re.escape(text)}\s*:?\s*$", re.IGNORECASE)


def named(text: str) -> re.Pattern[str]:
    """Just so, but for the space that a browser puts before what only a screen reader says."""
    return re.compile(rf"^{re.escape(text).replace(':', ' ?:')}$", re.IGNORECASE)


@contextmanager
def walking(
    browser: Browser, address: str, language: str, *, width: int = 1280
) -> Iterator[Walker]:
    """A walk that fails on any error of the console or the page, and on any other host."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        base_url=address,
        locale={"en": "en-GB", "sw": "sw-TZ"}[language],
    )
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:", "blob:")) else trouble.append(r.url),
    )
    yield Walker(page, language)
    context.close()
    assert trouble == []


def first_accounts(browser: Browser, address: str, log: Path) -> None:
    """The administrator, with the code that the server printed, and a registration officer."""
    page = browser.new_page(base_url=address)
    page.goto("/")
    page.fill("[name=code]", printed_code(log))
    page.fill("[name=username]", ADMINISTRATOR)
    for field in ("password1", "password2"):
        page.fill(f"[name={field}]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{address}/admin/")
    office = Api(page.request)
    office.post(
        "/auth/admin/register/",
        {"username": OFFICER, "password": PASSWORD, "role": "registration_officer"},
    )
    page.close()


def printed_code(log: Path) -> str:
    """What the server prints a moment after it is ready."""
    deadline = time.monotonic() + 60
    while not (codes := re.findall(r"with the code ([A-Z0-9-]+)", log.read_text())):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return str(codes[-1])
