import io
import random
import re
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, PngImagePlugin
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from files.moving import names_in
from office.chips import portrait
from people import media, photos
from people.tests.kinds import KINDS, STUDENTS, Kind
from people.tests.pictures import (
    COLOURS,
    CORNER,
    FIRST_ROW_AND_COLUMN,
    adobe_rgb,
    chunk,
    colour_profile,
    decoded,
    encoded,
    exif_of,
    jpeg,
    noise,
    plain,
    png_bomb,
    png_header,
    turned_scene,
)

pytestmark = [
    pytest.mark.django_db,
    # Pillow tells its user about odd files; here that is the log.
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
]

Committing = Callable[..., AbstractContextManager[Any]]


def address(person: Any, kind: Kind = STUDENTS) -> str:
    return f"{kind.url}{person.pk}/photo/"


def put(client: APIClient, url: str, content: bytes, name: str = "me.jpg", **headers: str) -> Any:
    file = SimpleUploadedFile(name, content, "image/jpeg")
    return client.put(url, {"photo": file}, format="multipart", headers=headers)


def stored(response: Any) -> Image.Image:
    """What the world sees at the `photo_url` of this answer."""
    assert response.status_code == 200, response.content
    return decoded(served(path(response)))


def served(photo: str) -> bytes:
    return Client().get(photo).getvalue()


def path(response: Any) -> str:
    return str(urlsplit(response.json()["photo_url"]).path)


def files() -> list[str]:
    return list(names_in(default_storage))


def assert_close(pixel: Any, colour: tuple[int, int, int]) -> None:
    assert all(abs(a - b) < 25 for a, b in zip(pixel, colour, strict=True)), (pixel, colour)


# --- what is taken ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_a_picture_becomes_the_photo(officer: APIClient, kind: Kind, picture_format: str) -> None:
    person = kind.add()
    response = put(officer, address(person, kind), encoded(plain(), picture_format))
    assert re.fullmatch(
        r"http://testserver/media/photos/[0-9a-f]{32}\.jpg", response.json()["photo_url"]
    )
    image = stored(response)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 80))
    assert_close(image.getpixel((30, 30)), (200, 100, 50))
    read = officer.get(f"{kind.url}{person.pk}/")
    assert read.json()["photo_url"] == response.json()["photo_url"]
    assert read["ETag"] == response["ETag"]


def test_a_photo_is_served_as_nothing_but_an_image(officer: APIClient) -> None:
    response = Client().get(path(put(officer, address(STUDENTS.add()), jpeg())))
    assert response.getvalue().startswith(b"\xff\xd8\xff")
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_browser_asks_again_soon_and_an_address_ends_with_its_photo(
    officer: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    person = STUDENTS.add()
    at, browser = path(put(officer, address(person), jpeg())), Client()
    first = browser.get(at)
    assert first.getvalue()
    assert first["Cache-Control"] == "private, max-age=300, must-revalidate"
    again = browser.get(at, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    with django_capture_on_commit_callbacks(execute=True):
        other = path(put(officer, address(person), jpeg()))
    assert browser.get(at, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 404
    assert browser.get(other, HTTP_IF_NONE_MATCH=first["ETag"]).getvalue()


def test_a_list_shows_a_small_photo_which_a_browser_keeps_as_long_as_the_other(
    officer: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    person, browser = STUDENTS.add(), Client()
    whole = path(put(officer, address(person), jpeg((638, 820))))
    person.refresh_from_db()
    (small,) = re.findall('src="([^"]+)"', portrait(photo=person.photo, name="Asha"))
    assert small == whole.replace("/photos/", "/photos/small/")
    first = browser.get(small)
    assert decoded(first.getvalue()).size == (98, 125)
    assert first["Cache-Control"] == browser.get(whole)["Cache-Control"]
    assert first["X-Content-Type-Options"] == "nosniff"
    again = browser.get(small, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    with django_capture_on_commit_callbacks(execute=True):
        officer.delete(address(person), headers={"If-Match": "*"})
    assert browser.get(small).status_code == 404
    assert browser.get(small, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 404


def test_a_small_photo_is_made_once_and_one_that_cannot_be_made_is_not_found(
    officer: APIClient,
) -> None:
    whole = path(put(officer, address(STUDENTS.add()), jpeg((638, 820))))
    at = whole.replace("/photos/", "/photos/small/")
    media.small.cache_clear()
    assert served(at) == served(at)
    assert (media.small.cache_info().misses, media.small.cache_info().hits) == (1, 1)
    spoilt_name = default_storage.save(f"photos/{'0' * 32}.jpg", ContentFile(b"\xff\xd8\xff"))
    assert Client().get(f"/media/photos/small/{Path(spoilt_name).name}").status_code == 404


@pytest.mark.parametrize("orientation", FIRST_ROW_AND_COLUMN)
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_a_picture_is_turned_upright(
    officer: APIClient, orientation: int, picture_format: str
) -> None:
    scene = turned_scene(orientation)
    options = {"quality": 95, "subsampling": 0} if picture_format == "JPEG" else {}
    content = encoded(scene, picture_format, exif=exif_of(orientation), **options)
    image = stored(put(officer, address(STUDENTS.add()), content))
    assert image.size == ((160, 120) if orientation < 5 else (120, 160))
    places = {"top": 10, "left": 10, "bottom": image.height - 10, "right": image.width - 10}
    for (vertical, horizontal), colour in COLOURS.items():
        assert_close(image.getpixel((places[horizontal], places[vertical])), colour)
    assert CORNER > 10


def test_a_palette_picture_is_turned_as_well(officer: APIClient) -> None:
    content = encoded(turned_scene(6).convert("P"), "PNG", exif=exif_of(6))
    assert stored(put(officer, address(STUDENTS.add()), content)).size == (120, 160)


@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif"])
def test_broken_camera_data_do_not_spoil_a_good_picture(officer: APIClient, exif: bytes) -> None:
    content = encoded(plain(), exif=exif)
    assert stored(put(officer, address(STUDENTS.add()), content)).size == (64, 80)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_a_photo_carries_nothing_but_pixels(officer: APIClient, picture_format: str) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "Secret Place")
    content = encoded(
        plain(),
        picture_format,
        exif=exif_of(1),
        icc_profile=colour_profile(),
        dpi=(300, 300),
        **({"comment": b"Secret Place"} if picture_format == "JPEG" else {"pnginfo": notes}),
    )
    assert b"Secret Camera" in content
    image = stored(put(officer, address(STUDENTS.add()), content))
    assert not image.getexif()
    assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    file = default_storage.open(files()[0]).read()
    assert b"Secret" not in file
    assert b"ICC_PROFILE" not in file


def transparent() -> Image.Image:
    image = Image.new("RGBA", (64, 64), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 32, 64))
    return image


def test_transparent_parts_become_white(officer: APIClient) -> None:
    image = stored(put(officer, address(STUDENTS.add()), encoded(transparent(), "PNG")))
    assert_close(image.getpixel((8, 8)), (255, 255, 255))
    assert_close(image.getpixel((56, 56)), (200, 0, 0))


def test_a_transparent_colour_of_a_palette_becomes_white(officer: APIClient) -> None:
    image = Image.new("P", (64, 64), 0)
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.paste(1, (32, 0, 64, 64))
    content = encoded(image, "PNG", transparency=0)
    photo = stored(put(officer, address(STUDENTS.add()), content))
    assert_close(photo.getpixel((8, 8)), (255, 255, 255))
    assert_close(photo.getpixel((56, 56)), (200, 0, 0))


@pytest.mark.parametrize(
    ("content", "colour"),
    [
        (encoded(Image.new("L", (40, 40), 90)), (90, 90, 90)),
        (encoded(Image.new("L", (40, 40), 90), "PNG"), (90, 90, 90)),
        (encoded(Image.new("LA", (40, 40), (90, 255)), "PNG"), (90, 90, 90)),
        (encoded(Image.new("1", (40, 40), 0), "PNG"), (0, 0, 0)),
        (encoded(Image.new("I;16", (40, 40), 90 * 256), "PNG"), (90, 90, 90)),
        (encoded(plain(colour=(9, 90, 200)), "PNG", transparency=(1, 2, 3)), (9, 90, 200)),
        (encoded(plain().convert("CMYK")), (200, 100, 50)),
        (encoded(plain(), progressive=True), (200, 100, 50)),
        (encoded(plain(), "MPO", save_all=True, append_images=[plain()]), (200, 100, 50)),
        (encoded(plain(), "PNG", save_all=True, append_images=[plain()]), (200, 100, 50)),
    ],
    ids=[
        "grey JPEG",
        "grey",
        "grey with alpha",
        "black and white",
        "16-bit grey",
        "colour key",
        "CMYK",
        "progressive",
        "a phone's JPEG with a depth map",
        "animated PNG",
    ],
)
def test_colours_are_kept_in_every_mode(
    officer: APIClient, content: bytes, colour: tuple[int, int, int]
) -> None:
    image = stored(put(officer, address(STUDENTS.add()), content))
    assert_close(image.getpixel((20, 20)), colour)


@pytest.mark.parametrize(
    ("image", "picture_format"),
    [
        (plain(colour=(126, 90, 64)), "JPEG"),
        (plain(colour=(126, 90, 64)), "PNG"),
        (Image.new("RGBA", (64, 80), (126, 90, 64, 255)), "PNG"),
    ],
)
def test_colours_of_another_profile_become_those_of_screens(
    officer: APIClient, image: Image.Image, picture_format: str
) -> None:
    content = encoded(image, picture_format, icc_profile=adobe_rgb())
    photo = stored(put(officer, address(STUDENTS.add()), content))
    pixel = photo.getpixel((30, 30))
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) < 4 for a, b in zip(pixel, (139, 90, 60), strict=True)), pixel


@pytest.mark.parametrize("profile", [b"rubbish", adobe_rgb()[:200]])
def test_a_broken_profile_does_not_spoil_a_good_picture(officer: APIClient, profile: bytes) -> None:
    content = encoded(plain(), icc_profile=profile)
    assert_close(
        stored(put(officer, address(STUDENTS.add()), content)).getpixel((9, 9)), (200, 100, 50)
    )


def test_a_profile_of_other_colours_than_the_pictures_is_passed_over(officer: APIClient) -> None:
    content = encoded(Image.new("L", (40, 40), 90), icc_profile=adobe_rgb())
    assert_close(
        stored(put(officer, address(STUDENTS.add()), content)).getpixel((9, 9)), (90, 90, 90)
    )


@pytest.mark.parametrize(("size", "bounded"), [((3000, 1500), (820, 410)), ((2, 1640), (1, 820))])
def test_a_large_picture_is_reduced(
    officer: APIClient, size: tuple[int, int], bounded: tuple[int, int]
) -> None:
    assert stored(put(officer, address(STUDENTS.add()), jpeg(size))).size == bounded


def test_a_small_picture_is_not_enlarged(officer: APIClient) -> None:
    assert stored(put(officer, address(STUDENTS.add()), jpeg((1, 1)))).size == (1, 1)


def test_the_decoder_itself_reduces_a_camera_picture() -> None:
    with Image.open(io.BytesIO(jpeg((6000, 4000)))) as image:
        photos._bounded(image)
        assert image.decoderconfig[0] == 4  # a quarter of the size, a sixteenth of the memory


# --- what is refused ----------------------------------------------------------------------------


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", jpeg())
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        encoded(plain().convert("P"), "GIF"),
        encoded(plain(), "BMP"),
        encoded(plain(), "WEBP"),
        encoded(plain(), "TIFF"),
        encoded(plain(), "ICO"),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><script>alert(1)</script></html>",
        zipped(),
        b"%PDF-1.7\n",
        jpeg()[:-100],
        encoded(noise((200, 200)))[:5000],
        encoded(noise((200, 200)), "PNG")[:5000],
        jpeg()[:20],
        b"\xff\xd8\xff",
        png_header(10, 10),
        png_header(10, 10) + chunk(b"IEND", b""),
        png_header(0, 10) + chunk(b"IEND", b""),
        b"\0" * 1000,
        b"x",
    ],
    ids=[
        "GIF",
        "BMP",
        "WEBP",
        "TIFF",
        "ICO",
        "SVG",
        "HTML",
        "ZIP",
        "PDF",
        "cut JPEG",
        "half a JPEG",
        "half a PNG",
        "a JPEG's head",
        "a JPEG's first bytes",
        "a PNG's head",
        "PNG without pixels",
        "PNG of no width",
        "zeros",
        "one byte",
    ],
)
def test_only_pictures_are_taken_whatever_their_name(officer: APIClient, content: bytes) -> None:
    response = put(officer, address(STUDENTS.add()), content)
    assert response.status_code == 400
    assert response.json() == {
        "error": "This is not a readable JPEG or PNG picture.",
        "detail": "This is not a readable JPEG or PNG picture.",
        "code": "invalid_photo",
    }
    assert files() == []


@pytest.mark.parametrize(
    "content",
    [
        jpeg() + bytes(5 * 2**20),
        jpeg() + bytes(13 * 2**20),
        jpeg((4001, 6000)),
        encoded(Image.new("1", (6000, 4001)), "PNG"),
        png_bomb(20_000, 20_000),
        png_bomb(60_000, 60_000),
        png_bomb(5_000, 5_000),
    ],
    ids=["5 MB", "13 MB", "24 MP JPEG", "24 MP PNG", "400 MP bomb", "3600 MP bomb", "25 MP bomb"],
)
def test_what_is_too_large_is_refused(officer: APIClient, content: bytes) -> None:
    response = put(officer, address(STUDENTS.add()), content)
    assert response.status_code == 413
    assert response.json().keys() == {"detail", "code"}
    assert files() == []


def test_the_largest_picture_is_taken(officer: APIClient) -> None:
    content = jpeg((6000, 4000))
    padded = content + bytes(5 * 2**20 - len(content))
    assert put(officer, address(STUDENTS.add()), padded).status_code == 200


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "No file was submitted."),
        ({"photo": "me.jpg"}, "The submitted data was not a file. Check the encoding type on"),
        ({"photo": SimpleUploadedFile("me.jpg", b"")}, "The submitted file is empty."),
    ],
    ids=["nothing", "text", "empty"],
)
def test_without_a_file_the_field_is_named(
    officer: APIClient, form: dict[str, Any], message: str
) -> None:
    response = officer.put(address(STUDENTS.add()), form, format="multipart")
    assert response.status_code == 400
    assert response.json()["photo"][0].startswith(message)


def test_a_file_in_another_field_is_refused_on_that(officer: APIClient) -> None:
    form = {"picture": SimpleUploadedFile("me.jpg", jpeg())}
    response = officer.put(address(STUDENTS.add()), form, format="multipart")
    assert response.status_code == 400
    assert list(response.json()) == ["picture"]


def test_json_is_not_a_picture(officer: APIClient) -> None:
    response = officer.put(address(STUDENTS.add()), {"photo": "aGVsbG8="})
    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n", b"\xff" * 50])
def test_a_broken_form_is_refused(officer: APIClient, body: bytes) -> None:
    response = officer.put(
        address(STUDENTS.add()), body, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code == 400


def samples() -> list[bytes]:
    picture = noise((48, 32))
    options: dict[str, Any] = {"exif": exif_of(6), "icc_profile": colour_profile()}
    return [
        encoded(picture, comment=b"note", **options),
        encoded(picture, progressive=True, exif=exif_of(3)),
        encoded(picture, "PNG", **options),
        encoded(picture.convert("P"), "PNG", transparency=3),
        encoded(transparent(), "PNG"),
        encoded(Image.new("I;16", (20, 20), 40000), "PNG"),
    ]


def spoilt(content: bytes, dice: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 8])):
        # Most of what a decoder believes stands in the first bytes.
        place = dice.randrange(len(data) if dice.random() < 0.4 else min(len(data), 700))
        match dice.randrange(3):
            case 0:
                data[place] = dice.choice([0, 255, dice.randrange(256)])
            case 1:
                del data[place : place + dice.randrange(1, 9)]
            case _:
                data[place:place] = data[place : place + dice.randrange(1, 20)]
    return with_checksums(bytes(data)) if dice.random() < 0.5 else bytes(data)


def with_checksums(content: bytes) -> bytes:
    """A PNG whose spoilt pieces have right checksums again, so that they are looked into."""
    if not content.startswith(b"\x89PNG"):
        return content
    pieces, rest = [content[:8]], content[8:]
    while len(rest) >= 12 and len(rest) >= 12 + (size := int.from_bytes(rest[:4])):
        pieces.append(chunk(rest[4:8], rest[8 : 8 + size]))
        rest = rest[12 + size :]
    return b"".join(pieces) + rest


def test_a_spoilt_file_is_a_photo_or_a_refusal() -> None:
    dice, originals = random.Random(2026), samples()  # noqa: S311
    refused = 0
    for _ in range(1500):
        content = spoilt(dice.choice(originals), dice)
        try:
            photos.prepared(io.BytesIO(content), size=len(content))
        except photos.PhotoRefused:
            refused += 1
    assert 300 < refused < 1400


def test_a_spoilt_file_is_answered_as_such(officer: APIClient) -> None:
    dice, originals, url = random.Random(7), samples(), address(STUDENTS.add())  # noqa: S311
    answers = {
        put(officer, url, spoilt(dice.choice(originals), dice)).status_code for _ in range(60)
    }
    assert answers == {200, 400}


# --- replacing, removing ------------------------------------------------------------------------


def test_a_replaced_photo_has_a_new_address_and_the_old_one_is_gone(
    officer: APIClient, django_capture_on_commit_callbacks: Committing
) -> None:
    url = address(STUDENTS.add())
    old = put(officer, url, jpeg())
    with django_capture_on_commit_callbacks(execute=True):
        new = put(officer, url, encoded(plain(colour="blue")))
    assert path(new) != path(old)
    assert new["ETag"] != old["ETag"]
    assert files() == [f"photos/{Path(path(new)).name}"]
    assert Client().get(path(old)).status_code == 404
    assert_close(stored(new).getpixel((30, 30)), (0, 0, 255))


def test_the_old_photo_stays_until_the_change_is_committed(
    officer: APIClient, django_capture_on_commit_callbacks: Committing
) -> None:
    url = address(STUDENTS.add())
    old = put(officer, url, jpeg())
    with django_capture_on_commit_callbacks(execute=False):
        put(officer, url, jpeg())
    assert decoded(served(path(old)))


@pytest.mark.parametrize("content", [b"rubbish", png_bomb(20_000, 20_000), jpeg()[:300]])
def test_a_refused_photo_leaves_the_old_one(
    officer: APIClient, content: bytes, django_capture_on_commit_callbacks: Committing
) -> None:
    student = STUDENTS.add()
    old = put(officer, address(student), jpeg())
    with django_capture_on_commit_callbacks(execute=True):
        assert put(officer, address(student), content).status_code in {400, 413}
    assert path(officer.get(f"{STUDENTS.url}{student.pk}/")) == path(old)
    assert len(files()) == 1
    stored(old)


def test_a_photo_can_be_taken_away(
    officer: APIClient, django_capture_on_commit_callbacks: Committing
) -> None:
    student = STUDENTS.add()
    old = put(officer, address(student), jpeg())
    with django_capture_on_commit_callbacks(execute=True):
        assert officer.delete(address(student)).status_code == 204
    assert officer.get(f"{STUDENTS.url}{student.pk}/").json()["photo_url"] is None
    assert Client().get(path(old)).status_code == 404
    assert files() == []
    assert officer.delete(address(student)).status_code == 204


def test_people_are_found_by_whether_they_have_a_photo(officer: APIClient) -> None:
    put(officer, address(STUDENTS.add(1)), jpeg())
    STUDENTS.add(2)
    for has_photo, number in (("true", "DIT/2024/00001"), ("false", "DIT/2024/00002")):
        rows = officer.get(STUDENTS.url, {"has_photo": has_photo}).json()["results"]
        assert [row["registration_number"] for row in rows] == [number]


def test_a_stale_tag_changes_no_photo(officer: APIClient) -> None:
    student = STUDENTS.add()
    stale = officer.get(f"{STUDENTS.url}{student.pk}/")["ETag"]
    first = put(officer, address(student), jpeg(), if_match=stale)
    second = put(officer, address(student), jpeg(), if_match=stale)
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["code"] == "precondition_failed"
    assert officer.delete(address(student), headers={"if-match": stale}).status_code == 412
    assert len(files()) == 1
    fresh = first["ETag"]
    assert officer.delete(address(student), headers={"if-match": fresh}).status_code == 204


def test_only_who_manages_people_changes_photos(
    caller: Callable[[str], APIClient], anybody: APIClient
) -> None:
    url = address(STUDENTS.add())
    for client, status in (
        (caller("administrator"), 200),
        (caller("kitchen_admin"), 403),
        (caller("attendance_admin"), 403),
        (caller("discipline_admin"), 403),
        (anybody, 401),
    ):
        assert put(client, url, jpeg()).status_code == status
    assert caller("kitchen_admin").delete(url).status_code == 403
    assert anybody.delete(url).status_code == 401


def test_nobody_has_no_photo(officer: APIClient) -> None:
    unknown = f"{STUDENTS.url}00000000-0000-4000-8000-000000000000/photo/"
    assert put(officer, unknown, jpeg()).status_code == 404
    assert officer.delete(unknown).status_code == 404


@pytest.mark.parametrize(
    "name", ["x.jpg", "0" * 32 + ".jpg", "../secret_key", "%2e%2e/secret_key", "0" * 32 + ".png"]
)
def test_no_other_file_is_served(client: Client, name: str) -> None:
    assert client.get(f"/media/photos/{name}").status_code == 404
