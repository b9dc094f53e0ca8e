"""The other design of the front, the white logo, and what moves with the printer."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageDraw

from cards.printing import CardStyle, render_card, unread_codes, write_cards
from cards.printing.calibration import write_test_page
from cards.printing.tests.cast import INSTITUTION, STAFF, STYLES, card, numbered
from cards.printing.tests.reading import grids, pages, render, scanned, texts
from typesetting.institution import Institution

PANEL = replace(INSTITUTION, design="panel")
LONG: dict[str, Any] = {
    "first_name": "Oluwafunmilayo",
    "middle_name": "Christopher Emmanuel",
    "surname": "Nyirahabimana-Uwimbabazi",
    "full_name": "Oluwafunmilayo Christopher Emmanuel Nyirahabimana-Uwimbabazi",
}


@pytest.mark.parametrize("style", STYLES)
def test_the_panel_says_all_that_the_band_says(style: CardStyle) -> None:
    printed = render_card(card(style), PANEL)
    assert printed.warnings == ()
    front, _ = texts(printed.pdf)
    for words in (style.role, "Mwakyusa", "DIT/2024/01234", "30 SEP 2027", "INSTITUTE"):
        assert words in front
    assert [code.text for code in scanned(printed.pdf, 1)] == [card().verify_url]


def test_the_panel_cuts_no_surname() -> None:
    printed = render_card(card(STAFF, **LONG), PANEL)
    assert {str(warning.code) for warning in printed.warnings} == {"name_shortened"}
    words = texts(printed.pdf)[0].replace("\n", "")
    assert "Nyirahabimana-Uwimbabazi" in words
    assert "Oluwafunmilayo C. E." in words


def _with_logo(draw: Any) -> Institution:
    logo = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    draw(ImageDraw.Draw(logo))
    png = io.BytesIO()
    logo.save(png, "PNG")
    return replace(PANEL, logo=png.getvalue())


def _disc(colour: str) -> Any:
    return lambda drawing: drawing.ellipse((0, 0, 299, 299), fill=colour)


def _two_tones(drawing: Any) -> None:
    drawing.ellipse((0, 0, 299, 299), fill="#12346B")
    drawing.ellipse((90, 90, 210, 210), fill="#F2E200")


# In dots: the middle of the logo, and its left part.
MIDDLE, SIDE = (207, 104), (160, 104)


@pytest.mark.parametrize(
    ("draw", "is_white"),
    [
        (_disc("#12346B"), (True, True)),
        (_disc("#F2E200"), (True, True)),  # of one tone, however light
        (_two_tones, (False, True)),  # what was light is the panel
    ],
)
def test_the_logo_is_white_on_the_panel(draw: Any, is_white: tuple[bool, bool]) -> None:
    front = render(render_card(card(), _with_logo(draw)).pdf, 0)
    ground: Any = front.getpixel((60, 104))
    seen = tuple(front.getpixel(place) for place in (MIDDLE, SIDE))
    for colour, white in zip(seen, is_white, strict=True):
        wanted = (255, 255, 255) if white else ground
        assert all(abs(a - b) < 12 for a, b in zip(colour, wanted, strict=True)), seen  # type: ignore[arg-type]


def test_a_card_moves_by_whole_dots_with_the_printer_and_is_read_back() -> None:
    faces, out = numbered(2, photo=None), io.BytesIO()
    on_pages = write_cards(faces, INSTITUTION, out, shift=(0.7, -0.4), is_turned=True)
    addresses = [face.verify_url for face in faces]
    assert list(unread_codes(out, addresses, on_pages, is_turned=True, is_moved=True)) == []
    [as_is], [moved] = (
        grids(pages(render_card(faces[0], INSTITUTION, shift=shift).pdf)[1])
        for shift in ((0, 0), (0.7, -0.4))
    )
    assert moved.x - as_is.x == pytest.approx(8, abs=0.05)
    assert moved.y - as_is.y == pytest.approx(-5, abs=0.05)


def test_of_sheets_the_backs_alone_are_moved() -> None:
    faces, sheets = numbered(2, photo=None), []
    for shift in ((0, 0), (1, 1)):
        out = io.BytesIO()
        write_cards(faces, INSTITUTION, out, layout="a4", shift=shift)
        sheets.append([render(out.getvalue(), page, dpi=50) for page in (0, 1)])
    assert sheets[0][0] == sheets[1][0]
    assert sheets[0][1] != sheets[1][1]


@pytest.mark.parametrize(
    ("options", "size", "words"),
    [
        ({"layout": "cr80", "is_turned": True}, (85.6, 53.98), ("FRONT", "BACK")),
        ({"layout": "a4", "is_short_edge": True}, (210, 297), ("FRONT 10", "BACK 10")),
    ],
)
def test_a_test_page_is_printed_as_cards_are(
    options: dict[str, Any], size: tuple[float, float], words: tuple[str, str]
) -> None:
    out = io.BytesIO()
    write_test_page(out, shift=(0.5, 0.5), **options)
    sides = pages(out.getvalue())
    assert len(sides) == 2
    for side, word in zip(sides, words, strict=True):
        assert word in side.extract_text()
        found = float(side.mediabox.width), float(side.mediabox.height)
        assert found == pytest.approx([mm * 72 / 25.4 for mm in size], abs=0.02)
