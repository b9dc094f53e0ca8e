"""The rooms of attendance, kitchen and discipline, each as its own people use it."""

import io
from datetime import date, timedelta

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, expect

from tools.e2e.browsing import sign_in

FRIDAY = 5


def last_working_day() -> date:
    """One that is over, of which the demo has taps."""
    day = date.today() - timedelta(days=1)  # noqa: DTZ011  # the server's clock is ours
    while day.isoweekday() > FRIDAY:
        day -= timedelta(days=1)
    return day


def register() -> str:
    return f"/admin/attendance/day/{last_working_day()}/"


def rows(page: Page) -> Locator:
    return page.locator("#register tbody tr")


def no_sideways_scroll(page: Page) -> None:
    page.wait_for_load_state()  # a link was clicked a moment ago
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def fill_correction(page: Page, status: str, reason: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(status, exact=True).check()
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="Save the correction").click()
    expect(dialog).to_be_hidden()


def test_a_student_is_corrected_where_the_register_stands(page: Page) -> None:
    sign_in(page, "attendance")
    page.goto(register())
    no_sideways_scroll(page)
    row = rows(page).nth(4)
    row.get_by_role("link", name="Correct ").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save the correction").click()
    expect(dialog).to_be_visible()  # the browser asks for what is missing
    fill_correction(page, "Excused", "Doctor's note")
    expect(page.locator(".messagelist")).to_contain_text("Excused: 1 student")
    expect(row).to_contain_text("Excused")
    expect(row).to_contain_text("Doctor's note")
    expect(row.get_by_role("link", name="Correct ")).to_be_focused()
    row.locator("th a").click()
    expect(page.get_by_role("heading", name="Taps of this day")).to_be_visible()
    expect(page.locator(".said")).to_contain_text("Doctor's note")
    page.get_by_label("take the correction back").check()
    page.get_by_label("Reason").fill("The wrong student")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.locator(".messagelist")).to_contain_text("Taken back")
    expect(page.locator(".said")).to_contain_text("The wrong student")
    no_sideways_scroll(page)


def test_three_students_are_excused_with_one_reason(page: Page) -> None:
    sign_in(page, "attendance")
    page.goto(register())
    for number in range(3):
        rows(page).nth(number).get_by_role("checkbox").check()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Correct selected").click()
    expect(page.get_by_role("dialog")).to_contain_text("Correct 3 students")
    fill_correction(page, "Excused", "School trip")
    expect(page.locator(".messagelist")).to_contain_text("Excused: 3 students")
    for number in range(3):
        expect(rows(page).nth(number)).to_contain_text("School trip")
    expect(page.get_by_role("button", name="Correct selected")).to_be_hidden()


def test_a_day_is_closed_after_it_was_said_what_that_does(page: Page) -> None:
    sign_in(page, "attendance")
    page.goto(register())
    page.get_by_role("link", name="Close this day").click()
    expect(page.get_by_role("heading", name="Close ")).to_be_visible()
    expect(page.get_by_text("It can be opened again, with a reason.")).to_be_visible()
    page.get_by_role("button", name="Close this day").click()
    expect(page.locator(".messagelist")).to_contain_text("closed")
    expect(page.locator(".standing")).to_contain_text("Closed")


def test_a_register_is_narrowed_to_a_class_as_it_is_chosen(page: Page) -> None:
    sign_in(page, "attendance")
    page.goto(register())
    name = page.locator("#part-class_code option").nth(1).text_content() or ""
    page.select_option("#part-class_code", name)
    page.wait_for_url("**class_code=**")
    for row in rows(page).all():
        expect(row).to_contain_text(name)
    page.get_by_role("link", name="The day before").click()
    expect(page.locator("#part-class_code")).to_have_value(name)


def test_an_officer_reads_the_register_and_corrects_nothing(page: Page) -> None:
    sign_in(page, "officer")
    page.goto(register())
    expect(rows(page).first).to_be_visible()
    for words in ("Correct ", "Close this day"):
        expect(page.get_by_role("link", name=words)).to_have_count(0)
    expect(page.get_by_role("button", name="Correct selected")).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    no_sideways_scroll(page)


def test_a_cook_sees_what_was_served(page: Page) -> None:
    sign_in(page, "kitchen")
    page.goto(f"/admin/kitchen/day/{last_working_day()}/")
    no_sideways_scroll(page)
    expect(page.get_by_text("meals served")).to_be_visible()
    page.get_by_role("link", name="Lunch").click()
    page.wait_for_url("**period=**")
    for row in page.locator(".results tbody tr").all():
        expect(row).to_contain_text("Lunch")
    no_sideways_scroll(page)
    page.goto("/admin/kitchen/mealperiod/")
    expect(page.locator("#result_list")).to_contain_text("Lunch")
    page.goto("/admin/kitchen/mealperiod/add/")
    page.get_by_label("Sunday").uncheck()
    no_sideways_scroll(page)


def test_a_warden_records_an_incident_and_voids_it(page: Page) -> None:
    sign_in(page, "discipline")
    page.goto("/admin/discipline/incident/add/")
    no_sideways_scroll(page)
    page.locator(".select2-selection").click()
    page.fill(".select2-search__field", "wanjiku")
    page.locator(".select2-results__option", has_text="Wanjikũ").click()
    page.get_by_label("Category").select_option("dress")
    expect(page.locator("#id_points_deducted")).to_have_value("2")
    page.fill("#id_points_deducted", "5")
    page.get_by_label("Category").select_option("theft")
    expect(page.locator("#id_points_deducted")).to_have_value("5")
    page.fill("#id_incident_description", "Came without the uniform.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messagelist")).to_contain_text("points left")
    page.get_by_role("link", name="Void").click()
    page.get_by_label("Why it is voided").fill("It was another student")
    page.get_by_role("button", name="Void this incident").click()
    expect(page.locator(".messagelist")).to_contain_text("The incident is voided.")
    page.get_by_role("link", name="All of this student").click()
    expect(page.get_by_text("It was another student").first).to_be_visible()
    no_sideways_scroll(page)


A4 = (595, 842)  # points
MARGIN = 30
ON_SCREENS_ONLY = ("Log out", "Enrolment desk", "Clear all filters", "Correct selected", "Columns")


def squeezed(text: str) -> str:
    """Letters and figures alone: a name may go on in the next line, also at a hyphen."""
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize("page", [1280], indirect=True, ids=["desk"])
@pytest.mark.parametrize(
    ("where", "list_name"),
    [
        (f"{register()}?whole=1", "Register · Students"),
        ("/admin/students/student/?class_code=CS2023A&whole=1", "Class code: CS2023A"),
        ("/admin/attendance/on-site/", "people"),
    ],
)
def test_a_list_prints_as_a_document(page: Page, where: str, list_name: str) -> None:
    """By the browser's own print, from a dark screen."""
    page.emulate_media(color_scheme="dark")
    sign_in(page, "admin")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.goto(where)
    names = page.locator(".results tbody th").all_inner_texts()
    of_words = ".results thead th:not(.column-portrait, :has(input, .visually-hidden))"
    heads = page.locator(of_words).all_inner_texts()
    assert min(len(names), len(heads)) > 3
    pdf = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    sheets = [sheet.get_textpage() for sheet in pdf]
    texts = [squeezed(sheet.get_text_range()) for sheet in sheets]
    document = "".join(texts)
    for sheet, text in zip(pdf, sheets, strict=True):
        assert sheet.get_size() == pytest.approx(A4, abs=1)
        boxes = [text.get_rect(number) for number in range(text.count_rects())]
        assert max(right for _, _, right, _ in boxes) < A4[0] - MARGIN
    for name in names:
        assert squeezed(name.split("\n")[0]) in document, name
    for head in heads:
        assert all(squeezed(head) in text for text in texts), head
    for words in (list_name, "DAR ES SALAAM INSTITUTE OF TECHNOLOGY", "printed by"):
        assert squeezed(words) in texts[0], words
    assert texts[0].startswith(f"1{len(texts)}")  # 1 / 12
    for words in ON_SCREENS_ONLY:
        assert squeezed(words) not in document, words
    white = pdf[0].render().to_pil().convert("L").histogram()
    assert sum(white[:128]) < 0.15 * sum(white) < sum(white[250:])


@pytest.mark.parametrize("page", [1280], indirect=True, ids=["desk"])
def test_a_persons_page_prints_as_a_document(page: Page) -> None:
    sign_in(page, "admin")
    page.goto("/admin/students/student/?q=wanjiku")
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator("#story")).to_be_visible()
    pdf = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    document = "".join(squeezed(sheet.get_textpage().get_text_range()) for sheet in pdf)
    for fact in page.locator("#story .facts-of-day li p.row").all_inner_texts():
        assert squeezed(fact.split("\n")[0]) in document, fact
    for words in ("Log out", "Issue a card", "Write down", "Everything about this person"):
        assert squeezed(words) not in document, words
