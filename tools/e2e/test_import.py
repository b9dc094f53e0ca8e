"""An officer brings a class from a spreadsheet, with a slip in it."""

import csv
import io
import secrets
from pathlib import Path

from playwright.sync_api import Page, expect

from tools.e2e.browsing import sign_in


def new_prefix() -> str:
    """Other people each time: on a phone and at the desk it is the same database."""
    return f"NEW{secrets.token_hex(3).upper()}"


def class_list(prefix: str, *, bad_row: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Registration number", "First name", "Surname", "Class code", "Date of birth"])
    for number in range(1, 21):
        born = "31/02/2005" if bad_row and number == 7 else "28/02/2005"
        # Of one name and birth date they would be doubles, also of those of another walk.
        name = f"{prefix} {chr(64 + number)}"
        writer.writerow([f"{prefix}/{number:04}", "Rehema", name, prefix, born])
    return text.getvalue()


def upload(page: Page, file: Path) -> None:
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Show what would change").click()
    page.wait_for_url("**/change/")


def test_an_officer_imports_a_class_after_correcting_a_row(page: Page, tmp_path: Path) -> None:
    prefix = new_prefix()
    file = tmp_path / "class.csv"
    sign_in(page, "officer")
    page.goto("/admin/students/student/")
    page.get_by_role("link", name="Import", exact=True).click()
    file.write_text(class_list(prefix, bad_row=True))
    upload(page, file)
    expect(page.get_by_text("One row is refused: nothing is imported yet")).to_be_visible()
    refused = page.locator(".rows tbody tr")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("31/02/2005")
    page.get_by_role("link", name="Upload the corrected file").click()
    file.write_text(class_list(prefix, bad_row=False))
    upload(page, file)
    page.get_by_role("button", name="Register 20 students").click()
    expect(page.get_by_text("20 students registered, 0 changed.")).to_be_visible()
    page.goto(f"/admin/students/student/?q={prefix}")
    expect(page.locator("#result_list tbody tr")).to_have_count(20)


def test_the_good_rows_go_first_and_the_rest_comes_as_a_file(page: Page, tmp_path: Path) -> None:
    prefix = new_prefix()
    file = tmp_path / "class.csv"
    sign_in(page, "officer")
    page.goto("/admin/people/import/add/?kind=student")
    file.write_text(class_list(prefix, bad_row=True))
    upload(page, file)
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [(row["row"], row["Registration number"]) for row in rows] == [("8", f"{prefix}/0007")]
    page.get_by_role("button", name="Go on with the other 19").click()
    page.get_by_role("button", name="Register 19 students").click()
    expect(page.get_by_text("19 students registered")).to_be_visible()
