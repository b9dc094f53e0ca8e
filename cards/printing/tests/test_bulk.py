"""Many cards in one file: in order, once what is shared, and in memory that does not grow."""

import io
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from cards.printing import CardFace, Institution, write_cards
from cards.printing.tests.cast import INSTITUTION, STAFF, STYLES, card, numbered
from cards.printing.tests.reading import (
    located,
    pages,
    progress,
    scanned,
    text_of,
    texts,
    written,
)

A4 = (210.0, 297.0)


def test_pages_come_as_front_and_back_of_each_card_in_turn() -> None:
    people = numbered(4)
    sides = texts(written(people))
    assert len(sides) == 8
    for index, person in enumerate(people):
        assert person.full_name in sides[2 * index]
        assert person.card_number in sides[2 * index + 1]


def test_a_card_in_a_file_looks_like_the_card_alone() -> None:
    people = [card(style) for style in STYLES]
    assert "\n".join(texts(written(people))) == "\n".join(text_of(person) for person in people)


def test_ten_cards_are_a_sheet_and_the_eleventh_begins_another() -> None:
    sheets = pages(written(numbered(11, photo=None), layout="a4"))
    assert len(sheets) == 4
    for sheet in sheets:
        size = (float(sheet.mediabox.width), float(sheet.mediabox.height))
        assert size == pytest.approx([side * 72 / 25.4 for side in A4], abs=0.03)


def test_the_back_of_each_card_lies_behind_its_front() -> None:
    """The sheet is turned on its long edge: left and right change places."""
    people = numbered(7, photo=None)
    pdf = written(people, layout="a4")
    fronts = located(pdf, 0, [person.full_name for person in people])
    backs = {code.text: code for code in scanned(pdf, 1)}
    assert len(backs) == len(people)
    for person, front in zip(people, fronts, strict=True):
        code = backs[person.verify_url]
        is_left = front.x < A4[0] / 2
        assert is_left == (code.x > A4[0] / 2)
        assert abs(front.y - code.y) < 20


def test_an_odd_card_at_the_end_is_mirrored_too() -> None:
    pdf = written(numbered(1, photo=None), layout="a4")
    [front] = located(pdf, 0, ["Holder Number0000"])
    [back] = scanned(pdf, 1)
    assert front.x < A4[0] / 2 < back.x


def test_a_sheet_that_was_begun_goes_on_at_its_first_free_cell() -> None:
    people = numbered(6, photo=None)
    pdf = written(people, layout="a4", first_cell=7)
    assert len(pages(pdf)) == 4
    [first, last] = located(pdf, 0, [people[0].full_name, people[3].full_name])
    assert (first.x < A4[0] / 2, last.x < A4[0] / 2) == (True, False)
    assert first.y > 3 * (53.98 + 4)
    assert [len(scanned(pdf, page)) for page in (1, 3)] == [4, 2]
    [beside] = [code for code in scanned(pdf, 1) if code.text == people[0].verify_url]
    assert beside.x > A4[0] / 2


def test_a_printer_that_turns_sheets_on_the_short_edge_is_given_backs_on_their_heads() -> None:
    people = numbered(1, photo=None)
    pdf = written(people, layout="a4", is_short_edge=True)
    assert b"/Duplex /DuplexFlipShortEdge" in pdf
    [front], [back] = located(pdf, 0, [people[0].full_name]), scanned(pdf, 1)
    assert front.x < A4[0] / 2
    assert back.x < A4[0] / 2
    assert abs(front.y - (A4[1] - back.y)) < 30


def test_cards_on_a_sheet_stand_four_millimetres_apart() -> None:
    people = numbered(4, photo=None)
    first, beside, below, _ = located(
        written(people, layout="a4"), 0, [person.identifier for person in people]
    )
    assert beside.x - first.x == pytest.approx(85.60 + 4, abs=0.1)
    assert below.y - first.y == pytest.approx(53.98 + 4, abs=0.1)


def test_an_office_printer_is_told_to_turn_the_sheet_on_its_long_edge() -> None:
    assert b"/Duplex /DuplexFlipLongEdge" in written(numbered(1), layout="a4")
    assert b"/Duplex" not in written(numbered(1))


@pytest.mark.parametrize("layout", ["cr80", "a4"])
def test_progress_is_told_after_each_card_with_its_own_warnings(layout: str) -> None:
    people = [
        card(),
        card(photo=None),
        card(full_name="李"),
        card(photo=b"", full_name="W" * 90 + " W"),
    ]
    calls = progress(people, layout=layout)
    assert [done for done, _ in calls] == [1, 2, 3, 4]
    assert [[str(warning.code) for warning in warnings] for _, warnings in calls] == [
        [],
        ["no_photo"],
        ["missing_glyph"],
        ["broken_photo", "name_cut"],
    ]


def test_a_warning_about_the_institution_comes_once_for_each_kind_of_card() -> None:
    calls: list[list[str]] = []
    write_cards(
        [card(), card(), card(STAFF), card(STAFF)],
        Institution("Chuo", logo=b"broken"),
        io.BytesIO(),
        on_progress=lambda _, warnings: calls.append([str(w.code) for w in warnings]),
    )
    assert calls == [["broken_logo"], [], ["broken_logo"], []]


def test_no_cards_are_a_file_without_pages() -> None:
    assert pages(written([])) == []


def test_an_unknown_layout_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(ValueError, match="letter"):
        written(numbered(1), layout="letter")


def test_equal_jobs_are_equal_bytes() -> None:
    assert written(numbered(12), layout="a4") == written(numbered(12), layout="a4")


def test_what_cards_share_is_in_the_file_once() -> None:
    one, many = (written([card()] * count) for count in (1, 21))
    assert many.count(b"/Subtype /Form") == one.count(b"/Subtype /Form") == 2
    assert many.count(b"/FontFile2") == one.count(b"/FontFile2") == 3
    assert many.count(b"/Subtype /Image") == 1
    assert (len(many) - len(one)) / 20 < 6_000


class Sink(io.RawIOBase):
    """Takes what it is given and keeps nothing; cannot seek."""

    def __init__(self) -> None:
        self.length = 0

    def write(self, data: object) -> int:
        assert isinstance(data, bytes)
        self.length += len(data)
        return len(data)


def _people(count: int) -> Iterator[CardFace]:
    for person in numbered(count):
        image = Image.effect_noise((319, 410), 50).convert("RGB")
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=85)
        yield card(**{**vars(person), "photo": jpeg.getvalue()})


def _peak(count: int, layout: str) -> tuple[int, int]:
    """The most memory in use while so many cards are written, and the length of the file."""
    sink = Sink()
    tracemalloc.start()
    try:
        write_cards(_people(count), INSTITUTION, sink, layout=layout)  # type: ignore[arg-type]
        return tracemalloc.get_traced_memory()[1], sink.length
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("layout", ["cr80", "a4"])
def test_memory_does_not_grow_with_the_number_of_cards(layout: str) -> None:
    counts = (20, 70)
    # What is in the caches of text already is not allocated, and so not counted, again.
    written(numbered(counts[1]))
    (few, short), (many, long) = (_peak(count, layout) for count in counts)
    cards = counts[1] - counts[0]
    assert (long - short) / cards > 30_000  # what a card would cost if it were kept
    assert (many - few) / cards < 5_000


def test_cards_are_asked_for_one_at_a_time() -> None:
    asked: list[int] = []

    def people() -> Iterator[CardFace]:
        for index, person in enumerate(numbered(3, photo=None)):
            asked.append(index)
            yield person

    seen: list[tuple[int, int]] = []
    write_cards(
        people(), INSTITUTION, io.BytesIO(), on_progress=lambda n, _: seen.append((n, len(asked)))
    )
    assert seen == [(1, 1), (2, 2), (3, 3)]


def test_the_file_is_built_as_the_standard_says(tmp_path: Path) -> None:
    pdf = written(numbered(3))
    assert pdf.startswith(b"%PDF-1.7\n")
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    assert pdf[start:].startswith(b"xref\n0 ")
    count = int(pdf[start:].split()[2])
    entries = pdf[start:].split(b"\n")[2 : 2 + count]
    offsets = [int(entry.split()[0]) for entry in entries[1:]]
    for number, offset in enumerate(offsets, start=1):
        assert pdf[offset:].startswith(b"%d 0 obj" % number)
    assert all(one != other for one, other in pairwise(sorted(offsets)))
