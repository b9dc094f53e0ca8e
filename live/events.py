"""What was committed between two positions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from outbox.models import Event
from outbox.positions import committed_between
from pos.models import MESSAGES, Activity, Code, Tap

# A client that was away for longer reads the dashboard anew instead.
MOST = 500
TAP_AUDIENCE = {
    Activity.ATTENDANCE: Capability.READ_ATTENDANCE,
    Activity.FOOD_SERVICE: Capability.MANAGE_MEALS,
}
# Of the outbox only these are shown: that a day changed, its tap says.
AUDIENCE = {
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


def events_between(after: str, until: str) -> list[LiveEvent]:
    """What is visible in the second position and was not in the first. Raises TooMany."""
    since = committed_between(after, until)
    taps = list(Tap.objects.filter(since).with_names().order_by("tap_id")[: MOST + 1])
    shown = Event.objects.filter(since, kind__in=AUDIENCE)
    others = list(shown.order_by("event_id")[: MOST + 1])
    if len(taps) + len(others) > MOST:
        raise TooMany
    return [*map(_of_tap, taps), *map(_of_event, others)]


def _of_event(event: Event) -> LiveEvent:
    kind = Event.Kind(event.kind)
    payload = {**event.payload, "at": _time(event.happened_at)}
    return LiveEvent(kind, AUDIENCE[kind], payload)


def _of_tap(tap: Tap) -> LiveEvent:
    return LiveEvent("tap", TAP_AUDIENCE[Activity(tap.activity)], tap_payload(tap))


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
