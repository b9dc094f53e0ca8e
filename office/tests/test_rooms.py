"""Every view and list of the office is declared in one place, and has its room (`office.rooms`)."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from office.registry import contributions
from office.rooms import Room
from office.views import OfficeView

# Django's table: nobody works in it here.
# Of closings and what was done to them the page "Closing" tells.
ROOMLESS = {"auth.Group", "attendance.ClosedDay", "attendance.RuleChange"}


def _subclasses(cls: type[OfficeView]) -> Iterator[type[OfficeView]]:
    for subclass in cls.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _patterns(resolver: Any) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern)
        else:
            yield pattern


def _under_admin() -> list[URLPattern]:
    (office,) = (p for p in get_resolver().url_patterns if str(p.pattern) == "admin/")
    return list(_patterns(office))


def test_every_list_of_a_model_has_a_room_or_is_named_as_roomless() -> None:
    roomless = {
        model._meta.label
        for model, model_admin in admin.site._registry.items()
        if not getattr(model_admin, "room", None)
    }
    assert roomless == ROOMLESS


def test_every_view_with_an_address_is_brought_by_its_app() -> None:
    brought = set(contributions().views)
    assert {view for view in _subclasses(OfficeView) if view.url_name} == brought


def test_a_view_that_is_brought_says_its_address_and_its_name() -> None:
    assert [view for view in contributions().views if not (view.route and view.url_name)] == []


def test_no_two_views_share_an_address_or_its_name() -> None:
    urls = [url for view in contributions().views for url in view.urls()]
    assert len({url.name for url in urls}) == len({str(url.pattern) for url in urls}) == len(urls)


def test_whoever_says_a_place_or_words_for_a_door_says_its_room() -> None:
    assert [v for v in contributions().views if (v.place or v.door) and not v.room] == []


def test_a_room_has_no_two_doors_in_the_same_place() -> None:
    """But the kinds of people, which stand in the order of their apps."""
    admins: list[Any] = list(admin.site._registry.values())
    doors = [*admins, *contributions().views]
    places = Counter((door.room, door.place) for door in doors if getattr(door, "room", None))
    shared = {place for place, number in places.items() if number > 1}
    assert shared == {(Room.PEOPLE, 0)}


def test_every_room_has_a_door() -> None:
    admins: list[Any] = list(admin.site._registry.values())
    doors = [*admins, *contributions().views]
    assert {door.room for door in doors if getattr(door, "room", None)} == set(Room)


def test_every_address_under_admin_is_declared_by_a_view_or_is_djangos() -> None:
    declared = [url for view in contributions().views for url in view.urls()]
    ours = {(str(url.pattern), url.name) for url in declared}
    assert ours <= {(str(pattern.pattern), pattern.name) for pattern in _under_admin()}

    plain = admin.AdminSite()
    plain.register(list(admin.site._registry))
    djangos = {pattern.name for pattern in _patterns(SimpleNamespace(url_patterns=plain.urls[0]))}
    others = {pattern.name for pattern in _under_admin()} - {name for _, name in ours}
    assert others - djangos == {"auth_user_password_change"}  # of UserAdmin
