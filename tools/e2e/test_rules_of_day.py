"""Rules of the day as whoever keeps attendance sets them: hours, holidays, absences, days opened
again; and why a day is what it is."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tools.e2e.accessibility import violations
from tools.e2e.browsing import sign_in
from tools.e2e.test_office_days import last_working_day, no_sideways_scroll

FRIDAY = 5
DESK = 1280
MOST_TABS = 80


@pytest.fixture
def office(page: Page) -> Page:
    sign_in(page, "attendance")
    return page


def working_day(page: Page, *, desk: int, phone: int) -> date:
    """The so-many-th before the last one, for each size of window another."""
    day = last_working_day()
    for _ in range(desk if is_desk(page) else phone):
        day -= timedelta(days=1)
        while day.isoweekday() > FRIDAY:
            day -= timedelta(days=1)
    return day


def is_desk(page: Page) -> bool:
    size = page.viewport_size
    return size is not None and size["width"] == DESK


def looks_well(page: Page) -> None:
    no_sideways_scroll(page)
    assert violations(page) == []


def a_class(page: Page) -> str:
    return "EE2024A" if is_desk(page) else "ME2026A"


def choose_class(page: Page, code: str) -> None:
    page.locator("summary", has_text="Classes").click()
    page.get_by_label(code, exact=True).check()


def show(page: Page) -> None:
    page.get_by_role("button", name="Show what would change").last.click()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    looks_well(page)


def test_evening_classes_of_one_class_start_at_five(office: Page) -> None:
    page, code = office, a_class(office)
    page.goto("/admin/attendance/schedule/")
    page.get_by_role("link", name="Add a schedule").or_(
        page.get_by_role("link", name="Add schedule")
    ).first.click()
    looks_well(page)
    page.get_by_label("Name").first.fill(f"Evening classes of {code}")
    choose_class(page, code)
    session = page.locator("fieldset.session")
    session.get_by_label("Name").fill("Evening")
    session.get_by_label("Starts").fill("17:00")
    session.get_by_label("Late after").fill("")
    session.get_by_label("Ends").fill("20:00")
    show(page)
    sentence = page.locator(".sentence")
    expect(sentence).to_contain_text(code)
    expect(sentence).to_contain_text("17:00")
    expect(page.get_by_text("It is about")).to_contain_text("students")
    expect(page.locator("figure.week")).to_be_visible()
    page.get_by_role("button", name="Change something").click()
    expect(page.get_by_label(code, exact=True)).to_be_checked()
    show(page)
    page.get_by_role("button", name="Write this").click()
    expect(page.locator(".messagelist")).to_contain_text("Written.")
    row = page.locator("#result_list tr", has_text=f"Evening classes of {code}")
    expect(row).to_contain_text("17:00")
    row.get_by_role("link").first.click()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove this schedule").click()
    expect(page.locator(".messagelist")).to_contain_text("Removed.")


def test_a_holiday_is_declared_for_a_closed_day_with_a_reason_and_taken_back(office: Page) -> None:
    page, day = office, working_day(office, desk=0, phone=1)
    register = f"/admin/attendance/day/{day}/"
    page.goto(register)
    before = page.locator(".figures").inner_text()
    page.goto("/admin/attendance/holiday/add/")
    looks_well(page)
    page.get_by_label("Name").fill("Day of mourning")
    page.get_by_label("First day").fill(str(day))
    show(page)
    expect(page.get_by_text("of them closed")).to_be_visible()
    closed_too = page.get_by_label("closed ones too")
    closed_too.check()
    page.get_by_role("button", name="Write this").click()
    expect(page.get_by_text("Say why closed days are changed.")).to_be_visible()
    looks_well(page)
    page.get_by_label("Why closed days are changed").fill("The government declared it")
    page.get_by_role("button", name="Write this").click()
    expect(page.locator(".messagelist")).to_contain_text("Written.")
    page.goto(register)
    expect(page.locator(".standing")).to_contain_text("Day of mourning")
    assert page.locator(".figures").inner_text() != before
    page.goto("/admin/attendance/closing/")
    looks_well(page)
    page.get_by_role("link", name="Take it back").first.click()
    expect(page.get_by_text("The government declared it")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".messagelist")).to_contain_text("Taken back")
    page.goto(register)
    assert page.locator(".figures").inner_text() == before


def test_a_class_on_a_trip_is_excused(office: Page) -> None:
    page, code = office, a_class(office)
    day = last_working_day() + timedelta(days=30)
    page.goto("/admin/attendance/absence/")
    page.goto("/admin/attendance/absence/add/")
    looks_well(page)
    page.get_by_label("Reason").fill("Trip to the museum")
    page.get_by_label("First day").fill(str(day))
    page.get_by_label("From").fill("08:00")
    page.get_by_label("Until").fill("12:00")
    choose_class(page, code)
    show(page)
    expect(page.locator(".sentence")).to_contain_text("Trip to the museum")
    page.get_by_role("button", name="Write this").click()
    expect(page.locator(".messagelist")).to_contain_text("Written.")
    row = page.locator("#result_list tr", has_text=code).filter(has_text="Trip to the museum")
    expect(row).to_contain_text("To come")
    looks_well(page)


def test_a_day_is_opened_again_with_a_reason_and_closed_by_name(office: Page) -> None:
    page, day = office, working_day(office, desk=2, phone=3)
    page.goto(f"/admin/attendance/day/{day}/")
    page.get_by_role("link", name="Open this day again").click()
    looks_well(page)
    page.get_by_role("button", name="Open this day again").click()
    expect(page.get_by_text("This field is required")).to_be_visible()
    page.get_by_label("Why it is opened again").fill("The east gate had no network")
    page.get_by_role("button", name="Open this day again").click()
    expect(page.locator(".standing")).to_contain_text("Open")
    expect(page.locator(".standing")).to_contain_text("The east gate had no network")
    page.get_by_role("link", name="Close this day").click()
    page.get_by_role("button", name="Close this day").click()
    expect(page.locator(".standing")).to_contain_text("Closed")


def tab_to(page: Page, wanted: Locator) -> None:
    """By the key alone; whatever is passed must be seen to have the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
              return outlineStyle !== "none" || boxShadow !== "none";
            }"""
        )
        assert seen, page.evaluate("document.activeElement.outerHTML")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("Tab does not lead there.")


def test_why_a_day_is_so_is_read_by_the_keyboard_alone(office: Page) -> None:
    page = office
    page.goto(f"/admin/attendance/day/{working_day(page, desk=4, phone=4)}/?status=Late")
    link = page.locator("#register tbody th a").first
    name = link.inner_text()
    tab_to(page, link)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_role("heading", name="Why", exact=True)).to_be_visible()
    expect(page.locator(".told")).to_contain_text("Late. Arrived")
    expect(page.locator(".reasons-of-day")).to_contain_text("The rule that applies")
    looks_well(page)
    tab_to(page, page.get_by_role("link", name="Away on this day"))
    tab_to(page, page.get_by_role("button", name="Save the correction"))
    page.keyboard.press("Enter")
    expect(page.locator("#id_reason:invalid, .errorlist").first).to_be_attached()


def test_a_roll_call_fits_a_phone_from_its_beginning_to_its_end(page: Page) -> None:
    sign_in(page, "attendance")
    page.goto("/admin/attendance/roll-calls/")
    looks_well(page)
    page.get_by_label("A drill").check()
    page.get_by_role("button", name="Begin the roll-call").click()
    page.wait_for_url("**/roll-calls/*-*/")
    expect(page.locator("#people .person").first).to_be_visible()
    looks_well(page)
    assert page.locator("#people .mark").first.bounding_box()["height"] >= 44  # type: ignore[index]
    page.get_by_role("button", name="Say something else of").first.click()
    looks_well(page)
    page.get_by_role("dialog").get_by_role("button", name="Elsewhere").click()
    expect(page.locator("#away")).to_have_text("1")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator(".times")).to_be_visible()
    looks_well(page)
