"""The registration office and the API's documentation, in a real browser."""

from playwright.sync_api import Dialog, Page, expect

from tools.e2e.browsing import PASSWORD, sign_in


def test_the_start_leads_through_the_login_to_the_dashboard(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("DAR ES SALAAM INSTITUTE OF TECHNOLOGY")).to_be_visible()
    page.get_by_label("Username").fill("officer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_text("On site now").first).to_be_visible()


def test_an_officer_finds_a_student_without_typing_the_accent(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/students/student/")
    page.fill("#searchbar", "wanjiku")
    page.press("#searchbar", "Enter")
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row.first).to_contain_text("Wanjikũ")
    portrait = row.first.locator("img.portrait")
    portrait.scroll_into_view_if_needed()
    page.wait_for_function("image => image.naturalWidth == 100", arg=portrait.element_handle())


def test_an_officer_changes_a_student_and_sees_it_saved(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/students/student/?q=wanjiku")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_text("Edit", exact=True).click()
    page.fill("#id_class_code", "IT2026C")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    expect(page.locator("#id_class_code")).to_have_value("IT2026C")
    kinds = page.get_by_role("navigation", name="Kinds")
    kinds.get_by_role("link", name="Changes", exact=True).click()
    expect(page.locator("#story li").first).to_contain_text("IT2026C")


def test_the_box_answers_while_one_types_wherever_one_is(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/people/import/")
    page.keyboard.press("Control+k")
    page.keyboard.type("wanjik")
    expect(page.locator("#finder .found")).to_contain_text("Wanjikũ")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Wanjikũ")


def test_one_escape_closes_the_box_also_with_words_in_it(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/people/import/")
    for words in ("", "wanjik"):
        page.keyboard.press("Control+k")
        expect(page.locator("#finder")).to_be_visible()
        page.keyboard.type(words)
        page.keyboard.press("Escape")
        expect(page.locator("#finder")).to_be_hidden()


def test_a_form_warns_before_it_loses_what_was_typed(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/students/student/add/")
    page.click("#id_surname")
    page.keyboard.type("Kweka")  # a browser asks only whoever has touched the page
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto("/admin/")
    assert asked == ["beforeunload"]


def test_a_number_in_use_is_said_on_its_field(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/security/securitypersonnel/add/")
    page.fill("#id_whole_name", "Somebody New")
    page.fill("#id_identifier", "SEC/0000/999")
    page.fill("#id_badge_number", "badge001")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Somebody with this badge number already exists.")).to_be_visible()


def test_a_cook_looks_but_changes_nothing(page: Page) -> None:
    sign_in(page, "kitchen")
    page.goto("/admin/students/student/?q=wanjiku")
    page.locator("#result_list tbody th a").first.click()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    expect(page.locator("#id_class_code")).to_have_count(0)


def test_the_documentation_shows_every_part_of_the_api(page: Page) -> None:
    page.goto("/api/docs/")
    for part in ("students", "staff", "security", "token"):
        expect(page.locator(f"#operations-tag-{part}")).to_be_visible()


def test_what_filters_and_views_open_stays_on_the_screen(page: Page) -> None:
    sign_in(page, "officer")
    page.goto("/admin/cards/card/")
    openers = page.locator("details.filter > summary").all()
    assert len(openers) > 5
    for opener in openers:
        opener.click()
        opened = opener.locator("xpath=following-sibling::*").bounding_box()
        assert opened is not None
        assert opened["x"] >= 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        opener.click()


def test_a_long_state_leaves_a_name_its_room_in_the_box(page: Page) -> None:
    page.set_extra_http_headers({"Accept-Language": "sw"})
    sign_in(page, "officer")
    page.keyboard.press("/")
    page.keyboard.type("twaha")
    found = page.locator("#finder li", has_text="Mwenye kadi haruhusiwi").first
    name = found.locator("a > span:not(.chip, .portrait)").bounding_box()
    assert name is not None
    assert name["width"] > 120
