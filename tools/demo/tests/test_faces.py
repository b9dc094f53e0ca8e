"""The stored pictures: fit to be uploaded and printed, and dealt to whom they suit."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cards.printing.front import PHOTO
from people.photos import prepared
from tools.demo.faces import PICTURES, Appearance, Faces, look_of
from tools.demo.people import DemoPeople, Sitter
from typesetting.photo import portrait


@pytest.fixture
def sitters() -> list[Sitter]:
    return DemoPeople().everybody()


@pytest.fixture
def dealt(sitters: list[Sitter]) -> list[tuple[Sitter, Path]]:
    faces = Faces()
    return [(s, faces.deal(s.look, group=s.group)) for s in sitters if s.look]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_every_picture_is_an_id_photo_that_passes_the_check_of_uploads(picture: Path) -> None:
    jpeg = prepared(BytesIO(picture.read_bytes()), size=picture.stat().st_size)
    with Image.open(BytesIO(jpeg)) as photo:
        assert (photo.format, photo.mode, photo.size) == ("JPEG", "RGB", (360, 450))
    assert portrait(jpeg, PHOTO).enlarged < 1  # no pixel of a printed card is made up


def test_no_two_pictures_are_the_same_face() -> None:
    """Sixteen times twenty pixels tell people apart, also those who are dressed alike."""
    small = set()
    for picture in PICTURES:
        with Image.open(picture) as face:
            small.add(face.resize((16, 20)).tobytes())
    assert len(small) == len(PICTURES)


def test_the_whole_set_is_small_enough_for_every_clone() -> None:
    assert sum(picture.stat().st_size for picture in PICTURES) < 1_500_000


def test_a_picture_says_by_its_name_whom_it_suits() -> None:
    assert look_of(Path("student-woman-15-hijab.jpg")) == Appearance("student", True, True)
    assert look_of(Path("security-man-03-cap.jpg")) == Appearance("security", False, False)
    assert look_of(Path("staff-woman-03-box-braids.jpg")) == Appearance("staff", True, False)


def test_everybody_who_was_photographed_gets_a_face_that_suits(
    dealt: list[tuple[Sitter, Path]],
) -> None:
    assert 400 < len(dealt) < 452
    for sitter, picture in dealt:
        assert look_of(picture) == sitter.look


def test_hijab_and_kofia_go_with_the_name(sitters: list[Sitter]) -> None:
    covered = [sitter for sitter in sitters if sitter.look and sitter.look.is_covered]
    assert 15 < len(covered) < 50
    assert all(sitter.name.is_muslim for sitter in covered)


def test_nobody_shares_a_face_with_a_classmate_or_a_colleague(
    dealt: list[tuple[Sitter, Path]],
) -> None:
    seen = {(sitter.group, picture) for sitter, picture in dealt}
    assert len(seen) == len(dealt)


def test_every_picture_is_somebodys(dealt: list[tuple[Sitter, Path]]) -> None:
    assert {picture for _, picture in dealt} == set(PICTURES)
