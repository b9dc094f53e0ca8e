"""`attendance-check` and `kitchen-service`: taps that somebody enters by hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tests.wire import assert_refused
from attendance.models import Attendance
from cards import services
from cards.models import Card
from cards.tests.factories import make_card, make_guard, make_member, make_student
from kitchen.models import KitchenService
from monitor.tests.addresses import own
from pos.models import Tap
from pos.tests.factories import all_day_period, make_hatch
from students.models import Student

pytestmark = pytest.mark.django_db

Caller = Callable[[str], APIClient]


@pytest.fixture
def check(caller: Caller) -> Callable[..., Any]:
    client = caller("attendance_admin")
    address = own("attendance_admin", "attendance-check")
    return lambda **sent: client.post(address, sent)


@pytest.fixture
def serve(caller: Caller) -> Callable[..., Any]:
    client = caller("kitchen_admin")
    address = own("kitchen_admin", "kitchen-service")
    return lambda **sent: client.post(address, sent)


def test_they_speak_the_callers_language(check: Callable[..., Any], caller: Caller) -> None:
    card = make_card(rfid_number="04A32B1C")
    swahili = caller("attendance_admin")
    swahili.defaults["HTTP_ACCEPT_LANGUAGE"] = "sw"
    sent = {"card_id": card.rfid_number}
    answer = swahili.post(own("attendance_admin", "attendance-check"), sent)
    assert answer.json()["message"] == "Imekubaliwa."
    cook = caller("kitchen_admin")
    cook.defaults["HTTP_ACCEPT_LANGUAGE"] = "sw"
    refused = cook.post(own("kitchen_admin", "kitchen-service"), {"card_id": "04A32B1D"})
    assert refused.json()["detail"] == "Kadi hii haijulikani hapa."
    assert check(**sent).json()["message"] == "Accepted."


# --- attendance -------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["04A32B1C", "04:a3:2b:1c", " 04 a3 2b 1c ", None])
def test_a_card_is_checked_by_number_or_by_uuid(
    check: Callable[..., Any], spelling: str | None
) -> None:
    card = make_card(rfid_number="04A32B1C")
    response = check(card_id=spelling or str(card.pk), direction="in", location="Main gate")
    assert response.status_code == 201
    answer = response.json()
    assert (answer["decision"], answer["code"]) == ("accepted", "ok")
    assert answer["holder"]["full_name"] == card.person.full_name
    assert answer["attendance"]["status"] in {"Present", "Late"}
    tap, day = Tap.objects.get(), Attendance.objects.get()
    assert (tap.direction, tap.location, tap.card_uuid) == ("in", "Main gate", card.pk)
    assert tap.entered_by is not None
    assert tap.entered_by.username == "attendance_admin"
    assert tap.device is None
    assert day.person_id == card.person_id


@pytest.mark.parametrize("make_holder", [make_member, make_guard])
def test_staff_and_guards_are_checked_as_well(
    check: Callable[..., Any], make_holder: Callable[[], Any]
) -> None:
    card = make_card(make_holder())
    assert check(card_id=card.rfid_number).json()["code"] == "ok"
    assert Attendance.objects.get().person_id == card.person_id


def test_at_another_time_today(check: Callable[..., Any]) -> None:
    card = make_card()
    moment = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    for sent in ({"at": moment.isoformat()}, {"at": None, "direction": None, "location": None}):
        assert check(card_id=card.rfid_number, **sent).status_code == 201
    assert Tap.objects.earliest("tap_id").tapped_at == moment
    assert Attendance.objects.earliest("date").attendance_time == moment


def test_a_denial_is_an_answer(check: Callable[..., Any]) -> None:
    card = make_card()
    services.switch_card(card=card, is_active=False)
    for card_id, code in (
        (card.rfid_number, "card_inactive"),
        ("RF999999999", "unknown_card"),
        (str(uuid4()), "bad_number"),
        ("ABC", "bad_number"),
    ):
        response = check(card_id=card_id)
        assert response.status_code == 201
        answer = response.json()
        assert (answer["decision"], answer["code"]) == ("denied", code)
        assert answer["holder"] is answer["attendance"] is None
    assert Tap.objects.count() == 4
    assert not Attendance.objects.exists()


BAD = [
    ("card_id", None),
    ("card_id", ""),
    ("card_id", " "),
    ("card_id", 4294967295),
    ("card_id", "x" * 201),
    ("card_id", "a\x00"),
    ("card_id", ["04A32B1C"]),
]
BAD_TIMES = ["yesterday", "2026-02-30T07:00:00Z", "0001-01-01T00:00:00+14:00", 1795200000]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *BAD,
        *(("at", value) for value in BAD_TIMES),
        ("direction", "sideways"),
        ("direction", ["in"]),
        ("location", "x" * 101),
        ("location", "a\x00"),
        ("location", {"a": 1}),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_a_bad_check_is_a_400_on_its_field(
    check: Callable[..., Any], field: str, value: Any
) -> None:
    response = check(**{"card_id": "04A32B1C", field: value})
    assert_refused(response, 400)
    assert list(response.json()) == [field]
    assert not Tap.objects.exists()


@pytest.mark.parametrize("days", [-31, 1])
def test_a_time_that_nobody_can_mean_is_a_400(
    check: Callable[..., Any], serve: Callable[..., Any], days: int
) -> None:
    card, moment = make_card(), (timezone.now() + timedelta(days=days)).isoformat()
    for response in (
        check(card_id=card.rfid_number, at=moment),
        serve(card_id=card.rfid_number, service_time=moment),
    ):
        assert_refused(response, 400)
        assert response.json()["code"] == "bad_time"
    assert not Tap.objects.exists()


# --- meals ------------------------------------------------------------------------------------


def test_a_meal_is_served_once_a_period(serve: Callable[..., Any], caller: Caller) -> None:
    card, period = make_card(), all_day_period()
    response = serve(card_id=str(card.pk), food_item="Ugali")
    assert response.status_code == 201
    answer, meal = response.json(), KitchenService.objects.get()
    assert (answer["decision"], answer["code"]) == ("accepted", "ok")
    assert answer["meal"] == {
        "service_id": str(meal.pk),
        "period": "Any time",
        "food_item": "Ugali",
    }
    kept = caller("kitchen_admin").get(f"/api/kitchen/services/{meal.pk}/").json()
    assert {name: answer[name] for name in kept} == kept
    assert kept["student"] == str(card.person_id)
    assert kept["period"] == str(period.pk)
    again = serve(card_id=card.rfid_number)
    assert_refused(again, 409)
    assert again.json()["code"] == "already_served"
    assert KitchenService.objects.count() == 1
    assert Tap.objects.filter(code="already_served").count() == 1


def test_a_meal_at_a_reader_counts_by_hand_as_well(serve: Callable[..., Any]) -> None:
    card = make_card()
    all_day_period()
    make_hatch()[1].post("/api/pos/taps/", {"card": card.rfid_number})
    assert serve(card_id=card.rfid_number).json()["code"] == "already_served"


def test_outside_of_every_period_nothing_is_served(serve: Callable[..., Any]) -> None:
    response = serve(card_id=make_card().rfid_number)
    assert_refused(response, 409)
    assert response.json()["code"] == "no_meal_period"
    assert not KitchenService.objects.exists()


def test_at_another_time(serve: Callable[..., Any]) -> None:
    all_day_period()
    card, moment = make_card(), timezone.now() - timedelta(days=2)
    sent = {"food_item": None, "service_time": moment.isoformat()}
    assert serve(card_id=card.rfid_number, **sent).status_code == 201
    assert KitchenService.objects.get().service_time == moment
    assert serve(card_id=card.rfid_number, service_time=None).status_code == 201


@pytest.mark.parametrize("card_id", ["RF999999999", "04A32B1C", "no such card", "ABC", "é", None])
def test_an_unknown_card_is_a_404(serve: Callable[..., Any], card_id: str | None) -> None:
    all_day_period()
    response = serve(card_id=card_id or str(uuid4()))
    assert response.status_code == 404
    assert response.json()["success"] is False
    assert response.json()["code"] in {"unknown_card", "bad_number"}


def _retired(card: Card) -> None:
    services.retire_card(card=card, reason="lost")


def _switched_off(card: Card) -> None:
    services.switch_card(card=card, is_active=False)


def _expired(card: Card) -> None:
    Card.objects.filter(pk=card.pk).update(expiry_date=timezone.now() - timedelta(days=1))


def _suspended(card: Card) -> None:
    Student.objects.update(status="Suspended")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_retired, "card_retired"),
        (_switched_off, "card_inactive"),
        (_expired, "card_expired"),
        (_suspended, "holder_inactive"),
    ],
)
def test_another_denial_is_a_409_with_the_taps_code(
    serve: Callable[..., Any], change: Callable[[Card], None], code: str
) -> None:
    all_day_period()
    card = make_card(make_student())
    change(card)
    response = serve(card_id=card.rfid_number)
    assert_refused(response, 409)
    assert response.json()["code"] == code
    assert Tap.objects.get().code == code
    assert not KitchenService.objects.exists()


def test_meals_are_for_students(serve: Callable[..., Any]) -> None:
    all_day_period()
    response = serve(card_id=make_card(make_member()).rfid_number)
    assert_refused(response, 409)
    assert response.json()["code"] == "not_entitled"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *BAD,
        *(("service_time", value) for value in BAD_TIMES),
        ("food_item", "x" * 101),
        ("food_item", "a\x00"),
        ("food_item", "a\u200db"),
        ("food_item", ["Ugali"]),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_a_bad_meal_is_a_400_on_its_field(
    serve: Callable[..., Any], field: str, value: Any
) -> None:
    response = serve(**{"card_id": "04A32B1C", field: value})
    assert_refused(response, 400)
    assert list(response.json()) == [field]
    assert not Tap.objects.exists()
