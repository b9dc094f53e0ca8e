"""Today in numbers (contract section 7)."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attendance.closing import close_day
from attendance.models import Attendance
from attendance.tests.factories import carrying
from attendance.tests.saying import correct_day
from cards.tests.factories import (
    make_card,
    make_guard,
    make_member,
    make_student,
    make_temporary_card,
    make_visitor,
)
from discipline.tests.factories import make_incident
from monitor.tests.addresses import own
from pos.services import record_heartbeat
from pos.tests.factories import all_day_period, make_hatch, make_reader
from visitors.models import Visitor

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 16)
EVERYTHING = {
    "present",
    "late",
    "absent",
    "excused",
    "not_yet_seen",
    "no_card",
    "on_site_now",
    "is_working_day",
    "attendance",
    "attendance_by_day",
}


@pytest.fixture(autouse=True)
def _monday_noon() -> Any:
    """A working day, so that the numbers do not depend on when the tests run."""
    noon = timezone.make_aware(datetime.combine(MONDAY, time(12)))
    with time_machine.travel(noon, tick=True):
        yield


def _at(clock: str) -> str:
    return f"{MONDAY}T{clock}"


def _tap(reader: APIClient, card: str, clock: str, **fields: Any) -> None:
    tap = {"card": card, "tapped_at": _at(clock), "offline": True, **fields}
    assert reader.post("/api/pos/taps/", tap).json()["code"] == "ok"


def test_the_day_of_the_students_and_of_everybody(administrator: APIClient) -> None:
    _, gate = make_reader()
    for number, clock in enumerate(["07:30:00", "07:45:00", "08:30:00"]):
        make_card(make_student(), f"04A3000{number}")
        _tap(gate, f"04A3000{number}", clock, direction="in")
    _tap(gate, "04A30000", "11:00:00", direction="out")
    carrying(make_student())  # not yet seen
    make_student()  # has no card
    make_student(is_active=False)
    excused = Attendance.objects.get(person__cards__rfid_number="04A30001")
    correct_day(record=excused, status="Excused", reason="Clinic", by=User.objects.get())
    make_card(make_member(), "04A30009")
    _tap(gate, "04A30009", "07:00:00", direction="in")
    make_guard()
    body = administrator.get(own("administrator", "dashboard")).json()
    assert body["date"] == str(MONDAY)
    students = {
        "present": 1,
        "late": 1,
        "absent": 0,
        "excused": 1,
        "not_yet_seen": 1,
        "no_card": 1,
        "on_site_now": 2,
    }
    assert body["attendance"]["students"] == students
    assert {name: body[name] for name in students if name != "on_site_now"} == {
        name: count for name, count in students.items() if name != "on_site_now"
    }
    on_site = {"total": 3, "students": 2, "staff": 1, "security": 0, "visitors": 0}
    assert body["on_site_now"] == on_site
    # Guards work in shifts: nobody waits for them.
    assert body["attendance"]["security"]["not_yet_seen"] == 0


def test_not_yet_seen_becomes_absent_when_the_day_is_closed(administrator: APIClient) -> None:
    carrying(make_student())
    address = own("administrator", "dashboard")
    before = administrator.get(address).json()
    close_day(day=MONDAY, by=None)
    after = administrator.get(address).json()
    assert (before["not_yet_seen"], before["absent"]) == (1, 0)
    assert (after["not_yet_seen"], after["absent"]) == (0, 1)


@pytest.mark.parametrize(("clocks", "is_on_site"), [(["07:30"], True), (["07:30", "11:00"], False)])
def test_at_a_two_way_gate_the_first_tap_comes_and_the_last_goes(
    clocks: list[str], is_on_site: bool, administrator: APIClient
) -> None:
    make_card(rfid_number="04A30001")
    _, gate = make_reader()
    for clock in clocks:
        _tap(gate, "04A30001", f"{clock}:00")
    body = administrator.get(own("administrator", "dashboard")).json()
    assert body["on_site_now"]["total"] == int(is_on_site)


VISITS = [
    # The direction of each tap, and whether the visitor is here after them.
    (["in"], True),
    (["in", "out"], False),
    (["in", "out", "in"], True),
    (["out"], False),
    ([""], True),
    (["", ""], False),
]


@pytest.mark.parametrize(("directions", "is_on_site"), VISITS)
def test_a_visitor_is_on_site_and_has_no_attendance(
    directions: list[str], is_on_site: bool, administrator: APIClient
) -> None:
    morning = timezone.now() - timedelta(hours=3)
    make_temporary_card(make_visitor(admitted_from=morning), "04AA0001")
    _, gate = make_reader()
    for minute, direction in enumerate(directions):
        clock = f"11:{minute:02}:00"
        way = {"direction": direction} if direction else {}
        _tap(gate, "04AA0001", clock, **way)
    body = administrator.get(own("administrator", "dashboard")).json()
    number = int(is_on_site)
    assert body["on_site_now"] == {
        "total": number,
        "students": 0,
        "staff": 0,
        "security": 0,
        "visitors": number,
    }
    assert set(body["attendance"]) == {"students", "staff", "security"}
    assert not Attendance.objects.exists()
    for address in ("/api/attendance/", "/api/attendance/staff/"):
        assert administrator.get(address).json()["count"] == 0


def test_who_is_refused_on_the_way_in_is_not_here_and_on_the_way_out_is_gone(
    administrator: APIClient,
) -> None:
    visitor = make_visitor()
    make_temporary_card(visitor, "04AA0001")
    _, gate = make_reader()

    def on_site(direction: str) -> int:
        tap = {"card": "04AA0001", "direction": direction, "event_id": uuid4().hex}
        gate.post("/api/pos/taps/", tap)
        body = administrator.get(own("administrator", "dashboard")).json()
        return int(body["on_site_now"]["visitors"])

    assert on_site("in") == 1
    ends = timezone.now()
    Visitor.objects.filter(pk=visitor.pk).update(admitted_until=ends)
    assert on_site("in") == 1  # refused: it says nothing of where the visitor is
    assert on_site("out") == 0
    assert on_site("in") == 0


def test_a_meal_brings_nobody_on_site(administrator: APIClient) -> None:
    make_temporary_card(make_visitor(), "04AA0001")
    _, hatch = make_hatch()
    hatch.post("/api/pos/taps/", {"card": "04AA0001"})
    body = administrator.get(own("administrator", "dashboard")).json()
    assert body["on_site_now"]["visitors"] == 0


def test_meals_incidents_readers_taps_and_fourteen_days(administrator: APIClient) -> None:
    student = make_student()
    make_card(student, "04A30001")
    all_day_period(name="Lunch")
    _, hatch = make_hatch()
    _tap(hatch, "04A30001", "11:30:00", food_item="Ugali")
    make_incident(student, 7)
    silent, _ = make_reader(name="Back gate")
    record_heartbeat(
        pos_id=silent.pk,
        device_time=timezone.now() + timedelta(minutes=2),
        queue_depth=3,
        firmware="",
    )
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=True):
        body = administrator.get(own("administrator", "dashboard")).json()
    assert body["meals"]["periods"][0]["name"] == "Lunch"
    assert body["meals"]["periods"][0]["items"] == [{"food_item": "Ugali", "served": 1}]
    assert body["incidents"] == {"today": 1, "points_deducted": 7}
    reader = next(reader for reader in body["readers"] if reader["name"] == "Back gate")
    assert (reader["state"], reader["queue_depth"], reader["is_clock_off"]) == ("silent", 3, True)
    assert body["latest_taps"][0]["holder"]["full_name"] == student.full_name
    days = [day["date"] for day in body["attendance_by_day"]]
    assert days == [str(MONDAY - timedelta(days=ago)) for ago in reversed(range(14))]
    assert body["meals_by_day"][-1] == {"date": str(MONDAY), "served": 1}


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("registration_officer", EVERYTHING | {"latest_taps"}),
        ("attendance_admin", EVERYTHING | {"latest_taps"}),
        ("kitchen_admin", {"meals", "meals_by_day", "latest_taps"}),
        ("discipline_admin", EVERYTHING | {"latest_taps", "incidents"}),
    ],
)
def test_each_role_sees_its_own(
    role: str, shown: set[str], caller: Callable[[str], APIClient]
) -> None:
    make_reader()
    body = caller(role).get(own(role, "dashboard")).json()
    assert set(body) == {"date", "generated_at", *shown}


def test_the_dashboard_takes_a_fixed_number_of_queries(
    administrator: APIClient, django_assert_num_queries: Any
) -> None:
    _, gate = make_reader()
    for number in range(15):
        make_card(rfid_number=f"04A3{number:04X}")
        _tap(gate, f"04A3{number:04X}", "07:30:00")
        make_reader()
    with django_assert_num_queries(19):
        administrator.get(own("administrator", "dashboard"))
