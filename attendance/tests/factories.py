"""Taps and days for the tests of this folder."""

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any, TypeVar

from django.utils import timezone
from rest_framework.test import APIClient

from attendance.changes import change_rules
from attendance.models import EVERYBODY, Attendance, Holiday, Schedule
from attendance.open_days import Scope
from attendance.rulebook import RulesChange
from attendance.schedules import CLOSES_AT, Policy, new_session, policy_of
from cards.models import Card
from cards.tests.factories import LONG_AGO, make_card, make_student
from people.models import Person
from pos.tests.factories import as_readers_send
from students.models import Student

URL = "/api/attendance/"
STAFF = f"{URL}staff/"
POLICY = f"{URL}policy/"
HOLIDAYS = f"{URL}holidays/"
SCHEDULES = f"{URL}schedules/"
ABSENCES = f"{URL}absences/"
CLOSE = f"{URL}close/"
TAPS = "/api/pos/taps/"

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
THURSDAY, SATURDAY = date(2026, 11, 19), date(2026, 11, 14)
NOON = datetime(2026, 11, 18, 9, tzinfo=UTC)  # on the campus, three hours ahead

_events = count(1)
H = TypeVar("H", bound=Person)


def at(time: str, day: date = WEDNESDAY) -> str:
    """`07:31` -> `2026-11-18T07:31+03:00`, campus time."""
    return f"{day}T{time}+03:00"


def make_pupil(**fields: Any) -> tuple[Student, str]:
    """A student, and the number of the card that the student carries."""
    student = make_student(**fields)
    return student, number_of(student)


def carrying(holder: H) -> H:
    """This person, with a card that they have had for long: who else could be Absent?"""
    if holder.is_active:
        number_of(holder)
    return holder


def number_of(holder: Any) -> str:
    """The number of a card that this person has had for long."""
    card = Card.objects.current().filter(person=holder.pk).first()
    if card:
        return card.rfid_number
    issued = timezone.make_aware(datetime.combine(LONG_AGO, time(8)))
    return make_card(holder, issued_date=issued).rfid_number


def tap(reader: APIClient, card: str, tapped_at: str, **fields: Any) -> Any:
    """The answer to a tap that the reader has not sent before."""
    event_id = f"event-{next(_events)}"
    body = {"event_id": event_id, "card": card, "tapped_at": tapped_at, **fields}
    with as_readers_send(body) as (sent,):
        response = reader.post(TAPS, sent)
    assert response.status_code == 201, response.content
    return response.json()


def tap_all(reader: APIClient, taps: list[dict[str, Any]]) -> Any:
    """The results of a batch, none of which the reader has sent before."""
    items = [{"event_id": f"event-{next(_events)}", **item} for item in taps]
    with as_readers_send(*items) as sent:
        response = reader.post(f"{TAPS}batch/", {"taps": sent})
    assert response.status_code == 200, response.content
    return response.json()["results"]


def days_of(client: APIClient, url: str = URL, **filters: Any) -> list[Any]:
    response = client.get(url, filters)
    assert response.status_code == 200, response.content
    rows: list[Any] = response.json()["results"]
    return rows


def day_of(client: APIClient, student: Student, day: date = WEDNESDAY) -> Any:
    """The student's day, as the API tells it."""
    (row,) = days_of(client, student=student.pk, date=day)
    return row


def status_of(client: APIClient, student: Student, day: date = WEDNESDAY) -> str | None:
    """None: not seen, and not absent."""
    rows = days_of(client, student=student.pk, date=day)
    return rows[0]["status"] if rows else None


def make_first_rules() -> None:
    """Everybody's policy, where there is none."""
    if not Schedule.objects.filter(policy_of=EVERYBODY).exists():

        def write(change: RulesChange) -> None:
            Schedule.objects.create(
                name="Everybody",
                policy_of=EVERYBODY,
                closes_at=CLOSES_AT,
                sessions=[new_session()],
            )

        change_rules(write, what="The first rules", scope=Scope(), by=None)


def policy(class_level: str = EVERYBODY) -> Policy:
    """Everybody's, or a class level's own."""
    schedule = policy_of(class_level)
    assert schedule
    return Policy.of(schedule)


def make_day(person: Person, day: date, status: str = "Present", **fields: Any) -> Attendance:
    """A day that came out so."""
    return Attendance.objects.create(
        person=person, date=day, status=status, derived_status=status, **fields
    )


def make_nights(starts_at: str = "20:00:00", **fields: Any) -> Schedule:
    """Of whoever is there until six in the morning."""
    night = {
        "name": "Night",
        "weekdays": [1, 2, 3, 4, 5, 6, 7],
        "starts_at": starts_at,
        "late_after": starts_at,
        "ends_at": "06:00:00",
        "requires_tap": False,
    }
    schedule = Schedule(name="Nights", sessions=[night], **fields)
    change_rules(lambda _: schedule.save(), what="Nights", scope=Scope(), by=None)
    return schedule


def make_holiday(day: date, name: str = "Holiday", *, last_day: date | None = None) -> Holiday:
    """As an officer declares it: open days are judged by it."""
    holiday = Holiday(first_day=day, last_day=last_day or day, name=name)

    def write(change: RulesChange) -> Holiday:
        holiday.save()
        return holiday

    return change_rules(write, what="Holiday", scope=Scope(day, last_day or day), by=None)[0]


def close(client: APIClient, day: date = WEDNESDAY) -> Any:
    response = client.post(CLOSE, {"date": str(day)})
    assert response.status_code == 200, response.content
    return response.json()
