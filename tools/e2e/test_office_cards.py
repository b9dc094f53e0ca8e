"""An officer's Monday: one card from issue to loss and replacement, and a class at once."""

import io
from collections.abc import Iterator
from itertools import count
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Dialog, FilePayload, Page, expect

from people.tests.pictures import encoded, exif_of
from tools.e2e.browsing import CHROMIUM, QUIET, bearer, scanned, sign_in

A_CLASS = 20
_numbers = count(1)


def add_students(page: Page, number: int, class_code: str) -> list[str]:
    """New students of this class; returns where they are in the office."""
    headers = bearer(page.request)
    added = []
    for _ in range(number):
        n = next(_numbers)
        student = {
            "registration_number": f"E2E/{class_code}/{n:03}",
            "first_name": "Zawadi",
            "surname": f"Wa Jumatatu {n}",
            "class_code": class_code,
        }
        answer = page.request.post("/api/students/", headers=headers, data=student)
        added.append(f"/admin/students/student/{answer.json()['student_uuid']}/change/")
    return added


def codes_in(pdf: bytes) -> set[str]:
    pictures = [page.render(scale=300 / 72).to_pil() for page in pypdfium2.PdfDocument(pdf)]
    qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return {code.text for pic in pictures for code in zxingcpp.read_barcodes(pic, formats=qr)}


def printed(page: Page) -> str:
    """What the camera reads from the card that the button prints."""
    address = page.get_by_role("link", name="Print", exact=True).get_attribute("href")
    return scanned(page.request.get(str(address)).body())


def test_a_card_is_issued_printed_lost_and_replaced(page: Page) -> None:
    (address,) = add_students(page, 1, "ONE")
    sign_in(page, "officer")
    page.goto(address)
    expect(page.get_by_text("No card")).to_be_visible()
    page.get_by_role("button", name="Issue a card").click()
    expect(page.locator(".messagelist")).to_contain_text("is issued")
    first = page.locator(".card-number").inner_text()
    code = printed(page)
    page.get_by_role("button", name="Switch off").click()
    cards = page.locator("section.surface:not(#story)")  # the story tells of all this, too
    expect(cards.get_by_text("Switched off", exact=True)).to_be_visible()
    page.get_by_role("button", name="Activate").click()
    page.locator("summary", has_text="Replace").click()
    page.get_by_role("group", name="Reason").get_by_label("Lost").first.check()
    page.get_by_role("button", name="Replace the card").click()
    expect(cards.get_by_text("Retired: lost")).to_be_visible()
    expect(page.locator(".card-number")).not_to_have_text(first)
    assert printed(page) != code
    page.locator("summary", has_text="Report lost").click()
    page.locator("form[action$='/retire/']").get_by_label("Returned").check()
    page.get_by_role("button", name="Retire the card").click()
    expect(page.get_by_role("button", name="Issue a card")).to_be_visible()


def issue_to_class(page: Page, class_code: str) -> None:
    """By a selection where there is room for one, else from the line of the class."""
    assert page.viewport_size
    if page.viewport_size["width"] < 768:
        page.goto("/admin/cards/issue/")
        page.get_by_role("button", name=f"Issue {A_CLASS} cards to {class_code}").click()
        return
    page.goto(f"/admin/students/student/?class_code={class_code}")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label="Issue cards")
    page.get_by_role("button", name="Go").click()


def test_a_class_gets_its_cards_in_one_file(page: Page) -> None:
    assert page.viewport_size
    class_code = f"MON{page.viewport_size['width']}"
    add_students(page, A_CLASS, class_code)
    sign_in(page, "officer")
    issue_to_class(page, class_code)
    expect(page.get_by_role("heading", name=f"{A_CLASS} cards issued")).to_be_visible()
    page.get_by_role("button", name=f"Print {A_CLASS} cards").click()
    page.wait_for_url("**/admin/cards/printjob/**")
    page.evaluate("window.isTheSamePage = true")
    ready = page.get_by_text(f"All {A_CLASS} cards are in one file.")
    expect(ready).to_be_visible(timeout=30_000)
    assert page.evaluate("window.isTheSamePage")  # it got there without reloading
    expect(page.get_by_text("No photo: the card shows initials.").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file").click()
    assert len(codes_in(download.value.path().read_bytes())) == A_CLASS
    page.goto("/admin/")
    expect(page.get_by_text("print file is ready")).to_have_count(0)


def test_the_box_on_the_home_page_opens_the_one_it_finds(page: Page) -> None:
    sign_in(page, "officer")
    page.keyboard.press("/")
    page.keyboard.type("wanjiku")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Wanjikũ")


def a_file(content: bytes) -> FilePayload:
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content}


def test_a_photo_is_put_on_and_refused_on_its_field(page: Page) -> None:
    assert page.viewport_size
    (address,) = add_students(page, 1, f"PIC{page.viewport_size['width']}")
    sign_in(page, "officer")
    page.goto(address)
    page.get_by_text("Edit", exact=True).click()
    page.locator("#id_new_photo").set_input_files(files=[a_file(b"no picture")])
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".field-new_photo .errorlist")).to_contain_text("not a readable")
    picture = io.BytesIO()
    Image.new("RGB", (480, 600), "tan").save(picture, "JPEG")
    page.locator("#id_new_photo").set_input_files(files=[a_file(picture.getvalue())])
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("img.portrait.large")).to_be_visible()


def test_a_cook_finds_people_and_sees_no_buttons(page: Page) -> None:
    sign_in(page, "kitchen")
    page.goto("/admin/find/?q=wanjiku")
    expect(page.locator("h1")).to_contain_text("Wanjikũ")
    for name in ("Print", "Switch off", "Replace", "Issue a card"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


# --- photos at the desk ---------------------------------------------------------------------------


def photo_of(page: Page, office_address: str) -> Image.Image:
    student = office_address.split("/")[-3]
    answer = page.request.get(f"/api/students/{student}/", headers=bearer(page.request)).json()
    return Image.open(io.BytesIO(page.request.get(answer["photo_url"]).body()))


def from_a_telephone() -> FilePayload:
    """48 megapixels, red at the left and green at the right, from one that was held upside down."""
    picture = Image.new("RGB", (8000, 6000), (0, 160, 0))
    picture.paste((200, 0, 0), (4000, 0, 8000, 6000))
    content = encoded(picture, exif=exif_of(3))
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": content}


@pytest.fixture
def camera_page(browser: Browser, address: str) -> Iterator[Page]:
    """With Chromium's own picture in place of a camera."""
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    options: dict[str, Any] = {"executable_path": CHROMIUM, "args": [*QUIET, *fake]}
    with browser.browser_type.launch(**options) as chromium:
        page = chromium.new_context(base_url=address).new_page()
        trouble: list[str] = []
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        yield page
        assert trouble == []


SLOW_CAMERA = """
window.streams = [];
const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
devices.getUserMedia = async (wanted) => {
  await new Promise((done) => setTimeout(done, 200));
  window.streams.push(await ask(wanted));
  return window.streams.at(-1);
};
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = async function () {
  await new Promise((done) => { window.begin = done; });
  return play.call(this);
};
"""


def test_a_camera_starts_once_and_gives_no_picture_before_it_shows_one(camera_page: Page) -> None:
    page = camera_page
    add_students(page, 1, "SLOW")
    page.add_init_script(SLOW_CAMERA)
    sign_in(page, "officer")
    page.goto("/admin/people/photos/desk/?kind=student&class_code=SLOW")
    camera = page.get_by_role("button", name="Camera")
    camera.evaluate("button => { button.click(); button.click(); }")
    page.wait_for_function("() => window.begin")
    take = page.get_by_role("button", name="Take the picture")
    expect(take).to_be_hidden()
    page.evaluate("window.begin()")
    take.click()
    expect(page.get_by_role("button", name="Turn")).to_be_visible()
    assert page.evaluate("window.streams.length") == 1


def test_again_forgets_the_picture_and_nothing_else_that_would_be_lost(camera_page: Page) -> None:
    page = camera_page
    (address,) = add_students(page, 1, "LOST")
    sign_in(page, "officer")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)

    def is_asked_after(*steps: str, typed: str = "") -> bool:
        asked.clear()
        page.goto(f"{address}?edit=1")
        if typed:
            page.locator("#id_surname").press_sequentially(typed)
        for name in steps:
            page.get_by_role("button", name=name).click()
        page.goto("/admin/")
        return asked == ["beforeunload"]

    assert is_asked_after("Camera", "Take the picture")
    assert not is_asked_after("Camera", "Take the picture", "Again")
    assert is_asked_after("Camera", "Take the picture", "Again", typed="x")


def test_a_class_is_photographed_one_after_the_other(camera_page: Page) -> None:
    page = camera_page
    first, second = add_students(page, 2, "FOTO")
    sign_in(page, "officer")
    page.goto("/admin/students/student/?class_code=FOTO")
    page.locator(".object-tools").get_by_role("link", name="Take photos").click()
    expect(page.locator(".subtitle")).to_have_text("2 students without a photo: Class code: FOTO")
    name = page.locator(".portrait-desk h2").inner_text()
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("button", name="Take the picture").click()
    page.get_by_role("button", name="Again").click()
    page.get_by_role("button", name="Take the picture").click()
    page.get_by_role("button", name="Keep, and the next").click()
    expect(page.locator(".messagelist")).to_contain_text(f"{name} has a photo.")
    expect(page.locator(".subtitle")).to_have_text("1 student without a photo: Class code: FOTO")
    expect(page.get_by_role("button", name="Take the picture")).to_be_visible()  # it is on already
    page.get_by_label("Picture", exact=True).set_input_files(from_a_telephone())
    page.get_by_role("button", name="Turn").click()
    portrait = page.locator(".portrait-frame canvas")
    portrait.press("+")
    portrait.press("ArrowUp")
    portrait.drag_to(
        portrait, source_position={"x": 90, "y": 90}, target_position={"x": 90, "y": 95}
    )
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".nothing")).to_have_text("Everybody here has a photo.")
    for shot in (photo_of(page, first), photo_of(page, second)):
        assert shot.width / shot.height == pytest.approx(319 / 410, abs=0.01)
    assert shot.size == (638, 820)
    red, _, _ = shot.convert("RGB").getpixel((300, 20))  # type: ignore[misc]
    _, green, _ = shot.convert("RGB").getpixel((300, 800))  # type: ignore[misc]
    assert (red > 150, green > 120) == (True, True)
