"""Photos: the right part, the right number of pixels, and a placeholder for what is broken."""

import io
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from cards.printing import render_card
from cards.printing.front import PHOTO as PLACE
from cards.printing.tests.cast import INSTITUTION, PHOTO, card, photo
from cards.printing.tests.reading import codes, details, render

DOTS = (319, 410)


def _embedded(face_photo: bytes) -> tuple[Any, Image.Image]:
    reader = PdfReader(io.BytesIO(render_card(card(photo=face_photo), INSTITUTION).pdf))
    things = reader.pages[0]["/Resources"]["/XObject"].values()  # type: ignore[index]
    [picture] = [
        thing.get_object() for thing in things if thing.get_object()["/Subtype"] == "/Image"
    ]
    # As it stands in the file: pypdf would decode the JPEG.
    return picture, Image.open(io.BytesIO(picture._data))


def test_the_photo_is_of_passport_shape_and_size() -> None:
    assert PLACE.width == pytest.approx(27, abs=0.1)
    assert PLACE.width / PLACE.height == pytest.approx(7 / 9, abs=0.002)


@pytest.mark.parametrize("size", [(480, 600), (3000, 2000), (600, 4000), (319, 410)])
def test_a_photo_has_exactly_the_dots_of_its_place(size: tuple[int, int]) -> None:
    picture, image = _embedded(photo(*size))
    assert picture["/Filter"] == "/DCTDecode"
    assert (picture["/Width"], picture["/Height"]) == image.size == DOTS
    assert (image.mode, image.format) == ("RGB", "JPEG")


def test_a_large_photo_makes_no_large_card() -> None:
    noise = Image.effect_noise((3000, 4000), 60).convert("RGB")
    jpeg = io.BytesIO()
    noise.save(jpeg, "JPEG", quality=95)
    picture, _ = _embedded(jpeg.getvalue())
    assert len(picture._data) < 120_000 < len(jpeg.getvalue())


def test_a_tall_photo_keeps_the_head_and_loses_the_feet() -> None:
    tall = Image.new("RGB", (400, 1600), "white")
    tall.paste("red", (0, 180, 400, 500))
    tall.paste("blue", (0, 1200, 400, 1600))
    jpeg = io.BytesIO()
    tall.save(jpeg, "PNG")
    _, image = _embedded(jpeg.getvalue())
    colours = {image.getpixel((160, y))[:2] for y in range(20, 400, 20)}  # type: ignore[index]
    assert any(red > 200 > green + 100 for red, green in colours)
    assert not any(red < 80 for red, _ in colours)


def test_a_photo_is_turned_upright_and_loses_what_the_camera_wrote() -> None:
    lying = Image.new("RGB", (600, 480), "red")
    lying.paste("blue", (300, 0, 600, 480))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera"
    jpeg = io.BytesIO()
    lying.save(jpeg, "JPEG", exif=exif)
    _, image = _embedded(jpeg.getvalue())
    assert not image.getexif()
    assert image.getpixel((160, 30))[0] > 200  # type: ignore[index]
    assert image.getpixel((160, 380))[2] > 200  # type: ignore[index]


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "1", "I;16", "CMYK"])
def test_a_photo_of_any_kind_of_colours_is_printed(mode: str) -> None:
    image = Image.new("RGB", (480, 600), "gray")
    image = Image.new("I;16", (480, 600), 30000) if mode == "I;16" else image.convert(mode)
    data = io.BytesIO()
    image.save(data, "JPEG" if mode == "CMYK" else "PNG")
    assert codes(card(photo=data.getvalue())) == set()


def test_transparent_parts_are_white() -> None:
    data = io.BytesIO()
    Image.new("RGBA", (480, 600), (0, 0, 0, 0)).save(data, "PNG")
    _, image = _embedded(data.getvalue())
    assert image.getpixel((100, 100)) == (255, 255, 255)


def test_a_card_without_photo_says_so() -> None:
    assert codes(card(photo=None)) == {"no_photo"}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no picture at all",
        PHOTO[:200],
        PHOTO[: len(PHOTO) // 2],
        photo(format="PNG")[:300],
        photo(format="GIF"),
        b"\xff\xd8\xff\xe0" + b"\x00" * 500,
    ],
    ids=["empty", "text", "head only", "half", "half a PNG", "a GIF", "noise"],
)
def test_a_broken_photo_prints_as_a_placeholder_with_a_warning(broken: bytes) -> None:
    face = card(photo=broken)
    assert codes(face) == {"broken_photo"}
    assert "cannot be read" in details(face, "broken_photo")[0]
    placeholder = render(render_card(card(photo=None), INSTITUTION).pdf, 0)
    assert render(render_card(face, INSTITUTION).pdf, 0) == placeholder


def test_a_bomb_is_a_broken_photo() -> None:
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")
    assert codes(card(photo=data.getvalue())) == {"broken_photo"}


@pytest.mark.parametrize(("width", "enlarged"), [(200, "1.6"), (80, "4.1"), (1, "319.0")])
def test_a_photo_of_few_pixels_is_printed_with_a_warning(width: int, enlarged: str) -> None:
    face = card(photo=photo(width, width * 5 // 4 or 1, format="PNG") if width > 1 else _dot())
    assert codes(face) == {"low_resolution_photo"}
    assert enlarged in details(face, "low_resolution_photo")[0]


def _dot() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (1, 2), "red").save(data, "PNG")
    return data.getvalue()


def test_a_photo_is_enlarged_by_half_at_most() -> None:
    assert codes(card(photo=photo(220, 283))) == set()
    _, image = _embedded(photo(100, 129))
    assert image.width <= 150
