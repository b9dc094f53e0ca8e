"""The rooms of the registration office, and who finds which doors in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps as installed
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from office.registry import contributions

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Room(Enum):
    """In the order of a day's work. Lists and views name the room that has a door to them."""

    label: "StrOrPromise"

    PEOPLE = _("People"), "people"
    CARDS = _("Cards"), "card"
    ATTENDANCE = _("Attendance"), "clock"
    KITCHEN = _("Kitchen"), "meal"
    DISCIPLINE = _("Discipline"), "flag"
    NOTICES = _("Notices"), "bell"
    REPORTS = _("Reports"), "chart"
    READERS = _("Readers"), "reader"
    ADMINISTRATION = _("Administration"), "gear"

    def __new__(cls, label: "StrOrPromise", icon: str) -> Self:
        room = object.__new__(cls)
        room._value_ = icon
        room.label = label
        return room

    @property
    def icon(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Door:
    room: Room
    place: int
    name: "StrOrPromise"
    url: str


@dataclass(frozen=True, slots=True)
class MenuLink:
    name: "StrOrPromise"
    url: str
    is_current: bool


def rooms_of(request: HttpRequest, apps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """`name, icon, links` of each room in which this user finds a door.

    `apps` is what `AdminSite.get_app_list` shows to them.
    """
    assert isinstance(request.user, User)
    doors = [*_doors_to_models(apps), *_doors_to_views(request.user)]
    doors.sort(key=lambda door: door.place)
    # The door that this address lies behind: the longest that it starts with.
    behind = (door.url for door in doors if request.path.startswith(door.url))
    here = max(behind, key=len, default="")
    rooms = []
    for room in Room:
        links = [
            MenuLink(door.name, door.url, door.url == here) for door in doors if door.room is room
        ]
        if links:
            rooms.append({"name": _name(room, request.user), "icon": room.icon, "links": links})
    return rooms


def _name(room: Room, user: User) -> str:
    """To a class teacher the people are those of their classes."""
    is_of_classes = room is Room.PEOPLE and user.own_classes is not None
    return gettext("My classes") if is_of_classes else str(room.label)


def _doors_to_models(apps: Iterable[dict[str, Any]]) -> Iterator[Door]:
    """In the order in which the apps are installed."""
    shown = {model["model"]: model for app in apps for model in app["models"]}
    for model in filter(shown.__contains__, installed.get_models()):
        model_admin: Any = admin.site.get_model_admin(model)
        url = shown[model]["admin_url"]
        if url and (room := getattr(model_admin, "room", None)):
            yield Door(room, model_admin.place, shown[model]["name"], url)


def _doors_to_views(user: User) -> Iterator[Door]:
    for view in contributions().views:
        if view.room and view.is_for(user):
            url = reverse(f"admin:{view.url_name}")
            yield Door(view.room, view.place, view.door or view.title, url)
