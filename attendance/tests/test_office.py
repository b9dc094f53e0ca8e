"""Days, rules, calendar, absences and closing in the registration office (`/admin/`)."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.changes import change_rules, set_policy
from attendance.closing import close_day
from attendance.models import (
    EVERYBODY,
    Absence,
    Attendance,
    ClosedDay,
    Holiday,
    ReopenedDay,
    Rulebook,
    RuleChange,
    Schedule,
)
from attendance.open_days import Scope
from attendance.tests.factories import (
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    make_holiday,
    make_pupil,
    number_of,
    policy,
    tap,
)
from cards.tests.factories import make_guard, make_member, make_student
from people.kinds import kinds_with_days

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
ROOM = "/admin/attendance/"
DAYS = f"{ROOM}attendance/"
SCHEDULES, HOLIDAYS, ABSENCES = f"{ROOM}schedule/", f"{ROOM}holiday/", f"{ROOM}absence/"
POLICY, CLOSING = f"{ROOM}policy/", f"{ROOM}closing/"
CLOSED, CHANGES = f"{ROOM}closedday/", f"{ROOM}rulechange/"
YEAR = f"{ROOM}calendar/2026/"
IMPORT_HOLIDAYS, IMPORT_ABSENCES = f"{ROOM}calendar/import/", f"{ROOM}absences/import/"
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


def make_absence(person: Any, day: date = WEDNESDAY, reason: str = "Ill") -> Absence:
    absence = Absence(person=person, first_day=day, last_day=day, reason=reason)
    change_rules(lambda change: change.add(absence), what="x", scope=Scope(day, day), by=None)
    return absence


def make_schedule(name: str = "Evening classes", **fields: Any) -> Schedule:
    session = {
        "name": "Evening",
        "weekdays": [1, 2, 3, 4, 5],
        "starts_at": "17:00:00",
        "late_after": "17:00:00",
        "ends_at": "19:00:00",
        "requires_tap": True,
    }
    schedule = Schedule(name=name, sessions=[session], **fields)
    change_rules(lambda _: schedule.save(), what="x", scope=Scope(), by=None)
    return schedule


@pytest.fixture
def pages(gate: APIClient, late: Attendance) -> list[str]:
    """Each list and page, with something on it."""
    for holder in (make_member(), make_guard()):
        tap(gate, number_of(holder), at("07:30"))
    set_policy(class_level="NTA 4", changes={"working_days": [1]})
    make_holiday(MONDAY, "Feast")
    make_absence(late.person, TUESDAY)
    make_schedule(applies_to={"class_codes": ["4A"]})
    close_day(day=WEDNESDAY, by=None)
    return [
        DAYS,
        *(person_day(row) for row in Attendance.objects.all()),
        f"{DAYS}{late.pk}/history/",
        f"{ROOM}day/",
        *(f"{ROOM}day/{WEDNESDAY}/?group={kind}" for kind in kinds_with_days()),
        SCHEDULES,
        *(f"{one(SCHEDULES, row)}?full=1" for row in Schedule.objects.all()),
        HOLIDAYS,
        f"{HOLIDAYS}{Holiday.objects.get().pk}/history/",
        YEAR,
        ABSENCES,
        CLOSING,
        CLOSED,
        CHANGES,
    ]


def forms_to_write(late: Attendance) -> list[str]:
    """Each page on which somebody may write rules."""
    return [
        POLICY,
        f"{POLICY}?new=1",
        f"{SCHEDULES}add/",
        f"{HOLIDAYS}add/",
        f"{ABSENCES}add/?person={late.person_id}&day=2026-11-20",
        IMPORT_HOLIDAYS,
        IMPORT_ABSENCES,
        *(f"{SCHEDULES}{row.pk}/delete/" for row in Schedule.objects.exclude(policy_of=EVERYBODY)),
        *(one(HOLIDAYS, row) for row in Holiday.objects.all()),
        *(f"{HOLIDAYS}{row.pk}/delete/" for row in Holiday.objects.all()),
        *(one(ABSENCES, row) for row in Absence.objects.standing()),
        *(f"{ABSENCES}{row.pk}/delete/" for row in Absence.objects.standing()),
        f"{ROOM}day/{WEDNESDAY}/close/",
        f"{ROOM}day/{WEDNESDAY}/reopen/",
    ]


def hidden_in(page: Any) -> dict[str, Any]:
    """What the preview sends when it is confirmed."""
    context = page.context
    kept: dict[str, Any] = {"step": "write", "seen": context["seen"]}
    for name, value in context["hidden"]:
        kept.setdefault(name, []).append(value)
    return kept


def confirmed(office: Client, address: str, form: dict[str, Any], **asked: Any) -> Any:
    """Say it, look at the preview, confirm."""
    shown = office.post(address, {"step": "preview", **form})
    assert shown.status_code == 200, shown.content
    assert "preview" in shown.context, shown.context["form"].errors
    return office.post(address, {**hidden_in(shown), **asked})


# --- pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [*WRITES, *READS])
def test_every_page_loads(
    make_user: MakeUser, pages: list[str], late: Attendance, role: str
) -> None:
    browser = browser_of(make_user(role))
    assert DAYS in browser.get("/admin/").content.decode()
    for page in pages:
        assert browser.get(page).status_code == 200, page
    status = 200 if role in WRITES else 403
    for page in forms_to_write(late):
        assert browser.get(page).status_code == status, page


def test_the_kitchen_has_no_door_here(
    make_user: MakeUser, pages: list[str], late: Attendance
) -> None:
    browser = browser_of(make_user("kitchen_admin"))
    assert ROOM not in browser.get("/admin/").content.decode()
    for page in (*pages, *forms_to_write(late)):
        assert browser.get(page).status_code == 403, page


@pytest.mark.parametrize("role", READS)
def test_who_only_reads_changes_nothing(
    make_user: MakeUser, pages: list[str], late: Attendance, role: str
) -> None:
    browser = browser_of(make_user(role))
    before = Rulebook.objects.count()
    for page in (*forms_to_write(late), one(SCHEDULES, Schedule.objects.first())):
        assert browser.post(page, {"step": "write"}).status_code == 403, page
    assert Rulebook.objects.count() == before


@pytest.mark.parametrize("role", [*WRITES, *READS])
def test_only_who_may_take_a_change_back_is_led_there(make_user: MakeUser, role: str) -> None:
    boss = make_user("administrator", "boss")
    change = RuleChange.objects.create(
        what="Holiday",
        reason="Feast",
        rulebook=Rulebook.objects.latest("version"),
        before=[],
        made_by=boss,
    )
    undo = f"{ROOM}change/{change.pk}/undo/"
    browser = browser_of(make_user(role))
    for address in (CHANGES, CLOSING):
        assert (undo in browser.get(address).content.decode()) is (role in WRITES), address
    assert browser.get(undo).status_code == (200 if role in WRITES else 403)


@pytest.mark.parametrize("address", [DAYS, SCHEDULES, HOLIDAYS, ABSENCES, CLOSED, CHANGES])
def test_a_longer_list_asks_no_more_questions(office: Client, address: str) -> None:
    boss = User.objects.get()

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert office.get(address).status_code == 200
        return len(asked)

    def more(first: int, last: int) -> None:
        book = Rulebook.objects.first()
        assert book
        for number in range(first, last):
            day = MONDAY - timedelta(days=number)
            for make in (make_student, make_member, make_guard):
                person = make()
                Attendance.objects.create(person=person, date=day, status="Present")
                Absence.objects.create(
                    person=person, first_day=day, last_day=day, reason="Ill", from_version=1
                )
            schedule = Schedule.objects.create(name=f"NTA {number}")
            Holiday.objects.create(first_day=day, last_day=day, name="Feast")
            ClosedDay.objects.create(
                date=day, schedule_id=schedule.pk, rulebook=book, closed_by=boss
            )
            RuleChange.objects.create(what="x", reason="y", rulebook=book, before=[], made_by=boss)

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
        ("class_level=NTA+4", True),
        ("class_level=NTA+5", False),
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


def test_a_day_leads_to_its_persons_page(office: Client, late: Attendance) -> None:
    page = office.get(one(DAYS, late))
    assert (page.status_code, page["Location"]) == (302, person_day(late))


def test_nothing_of_a_day_is_written_in_the_list(office: Client, late: Attendance) -> None:
    assert office.get(f"{DAYS}add/").status_code == 403
    assert office.post(f"{DAYS}{late.pk}/delete/", {"post": "yes"}).status_code == 403
    office.post(one(DAYS, late), {"date": "2026-11-01", "corrected_status": "Excused"})
    late.refresh_from_db()
    assert (late.date, late.status) == (WEDNESDAY, "Late")


# --- the simple rule ----------------------------------------------------------------------------


def limits(**fields: Any) -> dict[str, Any]:
    return {"late_after": "08:00", "closes_at": "18:00", "working_days": [1, 2, 3, 4, 5], **fields}


def test_a_change_is_shown_before_it_is_written(office: Client, late: Attendance) -> None:
    shown = office.post(POLICY, {"step": "preview", **limits(late_after="09:00")})
    page = shown.content.decode()
    assert "Everybody, Monday to Friday, late after 09:00." in page
    assert shown.context["changes"] == [("Late", "Present", 1)]
    assert shown.context["touched"].numbers == ["1 student"]
    assert policy().late_after == time(8)
    late.refresh_from_db()
    assert late.status == "Late"


def test_a_change_that_was_confirmed_judges_open_days_anew(
    office: Client, late: Attendance
) -> None:
    page = confirmed(office, POLICY, limits(late_after="09:00", working_days=[1, 6]))
    assert (page.status_code, page["Location"]) == (302, SCHEDULES)
    late.refresh_from_db()
    assert (policy().late_after, policy().working_days) == (time(9), [1, 6])
    assert late.status == "Present"


def test_what_is_written_is_what_was_shown(office: Client, late: Attendance) -> None:
    """Somebody else changed the rules meanwhile: there is a new preview instead."""
    shown = office.post(POLICY, {"step": "preview", **limits(late_after="09:00")})
    make_holiday(WEDNESDAY)
    again = office.post(POLICY, hidden_in(shown))
    assert b"Nothing is written yet: rules have changed" in again.content
    assert policy().late_after == time(8)
    assert office.post(POLICY, hidden_in(again)).status_code == 302
    assert policy().late_after == time(9)


def test_one_can_go_back_from_the_preview_to_the_form(office: Client) -> None:
    shown = office.post(POLICY, {"step": "preview", **limits(late_after="09:10")})
    page = office.post(POLICY, {**hidden_in(shown), "step": "edit"})
    assert page.context["form"]["late_after"].value() == "09:10"
    assert "preview" not in page.context


def test_a_class_level_gets_a_rule_of_its_own_and_loses_it(
    office: Client, late: Attendance
) -> None:
    form = limits(class_level="NTA 4", late_after="08:45")
    assert confirmed(office, f"{POLICY}?new=1", form).status_code == 302
    late.refresh_from_db()
    assert late.status == "Present"
    own = Schedule.objects.get(policy_of="NTA 4")
    removing = f"{SCHEDULES}{own.pk}/delete/"
    shown = office.get(removing)
    assert shown.context["changes"] == [("Present", "Late", 1)]
    assert office.post(removing, hidden_in(shown)).status_code == 302
    late.refresh_from_db()
    assert late.status == "Late"


def test_a_new_rule_begins_as_everybodys(office: Client) -> None:
    set_policy(class_level=EVERYBODY, changes={"late_after": time(9, 10)})
    assert b"09:10" in office.get(f"{POLICY}?new=1").content


def test_everybodys_rule_stays(office: Client) -> None:
    general = Schedule.objects.get(policy_of=EVERYBODY)
    removing = f"{SCHEDULES}{general.pk}/delete/"
    assert office.get(removing, follow=True).redirect_chain == [(SCHEDULES, 302)]
    office.post(removing, {"step": "write", "seen": Rulebook.objects.count()})
    assert Schedule.objects.filter(policy_of=EVERYBODY).exists()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"class_level": ""}, "class_level"),
        ({"late_after": "19:00"}, "closes_at"),
        ({"late_after": "25:00"}, "late_after"),
        ({"closes_at": ""}, "closes_at"),
        ({"working_days": [0]}, "working_days"),
        ({"class_level": "nta 5"}, "class_level"),
    ],
)
def test_a_bad_rule_is_shown_again(office: Client, fields: dict[str, Any], wrong: str) -> None:
    set_policy(class_level="NTA 5", changes={})
    form = limits(**{"class_level": "NTA 4", **fields})
    page = office.post(f"{POLICY}?new=1", {"step": "preview", **form})
    assert page.status_code == 200
    assert list(page.context["form"].errors) == [wrong]
    assert Schedule.objects.count() == 2


# --- schedules ----------------------------------------------------------------------------------


def evening(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Evening classes",
        "class_levels": ["NTA 4"],
        "closes_at": "20:00",
        "session": ["0"],
        "session-0-name": "Evening",
        "session-0-weekdays": [3],
        "session-0-starts_at": "17:00",
        "session-0-late_after": "17:15",
        "session-0-ends_at": "19:00",
        **fields,
    }


def test_evening_classes_are_set_without_thinking_of_a_database(
    office: Client, late: Attendance
) -> None:
    shown = office.post(f"{SCHEDULES}add/", {"step": "preview", **evening()})
    sentence = "NTA 4, Wednesday, 17:00 to 19:00, late after 17:15."
    assert sentence in shown.content.decode()
    assert shown.context["changes"] == [("Late", "Present", 1)]
    assert len(shown.context["week"].days[2].blocks) == 1
    page = office.post(f"{SCHEDULES}add/", hidden_in(shown), follow=True)
    assert sentence in page.content.decode()
    schedule = Schedule.objects.get(name="Evening classes")
    assert schedule.applies_to == {"class_levels": ["NTA 4"]}
    assert schedule.sessions == [
        {
            "name": "Evening",
            "weekdays": [3],
            "starts_at": "17:00:00",
            "late_after": "17:15:00",
            "ends_at": "19:00:00",
            "requires_tap": False,
        }
    ]
    assert schedule.closes_at == time(20)
    late.refresh_from_db()
    assert late.status == "Present"


def test_sessions_are_added_and_removed_without_a_script(office: Client) -> None:
    add = f"{SCHEDULES}add/"
    first = office.get(add).context["sessions"]
    assert first.numbers == [0]
    more = office.post(add, {**evening(), "step": "add"})
    assert more.context["sessions"].numbers == [0, 1]
    assert b"errorlist" not in more.content
    assert more.context["form"]["name"].value() == "Evening classes"
    fewer = office.post(add, {**evening(session=["0", "1"]), "step": "remove:0"})
    assert fewer.context["sessions"].numbers == [1]
    assert not Schedule.objects.filter(policy_of=None).exists()


def test_people_are_found_and_named(office: Client) -> None:
    asha = make_student(first_name="Asha")
    make_student(first_name="Juma")
    found = office.post(f"{SCHEDULES}add/", {**evening(), "step": "find", "find": "asha"})
    assert [person.pk for person in found.context["form"].found_people] == [asha.pk]
    form = evening(class_levels=[], people=[str(asha.pk)])
    assert confirmed(office, f"{SCHEDULES}add/", form).status_code == 302
    schedule = Schedule.objects.get(name="Evening classes")
    assert schedule.applies_to == {"people": [str(asha.pk)]}
    page = office.get(one(SCHEDULES, schedule))
    assert [person.pk for person in page.context["form"].chosen_people] == [asha.pk]


def test_a_schedule_is_changed_and_removed(office: Client, late: Attendance) -> None:
    schedule = make_schedule(applies_to={"class_levels": ["NTA 4"]})
    form = evening(**{"session-0-starts_at": "16:00", "session-0-late_after": ""})
    assert confirmed(office, one(SCHEDULES, schedule), form).status_code == 302
    schedule.refresh_from_db()
    assert schedule.sessions[0]["late_after"] == "16:00:00"
    removing = f"{SCHEDULES}{schedule.pk}/delete/"
    assert office.post(removing, hidden_in(office.get(removing))).status_code == 302
    assert not Schedule.objects.filter(policy_of=None).exists()


def test_a_night_shift_gets_a_day_that_begins_at_noon(office: Client) -> None:
    form = evening(
        **{"session-0-starts_at": "18:00", "session-0-ends_at": "06:00"},
        **{"session-0-late_after": "", "kinds": ["security"], "class_levels": [], "closes_at": ""},
    )
    confirmed(office, f"{SCHEDULES}add/", form)
    assert Schedule.objects.get(name="Evening classes").day_begins == time(12)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": ""}, "form"),
        ({"class_levels": ["Form 9"]}, "form"),
        ({"session": []}, "form"),
        ({"day_begins": "18:00"}, "form"),
        ({"valid_from": "2026-12-01", "valid_to": "2026-11-01"}, "form"),
        ({"session-0-name": ""}, "session"),
        ({"session-0-weekdays": []}, "session"),
        ({"session-0-ends_at": "17:00"}, "session"),
        ({"session-0-late_after": "20:00"}, "session"),
    ],
)
def test_a_bad_schedule_is_shown_again(
    office: Client, late: Attendance, fields: dict[str, Any], where: str
) -> None:
    page = office.post(f"{SCHEDULES}add/", {"step": "preview", **evening(**fields)})
    assert page.status_code == 200
    assert b"errorlist" in page.content
    session_errors = [form.errors for form in page.context["sessions"].forms if form.errors]
    assert bool(session_errors) is (where == "session")
    assert not Schedule.objects.filter(policy_of=None).exists()


def test_a_simple_rule_opens_as_such_and_can_be_said_in_full(office: Client) -> None:
    general = Schedule.objects.get(policy_of=EVERYBODY)
    assert office.get(one(SCHEDULES, general))["Location"] == POLICY
    form = evening(name="Everybody", class_levels=[], closes_at="18:00")
    assert confirmed(office, f"{one(SCHEDULES, general)}?full=1", form).status_code == 302
    general.refresh_from_db()
    assert (general.policy_of, general.sessions[0]["ends_at"]) == (EVERYBODY, "19:00:00")
    assert office.get(one(SCHEDULES, general)).status_code == 200


# --- closed days --------------------------------------------------------------------------------


def test_closed_days_change_only_if_that_is_said_with_a_reason(
    office: Client, late: Attendance
) -> None:
    close_day(day=WEDNESDAY, by=None)
    shown = office.post(POLICY, {"step": "preview", **limits(late_after="09:00")})
    assert shown.context["preview"].closed_days_changed == 1
    refused = office.post(POLICY, {**hidden_in(shown), "apply_to_closed": "1"})
    assert b"Say why closed days are changed." in refused.content
    asked = {"apply_to_closed": "1", "closed_reason": "The bus broke down"}
    assert office.post(POLICY, {**hidden_in(refused), **asked}).status_code == 302
    late.refresh_from_db()
    assert late.status == "Present"
    made = RuleChange.objects.get()
    assert (made.reason, made.days_changed) == ("The bus broke down", 1)

    undo = f"{ROOM}change/{made.pk}/undo/"
    assert b"The bus broke down" in office.get(undo).content
    assert b"Taken back: Policy changed." in office.post(undo, follow=True).content
    late.refresh_from_db()
    assert late.status == "Late"
    assert b"taken back already" in office.post(undo, follow=True).content


def test_closed_days_stay_if_nothing_is_said(office: Client, late: Attendance) -> None:
    close_day(day=WEDNESDAY, by=None)
    assert confirmed(office, POLICY, limits(late_after="09:00")).status_code == 302
    late.refresh_from_db()
    assert late.status == "Late"
    assert not RuleChange.objects.exists()


# --- calendar -----------------------------------------------------------------------------------


def test_an_entry_of_the_calendar_is_added_changed_and_removed(
    office: Client, late: Attendance
) -> None:
    form = {"first_day": "2026-11-18", "last_day": "", "name": "Sports day"}
    shown = office.post(f"{HOLIDAYS}add/", {"step": "preview", **form})
    assert "Everybody is free for Sports day, 18 November 2026." in shown.content.decode()
    assert shown.context["changes"] == [("Late", "Present", 1)]
    assert office.post(f"{HOLIDAYS}add/", hidden_in(shown)).status_code == 302
    holiday = Holiday.objects.get()
    assert holiday.last_day == WEDNESDAY
    late.refresh_from_db()
    assert late.status == "Present"
    changed = {**form, "last_day": "2026-11-20", "class_levels": ["NTA 4"], "ends_at": "08:15"}
    assert confirmed(office, one(HOLIDAYS, holiday), changed).status_code == 302
    holiday.refresh_from_db()
    assert (holiday.applies_to, holiday.ends_at) == ({"class_levels": ["NTA 4"]}, time(8, 15))
    removing = f"{HOLIDAYS}{holiday.pk}/delete/"
    assert office.post(removing, hidden_in(office.get(removing))).status_code == 302
    late.refresh_from_db()
    assert (Holiday.objects.count(), late.status) == (0, "Late")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"first_day": ""}, "first_day"),
        ({"last_day": "2026-11-01"}, "last_day"),
        ({"starts_at": "10:00", "ends_at": "10:00"}, "ends_at"),
    ],
)
def test_a_bad_entry_is_shown_again(office: Client, fields: dict[str, Any], wrong: str) -> None:
    form = {"first_day": "2026-11-18", "name": "Sports day", "step": "preview", **fields}
    page = office.post(f"{HOLIDAYS}add/", form)
    assert list(page.context["form"].errors) == [wrong]
    assert not Holiday.objects.exists()


def test_the_calendar_is_listed_by_year_and_drawn(office: Client) -> None:
    for year in (2025, 2026):
        make_holiday(date(year, 12, 9), f"Uhuru {year}", last_day=date(year, 12, 10))
    page = office.get(f"{HOLIDAYS}?year=2025").content.decode()
    assert "Uhuru 2025" in page
    assert "Uhuru 2026" not in page
    for odd in ("0000", "x", "99999", "²²²²"):
        assert office.get(f"{HOLIDAYS}?year={odd}", follow=True).status_code == 200
    drawn = office.get(YEAR)
    days = [day for month in drawn.context["months"] for week in month.weeks for day in week if day]
    assert [day.day.day for day in days if day.name] == [9, 10]
    assert len(days) == 365
    assert office.get(f"{ROOM}calendar/9999/").status_code == 404


# --- absences -----------------------------------------------------------------------------------


def test_somebody_who_is_away_is_excused_and_not_any_more(office: Client, late: Attendance) -> None:
    address = f"{ABSENCES}add/?person={late.person_id}&day={TUESDAY}"
    page = office.get(address)
    assert [person.pk for person in page.context["form"].chosen_people] == [late.person_id]
    assert page.context["form"]["first_day"].value() == str(TUESDAY)
    form = {"people": [late.person_id], "first_day": TUESDAY, "reason": "Funeral"}
    shown = office.post(address, {"step": "preview", **form})
    assert "is excused, 17 November 2026: Funeral." in shown.content.decode()
    assert office.post(address, hidden_in(shown)).status_code == 302
    absence = Absence.objects.get()
    assert (absence.person_id, absence.recorded_by) == (late.person_id, User.objects.get())
    day = Attendance.objects.get(date=TUESDAY)
    assert day.status == "Excused"

    change = {**form, "last_day": "2026-11-19"}
    assert confirmed(office, one(ABSENCES, absence), change).status_code == 302
    changed = Absence.objects.standing().get()
    assert (changed.absence_id, changed.last_day) == (absence.absence_id, date(2026, 11, 19))

    withdrawing = f"{ABSENCES}{changed.pk}/delete/"
    assert office.post(withdrawing, hidden_in(office.get(withdrawing))).status_code == 302
    assert not Absence.objects.standing().exists()
    assert not Attendance.objects.filter(date=TUESDAY).exists()
    assert office.get(one(ABSENCES, changed)).status_code == 404


def test_a_group_is_away_for_a_part_of_a_day(office: Client, late: Attendance) -> None:
    form = {
        "class_levels": ["NTA 4"],
        "first_day": WEDNESDAY,
        "ends_at": "09:00",
        "reason": "Medical check",
    }
    assert confirmed(office, f"{ABSENCES}add/", form).status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.applies_to) == (None, {"class_levels": ["NTA 4"]})
    late.refresh_from_db()
    assert late.status == "Present"


def test_nobody_in_particular_is_not_away(office: Client) -> None:
    form = {"first_day": WEDNESDAY, "reason": "Ill", "step": "preview"}
    page = office.post(f"{ABSENCES}add/", form)
    assert page.context["form"].errors == {"__all__": ["Say who is away."]}
    assert not Absence.objects.exists()


def test_an_absence_never_becomes_everybodys(office: Client, late: Attendance) -> None:
    """Neither in the form nor by the API, when the last of whom it is about is unticked."""
    form = {"class_levels": ["NTA 4"], "first_day": WEDNESDAY, "reason": "Medical check"}
    assert confirmed(office, f"{ABSENCES}add/", form).status_code == 302
    absence = Absence.objects.get()
    unticked = {**form, "class_levels": [], "step": "preview"}
    page = office.post(one(ABSENCES, absence), unticked)
    assert page.context["form"].errors == {"__all__": ["Say who is away."]}
    assert b"Tick a group, or find people by name." in page.content
    assert b"it is for everybody" not in page.content
    answer = office.patch(
        f"/api/attendance/absences/{absence.absence_id}/",
        {"applies_to": {"class_levels": []}},
        content_type="application/json",
    )
    assert answer.status_code == 400, answer.json()
    assert Absence.objects.get().applies_to == {"class_levels": ["NTA 4"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("when=now", ["now"]),
        ("when=to_come", ["later"]),
        ("when=past", ["before"]),
        ("when=x", ["now", "later", "before"]),
        ("kind=student", ["now", "later"]),
        ("kind=staff", ["before"]),
        ("class=CS2024A", ["now"]),
        ("q=funeral", ["later"]),
        ("q=neema", ["before"]),
        ("q=%00", ["now", "later", "before"]),
    ],
)
def test_absences_are_searched_and_filtered(office: Client, query: str, found: list[str]) -> None:
    asha = make_student(class_code="CS2024A")
    rows = {
        "now": make_absence(asha, WEDNESDAY),
        "later": make_absence(make_student(class_code="X"), date(2026, 12, 1), "Funeral"),
        "before": make_absence(make_member(first_name="Neema"), MONDAY),
    }
    page = office.get(f"{ABSENCES}?{query}", follow=True).content.decode()
    assert [name for name, row in rows.items() if one(ABSENCES, row) in page] == found


# --- lists that are imported --------------------------------------------------------------------


def sheet(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("list.csv", "\n".join(lines).encode(), "text/csv")


def test_days_of_the_calendar_come_from_a_list(office: Client, late: Attendance) -> None:
    lines = ("date,from,to,name", "18/11/2026,,,Feast", ",2026-12-20,2027-01-03,Recess")
    shown = office.post(IMPORT_HOLIDAYS, {"step": "preview", "file": sheet(*lines)})
    assert shown.context["changes"] == [("Late", "Present", 1)]
    assert not Holiday.objects.exists()
    assert office.post(IMPORT_HOLIDAYS, hidden_in(shown)).status_code == 302
    rows = [(one.name, one.first_day, one.last_day) for one in Holiday.objects.all()]
    assert rows == [
        ("Feast", WEDNESDAY, WEDNESDAY),
        ("Recess", date(2026, 12, 20), date(2027, 1, 3)),
    ]
    late.refresh_from_db()
    assert late.status == "Present"
    again = office.post(IMPORT_HOLIDAYS, {"step": "preview", "file": sheet(*lines)})
    assert b"Everything in this file is here already." in again.content


def test_absences_come_from_a_list_without_its_refused_rows(office: Client) -> None:
    asha = make_student()
    lines = (
        "number,from,to,reason",
        f"{asha.identifier.lower()},2026-11-18,2026-11-19,Ill",
        "nobody,2026-11-18,,Ill",
        f"{asha.identifier},2026-11-18,2026-11-19,Ill",
        f"{asha.identifier},2026-11-31,,Ill",
    )
    refused = office.post(IMPORT_ABSENCES, {"step": "preview", "file": sheet(*lines)})
    page = refused.content.decode()
    assert "3 of 4 rows refused" in page
    for words in ("There is nobody with this number.", "Row 2 of this file says the same."):
        assert words in page
    shown = office.post(IMPORT_ABSENCES, {"step": "rest", "rows": refused.context["kept_rows"]})
    assert office.post(IMPORT_ABSENCES, hidden_in(shown)).status_code == 302
    absence = Absence.objects.get()
    assert (absence.person_id, absence.last_day) == (asha.pk, date(2026, 11, 19))


def test_a_file_that_is_none_is_said_so(office: Client) -> None:
    for address in (IMPORT_ABSENCES, IMPORT_HOLIDAYS):
        page = office.post(address, {"step": "preview"})
        assert b"Choose a file first." in page.content
        page = office.post(address, {"step": "preview", "file": sheet("colour", "red")})
        assert b"The file lacks these columns" in page.content
        empty = office.get(f"{address}?template=1")
        assert empty["Content-Type"].startswith("text/csv")


# --- closing ------------------------------------------------------------------------------------


def test_a_day_is_closed_by_name_and_opened_again(office: Client) -> None:
    asha, _ = make_pupil()
    closing = f"{ROOM}day/{WEDNESDAY}/close/"
    page = office.post(closing, follow=True)
    assert b"The day is closed. Absent now: 1 student." in page.content
    assert b"Open this day again" in page.content
    assert b"Nobody was missing." in office.post(closing, follow=True).content
    assert Attendance.objects.get(person=asha).status == "Absent"
    opening = f"{ROOM}day/{WEDNESDAY}/reopen/"
    assert b"errorlist" in office.post(opening, {"reason": " "}).content
    page = office.post(opening, {"reason": "The gate's taps are missing"}, follow=True)
    assert b"The day is open: 1 day of people changed." in page.content
    assert not Attendance.objects.filter(person=asha).exists()
    assert ReopenedDay.objects.get().reason == "The gate's taps are missing"
    assert b"18 November 2026 opened again" in office.get(CLOSING).content
    assert b"This day is not closed." in office.post(opening, {"reason": "x"}, follow=True).content


def test_a_closed_day_is_shown_by_the_calendar_by_which_it_was_closed(office: Client) -> None:
    """A holiday that was declared afterwards, and left closed days alone, says nothing of it."""
    asha, _ = make_pupil()
    close_day(day=WEDNESDAY, by=User.objects.get())
    form = {"name": "Day of mourning", "first_day": WEDNESDAY, "last_day": THURSDAY}
    assert confirmed(office, f"{HOLIDAYS}add/", form).status_code == 302
    assert b"Day of mourning" in office.get(HOLIDAYS).content
    for page, named in (
        (f"{ROOM}day/{WEDNESDAY}/", False),
        (f"{ROOM}day/{WEDNESDAY}/student/{asha.pk}/", False),
        (f"{ROOM}day/{THURSDAY}/", True),
    ):
        assert (b"Day of mourning" in office.get(page).content) is named, page
    change = {**form, "last_day": WEDNESDAY}
    asked = {"apply_to_closed": "1", "closed_reason": "It was declared late"}
    answer = confirmed(office, one(HOLIDAYS, Holiday.objects.get()), change, **asked)
    assert answer.status_code == 302
    day = office.get(f"{ROOM}day/{WEDNESDAY}/").content.decode()
    assert "Day of mourning: nobody is expected." in day
    why = office.get(f"{ROOM}day/{WEDNESDAY}/student/{asha.pk}/").content.decode()
    assert "Day of mourning (18 November 2026)" in why


def test_what_closes_when_and_what_waits_is_on_one_page(office: Client) -> None:
    make_schedule()
    close_day(day=WEDNESDAY, by=User.objects.get())
    Rulebook.objects.update(changed_at=timezone.now() - timedelta(days=1))
    page = office.get(CLOSING)
    names = {row.name: row.is_closed for row in page.context["schedules"]}
    assert names == {"Everybody": True, "Evening classes": True}
    (waiting,) = page.context["waiting"]
    assert waiting.date == TUESDAY
    assert b"Open again: Wednesday 18 November" in page.content
    assert b"Close by name: Tuesday 17 November" in page.content


def test_today_names_the_days_that_are_open_and_why(office: Client) -> None:
    make_pupil()
    Rulebook.objects.update(changed_at=timezone.now() - timedelta(days=1))
    page = office.get("/admin/").content.decode()
    assert "day is over and not closed: Tue 17 Nov" in page
    close_day(day=TUESDAY, by=None)
    assert "not closed" not in office.get("/admin/").content.decode()
    office.post(f"{ROOM}day/{TUESDAY}/reopen/", {"reason": "Late taps"})
    assert "Tue 17 Nov (Opened again: Late taps)" in office.get("/admin/").content.decode()
    day = office.get(f"{ROOM}day/{TUESDAY}/").content.decode()
    assert "Not closed yet: Opened again: Late taps" in day


@pytest.mark.parametrize("day", ["2026-11-19", "9999-12-31"])
def test_a_day_that_is_not_there_yet_is_not_closed(office: Client, day: str) -> None:
    office.post(f"{ROOM}day/{day}/close/")
    assert not ClosedDay.objects.exists()


def test_closings_and_changes_are_only_looked_at(office: Client) -> None:
    close_day(day=WEDNESDAY, by=None)
    day = ClosedDay.objects.get()
    for address in (f"{CLOSED}add/", one(CLOSED, day), f"{CLOSED}{day.pk}/delete/"):
        assert office.post(address, {"date": "2026-11-01"}).status_code == 403
    assert ClosedDay.objects.get().date == WEDNESDAY
