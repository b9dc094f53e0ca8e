"""Schedules, calendar, absences, change sets and expectation over REST (contract section 9)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from rest_framework.test import APIClient

from attendance.changes import finish_changes
from attendance.closing import days_over
from attendance.expectation import Expectation
from attendance.judging import everybody, look_at
from attendance.models import Attendance, ClosedDay, NoCardDay, Rulebook, RuleChange
from attendance.open_days import excuse_today
from attendance.recording import read_days
from attendance.rulebook import changing_rules, current_book
from attendance.schedules import write_policy
from attendance.tests.factories import (
    ABSENCES,
    HOLIDAYS,
    MONDAY,
    NOON,
    POLICY,
    SATURDAY,
    SCHEDULES,
    STAFF,
    TAPS,
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
from cards.models import Card
from cards.services import switch_card
from cards.tests.factories import make_card, make_guard, make_member, make_student
from people.models import Person
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

CHANGES = f"{URL}changes/"
REOPEN = f"{URL}reopen/"
WEEK = [1, 2, 3, 4, 5]
MORNING = {"name": "Morning", "weekdays": WEEK, "starts_at": "07:30", "ends_at": "10:00"}
NIGHT = {
    "name": "Guards at night",
    "sessions": [{"name": "Night", "weekdays": WEEK, "starts_at": "18:00", "ends_at": "06:00"}],
    "applies_to": {"kinds": ["security"]},
}


def post(client: APIClient, url: str, body: dict[str, Any], status: int = 201) -> Any:
    response = client.post(url, body)
    assert response.status_code == status, response.content
    return response.json()


# --- schedules ---------------------------------------------------------------------------------


def test_a_schedule_is_made_read_changed_and_taken_away(clerk: APIClient) -> None:
    made = post(clerk, SCHEDULES, {"name": "Form 1", "sessions": [MORNING]})
    assert made["sessions"] == [
        {**MORNING, "starts_at": "07:30:00", "late_after": "07:30:00", "ends_at": "10:00:00"}
        | {"requires_tap": False}
    ]
    assert (made["day_begins"], made["closes_at"], made["is_policy"]) == ("00:00:00", None, False)
    one = f"{SCHEDULES}{made['schedule_id']}/"
    assert clerk.get(one).json() == made
    changed = clerk.patch(one, {"closes_at": "19:00"}).json()
    assert changed["closes_at"] == "19:00:00"
    assert clerk.delete(one).status_code == 204
    assert clerk.get(one).status_code == 404


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"sessions": []}, "sessions"),
        ({"sessions": [{**MORNING, "ends_at": "07:30"}]}, "sessions"),
        ({"sessions": [{**MORNING, "late_after": "10:30"}]}, "sessions"),
        ({"sessions": [{**MORNING, "weekdays": [8]}]}, "sessions"),
        ({"day_begins": "09:00"}, "day_begins"),
        ({"valid_from": "2026-11-18", "valid_to": "2026-11-17"}, "valid_to"),
        ({"applies_to": {"kinds": ["visitor"]}}, "applies_to"),
        ({"applies_to": {"people": [str(uuid4())]}}, "applies_to"),
        ({"applies_to": {"form": ["1"]}}, "applies_to"),
        ({"name": ""}, "name"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(
    clerk: APIClient, fields: dict[str, Any], key: str
) -> None:
    body = {"name": "Form 1", "sessions": [MORNING], **fields}
    assert list(post(clerk, SCHEDULES, body, 400)) == [key]


def test_a_session_is_whole_where_the_schedule_around_it_is_changed_in_part(
    clerk: APIClient,
) -> None:
    made = post(clerk, SCHEDULES, {"name": "Form 1", "sessions": [MORNING]})
    one = f"{SCHEDULES}{made['schedule_id']}/"
    for name in ("name", "weekdays", "starts_at"):
        without = {key: value for key, value in MORNING.items() if key != name}
        refused = clerk.patch(one, {"sessions": [without]})
        assert refused.status_code == 400, refused.content
        assert refused.json() == {"sessions": {"0": {name: ["This field is required."]}}}
    until_the_day_ends = {key: value for key, value in MORNING.items() if key != "ends_at"}
    changed = clerk.patch(one, {"sessions": [until_the_day_ends]}).json()
    assert changed["sessions"][0]["ends_at"] is None


def test_a_day_of_night_work_begins_between_two_nights(clerk: APIClient) -> None:
    assert post(clerk, SCHEDULES, NIGHT)["day_begins"] == "12:00:00"


def test_a_night_shift_is_one_day_with_arrival_and_departure(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    post(clerk, SCHEDULES, NIGHT)
    guard = make_guard()
    card = number_of(guard)
    _, way_in = make_reader(direction="in")
    _, way_out = make_reader(direction="out")
    tap(way_in, card, at("17:52", TUESDAY), offline=True)
    tap(way_out, card, at("06:04", WEDNESDAY), offline=True)
    (day,) = days_of(clerk, STAFF, security=guard.pk)
    assert (day["date"], day["status"], day["hours_on_site"]) == ("2026-11-17", "Present", 12.2)
    assert day["attendance_time"] == "2026-11-17T17:52:00+03:00"
    assert day["left_at"] == "2026-11-18T06:04:00+03:00"


def test_everybodys_policy_is_a_schedule_too(clerk: APIClient) -> None:
    (general,) = clerk.get(SCHEDULES, {"is_policy": "true"}).json()["results"]
    one = f"{SCHEDULES}{general['schedule_id']}/"
    assert clerk.delete(one).status_code == 409
    refused = clerk.patch(one, {"applies_to": {"kinds": ["student"]}})
    assert (refused.status_code, list(refused.json())) == (400, ["applies_to"])
    session = {**general["sessions"][0], "late_after": "08:20:00"}
    assert clerk.patch(one, {"sessions": [session]}).status_code == 200
    assert clerk.get(POLICY).json()["late_after"] == "08:20:00"


def test_a_change_of_class_counts_from_the_next_day(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    clerk.patch(POLICY, {"class_level": "Form 1", "late_after": "08:30"})
    student, card = make_pupil(class_level="Form 1", class_code="F1A", department="Arts")
    tap(gate, card, at("08:20"))
    clock.shift(timedelta(minutes=1))
    student.class_level, student.class_code = "Form 2", "F2B"
    student.save()
    clerk.patch(POLICY, {"class_level": "Form 1", "late_after": "08:30"})
    day = day_of(clerk, student)
    assert (day["status"], day["class_level"], day["class_code"]) == ("Present", "Form 1", "F1A")
    assert days_of(clerk, class_code="f1a") == [day]
    assert days_of(clerk, class_code="F2B") == []


# --- who is expected ---------------------------------------------------------------------------


def test_who_has_no_card_is_neither_absent_nor_told_of(clerk: APIClient) -> None:
    never = make_student()
    new = make_student()
    make_card(new)  # today
    assert close(clerk)["absent"] == {"student": 0, "staff": 0, "security": 0}
    assert NoCardDay.objects.filter(person__in=[never, new]).count() == 2
    assert days_of(clerk) == []


def test_whose_card_was_switched_off_is_not_judged(clerk: APIClient) -> None:
    student, _ = make_pupil()
    switch_card(card=Card.objects.get(person=student.pk), is_active=False)
    assert sum(close(clerk)["absent"].values()) == 0
    assert NoCardDay.objects.get().person_id == student.pk


def test_a_late_tap_says_more_than_that_there_was_no_card(
    gate: APIClient, clerk: APIClient
) -> None:
    student = make_student()
    close(clerk, TUESDAY)
    card = number_of(student)
    tap(gate, card, at("07:30", TUESDAY), offline=True)
    assert status_of(clerk, student, TUESDAY) == "Present"
    assert not NoCardDay.objects.standing().exists()


def test_the_condition_and_the_judgement_of_each_agree(gate: APIClient, clerk: APIClient) -> None:
    """`Expectation` counts everybody at once; `judging` finds out about one after the other."""
    post(clerk, SCHEDULES, {**NIGHT, "sessions": [MORNING]})
    post(
        clerk,
        SCHEDULES,
        {"name": "Weekend", "sessions": [{**MORNING, "weekdays": [6]}]}
        | {"applies_to": {"class_codes": ["wk1"]}},
    )
    post(
        clerk,
        HOLIDAYS,
        {"date": str(WEDNESDAY), "name": "Exam", "applies_to": {"class_levels": ["form 4"]}},
    )
    carrying(make_student(class_level="Form 1"))
    carrying(make_student(class_code="WK1"))
    carrying(make_student(class_level="Form 4"))
    carrying(make_student(class_level="Form 4", class_code="WK1"))
    carrying(make_student(enrolled_on=THURSDAY))
    carrying(make_student(left_on=TUESDAY))
    carrying(make_student(status="Suspended"))
    make_student()
    make_card(make_student())
    off = carrying(make_student())
    switch_card(card=Card.objects.get(person=off.pk), is_active=False)
    carrying(make_member())
    carrying(make_member(status="On Leave"))
    carrying(make_guard())
    make_guard()
    moved = carrying(make_student(class_code="WK1"))
    moved.class_code = "F1A"
    moved.save()
    for day in (MONDAY, SATURDAY, WEDNESDAY):
        expectation = Expectation(day)
        people = Person.objects.filter(kind__in=["student", "staff", "security"])
        expected = set(people.filter(expectation.expected).values_list("pk", flat=True))
        without = set(people.filter(expectation.without_card).values_list("pk", flat=True))
        judged, changes = look_at(day, everybody(), read_days(day, everybody()), current_book())
        assert without == {change.person for change in changes if change.is_without_card}
        assert expected == {one.row.person for one in judged if one.result.is_counted}
        assert expected | without


# --- calendar ----------------------------------------------------------------------------------


def test_a_holiday_of_several_days_for_some(clerk: APIClient) -> None:
    (theirs, _), (other, _) = make_pupil(class_level="Form 4"), make_pupil()
    body = {"from": str(MONDAY), "to": str(TUESDAY), "name": "Exams are over"}
    made = post(clerk, HOLIDAYS, {**body, "applies_to": {"class_levels": ["FORM 4"]}})
    assert (made["date"], made["from"], made["to"]) == (str(MONDAY), str(MONDAY), str(TUESDAY))
    for day in (MONDAY, TUESDAY):
        close(clerk, day)
        assert (status_of(clerk, theirs, day), status_of(clerk, other, day)) == (None, "Absent")
        assert clerk.get(HOLIDAYS, {"date": str(day)}).json()["count"] == 1


def test_holidays_are_found_by_year_and_no_year_breaks_the_list(clerk: APIClient) -> None:
    make_pupil()
    post(clerk, HOLIDAYS, {"from": str(MONDAY), "to": str(TUESDAY), "name": "Exams are over"})
    assert clerk.get(HOLIDAYS, {"year": MONDAY.year}).json()["count"] == 1
    assert clerk.get(HOLIDAYS, {"year": 1}).json()["count"] == 0
    for year in ("0", "10000", "-1", "2026.5", "this"):
        refused = clerk.get(HOLIDAYS, {"year": year})
        assert (refused.status_code, list(refused.json())) == (400, ["year"])


# --- absences ----------------------------------------------------------------------------------


def test_an_absence_excuses_and_shows_a_tap_beside_it(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    body = {"student": str(student.pk), "from": str(WEDNESDAY), "to": str(THURSDAY)}
    made = post(clerk, ABSENCES, {**body, "reason": "Funeral"})
    assert (made["student"], made["person_name"]) == (str(student.pk), student.full_name)
    day = day_of(clerk, student)
    assert (day["status"], day["source"]) == ("Excused", "absence")
    assert tap(gate, card, at("09:00"))["attendance"]["status"] == "Excused"
    day = day_of(clerk, student)
    assert (day["status"], day["attendance_time"]) == ("Excused", "2026-11-18T09:00:00+03:00")
    close(clerk)
    assert status_of(clerk, student) == "Excused"
    assert clerk.get(ABSENCES, {"student": str(student.pk)}).json()["count"] == 1
    assert clerk.delete(f"{ABSENCES}{made['absence_id']}/").status_code == 204
    assert status_of(clerk, student) == "Excused"  # that day was closed before


def test_an_absence_of_a_group_for_some_hours(gate: APIClient, clerk: APIClient) -> None:
    (choir, card), (other, others) = make_pupil(class_code="F1A"), make_pupil()
    body = {"date": str(WEDNESDAY), "starts_at": "07:00", "ends_at": "09:30", "reason": "Choir"}
    post(clerk, ABSENCES, {**body, "applies_to": {"class_codes": ["f1a"]}})
    for number in (card, others):
        tap(gate, number, at("09:20"))
    assert (status_of(clerk, choir), status_of(clerk, other)) == ("Present", "Late")


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"reason": ""}, "reason"),
        ({"student": None}, "applies_to"),
        ({"student": str(uuid4())}, "student"),
        ({"from": "2026-11-19", "to": "2026-11-18"}, "to"),
        ({"from": "2026-01-01", "to": "2027-12-31"}, "to"),
        ({"from": None}, "from"),
        ({"starts_at": "08:00", "ends_at": "08:00"}, "ends_at"),
    ],
)
def test_an_absence_says_who_when_and_why(
    clerk: APIClient, fields: dict[str, Any], key: str
) -> None:
    student, _ = make_pupil()
    body = {"student": str(student.pk), "from": str(WEDNESDAY), "to": str(THURSDAY)}
    assert list(post(clerk, ABSENCES, {**body, "reason": "Ill", **fields}, 400)) == [key]


# --- previews, closed days, undo ---------------------------------------------------------------


def test_a_preview_says_what_a_holiday_would_do_and_writes_nothing(clerk: APIClient) -> None:
    pupils = [make_pupil()[0] for _ in range(3)]
    close(clerk, TUESDAY)
    body = {"date": str(TUESDAY), "name": "Rain"}
    preview = post(clerk, f"{HOLIDAYS}?preview=true", body, 200)
    assert preview == {
        "days_changed": 3,
        "changes": [{"from": "Absent", "to": None, "count": 3}],
        "closed_days_changed": 3,
        "notices_sent": 0,
    }
    assert clerk.get(HOLIDAYS).json()["count"] == 0
    assert {status_of(clerk, pupil, TUESDAY) for pupil in pupils} == {"Absent"}


def test_closed_days_change_only_with_a_reason_and_can_be_undone(clerk: APIClient) -> None:
    student, _ = make_pupil()
    close(clerk, TUESDAY)
    body = {"date": str(TUESDAY), "name": "Rain"}
    assert list(post(clerk, HOLIDAYS, {**body, "apply_to_closed": True}, 400)) == ["reason"]
    made = post(clerk, HOLIDAYS, {**body, "apply_to_closed": True, "reason": "Flood"})
    assert status_of(clerk, student, TUESDAY) is None
    (change,) = clerk.get(CHANGES).json()["results"]
    assert (change["change_id"], change["reason"]) == (made["change_id"], "Flood")
    assert change["days_changed"] == 1
    undone = clerk.post(f"{CHANGES}{made['change_id']}/undo/")
    assert undone.status_code == 200
    assert status_of(clerk, student, TUESDAY) == "Absent"
    again = clerk.post(f"{CHANGES}{made['change_id']}/undo/")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


def test_what_was_undone_stands_in_the_calendar_no_more(clerk: APIClient) -> None:
    """Nor is gone from it; unless it reaches days that are not closed."""
    make_pupil()
    close(clerk, TUESDAY)
    why: dict[str, Any] = {"apply_to_closed": True, "reason": "Flood"}

    def undo(body: dict[str, Any]) -> None:
        assert clerk.post(f"{CHANGES}{body['change_id']}/undo/").status_code == 200

    undo(post(clerk, HOLIDAYS, {"date": str(TUESDAY), "name": "Rain", **why}))
    assert clerk.get(HOLIDAYS).json()["count"] == 0
    longer = {"from": str(TUESDAY), "to": str(THURSDAY), "name": "Rain", **why}
    undo(made := post(clerk, HOLIDAYS, longer))
    (holiday,) = clerk.get(HOLIDAYS).json()["results"]
    one = f"{HOLIDAYS}{holiday['holiday_id']}/"
    assert holiday["holiday_id"] == made["holiday_id"]
    assert clerk.delete(one).status_code in {200, 204}
    made = post(clerk, HOLIDAYS, {"date": str(TUESDAY), "name": "Rain"})
    moved = clerk.patch(f"{HOLIDAYS}{made['holiday_id']}/", {"name": "Heavy rain", **why})
    undo(moved.json())
    (holiday,) = clerk.get(HOLIDAYS).json()["results"]
    assert holiday["name"] == "Rain"


def test_an_absence_that_was_undone_is_none(clerk: APIClient) -> None:
    student, _ = make_pupil()
    close(clerk, TUESDAY)
    body = {"student": str(student.pk), "date": str(TUESDAY), "reason": "Ill"}
    made = post(clerk, ABSENCES, {**body, "apply_to_closed": True})
    assert status_of(clerk, student, TUESDAY) == "Excused"
    assert clerk.post(f"{CHANGES}{made['change_id']}/undo/").status_code == 200
    assert status_of(clerk, student, TUESDAY) == "Absent"
    assert clerk.get(ABSENCES).json()["count"] == 0


def test_of_a_closed_day_a_change_touches_those_whom_it_means_only(clerk: APIClient) -> None:
    """Not whoever is known of that day by now, and no other rule that has been changed since."""
    student, _ = make_pupil(class_code="F1A")
    close(clerk, TUESDAY)
    newer, _ = make_pupil(class_code="F1A")
    Person.objects.filter(pk=newer.pk).update(enrolled_on=MONDAY)
    post(clerk, POLICY, {"working_days": [6]}, 200)
    nobody = {"date": str(TUESDAY), "name": "Rain", "applies_to": {"class_codes": ["NOSUCH"]}}
    assert post(clerk, f"{HOLIDAYS}?preview=true", nobody, 200)["days_changed"] == 0
    why: dict[str, Any] = {"apply_to_closed": True, "reason": "Flood"}
    post(clerk, HOLIDAYS, {**nobody, **why})
    both = [status_of(clerk, person, TUESDAY) for person in (student, newer)]
    assert both == ["Absent", None]
    (change,) = clerk.get(CHANGES).json()["results"]
    assert change["days_changed"] == 0
    theirs = {**nobody, "applies_to": {"class_codes": ["F1A"]}}
    assert post(clerk, f"{HOLIDAYS}?preview=true", theirs, 200)["closed_days_changed"] == 1
    made = post(clerk, HOLIDAYS, {**theirs, **why})
    assert [status_of(clerk, person, TUESDAY) for person in (student, newer)] == [None, None]
    assert clerk.post(f"{CHANGES}{made['change_id']}/undo/").status_code == 200
    both = [status_of(clerk, person, TUESDAY) for person in (student, newer)]
    assert both == ["Absent", None]


WHY: dict[str, Any] = {"apply_to_closed": True, "reason": "It was wrong"}


def test_of_a_schedule_only_what_was_changed_reaches_a_closed_day(
    gate: APIClient, clerk: APIClient
) -> None:
    """Not the classes or the beginning of the day, which were changed for days to come."""
    _, card = make_pupil(class_code="F1A")
    other, theirs = make_pupil(class_code="F2B")
    rule = {"name": "F1A", "sessions": [MORNING], "applies_to": {"class_codes": ["F1A"]}}
    one = f"{SCHEDULES}{post(clerk, SCHEDULES, rule)['schedule_id']}/"
    for number in (card, theirs):
        tap(gate, number, at("08:05", TUESDAY), offline=True)
    close(clerk, TUESDAY)
    assert status_of(clerk, other, TUESDAY) == "Late"
    wider = {"applies_to": {"class_codes": ["F1A", "F2B"]}, "day_begins": "04:00"}
    assert clerk.patch(one, wider).status_code == 200
    kinder = {"sessions": [{**MORNING, "late_after": "08:30"}]}
    seen = clerk.patch(f"{one}?preview=true", kinder).json()
    assert seen["closed_days_changed"] == 1
    assert clerk.patch(one, {**kinder, **WHY}).status_code == 200
    assert status_of(clerk, other, TUESDAY) == "Late"
    (change,) = clerk.get(CHANGES).json()["results"]
    assert change["days_changed"] == 1


def test_a_schedule_that_a_closed_day_did_not_know_stays_unknown_to_it(clerk: APIClient) -> None:
    student, _ = make_pupil(class_code="F1A")
    close(clerk, SATURDAY - timedelta(days=7))
    weekend = {**MORNING, "weekdays": [6, 7]}
    rule = {"name": "F1A", "sessions": [weekend], "applies_to": {"class_codes": ["F1A"]}}
    one = f"{SCHEDULES}{post(clerk, SCHEDULES, rule)['schedule_id']}/"
    later = {"sessions": [{**weekend, "late_after": "08:30"}]}
    assert clerk.patch(f"{one}?preview=true", later).json()["closed_days_changed"] == 0
    assert clerk.patch(one, {**later, **WHY}).status_code == 200
    assert status_of(clerk, student, SATURDAY - timedelta(days=7)) is None


def test_whoever_was_registered_after_a_closing_is_no_matter_of_it(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    old, _ = make_pupil(class_code="F1A")
    close(clerk, SATURDAY - timedelta(days=7))
    clock.shift(timedelta(minutes=5))
    new, _ = make_pupil(class_code="F1A")
    weekend = {**MORNING, "weekdays": [6, 7]}
    rule = {"name": "F1A", "sessions": [weekend], "applies_to": {"class_codes": ["F1A"]}}
    seen = post(clerk, f"{SCHEDULES}?preview=true", rule, 200)
    made = post(clerk, SCHEDULES, {**rule, **WHY})
    day = SATURDAY - timedelta(days=7)
    assert [status_of(clerk, one, day) for one in (old, new)] == ["Absent", None]
    assert seen["closed_days_changed"] == 1
    clerk.post(f"{CHANGES}{made['change_id']}/undo/")
    assert [status_of(clerk, one, day) for one in (old, new)] == [None, None]


def test_whoever_was_judged_when_the_closing_was_repeated_is_given_back_what_a_change_took(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    old, _ = make_pupil()
    close(clerk, TUESDAY)
    clock.shift(timedelta(minutes=5))
    new, _ = make_pupil()
    close(clerk, TUESDAY)
    clock.shift(timedelta(minutes=5))
    late, _ = make_pupil()
    people = (old, new, late)

    def said() -> list[str | None]:
        return [status_of(clerk, one, TUESDAY) for one in people]

    assert said() == ["Absent", "Absent", None]
    made = post(clerk, HOLIDAYS, {"date": str(TUESDAY), "name": "Rain", **WHY})
    assert said() == [None, None, None]
    clerk.post(f"{CHANGES}{made['change_id']}/undo/")
    assert said() == ["Absent", "Absent", None]


def test_a_reopening_that_is_taken_back_closes_the_day_for_whoever_came_meanwhile(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    close(clerk, TUESDAY)
    post(clerk, REOPEN, {"date": str(TUESDAY), "reason": "A reader was dead"}, 200)
    tap(gate, card, at("07:50", TUESDAY), offline=True)
    assert day_of(clerk, student, TUESDAY)["is_closed"] is False
    (change,) = clerk.get(CHANGES).json()["results"]
    assert clerk.post(f"{CHANGES}{change['change_id']}/undo/").status_code == 200
    day = day_of(clerk, student, TUESDAY)
    assert (day["status"], day["is_closed"]) == ("Present", True)


def test_a_reopening_that_is_taken_back_is_no_matter_of_whoever_was_registered_meanwhile(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    old, _ = make_pupil()
    close(clerk, TUESDAY)
    post(clerk, REOPEN, {"date": str(TUESDAY), "reason": "A reader was dead"}, 200)
    clock.shift(timedelta(minutes=5))
    new, _ = make_pupil()
    (change,) = clerk.get(CHANGES).json()["results"]
    assert clerk.post(f"{CHANGES}{change['change_id']}/undo/").status_code == 200
    assert [status_of(clerk, one, TUESDAY) for one in (old, new)] == ["Absent", None]


def test_a_preview_counts_nothing_that_another_change_still_does(
    gate: APIClient, clerk: APIClient
) -> None:
    _, card = make_pupil(class_code="F1A")
    tap(gate, card, at("08:20"))
    with changing_rules(what="Under way", by=None, leaves_days=True):
        write_policy("", {"late_after": datetime(2026, 1, 1, 8, 30, tzinfo=UTC).time()})
    nobody = {"name": "F9", "sessions": [MORNING], "applies_to": {"class_codes": ["F9Z"]}}
    assert post(clerk, f"{SCHEDULES}?preview=true", nobody, 200)["days_changed"] == 0


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2100-01-01", "9999-12-31"])
def test_no_rule_holds_from_or_until_a_day_beyond_the_calendar(clerk: APIClient, day: str) -> None:
    rule = {"name": "F1A", "sessions": [MORNING]}
    for name in ("valid_from", "valid_to"):
        assert list(post(clerk, SCHEDULES, {**rule, name: day}, 400)) == [name]
        assert list(post(clerk, f"{SCHEDULES}?preview=true", {**rule, name: day}, 400)) == [name]
    spans: dict[str, dict[str, Any]] = {
        HOLIDAYS: {"name": "x"},
        ABSENCES: {"reason": "x", "applies_to": {}},
    }
    for url, span in spans.items():
        assert clerk.post(url, {**span, "from": day, "to": day}).status_code == 400
    assert [one["name"] for one in clerk.get(SCHEDULES).json()["results"]] == ["Everybody"]


def test_changes_of_closed_days_are_undone_in_any_order(clerk: APIClient) -> None:
    first, second = make_pupil(class_code="F1A")[0], make_pupil(class_code="F2B")[0]
    close(clerk, TUESDAY)
    made = [
        post(
            clerk,
            HOLIDAYS,
            {
                "date": str(TUESDAY),
                "name": f"Trip of {code}",
                "applies_to": {"class_codes": [code]},
                "apply_to_closed": True,
                "reason": "A trip",
            },
        )["change_id"]
        for code in ("F1A", "F2B")
    ]

    def both() -> list[str | None]:
        return [status_of(clerk, person, TUESDAY) for person in (first, second)]

    assert both() == [None, None]
    clerk.post(f"{CHANGES}{made[0]}/undo/")
    assert both() == ["Absent", None]
    clerk.post(f"{CHANGES}{made[1]}/undo/")
    assert both() == ["Absent", "Absent"]


NIGHT_RULE: dict[str, Any] = {
    "name": "Boarders",
    "day_begins": "03:00",
    "sessions": [{"name": "Class", "weekdays": WEEK, "starts_at": "07:30", "ends_at": "15:00"}],
}


def boards(gate: APIClient, card: str) -> None:
    """Comes on Tuesday and goes at half past midnight."""
    tap(gate, card, at("07:00", TUESDAY), offline=True)
    tap(gate, card, at("00:30", WEDNESDAY), direction="out", offline=True)


def left_on(clerk: APIClient, student: Any, day: date) -> str | None:
    rows = days_of(clerk, student=student.pk, date=day)
    return rows[0]["left_at"] if rows else None


def test_a_pass_is_of_the_day_that_the_rules_say_whenever_they_were_made(
    gate: APIClient, clerk: APIClient
) -> None:
    """The rule comes before the tap, or after it."""
    (first, one), (second, other) = make_pupil(), make_pupil()
    boards(gate, one)
    assert left_on(clerk, first, TUESDAY) is None
    post(clerk, f"{SCHEDULES}?preview=true", NIGHT_RULE, 200)
    made = post(clerk, SCHEDULES, NIGHT_RULE)
    boards(gate, other)
    for student in (first, second):
        assert left_on(clerk, student, TUESDAY) == "2026-11-18T00:30:00+03:00"
        assert not days_of(clerk, student=student.pk, date=WEDNESDAY)
    # And back again.
    assert clerk.delete(f"{SCHEDULES}{made['schedule_id']}/").status_code in {200, 204}
    assert {left_on(clerk, student, TUESDAY) for student in (first, second)} == {None}
    rows = Attendance.rows.filter(date=WEDNESDAY)
    assert [len(row.passes) for row in rows] == [1, 1]


def test_a_preview_says_what_moves_to_another_day(gate: APIClient, clerk: APIClient) -> None:
    """Who came at half past one is of the evening before, by the rule that is asked for."""
    _, card = make_pupil()
    tap(gate, card, at("01:30", WEDNESDAY), offline=True)
    asked = post(clerk, f"{SCHEDULES}?preview=true", NIGHT_RULE, 200)
    assert asked["days_changed"] == 2
    made = post(clerk, SCHEDULES, NIGHT_RULE)
    assert [row["date"] for row in days_of(clerk)] == [str(TUESDAY)]
    assert clerk.delete(f"{SCHEDULES}{made['schedule_id']}/").status_code in {200, 204}
    assert [row["date"] for row in days_of(clerk)] == [str(WEDNESDAY)]


def test_rules_that_change_move_nothing_into_a_closed_day(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    boards(gate, card)
    close(clerk, TUESDAY)
    closed = day_of(clerk, student, TUESDAY)
    post(clerk, SCHEDULES, NIGHT_RULE)
    assert day_of(clerk, student, TUESDAY) == closed
    # Opened again, it is as long as the rules say by now.
    post(clerk, REOPEN, {"date": str(TUESDAY), "reason": "A reader was off"}, 200)
    assert left_on(clerk, student, TUESDAY) == "2026-11-18T00:30:00+03:00"


def test_a_preview_of_each_rule_counts_open_days(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:20"))
    late_to_present = [{"from": "Late", "to": "Present", "count": 1}]
    asked: list[tuple[str, dict[str, Any]]] = [
        (POLICY, {"late_after": "08:30"}),
        (SCHEDULES, {"name": "New", "sessions": [{**MORNING, "starts_at": "08:30"}]}),
        (HOLIDAYS, {"date": str(WEDNESDAY), "name": "Rain"}),
    ]
    for url, body in asked:
        assert post(clerk, f"{url}?preview=true", body, 200)["changes"] == late_to_present
    body = {"student": str(student.pk), "date": str(WEDNESDAY), "reason": "Ill"}
    preview = post(clerk, f"{ABSENCES}?preview=true", body, 200)
    assert preview["changes"] == [{"from": "Late", "to": "Excused", "count": 1}]
    assert status_of(clerk, student) == "Late"
    assert clerk.post(f"{POLICY}?preview=perhaps", {}).status_code == 400


def test_a_day_that_is_opened_again_is_not_yet_seen_and_closes_by_name_only(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    student, _ = make_pupil()
    close(clerk, TUESDAY)
    assert list(post(clerk, REOPEN, {"date": str(TUESDAY)}, 400)) == ["reason"]
    answer = post(clerk, REOPEN, {"date": str(TUESDAY), "reason": "A reader was dead"}, 200)
    assert answer["days_changed"] == 1
    assert status_of(clerk, student, TUESDAY) is None
    Rulebook.objects.update(changed_at=NOON - timedelta(days=9))
    over = [one for one in days_over(now=NOON) if one.date == TUESDAY]
    assert [one.reasons for one in over] == [("Opened again: A reader was dead",)]
    assert post(clerk, REOPEN, {"date": str(TUESDAY), "reason": "x"}, 409)["code"]
    close(clerk, TUESDAY)
    assert status_of(clerk, student, TUESDAY) == "Absent"


def test_rule_changes_meet_the_same_walls(caller: Any) -> None:
    for role in ("registration_officer", "leadership", "class_teacher"):
        client = caller(role)
        for url in (SCHEDULES, ABSENCES, CHANGES):
            assert client.get(url).status_code == 200
        for url in (SCHEDULES, ABSENCES, REOPEN):
            assert client.post(url, {}).status_code == 403
    assert caller("kitchen_admin").get(SCHEDULES).status_code == 403


def test_a_tap_on_a_closed_day_goes_by_the_rules_of_the_closing(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    close(clerk, TUESDAY)
    post(clerk, SCHEDULES, {"name": "Early", "sessions": [{**MORNING, "starts_at": "06:00"}]})
    tap(gate, card, at("07:50", TUESDAY), offline=True)
    day = day_of(clerk, student, TUESDAY)
    assert (day["status"], day["is_closed"]) == ("Present", True)
    assert tap(gate, card, at("07:50"))["attendance"]["status"] == "Late"
    assert ClosedDay.objects.count() == 1
    assert not RuleChange.objects.exists()


def test_a_tap_of_which_the_day_has_nothing_to_say_yet_is_told_of_no_day(
    gate: APIClient, clerk: APIClient
) -> None:
    post(clerk, SCHEDULES, {"name": "Early", "sessions": [MORNING]})
    student, card = make_pupil()
    sent = {"card": card, "tapped_at": at("06:30"), "offline": True, "direction": "out"}
    first, again = (gate.post(TAPS, {**sent, "event_id": "1"}).json() for _ in range(2))
    assert (first["attendance"], again["attendance"]) == (None, None)
    assert again["replayed"] is True
    assert status_of(clerk, student) is None


def test_what_a_stopped_change_left_undone_is_done_later(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    tap(gate, card, at("08:20"))
    with changing_rules(what="Stopped", by=None, leaves_days=True):
        write_policy("", {"late_after": datetime(2026, 1, 1, 8, 30, tzinfo=UTC).time()})
    assert status_of(clerk, student) == "Late"
    Rulebook.objects.filter(applied_at=None).update(changed_at=NOON - timedelta(hours=1))
    finish_changes()
    assert status_of(clerk, student) == "Present"
    assert not Rulebook.objects.filter(applied_at=None).exists()


def test_planned_absences_are_written_on_their_day(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    student, _ = make_pupil()
    body = {"student": str(student.pk), "date": str(THURSDAY), "reason": "Visa"}
    post(clerk, ABSENCES, body)
    assert not Attendance.objects.exists()
    clock.move_to(NOON + timedelta(days=1))
    assert (excuse_today(), excuse_today()) == (1, 0)
    assert Attendance.objects.get().status == "Excused"
    assert date.fromisoformat("2026-11-19") == Attendance.objects.get().date


def test_a_new_schedule_opens_no_day_that_was_closed_before_there_was_one(
    clerk: APIClient, clock: time_machine.Traveller
) -> None:
    Rulebook.objects.update(changed_at=NOON - timedelta(days=9))
    make_pupil()
    for day in (MONDAY, TUESDAY):
        close(clerk, day)
    clock.shift(timedelta(minutes=1))
    post(clerk, SCHEDULES, {"name": "Evening", "sessions": [MORNING]})
    assert Expectation(TUESDAY).is_closed
    over = {(one.date, one.schedule.name) for one in days_over(now=NOON)}
    assert not {(day, "Evening") for day in (MONDAY, TUESDAY)} & over
    # Of a day that nobody has closed it takes part.
    assert (SATURDAY, "Evening") in over


def test_a_change_without_a_beginning_leaves_days_of_long_ago_be(clerk: APIClient) -> None:
    make_pupil()
    long_ago = TUESDAY - timedelta(days=42)
    for day in (long_ago, TUESDAY):
        close(clerk, day)
    body = {"working_days": [6]}
    assert post(clerk, f"{POLICY}?preview=true", body, 200)["closed_days_changed"] == 1
    post(clerk, POLICY, {**body, "apply_to_closed": True, "reason": "Term is over"}, 200)
    assert Attendance.objects.get().date == long_ago
