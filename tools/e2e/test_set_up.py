"""A stranger's way from an empty installation to the first accepted tap, without a shell.

The one thing that is not on a page is the code that the server prints when it starts.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tools.bench.stack import ROOT, running_server
from tools.e2e.accessibility import violations
from tools.e2e.test_browser_reader import expect_verdict, pair, scan

PASSWORD = "sokoni-mbili-ndizi"
CREST = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<circle cx="5" cy="5" r="5" fill="#7a1f2b"/></svg>'
)
STUDENT = {
    "identifier": "KS/2026/001",
    "first_name": "Neema",
    "surname": "Mollel",
}


@pytest.fixture(scope="module")
def empty() -> Iterator[str]:
    state = ROOT / "var" / "e2e-empty"
    shutil.rmtree(state, ignore_errors=True)
    with running_server(state=state, with_demo=False) as port:
        yield f"http://127.0.0.1:{port}"


def printed_code() -> str:
    """What the server printed when it started."""
    log = (ROOT / "var" / "e2e-empty" / "serve.log").read_text()
    *_, code = re.finditer(r"with the code ([A-Z0-9-]+)", log)
    return code[1]


@pytest.fixture
def stranger(browser: Browser, empty: str, tmp_path: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=empty)
    page = context.new_page()
    page.set_default_timeout(10_000)
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    yield page
    context.close()
    assert trouble == []


def looked_at(page: Page) -> None:
    assert violations(page) == []


def step(page: Page, title: str) -> None:
    """From the checklist on *Today* to where that is done."""
    page.goto("/admin/")
    page.locator(".steps li", has_text=title).locator("a").click()


def test_an_empty_installation_comes_to_its_first_tap(
    stranger: Page, browser: Browser, empty: str, tmp_path: Path
) -> None:
    page = stranger
    page.goto("/")
    expect(page).to_have_url(f"{empty}/setup/")
    page.fill("[name=code]", printed_code())
    page.fill("[name=username]", "amina")
    page.fill("[name=full_name]", "Amina Mkuu")
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{empty}/")

    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Set-up: 0 of 13 done")).to_be_visible()
    looked_at(page)
    step(page, "The name of your school")
    looked_at(page)
    page.fill("[name=INSTITUTION_NAME]", "Kibo Secondary School")
    page.fill("[name=INSTITUTION_SHORT_NAME]", "KIBO")
    page.fill("[name=INSTITUTION_PRIMARY_COLOUR]", "#7a1f2b")
    crest = tmp_path / "crest.svg"
    crest.write_text(CREST)
    page.set_input_files("[name=uploaded_INSTITUTION_LOGO]", crest)
    page.get_by_role("button", name="Show what would change").last.click()
    looked_at(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messagelist")).to_contain_text("Saved: Name, Short name, Logo, Colour.")
    looked_at(page)

    step(page, "How long cards are valid")
    page.fill("[name=CARD_VALIDITY__student]", "48")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Save").click()
    page.goto("/admin/")
    page.locator(".steps li", has_text="SMS").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Set-up: 5 of 13 done")).to_be_visible()

    step(page, "The first people")
    page.get_by_role("link", name="Add the first student").click()
    for name, text in STUDENT.items():
        page.fill(f"#id_{name}", text)
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/students/student/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("button", name="Issue a card").click()
    page.goto("/admin/cards/card/")
    number = page.locator("#result_list tbody tr").first.locator("th").inner_text().strip()

    step(page, "The first reader")
    page.get_by_role("link", name="Add the first reader").click()
    page.fill("#id_name", "Main gate")
    page.fill("#id_location", "Gate")
    page.select_option("#id_activity_type", "attendance")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/pos/device/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Pair a phone or PC").click()
    page.get_by_role("button", name=re.compile("code", re.IGNORECASE)).click()
    code = page.locator(".pairing-code").inner_text()

    gate = browser.new_context(viewport={"width": 390, "height": 844}, base_url=empty).new_page()
    pair(gate, code)
    scan(gate, number)
    expect_verdict(gate, "accepted")
    expect(gate.locator('[data-screen="verdict"]')).to_contain_text("Neema")
    gate.context.close()

    page.goto("/admin/pos/tap/")
    expect(page.locator("#result_list tbody tr").first).to_contain_text("Neema")
    page.goto("/admin/settings/contact/")
    page.select_option("[name=CAMPUS_ZONE]", "Asia/Kolkata")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("there are taps already")
