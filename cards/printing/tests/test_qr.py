"""The QR code: read from a printout, drawn on whole dots, with white around it."""

import io
from typing import Any

import pytest
from PIL import Image, ImageOps

from cards.printing import CardStyle, QRDoesNotFit, render_card, unread_codes, write_cards
from cards.printing.tests.cast import (
    INSTITUTION,
    LOCAL_ADDRESS,
    SHORT_ADDRESS,
    STYLES,
    card,
    numbered,
)
from cards.printing.tests.reading import grids, pages, render, scanned, written

LONG_ADDRESS = "https://cards.dit.ac.tz/api/cards/verify/2f1c9f0e-7a35-4c0b-9f43-0d6a6d1f5b11/"
ADDRESSES = (SHORT_ADDRESS, LOCAL_ADDRESS, LONG_ADDRESS)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("layout", ["cr80", "a4"])
def test_a_scanner_reads_the_address_from_a_printout(
    layout: str, style: CardStyle, address: str
) -> None:
    pdf = written([card(style, verify_url=address)], layout=layout)
    assert [code.text for code in scanned(pdf, 1)] == [address]


def test_the_front_has_no_code() -> None:
    assert scanned(render_card(card(), INSTITUTION).pdf, 0) == []


@pytest.mark.parametrize("layout", ["cr80", "a4"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_module_is_a_whole_number_of_printer_dots(layout: str, address: str) -> None:
    pdf = written([card(verify_url=address)] * 3, layout=layout)
    found = [grid for page in pages(pdf) for grid in grids(page)]
    assert len(found) == 3
    for grid in found:
        assert grid.size == pytest.approx(round(grid.size), abs=0.001)
        assert grid.size >= 5
        assert grid.x == pytest.approx(round(grid.x), abs=0.05)
        assert grid.y == pytest.approx(round(grid.y), abs=0.05)


def test_capitals_make_larger_modules() -> None:
    [capitals], [mixed] = (
        grids(pages(render_card(card(verify_url=address), INSTITUTION).pdf)[1])
        for address in (SHORT_ADDRESS, SHORT_ADDRESS.lower())
    )
    assert capitals.size > mixed.size


@pytest.mark.parametrize("address", ADDRESSES)
def test_four_modules_around_the_code_are_white_and_the_code_is_black(address: str) -> None:
    pdf = render_card(card(verify_url=address), INSTITUTION).pdf
    [grid] = grids(pages(pdf)[1])
    back = render(pdf, 1)
    count = _modules_across(back, int(grid.x), int(grid.y), int(grid.size))
    size, quiet = int(grid.size), 4 * int(grid.size)
    left, top, side = int(grid.x), int(grid.y), count * size
    around = [
        (left - quiet, top - quiet, left - 2, top + side + quiet),
        (left + side + 2, top - quiet, left + side + quiet, top + side + quiet),
        (left - quiet, top - quiet, left + side + quiet, top - 2),
        (left - quiet, top + side + 2, left + side + quiet, top + side + quiet),
    ]
    for box in around:
        assert back.crop(box).getextrema() == ((255, 255), (255, 255), (255, 255))
    assert back.getpixel((left + size // 2, top + size // 2)) == (0, 0, 0)


def _modules_across(back: Image.Image, x: int, y: int, size: int) -> int:
    """The code ends where the second finder pattern of its first row does."""
    row = back.crop((x, y + size // 2, x + 330, y + size // 2 + 1))
    dark = ImageOps.invert(row.convert("L")).point(lambda grey: 255 * (grey > 127)).getbbox()
    assert dark is not None
    return round(dark[2] / size)


def test_an_address_that_is_too_long_is_refused_in_words() -> None:
    with pytest.raises(QRDoesNotFit, match=r"needs \d+\.\d mm and its place has 25.4 mm"):
        render_card(card(verify_url="https://example.org/" + "x" * 600), INSTITUTION)
    with pytest.raises(QRDoesNotFit, match="No QR code holds 5000 characters"):
        render_card(card(verify_url="x" * 5000), INSTITUTION)


def test_the_longest_address_that_fits_is_still_read() -> None:
    address = "https://example.org/" + "x" * 250
    pdf = render_card(card(verify_url=address), INSTITUTION).pdf
    [grid] = grids(pages(pdf)[1])
    assert grid.size >= 4
    assert [code.text for code in scanned(pdf, 1)] == [address]


@pytest.mark.parametrize(
    ("options", "on_pages"),
    [
        ({"layout": "cr80"}, [1] * 12),
        ({"layout": "cr80", "is_turned": True}, [1] * 12),
        ({"layout": "a4"}, [10, 2]),
    ],
)
def test_codes_are_read_back_from_the_finished_file(
    options: dict[str, Any], on_pages: list[int]
) -> None:
    people, out = numbered(12, photo=None), io.BytesIO()
    assert write_cards(people, INSTITUTION, out, **options) == on_pages
    addresses = [person.verify_url for person in people]
    is_turned = "is_turned" in options
    assert list(unread_codes(out, addresses, on_pages, is_turned=is_turned)) == []
    for wrong in (3, 11):
        addresses[wrong] = SHORT_ADDRESS
    assert list(unread_codes(out, addresses, on_pages, is_turned=is_turned)) == [3, 11]


def test_a_code_too_fine_for_a_glance_is_looked_at_as_a_printer_draws_it() -> None:
    address, out = "https://" + "x" * 60 + "/v/K7Q2M9XW4T", io.BytesIO()
    on_pages = write_cards([card(verify_url=address)], INSTITUTION, out)
    assert list(unread_codes(out, [address], on_pages)) == []
