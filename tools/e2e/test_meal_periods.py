"""Meal periods as a cook sets them, and the form for a meal by name."""

from playwright.sync_api import Page, expect

from tools.e2e.browsing import sign_in
from tools.e2e.test_rules_of_day import is_desk, looks_well

PERIODS = "/admin/kitchen/mealperiod/"


def show(page: Page) -> None:
    page.get_by_role("button", name="Show what would change").last.click()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    looks_well(page)


def write(page: Page) -> None:
    page.get_by_role("button", name="Write this").click()
    expect(page.locator(".messagelist")).to_be_visible()


def test_a_night_meal_of_one_class_is_shown_before_it_is_written_and_switched_off(
    page: Page,
) -> None:
    sign_in(page, "kitchen")
    name = f"Night meal of {'the desk' if is_desk(page) else 'the phone'}"
    page.goto(f"{PERIODS}add/")
    looks_well(page)
    page.get_by_label("Name").first.fill(name)
    page.get_by_label("From", exact=True).fill("22:00")
    page.get_by_label("Until").fill("02:00")
    page.get_by_label("Portions").fill("2")
    page.locator("summary", has_text="Classes").click()
    page.get_by_label("EE2024A", exact=True).check()
    page.get_by_label("People by name").or_(page.get_by_label("Find people")).fill("wanjiku")
    page.get_by_role("button", name="Find").click()
    looks_well(page)
    expect(page.get_by_label("EE2024A", exact=True)).to_be_checked()
    show(page)
    sentence = page.locator(".sentence")
    expect(sentence).to_contain_text("22:00 to 02:00")
    expect(sentence).to_contain_text("EE2024A")
    expect(page.get_by_text("It is about")).to_contain_text("students")
    page.get_by_role("button", name="Change something").click()
    expect(page.get_by_label("Portions")).to_have_value("2")
    show(page)
    write(page)
    row = page.locator("#result_list tr", has_text=name)
    expect(row).to_contain_text("22:00 to 02:00")
    row.get_by_role("link").first.click()
    looks_well(page)
    page.get_by_label("In use").uncheck()
    show(page)
    write(page)
    page.goto(f"{PERIODS}?in_use=no")
    expect(row).to_contain_text("Switched off")


def test_a_period_that_overlaps_another_says_which(page: Page) -> None:
    sign_in(page, "kitchen")
    page.goto(f"{PERIODS}add/")
    page.get_by_label("Name").first.fill("Late lunch")
    page.get_by_label("From", exact=True).fill("13:00")
    page.get_by_label("Until").fill("15:00")
    page.get_by_role("button", name="Show what would change").last.click()
    expect(page.locator(".errorlist").first).to_contain_text("Lunch 12:00–14:00")
    looks_well(page)


def test_an_extra_portion_by_name_asks_for_its_reason(page: Page) -> None:
    sign_in(page, "kitchen")
    page.goto("/admin/kitchen/serve/")
    looks_well(page)
    page.get_by_label("Who has no card at hand").fill("wanjiku")
    page.get_by_role("button", name="Find").click()
    page.locator("ul.plain a").first.click()
    looks_well(page)
    page.get_by_label("An extra portion").check()
    page.get_by_role("button", name="Serve").click()
    expect(page.get_by_text("Say why.")).to_be_visible()
    expect(page.get_by_label("An extra portion")).to_be_checked()
    looks_well(page)
