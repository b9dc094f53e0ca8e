"""The rules by which a day is judged: late limit, closing time, working days, holidays."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from attendance.models import Holiday, Schedule
from attendance.tests.factories import (
    HOLIDAYS,
    MONDAY,
    POLICY,
    SATURDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    close,
    day_of,
    make_pupil,
    number_of,
    status_of,
    tap,
    tap_all,
)
from cards.tests.factories import make_member
from core.history import history_of

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

CLASS = {"class_level": "NTA 4"}


def policy(client: APIClient, **asked: str) -> Any:
    body = client.get(POLICY, asked).json()
    body.pop("updated_at")
    return body


# --- everybody's policy and those of single classes -------------------------------------------


def test_everybody_has_a_policy_from_the_start(clerk: APIClient) -> None:
    assert policy(clerk) == {
        "class_level": "",
        "late_after": "08:00:00",
        "closes_at": "18:00:00",
        "working_days": [1, 2, 3, 4, 5],
        "overrides": [],
    }


@pytest.mark.parametrize("method", ["patch", "post", "put"])
def test_what_is_said_changes_and_the_rest_stays(clerk: APIClient, method: str) -> None:
    response = getattr(clerk, method)(POLICY, {"late_after": "07:45"})
    assert response.status_code == 200
    assert response.json()["late_after"] == "07:45:00"
    assert response.json()["closes_at"] == "18:00:00"
    getattr(clerk, method)(POLICY, {"closes_at": "17:30:15", "working_days": [6]})
    now = policy(clerk)
    assert (now["late_after"], now["closes_at"]) == ("07:45:00", "17:30:15")
    assert now["working_days"] == [6]


def test_a_class_level_gets_a_policy_of_its_own_which_is_otherwise_everybodys(
    clerk: APIClient,
) -> None:
    clerk.patch(POLICY, {"closes_at": "16:00", "working_days": [1, 2]})
    made = clerk.patch(POLICY, {**CLASS, "late_after": "09:00"})
    assert made.status_code == 201
    own = {
        "class_level": "NTA 4",
        "late_after": "09:00:00",
        "closes_at": "16:00:00",
        "working_days": [1, 2],
    }
    assert policy(clerk, **CLASS) == own
    general = policy(clerk)
    assert general["late_after"] == "08:00:00"
    assert [{**row, "updated_at": ""} for row in general["overrides"]] == [
        {**own, "updated_at": ""}
    ]
    again = clerk.patch(POLICY, {**CLASS, "late_after": "09:30"})
    assert (again.status_code, again.json()["late_after"]) == (200, "09:30:00")
    clerk.patch(POLICY, {"closes_at": "15:00"})
    assert policy(clerk, **CLASS)["closes_at"] == "16:00:00"


def test_a_class_level_without_a_policy_goes_by_everybodys(clerk: APIClient) -> None:
    assert policy(clerk, class_level="NTA 5")["late_after"] == "08:00:00"
    assert policy(clerk, class_level="NTA 5")["class_level"] == ""


def test_a_policy_of_a_class_level_is_taken_away(clerk: APIClient) -> None:
    clerk.patch(POLICY, {**CLASS, "late_after": "09:00"})
    address = f"{POLICY}?class_level=NTA 4"
    assert clerk.delete(address).status_code == 204
    assert policy(clerk)["overrides"] == []
    assert clerk.delete(address).status_code == 404


@pytest.mark.parametrize("query", ["", "?class_level=", "?class_level=NTA 9", "?class_level=%00"])
def test_everybodys_policy_cannot_be_taken_away(clerk: APIClient, query: str) -> None:
    assert clerk.delete(f"{POLICY}{query}").status_code == 404
    assert policy(clerk)["late_after"] == "08:00:00"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ([1, 3, 5], [1, 3, 5]),
        ([7, 1, 7, 1], [1, 7]),
        (["monday", "Wednesday", "SUNDAY"], [1, 3, 7]),
        (["Mon", "tues", "sat"], [1, 2, 6]),
        (["friday", 5, 1], [1, 5]),
        ([], []),
    ],
)
def test_working_days_are_numbers_or_names(
    clerk: APIClient, said: list[Any], kept: list[int]
) -> None:
    response = clerk.patch(POLICY, {"working_days": said})
    assert response.status_code == 200
    assert policy(clerk)["working_days"] == kept


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"working_days": [0]}, "working_days"),
        ({"working_days": [8]}, "working_days"),
        ({"working_days": [-1]}, "working_days"),
        ({"working_days": [1.5]}, "working_days"),
        ({"working_days": [True]}, "working_days"),
        ({"working_days": [None]}, "working_days"),
        ({"working_days": [[1]]}, "working_days"),
        ({"working_days": ["mo"]}, "working_days"),
        ({"working_days": ["someday"]}, "working_days"),
        ({"working_days": ["1"]}, "working_days"),
        ({"working_days": "monday"}, "working_days"),
        ({"working_days": None}, "working_days"),
        ({"late_after": "late"}, "late_after"),
        ({"late_after": "25:00"}, "late_after"),
        ({"late_after": None}, "late_after"),
        ({"late_after": 8}, "late_after"),
        ({"closes_at": ""}, "closes_at"),
        ({"late_after": "18:00"}, "non_field_errors"),
        ({"late_after": "19:00"}, "non_field_errors"),
        ({"closes_at": "07:00"}, "non_field_errors"),
        ({"class_level": "x" * 51, "late_after": "07:00"}, "class_level"),
        ({"class_level": "a\x00b", "late_after": "07:00"}, "class_level"),
        ({"class_level": ["a"], "late_after": "07:00"}, "class_level"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    clerk: APIClient, change: dict[str, Any], field: str
) -> None:
    before = clerk.get(POLICY).json()
    response = clerk.patch(POLICY, change)
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert clerk.get(POLICY).json() == before


@pytest.mark.parametrize("body", [[], "text", [{"late_after": "07:00"}]])
def test_a_body_that_is_no_object_is_refused(clerk: APIClient, body: Any) -> None:
    assert clerk.patch(POLICY, body).status_code == 400


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
    caller: Callable[[str], APIClient], role: str, reads: bool, writes: bool
) -> None:
    client = caller(role)
    for url in (POLICY, HOLIDAYS):
        assert client.get(url).status_code == (200 if reads else 403), url
    asked = [
        (client.patch(POLICY, {"late_after": "07:00"}), 200),
        (client.post(POLICY, CLASS), 201),
        (client.delete(f"{POLICY}?class_level=NTA 4"), 204),
        (client.post(HOLIDAYS, {"date": "2026-12-09", "name": "Uhuru Day"}), 201),
    ]
    for response, done in asked:
        assert response.status_code == (done if writes else 403)
    assert Holiday.objects.exists() is writes


def test_a_change_of_policy_is_in_its_history(clerk: APIClient) -> None:
    clerk.patch(POLICY, {"late_after": "07:45"})
    change = history_of(Schedule.objects.get())[0]
    assert change.by == "attendance_admin"
    sessions = change.changes["sessions"]
    limits = [sessions[when][0]["late_after"] for when in ("before", "after")]
    assert limits == ["08:00:00", "07:45:00"]


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"policy_of": ""}, "one_policy_for_a_class"),
        ({"valid_from": TUESDAY, "valid_to": MONDAY}, "valid_in_order"),
    ],
)
def test_the_database_refuses_rules_that_contradict(fields: dict[str, Any], name: str) -> None:
    with pytest.raises(IntegrityError, match=f"attendance_schedule_{name}"), transaction.atomic():
        Schedule.objects.create(name="Another", **fields)


@pytest.mark.parametrize("level", ["nta 4", " NTA 4"])
def test_levels_compare_without_case(gate: APIClient, clerk: APIClient, level: str) -> None:
    clerk.patch(POLICY, {"class_level": level, "late_after": "09:00"})
    (student, card), (_, other) = make_pupil(class_level="NTA 4"), make_pupil(class_level="nta 4")
    tap(gate, card, at("08:30"))
    assert tap(gate, other, at("08:30"))["attendance"]["status"] == "Present"
    assert status_of(clerk, student) == "Present"
    assert clerk.patch(POLICY, {"class_level": "NTA 4"}).status_code == 200
    assert clerk.get(POLICY, {"class_level": "nta 4"}).json()["late_after"] == "09:00:00"


# --- what a change does to days ---------------------------------------------------------------


def test_a_change_judges_open_days_anew(gate: APIClient, clerk: APIClient) -> None:
    student, card = make_pupil()
    for day in (MONDAY, WEDNESDAY):
        tap(gate, card, at("08:20", day))
    member = make_member()
    tap(gate, number_of(member), at("08:20"))
    for limit, status in (("08:19:59", "Late"), ("08:20", "Present"), ("08:00", "Late")):
        clerk.patch(POLICY, {"late_after": limit})
        assert status_of(clerk, student, MONDAY) == status
        assert status_of(clerk, student, WEDNESDAY) == status
        (of_member,) = clerk.get("/api/attendance/staff/").json()["results"]
        assert of_member["status"] == status


def test_a_change_never_touches_a_closed_day(gate: APIClient, clerk: APIClient) -> None:
    (early, earlys), (_, lates), (absent, _) = make_pupil(), make_pupil(), make_pupil()
    tap_all(
        gate,
        [
            {"card": card, "tapped_at": at(time, day)}
            for card, time in ((earlys, "07:30"), (lates, "08:30"))
            for day in (MONDAY, TUESDAY)
        ],
    )
    close(clerk, MONDAY)

    def days() -> Any:
        return clerk.get("/api/attendance/", {"date": str(MONDAY), "ordering": "status"}).json()

    before = days()
    assert [row["status"] for row in before["results"]] == ["Absent", "Late", "Present"]
    clerk.patch(POLICY, {"late_after": "07:00", "working_days": [2, 7]})
    clerk.post(HOLIDAYS, {"date": str(MONDAY), "name": "After all"})
    close(clerk, MONDAY)
    assert days() == before
    assert status_of(clerk, early, TUESDAY) == "Late"
    assert status_of(clerk, absent, TUESDAY) is None


def test_the_policy_of_a_class_goes_before_everybodys(gate: APIClient, clerk: APIClient) -> None:
    (late_riser, card), (other, others) = make_pupil(**CLASS), make_pupil(class_level="NTA 5")
    clerk.patch(POLICY, {**CLASS, "late_after": "09:00"})
    tap(gate, card, at("08:30"))
    tap(gate, others, at("08:30"))
    assert (status_of(clerk, late_riser), status_of(clerk, other)) == ("Present", "Late")
    clerk.patch(POLICY, {"late_after": "08:45"})
    assert (status_of(clerk, late_riser), status_of(clerk, other)) == ("Present", "Present")
    clerk.patch(POLICY, {**CLASS, "late_after": "08:15"})
    assert (status_of(clerk, late_riser), status_of(clerk, other)) == ("Late", "Present")
    clerk.delete(f"{POLICY}?class_level=NTA 4")
    assert status_of(clerk, late_riser) == "Present"


def test_a_class_has_working_days_of_its_own(clerk: APIClient) -> None:
    evening, _ = make_pupil(**CLASS)
    day, _ = make_pupil(class_level="NTA 5")
    clerk.patch(POLICY, {**CLASS, "working_days": ["saturday"]})
    assert close(clerk, SATURDAY)["absent"] == {"student": 1, "staff": 0, "security": 0}
    assert status_of(clerk, evening, SATURDAY) == "Absent"
    close(clerk, MONDAY)
    assert (status_of(clerk, evening, MONDAY), status_of(clerk, day, MONDAY)) == (None, "Absent")


def test_staff_go_by_everybodys_policy(gate: APIClient, clerk: APIClient) -> None:
    clerk.patch(POLICY, {"class_level": "Registry", "late_after": "06:00"})
    answer = tap(gate, number_of(make_member(department="Registry")), at("07:59"))
    assert answer["attendance"]["status"] == "Present"


@pytest.mark.parametrize(
    "change",
    [
        {"late_after": "07:00"},
        {**CLASS, "late_after": "07:00"},
        {"late_after": "10:00"},
        {**CLASS, "late_after": "10:00"},
    ],
)
@pytest.mark.parametrize(
    ("time", "status"), [("07:59", "Present"), ("08:00", "Present"), ("08:01", "Late")]
)
def test_a_late_tap_repairs_a_closed_day_by_the_rules_of_then(
    gate: APIClient, clerk: APIClient, change: dict[str, str], time: str, status: str
) -> None:
    student, card = make_pupil(**CLASS)
    close(clerk, MONDAY)
    clerk.patch(POLICY, change)
    answer = tap(gate, card, at(time, MONDAY), offline=True)
    assert answer["attendance"]["status"] == status
    assert status_of(clerk, student, MONDAY) == status


def test_who_was_not_expected_on_a_closed_day_is_judged_by_the_rules_of_then(
    gate: APIClient, clerk: APIClient
) -> None:
    """There is no Absent row to repair: the day is made by the tap."""
    student, card = make_pupil()
    close(clerk, SATURDAY)
    clerk.patch(POLICY, {"late_after": "07:00"})
    assert status_of(clerk, student, SATURDAY) is None
    answer = tap(gate, card, at("07:30", SATURDAY), offline=True)
    assert answer["attendance"]["status"] == "Present"


def test_a_closed_day_keeps_the_rules_of_a_class_that_has_none_any_more(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil(**CLASS)
    clerk.patch(POLICY, {**CLASS, "late_after": "09:00"})
    close(clerk, MONDAY)
    clerk.delete(f"{POLICY}?class_level=NTA 4")
    tap(gate, card, at("08:30", MONDAY), offline=True)
    tap(gate, card, at("08:30", TUESDAY), offline=True)
    assert status_of(clerk, student, MONDAY) == "Present"
    assert status_of(clerk, student, TUESDAY) == "Late"


# --- holidays ---------------------------------------------------------------------------------


def test_a_holiday_is_made_read_changed_and_taken_away(clerk: APIClient) -> None:
    made = clerk.post(HOLIDAYS, {"date": "2026-12-09", "name": " Uhuru  Day "})
    assert made.status_code == 201
    body = made.json()
    one = f"{HOLIDAYS}{body['holiday_id']}/"
    assert body == {
        "holiday_id": body["holiday_id"],
        "date": "2026-12-09",
        "from": "2026-12-09",
        "to": "2026-12-09",
        "name": "Uhuru Day",
        "starts_at": None,
        "ends_at": None,
        "applies_to": {
            "kinds": [],
            "class_levels": [],
            "class_codes": [],
            "departments": [],
            "people": [],
        },
        "change_id": None,
    }
    assert clerk.get(one).json() == body
    changed = clerk.patch(one, {"name": "Independence Day"}).json()
    assert changed == {**body, "name": "Independence Day"}
    moved = {"date": "2026-12-10", "name": "Uhuru Day"}
    both = {"from": "2026-12-10", "to": "2026-12-10"}
    assert clerk.put(one, moved).json() == {**body, **moved, **both}
    clerk.post(HOLIDAYS, {"date": "2026-01-12", "name": "Zanzibar Revolution Day"})
    days = [row["date"] for row in clerk.get(HOLIDAYS).json()["results"]]
    assert days == ["2026-01-12", "2026-12-10"]
    assert clerk.get(HOLIDAYS, {"date": "2026-12-10"}).json()["count"] == 1
    assert clerk.delete(one).status_code == 204
    assert clerk.get(one).status_code == 404
    assert clerk.get(HOLIDAYS).json()["count"] == 1


def test_a_day_is_a_holiday_once(clerk: APIClient) -> None:
    uhuru = {"date": "2026-12-09", "name": "Uhuru Day"}
    clerk.post(HOLIDAYS, uhuru)
    other = clerk.post(HOLIDAYS, {"date": "2026-12-10", "name": "The day after"}).json()
    refused = {"date": ["This day is a holiday already."]}
    again = clerk.post(HOLIDAYS, uhuru)
    assert (again.status_code, again.json()) == (400, refused)
    moved = clerk.patch(f"{HOLIDAYS}{other['holiday_id']}/", {"date": "2026-12-09"})
    assert (moved.status_code, moved.json()) == (400, refused)
    assert Holiday.objects.count() == 2


def test_the_database_refuses_a_second_holiday_on_a_day() -> None:
    Holiday.objects.create(first_day=MONDAY, last_day=TUESDAY, name="One")
    with pytest.raises(IntegrityError, match="attendance_holiday_once"), transaction.atomic():
        Holiday.objects.create(first_day=TUESDAY, last_day=WEDNESDAY, name="Two")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "No day"}, "date"),
        ({"date": "2026-12-09"}, "name"),
        ({"date": "2026-12-09", "name": " "}, "name"),
        ({"date": "2026-12-09", "name": "x" * 101}, "name"),
        ({"date": "2026-02-30", "name": "Never"}, "date"),
        ({"date": None, "name": "Never"}, "date"),
    ],
)
def test_a_holiday_has_a_day_and_a_name(clerk: APIClient, body: dict[str, Any], field: str) -> None:
    response = clerk.post(HOLIDAYS, body)
    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_a_holiday_that_was_changed_meanwhile_is_not_overwritten(clerk: APIClient) -> None:
    made = clerk.post(HOLIDAYS, {"date": "2026-12-09", "name": "Uhuru Day"})
    one = f"{HOLIDAYS}{made.json()['holiday_id']}/"
    clerk.patch(one, {"name": "Independence Day"})
    for refused in (
        clerk.patch(one, {"name": "Mine"}, HTTP_IF_MATCH=made["ETag"]),
        clerk.delete(one, HTTP_IF_MATCH=made["ETag"]),
    ):
        assert refused.status_code == 412
    assert clerk.get(one).json()["name"] == "Independence Day"
    assert clerk.get(f"{HOLIDAYS}{uuid4()}/").status_code == 404


def test_a_bad_filter_of_holidays_is_refused(clerk: APIClient) -> None:
    response = clerk.get(HOLIDAYS, {"date": "someday"})
    assert (response.status_code, list(response.json())) == (400, ["date"])


def test_on_a_holiday_who_comes_is_present_and_never_late(
    gate: APIClient, clerk: APIClient
) -> None:
    student, card = make_pupil()
    clerk.post(HOLIDAYS, {"date": str(WEDNESDAY), "name": "Maulid"})
    tap(gate, card, at("08:30"))
    day = day_of(clerk, student)
    assert (day["status"], day["minutes_late"], day["is_counted"]) == ("Present", 0, False)


# --- the entity tag ---------------------------------------------------------------------------


def test_a_policy_that_was_changed_meanwhile_is_not_overwritten(clerk: APIClient) -> None:
    clerk.patch(POLICY, CLASS)
    for query in ("", "?class_level=NTA 4"):
        url = f"{POLICY}{query}"
        read = clerk.get(url)
        assert clerk.get(url, HTTP_IF_NONE_MATCH=read["ETag"]).status_code == 304
        own = CLASS if query else {}
        clerk.patch(POLICY, {**own, "late_after": "07:15"})
        mine = clerk.patch(POLICY, {**own, "late_after": "07:45"}, HTTP_IF_MATCH=read["ETag"])
        assert mine.status_code == 412
        fresh = clerk.get(url)
        assert fresh.json()["late_after"] == "07:15:00"
        done = clerk.patch(POLICY, {**own, "late_after": "07:45"}, HTTP_IF_MATCH=fresh["ETag"])
        assert done.status_code == 200
        assert done["ETag"] == clerk.get(url)["ETag"]
    gone = clerk.delete(f"{POLICY}?class_level=NTA 4", HTTP_IF_MATCH=read["ETag"])
    assert gone.status_code == 412
