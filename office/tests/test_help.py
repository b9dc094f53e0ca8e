"""The guide for the office: each task short and with a picture, each page with its section."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import get_resolver
from PIL import Image

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.office import page
from office.help import GUIDES, PICTURES, help_of, sections

MakeUser = Callable[..., User]
MOST_LINES, WIDEST = 10, 200
MOST_BYTES, WIDTH = 40_000, 900
PICTURE = re.compile(r"!\[(?P<said>[^\]]+)\]\(images/officers/(?P<slug>[a-z0-9-]+)\.png\)")
PART = re.compile(r"<[^>]+>")


def written() -> Iterator[tuple[str, str, list[str]]]:
    """Of each section its language, its title and the lines that hold something."""
    for language, guide in GUIDES.items():
        _, *parts = re.split(r"^## ", guide.read_text(), flags=re.MULTILINE)
        for part in parts:
            title, *body = filter(str.strip, part.splitlines())
            yield language, title, body


def addresses(resolver: Any, before: str = "/") -> Iterator[str]:
    """Of every page, with `*` for whatever changes."""
    for pattern in resolver.url_patterns:
        address = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern, address)
        else:
            yield PART.sub("*", address)


@pytest.mark.parametrize(("language", "title", "lines"), [*written()])
def test_a_task_takes_ten_lines_and_a_picture(language: str, title: str, lines: list[str]) -> None:
    """What says of which pages it is and the picture are no lines to read."""
    section = next(each for each in sections(language).values() if each.title == title)
    (picture,) = filter(None, map(PICTURE.fullmatch, lines))
    assert (picture["said"], picture["slug"]) == (title, section.slug)
    read = [line for line in lines if not line.startswith(("<!--", "!["))]
    assert len(read) <= MOST_LINES
    assert max(map(len, read)) <= WIDEST
    file = PICTURES / f"{section.slug}.png"
    assert file.stat().st_size <= MOST_BYTES
    with Image.open(file) as taken:
        assert taken.width == WIDTH


def test_no_picture_is_of_a_task_that_is_gone() -> None:
    assert {file.stem for file in PICTURES.iterdir()} == set(sections())


def test_each_link_within_the_guide_leads_to_a_section() -> None:
    named = re.findall(r"\]\(#([^)]+)\)", GUIDES["en"].read_text())
    assert set(named) <= set(sections())


def test_the_guide_tells_the_same_in_swahili() -> None:
    assert [*sections("sw")] == [*sections()]


def test_each_page_that_a_section_names_is_there() -> None:
    there = [*addresses(get_resolver())]
    for section in sections().values():
        for address in section.pages:
            assert any(each.startswith(address) for each in there), (section.slug, address)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CLASS_TEACHER])
def test_every_door_of_the_menu_has_help_of_its_own(make_user: MakeUser, role: Role) -> None:
    office = browser_of(make_user(role))
    doors = set(re.findall(r'class="door" href="([^"]+)"', page(office, "/admin/")))
    assert len(doors) > 4
    assert [door for door in doors if help_of(door) == "today"] == ["/admin/background-work/"] * (
        role == Role.ADMINISTRATOR
    )
    for door in doors:
        assert f'href="/admin/help/{help_of(door)}/"' in page(office, door)


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("/", "the-dashboard"),
        ("/admin/", "today"),
        ("/admin/cards/printjob/", "print-cards"),
        ("/admin/cards/printjob/8f/change/", "when-a-print-goes-wrong-or-is-wanted-again"),
        ("/admin/attendance/day/2026-11-30/", "a-day-of-attendance"),
        ("/admin/attendance/day/2026-11-30/student/8f/", "why-is-it-so"),
    ],
)
def test_the_section_that_says_most_of_an_address_is_its_help(path: str, slug: str) -> None:
    assert help_of(path) == slug


@pytest.mark.django_db
def test_a_section_is_shown_with_its_picture_and_leads_on_within_the_office(
    make_user: MakeUser,
) -> None:
    office = browser_of(make_user(Role.CLASS_TEACHER))
    shown = page(office, "/admin/help/a-card-is-lost-stolen-damaged-or-forgotten/")
    assert '<a href="/admin/help/temporary-cards/">A temporary card</a>' in shown
    (picture,) = re.findall(r'<img src="(/admin/help/pictures/[^"]+)"', shown)
    answer = office.get(picture)
    assert answer.headers["Content-Type"] == "image/png"
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")  # type: ignore[attr-defined]
    for wrong in ("nothing/", "pictures/nothing.png", "pictures/today.jpg"):
        assert office.get(f"/admin/help/{wrong}").status_code == 404
