"""One card as a PDF."""

import io
from collections.abc import Iterator
from datetime import date

import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageStat
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from cards.printing import CardFace, CardStyle, Institution, render_card
from cards.printing.tests.cast import INSTITUTION, LINES, STAFF, STUDENT, STYLES, card, photo
from cards.printing.tests.reading import codes, details, ink, located, pages, render, text_of, texts
from typesetting.emblem import monogram
from typesetting.geometry import SAFE

WIDTH, HEIGHT = 85.60, 53.98


@pytest.mark.parametrize("style", STYLES)
def test_front_and_back_are_pages_of_exactly_a_card(style: CardStyle) -> None:
    sides = pages(render_card(card(style), INSTITUTION).pdf)
    assert len(sides) == 2
    for side in sides:
        for box in (side.mediabox, side.cropbox, side.trimbox):
            assert float(box.width) * 25.4 / 72 == pytest.approx(WIDTH, abs=0.01)
            assert float(box.height) * 25.4 / 72 == pytest.approx(HEIGHT, abs=0.01)
            assert (float(box.left), float(box.bottom)) == (0, 0)


def test_the_front_says_who_and_the_back_says_which_card() -> None:
    front, back = texts(render_card(card(), INSTITUTION).pdf)
    for words in ("STUDENT", "Neema Joseph Mwakyusa", "DIT/2024/01234", "CS2024A", "30 SEP 2027"):
        assert words in front
    for words in ("RF123456789", "SCAN TO VERIFY", "14 Oct 2024", "+255 22 215 0174"):
        assert words in back
    assert "Neema" not in back


@pytest.mark.parametrize("style", STYLES)
def test_each_kind_of_card_says_what_it_is(style: CardStyle) -> None:
    assert style.role in text_of(card(style))


def test_the_kinds_have_bands_of_different_colours() -> None:
    bands = {
        render(render_card(card(style), INSTITUTION).pdf, 0).getpixel((500, 620))
        for style in STYLES
    }
    assert len(bands) == len(STYLES)


def test_white_on_the_band_can_be_read_whatever_the_colour_of_the_institution() -> None:
    yellow = Institution("Chuo", primary="#FFE600")
    red, green, blue = render(render_card(card(), yellow).pdf, 0).getpixel((500, 620))  # type: ignore[misc]
    assert max(red, green, blue) < 140


def test_every_card_says_until_when_it_is_valid() -> None:
    text = texts(render_card(card(expires_on=None), INSTITUTION).pdf)[0]
    assert "VALID UNTIL\nFURTHER NOTICE" in text


def test_a_card_without_any_date_is_printed_all_the_same() -> None:
    assert "ISSUED" not in text_of(card(expires_on=None, issued_on=None))


def test_the_class_stands_in_the_band_if_it_is_short_enough() -> None:
    assert "CLASS" not in text_of(card())
    long = text_of(card(chip=("Class", "Computer Science, second year")))
    assert "CLASS\nComputer Science, second year" in long


def test_the_back_asks_its_finder_in_two_languages_and_has_room_for_two_names() -> None:
    back = texts(render_card(card(), INSTITUTION).pdf)[1]
    for words in (
        "UKIIOKOTA, TAFADHALI RUDISHA KWA",
        "IF FOUND, PLEASE RETURN TO",
        "Holder's signature",
        "Authorised signature",
    ):
        assert words in back


def barcodes(face: CardFace) -> list[str]:
    bars = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)
    found = zxingcpp.read_barcodes(render(render_card(face, INSTITUTION).pdf, 1), formats=bars)
    return [code.text for code in found]


@pytest.mark.parametrize("number", ["DIT/2024/01234", "7", "SEC-A1/2024/000000017", "1" * 40])
def test_a_scanner_of_one_line_reads_the_identification_number(number: str) -> None:
    assert barcodes(card(identifier=number)) == [number]


@pytest.mark.parametrize("number", ["DIT/2024/" + "A" * 30, "Nº 7", "工/1"])
def test_a_number_that_no_bars_can_say_is_warned_of(number: str) -> None:
    assert barcodes(card(identifier=number)) == []
    assert details(card(identifier=number), "no_barcode") == [number]


def test_dates_are_spelled_the_same_everywhere() -> None:
    assert "1 FEB 2028" in text_of(card(expires_on=date(2028, 2, 1)))


def _fonts(pdf: bytes) -> Iterator[DictionaryObject]:
    for page in pages(pdf):
        resources = [page["/Resources"]]
        resources += [
            form.get_object()["/Resources"]
            for form in page["/Resources"]["/XObject"].values()  # type: ignore[index]
            if form.get_object()["/Subtype"] == "/Form"
        ]
        for resource in resources:
            for font in resource["/Font"].values():  # type: ignore[index]
                yield font.get_object()


def test_every_font_is_embedded_as_a_subset() -> None:
    face = card(full_name="Wanjikũ محمد አበበ")
    fonts = list(_fonts(render_card(face, INSTITUTION).pdf))
    names = {str(font["/BaseFont"]) for font in fonts}
    assert {name.partition("+")[2] for name in names} == {
        "Inter-Regular",
        "Inter-SemiBold",
        "Inter-Bold",
        "NotoSansArabic-Bold",
        "NotoSansEthiopic-Bold",
    }
    for font in fonts:
        descendant = font["/DescendantFonts"][0].get_object()  # type: ignore[index]
        descriptor = descendant["/FontDescriptor"]
        assert len(descriptor["/FontFile2"].get_data()) < 100_000
        assert len(str(font["/BaseFont"]).partition("+")[0]) == len("/ABCDEF")


def test_equal_cards_are_equal_bytes() -> None:
    first = render_card(card(), INSTITUTION).pdf
    render_card(card(STAFF, full_name="Another Person محمد"), INSTITUTION)
    assert render_card(card(), INSTITUTION).pdf == first


def test_different_cards_have_different_ids() -> None:
    ids = {
        str(
            PdfReader(io.BytesIO(render_card(card(full_name=name), INSTITUTION).pdf)).trailer["/ID"]
        )
        for name in ("A", "B")
    }
    assert len(ids) == 2


def test_the_metadata_tells_nothing_about_the_holder() -> None:
    reader = PdfReader(io.BytesIO(render_card(card(), INSTITUTION).pdf))
    assert reader.metadata == {"/Title": "ID cards", "/Creator": "TrackXpert"}


def test_a_print_dialog_is_told_not_to_scale() -> None:
    reader = PdfReader(io.BytesIO(render_card(card(), INSTITUTION).pdf))
    preferences = reader.root_object["/ViewerPreferences"]
    assert preferences["/PrintScaling"] == "/None"  # type: ignore[index]


def test_a_turned_back_is_the_back_on_its_head() -> None:
    upright = render_card(card(), INSTITUTION).pdf
    turned = render_card(card(), INSTITUTION, is_turned=True).pdf
    on_its_head = render(upright, 1).transpose(Image.Transpose.ROTATE_180)
    difference = ImageStat.Stat(ImageChops.difference(on_its_head, render(turned, 1))).mean
    assert max(difference) < 3
    assert located(upright, 0, ["STUDENT"]) == located(turned, 0, ["STUDENT"])


def test_an_unknown_edge_is_refused() -> None:
    with pytest.raises(ValueError, match="zigzag"):
        render_card(card(CardStyle("STUDENT", "zigzag")), INSTITUTION)


@pytest.mark.parametrize("style", STYLES)
def test_every_letter_is_clear_of_the_edges(style: CardStyle) -> None:
    pdf = render_card(card(style, full_name="Wanjikũ " * 12, lines=LINES[STUDENT]), INSTITUTION).pdf
    for page in (0, 1):
        left, top, right, bottom = ink(pdf, page)
        assert min(left, top, WIDTH - right, HEIGHT - bottom) >= SAFE


def test_nothing_that_must_be_read_stands_where_a_slot_is_punched() -> None:
    front = render(render_card(card(full_name="M" * 100), INSTITUTION).pdf, 0)
    dots = 300 / 25.4
    strip = front.crop((int(33.8 * dots), 0, int(51.8 * dots), int(7.9 * dots)))
    darkest = min(red + green + blue for _, (red, green, blue) in strip.getcolors(10**6))  # type: ignore[union-attr,misc]
    assert darkest > 3 * 200  # the rings of the background, no letter


def codes_of(institution: Institution) -> set[str]:
    return {str(warning.code) for warning in render_card(card(), institution).warnings}


def test_a_logo_takes_the_place_of_the_short_name() -> None:
    without, with_logo = (
        Institution("Chuo Kikuu", short_name="CKX", logo=logo)
        for logo in (None, photo(900, 900, "#00ff00", format="PNG"))
    )
    assert "CKX" in texts(render_card(card(), without).pdf)[0]
    assert "CKX" not in texts(render_card(card(), with_logo).pdf)[0]
    assert codes_of(with_logo) == set()


def test_a_broken_logo_gives_way_to_the_short_name_with_a_warning() -> None:
    broken = Institution("Chuo Kikuu", short_name="CKX", logo=b"no picture")
    assert "CKX" in texts(render_card(card(), broken).pdf)[0]
    assert codes_of(broken) == {"broken_logo"}


def test_an_institution_without_a_short_name_is_not_given_a_wrong_one() -> None:
    assert monogram(Institution("Dar es Salaam Institute of Technology")) == "D"


def test_an_institution_with_the_longest_name_is_not_cut() -> None:
    name = "THE NELSON MANDELA AFRICAN INSTITUTION OF SCIENCE AND TECHNOLOGY"
    assert codes_of(Institution(name)) == set()


def test_a_card_that_has_everything_prints_without_a_warning() -> None:
    assert {code for style in STYLES for code in codes(card(style))} == set()
