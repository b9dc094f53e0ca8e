"""The demo's last two weeks, as a stranger finds them on the dashboard."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from attendance.models import Absence, Attendance, ClosedDay, Holiday, Schedule
from cards.models import Card
from kitchen.models import KitchenService, MealPeriod
from people.kinds import DayList
from people.models import Person
from pos.models import Device, Tap
from presence.models import RollCall
from presence.services import RollCallSheet
from tools.demo.people import DemoPeople
from tools.demo.rules import BREAK, NIGHT_GUARDS, TRAVELLERS, TWO_SESSIONS, away_around
from tools.demo.taps import all_cards, load_taps, planned_taps

ZONE = ZoneInfo("Africa/Dar_es_Salaam")
WEDNESDAY_NOON = datetime(2024, 3, 13, 12, 30, tzinfo=ZONE)

pytestmark = pytest.mark.django_db


def load(now: datetime = WEDNESDAY_NOON, *, people: int = 120) -> int:
    """The demo with fewer people; they have cards since before."""
    with time_machine.travel(now - timedelta(days=90), tick=False):
        call_command("load_demo", without_photos=True, without_taps=True, verbosity=0)
    kept = [sitter.person.pk for sitter in DemoPeople().everybody()[:people]]
    Card.objects.filter(card_type="student").exclude(person__in=kept).delete()
    return load_taps(now=now)


def test_two_weeks_as_they_are_found() -> None:
    """In one test: they take half a minute to load."""
    assert load() == Tap.objects.count() > 1000
    three_gates_and_two_kitchens()
    no_clock_is_suspect_and_nothing_is_from_the_future()
    days_before_today_are_closed_and_today_is_open()
    gates_and_kitchens_refuse_and_sometimes_could_not()
    they_are_the_same_for_the_same_date()
    hours_of_their_own_a_break_and_absences_are_shown()
    meals_by_name_notes_on_diets_and_a_drill_are_shown()


def three_gates_and_two_kitchens() -> None:
    assert Counter(Device.objects.values_list("activity_type", flat=True)) == {
        "attendance": 3,
        "food_service": 2,
    }
    assert all(device.taps.exists() for device in Device.objects.all())
    days = sorted(set(Tap.objects.values_list("date", flat=True)))
    assert days[0] >= date(2024, 2, 29)
    assert days[-1] == date(2024, 3, 13)
    assert MealPeriod.objects.count() == 3
    assert Schedule.objects.filter(policy_of__gt="").exists()


def no_clock_is_suspect_and_nothing_is_from_the_future() -> None:
    assert not Tap.objects.filter(is_clock_suspect=True).exists()
    assert not Tap.objects.filter(received_at__gt=WEDNESDAY_NOON).exists()
    assert not Tap.objects.filter(tapped_at__gt=WEDNESDAY_NOON).exists()
    assert Tap.objects.filter(date="2024-03-13").exists()


def days_before_today_are_closed_and_today_is_open() -> None:
    assert ClosedDay.objects.values("date").distinct().count() == 13
    assert not ClosedDay.objects.filter(date="2024-03-13").exists()
    students = Attendance.objects.in_list(DayList.STUDENTS)
    past = students.filter(date__lt="2024-03-13")
    assert set(past.values_list("status", flat=True)) == {"Present", "Late", "Absent", "Excused"}
    assert not students.filter(date="2024-03-13", status="Absent").exists()
    assert not students.filter(date="2024-03-09", status="Absent").exists()  # Saturday
    others = Attendance.objects.in_list(DayList.STAFF)
    assert others.filter(status="Present").count() > 100


def gates_and_kitchens_refuse_and_sometimes_could_not() -> None:
    denied = set(Tap.objects.filter(decision="denied").values_list("code", flat=True))
    assert denied >= {"unknown_card", "card_retired", "holder_inactive"}
    assert Tap.objects.filter(is_offline=True).exists()
    served = KitchenService.objects.exclude(food_item="")
    assert set(served.values_list("period__name", flat=True)) == {"Breakfast", "Lunch", "Dinner"}


def test_on_a_public_holiday_nobody_is_expected() -> None:
    load(datetime(2024, 4, 30, 9, tzinfo=ZONE))
    assert Holiday.objects.get(first_day="2024-04-26").name == "Union Day"
    assert not Attendance.objects.filter(date="2024-04-26", status="Absent").exists()
    assert Attendance.objects.filter(date="2024-04-25", status="Absent").exists()


def they_are_the_same_for_the_same_date() -> None:
    away = away_around(WEDNESDAY_NOON.date())
    planned = planned_taps(all_cards(), date(2024, 3, 12), away)
    recorded = Tap.objects.filter(date="2024-03-12").order_by("event_id")
    assert [(tap.at, tap.place) for tap in planned] == list(
        recorded.values_list("tapped_at", "device__name")
    )


def test_the_command_loads_them_up_to_now() -> None:
    before = timezone.now()
    call_command("load_demo", without_photos=True, verbosity=0)
    assert Tap.objects.count() > 5000
    assert Tap.objects.order_by("received_at").last().received_at <= timezone.now()  # type: ignore[union-attr]
    assert ClosedDay.objects.values("date").distinct().count() == 13
    assert not Tap.objects.filter(date__gt=timezone.localdate(before)).exists()


def hours_of_their_own_a_break_and_absences_are_shown() -> None:
    lectures, workshop = Schedule.objects.get(applies_to__class_codes=[TWO_SESSIONS]).sessions
    assert (lectures["requires_tap"], workshop["requires_tap"]) == (False, True)
    days = Attendance.objects.filter(class_code=TWO_SESSIONS, date="2024-03-11")
    found = Counter(tuple(one["status"] for one in day.sessions) for day in days)
    assert found["Present", "Present"] > len(days) / 2
    # a night shift is one day, named by its evening
    night = Attendance.objects.get(person__identifier__in=NIGHT_GUARDS, date="2024-03-11")
    came, went = (timezone.localtime(at) for at in (night.attendance_time, night.left_at))
    assert (came.day, came.hour, went.day) == (11, 17, 12)
    assert [one["status"] for one in night.sessions] == ["Present"]
    # a class was on a trip in the morning, and somebody is ill
    trip, ill = Absence.objects.get(person=None), Absence.objects.exclude(person=None).get()
    assert (trip.first_day, f"{trip.ends_at:%H:%M}") == (date(2024, 3, 12), "12:00")
    travelled = Attendance.objects.filter(class_code=TRAVELLERS, date="2024-03-12")
    assert "Late" not in set(travelled.values_list("status", flat=True))
    assert any(day.attendance_time for day in travelled)
    assert not Tap.objects.filter(person=ill.person, date__gte=ill.first_day).exists()
    assert Attendance.objects.get(person=ill.person, date=ill.first_day).status == "Excused"
    # a break for students is still to come
    weeks = Holiday.objects.get(name=BREAK)
    assert date(2024, 3, 13) < weeks.first_day < weeks.last_day
    assert weeks.applies_to == {"kinds": ["student"]}


def meals_by_name_notes_on_diets_and_a_drill_are_shown() -> None:
    extra = KitchenService.objects.filter(is_extra=True, date="2024-03-12")
    assert {bool(meal.person) for meal in extra} == {True, False}
    assert all(meal.reason for meal in extra)
    assert Person.objects.exclude(diet_note="").count() > 5
    # a drill was held, and some were never found
    drill = RollCall.objects.get()
    assert (drill.is_drill, drill.started_at.date()) == (True, date(2024, 3, 12))
    assert drill.ended_at
    sheet = RollCallSheet(drill, seen_by=User.objects.get(username="attendance"))
    assert len(sheet.never_found) == 3
    assert sheet.times["seconds_to_95"]
