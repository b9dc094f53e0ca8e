"""Every page that a link leads to: no server error, nothing inaccessible, nothing to scroll aside.

The walk starts where somebody starts and follows each link once, so that a page which is added is
looked at without being named here.
"""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response

from tools.e2e.accessibility import violations
from tools.e2e.browsing import sign_in

ONE_OF_MANY = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]{4}-[0-9]{2}-[0-9]{2}|(?<=/)[0-9]+(?=/)"
    r"|(?<=/help/)[a-z0-9-]+"  # sections of the guide
)
# Not pages: files, and the documentation of others that `test_office` looks at.
NO_PAGE = re.compile(
    r"/api/|/media/|/static/|\.(csv|xlsx|pdf)|[?&]format=|/print/|/file/|/template/|/everything/"
)
LOOK_ALIKE = re.compile(r"[?&](o|p|_facets|all|e)=")
MOST = 150


def kind_of(address: str) -> str:
    """The same for all students' pages, and for a list however it is filtered."""
    return ONE_OF_MANY.sub("*", urlsplit(address).path)


def links_of(page: Page) -> Iterator[str]:
    for href in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
        address = urljoin(page.url, href)
        if urlsplit(address).netloc != urlsplit(page.url).netloc:
            continue
        if not NO_PAGE.search(address) and not LOOK_ALIKE.search(address):
            yield address.split("#")[0]


def trouble_of(page: Page, response: Response) -> list[str]:
    """A wall, or a page that must be scrolled aside."""
    found = [f"status {response.status}"] if response.status >= 400 else []
    width, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width > shown:
        found.append(f"{width} px wide on a screen of {shown}")
    return found


def walk(page: Page, start: str, *, with_axe: bool) -> dict[str, list[str]]:
    """What is wrong with each kind of page, by its address."""
    page.goto(start)
    waiting, seen = [page.url], set[str]()
    found: dict[str, list[str]] = {}
    while waiting and len(seen) < MOST:
        address = waiting.pop(0)
        if kind_of(address) in seen:
            continue
        seen.add(kind_of(address))
        response = page.goto(address)
        assert response is not None
        trouble = [*trouble_of(page, response), *(violations(page) if with_axe else [])]
        if trouble:
            found[address] = trouble
        waiting += links_of(page)
    assert len(seen) > 5
    return found


@pytest.mark.parametrize(
    ("page", "scheme", "language"),
    [(1280, "light", "en"), (390, "dark", "sw")],
    indirect=["page"],
    ids=["desk", "phone"],
)
def test_every_page_of_an_administrator_is_accessible(
    page: Page, scheme: Literal["light", "dark"], language: str
) -> None:
    """In both languages: Swahili is longer, and a phone is where it would not fit."""
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme)
    sign_in(page, "admin")
    assert walk(page, "/", with_axe=True) == {}


@pytest.mark.parametrize("page", [390], indirect=True, ids=["phone"])
@pytest.mark.parametrize("username", ["officer", "attendance", "kitchen", "discipline"])
def test_no_link_leads_another_role_to_a_wall(page: Page, username: str) -> None:
    sign_in(page, username)
    assert walk(page, "/", with_axe=False) == {}


@pytest.mark.parametrize("path", ["/admin/login/", "/reader/", "/api/cards/verify/student/x/"])
def test_what_anyone_sees_is_accessible(browser: Browser, address: str, path: str) -> None:
    """Apart from `page`: a verdict on nobody is a 404, of which the console tells as an error."""
    page = browser.new_page(base_url=address)
    response = page.goto(path)
    assert response is not None
    assert response.status < 500
    assert violations(page) == []
    page.close()
