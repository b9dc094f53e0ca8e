"""What was committed between two positions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db import DataError, connection, transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from live.models import Event
from pos.models import MESSAGES, Activity, Code, Tap

POSITION = re.compile(r"\d{1,20}:\d{1,20}:(\d{1,20}(,\d{1,20})*)?")
# A client that was away for longer reads the dashboard anew instead.
MOST = 500
# Committed since the first snapshot and visible in the second. The index on the transaction's
# number finds the few rows that can be.
SINCE = """
    transaction_id >= pg_snapshot_xmin(%s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(transaction_id, %s::pg_snapshot)
    AND pg_visible_in_snapshot(transaction_id, %s::pg_snapshot)
"""
AUDIENCE = {
    Activity.ATTENDANCE: Capability.READ_ATTENDANCE,
    Activity.FOOD_SERVICE: Capability.MANAGE_MEALS,
    Event.Kind.DAY_CORRECTED: Capability.READ_ATTENDANCE,
    Event.Kind.DAY_CLOSED: Capability.READ_ATTENDANCE,
    Event.Kind.INCIDENT: Capability.MANAGE_DISCIPLINE,
}


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One thing that happened. `audience`: whoever holds this capability is told."""

    kind: str
    audience: Capability
    payload: dict[str, Any]

    def is_for(self, user: User) -> bool:
        return user.may(self.audience)


class TooMany(Exception):
    """More was committed since than anybody wants to be told one by one."""


def is_position(text: str) -> bool:
    """Whether PostgreSQL takes this for a snapshot."""
    if not POSITION.fullmatch(text):
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::pg_snapshot", [text])
    except DataError:
        return False
    return True


def current_position() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def events_between(after: str, until: str) -> list[LiveEvent]:
    """What is visible in the second position and was not in the first. Raises TooMany."""
    between = (after, after, until)
    since = RawSQL(SINCE, between, output_field=BooleanField())  # noqa: S611  (a constant of ours)
    taps = list(Tap.objects.filter(since).with_names().order_by("tap_id")[: MOST + 1])
    others = list(Event.objects.filter(since).order_by("event_id")[: MOST + 1])
    if len(taps) + len(others) > MOST:
        raise TooMany
    return [*map(_of_tap, taps), *map(_of_event, others)]


def _of_event(event: Event) -> LiveEvent:
    kind = Event.Kind(event.kind)
    payload = {**event.payload, "at": _time(event.happened_at)}
    return LiveEvent(kind, AUDIENCE[kind], payload)


def _of_tap(tap: Tap) -> LiveEvent:
    return LiveEvent("tap", AUDIENCE[Activity(tap.activity)], tap_payload(tap))


def tap_payload(tap: Tap) -> dict[str, Any]:
    """A tap as dashboards show it; its device and holder are at hand."""
    holder, device = tap.person, tap.device
    return {
        "tap_id": tap.tap_id,
        "event_id": tap.event_id,
        "activity": tap.activity,
        "reader": {"pos_id": str(device.pk), "name": device.name} if device else None,
        "location": tap.location,
        "decision": tap.decision,
        "code": tap.code,
        "message": MESSAGES[Code(tap.code)],
        "would_deny": tap.would_deny,
        "offline": tap.is_offline,
        "clock_suspect": tap.is_clock_suspect,
        "direction": tap.direction,
        "at": _time(tap.counted_at or tap.received_at),
        "received_at": _time(tap.received_at),
        "attendance_status": tap.day_status or None,
        "food_item": tap.food_item,
        "holder": holder
        and {
            "type": holder.kind,
            "full_name": holder.full_name,
            "identifier": holder.identifier,
            "photo_url": default_storage.url(holder.photo.name) if holder.photo.name else None,
        },
    }


def events_for(user: User, events: Iterable[LiveEvent]) -> list[LiveEvent]:
    return [event for event in events if event.is_for(user)]


def _time(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat()
