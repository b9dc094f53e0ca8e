"""What happened, as receivers are told it: `docs/webhooks.md` describes each field.

Everything is read from facts that are committed. Nothing here holds a telephone number, a chip's
number, a free text about somebody or a picture.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.utils import timezone

from attendance.models import Attendance
from outbox.models import Event
from people.models import Person
from pos.alerts import lost_among
from pos.models import Decision, Tap
from webhooks.models import EventName

# Event ids are made of what they are about: what is followed twice has one id all the same.
NAMESPACE = UUID("6f0d2a5e-5d0b-4b51-9f43-3a2f8c1f7b1d")
TEST = "test"


@dataclass(frozen=True, slots=True)
class HookFact:
    """One thing to be told. `recorded_at`: when it came to us, which for a tap can be later."""

    id: UUID
    name: EventName
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]
    person_id: UUID | None = None


def body_of(*, event_id: UUID, name: str, occurred_at: datetime, data: Any) -> dict[str, Any]:
    """What is posted."""
    return {"id": str(event_id), "type": name, "occurred_at": _time(occurred_at), "data": data}


def event_of_a_test() -> dict[str, Any]:
    note = {"message": "A test from TrackXpert: nothing happened."}
    return body_of(event_id=uuid4(), name=TEST, occurred_at=timezone.now(), data=note)


def _time(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat() if moment else None


def _id(kind: str, key: object, at: datetime) -> UUID:
    """With its time: after a restored backup the same numbers are given to other things."""
    return uuid5(NAMESPACE, f"{kind}:{key}:{at.timestamp():.6f}")


def _holder(person: Person | None) -> dict[str, Any] | None:
    if person is None:
        return None
    return {
        "id": str(person.pk),
        "type": person.kind,
        "identifier": person.identifier,
        "full_name": person.full_name,
    }


# --- taps -------------------------------------------------------------------------------------


def facts_of_taps(taps: list[Tap]) -> list[HookFact]:
    """Of taps that came `with_names()`; of a lost or stolen card an alert as well."""
    lost = lost_among(taps)
    facts = []
    for tap in taps:
        facts.append(_fact_of_tap(tap))
        if tap.pk in lost:
            facts.append(_alert_of_lost_card(tap, lost[tap.pk]))
    return facts


def _fact_of_tap(tap: Tap) -> HookFact:
    return HookFact(
        id=_id("tap", tap.pk, tap.received_at),
        name=EventName.TAP_ACCEPTED if tap.decision == Decision.ACCEPTED else EventName.TAP_DENIED,
        occurred_at=tap.counted_at or tap.received_at,
        recorded_at=tap.received_at,
        data=_data_of_tap(tap),
        person_id=tap.person_id,
    )


def _data_of_tap(tap: Tap) -> dict[str, Any]:
    device = tap.device
    return {
        "tap_id": tap.pk,
        "event_id": tap.event_id,
        "activity": tap.activity,
        "reader": {"pos_id": str(device.pk), "name": device.name} if device else None,
        "location": tap.location,
        "decision": tap.decision,
        "code": tap.code,
        "would_deny": tap.would_deny,
        "offline": tap.is_offline,
        "clock_suspect": tap.is_clock_suspect,
        "reader_decision": tap.reader_decision,
        "debounced": tap.is_debounced,
        "direction": tap.direction,
        "date": tap.date.isoformat(),
        "counted_at": _time(tap.counted_at),
        "received_at": _time(tap.received_at),
        "card": tap.card_uuid and str(tap.card_uuid),
        "attendance_status": tap.day_status or None,
        "food_item": tap.food_item,
        "service_id": tap.service_id and str(tap.service_id),
        "holder": _holder(tap.person),
    }


def _alert_of_lost_card(tap: Tap, reason: str) -> HookFact:
    return HookFact(
        id=_id("lost_card", tap.pk, tap.received_at),
        name=EventName.ALERT_LOST_CARD,
        occurred_at=tap.counted_at or tap.received_at,
        recorded_at=tap.received_at,
        data={"reason": reason, "tap": _data_of_tap(tap)},
        person_id=tap.person_id,
    )


# --- what the outbox holds --------------------------------------------------------------------


def facts_of_events(events: list[Event]) -> list[HookFact]:
    """As they are now: in three queries at most, however many there are."""
    days = _days_of(events)
    people = _people_of(events)
    facts = (TELLERS[Event.Kind(event.kind)](event, days, people) for event in events)
    return [fact for fact in facts if fact]


Days = dict[UUID, Attendance]
People = dict[str, Person]
DAYS = {Event.Kind.DAY_CHANGED, Event.Kind.DAY_CORRECTED}


def _days_of(events: Iterable[Event]) -> Days:
    subjects = {event.subject for event in events if event.subject and event.kind in DAYS}
    rows = Attendance.objects.filter(pk__in=subjects).select_related("person") if subjects else []
    return {day.pk: day for day in rows}


def _people_of(events: Iterable[Event]) -> People:
    """Those that payloads name: a student of an incident, the holder of a card."""
    named = {event.payload.get("student") or event.payload.get("person") for event in events}
    ids = named - {None}
    return {str(pk): who for pk, who in Person.objects.in_bulk(ids).items()} if ids else {}


def _day_changed(event: Event, days: Days, people: People) -> HookFact | None:
    """A day can be gone with its correction: then there is nothing to tell."""
    day = event.subject and days.get(event.subject)
    return _fact_of(event, EventName.DAY_CHANGED, _data_of_day(day), day.person) if day else None


def _day_corrected(event: Event, days: Days, people: People) -> HookFact:
    day = event.subject and days.get(event.subject)
    if day:
        return _fact_of(event, EventName.DAY_CORRECTED, _data_of_day(day), day.person)
    gone = {"attendance_time": None, "left_at": None, "source": None, "holder": None}
    return _fact_of(event, EventName.DAY_CORRECTED, {**event.payload, **gone}, None)


def _data_of_day(day: Attendance) -> dict[str, Any]:
    return {
        "attendance_id": str(day.pk),
        "date": day.date.isoformat(),
        "status": day.status,
        "attendance_time": _time(day.attendance_time),
        "left_at": _time(day.left_at),
        "source": day.source,
        "holder": _holder(day.person),
    }


def _day_closed(event: Event, days: Days, people: People) -> HookFact:
    return _fact_of(event, EventName.DAY_CLOSED, {"date": event.payload["date"]}, None)


def _incident(event: Event, days: Days, people: People) -> HookFact:
    said = event.payload
    student = people.get(said["student"])
    data = {
        "discipline_id": said["discipline_id"],
        "category": said["category"],
        "points_deducted": said["points_deducted"],
        "is_voided": said["is_voided"],
        "holder": _holder(student),
    }
    name = EventName.INCIDENT_VOIDED if said["is_voided"] else EventName.INCIDENT_RECORDED
    return _fact_of(event, name, data, student)


def _alert(event: Event, days: Days, people: People) -> HookFact:
    said = {**event.payload}
    return _fact_of(event, EventName(f"alert.{said.pop('alert')}"), said, None)


def _card(name: EventName) -> "Teller":
    def tell(event: Event, days: Days, people: People) -> HookFact:
        said = event.payload
        holder = people.get(said["person"])
        data = {
            "card": said["card_uuid"],
            "card_type": said["card_type"],
            "is_active": said["is_active"],
            "retired_reason": said["retired_reason"],
            "replaces": said["replaces"],
            "holder": _holder(holder),
        }
        return _fact_of(event, name, data, holder)

    return tell


def _fact_of(
    event: Event, name: EventName, data: dict[str, Any], person: Person | None
) -> HookFact:
    return HookFact(
        id=_id("event", event.pk, event.happened_at),
        name=name,
        occurred_at=event.happened_at,
        recorded_at=event.happened_at,
        data=data,
        person_id=person.pk if person else None,
    )


Teller = Callable[[Event, Days, People], HookFact | None]


def _tap_annulled(event: Event, days: Days, people: People) -> HookFact | None:
    """Few and far between: a query each. None: it has been deleted since, being old enough."""
    tap = Tap.objects.with_names().filter(pk=event.payload["tap_id"]).first()
    if tap is None or not tap.is_annulled:
        return None
    by = "office" if tap.annulment.annulled_by_id else "reader"
    data = {**_data_of_tap(tap), "annulled_at": _time(tap.annulment.annulled_at), "annulled_by": by}
    return _fact_of(event, EventName.TAP_ANNULLED, data, tap.person)


TELLERS: dict[Event.Kind, Teller] = {
    Event.Kind.DAY_CHANGED: _day_changed,
    Event.Kind.DAY_CORRECTED: _day_corrected,
    Event.Kind.DAY_CLOSED: _day_closed,
    Event.Kind.INCIDENT: _incident,
    Event.Kind.CARD_ISSUED: _card(EventName.CARD_ISSUED),
    Event.Kind.CARD_SWITCHED: _card(EventName.CARD_SWITCHED),
    Event.Kind.CARD_RETIRED: _card(EventName.CARD_RETIRED),
    Event.Kind.CARD_DELETED: _card(EventName.CARD_DELETED),
    Event.Kind.ALERT: _alert,
    Event.Kind.TAP_ANNULLED: _tap_annulled,
}


# --- readers ----------------------------------------------------------------------------------

KEPT_OF_READERS = ("pos_id", "name", "location", "activity_type", "last_seen_at", "queue_depth")


def news_of_readers(
    before: dict[str, Any], now: dict[str, Any], *, at: datetime
) -> tuple[list[HookFact], dict[str, Any]]:
    """What changed between two looks at the silent readers, by id, and what to remember of now."""
    silent = {pk: {key: reader[key] for key in KEPT_OF_READERS} for pk, reader in now.items()}
    fell = [
        _of_reader(EventName.ALERT_READER_SILENT, silent[pk], at)
        for pk in sorted(now.keys() - before.keys())
    ]
    heard = [
        _of_reader(EventName.ALERT_READER_HEARD, before[pk], at)
        for pk in sorted(before.keys() - now.keys())
    ]
    return fell + heard, silent


def _of_reader(name: EventName, reader: dict[str, Any], at: datetime) -> HookFact:
    return HookFact(_id(name, reader["pos_id"], at), name, at, at, {"reader": reader})
