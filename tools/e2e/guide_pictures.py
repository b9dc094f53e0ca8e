"""Take a picture of each task of docs/officers.md, from the demo, as `tools.e2e.pictures` says.

By section: where its task is done, and what is pressed or opened before the picture is taken.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page

from office.help import sections
from tools.e2e.browsing import bearer, scanned, sign_in

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "officers"
SIZE = {"width": 900, "height": 560}
MOST_BYTES = 40_000
STUDENTS = "/admin/students/student/"
ONE = "#result_list tbody th a"
IMPORTS = "/admin/people/import/"
LIST, ALBUM = "students-2027.csv", "CD2025A.zip"
FACES = sorted((Path(__file__).parents[1] / "demo" / "faces").rglob("*.jpg"))


class Shot(NamedTuple):
    """`press` are elements that are clicked one after the other; `show` is brought into sight."""

    address: str
    press: tuple[str, ...] = ()
    show: str = ""
    username: str = "admin"


PERSON = f"{STUDENTS}?q=wanjiku"
SHOTS = {
    "the-language": Shot("/admin/", (".menu-button",), ".whoami form.languages"),
    "the-dashboard": Shot("/"),
    "today": Shot("/admin/"),
    "set-a-new-installation-up": Shot("/admin/settings/institution/"),
    "settings": Shot("/admin/settings/"),
    "find-somebody": Shot("/admin/find/?q=juma"),
    "my-class-today": Shot("/admin/my-class/", username="teacher"),
    "take-a-list-away": Shot(STUDENTS, show=".taken-away, #result_list tbody tr:last-child"),
    "print-a-page": Shot("/admin/attendance/on-site/"),
    "everything-about-one-person": Shot(PERSON, (ONE,)),
    "bring-people-in-from-a-spreadsheet": Shot("/admin/people/import/add/?kind=student"),
    "what-an-import-makes-of-a-list": Shot(IMPORTS, (f"{ONE}:has-text('{LIST}')",)),
    "photos-of-a-whole-class": Shot(
        IMPORTS, (f"{ONE}:has-text('{ALBUM}')",), ".album tbody tr:nth-child(2)"
    ),
    "change-many-students-at-once-and-the-years-end": Shot("/admin/students/year-end/"),
    "take-it-back": Shot("/admin/people/deed/"),
    "give-out-cards-at-the-desk": Shot("/admin/cards/desk/"),
    "issue-cards-to-a-class": Shot("/admin/cards/issue/"),
    "print-cards": Shot("/admin/cards/printjob/"),
    "when-a-print-goes-wrong-or-is-wanted-again": Shot("/admin/cards/idcardprintlog/"),
    "a-visitor-comes": Shot("/admin/visitors/visitor/add/"),
    "a-card-is-lost-stolen-damaged-or-forgotten": Shot(
        PERSON, (ONE, "summary:has-text('Replace')"), "summary:has-text('Replace')"
    ),
    "what-cards-look-like-and-where-the-printer-puts-it": Shot("/admin/cards/printer/"),
    "hand-cards-out": Shot("/admin/cards/hand-out/", (".groups a",)),
    "card-numbers-from-a-list": Shot("/admin/cards/numbers/"),
    "cards-that-expire-soon": Shot("/admin/cards/card/"),
    "temporary-cards": Shot(
        PERSON, (ONE, "summary:has-text('Give a temporary card')"), "#lend-text"
    ),
    "photos": Shot("/admin/people/photos/desk/?kind=student"),
    "somebody-has-left": Shot("/admin/retention/"),
    "consent": Shot(PERSON, (ONE,), "h2:has-text('Consent')"),
    "who-looked": Shot("/admin/people/access/"),
    "a-day-of-attendance": Shot("/admin/attendance/day/"),
    "why-is-it-so": Shot("/admin/attendance/day/", ("#register tbody th a",)),
    "correct-a-day": Shot("/admin/attendance/day/", ("#register tbody a.correct",)),
    "somebody-is-away": Shot("/admin/attendance/absence/add/"),
    "when-people-are-expected": Shot("/admin/attendance/schedule/"),
    "holidays": Shot("/admin/attendance/holiday/add/"),
    "bring-absences-or-holidays-from-a-list": Shot("/admin/attendance/absences/import/"),
    "close-a-day-open-it-again": Shot("/admin/attendance/closing/"),
    "who-is-on-site": Shot("/admin/attendance/on-site/"),
    "roll-call": Shot("/admin/attendance/roll-calls/"),
    "end-a-roll-call": Shot("/admin/attendance/roll-calls/", ("table th a",)),
    "meals": Shot("/admin/kitchen/now/"),
    "meal-periods": Shot("/admin/kitchen/mealperiod/"),
    "serve-by-name": Shot("/admin/kitchen/serve/"),
    "discipline": Shot("/admin/discipline/incident/add/"),
    "points-who-has-few-and-what-follows": Shot("/admin/discipline/pointsleft/"),
    "guardians-and-notices": Shot("/admin/notifications/guardian/"),
    "reports": Shot("/admin/reports/"),
    "readers": Shot("/admin/pos/device/"),
    "terminals-of-other-makers": Shot("/admin/doors/knocking/"),
    "what-readers-sent": Shot("/admin/pos/tap/"),
    "is-this-card-genuine": Shot("/admin/cards/idcardverificationlog/"),
    "administrators": Shot("/admin/who-may-what/"),
    "two-steps": Shot("/admin/two-steps/"),
}


def take_all(page: Page, taken: Callable[[Page], Image.Image]) -> None:
    assert set(SHOTS) == set(sections()), set(SHOTS) ^ set(sections())
    FOLDER.mkdir(exist_ok=True)
    leave_traces(page)
    for username in ("admin", "teacher"):
        page.context.clear_cookies()
        sign_in(page, username)
        if username == "admin":
            bring_files(page)
        for slug, shot in SHOTS.items():
            if shot.username == username:
                show(page, shot)
                (FOLDER / f"{slug}.png").write_bytes(small(taken(page)))


def leave_traces(page: Page) -> None:
    """In lists that the demo leaves empty: an import, a print, somebody who looked, and a drill."""
    api, headers = page.request, bearer(page.request, "admin")
    rows = b"registration_number,first_name,surname\nDIT/2026/09001,Neema,Mollel\n"
    file = {"name": "new-students.csv", "mimeType": "text/csv", "buffer": rows}
    said = {"file": file, "dry_run": "false"}
    api.post("/api/students/import/", headers=headers, multipart=said)  # type: ignore[arg-type]
    cards = api.get("/api/cards/?retired=false&page_size=12", headers=headers).json()["results"]
    uuids = [card["card_uuid"] for card in cards if card["card_type"] == "student"]
    for uuid in uuids[:3]:
        address = f"/api/cards/{uuid}/print-student-card/"
        printed = api.get(address, headers=headers).body()
        api.get(urlsplit(scanned(printed)).path)
    api.post("/api/cards/bulk-print/", headers=headers, data={"card_uuids": uuids, "layout": "a4"})
    api.get("/api/students/?format=csv", headers=headers)
    drill = {"is_drill": True, "name": "Drill of the term", "place": "Football field"}
    api.post("/api/attendance/roll-calls/", headers=headers, data=drill)


def bring_files(page: Page) -> None:
    """A list and an album, which wait for an officer's decision."""
    rows = (
        b"registration_number,first_name,surname,class_code\nDIT/2027/00001,Neema,Mollel,CS2027A\n"
    )
    give(page, "/admin/people/import/add/?kind=student", LIST, rows)
    query = "/api/students/?class_code=CD2025A&page_size=3"
    students = page.request.get(query, headers=bearer(page.request, "admin")).json()["results"]
    with zipfile.ZipFile(album := io.BytesIO(), "w") as together:
        for student, face in zip(students, FACES, strict=False):
            name = student["registration_number"].replace("/", "_")
            together.writestr(f"{name}.jpg", face.read_bytes())
    give(page, "/admin/people/photos/?kind=student", ALBUM, album.getvalue())


def give(page: Page, address: str, name: str, content: bytes) -> None:
    page.goto(address)
    page.set_input_files(
        "#file", {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url(f"**{IMPORTS}*/change/")


def show(page: Page, shot: Shot) -> None:
    page.goto(shot.address)
    for element in shot.press:
        page.locator(element).first.click()
    if shot.show:
        page.locator(shot.show).first.scroll_into_view_if_needed()


def small(picture: Image.Image) -> bytes:
    """With as many colours as the page of a book may have."""
    for colours in (128, 64, 32, 16):
        few = picture.convert("RGB").quantize(colours, method=Image.Quantize.MEDIANCUT)
        few.save(file := io.BytesIO(), "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()
