"""`hikvision`: terminals of Hikvision leave their events at `/hik/{key}` (HTTP listening, ISAPI).

Each event comes by itself, as JSON or as a part of a form beside its pictures, and comes again
until it is answered 200; so what can never be a tap is answered like one, and kept for a person.
The numbers of events are those of the maker's SDK (readers.md 2.4 and 8.6).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from attendance.day import Direction
from core.clock import received_now
from core.parsers import NotJSON, parse_json
from doors.bodies import texts_of
from doors.door import DoorView, Terminal, TerminalDoor, said, terminal_with_key
from doors.messages import heard, keep_message
from doors.taking import Line, Misfit, event_id_of, line_of, take
from pos.models import Decision, Protocol

DETAILS: Final = "AccessControllerEvent"
# What the part of a form with the event is called: mostly the first, on some models the other.
PARTS: Final = frozenset({"event_log", DETAILS})
WRAPPER: Final = "EventNotificationAlert"
HEARTBEAT: Final = "heartbeat"
MAJOR_EVENT: Final = 5
# Sub-events by which somebody was let in: by card, PIN, finger, face, code or several of them.
PASSES: Final = frozenset(
    {1, 2, 16, 38, 40, 43, 46, 54, 57, 60, 63, 66, 69, 72, 75, 77, 101, 105, 156, 181}
)
# By which the terminal sent somebody away.
REFUSALS: Final = frozenset(
    {*range(3, 16), 39, 41, 42, 44, 45, 47, 48, 49, 55, 56, 58, 59, 61, 62, 64, 65, 67, 68}
    | {70, 71, 73, 74, 76, 78, 79, 80, 102, 103, 112, 157}
)
# A card was read. In the others its number, if there is one, is that of the person's entry.
BY_CARD: Final = frozenset({*range(1, 16), *range(40, 46), 60, 61, 62, 66, 67, 68})
WAYS: Final = {
    "checkIn": Direction.IN,
    "breakIn": Direction.IN,
    "overtimeIn": Direction.IN,
    "checkOut": Direction.OUT,
    "breakOut": Direction.OUT,
    "overtimeOut": Direction.OUT,
}

# What a terminal said: an event, or text that is none.
Said = Mapping[str, Any] | str


class Events(DoorView):
    """Where a terminal leaves its events; 200 only when they are in the ledger."""

    def find_terminal(self, request: HttpRequest, **kwargs: Any) -> Terminal:
        return terminal_with_key(Protocol.HIKVISION, kwargs["key"])

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        now = received_now()
        events = [event for text in texts_of(request, names=PARTS) for event in _events_in(text)]
        news = [event for event in events if not _is_heartbeat(event)]
        lines = [line for event in news if (line := _line_of(event, received_at=now))]
        taken = take(self.terminal, lines, received_at=now)
        offsets = (_offset_of(event, now) for event in events if _is_heartbeat(event))
        heard(self.terminal, at=now, clock_offset_ms=next(offsets, None))
        if news or not events:
            keep_message(
                self.terminal,
                what="event" if news else f"no event ({request.content_type})",
                said="\n".join(map(_written, news)),
                answered=str(taken) if lines else "no pass",
                received_at=now,
            )
        return said("OK")


def _events_in(text: bytes) -> list[Said]:
    """Names of people may be in any encoding, and must not cost an event."""
    decoded = text.decode("utf-8", "replace").strip("\0 \r\n\t")
    if not decoded:
        return []
    try:
        parsed = parse_json(decoded.encode(), keeps_halves=True)
    except NotJSON:
        return [decoded]
    items = parsed if isinstance(parsed, list) else [parsed]
    bare = [item.get(WRAPPER, item) if isinstance(item, dict) else item for item in items]
    return [item if isinstance(item, dict) else str(item) for item in bare]


def _is_heartbeat(event: Said) -> bool:
    if isinstance(event, str):
        return event.startswith("<") and HEARTBEAT in event.lower()  # XML
    return str(event.get("eventType", "")).lower() == HEARTBEAT


def _line_of(event: Said, *, received_at: datetime) -> Line | None:
    """None: a door that opened, a tamper switch, a login; whatever is nobody's pass."""
    text = _written(event)
    if isinstance(event, str):
        return Misfit(
            text, gettext_noop("This is no JSON: choose JSON in the terminal's HTTP listening.")
        )
    details = _details_of(event)
    kind = _text(details.get("subEventType"))
    number = int(kind) if kind.isdecimal() else 0
    card, person = _text(details.get("cardNo")), _person_in(details)
    is_event = _text(details.get("majorEventType")) == str(MAJOR_EVENT)
    if not is_event or number not in PASSES | REFUSALS or not (card or person):
        return None
    line = line_of(
        text,
        event_id=_event_id_of(event, details),
        card=card if number in BY_CARD or not person else "",
        person=person,
        tapped_at=_text(event.get("dateTime")) or None,
        direction=WAYS.get(_text(details.get("attendanceStatus"))),
        received_at=received_at,
    )
    if isinstance(line, Misfit) or number in PASSES:
        return line
    return replace(line, reader_decision=Decision.DENIED)


def _details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of the pass, which some models send without what is around them."""
    details = event.get(DETAILS, event)
    return details if isinstance(details, dict) else {}


def _person_in(details: Mapping[str, Any]) -> str:
    return _text(details.get("employeeNoString")) or _text(details.get("employeeNo"))


def _event_id_of(event: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    """By the terminal's own count of its events, or by all that the event says."""
    terminal = _text(event.get("deviceID")) or _text(event.get("macAddress")).lower()
    serial = _text(details.get("serialNo"))
    unique = [serial] if serial else [_text(event.get("dateTime")), *map(str, details.items())]
    return event_id_of(Protocol.HIKVISION, terminal, *unique)


def _text(value: Any) -> str:
    """`` for what is neither text nor a number, and for a number that is nothing but zeros."""
    is_said = isinstance(value, str | int) and not isinstance(value, bool)
    text = str(value).strip() if is_said else ""
    return text if text.strip("0") else ""


def _offset_of(event: Said, now: datetime) -> int | None:
    """The terminal's clock minus ours, in milliseconds, by a heartbeat."""
    text = "" if isinstance(event, str) else _text(event.get("dateTime"))
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment):
        return None
    return round((moment - now).total_seconds() * 1000)


def _written(event: Said) -> str:
    """For people, a line for each thing that it says; what has parts, such as a face's, is not."""
    if isinstance(event, str):
        return event
    said = {**event, **_details_of(event)}
    lines = (f"{name}={value}" for name, value in said.items() if isinstance(value, str | int))
    return "\n".join(lines)


DOOR = TerminalDoor(
    protocol=Protocol.HIKVISION,
    urls=[path(f"hik/<str:key>{end}", Events.as_view(), name="hikvision") for end in ("", "/")],
    how_to_connect=_(
        "In the terminal's web page, under Network, HTTP Listening: this server's IP address and "
        "port, protocol HTTP, URL /hik/ and this reader's key, format JSON. People are known by "
        "their employee ID: make it their identification number or their PIN at terminals. Cards "
        "come in decimal, as this reader's number format says."
    ),
)
