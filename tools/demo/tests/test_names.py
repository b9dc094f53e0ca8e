from __future__ import annotations

import unicodedata
from itertools import islice
from random import Random

import pytest

from tools.demo.names import COMMUNITIES, DemoName, names

SEEDS = (1, 7, 2026)


def campus(seed: int, size: int = 450, **options: float) -> list[DemoName]:
    return list(islice(names(Random(seed), **options), size))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_whole_campus_has_no_full_name_twice(seed: int) -> None:
    assert len({name.full.casefold() for name in campus(seed)}) == 450


def test_the_same_seed_gives_the_same_people() -> None:
    assert campus(3) == campus(3)
    assert campus(3) != campus(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_name_is_composed_unicode_without_stray_spaces(seed: int) -> None:
    for name in campus(seed):
        assert unicodedata.is_normalized("NFC", name.full)
        assert name.full == " ".join(name.full.split())
        assert name.first
        assert name.surname


@pytest.mark.parametrize("seed", SEEDS)
def test_a_campus_has_the_spellings_that_break_careless_software(seed: int) -> None:
    people = campus(seed)
    assert any("'" in name.full for name in people)
    assert any("-" in name.full for name in people)
    assert any(not name.full.isascii() for name in people)
    assert any(not name.middle for name in people)
    assert any(sum(map(str.isalpha, name.full)) >= 25 for name in people)


@pytest.mark.parametrize("seed", SEEDS)
def test_women_and_men_are_both_on_campus(seed: int) -> None:
    women = sum(name.is_female for name in campus(seed))
    assert 150 < women < 300


def test_the_share_of_women_is_the_callers_choice() -> None:
    assert all(name.is_female for name in campus(1, 50, female_share=1))
    assert not any(name.is_female for name in campus(1, 50, female_share=0))


def test_nobody_carries_one_name_twice() -> None:
    for name in campus(1):
        assert name.first not in {name.middle, name.surname}
        assert name.middle != name.surname


def test_no_community_lists_a_name_twice() -> None:
    for community in COMMUNITIES:
        for pool in (community.first, community.middle, community.surname):
            assert len(set(pool.female)) == len(pool.female)
            assert len(set(pool.male)) == len(pool.male)


def test_a_missing_middle_name_leaves_no_gap() -> None:
    assert DemoName("Diane", "", "Uwase", is_female=True).full == "Diane Uwase"


def test_a_name_tells_which_portrait_suits_it() -> None:
    people = campus(1)
    assert 60 < sum(name.is_muslim for name in people) < 180
    assert DemoName("Halima", "Juma", "Kondo", is_female=True).is_muslim
    assert not DemoName("Neema", "Elia", "Mushi", is_female=True).is_muslim
