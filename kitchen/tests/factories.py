"""Periods and meals for the tests of this folder."""

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from cards.tests.factories import make_card, make_student
from kitchen.models import MealPeriod
from pos.tests.factories import as_readers_send
from students.models import Student

PERIODS = "/api/kitchen/periods/"
SERVICES = "/api/kitchen/services/"
SUMMARY = "/api/kitchen/summary/"
TAPS = "/api/pos/taps/"

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
THURSDAY = date(2026, 11, 19)
NOON = datetime(2026, 11, 18, 9, tzinfo=UTC)  # on the campus, three hours ahead

_events = count(1)


def at(time_of_day: str, day: date = WEDNESDAY) -> str:
    """`12:31` -> `2026-11-18T12:31+03:00`, campus time."""
    return f"{day}T{time_of_day}+03:00"


def make_period(name: str, starts_at: str, ends_at: str, **fields: Any) -> MealPeriod:
    return MealPeriod.objects.create(
        name=name,
        starts_at=time.fromisoformat(starts_at),
        ends_at=time.fromisoformat(ends_at),
        **fields,
    )


def make_eater(**fields: Any) -> tuple[Student, str]:
    """A student, and the number of the card that the student carries."""
    student = make_student(**fields)
    return student, number_of(student)


def number_of(holder: Any) -> str:
    """The number of a new card for this person."""
    number = make_card(holder).rfid_number
    assert number
    return number


def tap(hatch: APIClient, card: str, tapped_at: str, **fields: Any) -> Any:
    """The answer to a tap that the hatch has not sent before."""
    event_id = f"event-{next(_events)}"
    body = {"event_id": event_id, "card": card, "tapped_at": tapped_at, **fields}
    with as_readers_send(body) as (sent,):
        response = hatch.post(TAPS, sent)
    assert response.status_code == 201, response.content
    return response.json()


def tap_all(hatch: APIClient, taps: list[dict[str, Any]]) -> Any:
    """The results of a batch, none of which the hatch has sent before."""
    items = [{"event_id": f"event-{next(_events)}", **item} for item in taps]
    with as_readers_send(*items) as sent:
        response = hatch.post(f"{TAPS}batch/", {"taps": sent})
    assert response.status_code == 200, response.content
    return response.json()["results"]


def meals(client: APIClient, **filters: Any) -> list[Any]:
    """What was served, the earliest first."""
    response = client.get(SERVICES, {"ordering": "service_time", **filters})
    assert response.status_code == 200, response.content
    rows: list[Any] = response.json()["results"]
    return rows
