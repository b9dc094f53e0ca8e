from __future__ import annotations

from io import BytesIO
from typing import get_args

import pytest
from PIL import Image

from tools.demo.portraits import Kind, draw_portrait
from tools.demo.portraits.canvas import HEIGHT, SCALE, WIDTH, Canvas
from tools.demo.portraits.clothes import WARDROBES
from tools.demo.portraits.sitter import (
    COVERINGS,
    HAIR,
    Beard,
    Earrings,
    Glasses,
    Hair,
    choose_sitter,
)

KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_female", [True, False])
def test_a_portrait_is_a_colour_jpeg_of_id_photo_size(kind: Kind, is_female: bool) -> None:
    jpeg = draw_portrait(1, is_female=is_female, kind=kind)
    with Image.open(BytesIO(jpeg)) as picture:
        picture.load()
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (480, 600))
    assert 12_000 < len(jpeg) < 48_000


def test_the_same_seed_gives_the_same_bytes() -> None:
    once, again = (draw_portrait(7, is_female=True, kind="staff") for _ in range(2))
    assert once == again


def test_what_was_drawn_before_leaves_no_trace() -> None:
    once = draw_portrait(8, is_female=False, kind="student")
    for seed in range(2):
        draw_portrait(seed, is_female=True, kind="security")
    assert draw_portrait(8, is_female=False, kind="student") == once


def test_seed_sex_and_kind_each_make_another_person() -> None:
    pictures = {
        draw_portrait(seed, is_female=is_female, kind=kind)
        for seed in (1, 2)
        for is_female in (True, False)
        for kind in KINDS
    }
    assert len(pictures) == 12


def test_every_style_of_hair_is_drawn_for_all_who_may_wear_it() -> None:
    """Of many seeds, the first that comes to each style: drawing them all would take too long."""
    drawn = set()
    for seed in range(600):
        is_female, kind = seed % 2 == 0, KINDS[seed % 3]
        hair = choose_sitter(seed, is_female=is_female, kind=kind).hair
        if (kind, is_female, hair) not in drawn:
            drawn.add((kind, is_female, hair))
            draw_portrait(seed, is_female=is_female, kind=kind)
    assert drawn == {(*who, hair) for who, styles in HAIR.items() for hair in styles}


@pytest.mark.parametrize(("kind", "is_female"), WARDROBES)
def test_every_outfit_fits_many_bodies(kind: Kind, is_female: bool) -> None:
    canvas = Canvas(Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE)))
    with canvas.placed(WIDTH / 2, HEIGHT / 2):
        for outfit in WARDROBES[kind, is_female]:
            for seed in range(6):
                outfit(canvas, choose_sitter(seed, is_female=is_female, kind=kind))
    assert canvas.image.getbbox() is not None


def test_hijab_and_kofia_go_with_the_name_when_the_caller_knows_it() -> None:
    def covered(is_muslim: bool) -> int:
        sitters = [
            choose_sitter(seed, is_female=seed % 2 == 0, kind="student", is_muslim=is_muslim)
            for seed in range(300)
        ]
        return sum(sitter.hair in COVERINGS for sitter in sitters)

    assert covered(is_muslim=False) == 0
    assert covered(is_muslim=True) > 60


def test_every_accessory_is_chosen_by_somebody() -> None:
    sitters = [
        choose_sitter(seed, is_female=seed % 2 == 0, kind=KINDS[seed % 3]) for seed in range(600)
    ]
    assert {sitter.glasses for sitter in sitters} == set(get_args(Glasses))
    assert {sitter.earrings for sitter in sitters} == set(get_args(Earrings))
    assert {sitter.beard for sitter in sitters} == set(get_args(Beard))
    assert {sitter.hair for sitter in sitters} == set(get_args(Hair))


def test_every_kind_and_sex_has_hair_to_choose_from() -> None:
    assert set(HAIR) == {(kind, is_female) for kind in KINDS for is_female in (True, False)}
