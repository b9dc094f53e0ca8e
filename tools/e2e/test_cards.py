"""From the printed card to the phone that scans it, before and after the card is lost."""

from datetime import UTC, datetime

from playwright.sync_api import APIRequestContext, Page, expect

from tools.e2e.browsing import bearer, scanned, sign_in


def a_good_card(api: APIRequestContext, headers: dict[str, str]) -> str:
    """One of the demo's that a gate lets in, of somebody with a photo."""
    query = "student_status=Active&is_active=true&has_photo=true&page_size=50&search=DIT/"
    for student in api.get(f"/api/students/?{query}", headers=headers).json()["results"]:
        card = student["card"]
        if student["admitted"] != "ok" or card is None or not card["is_active"]:
            continue
        ends = card["expiry_date"]
        if ends is None or datetime.fromisoformat(ends) > datetime.now(UTC):
            return str(card["card_uuid"])
    raise AssertionError("nobody of the demo has a good card")


def test_a_phone_that_scans_a_card_sees_the_right_verdict_also_after_it_is_lost(
    page: Page,
) -> None:
    headers = bearer(page.request)
    card = f"/api/cards/{a_good_card(page.request, headers)}/"
    address = scanned(page.request.get(f"{card}print-student-card/", headers=headers).body())
    page.goto(address)
    expect(page.get_by_role("heading", name="Valid card")).to_be_visible()
    expect(page.get_by_text("Compare the photo")).to_be_visible()
    answer = page.request.post(
        f"{card}replace/", headers=headers, data={"reason": "lost", "generate_rfid": True}
    )
    new = f"/api/cards/{answer.json()['card_uuid']}/"
    page.goto(address)
    expect(page.get_by_role("heading", name="Not valid")).to_be_visible()
    expect(page.get_by_text("withdrawn")).to_be_visible()
    page.goto(scanned(page.request.get(f"{new}print-student-card/", headers=headers).body()))
    expect(page.get_by_role("heading", name="Valid card")).to_be_visible()


def test_an_officer_finds_a_card_by_its_holder(page: Page) -> None:
    sign_in(page, "officer")
    if page.locator(".menu-button").is_visible():
        page.locator(".menu-button").click()
    page.get_by_role("link", name="Cards", exact=True).last.click()
    page.fill("#searchbar", "wanjiku")
    page.press("#searchbar", "Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.locator("#result_list tbody th a").click()
    expect(page.get_by_text("Wanjikũ").first).to_be_visible()
