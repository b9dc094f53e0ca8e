"""Closing a day: whoever was expected and not seen is Absent (contract section 9)."""

import ast
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from attendance.closing import days_over, reopen_day
from attendance.models import Attendance, ClosedDay, Rulebook
from attendance.tests.factories import (
    CLOSE,
    HOLIDAYS,
    MONDAY,
    NOON,
    POLICY,
    SATURDAY,
    SCHEDULES,
    STAFF,
    THURSDAY,
    TUESDAY,
    URL,
    WEDNESDAY,
    at,
    carrying,
    close,
    day_of,
    days_of,
    make_pupil,
    number_of,
    status_of,
    tap,
)
from attendance.tests.saying import days_to_close
from cards.tests.factories import make_guard, make_member, make_student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


def run(*dates: date) -> str:
    """What the command says."""
    out = StringIO()
    call_command("close_attendance", *map(str, dates), stdout=out)
    return out.getvalue().strip()


DAY = {"name": "Day", "weekdays": [1, 2, 3, 4, 5], "starts_at": "08:00"}


def statuses_of(*people: Any) -> list[str]:
    """On Wednesday, of those who have a day."""
    days = Attendance.objects.filter(person__in=people, date=WEDNESDAY)
    return list(days.values_list("status", flat=True))


# --- who is absent ----------------------------------------------------------------------------


def test_who_was_expected_and_not_seen_is_absent(gate: APIClient, clerk: APIClient) -> None:
    (here, card), (missing, _) = make_pupil(), make_pupil()
    member, guard = carrying(make_member()), carrying(make_guard())
    tap(gate, card, at("07:30"))
    assert close(clerk) == {
        "date": "2026-11-18",
        "closed_at": "2026-11-18T12:00:00+03:00",
        "was_closed": False,
        "absent": {"student": 1, "staff": 1, "security": 0},
    }
    assert status_of(clerk, here) == "Present"
    absent = day_of(clerk, missing)
    assert (absent["status"], absent["derived_status"]) == ("Absent", "Absent")
    assert (absent["attendance_time"], absent["left_at"]) == (None, None)
    assert absent["source"] == "close"
    (day,) = days_of(clerk, STAFF, staff=member.pk)
    assert (day["status"], day["source"]) == ("Absent", "close")
    # Guards work in shifts, and have no schedule of their own.
    assert days_of(clerk, STAFF, security=guard.pk) == []


def test_before_the_close_who_was_not_seen_is_not_absent(gate: APIClient, clerk: APIClient) -> None:
    student, _ = make_pupil()
    tap(gate, make_pupil()[1], at("07:30"))
    assert status_of(clerk, student) is None
    assert days_of(clerk, status="Absent") == []


def test_only_active_people_are_expected(clerk: APIClient) -> None:
    expected = {carrying(make_student()).pk, carrying(make_student(academic_status="Retake")).pk}
    for status in ("Suspended", "Withdrawn", "Graduated"):
        carrying(make_student(status=status))
    carrying(make_student(is_active=False))
    member = carrying(make_member())
    for status in ("On Leave", "Retired", "Terminated"):
        carrying(make_member(status=status))
    carrying(make_member(is_active=False))
    clerk.post(
        SCHEDULES, {"name": "Guards", "sessions": [DAY], "applies_to": {"kinds": ["security"]}}
    )
    guard = carrying(make_guard())
    carrying(make_guard(is_active=False))
    assert close(clerk)["absent"] == {"student": 2, "staff": 1, "security": 1}
    assert {day["student"] for day in days_of(clerk)} == {str(pk) for pk in expected}
    people = {day["staff"] or day["security"] for day in days_of(clerk, STAFF)}
    assert people == {str(member.pk), str(guard.pk)}


def test_on_a_day_off_nobody_is_absent_and_the_day_is_closed(clerk: APIClient) -> None:
    student, _ = make_pupil()
    clerk.post(HOLIDAYS, {"date": str(TUESDAY), "name": "Maulid"})
    for day in (SATURDAY, TUESDAY):
        assert sum(close(clerk, day)["absent"].values()) == 0
        assert status_of(clerk, student, day) is None
        assert close(clerk, day)["was_closed"] is True


def test_a_day_off_that_was_closed_stays_one(clerk: APIClient) -> None:
    """What was frozen holds on every repeat, whatever became of holidays and working days."""
    make_pupil()
    holiday = clerk.post(HOLIDAYS, {"date": str(TUESDAY), "name": "Maulid"}).json()
    close(clerk, TUESDAY)
    close(clerk, SATURDAY)
    clerk.delete(f"{HOLIDAYS}{holiday['holiday_id']}/")
    clerk.patch(POLICY, {"working_days": [1, 2, 3, 4, 5, 6, 7]})
    assert sum(close(clerk, TUESDAY)["absent"].values()) == 0
    assert sum(close(clerk, SATURDAY)["absent"].values()) == 0
    assert days_of(clerk) == []


# --- once more --------------------------------------------------------------------------------


def test_closing_again_writes_nothing_twice(gate: APIClient, clerk: APIClient) -> None:
    tap(gate, make_pupil()[1], at("08:30"))
    make_pupil()
    carrying(make_member())
    first = close(clerk)
    before = days_of(clerk), days_of(clerk, STAFF)
    again = close(clerk)
    assert again == {
        **first,
        "was_closed": True,
        "absent": {"student": 0, "staff": 0, "security": 0},
    }
    assert (days_of(clerk), days_of(clerk, STAFF)) == before


def test_nobody_is_absent_before_the_first_day_on_the_roll_or_after_the_last(
    clerk: APIClient,
) -> None:
    """Whenever they were entered here, and whenever the day is closed."""
    a_day = timedelta(days=1)
    expected = [
        carrying(make_student(enrolled_on=WEDNESDAY)),
        carrying(make_student(enrolled_on=TUESDAY, left_on=WEDNESDAY)),
    ]
    others = [
        carrying(make_student(enrolled_on=WEDNESDAY + a_day)),
        carrying(make_student(enrolled_on=MONDAY, left_on=WEDNESDAY - a_day)),
    ]
    assert close(clerk)["absent"]["student"] == 2
    assert [status_of(clerk, student) for student in expected] == ["Absent"] * 2
    assert [status_of(clerk, student) for student in others] == [None] * 2
    late = carrying(make_student(enrolled_on=WEDNESDAY + a_day))
    carrying(make_member(enrolled_on=WEDNESDAY + a_day))
    assert sum(close(clerk)["absent"].values()) == 0
    assert status_of(clerk, late) is None
    forgotten = carrying(make_student(enrolled_on=MONDAY))
    assert close(clerk)["absent"]["student"] == 1
    assert status_of(clerk, forgotten) == "Absent"


def test_closing_again_writes_what_is_missing(clerk: APIClient) -> None:
    student, _ = make_pupil()
    close(clerk)
    Attendance.objects.all().delete()
    assert close(clerk)["absent"]["student"] == 1
    assert status_of(clerk, student) == "Absent"


# --- what is refused --------------------------------------------------------------------------


def test_a_day_that_has_not_begun_is_not_closed(
    clock: time_machine.Traveller, caller: Callable[[str], APIClient]
) -> None:
    clock.move_to(datetime(2026, 11, 18, 20, 59, 59, tzinfo=UTC))
    clerk = caller("attendance_admin")
    response = clerk.post(CLOSE, {"date": str(THURSDAY)})
    assert (response.status_code, response.json()["code"]) == (400, "day_in_future")
    assert not ClosedDay.objects.exists()
    clock.shift(timedelta(seconds=1))  # midnight on the campus
    assert clerk.post(CLOSE, {"date": str(THURSDAY)}).status_code == 200


def test_a_day_of_more_than_a_year_ago_is_a_slip(caller: Callable[[str], APIClient]) -> None:
    response = caller("attendance_admin").post(CLOSE, {"date": "0206-11-18"})
    assert (response.status_code, response.json()["code"]) == (400, "day_too_long_ago")
    assert not ClosedDay.objects.exists()


@pytest.mark.parametrize("body", [{}, {"date": None}, {"date": "yesterday"}, {"date": 20261118}])
def test_a_close_names_its_day(clerk: APIClient, body: Any) -> None:
    response = clerk.post(CLOSE, body)
    assert (response.status_code, list(response.json())) == (400, ["date"])


@pytest.mark.parametrize("role", ["registration_officer", "discipline_admin", "kitchen_admin"])
def test_who_may_not_correct_may_not_close(caller: Callable[[str], APIClient], role: str) -> None:
    assert caller(role).post(CLOSE, {"date": str(WEDNESDAY)}).status_code == 403
    assert not ClosedDay.objects.exists()


def test_who_closed_the_day_is_kept(administrator: APIClient, clerk: APIClient) -> None:
    close(administrator)
    close(clerk)
    closed = ClosedDay.objects.get()
    assert closed.closed_by is not None
    assert closed.closed_by.username == "administrator"


# --- what comes after -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "direction", "status", "arrived"),
    [
        ("07:59", "in", "Present", True),
        ("08:00:01", "in", "Late", True),
        ("16:00", "out", "Present", False),
    ],
)
def test_a_tap_that_comes_after_the_close_repairs_the_day(
    gate: APIClient, clerk: APIClient, time: str, direction: str, status: str, arrived: bool
) -> None:
    student, card = make_pupil()
    close(clerk, MONDAY)
    absent = day_of(clerk, student, MONDAY)
    answer = tap(gate, card, at(time, MONDAY), direction=direction, offline=True)
    assert answer["attendance"]["status"] == status
    day = day_of(clerk, student, MONDAY)
    assert day["attendance_id"] == absent["attendance_id"]
    assert (day["status"], day["source"]) == (status, "tap")
    assert bool(day["attendance_time"]) is arrived
    close(clerk, MONDAY)
    assert day_of(clerk, student, MONDAY) == day


def test_staff_are_repaired_as_well(gate: APIClient, clerk: APIClient) -> None:
    member, guard = carrying(make_member()), carrying(make_guard())
    close(clerk, MONDAY)
    tap(gate, number_of(member), at("07:30", MONDAY), offline=True)
    tap(gate, number_of(guard), at("08:30", MONDAY), offline=True)
    days = {day["staff"] or day["security"]: day["status"] for day in days_of(clerk, STAFF)}
    assert days == {str(member.pk): "Present", str(guard.pk): "Present"}


def test_who_comes_on_a_day_that_was_closed_early_is_seen(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    close(clerk)
    assert tap(gate, card, at("12:00"))["attendance"]["status"] == "Late"
    assert status_of(clerk, student) == "Late"


def test_a_correction_survives_late_taps_and_every_close(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    close(clerk, MONDAY)
    one = f"{URL}{day_of(clerk, student, MONDAY)['attendance_id']}/"
    clerk.patch(one, {"status": "Excused", "reason": "In hospital"})
    corrected = clerk.get(one).json()
    close(clerk, MONDAY)
    assert clerk.get(one).json() == corrected
    tap(gate, card, at("07:30", MONDAY), offline=True)
    close(clerk, MONDAY)
    day = clerk.get(one).json()
    assert (day["status"], day["derived_status"]) == ("Excused", "Present")
    assert day["attendance_time"] == "2026-11-16T07:30:00+03:00"
    assert day["correction"] == corrected["correction"]


def test_a_correction_before_the_close_stays(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:30"))
    one = f"{URL}{day_of(clerk, student)['attendance_id']}/"
    clerk.patch(one, {"status": "Present", "reason": "The bus was late"})
    close(clerk)
    assert status_of(clerk, student) == "Present"


# --- by itself --------------------------------------------------------------------------------


@pytest.fixture
def since() -> Callable[[datetime], None]:
    """The institution has used this since a moment."""

    def set_start(moment: datetime) -> None:
        Rulebook.objects.update(changed_at=moment)

    set_start(NOON - timedelta(days=30))
    return set_start


def due(moment: datetime) -> list[str]:
    return [f"{day:%a %d}" for day in days_to_close(now=moment)]


@pytest.mark.usefixtures("since")
def test_days_of_a_week_that_nobody_closed_are_due_and_today_is_not_yet() -> None:
    assert due(NOON)[-7:] == ["Wed 11", "Thu 12", "Fri 13", "Sat 14", "Sun 15", "Mon 16", "Tue 17"]


def test_days_before_the_institution_began_are_not_due(
    since: Callable[[datetime], None],
) -> None:
    since(NOON - timedelta(days=1))
    assert due(NOON) == ["Tue 17"]


def test_a_day_before_there_were_rules_waits_once_it_was_opened_again(
    clerk: APIClient, make_user: Callable[..., Any], since: Callable[[datetime], None]
) -> None:
    since(NOON)
    close(clerk, MONDAY)
    assert MONDAY not in {one.date for one in days_over(now=NOON)}
    reopen_day(day=MONDAY, reason="The east gate came late", by=make_user("administrator"))
    [waiting] = [one for one in days_over(now=NOON) if one.date == MONDAY]
    assert waiting.reasons == ("Opened again: The east gate came late",)
    assert TUESDAY not in {one.date for one in days_over(now=NOON)}


def test_a_policy_that_a_class_gets_later_moves_no_beginning(
    since: Callable[[datetime], None], clerk: APIClient
) -> None:
    since(NOON - timedelta(days=2))
    clerk.patch(POLICY, {"class_level": "NTA 4", "late_after": "09:00"})
    assert due(NOON) == ["Mon 16", "Tue 17"]


@pytest.mark.usefixtures("since")
def test_closed_days_are_not_due(clerk: APIClient) -> None:
    for day in (SATURDAY, MONDAY, TUESDAY):
        close(clerk, day)
    assert due(NOON)[-4:] == ["Wed 11", "Thu 12", "Fri 13", "Sun 15"]


@pytest.mark.usefixtures("since")
def test_a_day_is_due_for_each_schedule_from_its_own_closing_time(clerk: APIClient) -> None:
    def due_today(hour: int, minute: int) -> set[str]:
        moment = datetime(2026, 11, 18, hour - 3, minute, tzinfo=UTC)
        return {one.schedule.name for one in days_over(now=moment) if one.date == WEDNESDAY}

    assert [due_today(17, 59), due_today(18, 0)] == [set(), {"Everybody"}]
    clerk.patch(POLICY, {"class_level": "Evening", "closes_at": "21:30"})
    evening = "Class level Evening"
    assert [due_today(18, 0), due_today(21, 30)] == [{"Everybody"}, {"Everybody", evening}]
    clerk.patch(POLICY, {"class_level": "Evening", "closes_at": "12:00"})
    assert [due_today(12, 0), due_today(18, 0)] == [{evening}, {"Everybody", evening}]


@pytest.mark.usefixtures("since")
def test_a_level_with_a_late_end_keeps_nobody_elses_day_open(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    clerk.patch(POLICY, {"class_level": "Evening", "closes_at": "21:30"})
    (day, _), (evening, _) = make_pupil(), make_pupil(class_level="evening")
    clock.move_to(datetime(2026, 11, 18, 15, tzinfo=UTC))
    run()
    assert statuses_of(day, evening) == ["Absent"]
    clock.move_to(datetime(2026, 11, 18, 18, 30, tzinfo=UTC))
    run()
    assert statuses_of(day, evening) == ["Absent", "Absent"]


def test_days_are_closed_however_long_nothing_ran(since: Callable[[datetime], None]) -> None:
    since(NOON - timedelta(days=40))
    student, _ = make_pupil()
    run()
    absent = Attendance.objects.filter(person=student, status="Absent")
    assert absent.count() == 28  # the working days of 40


@pytest.mark.usefixtures("since")
@pytest.mark.parametrize(
    ("day", "closing_time"),
    [
        ("Sat 24", datetime(2026, 10, 24, 16, tzinfo=UTC)),
        ("Sun 25", datetime(2026, 10, 25, 17, tzinfo=UTC)),
    ],
)
def test_the_closing_time_moves_with_the_campus_clocks(
    settings: Settings, day: str, closing_time: datetime
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    assert day not in due(closing_time - timedelta(seconds=1))
    assert day in due(closing_time)


def test_the_command_closes_what_is_due(
    clock: time_machine.Traveller, since: Callable[[datetime], None]
) -> None:
    since(NOON - timedelta(days=2))
    student, _ = make_pupil()

    def statuses() -> dict[str, str]:
        return {f"{day.date:%a}": day.status for day in Attendance.objects.filter(person=student)}

    assert run() == "2026-11-16: 1 absent\n2026-11-17: 1 absent"
    assert run() == "No day is due."
    assert statuses() == {"Mon": "Absent", "Tue": "Absent"}
    clock.move_to(datetime(2026, 11, 18, 15, tzinfo=UTC))
    assert run() == "2026-11-18: 1 absent"
    assert statuses() == {"Mon": "Absent", "Tue": "Absent", "Wed": "Absent"}


def test_the_command_closes_the_days_that_it_is_told(clerk: APIClient) -> None:
    student, _ = make_pupil()
    assert run(TUESDAY, SATURDAY) == "2026-11-17: 1 absent\n2026-11-14: 0 absent"
    assert run(TUESDAY) == "2026-11-17: 0 absent"
    assert [day["date"] for day in days_of(clerk, student=student.pk)] == ["2026-11-17"]
    assert set(ClosedDay.objects.values_list("closed_by", flat=True)) == {None}


def test_the_command_refuses_a_day_that_has_not_begun() -> None:
    with pytest.raises(CommandError, match="not begun"):
        run(THURSDAY)
    with pytest.raises(CommandError, match="tomorrow"):
        call_command("close_attendance", "tomorrow")


@pytest.mark.usefixtures("since")
def test_the_background_worker_closes_days_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    schedule = Schedule.objects.get(name="close attendance")
    assert (schedule.schedule_type, schedule.minutes) == (Schedule.MINUTES, 5)
    assert schedule.repeats == -1
    import_string(schedule.func)(*ast.literal_eval(str(schedule.args)))
    assert ClosedDay.objects.count() == 30
    assert "2026-11-17: 0 absent" in capsys.readouterr().out
    assert days_to_close(now=timezone.now()) == []
