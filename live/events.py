"""What was committed between two positions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from attendance.models import Attendance
from discipline.models import Incident
from outbox.models import Event
from outbox.positions import committed_between
from people.scope import is_of_own_class
from pos.alerts import Alert, lost_among
from pos.models import MESSAGES, Activity, Code, Tap

# A client that was away for longer reads the dashboard anew instead.
MOST = 500
# No class has this code: classes without one are nobody's own.
ABOUT_NOBODY = ""
TAP_AUDIENCE = {
    Activity.ATTENDANCE: Capability.READ_ATTENDANCE,
    Activity.FOOD_SERVICE: Capability.READ_MEALS,
}
# Of the outbox only these are shown: that a day changed, its tap says.
AUDIENCE = {
    Event.Kind.DAY_CORRECTED: Capability.READ_ATTENDANCE,
    Event.Kind.DAY_CLOSED: Capability.READ_ATTENDANCE,
    Event.Kind.INCIDENT: Capability.READ_DISCIPLINE,
    Event.Kind.ALERT: Capability.ADMINISTER,
}
# Whose day or incident an event is about, and where that person's class stands.
ABOUT: dict[str, tuple[Any, str]] = {
    Event.Kind.DAY_CORRECTED: (Attendance, "person__class_code"),
    Event.Kind.INCIDENT: (Incident, "student__class_code"),
}


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One thing that happened.

    `audience`: whoever holds this capability is told, if they may know of whom it is about.
    `class_code` is that person's: None of a person that nobody knows, and ABOUT_NOBODY of what
    concerns everybody alike.
    """

    kind: str
    audience: Capability
    payload: dict[str, Any]
    class_code: str | None = ABOUT_NOBODY

    def is_for(self, user: User) -> bool:
        is_theirs = self.class_code == ABOUT_NOBODY or is_of_own_class(user, self.class_code)
        return user.may(self.audience) and is_theirs


class TooMany(Exception):
    """More was committed since than anybody wants to be told one by one."""


def events_between(after: str, until: str) -> list[LiveEvent]:
    """What is visible in the second position and was not in the first. Raises TooMany."""
    since = committed_between(after, until)
    taps = list(Tap.objects.filter(since).with_names().order_by("tap_id")[: MOST + 1])
    shown = Event.objects.filter(since, kind__in=[*AUDIENCE, Event.Kind.TAP_ANNULLED])
    others = list(shown.order_by("event_id")[: MOST + 1])
    if len(taps) + len(others) > MOST:
        raise TooMany
    codes, lost, annulled = _classes_of(others), lost_among(taps), _annulled_taps(others)
    told = (_of_event(event, codes, annulled) for event in others)
    return [
        *map(_of_tap, taps),
        *(_of_lost_card(tap, lost[tap.pk]) for tap in taps if tap.pk in lost),
        *(event for event in told if event),
    ]


def _annulled_taps(events: Iterable[Event]) -> dict[int, Tap]:
    """The taps that were taken back, as they are now; one query, or none."""
    numbers = [e.payload["tap_id"] for e in events if e.kind == Event.Kind.TAP_ANNULLED]
    return Tap.objects.with_names().in_bulk(numbers) if numbers else {}


def _classes_of(events: Iterable[Event]) -> dict[UUID, str]:
    """The class of the person of each day and incident, by its id; two queries, or none."""
    subjects: dict[str, list[UUID]] = {}
    for event in events:
        if event.subject:
            subjects.setdefault(event.kind, []).append(event.subject)
    codes: dict[UUID, str] = {}
    for kind, (model, path) in ABOUT.items():
        if ids := subjects.get(kind):
            codes.update(model.objects.filter(pk__in=ids).values_list("pk", path))
    return codes


def _of_event(event: Event, codes: dict[UUID, str], annulled: dict[int, Tap]) -> LiveEvent | None:
    kind = Event.Kind(event.kind)
    if kind == Event.Kind.TAP_ANNULLED:
        # None of a tap that was deleted since, being old enough.
        tap = annulled.get(event.payload["tap_id"])
        return _of_tap(tap, kind) if tap else None
    payload = {**event.payload, "at": _time(event.happened_at)}
    if event.subject is None:
        return LiveEvent(kind, AUDIENCE[kind], payload)
    return LiveEvent(kind, AUDIENCE[kind], payload, codes.get(event.subject) or None)


def _of_tap(tap: Tap, kind: str = "tap") -> LiveEvent:
    class_code = (tap.person and tap.person.class_code) or None
    audience = TAP_AUDIENCE[Activity(tap.activity)]
    return LiveEvent(kind, audience, tap_payload(tap), class_code)


def _of_lost_card(tap: Tap, reason: str) -> LiveEvent:
    payload = {
        "alert": Alert.LOST_CARD,
        "reason": reason,
        "tap": tap_payload(tap),
        "at": _time(tap.received_at),
    }
    return LiveEvent(Event.Kind.ALERT, Capability.ADMINISTER, payload)


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
        "reader_decision": tap.reader_decision,
        "debounced": tap.is_debounced,
        "annulled": tap.is_annulled,
        "direction": tap.direction,
        "at": _time(tap.counted_at or tap.received_at),
        "received_at": _time(tap.received_at),
        "attendance_status": tap.day_status or None,
        "food_item": tap.food_item,
        "served": tap.service_id is not None,
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
