"""The first Monday of a year: 800 students come, and get their cards.

How often a hand has to click for that is pinned: a page that asks for more than it did fails here.
"""

import csv
import io
import zipfile
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser

from tools.bench.stack import ROOT
from tools.e2e.walking import LANGUAGES, OFFICER, PASSWORD, Walker, walking

STUDENTS, CLASSES = 800, 20
IN_A_CLASS = STUDENTS // CLASSES
FACES = sorted((ROOT / "tools" / "demo" / "faces").glob("*.jpg"))
# What the list of the school calls its columns; the two differ, for what is said is remembered.
HEADINGS = {"en": ("Adm", "Called", "House of", "Room"), "sw": ("Nba", "Huyu", "Wa kwa", "Chumba")}
MEANINGS = ("Registration number", "First name", "Surname", "Class code")
CLICKS = 33
A_MINUTE = 60_000


def number_of(language: str, n: int) -> str:
    return f"{language.upper()}/2026/{n:04}"


def class_of(language: str, n: int) -> str:
    return f"{language.upper()} {n % CLASSES + 1:02}"


def list_of_the_school(language: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Shule ya Sekondari ya Kibo, 2026"])
    writer.writerow(HEADINGS[language])
    for n in range(STUDENTS):
        writer.writerow(
            [
                number_of(language, n),
                "Neema",
                f"Wa Kwanza {language.upper()} {n:03}",
                class_of(language, n),
            ]
        )
    return text.getvalue().encode()


def photos_of(language: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as together:
        for n in range(STUDENTS):
            name = number_of(language, n).replace("/", "_")
            together.writestr(f"{name}.jpg", FACES[n % len(FACES)].read_bytes())
    return archive.getvalue()


def codes_on(page: pypdfium2.PdfPage) -> set[str]:
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    picture = page.render(scale=300 / 72).to_pil()
    return {code.text for code in zxingcpp.read_barcodes(picture, formats=formats)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_800_students_get_their_cards_on_a_monday(
    browser: Browser, school: str, language: str, tmp_path: Path
) -> None:
    students, photos = tmp_path / "students.csv", tmp_path / "photos.zip"
    students.write_bytes(list_of_the_school(language))
    photos.write_bytes(photos_of(language))
    with walking(browser, school, language) as walker:
        walker.log_in(OFFICER, PASSWORD)
        bring_the_list(walker, students)
        bring_the_photos(walker, photos)
        issue_the_cards(walker)
        print_the_cards(walker)
        hand_out_to_a_class(walker, class_of(language, 0))
        assert walker.clicks == CLICKS


def bring_the_list(walker: Walker, file: Path) -> None:
    said = walker.said
    walker.go_to(said("Students"))
    walker.follow(said("Import", context="button"))
    walker.looks()
    walker.give(said("Choose a spreadsheet"), file)
    walker.press(said("Show what would change"))
    walker.sees(said("In the file"))
    walker.looks()
    for heading, meaning in zip(HEADINGS[walker.language], MEANINGS, strict=True):
        walker.choose(heading, said(meaning))
    walker.press(said("Show what would change"))
    walker.sees(said("Every row is good"), within=A_MINUTE)
    walker.looks()
    these = said("{number} student", "{number} students", number=STUDENTS)
    walker.press(said("Register {people}", people=these))
    walker.sees(
        said("{people} registered, {number:,} changed.", people=these, number=0), within=A_MINUTE
    )
    walker.looks()


def bring_the_photos(walker: Walker, file: Path) -> None:
    said = walker.said
    walker.follow(said("Photos for these {number:,}", number=STUDENTS))
    walker.looks()
    walker.give(said("A ZIP of pictures"), file)
    walker.press(said("Show what would happen"))
    walker.sees(said("{number:,} fit", number=STUDENTS), within=A_MINUTE)
    walker.looks()
    walker.press(said("Set the photos"))
    walker.sees(
        said("{number:,} photo set.", "{number:,} photos set.", number=STUDENTS), within=A_MINUTE
    )
    walker.looks()


def issue_the_cards(walker: Walker) -> None:
    said = walker.said
    walker.follow(said("Issue cards to these {number}", number=STUDENTS))
    walker.is_at(said("Issue cards to whoever came with an import?"))
    walker.press(said("Issue the cards"))
    walker.is_at(said("%(counter)s card issued", "%(counter)s cards issued", counter=STUDENTS))


def print_the_cards(walker: Walker) -> None:
    """On sheets; what a camera reads from the first and from the last is looked at."""
    said = walker.said
    walker.page.get_by_role("radio", name=said("A4 sheets")).check()
    walker.clicks += 1
    walker.press(said("Print %(counter)s card", "Print %(counter)s cards", counter=STUDENTS))
    walker.sees(said("All %(number)s cards are in one file.", number=STUDENTS), within=2 * A_MINUTE)
    walker.looks()
    with walker.page.expect_download() as download:
        walker.follow(said("Download the file"))
    sheets = pypdfium2.PdfDocument(download.value.path().read_bytes())
    assert len(sheets) == 2 * STUDENTS // 10
    assert [len(codes_on(sheets[side])) for side in (1, len(sheets) - 1)] == [10, 10]


def hand_out_to_a_class(walker: Walker, class_code: str) -> None:
    said = walker.said
    walker.go_to(said("Hand out cards"))
    walker.is_at(said("Hand out cards"))
    walker.follow(class_code)
    walker.is_at(said("Cards of %(group)s", group=class_code))
    walker.tick(said("Select all on this page"))
    away = f"Neema Wa Kwanza {walker.language.upper()} 000"
    walker.untick(said("%(name)s has received the card", name=away))
    walker.press(said("The ticked ones are received"))
    received = "{number} card is received.", "{number} cards are received."
    walker.sees(said(*received, number=IN_A_CLASS - 1))
    walker.looks()
