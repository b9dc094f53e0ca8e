"""A stranger's way from an empty installation to the first accepted tap, without a shell.

The one thing that is not on a page is the code that the server prints when it starts.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from tools.bench.stack import running_server
from tools.e2e.conftest import state_of
from tools.e2e.test_browser_reader import expect_screen, expect_verdict, scan
from tools.e2e.walking import LANGUAGES, PASSWORD, Walker, printed_code, walking

CREST = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<circle cx="5" cy="5" r="5" fill="#7a1f2b"/></svg>'
)


class Empty(NamedTuple):
    language: str
    address: str
    log: Path


@pytest.fixture(scope="module", params=LANGUAGES)
def empty(request: pytest.FixtureRequest) -> Iterator[Empty]:
    """An installation in which nobody has an account yet."""
    state = state_of(f"empty-{request.param}")
    with running_server(state=state, with_demo=False) as port:
        yield Empty(request.param, f"http://127.0.0.1:{port}", state / "serve.log")


def test_an_empty_installation_comes_to_its_first_tap(
    empty: Empty, browser: Browser, tmp_path: Path
) -> None:
    with walking(browser, empty.address, empty.language) as walker:
        become_administrator(walker, printed_code(empty.log))
        set_up_13(walker, done=0)
        say_who_the_school_is(walker, tmp_path)
        leave_the_rest(walker)
        number = bring_the_first_student(walker)
        code = bring_the_first_reader(walker)
        tap_at_a_phone(browser, empty, code, number)
        walker.go_to(walker.said("taps"))
        expect(walker.page.get_by_role("row", name="Neema").first).to_be_visible()
        walker.looks()
        keep_the_zone(walker)


def set_up_13(walker: Walker, *, done: int) -> None:
    walker.sees(walker.said("Set-up: %(done)s of %(count)s done", done=done, count=13))
    walker.looks()


def step(walker: Walker, title: str) -> None:
    """From the checklist on *Today* to where that is done."""
    walker.go_to(walker.said("Today"))
    words = re.compile(f": {re.escape(walker.said(title))}$")
    walker.page.get_by_role("listitem").get_by_role("link", name=words).click()


def save(walker: Walker) -> None:
    walker.press(walker.said("Show what would change"))
    walker.is_at(walker.said("This is what it would change"))
    walker.press(walker.said("Save"))


def become_administrator(walker: Walker, code: str) -> None:
    said = walker.said
    walker.page.goto("/")
    walker.looks()
    walker.write(said("Code"), code)
    walker.write(said("username"), "amina")
    walker.write(said("full name"), "Amina Mkuu")
    walker.write(said("Password"), PASSWORD)
    walker.write(said("Password confirmation"), PASSWORD)
    walker.press(said("Make this account"))
    walker.is_at(said("Today"))


def say_who_the_school_is(walker: Walker, folder: Path) -> None:
    said = walker.said
    step(walker, "The name of your school")
    walker.looks()
    walker.write(said("Name"), "Kibo Secondary School")
    walker.write(said("Short name"), "KIBO")
    walker.write(said("Colour"), "#7a1f2b")
    crest = folder / "crest.svg"
    crest.write_text(CREST)
    walker.give(said("Logo"), crest)
    save(walker)
    names = ", ".join(said(name) for name in ("Name", "Short name", "Logo", "Colour"))
    walker.sees(said("Saved: {names}.", names=names))
    walker.looks()


def leave_the_rest(walker: Walker) -> None:
    said = walker.said
    step(walker, "How long cards are valid")
    walker.write(said("{kind}: valid for, in months", kind=said("Students")), "48")
    save(walker)
    walker.go_to(said("Today"))
    walker.press(f"{said('Leave it as it is')}: {said('SMS: a test that arrived')}")
    set_up_13(walker, done=5)


def bring_the_first_student(walker: Walker) -> str:
    """With a card; returns the card's number."""
    said = walker.said
    step(walker, "The first people")
    walker.looks()
    walker.follow(said("Add the first {name}", name=said("student")))
    walker.looks()
    walker.write(said("Registration number"), "KS/2026/001")
    walker.write(said("first name"), "Neema")
    walker.write(said("surname"), "Mollel")
    walker.press(said("Save"))
    walker.follow("Neema Mollel")
    walker.is_at("Neema Mollel")
    walker.press(said("Issue a card"))
    walker.go_to(said("Cards"))
    walker.looks()
    number = walker.page.get_by_role("row", name="Neema").get_by_role("link").first.inner_text()
    return number.strip()


def bring_the_first_reader(walker: Walker) -> str:
    """Returns the code for whatever becomes it."""
    said = walker.said
    step(walker, "The first reader")
    walker.follow(said("Add the first {name}", name=said("reader")))
    walker.looks()
    walker.write(said("name"), "Geti kuu")
    walker.write(said("location"), "Geti")
    walker.choose(said("activity type"), said("Attendance"))
    walker.press(said("Save"))
    walker.looks()
    walker.go_to(said("Readers"))
    walker.follow("Geti kuu")
    walker.follow(said("Pair a phone or PC"))
    walker.press(said("Make a code"))
    walker.looks()
    return walker.page.get_by_role("code").first.inner_text()


def tap_at_a_phone(browser: Browser, empty: Empty, code: str, number: str) -> None:
    """At the address that the page of the code says."""
    with walking(browser, empty.address, empty.language, width=390) as phone:
        phone.page.goto("/reader/")
        phone.page.get_by_role("textbox").first.fill(code)
        phone.page.keyboard.press("Enter")
        expect_screen(phone.page, "ready")
        phone.looks()
        scan(phone.page, number)
        expect_verdict(phone.page, "accepted")
        phone.sees("Neema")
        phone.looks()


def keep_the_zone(walker: Walker) -> None:
    """Of what has happened the days would be others."""
    said = walker.said
    walker.go_to(said("Settings"))
    walker.follow(f"{said('Change', context='verb')} {said('Contact and campus')}")
    walker.choose(said("Time zone"), "Asia/Kolkata")
    walker.press(said("Show what would change"))
    walker.press(said("Save"))
    walker.sees(said("It stays: there are taps already, whose days it has named."))
