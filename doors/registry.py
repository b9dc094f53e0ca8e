"""Every door there is. A new one is a module with its `DOOR`, and a line here."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from django.urls import URLPattern
from django.utils.module_loading import import_string

from doors.door import TerminalDoor

DOORS: Final = (
    # a line each
    "doors.mapped.DOOR",
    "doors.frappe.DOOR",
    "doors.zkteco.DOOR",
    "doors.zkteco_acc.DOOR",
    "doors.hikvision.DOOR",
)


@cache
def doors() -> tuple[TerminalDoor, ...]:
    return tuple(import_string(path) for path in DOORS)


def door_of(protocol: str) -> TerminalDoor | None:
    """None: our own protocol, or one that has no door yet."""
    return next((door for door in doors() if door.protocol == protocol), None)


def door_urls() -> Sequence[URLPattern]:
    """At the root of the site: terminals have their addresses burnt in."""
    return [pattern for door in doors() for pattern in door.urls]
