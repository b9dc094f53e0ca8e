"""Names and other words: every script of East Africa, every length, nothing lost in silence."""

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.printing import CardFace, render_card, unprintable_letters
from cards.printing.front import draw_front
from cards.printing.naming import arrange_name
from cards.printing.portrait import initials
from cards.printing.tests.cast import INSTITUTION, card
from cards.printing.tests.reading import codes, details, render, text_of, texts
from typesetting.fitting import Sizes, fill, fit
from typesetting.text import clean, shape
from typesetting.typefaces import BOLD, REGULAR, SEMIBOLD, typeface

LONG = (
    "Oluwafunmilayo Adebayo-Chukwuemeka Nyirahabimana-Uwimbabazi "
    "Ndikumana wa Mwakalinga Mwaisengela Kib"
)
SIZES = (Sizes(13, 10), Sizes(10.5, 8))


@pytest.mark.parametrize(
    "name",
    [
        "Wanjikũ Mũthoni",
        "Kĩmani wa Njũgũna",
        "Ŋandeke Aŋgelina",
        "Ng'ang'a Wairimũ",
        "Ọlámídé Ṣọlá Ẹniọlá",
        "Ɓala Ɗan Ƙarami",
        "Nǃxau ǂToma",
        "Łukasz Żółć",
        "Пётр Иванов",
        "محمد عبد الله الحسن",
        "አበበ በቀለ ወልደማርያም",
        "Maryam مريم",
    ],
)
def test_a_name_of_any_script_is_printed_whole(name: str) -> None:
    assert codes(card(full_name=name)) == set()
    assert all(name_glyph for name_glyph in shape(clean(name)[0], BOLD).runs)


@pytest.mark.parametrize("name", ["Wanjikũ Mũthoni Ng'ang'a", "Zuhura", "Ọlámídé Ẹniọlá"])
def test_the_text_of_a_name_can_be_searched_and_copied(name: str) -> None:
    assert unicodedata.normalize("NFC", name) in text_of(card(full_name=name))


def test_single_accents_become_ready_made_letters() -> None:
    loose = unicodedata.normalize("NFD", "Wanjikũ")
    assert render_card(card(full_name=loose), INSTITUTION).pdf == (
        render_card(card(full_name="Wanjikũ"), INSTITUTION).pdf
    )


def test_accents_without_a_ready_made_letter_stand_on_theirs() -> None:
    [run] = shape("ẹ́", BOLD).runs
    assert len(run.glyphs) == 2
    assert shape("ẹ́", BOLD).width == shape("ẹ", BOLD).width


def test_arabic_letters_join_and_run_from_right_to_left() -> None:
    [run] = shape("محمد", BOLD).runs
    assert [text for _, text in run.glyphs] == ["د", "م", "ح", "م"]
    alone = typeface("NotoSansArabic-Bold").font.get_nominal_glyph(ord("م"))
    assert alone not in [glyph for glyph, _ in run.glyphs]


def test_mixed_directions_stand_in_the_order_they_are_read() -> None:
    def seen(text: str) -> str:
        return "".join(part for run in shape(text, BOLD).runs for _, part in run.glyphs)

    assert seen("Ali علي 12") == "Ali 12 يلع"
    assert seen("علي Ali") == "Ali يلع"
    assert seen("علي 12") == "12 يلع"
    assert seen("Block 4-B") == "Block 4-B"


@pytest.mark.parametrize("name", ["\u0301\u0303\u0308", "\u0301", " \u0323 \u0301"])
def test_a_name_of_marks_alone_stands_on_dotted_circles(name: str) -> None:
    face = card(full_name=name, photo=None)
    assert codes(face) == {"no_photo"}
    assert "◌" in text_of(face)


def test_a_heap_of_marks_is_cut_to_what_a_language_may_need() -> None:
    face = card(full_name="Z" + "\u0301" * 40 + "algo")
    assert codes(face) == {"name_cut"}
    assert details(face, "name_cut") == [face.full_name]


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u202e\u200f", "\x00\x07", "\u200d"])
def test_a_name_of_nothing_leaves_its_place_empty(name: str) -> None:
    assert codes(card(full_name=name, photo=None)) == {"no_photo"}


def test_what_cannot_be_seen_is_not_printed() -> None:
    assert clean("Ne\u200bema\u202e\tJoseph\x00 \n Mwakyusa\ufe0f") == (
        "Neema Joseph Mwakyusa",
        False,
    )


def test_a_character_without_a_glyph_is_reported_and_leaves_a_dot() -> None:
    face = card(full_name="李明 Kimani")
    assert codes(face) == {"missing_glyph"}
    assert details(face, "missing_glyph") == ["U+674E 李", "U+660E 明"]
    assert "·· Kimani" in text_of(face)


def test_a_mark_without_a_glyph_is_dropped_and_reported() -> None:
    face = card(full_name="Juma\U0001d165 Ali")
    assert codes(face) == {"missing_glyph"}
    assert "Juma Ali" in text_of(face)


def test_missing_characters_are_reported_wherever_they_stand() -> None:
    assert codes(card(lines=(("Program", "工学"),))) == {"missing_glyph"}
    assert codes(card(identifier="工/1")) == {"missing_glyph", "no_barcode"}


def test_no_glyph_is_ever_the_box_of_a_missing_one() -> None:
    for text in ("李明 😀 \ue000 \uffff \U0001f1f9", "\ud800x", "a\U000e0100b"):
        for run in shape(clean(text)[0], BOLD).runs:
            assert 0 not in [glyph for glyph, _ in run.glyphs]


def test_a_short_name_is_large_and_a_longer_one_smaller() -> None:
    assert fit("Zuhura", BOLD, 48, *SIZES).size == 13
    longer = fit("Neema Joseph Mwakyusa", BOLD, 48, *SIZES)
    assert 10 <= longer.size < 13
    assert len(longer.lines) == 1


def test_a_long_name_takes_two_balanced_lines() -> None:
    setting = fit("Oluwafunmilayo Nyirahabimana-Uwimbabazi", BOLD, 48, *SIZES)
    assert len(setting.lines) == 2
    assert setting.size >= 8
    assert not setting.is_cut
    shorter, longer = sorted(line.width for line in setting.lines)
    assert shorter > longer / 2


def named(first: str, middle: str, surname: str, card_name: str = "") -> CardFace:
    return card(
        full_name=" ".join(part for part in (first, middle, surname) if part),
        first_name=first,
        middle_name=middle,
        surname=surname,
        card_name=card_name,
    )


def front_of(face: CardFace) -> str:
    """In one line, as a long word may go over several."""
    return texts(render_card(face, INSTITUTION).pdf)[0].replace("\n", " ")


def test_a_hundred_letters_have_initials_in_the_middle_and_a_warning() -> None:
    face = card(full_name=LONG)
    assert len(LONG) > 95
    assert codes(face) == {"name_shortened"}
    assert "Oluwafunmilayo A. N. N. wa M. M. Kib" in front_of(face)


def test_the_surname_stands_by_itself() -> None:
    assert (
        "Neema Joseph\nMwakyusa\n"
        in texts(render_card(named("Neema", "Joseph", "Mwakyusa"), INSTITUTION).pdf)[0]
    )


def test_three_lines_hold_a_long_name_whole() -> None:
    face = named("Oluwafunmilayo", "Adebayo-Chukwuemeka", "Nyirahabimana-Uwimbabazi")
    assert "Oluwafunmilayo Adebayo-Chukwuemeka Nyirahabimana-Uwimbabazi" in front_of(face)
    assert not codes(face) & {"name_cut", "name_shortened"}


def test_middle_names_become_initials_before_anything_is_cut() -> None:
    face = named("Oluwafunmilayo", "Adebayo Chukwuemeka Ndikumana wa Mwakalinga", "N" * 30 + " N")
    assert "Oluwafunmilayo A. C. N. wa M. " in front_of(face)
    assert "name_shortened" in codes(face)
    assert "name_cut" not in codes(face)


@pytest.mark.parametrize("surname", ["W" * 100, "Nyirahabimana" * 7, "አ" * 100, "محمد " * 20])
def test_no_surname_is_ever_cut(surname: str) -> None:
    name = arrange_name(named("Oluwafunmilayo " * 6, "Adebayo", surname.strip()), 48)
    drawn = "".join(
        text
        for line in name.blocks[-1].setting.lines
        for run in line.runs
        for _, text in run.glyphs
    )
    assert sorted(drawn.replace(" ", "")) == sorted(surname.replace(" ", ""))
    assert name.blocks[-1].setting.size >= 5
    assert name.height < 20


def test_a_name_that_cannot_be_drawn_or_is_too_long_gives_way_to_the_one_for_the_card() -> None:
    chinese = named("明", "", "李", card_name="Li Ming")
    assert "Li Ming" in front_of(chinese)
    assert unprintable_letters(chinese) == ""
    assert unprintable_letters(named("明 明", "", "李 A")) == "明李"
    assert unprintable_letters(named("明", "", "李", card_name="李")) == "明李"
    endless = named("W" * 90, "", "Kweka", card_name="Willy Kweka")
    assert "Willy Kweka" in front_of(endless)
    assert "Neema Joseph Mwakyusa" in front_of(named("Neema", "Joseph", "Mwakyusa", card_name="N"))


@pytest.mark.parametrize("name", ["W" * 100, "Wa" * 12, "محمد" * 25, "አ" * 100, "ẹ́" * 60, LONG])
def test_no_name_leaves_its_column(name: str) -> None:
    setting = fit(name, BOLD, 48, *SIZES)
    assert setting.width <= 48 * 72 / 25.4 + 0.01
    assert len(setting.lines) <= 2
    assert setting.size >= 8


def test_a_word_of_two_lines_is_broken_and_not_cut() -> None:
    setting = fit("a" * 40, BOLD, 40, *SIZES)
    assert not setting.is_cut
    assert [
        sum(len(text) for _, text in run.glyphs) for line in setting.lines for run in line.runs
    ] > [8]


def test_a_cut_never_parts_a_letter_from_its_marks() -> None:
    setting = fit("ẹ́" * 200, BOLD, 48, *SIZES)
    for line in setting.lines:
        [run] = line.runs
        letters = "".join(text for _, text in run.glyphs).rstrip("…")
        assert letters.count("ẹ") == letters.count("\u0301")


def test_a_value_that_is_too_long_is_cut_with_a_warning() -> None:
    endless = "BACHELOR OF " + "ENGINEERING AND " * 12
    face = card(lines=(("Program", endless),))
    assert codes(face) == {"text_cut"}
    assert details(face, "text_cut") == [endless]


def test_lines_beyond_the_card_are_reported() -> None:
    many = tuple(
        (f"Label {index}", "A value that needs a row of its own on a card") for index in range(7)
    )
    assert codes(card(lines=many)) == {"text_cut"}
    assert details(card(lines=many), "text_cut")[-1].startswith("Label ")


def test_the_longest_program_is_printed_whole() -> None:
    program = "BACHELOR OF ENGINEERING IN ELECTRONICS AND TELECOMMUNICATION ENGINEERING"
    department = ("Department", "Electronics and Telecommunications")
    face = card(lines=(("Program", program), ("Class", "ET2024A"), department))
    assert codes(face) == set()
    assert program in texts(render_card(face, INSTITUTION).pdf)[0].replace("\n", " ")


def test_a_title_breaks_where_a_designer_would_break_it() -> None:
    title = fill("DAR ES SALAAM INSTITUTE OF TECHNOLOGY", BOLD, 37, 6.7, Sizes(8.2, 5), leading=1.2)
    words = ["".join(text for run in line.runs for _, text in run.glyphs) for line in title.lines]
    assert words == ["DAR ES SALAAM", "INSTITUTE OF TECHNOLOGY"]


def test_no_text_is_smaller_than_five_points() -> None:
    for style in (REGULAR, SEMIBOLD, BOLD):
        assert fit("word " * 200, style, 40, Sizes(6, 5)).size == 5


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(name=st.text(max_size=110), value=st.text(max_size=60))
def test_no_text_whatever_stops_the_press(name: str, value: str) -> None:
    face = card(full_name=name, identifier=value, lines=((value, name),), photo=None)
    front = draw_front(face, INSTITUTION).drawing
    assert all(0 not in glyphs for glyphs in front.glyphs.values())
    assert fit(name, BOLD, 48, *SIZES).width <= 48 * 72 / 25.4 + 0.01


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Neema Joseph Mwakyusa", "NM"),
        ("Zuhura", "Z"),
        ("ẹniọlá wa ngũgĩ", "ẸN"),
        ("አበበ በቀለ", "አበ"),
        ("Dr. 2Pac", "D"),
        ("123", ""),
        ("", ""),
    ],
)
def test_initials_are_the_first_letters_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_photo_is_replaced_by_initials_or_a_figure() -> None:
    with_letters = card(photo=None)
    assert "NM" in texts(render_card(with_letters, INSTITUTION).pdf)[0]
    without = card(photo=None, full_name="李明")
    drawn = render(render_card(without, INSTITUTION).pdf, 0).getpixel((805, 220))
    assert drawn != (255, 255, 255)
