"""The register of a day in the registration office, and what is done there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from attendance.closing import close_day
from attendance.models import Attendance, ClosedDay, Rulebook
from attendance.tests.factories import (
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    carrying,
    make_holiday,
    make_pupil,
    tap,
)
from attendance.tests.saying import correct_people
from cards.tests.factories import make_guard, make_member, make_student
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
DAY = "/admin/attendance/day/"
WRITES = frozenset({"administrator", "attendance_admin"})
CORRECTS = WRITES | {"class_teacher"}
READS = CORRECTS | {"registration_officer", "discipline_admin", "leadership"}
MOST_QUERIES = 25


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("attendance_admin"))


@pytest.fixture
def asha(gate: APIClient) -> Student:
    """Came at half past eight, and is late."""
    student, card = make_pupil(
        first_name="Asha", class_level="NTA 4", class_code="IT1", department="ICT"
    )
    tap(gate, card, at("08:30"))
    return student


@pytest.fixture
def juma(db: None) -> Student:
    """Has not been seen."""
    return carrying(
        make_student(first_name="Juma", class_level="NTA 5", class_code="IT2", department="ICT")
    )


def of(day: Any = WEDNESDAY) -> str:
    return f"{DAY}{day}/"


def correct(day: Any = WEDNESDAY, kind: str = "student") -> str:
    return f"{DAY}{day}/{kind}/correct/"


def person(student: Student) -> str:
    return f"{DAY}{WEDNESDAY}/student/{student.pk}/"


def form(*people: Any, **fields: str) -> dict[str, Any]:
    values = {"status": "Excused", "reason": "School trip", "back": "", "to_person": ""}
    return {**values, "people": [one.pk for one in people], **fields}


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


# --- who sees what ----------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_who_sees_which_page_and_button(
    make_user: MakeUser, asha: Student, juma: Student, role: str
) -> None:
    classes = {"classes": ["IT1", "IT2"]} if role == "class_teacher" else {}
    browser = browser_of(make_user(role, **classes))
    reads, writes, corrects = role in READS, role in WRITES, role in CORRECTS
    assert (f'href="{DAY}"' in text(browser.get("/admin/"))) is reads
    for page in (DAY, of(), person(asha)):
        response = browser.get(page)
        assert response.status_code == (200 if reads else 403), page
    assert browser.get(f"{of()}close/").status_code == (200 if writes else 403)
    asked = browser.get(f"{correct()}?people={juma.pk}")
    assert asked.status_code == (200 if corrects else 403)
    if reads:
        assert ("Close this day" in text(browser.get(of()))) is writes
        assert ("Correct" in text(browser.get(of()))) is corrects
        assert ("Correct this day" in text(browser.get(person(asha)))) is corrects


@pytest.mark.parametrize("role", sorted(set(Role.values) - CORRECTS))
def test_who_may_not_manage_changes_nothing(
    make_user: MakeUser, asha: Student, juma: Student, role: str
) -> None:
    browser = browser_of(make_user(role))
    assert browser.post(correct(), form(asha, juma)).status_code == 403
    assert browser.post(f"{of()}close/").status_code == 403
    assert Attendance.objects.get().status == "Late"
    assert not ClosedDay.objects.exists()


def test_nobody_is_led_to_the_login_page(
    client: Client, asha: Student, make_user: MakeUser
) -> None:
    make_user("administrator")
    for page in (DAY, of(), person(asha), correct(), f"{of()}close/"):
        assert client.get(page)["Location"].startswith("/admin/login/?next=")


def test_forms_are_refused_without_their_token(make_user: MakeUser, juma: Student) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_user("attendance_admin"))
    for address, sent in ((correct(), form(juma)), (f"{of()}close/", {})):
        assert browser.post(address, sent).status_code == 403
    assert not Attendance.objects.exists()


# --- what it shows ----------------------------------------------------------------------------


def test_the_register_has_whoever_came_and_whoever_is_not_yet_seen(
    office: Client, asha: Student, juma: Student
) -> None:
    carrying(make_student(first_name="Gone", is_active=False))
    page = text(office.get(DAY))
    assert "Wednesday 18 November 2026" in page
    assert page.index("Asha") < page.index("Juma")
    assert "Not yet seen" in page
    assert "08:30" in page
    assert "Gone" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Asha", "Juma"}),
        ("status=Late", {"Asha"}),
        ("status=Not yet seen", {"Juma"}),
        ("status=Present", set()),
        ("status=Nonsense", {"Asha", "Juma"}),
        ("class_level=NTA 4", {"Asha"}),
        ("class_code=IT2", {"Juma"}),
        ("department=ICT", {"Asha", "Juma"}),
        ("department=ICT&status=Late", {"Asha"}),
        ("q=juma", {"Juma"}),
        ("q=%00asha", {"Asha"}),
        ("group=staff", {"Mwalimu"}),
        ("group=security", set()),  # guards work in shifts: nobody waits for them
        ("group=nobody", {"Asha", "Juma"}),
        ("page=99", {"Asha", "Juma"}),
    ],
)
def test_the_register_is_filtered_and_searched(
    office: Client, asha: Student, juma: Student, query: str, shown: set[str]
) -> None:
    carrying(make_member(first_name="Mwalimu"))
    carrying(make_guard(whole_name="Neema Kweka"))
    page = text(office.get(f"{DAY}?{query}"))
    names = {"Asha", "Juma", "Mwalimu", "Neema"}
    assert {name for name in names if f'aria-label="Select {name} ' in page} == shown


def test_the_figures_are_of_the_class_that_is_looked_at(
    office: Client, asha: Student, juma: Student
) -> None:
    choices = office.get(f"{DAY}?class_level=NTA 4&status=Absent").context["figures"]
    assert {choice.name: choice.number for choice in choices} == {
        "All": 1,
        "Not yet seen": 0,
        "Present": 0,
        "Late": 1,
        "Absent": 0,
        "Excused": 0,
    }


def test_a_day_says_how_it_stands(office: Client, juma: Student) -> None:
    assert "Late after 08:00, closes by itself at 18:00, for whoever has no rule" in text(
        office.get(DAY)
    )
    assert "No working day" in text(office.get(of(SATURDAY)))
    assert "has not begun yet" in text(office.get(of(THURSDAY)))
    assert "Juma" not in text(office.get(of(THURSDAY)))
    close_day(day=WEDNESDAY, by=User.objects.get())
    assert "by attendance_admin." in text(office.get(DAY))
    close_day(day=TUESDAY, by=None)
    assert "by itself." in text(office.get(of(TUESDAY)))
    make_holiday(MONDAY, "Feast")
    assert "Feast: nobody is expected" in text(office.get(of(MONDAY)))


def test_once_it_is_closed_nobody_is_waited_for(office: Client, juma: Student) -> None:
    Student.objects.update(created_at="2026-11-16T00:00Z")
    with time_machine.travel("2026-11-17T09:00Z", tick=False):
        close_day(day=TUESDAY, by=None)
    carrying(make_student(first_name="Later"))  # registered after that day was closed
    page = text(office.get(of(TUESDAY)))
    assert "Juma" in page
    assert "Later" not in page
    assert "Not yet seen" not in page


def test_another_day_is_found_by_its_date(office: Client) -> None:
    answer = office.get(f"{DAY}?date=2026-11-16&group=staff&page=3")
    assert answer["Location"] == f"{of(MONDAY)}?group=staff"
    for odd in ("yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "%00"):
        assert office.get(f"{DAY}?date={odd}")["Location"] == DAY
    for odd in ("2026-02-30", "0001-01-01", "9999-12-31", "2026-1-1"):
        assert office.get(of(odd)).status_code == 404, odd
    page = text(office.get(of(TUESDAY)))
    assert of(MONDAY) in page
    assert f'href="{DAY}"' in page  # tomorrow is today


def test_a_longer_register_asks_no_more_questions(office: Client, gate: APIClient) -> None:
    boss = User.objects.get()

    def more(number: int) -> None:
        for _ in range(number):
            _, card = make_pupil()
            tap(gate, card, at("07:30"))
            seen = carrying(make_student())
            correct_people(
                day=WEDNESDAY,
                kind="student",
                people=[seen.pk],
                status="Excused",
                reason="ill",
                by=boss,
            )
            carrying(make_student())

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            text(office.get(DAY))
        return len(asked)

    more(1)
    few = questions()
    more(8)
    assert questions() == few <= MOST_QUERIES


# --- correcting -------------------------------------------------------------------------------


def test_one_person_is_corrected(office: Client, asha: Student) -> None:
    page = text(office.get(f"{correct()}?people={asha.pk}&back=status%3DLate"))
    assert "Correct Asha" in page
    assert "take the correction back" not in page
    sent = form(asha, reason="  At the  clinic ", back="status=Late")
    answer = office.post(correct(), sent)
    assert answer["Location"] == f"{of()}?status=Late"
    record = Attendance.objects.get()
    assert (record.status, record.derived_status) == ("Excused", "Late")
    assert (record.correction_reason, record.corrected_by) == ("At the clinic", User.objects.get())
    page = text(office.get(DAY))
    assert "Corrected: At the clinic" in page
    assert "by attendance_admin" in page


def test_several_are_corrected_at_once_seen_or_not(
    office: Client, asha: Student, juma: Student
) -> None:
    other = carrying(make_student())
    page = text(office.post(correct(), form(asha, juma), follow=True))
    assert "Excused: 2 students. The reason: School trip" in page
    assert Attendance.objects.filter(status="Excused").count() == 2
    assert not Attendance.objects.filter(person=other).exists()


def test_days_of_staff_and_guards_are_corrected(office: Client) -> None:
    member, guard = carrying(make_member()), carrying(make_guard())
    office.post(correct(kind="staff"), form(member))
    office.post(correct(kind="security"), form(guard, status="Present"))
    days = Attendance.objects.values_list("person", "status")
    assert set(days) == {(member.pk, "Excused"), (guard.pk, "Present")}


def test_a_correction_is_taken_back(office: Client, asha: Student) -> None:
    office.post(correct(), form(asha))
    assert "take the correction back" in text(office.get(f"{correct()}?people={asha.pk}"))
    sent = form(asha, status="taps", reason="The wrong student", to_person=str(asha.pk))
    page = text(office.post(correct(), sent, follow=True))
    record = Attendance.objects.get()
    assert (record.status, record.correction_reason) == ("Late", "The wrong student")
    assert "Taken back: the correction of 1 student." in page
    assert "The wrong student" in page  # it stays in the history
    assert page.index("The wrong student") < page.index("School trip")


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "a\u202eb"},
        {"reason": "a\x00b"},
        {"reason": "x" * 301},
        {"status": ""},
        {"status": "Gone"},
        {"status": "taps"},  # there is nothing to take back
    ],
)
def test_a_correction_without_status_or_reason_is_shown_again(
    office: Client, asha: Student, fields: dict[str, str]
) -> None:
    page = office.post(correct(), form(asha, **fields))
    assert "errorlist" in text(page)
    assert Attendance.objects.get().status == "Late"


def test_who_chooses_nobody_is_told(office: Client, asha: Student) -> None:
    assert "Choose somebody first." in text(office.get(correct(), follow=True))
    assert office.get(f"{correct()}?people=x").status_code == 404
    assert office.get(correct(kind="nobody")).status_code == 404


@pytest.mark.parametrize("day", [THURSDAY, WEDNESDAY - timedelta(days=367)])
def test_a_day_that_is_not_to_be_corrected_says_so(office: Client, juma: Student, day: Any) -> None:
    assert "Correct Juma" not in text(office.get(of(day)))
    page = text(office.post(correct(day), form(juma), follow=True))
    assert "messagelist" in page
    assert not Attendance.objects.exists()


# --- a person's day ---------------------------------------------------------------------------


def test_a_persons_day_shows_its_taps_and_corrections(office: Client, asha: Student) -> None:
    office.post(correct(), form(asha, reason="Sports day"))
    page = text(office.get(person(asha)))
    assert "Taps of this day" in page
    assert "08:30:00" in page
    assert "Accepted" in page
    assert "Sports day" in page
    assert "Without the correction" in page


def test_a_person_who_was_not_seen_has_a_page_as_well(office: Client, juma: Student) -> None:
    page = text(office.get(person(juma)))
    assert "Not yet seen" in page
    assert "No card of theirs was tapped" in page
    assert office.get(f"{of()}student/{carrying(make_member()).pk}/").status_code == 404


def test_a_longer_history_asks_no_more_questions(office: Client, asha: Student) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            text(office.get(person(asha)))
        return len(asked)

    office.post(correct(), form(asha))
    few = questions()
    for status in ("Present", "Absent", "Late"):
        office.post(correct(), form(asha, status=status))
    assert questions() == few <= MOST_QUERIES


def test_the_latest_days_are_on_the_persons_own_page(
    office: Client, make_user: MakeUser, asha: Student
) -> None:
    own = f"/admin/students/student/{asha.pk}/change/"
    assert person(asha) in text(office.get(own))
    assert "Latest days" not in text(browser_of(make_user("kitchen_admin")).get(own))


# --- closing ----------------------------------------------------------------------------------


def test_closing_says_what_it_will_do_and_does_it(
    office: Client, asha: Student, juma: Student
) -> None:
    carrying(make_student())
    carrying(make_member())
    page = text(office.get(f"{of()}close/"))
    assert "2 students" in page
    assert "1 member of staff" in page
    assert not ClosedDay.objects.exists()
    page = text(office.post(f"{of()}close/", follow=True))
    assert "The day is closed. Absent now: 2 students, 1 member of staff." in page
    assert ClosedDay.objects.get().closed_by == User.objects.get()
    assert Attendance.objects.get(person=juma).status == "Absent"
    carrying(make_student())  # was not there yet
    again = text(office.get(f"{of()}close/"))
    assert "nobody will be Absent" in again or "1 student" in again
    assert "closed before" in text(office.post(f"{of()}close/", follow=True))


def test_a_day_that_has_not_begun_is_not_closed(office: Client) -> None:
    for send in (office.get, office.post):
        page = text(send(f"{of(THURSDAY)}close/", follow=True))
        assert "This day has not begun yet." in page
    assert not ClosedDay.objects.exists()


def test_days_that_were_left_open_wait_on_the_first_page(office: Client) -> None:
    Rulebook.objects.update(changed_at="2026-11-16T00:00Z")
    page = text(office.get("/admin/"))
    assert "days are over and not closed" in page
    assert "/admin/attendance/closing/" in page
    close_day(day=MONDAY, by=None)
    close_day(day=TUESDAY, by=None)
    assert "not closed" not in text(office.get("/admin/"))


def test_a_register_is_printed_whole_and_says_what_it_is(
    office: Client, asha: Student, juma: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attendance.office.day.PER_PAGE", 1)
    part = office.get(of(), {"group": "student", "q": "dit"})
    assert part.context["narrowed"] == ["Register", "Students", "“dit”", "1 of 2"]
    assert len(part.context["lines"]) == 1
    whole = office.get(f"{of()}{part.context['whole']}")
    assert whole.context["narrowed"] == ["Register", "Students", "“dit”"]
    assert len(whole.context["lines"]) == 2
