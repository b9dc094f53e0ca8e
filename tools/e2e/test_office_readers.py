"""A reader's life in the registration office: registered, tapping, with a new key, switched off."""

from uuid import uuid4

from playwright.sync_api import Page, expect

from tools.e2e.browsing import sign_in

CARD = "04E2E2E2"


def register(page: Page, name: str) -> str:
    """A new reader; the key as its page shows it."""
    page.goto("/admin/pos/device/")
    page.get_by_role("link", name="Register a reader").click()
    page.fill("#id_name", name)
    page.fill("#id_location", "Gate")
    page.select_option("#id_activity_type", "attendance")
    page.locator("[name=_save]").click()
    return shown_key(page)


def shown_key(page: Page) -> str:
    expect(page.get_by_role("heading", name="Key of")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the key")).to_be_visible()
    return page.locator("#key").inner_text()


def tap(page: Page, key: str) -> int:
    """As a reader sends it: with its key and nothing of the browser's session."""
    return page.request.post(
        "/api/pos/taps/",
        headers={"Authorization": f"Device {key}", "Cookie": ""},
        data={"card": CARD, "event_id": uuid4().hex},
    ).status


def test_a_reader_is_registered_taps_gets_a_new_key_and_is_switched_off(page: Page) -> None:
    sign_in(page, "admin")
    name = f"Gate {uuid4().hex[:6]}"
    key = register(page, name)
    assert tap(page, key) == 201

    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("just now")).to_be_visible()
    expect(page.get_by_text("Unknown card")).to_be_visible()
    page.get_by_role("link", name="All taps of this reader").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text(CARD)
    page.locator("#result_list tbody th a").click()
    expect(page.get_by_text("Denied. This card is not known here.")).to_be_visible()

    page.goto(f"/admin/pos/device/?q={name}")
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="New key").click()
    page.get_by_role("button", name="Make a new key").click()
    new = shown_key(page)
    assert (tap(page, key), tap(page, new)) == (401, 201)

    page.get_by_role("link", name="I have copied it").click()
    assert new not in page.content()
    page.get_by_role("link", name="Switch off").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text(f"{name} is off: its key opens nothing.")).to_be_visible()
    assert tap(page, new) == 401


def test_a_key_is_copied_by_a_button(page: Page) -> None:
    sign_in(page, "admin")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    key = register(page, f"Desk {uuid4().hex[:6]}")
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key


def test_a_phone_is_given_a_code(page: Page) -> None:
    sign_in(page, "admin")
    page.goto("/admin/pos/device/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Pair a phone or PC").click()
    page.get_by_role("button", name="Make a code").click()
    code = page.locator(".pairing-code").inner_text()
    assert len(code) == len("ABCD-EFGH")
    expect(page.get_by_role("img", name="The address with the code")).to_be_visible()


def test_a_report_is_chosen_and_downloaded(page: Page) -> None:
    sign_in(page, "attendance")
    page.goto("/admin/reports/")
    expect(page.get_by_label("Discipline")).to_have_count(0)
    expect(page.get_by_label("From", exact=False).last).to_be_hidden()
    page.get_by_label("Last month").check()
    page.locator("select[name=format]").select_option("csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith(".csv")
