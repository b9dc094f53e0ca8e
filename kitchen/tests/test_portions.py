"""Portions, meals that are taken back, extra ones, guests, and who is served by name (contract
sections 7 and 9)."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.races import at_once
from cards.tests.factories import make_guard, make_member, make_student, make_visitor
from kitchen.models import KitchenService, MealPeriod
from kitchen.services import void_meal
from kitchen.tests.factories import (
    NOON,
    SERVICES,
    SUMMARY,
    TAPS,
    WEDNESDAY,
    at,
    make_eater,
    make_period,
    meals,
    number_of,
    tap,
    tap_all,
)
from monitor.tests.addresses import own
from people.models import Person
from pos.ledger import Source, record_taps
from pos.models import Device
from pos.protocol import read_tap
from pos.tests.factories import make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


@pytest.fixture
def lunch(db: None) -> MealPeriod:
    """On at the hour of these tests."""
    return make_period("Lunch", "11:00", "13:00")


@pytest.fixture
def breakfast(db: None) -> MealPeriod:
    return make_period("Breakfast", "06:00", "08:00", portions=2)


def void(cook: APIClient, service_id: str, reason: str = "The wrong person") -> Any:
    return cook.post(f"{SERVICES}{service_id}/void/", {"reason": reason})


def by_name(cook: APIClient, **fields: Any) -> Any:
    return cook.post(SERVICES, {"reason": "The card is at home", **fields})


# --- portions ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("breakfast")
def test_each_has_as_many_portions_as_the_period(hatch: APIClient, cook: APIClient) -> None:
    _, card = make_eater()
    codes = [tap(hatch, card, at(moment))["code"] for moment in ("07:00", "07:10", "07:20")]
    assert codes == ["ok", "ok", "already_served"]
    assert [meal["is_double"] for meal in meals(cook)] == [False, False]
    assert [meal.portion for meal in KitchenService.objects.order_by("service_time")] == [1, 2]


@pytest.mark.usefixtures("breakfast")
def test_portions_count_what_was_served_offline(hatch: APIClient, cook: APIClient) -> None:
    _, card = make_eater()
    items = [("07:00", True), ("07:22", False), ("07:26", False), ("07:25", True)]
    results = tap_all(
        hatch, [{"card": card, "tapped_at": at(t), "offline": offline} for t, offline in items]
    )
    assert [result["code"] for result in results] == [
        "ok",
        "ok",
        "already_served",
        "already_served",
    ]
    assert [result["decision"] for result in results] == [
        "accepted",
        "accepted",
        "denied",
        "accepted",
    ]
    assert [meal["is_double"] for meal in meals(cook)] == [False, False, True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("breakfast")
def test_of_sixteen_taps_at_four_hatches_as_many_are_meals_as_there_are_portions() -> None:
    _, card = make_eater()
    hatches = [make_hatch(name=f"Hatch {n}", debounce_seconds=0)[1] for n in range(4)]
    with time_machine.travel(at("07:00"), tick=False):  # once: threads share the clock
        answers = at_once(*(partial(tap, hatches[n % 4], card, at("07:00")) for n in range(16)))
    assert Counter(answer["code"] for answer in answers) == {"ok": 2, "already_served": 14}
    assert sorted(meal.portion or 0 for meal in KitchenService.objects.all()) == [1, 2]


# --- refused, and why -------------------------------------------------------------------------


@pytest.mark.usefixtures("lunch")
def test_who_was_served_is_told_when_and_where_also_on_a_repeat(hatch: APIClient) -> None:
    _, other = make_hatch(name="Hatch 2", location="North hall")
    _, card = make_eater()
    accepted = tap(other, card, at("11:47"))
    assert (accepted["served_at"], accepted["served_location"]) == (None, None)
    body = {"event_id": "again", "card": card, "tapped_at": at("12:00")}
    answers = [hatch.post(TAPS, body).json() for _ in range(2)]
    for answer in answers:
        assert (answer["decision"], answer["meal"]) == ("denied", None)
        assert answer["served_at"] == "2026-11-18T11:47:00+03:00"
        assert answer["served_location"] == "North hall"
        assert answer["message"] == ("Already served in this meal period, at 11:47 (North hall).")
    first, again = answers
    differing = {key for key in first if first[key] != again[key]}
    assert differing <= {"replayed", "server_time"}


@pytest.mark.usefixtures("lunch")
def test_in_one_batch_it_is_the_meal_beside(hatch: APIClient) -> None:
    _, card = make_eater()
    _, later = tap_all(hatch, [{"card": card, "tapped_at": at(t)} for t in ("11:00", "11:10")])
    assert (later["code"], later["served_at"]) == ("already_served", "2026-11-18T11:00:00+03:00")


@pytest.mark.usefixtures("lunch")
def test_an_uploaded_double_is_told_nothing_more(hatch: APIClient) -> None:
    _, card = make_eater()
    tap(hatch, card, at("11:00"))
    double = tap(hatch, card, at("11:30"), offline=True)
    assert (double["code"], double["served_at"]) == ("already_served", None)
    assert double["meal"] is not None


# --- taken back -------------------------------------------------------------------------------


@pytest.mark.usefixtures("lunch")
def test_a_meal_that_is_taken_back_frees_its_portion_and_stays(
    hatch: APIClient, cook: APIClient
) -> None:
    _, card = make_eater()
    meal = tap(hatch, card, at("11:00"))["meal"]
    voided = void(cook, meal["service_id"]).json()
    assert voided["void_reason"] == "The wrong person"
    assert voided["voided_by"] == "kitchen_admin"
    assert voided["voided_at"] == "2026-11-18T12:00:00+03:00"
    assert tap(hatch, card, at("12:00"))["code"] == "ok"
    assert [bool(m["voided_at"]) for m in meals(cook)] == [True, False]
    assert [m["service_id"] for m in meals(cook, voided="true")] == [meal["service_id"]]
    assert len(meals(cook, voided="false")) == 1
    again = void(cook, meal["service_id"])
    assert (again.status_code, again.json()["code"]) == (409, "already_voided")


@pytest.mark.usefixtures("lunch")
def test_no_figure_counts_what_was_taken_back(hatch: APIClient, cook: APIClient) -> None:
    _, card = make_eater()
    first = tap(hatch, card, at("11:00"), offline=True, food_item="Ugali")["meal"]
    tap(hatch, card, at("11:30"), offline=True, food_item="Ugali")
    assert [m["is_double"] for m in meals(cook)] == [False, True]
    void(cook, first["service_id"])
    assert [m["is_double"] for m in meals(cook)] == [False, False]
    summary = cook.get(SUMMARY).json()
    assert (summary["served"], summary["doubles"], summary["still_to_come"]) == (1, 0, 0)
    asked = {"from": "2026-11-18", "to": "2026-11-18"}
    report = cook.get("/api/reports/kitchen/", asked).json()
    assert (report["totals"]["served"], report["totals"]["doubles"]) == (1, 0)
    board = cook.get(own("kitchen_admin", "dashboard")).json()
    assert board["meals"] == summary
    assert board["meals_by_day"][-1] == {"date": "2026-11-18", "served": 1}


@pytest.mark.parametrize("reason", [None, "", " ", "x" * 301])
def test_who_takes_a_meal_back_says_why(
    cook: APIClient, lunch: MealPeriod, hatch: APIClient, reason: str | None
) -> None:
    meal = tap(hatch, make_eater()[1], at("11:00"))["meal"]
    response = cook.post(f"{SERVICES}{meal['service_id']}/void/", {"reason": reason})
    assert (response.status_code, list(response.json())) == (400, ["reason"])
    assert cook.post(f"{SERVICES}{uuid4()}/void/", {"reason": "x"}).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("lunch")
def test_of_many_who_take_a_meal_back_at_once_one_does(hatch: APIClient, cook: APIClient) -> None:
    meal = tap(hatch, make_eater()[1], at("11:00"))["meal"]
    responses: list[Any] = at_once(*[partial(void, cook, meal["service_id"])] * 6)
    assert sorted(response.status_code for response in responses) == [200] + [409] * 5


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"voided_at": NOON}, "voided_with_a_reason"),
        ({"void_reason": "x"}, "voided_with_a_reason"),
        ({"is_extra": True}, "extra_by_whom_and_why"),
        ({"person": None}, "of_somebody"),
        ({"guest_name": "Bishop"}, "of_somebody"),
        ({"person": None, "guest_name": "Bishop"}, "of_somebody"),
    ],
)
def test_the_database_refuses_such_a_meal(
    lunch: MealPeriod, fields: dict[str, Any], constraint: str
) -> None:
    meal: dict[str, Any] = {"person": make_student(), "period": lunch, "date": WEDNESDAY}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        KitchenService.objects.create(**{**meal, "service_time": NOON, **fields})


# --- by name ----------------------------------------------------------------------------------


def test_a_student_without_a_card_is_served_by_name(
    hatch: APIClient, cook: APIClient, lunch: MealPeriod
) -> None:
    student, card = make_eater()
    response = by_name(cook, student_uuid=str(student.pk), food_item="Ugali", reason="Lost card")
    body = response.json()
    assert response.status_code == 201
    assert (body["student"], body["period"], body["extra"]) == (
        str(student.pk),
        str(lunch.pk),
        False,
    )
    assert (body["served_by"], body["reason"], body["food_item"]) == (
        "kitchen_admin",
        "Lost card",
        "Ugali",
    )
    assert tap(hatch, card, at("12:00"))["code"] == "already_served"
    again = by_name(cook, student_uuid=str(student.pk))
    assert (again.status_code, again.json()["code"]) == (409, "already_served")
    assert "12:00" in again.json()["detail"]


@pytest.mark.parametrize("make", [make_student, make_member, make_guard, make_visitor])
def test_whoever_they_are_has_an_extra_portion(
    cook: APIClient, lunch: MealPeriod, make: Callable[[], Person]
) -> None:
    person = make()
    key = person.declared.uuid_key
    for _ in range(2):
        body = by_name(cook, **{key: str(person.pk)}, extra=True, reason="Sports").json()
        assert (body["extra"], body["is_double"], body["period"]) == (True, False, str(lunch.pk))
        assert body[person.declared.key] == str(person.pk)
    assert cook.get(SUMMARY).json()["served"] == 2


def test_an_extra_portion_takes_no_portion(
    hatch: APIClient, cook: APIClient, lunch: MealPeriod
) -> None:
    student, card = make_eater()
    by_name(cook, student_uuid=str(student.pk), extra=True, reason="Sports")
    assert tap(hatch, card, at("12:00"))["code"] == "ok"
    assert [meal["is_double"] for meal in meals(cook)] == [False, False]


def test_a_guest_is_served(cook: APIClient, lunch: MealPeriod) -> None:
    response = by_name(cook, guest_name="Bishop  Mlawa", reason="Visit of the diocese")
    body = response.json()
    assert response.status_code == 201
    assert (body["guest_name"], body["student_name"]) == ("Bishop Mlawa", "Bishop Mlawa")
    assert (body["student"], body["extra"], body["registration_number"]) == (None, True, "")
    assert [meal["service_id"] for meal in meals(cook)] == [body["service_id"]]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"reason": "x"}, "guest_name"),
        ({"guest_name": "Bishop", "student": True, "reason": "x"}, "guest_name"),
        ({"guest_name": "Bishop"}, "reason"),
        ({"student": True}, "reason"),
        ({"student": True, "extra": True}, "reason"),
        ({"student": True, "extra": True, "reason": " "}, "reason"),
        ({"student_uuid": str(uuid4()), "reason": "x"}, "student_uuid"),
        ({"student": True, "staff_uuid": str(uuid4()), "reason": "x"}, "staff_uuid"),
        ({"student": True, "period": str(uuid4()), "reason": "x"}, "period"),
        ({"student": True, "reason": "x", "why": "x"}, "why"),
    ],
)
def test_a_meal_by_name_that_makes_no_sense_is_refused(
    cook: APIClient, lunch: MealPeriod, fields: dict[str, Any], key: str
) -> None:
    if fields.get("student"):
        fields = {**fields, "student_uuid": str(make_student().pk)}
        del fields["student"]
    response = cook.post(SERVICES, fields)
    assert (response.status_code, list(response.json())) == (400, [key])


def test_by_name_the_same_rules_hold_as_at_the_hatch(cook: APIClient, lunch: MealPeriod) -> None:
    breakfast = make_period("Breakfast", "06:30", "08:00")
    tea = make_period("Tea", "16:00", "17:00")
    suspended = make_student(status="Suspended")
    for fields, code in (
        ({"student_uuid": str(suspended.pk)}, "holder_inactive"),
        (
            {"student_uuid": str(suspended.pk), "extra": True, "reason": "Hungry"},
            "holder_inactive",
        ),
        ({"staff_uuid": str(make_member().pk)}, "not_entitled"),
        ({"staff_uuid": str(make_member().pk), "period": str(lunch.pk)}, "not_entitled"),
        ({"student_uuid": str(make_student().pk), "period": str(tea.pk)}, "no_meal_period"),
    ):
        response = by_name(cook, **fields)
        assert (response.status_code, response.json()["code"]) == (409, code)
    late = by_name(cook, student_uuid=str(make_student().pk), period=str(breakfast.pk)).json()
    assert (late["period_name"], late["date"]) == ("Breakfast", "2026-11-18")


def test_without_a_period_only_extra_is_served(cook: APIClient) -> None:
    student = str(make_student().pk)
    refused = by_name(cook, student_uuid=student)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_meal_period")
    assert by_name(cook, student_uuid=student, extra=True, reason="Sick").json()["period"] is None


def test_an_operator_serves_only_so_many_by_name_a_day(
    caller: Callable[[str], APIClient], lunch: MealPeriod, settings: Settings
) -> None:
    settings.KITCHEN_BY_NAME_PER_DAY = 2
    cook = caller("kitchen_admin")
    assert by_name(cook, guest_name="One", reason="Visit").status_code == 201
    student = {"student_uuid": str(make_student().pk)}
    assert by_name(cook, **student).status_code == 201
    for fields in ({"guest_name": "Three", "reason": "Visit"}, {**student, "extra": True}):
        refused = by_name(cook, **{"reason": "Hungry", **fields})
        assert (refused.status_code, refused.json()["code"]) == (409, "cap_reached")
    other = caller("administrator")
    assert by_name(other, guest_name="Three", reason="Visit").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_the_last_meal_of_an_operator_is_one_also_at_once(
    cook: APIClient, lunch: MealPeriod, settings: Settings
) -> None:
    settings.KITCHEN_BY_NAME_PER_DAY = 2
    guests = [partial(by_name, cook, guest_name=f"{n}", reason="Visit") for n in range(6)]
    responses: list[Any] = at_once(*guests)
    assert sorted(response.status_code for response in responses) == [201] * 2 + [409] * 4


@pytest.mark.parametrize("role", ["registration_officer", "attendance_admin", "leadership"])
def test_nobody_else_serves_or_takes_back(
    caller: Callable[[str], APIClient], hatch: APIClient, lunch: MealPeriod, role: str
) -> None:
    meal = tap(hatch, make_eater()[1], at("11:00"))["meal"]
    client = caller(role)
    assert by_name(client, guest_name="Me", reason="Hungry").status_code == 403
    assert void(client, meal["service_id"]).status_code == 403


def test_the_monitor_serves_by_name_as_well(cook: APIClient, lunch: MealPeriod) -> None:
    student = make_student(diet_note="Nut allergy")
    address = own("kitchen_admin", "kitchen-service")
    response = cook.post(address, {"student_uuid": str(student.pk), "food_item": "Ugali"})
    body = response.json()
    assert response.status_code == 201
    assert (body["student"], body["decision"], body["code"]) == (str(student.pk), "accepted", "ok")
    assert body["meal"]["service_id"] == body["service_id"] == body["event_id"]
    assert body["holder"]["diet_note"] == "Nut allergy"
    again = cook.post(address, {"student_uuid": str(student.pk)})
    assert (again.status_code, again.json()["code"]) == (409, "already_served")
    card = number_of(student)
    for sent in ({}, {"student_uuid": str(student.pk), "card_id": card}):
        refused = cook.post(address, sent)
        assert (refused.status_code, list(refused.json())) == (400, ["card_id"])
    late = {"student_uuid": str(student.pk), "service_time": "2026-09-01T12:00:00Z"}
    refused = cook.post(address, late)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_time")


# --- who is expected --------------------------------------------------------------------------


def test_the_summary_says_who_is_expected_and_who_is_still_to_come(
    hatch: APIClient, cook: APIClient
) -> None:
    make_period("Form 1", "11:00", "13:00", applies_to={"class_levels": ["Form 1"]})
    make_period("Staff", "11:00", "13:00", who="staff")
    make_period("Weekend", "18:00", "20:00", days=[6, 7])
    _, card = make_eater(class_level="form 1")
    make_student(class_level="Form 1")
    make_student(class_level="Form 1", status="Suspended")
    make_student(class_level="Form 1", enrolled_on="2026-11-19")
    make_student(class_level="Form 2")
    make_member()
    make_guard()
    make_visitor()
    tap(hatch, card, at("12:00"))
    summary = cook.get(SUMMARY).json()
    assert (summary["expected"], summary["still_to_come"]) == (4, 3)
    assert [
        (period["name"], period["served"], period["expected"], period["still_to_come"])
        for period in summary["periods"]
    ] == [("Form 1", 1, 2, 1), ("Staff", 0, 2, 2)]


def test_expected_are_counted_in_as_many_queries_for_any_number_of_periods(
    cook: APIClient,
) -> None:
    counts = []
    for hour in (6, 8, 10):
        make_period(f"{hour}", f"{hour:02}:00", f"{hour + 1:02}:00")
        make_student()
        with CaptureQueriesContext(connection) as queries:
            cook.get(SUMMARY)
        counts.append(len(queries))
    assert len(set(counts)) == 1


# --- what the kitchen must know ---------------------------------------------------------------


@pytest.mark.usefixtures("lunch")
def test_a_diet_note_shows_at_the_hatch_and_nowhere_else(
    hatch: APIClient, officer: APIClient
) -> None:
    student, card = make_eater()
    url = f"/api/students/{student.pk}/"
    assert officer.patch(url, {"diet_note": " Nut  allergy "}).json()["diet_note"] == "Nut allergy"
    assert officer.patch(url, {"diet_note": "x" * 201}).status_code == 400
    body = {"event_id": "1", "card": card, "tapped_at": at("12:00")}
    for _ in range(2):
        assert hatch.post(TAPS, body).json()["holder"]["diet_note"] == "Nut allergy"
    assert tap(make_reader()[1], card, at("12:00"))["holder"]["diet_note"] == ""
    assert tap(hatch, card, at("12:01"))["holder"] is None


# --- any order --------------------------------------------------------------------------------

MOMENTS = ("10:59", "11:00", "11:20", "12:00", "18:00", "18:01", "19:59")
Spec = tuple[int, str, bool]
Step = tuple[str, int]


@st.composite
def courses(draw: st.DrawFn) -> tuple[list[Spec], list[Step], list[list[Step]]]:
    """Meals, live ones in the order in which they were; and two ways for all the rest to arrive.

    A way is a list of steps: a meal that is uploaded, some more than once, or a meal taken back,
    which has to be there by then.
    """
    specs = draw(
        st.lists(
            st.tuples(st.integers(0, 1), st.sampled_from(MOMENTS), st.booleans()),
            min_size=1,
            max_size=8,
        )
    )
    live = [("tap", n) for n, (_, _, offline) in enumerate(specs) if not offline]
    live.sort(key=lambda step: specs[step[1]][1])
    uploads = [("tap", n) for n, (_, _, offline) in enumerate(specs) if offline]
    voided = draw(st.sets(st.integers(0, len(specs) - 1), max_size=3))
    ways: list[list[Step]] = []
    for _ in range(2):
        repeats = draw(st.lists(st.integers(0, len(specs) - 1), max_size=3))
        way = draw(st.permutations([*uploads, *(("tap", n) for n in repeats)]))
        for number in sorted(voided):
            first = way.index(("tap", number)) + 1 if ("tap", number) in way else 0
            way.insert(draw(st.integers(first, len(way))), ("void", number))
        ways.append(way)
    return specs, live, ways


class _Undo(Exception):
    pass


def _play(
    sources: Sequence[Source], cards: Sequence[str], specs: Sequence[Spec], steps: Sequence[Step]
) -> list[Any]:
    """The meals that stand after these steps, and which are doubles; then nothing is left."""
    found: list[Any] = []
    served: dict[int, Any] = {}
    by = User.objects.get(username="cook")
    now = timezone.now() + timedelta(hours=11)
    try:
        with transaction.atomic():
            for what, number in steps:
                card, moment, offline = specs[number]
                if what == "void":
                    if meal := served.get(number):
                        void_meal(
                            meal=KitchenService.objects.get(pk=meal.service_id), reason="x", by=by
                        )
                    continue
                item = {
                    "event_id": str(number),
                    "card": cards[card],
                    "tapped_at": at(moment),
                    "offline": offline,
                }
                taps = [read_tap(item, received_at=now)]
                source = sources[number % len(sources)]
                (recorded,) = record_taps(source=source, taps=taps, received_at=now)
                served[number] = recorded.answered().meal
            rows = KitchenService.objects.with_doubles()
            found = sorted(
                (m.person.identifier, m.service_time, bool(m.voided_at), m.is_double)
                for m in rows.select_related("person")
                if m.person
            )
            raise _Undo
    except _Undo:
        return found


@pytest.fixture
def kitchen(make_user: Callable[..., User]) -> tuple[list[Source], list[str]]:
    make_user("kitchen_admin", "cook")
    make_period("Lunch", "11:00", "13:00")
    make_period("Supper", "18:00", "20:00", portions=2)
    devices: list[Device] = [make_hatch(name=f"Hatch {number}")[0] for number in range(2)]
    sources = [Source(activity=device.activity_type, device=device.pk) for device in devices]
    return sources, [make_eater()[1] for _ in range(2)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(course=courses())
def test_in_any_order_the_same_meals_stand_and_the_same_are_doubles(
    course: tuple[list[Spec], list[Step], list[list[Step]]],
    kitchen: tuple[list[Source], list[str]],
) -> None:
    specs, live, (one_way, other_way) = course
    sources, cards = kitchen
    found = _play(sources, cards, specs, [*live, *one_way])
    assert found == _play(sources, cards, specs, [*live, *other_way])
    assert found_doubles(found) == expected_doubles(found)


def found_doubles(found: Sequence[Any]) -> list[Any]:
    return [meal[:2] for meal in found if meal[3]]


def expected_doubles(found: Sequence[Any]) -> list[Any]:
    """The contract, from all meals at once: what stands beyond one at lunch, two at supper."""
    had: Counter[Any] = Counter()
    doubles = []
    for who, moment, is_voided, _ in sorted(found, key=lambda meal: meal[:2]):
        hour = timezone.localtime(moment).hour
        portions = {11: 1, 12: 1, 18: 2, 19: 2}.get(hour)
        if is_voided or portions is None:
            continue
        key = who, hour < 13
        if had[key] >= portions:
            doubles.append((who, moment))
        had[key] += 1
    return doubles
