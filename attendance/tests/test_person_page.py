"""The page of a person's day: why it is what it is, and correcting it, times as well."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.models import Attendance
from attendance.tests.factories import SATURDAY, WEDNESDAY, at, make_nights, make_pupil, tap
from cards.tests.factories import make_guard, make_student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
DAY = f"/admin/attendance/day/{WEDNESDAY}/"


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("attendance_admin"))


@pytest.fixture
def late(gate: APIClient) -> Attendance:
    student, card = make_pupil(first_name="Asha")
    tap(gate, card, at("08:30"))
    return Attendance.objects.get(person=student)


def page_of(browser: Client, person: Any, day: Any = WEDNESDAY) -> str:
    address = f"/admin/attendance/day/{day}/{person.kind}/{person.pk}/"
    response = browser.get(address)
    assert response.status_code == 200
    return response.content.decode()


def correct(browser: Client, person: Any, **form: Any) -> Any:
    address = f"{DAY}{person.kind}/correct/"
    said = {"people": [person.pk], "reason": "The gate was dead", **form}
    return browser.post(address, said, follow=True)


def test_the_page_says_what_the_day_was_and_why(office: Client, late: Attendance) -> None:
    page = page_of(office, late.person)
    for words in (
        "Late. Arrived 08:30, 30 minutes after 08:00.",
        "Expected at 08:00, by the rule that applies.",
        "Everybody, Monday to Friday, late after 08:00.",
        "The day is open until 18:00.",
        "Provisional",
        "Main gate",
    ):
        assert words in page, words


def test_whoever_is_not_judged_is_told_why(office: Client) -> None:
    student = make_student()
    page = page_of(office, student)
    assert "Not judged: no card had been issued to them, so nobody could know." in page
    assert "No card" in page
    assert "Saturday is none of their days" in page_of(office, student, SATURDAY)
    assert "they work in shifts" in page_of(office, make_guard())


def test_a_times_correction_takes_the_place_of_what_was_tapped(
    office: Client, late: Attendance
) -> None:
    page = correct(office, late.person, status="keep", arrived_at="07:40", left_at="13:05")
    assert b"Arrived 07:40, left 13:05: 1 student. The reason: The gate was dead" in page.content
    late.refresh_from_db()
    assert late.attendance_time == datetime(2026, 11, 18, 4, 40, tzinfo=UTC)
    assert late.left_at == datetime(2026, 11, 18, 10, 5, tzinfo=UTC)
    assert (late.status, late.corrected_status) == ("Present", "")
    shown = page_of(office, late.person)
    assert "arrived 07:40, left 13:05" in shown
    assert "take the correction back" in shown
    correct(office, late.person, status="taps")
    late.refresh_from_db()
    assert (late.status, late.is_corrected) == ("Late", False)


def test_a_night_guard_leaves_on_the_next_date(office: Client) -> None:
    make_nights("18:00:00", day_begins="12:00", applies_to={"kinds": ["security"]})
    guard = make_guard()
    correct(office, guard, status="Present", arrived_at="17:50", left_at="06:10")
    record = Attendance.objects.get(person=guard)
    assert record.left_at == datetime(2026, 11, 19, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"status": "keep"}, "Say what it was: a status, or a time below."),
        (
            {"status": "keep", "arrived_at": "09:00", "left_at": "08:00"},
            "This is before the arrival.",
        ),
        ({"status": "keep", "arrived_at": "25:00"}, "Enter a valid time."),
    ],
)
def test_a_bad_correction_is_shown_again(
    office: Client, late: Attendance, form: dict[str, str], wrong: str
) -> None:
    page = correct(office, late.person, **form)
    assert wrong in page.content.decode()
    late.refresh_from_db()
    assert not late.is_corrected


def test_who_may_not_manage_is_offered_no_absence(
    make_user: MakeUser, office: Client, late: Attendance
) -> None:
    assert "Away on this day" in page_of(office, late.person)
    assert "Away on this day" not in page_of(browser_of(make_user("leadership")), late.person)
