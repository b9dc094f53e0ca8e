"""The rooms of the registration office, and who finds which doors in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps as installed
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Capability


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the office that is no list of a model. `door` is its URL name.

    Without a capability every administrator finds it, as they may open it (`OfficePage`).
    """

    door: str
    title: str
    capability: Capability | None


@dataclass(frozen=True, slots=True)
class Room:
    """`doors`: models as `app.model`, and pages by their URL names, in the order of use."""

    name: str
    icon: str
    doors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str
    is_current: bool


# In the order of a day's work. A list that names its room itself (`OfficeModelAdmin.room`) comes
# before these; what is in none of them has no door here. The apps bring their own pages
# (`add_page`): this app knows nobody.
ROOMS = (
    Room(
        "People",
        "people",
        (
            "notifications.guardian",
            "people.import",
        ),
    ),
    Room(
        "Cards",
        "card",
        (
            "cards_desk",
            "cards_issue",
            "cards.card",
            "cards.printjob",
            "cards.idcardprintlog",
            "cards.idcardverificationlog",
        ),
    ),
    Room(
        "Attendance",
        "clock",
        (
            "attendance_day",
            "attendance.attendance",
            "attendance.closedday",
            "attendance.policy",
            "attendance.holiday",
        ),
    ),
    Room("Kitchen", "meal", ("kitchen_day", "kitchen.kitchenservice", "kitchen.mealperiod")),
    Room("Discipline", "flag", ("discipline.incident",)),
    Room("Notices", "bell", ("notifications.notice",)),
    Room("Reports", "chart", ("reports_download", "reports.reportschedule")),
    Room("Readers", "reader", ("pos.device", "pos.tap", "pos.conflictingtap")),
    Room(
        "Administration",
        "gear",
        ("accounts.user", "background_work"),
    ),
)
_pages: dict[str, Page] = {}


def add_page(*, door: str, title: str, capability: Capability | None) -> None:
    """Give a page a door in the room that names it."""
    _pages[door] = Page(door, title, capability)


def rooms_of(request: HttpRequest, apps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """`name, icon, links` of each room in which this user finds a door.

    `apps` is what `AdminSite.get_app_list` shows to them.
    """
    assert isinstance(request.user, User)
    addresses = {**_model_doors(apps), **_page_doors(request.user)}
    here = _nearest(request.path, (url for _, url in addresses.values()))
    rooms = []
    for room in ROOMS:
        found = (addresses[door] for door in _doors_of(room) if door in addresses)
        links = [Link(name, url, url == here) for name, url in found]
        if links:
            rooms.append({"name": room.name, "icon": room.icon, "links": links})
    return rooms


def _doors_of(room: Room) -> Iterator[str]:
    for model in filter(admin.site.is_registered, installed.get_models()):
        if getattr(admin.site.get_model_admin(model), "room", "") == room.name:
            yield model._meta.label_lower
    yield from room.doors


def _model_doors(apps: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    return {
        f"{app['app_label']}.{model['object_name'].lower()}": (model["name"], model["admin_url"])
        for app in apps
        for model in app["models"]
        if model["admin_url"]
    }


def _page_doors(user: User) -> dict[str, tuple[str, str]]:
    mine = (page for page in _pages.values() if not page.capability or user.may(page.capability))
    return {page.door: (page.title, reverse(f"admin:{page.door}")) for page in mine}


def _nearest(path: str, urls: Iterable[str]) -> str:
    """The door that this address lies behind: the longest that it starts with."""
    return max((url for url in urls if path.startswith(url)), key=len, default="")
