"""What taps say of a person's day, and how the days are read (contract sections 8 and 9)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from attendance.changes import set_policy
from attendance.models import EVERYBODY
from attendance.tests.factories import (
    MONDAY,
    POLICY,
    STAFF,
    TAPS,
    TUESDAY,
    URL,
    WEDNESDAY,
    at,
    close,
    day_of,
    days_of,
    make_pupil,
    number_of,
    status_of,
    tap,
    tap_all,
)
from cards.tests.factories import make_guard, make_member, make_student
from pos.tests.factories import make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


PLAIN = {
    "left_at": None,
    "source": "tap",
    "derived_status": "Present",
    "minutes_late": 0,
    "left_early": False,
    "hours_on_site": None,
    "is_counted": True,
    "is_closed": False,
    "correction": None,
}


# --- one day of one student -------------------------------------------------------------------


def test_the_first_tap_makes_the_day(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil(class_level="NTA 5", department="Mining")
    answer = tap(gate, card, at("07:31:02"), direction="in")
    arrived = "2026-11-18T07:31:02+03:00"
    told = {"date": "2026-11-18", "status": "Present", "attendance_time": arrived}
    assert answer["attendance"] == told
    day = day_of(clerk, student)
    session = {"name": "Day", "status": "Present", "arrived_at": arrived, "left_at": None}
    assert day == {
        "attendance_id": day["attendance_id"],
        "student": str(student.pk),
        "student_name": student.full_name,
        "registration_number": student.identifier,
        "class_level": "NTA 5",
        "class_code": "",
        "department": "Mining",
        **told,
        **PLAIN,
        "sessions": [session],
    }
    assert clerk.get(f"{URL}{day['attendance_id']}/").json() == day


def test_later_taps_neither_move_the_arrival_nor_make_another_day(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    for time in ("07:31", "09:15", "11:00"):
        answer = tap(gate, card, at(time), direction="in")
    assert answer["attendance"]["status"] == "Present"
    assert day_of(clerk, student)["attendance_time"] == "2026-11-18T07:31:00+03:00"


@pytest.mark.parametrize(
    ("time", "status"),
    [
        ("07:59:59", "Present"),
        ("08:00:00", "Present"),
        ("08:00:00.000001", "Late"),
        ("08:00:01", "Late"),
    ],
)
def test_who_comes_at_the_limit_is_present_and_after_it_late(
    gate: APIClient, clerk: APIClient, time: str, status: str
) -> None:
    student, card = make_pupil()
    assert tap(gate, card, at(time))["attendance"]["status"] == status
    assert status_of(clerk, student) == status


def test_an_earlier_tap_that_arrives_later_makes_late_present(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    assert tap(gate, card, at("09:00"))["attendance"]["status"] == "Late"
    early = tap(gate, card, at("07:40"), offline=True)
    assert early["attendance"]["attendance_time"] == "2026-11-18T07:40:00+03:00"
    assert status_of(clerk, student) == "Present"


def test_the_last_tap_outwards_is_the_departure(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("07:30"), direction="in")
    assert day_of(clerk, student)["left_at"] is None
    tap(gate, card, at("11:00"), direction="out")
    tap(gate, card, at("11:30"), direction="in")
    day = day_of(clerk, student)
    assert (day["attendance_time"], day["left_at"]) == (
        "2026-11-18T07:30:00+03:00",
        "2026-11-18T11:00:00+03:00",
    )
    tap(gate, card, at("11:59"), direction="out")
    assert day_of(clerk, student)["left_at"] == "2026-11-18T11:59:00+03:00"


def test_who_leaves_before_coming_has_not_left(gate: APIClient, clerk: APIClient) -> None:
    """A resident of the hostel goes out in the morning and comes back to class."""
    student, card = make_pupil()
    tap(gate, card, at("06:10"), direction="out")
    tap(gate, card, at("07:50"), direction="in")
    day = day_of(clerk, student)
    assert (day["status"], day["left_at"]) == ("Present", None)


def test_at_a_two_way_reader_the_first_tap_arrives_and_the_last_leaves(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    tap(gate, card, at("07:30"))
    assert day_of(clerk, student)["left_at"] is None
    for time in ("10:00", "10:05", "11:45"):
        tap(gate, card, at(time))
        day = day_of(clerk, student)
        assert day["attendance_time"] == "2026-11-18T07:30:00+03:00"
        assert day["left_at"] == f"2026-11-18T{time}:00+03:00"


def test_who_is_only_seen_leaving_was_here_and_came_nobody_knows_when(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    answer = tap(gate, card, at("11:00"), direction="out")
    told = {"date": "2026-11-18", "status": "Present", "attendance_time": None}
    assert answer["attendance"] == told
    day = day_of(clerk, student)
    assert day["attendance_time"] is None
    assert day["left_at"] == "2026-11-18T11:00:00+03:00"
    assert day["source"] == "tap"


def test_a_one_way_reader_speaks_for_taps_that_do_not_say(clerk: APIClient) -> None:
    (student, card), (other, others) = make_pupil(), make_pupil()
    _, way_out = make_reader(direction="out")
    _, way_in = make_reader(direction="in")
    tap(way_in, card, at("07:30"))
    tap(way_in, card, at("07:31"))
    assert day_of(clerk, student)["left_at"] is None
    tap(way_out, card, at("11:00"))
    assert day_of(clerk, student)["left_at"] == "2026-11-18T11:00:00+03:00"
    tap(way_out, others, at("07:00"), direction="in")
    assert day_of(clerk, other)["attendance_time"] == "2026-11-18T07:00:00+03:00"


def test_the_same_taps_in_any_order_give_the_same_day(gate: APIClient, clerk: APIClient) -> None:
    """One student for each order of the same taps, one by one over two readers and in a batch."""
    _, other_gate = make_reader()
    seen = (("08:10", "in"), ("07:55", "out"), ("10:00", None), ("11:00", "in"))
    orders = [(make_pupil()[1], order) for order in permutations(seen)]
    for turn in range(len(seen)):
        taps = [
            {"card": card, "tapped_at": at(order[turn][0]), "direction": order[turn][1]}
            for card, order in orders
        ]
        tap_all(gate if turn % 2 else other_gate, taps)
    at_once = make_pupil()[1]
    tap_all(gate, [{"card": at_once, "tapped_at": at(t), "direction": d} for t, d in seen])
    days = days_of(clerk, page_size=100)
    assert len(days) == len(orders) + 1
    outcomes = {(day["status"], day["attendance_time"], day["left_at"]) for day in days}
    assert outcomes == {("Late", "2026-11-18T08:10:00+03:00", "2026-11-18T10:00:00+03:00")}


def test_a_tap_that_is_sent_again_changes_nothing(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    body = {"event_id": "1", "card": card, "tapped_at": at("07:31")}
    assert gate.post(TAPS, body).status_code == 201
    tap(gate, card, at("09:00"))
    before = day_of(clerk, student)
    assert gate.post(TAPS, body).status_code == 200
    assert day_of(clerk, student) == before


def test_a_tap_that_is_refused_makes_no_day(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil(status="Suspended")
    answer = tap(gate, card, at("07:31"))
    assert (answer["decision"], answer["code"]) == ("denied", "holder_inactive")
    assert answer["attendance"] is None
    assert status_of(clerk, student) is None


def test_a_meal_is_no_attendance(clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(make_hatch()[1], card, at("11:00"))
    assert status_of(clerk, student) is None


# --- which day, and which time of it ----------------------------------------------------------


@pytest.mark.parametrize(
    ("tapped_at", "day"),
    [
        ("2026-11-16T23:59:59+03:00", MONDAY),
        ("2026-11-16T23:59:59.999999+03:00", MONDAY),
        ("2026-11-17T00:00:00+03:00", TUESDAY),
        ("2026-11-16T20:59:59Z", MONDAY),
        ("2026-11-16T21:00:00Z", TUESDAY),
        ("2026-11-16T12:59:59-08:00", MONDAY),
        ("2026-11-16T13:00:00-08:00", TUESDAY),
        ("2026-11-17T05:44:59+08:45", MONDAY),
        ("2026-11-17T05:45:00+08:45", TUESDAY),
        ("2026-11-16T23:59:59", MONDAY),
        ("2026-11-17T00:00:00", TUESDAY),
    ],
)
def test_a_day_begins_at_midnight_on_the_campus_however_the_reader_tells_the_time(
    gate: APIClient, clerk: APIClient, tapped_at: str, day: date
) -> None:
    student, card = make_pupil()
    assert tap(gate, card, tapped_at)["attendance"]["date"] == str(day)
    (found,) = days_of(clerk, student=student.pk)
    assert found["date"] == str(day)
    assert found["attendance_time"][:10] == str(day)


@pytest.mark.parametrize(
    ("tapped_at", "status"),
    [
        ("2026-11-18T05:00:00Z", "Present"),
        ("2026-11-18T05:00:01Z", "Late"),
        ("2026-11-17T21:00:00-08:00", "Present"),
        ("2026-11-17T21:00:01-08:00", "Late"),
        ("2026-11-18T08:00:00", "Present"),
        ("2026-11-18T08:00:01", "Late"),
    ],
)
def test_the_limit_is_campus_time_however_the_reader_tells_the_time(
    gate: APIClient, tapped_at: str, status: str
) -> None:
    told = tap(gate, make_pupil()[1], tapped_at)["attendance"]
    assert (told["date"], told["status"]) == ("2026-11-18", status)


def test_taps_on_both_sides_of_midnight_make_two_days(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap_all(
        gate,
        [
            {"card": card, "tapped_at": at("23:59:59", MONDAY)},
            {"card": card, "tapped_at": at("00:00:05", TUESDAY)},
        ],
    )
    days = days_of(clerk, student=student.pk, ordering="date")
    assert [(day["date"], day["status"]) for day in days] == [
        ("2026-11-16", "Late"),
        ("2026-11-17", "Present"),
    ]


def test_taps_of_last_week_that_come_now_are_counted_then(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    last_week = WEDNESDAY - timedelta(days=7)
    results = tap_all(
        gate,
        [
            {"card": card, "tapped_at": at("16:00", last_week), "offline": True},
            {"card": card, "tapped_at": at("07:20", last_week), "offline": True},
        ],
    )
    assert {result["attendance"]["date"] for result in results} == {str(last_week)}
    day = day_of(clerk, student, last_week)
    assert day["status"] == "Present"
    assert day["left_at"] == f"{last_week}T16:00:00+03:00"
    assert status_of(clerk, student) is None


def test_a_time_that_is_not_believed_makes_no_day_if_it_comes_late(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    long_ago = at("07:00", WEDNESDAY - timedelta(days=31))
    answer = tap(gate, card, long_ago, offline=True)
    assert (answer["clock_suspect"], answer["attendance"]) == (True, None)
    assert days_of(clerk, student=student.pk) == []
    body = {"event_id": "live", "card": card, "tapped_at": long_ago}
    live = gate.post(TAPS, body).json()
    assert live["attendance"]["attendance_time"] == "2026-11-18T12:00:00+03:00"


# --- where clocks are changed -----------------------------------------------------------------


def arrive(gate: APIClient, tapped_at: str) -> tuple[str, str]:
    """The day and the status of somebody who comes at this time."""
    told = tap(gate, make_pupil()[1], tapped_at)["attendance"]
    return told["date"], told["status"]


def late_after(caller: Callable[[str], APIClient], time: str) -> None:
    """Set by a client whose token was made after the clock was moved."""
    assert caller("administrator").patch(POLICY, {"late_after": time}).status_code == 200


@pytest.fixture
def berlin(settings: Settings, db: None) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    # The clocks are changed on Sundays.
    set_policy(class_level=EVERYBODY, changes={"working_days": [1, 2, 3, 4, 5, 6, 7]})


@pytest.mark.usefixtures("berlin")
def test_the_limit_moves_with_the_campus_clocks(
    gate: APIClient, clock: time_machine.Traveller
) -> None:
    """In Berlin the clocks go back on 25 October 2026 and forward on 29 March."""
    clock.move_to(datetime(2026, 10, 26, 12, tzinfo=UTC))
    assert arrive(gate, "2026-10-24T06:00:00Z") == ("2026-10-24", "Present")
    assert arrive(gate, "2026-10-24T06:00:01Z") == ("2026-10-24", "Late")
    assert arrive(gate, "2026-10-25T07:00:00Z") == ("2026-10-25", "Present")
    assert arrive(gate, "2026-10-25T07:00:01Z") == ("2026-10-25", "Late")
    clock.move_to(datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert arrive(gate, "2026-03-28T07:00:00Z") == ("2026-03-28", "Present")
    assert arrive(gate, "2026-03-29T06:00:00Z") == ("2026-03-29", "Present")
    assert arrive(gate, "2026-03-29T06:00:01Z") == ("2026-03-29", "Late")


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("tapped_at", "day"),
    [
        ("2026-10-24T21:59:59Z", "2026-10-24"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),
        ("2026-10-25T22:59:59Z", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "2026-10-26"),
    ],
)
def test_the_day_on_which_clocks_go_back_has_25_hours(
    gate: APIClient, clock: time_machine.Traveller, tapped_at: str, day: str
) -> None:
    clock.move_to(datetime(2026, 10, 26, 12, tzinfo=UTC))
    assert arrive(gate, tapped_at)[0] == day


@pytest.mark.parametrize(
    ("tapped_at", "day"),
    [
        ("2026-03-08T04:59:59Z", "2026-03-07"),
        ("2026-03-08T05:00:00Z", "2026-03-08"),
        ("2026-03-09T03:59:59Z", "2026-03-08"),
        ("2026-03-09T04:00:00Z", "2026-03-09"),
    ],
)
def test_the_day_on_which_clocks_go_forward_has_23_hours(
    gate: APIClient,
    clock: time_machine.Traveller,
    settings: Settings,
    tapped_at: str,
    day: str,
) -> None:
    settings.TIME_ZONE = "America/New_York"
    clock.move_to(datetime(2026, 3, 9, 12, tzinfo=UTC))
    assert arrive(gate, tapped_at)[0] == day


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("tapped_at", "status"),
    [
        ("2026-10-25T02:30:00+02:00", "Present"),
        ("2026-10-25T02:59:59+02:00", "Present"),
        ("2026-10-25T02:30:00+01:00", "Present"),
        ("2026-10-25T02:30:01+01:00", "Late"),
        ("2026-10-25T02:59:59", "Present"),
    ],
)
def test_a_limit_that_comes_twice_is_the_second(
    gate: APIClient,
    caller: Callable[[str], APIClient],
    clock: time_machine.Traveller,
    tapped_at: str,
    status: str,
) -> None:
    """Nobody is late by a clock that shows the limit still to come; without offset, the first."""
    clock.move_to(datetime(2026, 10, 25, 12, tzinfo=UTC))
    late_after(caller, "02:30")
    assert arrive(gate, tapped_at) == ("2026-10-25", status)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("tapped_at", "status"),
    [
        ("2026-03-29T01:59:59+01:00", "Present"),
        ("2026-03-29T03:00:00+02:00", "Present"),
        ("2026-03-29T03:30:00+02:00", "Present"),
        ("2026-03-29T03:30:01+02:00", "Late"),
    ],
)
def test_a_limit_that_never_comes_is_as_long_after_midnight_as_ever(
    gate: APIClient,
    caller: Callable[[str], APIClient],
    clock: time_machine.Traveller,
    tapped_at: str,
    status: str,
) -> None:
    clock.move_to(datetime(2026, 3, 29, 12, tzinfo=UTC))
    late_after(caller, "02:30")
    assert arrive(gate, tapped_at) == ("2026-03-29", status)


@pytest.mark.usefixtures("berlin")
def test_in_the_repeated_hour_the_earlier_instant_arrives(
    gate: APIClient, caller: Callable[[str], APIClient], clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 10, 25, 12, tzinfo=UTC))
    student, card = make_pupil()
    tap(gate, card, "2026-10-25T02:10:00+01:00")
    tap(gate, card, "2026-10-25T02:40:00+02:00")
    day = day_of(caller("administrator"), student, date(2026, 10, 25))
    assert day["attendance_time"] == "2026-10-25T02:40:00+02:00"
    assert day["left_at"] == "2026-10-25T02:10:00+01:00"


# --- staff and guards -------------------------------------------------------------------------


def test_staff_and_guards_have_days_of_their_own(gate: APIClient, clerk: APIClient) -> None:
    member, guard = make_member(), make_guard()
    tap_all(
        gate,
        [
            {"card": number_of(member), "tapped_at": at("07:31")},
            {"card": number_of(guard), "tapped_at": at("08:31")},
        ],
    )
    (of_member,) = days_of(clerk, STAFF, staff=member.pk)
    assert of_member == {
        "attendance_id": of_member["attendance_id"],
        "staff": str(member.pk),
        "security": None,
        "name": member.full_name,
        "identifier": member.identifier,
        "department": "Human Resources",
        "date": "2026-11-18",
        "status": "Present",
        "attendance_time": "2026-11-18T07:31:00+03:00",
        **PLAIN,
        "sessions": of_member["sessions"],
        "staff_id": str(member.pk),
        "attendance_date": "2026-11-18",
        "timestamp": "2026-11-18T07:31:00+03:00",
    }
    (of_guard,) = days_of(clerk, STAFF, security=guard.pk)
    assert (of_guard["staff"], of_guard["security"]) == (None, str(guard.pk))
    assert (of_guard["name"], of_guard["identifier"]) == (guard.full_name, guard.identifier)
    assert (of_guard["status"], of_guard["sessions"]) == ("Present", [])
    assert of_guard["staff_id"] == str(guard.pk)
    assert len(days_of(clerk, STAFF)) == 2
    assert days_of(clerk) == []


def test_who_is_on_leave_and_comes_is_present(gate: APIClient, clerk: APIClient) -> None:
    member = make_member(status="On Leave")
    tap(gate, number_of(member), at("07:31"))
    assert [day["status"] for day in days_of(clerk, STAFF)] == ["Present"]


# --- lists ------------------------------------------------------------------------------------


@pytest.fixture
def week(gate: APIClient, clerk: APIClient) -> dict[str, Any]:
    """Asha came on Monday, Juma late on Tuesday and in time on Wednesday, on Monday not at all."""
    asha, ashas = make_pupil(class_level="NTA 4", department="Mining")
    juma, jumas = make_pupil(class_level="NTA 6", department="Computer Studies")
    member, guard = make_member(department="Registry"), make_guard()
    tap_all(
        gate,
        [
            {"card": ashas, "tapped_at": at("07:30", MONDAY)},
            {"card": jumas, "tapped_at": at("09:30", TUESDAY)},
            {"card": jumas, "tapped_at": at("07:30", WEDNESDAY)},
            {"card": number_of(member), "tapped_at": at("07:30", TUESDAY)},
            {"card": number_of(guard), "tapped_at": at("09:30", WEDNESDAY)},
        ],
    )
    close(clerk, MONDAY)
    return {"asha": asha.pk, "juma": juma.pk, "member": member.pk, "guard": guard.pk}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"asha Mon", "juma Mon", "juma Tue", "juma Wed"}),
        ("student={asha}", {"asha Mon"}),
        ("date=2026-11-17", {"juma Tue"}),
        ("from=2026-11-17", {"juma Tue", "juma Wed"}),
        ("to=2026-11-17", {"asha Mon", "juma Mon", "juma Tue"}),
        ("from=2026-11-17&to=2026-11-17", {"juma Tue"}),
        ("from=2026-11-18&to=2026-11-16", set()),
        ("status=Present", {"asha Mon", "juma Wed"}),
        ("status=Late", {"juma Tue"}),
        ("status=Absent", {"juma Mon"}),
        ("status=Excused", set()),
        ("class_level=NTA 6&status=Present", {"juma Wed"}),
        ("department=Mining", {"asha Mon"}),
        ("department=Mining&date=2026-11-18", set()),
    ],
)
def test_days_of_students_are_filtered(
    clerk: APIClient, week: dict[str, Any], query: str, found: set[str]
) -> None:
    names = {str(pk): name for name, pk in week.items()}
    body = clerk.get(f"{URL}?{query.format(**week)}").json()
    days = {
        f"{names[row['student']]} {date.fromisoformat(row['date']):%a}" for row in body["results"]
    }
    assert days == found
    assert body["count"] == len(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"member Mon", "member Tue", "guard Wed"}),
        ("staff={member}", {"member Mon", "member Tue"}),
        ("security={guard}", {"guard Wed"}),
        ("date=2026-11-17", {"member Tue"}),
        ("from=2026-11-17", {"member Tue", "guard Wed"}),
        ("to=2026-11-16", {"member Mon"}),
        ("status=Present", {"member Tue", "guard Wed"}),
        ("department=Registry&status=Absent", {"member Mon"}),
    ],
)
def test_days_of_staff_and_guards_are_filtered(
    clerk: APIClient, week: dict[str, Any], query: str, found: set[str]
) -> None:
    names = {str(pk): name for name, pk in week.items()}
    rows = clerk.get(f"{STAFF}?{query.format(**week)}").json()["results"]
    days = {
        f"{names[row['staff'] or row['security']]} {date.fromisoformat(row['date']):%a}"
        for row in rows
    }
    assert days == found


@pytest.mark.parametrize(
    ("url", "query", "field"),
    [
        (URL, "student=rubbish", "student"),
        (URL, "date=yesterday", "date"),
        (URL, "date=2026-02-30", "date"),
        (URL, "from=rubbish", "from"),
        (URL, "to=2026-13-01", "to"),
        (URL, "status=Gone", "status"),
        (URL, "status=present", "status"),
        (URL, "class_level=%00", "class_level"),
        (URL, "ordering=password", "ordering"),
        (URL, "page_size=none", "page_size"),
        (STAFF, "staff=1", "staff"),
        (STAFF, "security=1", "security"),
        (STAFF, "from=rubbish", "from"),
        (STAFF, "status=Gone", "status"),
        (STAFF, "department=%00", "department"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    clerk: APIClient, url: str, query: str, field: str
) -> None:
    response = clerk.get(f"{url}?{query}")
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_the_latest_days_come_first_and_pages_lose_none(gate: APIClient, clerk: APIClient) -> None:
    cards = [make_pupil()[1] for _ in range(5)]
    tap_all(
        gate,
        [
            {"card": card, "tapped_at": at("07:30", day)}
            for card in cards
            for day in (MONDAY, WEDNESDAY)
        ],
    )
    pages = [clerk.get(URL, {"page_size": 4, "page": page}).json() for page in (1, 2, 3)]
    rows = [row for page in pages for row in page["results"]]
    assert [page["count"] for page in pages] == [10, 10, 10]
    assert [len(page["results"]) for page in pages] == [4, 4, 2]
    assert [row["date"] for row in rows] == ["2026-11-18"] * 5 + ["2026-11-16"] * 5
    assert len({row["attendance_id"] for row in rows}) == 10
    assert clerk.get(URL, {"page_size": 4, "page": 4}).status_code == 404


@pytest.mark.parametrize("ordering", ["date", "-date", "attendance_time", "-attendance_time"])
def test_days_are_ordered_as_asked(clerk: APIClient, week: dict[str, Any], ordering: str) -> None:
    field = ordering.removeprefix("-")
    values = [row[field] for row in days_of(clerk, ordering=ordering) if row[field]]
    assert values == sorted(values, reverse=ordering.startswith("-"))
    assert len(values) >= 3


@pytest.mark.parametrize("url", [URL, STAFF])
def test_a_list_asks_the_database_no_more_for_more_rows(
    gate: APIClient, clerk: APIClient, url: str
) -> None:
    make = make_member if url == STAFF else make_student
    counts = []
    for _ in range(2):
        cards = [number_of(make()) for _ in range(3)]
        tap_all(gate, [{"card": card, "tapped_at": at("07:30")} for card in cards])
        with CaptureQueriesContext(connection) as queries:
            rows = days_of(clerk, url)
        counts.append((len(rows), len(queries)))
    assert [rows for rows, _ in counts] == [3, 6]
    assert counts[0][1] == counts[1][1]


# --- one day, and who may see it --------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("administrator", True, True),
        ("attendance_admin", True, True),
        ("registration_officer", True, False),
        ("discipline_admin", True, False),
        ("kitchen_admin", False, False),
    ],
)
def test_each_role_meets_its_walls(
    gate: APIClient, caller: Callable[[str], APIClient], role: str, reads: bool, writes: bool
) -> None:
    member = make_member()
    tap_all(
        gate,
        [
            {"card": make_pupil()[1], "tapped_at": at("07:30")},
            {"card": number_of(member), "tapped_at": at("07:30")},
        ],
    )
    boss, client = caller("administrator"), caller(role)
    for url in (URL, STAFF):
        one = f"{url}{days_of(boss, url)[0]['attendance_id']}/"
        for path in (url, one):
            assert client.get(path).status_code == (200 if reads else 403), path
        change = client.patch(one, {"status": "Excused", "reason": "ill"})
        assert change.status_code == (200 if writes else 403)
        assert client.delete(one).status_code in {403, 405}
        assert client.put(one, {}).status_code in {403, 405}


def test_a_reader_sees_no_days(gate: APIClient, anybody: APIClient) -> None:
    assert gate.get(URL).status_code in {401, 403}
    assert anybody.get(URL).status_code == 401


def test_an_unknown_day_is_404(clerk: APIClient) -> None:
    assert clerk.get(f"{URL}{uuid4()}/").status_code == 404
    body = {"status": "Excused", "reason": "ill"}
    assert clerk.patch(f"{URL}{uuid4()}/", body).status_code == 404


def test_a_day_has_a_tag_that_changes_with_it(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:30"))
    url = f"{URL}{day_of(clerk, student)['attendance_id']}/"
    tag = clerk.get(url)["ETag"]
    assert clerk.get(url, HTTP_IF_NONE_MATCH=tag).status_code == 304
    tap(gate, card, at("07:30"))
    fresh = clerk.get(url, HTTP_IF_NONE_MATCH=tag)
    assert fresh.status_code == 200
    assert fresh["ETag"] != tag


def test_a_correction_of_a_day_that_a_tap_has_changed_meanwhile_is_refused(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:30"))
    url = f"{URL}{day_of(clerk, student)['attendance_id']}/"
    stale = clerk.get(url)["ETag"]
    tap(gate, card, at("07:30"))
    body = {"status": "Excused", "reason": "the bus"}
    refused = clerk.patch(url, body, HTTP_IF_MATCH=stale)
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert status_of(clerk, student) == "Present"
    done = clerk.patch(url, body, HTTP_IF_MATCH=clerk.get(url)["ETag"])
    assert (done.status_code, done.json()["status"]) == (200, "Excused")
    assert done["ETag"] == clerk.get(url)["ETag"]
