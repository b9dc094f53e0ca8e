"""Days, rules, holidays and closing in the registration office (`/admin/`)."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.closing import close_day
from attendance.models import Attendance, ClosedDay, Holiday, Policy
from attendance.tests.factories import MONDAY, WEDNESDAY, at, make_pupil, number_of, tap
from cards.tests.factories import make_guard, make_member, make_student
from people.kinds import kinds_with_days

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
ROOM = "/admin/attendance/"
DAYS = f"{ROOM}attendance/"
POLICIES, HOLIDAYS, CLOSED = f"{ROOM}policy/", f"{ROOM}holiday/", f"{ROOM}closedday/"
WRITES = ["administrator", "attendance_admin"]
READS = ["registration_officer", "discipline_admin"]


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("attendance_admin"))


@pytest.fixture
def late(gate: APIClient) -> Attendance:
    """Asha came at half past eight."""
    student, card = make_pupil(first_name="Asha", class_level="NTA 4")
    tap(gate, card, at("08:30"))
    return Attendance.objects.get(person=student)


def one(address: str, row: Any) -> str:
    return f"{address}{row.pk}/change/"


def person_day(record: Attendance) -> str:
    return f"{ROOM}day/{record.date}/{record.person.kind}/{record.person_id}/"


@pytest.fixture
def pages(gate: APIClient, late: Attendance) -> list[str]:
    """Each list and change page, with something on it."""
    for holder in (make_member(), make_guard()):
        tap(gate, number_of(holder), at("07:30"))
    close_day(day=WEDNESDAY, by=None)
    own = Policy.objects.create(class_level="NTA 4", working_days=[1])
    holiday = Holiday.objects.create(date=MONDAY, name="Feast")
    return [
        DAYS,
        *(person_day(row) for row in Attendance.objects.all()),
        f"{DAYS}{late.pk}/history/",
        f"{ROOM}day/",
        *(f"{ROOM}day/{WEDNESDAY}/?group={kind}" for kind in kinds_with_days()),
        POLICIES,
        *(one(POLICIES, row) for row in (own, Policy.objects.get(class_level=""))),
        HOLIDAYS,
        one(HOLIDAYS, holiday),
        CLOSED,
        one(CLOSED, ClosedDay.objects.get()),
    ]


def rules(**fields: Any) -> dict[str, Any]:
    return {"late_after": "08:00", "closes_at": "18:00", "working_days": [1, 2, 3, 4, 5], **fields}


# --- pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*WRITES, *READS])
def test_every_page_loads(make_user: MakeUser, pages: list[str], role: str) -> None:
    browser = browser_of(make_user(role))
    assert DAYS in browser.get("/admin/").content.decode()
    for page in pages:
        assert browser.get(page).status_code == 200, page
    status = 200 if role in WRITES else 403
    for address in (POLICIES, HOLIDAYS, CLOSED):
        assert browser.get(f"{address}add/").status_code == status, address


def test_the_kitchen_has_no_door_here(make_user: MakeUser, pages: list[str]) -> None:
    browser = browser_of(make_user("kitchen_admin"))
    assert ROOM not in browser.get("/admin/").content.decode()
    for page in (*pages, f"{CLOSED}add/", f"{HOLIDAYS}add/", f"{POLICIES}add/"):
        assert browser.get(page).status_code == 403, page


@pytest.mark.parametrize("role", READS)
def test_who_only_reads_changes_nothing(make_user: MakeUser, late: Attendance, role: str) -> None:
    browser = browser_of(make_user(role))
    general = Policy.objects.get()
    holiday = Holiday.objects.create(date=MONDAY, name="Feast")
    for address, form in (
        (one(POLICIES, general), rules(late_after="10:00")),
        (f"{POLICIES}add/", rules(class_level="NTA 4")),
        (f"{HOLIDAYS}add/", {"date": "2026-12-09", "name": "Independence Day"}),
        (f"{HOLIDAYS}{holiday.pk}/delete/", {"post": "yes"}),
        (f"{CLOSED}add/", {"date": WEDNESDAY}),
    ):
        assert browser.post(address, form).status_code == 403, address
    late.refresh_from_db()
    assert late.status == "Late"
    assert Policy.objects.get().late_after == time(8)
    assert Holiday.objects.count() == 1
    assert not ClosedDay.objects.exists()


@pytest.mark.parametrize("address", [DAYS, POLICIES, HOLIDAYS, CLOSED])
def test_a_longer_list_asks_no_more_questions(office: Client, address: str) -> None:
    boss = User.objects.get()

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert office.get(address).status_code == 200
        return len(asked)

    def more(first: int, last: int) -> None:
        for number in range(first, last):
            day = MONDAY - timedelta(days=number)
            for make in (make_student, make_member, make_guard):
                Attendance.objects.create(person=make(), date=day)
            Policy.objects.create(class_level=f"NTA {number}")
            Holiday.objects.create(date=day, name="Feast")
            ClosedDay.objects.create(date=day, closed_by=boss)

    more(0, 2)
    few = questions()
    more(2, 8)
    assert questions() == few


def test_days_are_never_counted_as_a_whole(office: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        office.get(DAYS)
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 10000" in sql for sql in counts)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=asha", True),
        ("q=asha+2026-11-18", True),
        ("q=2026-11-17", False),
        ("q=juma", False),
        ("status=Late", True),
        ("status=Absent", False),
        ("status=Late&corrected=no", True),
        ("corrected=yes", False),
        ("kind=student", True),
        ("kind=staff", False),
        ("person__class_level=NTA+4", True),
        ("person__class_level=NTA+5", False),
        ("date__gte=2026-11-18&date__lt=2026-11-19", True),
        ("date__gte=2026-11-19&date__lt=2026-11-20", False),
        ("q=%00asha", True),
        ("status=%00", True),
    ],
)
def test_days_are_searched_and_filtered(
    office: Client, late: Attendance, query: str, found: bool
) -> None:
    page = office.get(f"{DAYS}?{query}", follow=True)
    assert page.status_code == 200
    assert (one(DAYS, late) in page.content.decode()) is found


def test_staff_and_guards_are_searched_alike(office: Client) -> None:
    staff = Attendance.objects.create(person=make_member(), date=MONDAY)
    guard = Attendance.objects.create(person=make_guard(), date=MONDAY)
    page = office.get(f"{DAYS}?q=neema").content.decode()
    assert one(DAYS, guard) in page
    assert one(DAYS, staff) not in page


def test_a_day_leads_to_its_persons_page(office: Client, late: Attendance) -> None:
    page = office.get(one(DAYS, late))
    assert (page.status_code, page["Location"]) == (302, person_day(late))


def test_nothing_of_a_day_is_written_in_the_list(office: Client, late: Attendance) -> None:
    assert office.get(f"{DAYS}add/").status_code == 403
    assert office.post(f"{DAYS}{late.pk}/delete/", {"post": "yes"}).status_code == 403
    office.post(one(DAYS, late), {"date": "2026-11-01", "corrected_status": "Excused"})
    late.refresh_from_db()
    assert (late.date, late.status) == (WEDNESDAY, "Late")


# --- rules ------------------------------------------------------------------------------------


def test_a_changed_policy_judges_open_days_anew(office: Client, late: Attendance) -> None:
    general = Policy.objects.get()
    form = rules(late_after="09:00", working_days=[1, 6])
    assert office.post(one(POLICIES, general), form).status_code == 302
    general.refresh_from_db()
    late.refresh_from_db()
    assert (general.late_after, general.working_days) == (time(9), [1, 6])
    assert late.status == "Present"


def test_a_class_level_gets_a_policy_of_its_own_and_loses_it(
    office: Client, late: Attendance
) -> None:
    form = rules(class_level="NTA 4", late_after="08:45")
    assert office.post(f"{POLICIES}add/", form).status_code == 302
    late.refresh_from_db()
    assert late.status == "Present"
    own = Policy.objects.get(class_level="NTA 4")
    page = office.post(f"{POLICIES}{own.pk}/delete/", {"post": "yes"})
    assert page.status_code == 302
    late.refresh_from_db()
    assert late.status == "Late"


def test_a_new_policy_begins_as_everybodys(office: Client) -> None:
    Policy.objects.update(late_after=time(9, 10))
    assert b"09:10" in office.get(f"{POLICIES}add/").content


def test_everybodys_policy_stays(office: Client) -> None:
    general = Policy.objects.get()
    assert office.post(f"{POLICIES}{general.pk}/delete/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": general.pk, "post": "yes"}
    office.post(POLICIES, bulk)
    office.post(one(POLICIES, general), rules(class_level="NTA 4"))
    assert Policy.objects.get().class_level == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"class_level": ""},
        {"late_after": "19:00"},
        {"late_after": "25:00"},
        {"closes_at": ""},
        {"working_days": [0]},
        {"working_days": ["x"]},
    ],
)
def test_a_bad_policy_is_shown_again(office: Client, fields: dict[str, Any]) -> None:
    page = office.post(f"{POLICIES}add/", rules(**{"class_level": "NTA 4", **fields}))
    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert Policy.objects.count() == 1


# --- holidays and closing ---------------------------------------------------------------------


def test_a_holiday_is_added_changed_and_removed(office: Client) -> None:
    form = {"date": "2026-12-09", "name": "Independence"}
    assert office.post(f"{HOLIDAYS}add/", form).status_code == 302
    holiday = Holiday.objects.get()
    office.post(one(HOLIDAYS, holiday), {**form, "name": "Independence Day"})
    assert Holiday.objects.get().name == "Independence Day"
    again = office.post(f"{HOLIDAYS}add/", form)
    assert b"This day is a holiday already." in again.content
    office.post(f"{HOLIDAYS}{holiday.pk}/delete/", {"post": "yes"})
    assert not Holiday.objects.exists()


def test_holidays_are_listed_by_year(office: Client) -> None:
    for day in ("2025-12-09", "2026-12-09"):
        Holiday.objects.create(date=day, name=f"Uhuru {day[:4]}")
    page = office.get(f"{HOLIDAYS}?year=2025").content.decode()
    assert "Uhuru 2025" in page
    assert "Uhuru 2026" not in page
    for odd in ("0000", "x", "99999", "²²²²"):
        assert office.get(f"{HOLIDAYS}?year={odd}", follow=True).status_code == 200


def test_rules_and_working_days_are_told_in_words(office: Client) -> None:
    Policy.objects.create(class_level="NTA 4", working_days=[1, 2, 3, 6])
    page = office.get(POLICIES).content.decode()
    for words in ("Everybody else", "Monday to Friday", "NTA 4", "Monday to Wednesday, Saturday"):
        assert words in page


def test_a_day_is_closed_by_hand_and_again(office: Client) -> None:
    asha = make_student()
    assert b"2026-11-18" in office.get(f"{CLOSED}add/").content
    for told in (b"Absent now: 1 student.", b"closed before. Nobody was missing."):
        page = office.post(f"{CLOSED}add/", {"date": "2026-11-18"}, follow=True)
        assert told in page.content
    closed = ClosedDay.objects.get()
    assert (closed.date, closed.closed_by) == (WEDNESDAY, User.objects.get())
    assert Attendance.objects.get(person=asha).status == "Absent"
    assert closed.rules.count() == 1


@pytest.mark.parametrize("day", ["2026-11-19", "2026-02-30", "", "9999-12-31"])
def test_a_day_that_is_not_there_yet_is_not_closed(office: Client, day: str) -> None:
    page = office.post(f"{CLOSED}add/", {"date": day})
    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert not ClosedDay.objects.exists()


def test_a_closed_day_is_not_opened_again(office: Client) -> None:
    close_day(day=WEDNESDAY, by=None)
    day = ClosedDay.objects.get()
    assert office.post(one(CLOSED, day), {"date": date(2026, 11, 1)}).status_code == 403
    assert office.post(f"{CLOSED}{day.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ClosedDay.objects.get().date == WEDNESDAY
