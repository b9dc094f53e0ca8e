"""A tap that was a mistake stays, and what it did is undone (contract section 8)."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tests.test_office import browser_of
from attendance.closing import close_day
from attendance.models import Attendance
from attendance.tests.factories import make_pupil
from cards.tests.factories import make_card, make_student, make_visitor
from conftest import OWN_CLASS
from kitchen.models import KitchenService
from kitchen.summary import summary_of
from outbox.models import Event
from pos.models import Tap, TapAnnulment
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, ANNUL, CHIP = "/api/pos/taps/", "/api/pos/taps/annul/", "04A32B1C"


@pytest.fixture
def at() -> datetime:
    """Noon of the day before yesterday."""
    days_ago = timezone.localtime() - timedelta(days=2)
    return days_ago.replace(hour=12, minute=0, second=0, microsecond=0)


def tap(reader: APIClient, event_id: str, **fields: Any) -> Any:
    return reader.post(URL, {"card": CHIP, "event_id": event_id, **fields})


def past(reader: APIClient, event_id: str, at: datetime, **fields: Any) -> Any:
    answer = tap(reader, event_id, tapped_at=at.isoformat(), offline=True, **fields)
    assert answer.status_code == 201, answer.content
    return answer


def annul(reader: APIClient, event_id: str, **fields: Any) -> Any:
    return reader.post(ANNUL, {"event_id": event_id, **fields})


def number(event_id: str) -> int:
    return Tap.objects.get(event_id=event_id).pk


# --- by the reader ----------------------------------------------------------------------------


def test_a_reader_takes_its_tap_back_and_nobody_came(caller: Any) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap(gate, "1")
    before = Tap.objects.values().get()
    answer = annul(gate, "1", reason="wrong card")
    assert answer.status_code == 200
    assert answer.json()["event_id"] == "1"
    assert not Attendance.objects.exists()
    assert Tap.objects.values().get() == before
    (row,) = caller("attendance_admin").get(f"{URL}?annulled=true").json()["results"]
    assert row["annulled"] == {
        "at": answer.json()["annulled_at"],
        "by": None,
        "reason": "wrong card",
    }


def test_a_reader_need_not_say_why_and_is_told_what_is_not_known() -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap(gate, "1")
    assert annul(gate, "1", colour="red").json()["ignored"] == ["colour"]


def test_twice_is_a_conflict() -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap(gate, "1")
    assert annul(gate, "1").status_code == 200
    again = annul(gate, "1")
    assert (again.status_code, again.json()["code"]) == (409, "already_annulled")
    assert TapAnnulment.objects.count() == 1


def test_nobody_takes_back_another_reader_s_tap_or_none_at_all() -> None:
    make_card(rfid_number=CHIP)
    tap(make_reader()[1], "1")
    for event in ("1", "2"):
        answer = annul(make_reader(name="Gate 2")[1], event)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_event")
    assert not TapAnnulment.objects.exists()


def test_after_a_quarter_of_an_hour_the_office_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap(gate, "1")
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(minutes=15, seconds=1))
    answer = annul(gate, "1")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_late")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(minutes=14))
    assert annul(gate, "1").status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("event_id", value) for value in (None, "", "x" * 65, 7, 7.5, True, ["7"])),
        *(("series", value) for value in (7, "x" * 65, {"7": 7})),
    ],
)
def test_what_no_tap_can_have_is_said_to_be_wrong(name: str, value: Any) -> None:
    answer = make_reader()[1].post(ANNUL, {"event_id": "7", name: value})
    assert (answer.status_code, [*answer.json()]) == (400, [name])


def test_of_two_series_the_one_that_is_named_is_taken_back_and_else_the_last() -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader(debounce_seconds=0)
    for series in ("first", "second", ""):
        assert tap(gate, "1", series=series).status_code == 201
    for said, gone in (({"series": "first"}, "first"), ({}, ""), ({"series": "second"}, "second")):
        assert annul(gate, "1", **said).status_code == 200
        assert TapAnnulment.objects.latest("annulled_at").tap.series == gone
    answer = annul(gate, "1", series="third")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_event")


def test_a_repeat_of_what_was_taken_back_is_answered_as_at_first() -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    first = tap(gate, "1", direction="in").json()
    annul(gate, "1")
    again = tap(gate, "1", direction="in")
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    assert again.json()["attendance"] == first["attendance"]
    assert not Attendance.objects.exists()


# --- what follows: days -----------------------------------------------------------------------


def test_the_day_is_judged_without_it(at: datetime) -> None:
    _, card = make_pupil()
    _, gate = make_reader()
    past(gate, "early", at.replace(hour=7), card=card, direction="in")
    past(gate, "late", at.replace(hour=10), card=card, direction="in")
    past(gate, "out", at.replace(hour=15), card=card, direction="out")
    assert Attendance.objects.get().attendance_time == at.replace(hour=7)
    annul(gate, "early")
    day = Attendance.objects.get()
    assert (day.attendance_time, day.left_at) == (at.replace(hour=10), at.replace(hour=15))
    annul(gate, "out")
    assert Attendance.objects.get().left_at is None
    annul(gate, "late")
    assert not Attendance.objects.exists()


def test_whoever_was_expected_is_absent_again_on_a_closed_day(at: datetime) -> None:
    _, card = make_pupil()
    _, gate = make_reader()
    while at.isoweekday() > 5:
        at -= timedelta(days=1)
    past(gate, "1", at.replace(hour=7), card=card, direction="in")
    close_day(day=at.date(), by=None)
    assert Attendance.objects.get().status == "Present"
    annul(gate, "1")
    assert Attendance.objects.get().status == "Absent"


def test_any_order_of_taps_and_annulments_makes_the_same_day(at: datetime) -> None:
    """Of 0, 4 and 8 seconds the second goes, or the first: then the next is a pass by itself."""
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    for gone, marks in (("4", set()), ("0", {"8"})):
        found = set()
        for order in permutations(("0", "4", "8", "annul")):
            if order.index("annul") < order.index(gone):
                continue  # nobody takes back what is not there
            with transaction.atomic():
                for deed in order:
                    if deed == "annul":
                        assert annul(gate, gone).status_code == 200
                    else:
                        past(gate, deed, at + timedelta(seconds=int(deed)))
                day = Attendance.objects.get()
                found.add((day.attendance_time, day.left_at, len(day.passes)))
                debounced = Tap.objects.filter(is_debounced=True)
                assert set(debounced.values_list("event_id", flat=True)) == marks, order
                transaction.set_rollback(True)
        assert len(found) == 1


def test_a_visitor_s_second_read_is_a_pass_once_the_first_is_taken_back(at: datetime) -> None:
    make_card(make_visitor(admitted_from=at, admitted_until=at + timedelta(hours=1)), CHIP)
    _, gate = make_reader()
    for seconds in (0, 4):
        past(gate, str(seconds), at + timedelta(seconds=seconds))
    assert Tap.objects.get(event_id="4").is_debounced
    annul(gate, "0")
    assert not Tap.objects.filter(is_debounced=True).exists()


def test_a_refused_tap_and_one_left_for_review_are_taken_back_too(at: datetime) -> None:
    _, gate = make_reader()
    tap(gate, "unknown")
    past(gate, "review", at - timedelta(days=60))
    for event in ("unknown", "review"):
        assert annul(gate, event).status_code == 200
    assert not Attendance.objects.exists()


# --- what follows: meals ----------------------------------------------------------------------


def test_a_meal_that_was_taken_back_is_no_meal_and_can_be_served_again() -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    _, hatch = make_hatch()
    first = tap(hatch, "1").json()["meal"]
    annul(hatch, "1")
    assert summary_of(timezone.localdate())["served"] == 0
    again = tap(hatch, "2").json()
    assert (again["decision"], again["code"]) == ("accepted", "ok")
    assert again["meal"]["service_id"] != first["service_id"]
    assert summary_of(timezone.localdate())["served"] == 1
    meals = KitchenService.objects.with_doubles().order_by("service_time")
    assert [(meal.voided_at is None, meal.is_double) for meal in meals] == [
        (False, False),
        (True, False),
    ]


def test_a_meal_of_a_card_that_was_read_twice_stands_until_both_are_taken_back() -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    _, hatch = make_hatch()
    tap(hatch, "1")
    tap(hatch, "2")
    assert Tap.objects.get(event_id="2").is_debounced
    annul(hatch, "1")
    assert KitchenService.objects.standing().count() == 1
    assert not Tap.objects.get(event_id="2").is_debounced
    annul(hatch, "2")
    assert KitchenService.objects.standing().count() == 0


@pytest.mark.dialect
def test_the_database_voids_no_meal_without_a_reason() -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    tap(make_hatch()[1], "1")
    with pytest.raises(DatabaseError, match="voided_with_a_reason"), transaction.atomic():
        KitchenService.objects.update(voided_at=timezone.now())


# --- by the office ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "gate", "hatch"),
    [
        ("administrator", 200, 200),
        ("attendance_admin", 200, 404),
        ("kitchen_admin", 404, 200),
        ("leadership", 403, 403),
        ("registration_officer", 403, 403),
        ("discipline_admin", 403, 403),
    ],
)
def test_whoever_may_correct_takes_back(role: str, gate: int, hatch: int, caller: Any) -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    tap(make_reader()[1], "gate")
    tap(make_hatch()[1], "hatch")
    clerk = caller(role)
    for event, status in (("gate", gate), ("hatch", hatch)):
        answer = clerk.post(f"{URL}{number(event)}/annul/", {"reason": "a mistake"})
        assert answer.status_code == status, (event, answer.content)
        if status == 200:
            annulled = answer.json()["annulled"]
            assert annulled["reason"] == "a mistake"
            assert annulled["by"]
            again = clerk.post(f"{URL}{number(event)}/annul/", {"reason": "again"})
            assert (again.status_code, again.json()["code"]) == (409, "already_annulled")


def test_a_class_teacher_takes_back_taps_of_own_people_only(caller: Any) -> None:
    _, gate = make_reader()
    teacher = caller("class_teacher")
    for code, card, status in ((OWN_CLASS, CHIP, 200), ("NTA4-B", "04A32B1D", 404)):
        make_card(make_student(class_code=code), card)
        tap(gate, code, card=card)
        answer = teacher.post(f"{URL}{number(code)}/annul/", {"reason": "a mistake"})
        assert answer.status_code == status


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x", "why": "y"}])
def test_the_office_says_why_and_nothing_else(body: Any, administrator: APIClient) -> None:
    make_card(rfid_number=CHIP)
    tap(make_reader()[1], "1")
    assert administrator.post(f"{URL}{number('1')}/annul/", body).status_code == 400
    assert administrator.post(f"{URL}999999/annul/", {"reason": "x"}).status_code == 404


def test_what_was_not_taken_back_is_found_as_well(administrator: APIClient) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap(gate, "1")
    tap(gate, "2", direction="out")
    annul(gate, "1")
    for asked, found in (("true", "1"), ("false", "2")):
        rows = administrator.get(f"{URL}?annulled={asked}").json()["results"]
        assert [(row["event_id"], bool(row["annulled"])) for row in rows] == [(found, found == "1")]


@pytest.mark.dialect
def test_an_annulment_stays_and_says_why() -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap(gate, "1")
    annul(gate, "1")
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        TapAnnulment.objects.update(reason="other")
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        TapAnnulment.objects.all().delete()


def test_the_outbox_tells_of_it() -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap(gate, "1")
    annul(gate, "1")
    event = Event.objects.get(kind="tap_annulled")
    assert event.payload == {"tap_id": number("1")}


# --- in the office ----------------------------------------------------------------------------


def test_the_page_of_a_tap_offers_it_and_says_so_afterwards(make_user: Any) -> None:
    make_card(rfid_number=CHIP)
    tap(make_reader()[1], "1")
    browser: Client = browser_of(make_user("attendance_admin"))
    page, form = (f"/admin/pos/tap/{number('1')}/{end}" for end in ("change/", "take-back/"))
    assert form in browser.get(page).content.decode()
    assert browser.post(form, {"reason": ""}).status_code == 200
    assert not TapAnnulment.objects.exists()
    answer = browser.post(form, {"reason": "The wrong person"}, follow=True)
    said = answer.content.decode()
    assert "Taken back by" in said
    assert "The wrong person" in said
    assert form not in said
    assert not Attendance.objects.exists()
    assert "taken back already" in browser.get(form).content.decode()
    assert "taken back" in browser.get("/admin/pos/tap/?remark=annulled").content.decode()


@pytest.mark.parametrize(("role", "status"), [("leadership", 404), ("kitchen_admin", 404)])
def test_who_may_not_is_not_offered_it(role: str, status: int, make_user: Any) -> None:
    make_card(rfid_number=CHIP)
    tap(make_reader()[1], "1")
    browser: Client = browser_of(make_user(role))
    form = f"/admin/pos/tap/{number('1')}/take-back/"
    assert browser.get(form).status_code == status
    assert browser.get(f"/admin/pos/tap/{uuid4().int % 10**9}/take-back/").status_code == 404
