"""A change of a period holds from a day on: meals are judged by the rule of their own moment
(contract section 9)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.races import at_once
from cards.tests.factories import make_guard, make_member
from kitchen import services
from kitchen.models import MealPeriod, PeriodVersion
from kitchen.tests.factories import (
    PERIODS,
    SERVICES,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    make_eater,
    make_period,
    meals,
    number_of,
    tap,
)

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

Clock = time_machine.Traveller


def one(period: MealPeriod) -> str:
    return f"{PERIODS}{period.pk}/"


def change(cook: APIClient, period: MealPeriod, **fields: Any) -> Any:
    response = cook.patch(one(period), fields)
    assert response.status_code == 200, response.content
    return response.json()


def clock_at(clock: Clock, hour: int, minute: int = 0, day: Any = WEDNESDAY) -> None:
    """The time on the campus, three hours ahead of UTC."""
    clock.move_to(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - HOURS)


HOURS = timedelta(hours=3)


@pytest.fixture
def cook(make_user: Callable[[str], User]) -> APIClient:
    """One whose token does not end while the clock is moved."""
    client = APIClient()
    client.force_authenticate(make_user("kitchen_admin"))
    return client


# --- from when on -----------------------------------------------------------------------------


def test_what_was_served_before_a_change_of_today_is_judged_by_what_held_then(
    hatch: APIClient, cook: APIClient, clock: Clock
) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    (_, a), (_, b) = make_eater(), make_eater()
    clock_at(clock, 12, 15)
    assert tap(hatch, a, at("12:10"), offline=True)["code"] == "ok"
    clock_at(clock, 12, 30)
    change(cook, lunch, starts_at="13:00", ends_at="15:00")
    clock_at(clock, 14, 30)
    answer = tap(hatch, b, at("12:10"), offline=True)
    assert (answer["code"], answer["would_deny"]) == ("ok", False)
    assert answer["meal"]["period"] == "Lunch"
    assert tap(hatch, b, at("12:20"), offline=True)["code"] == "already_served"
    assert tap(hatch, b, at("12:40"), offline=True)["code"] == "no_meal_period"
    assert {meal["period"] for meal in meals(cook) if meal["period"]} == {str(lunch.pk)}
    assert [meal["is_double"] for meal in meals(cook, period=str(lunch.pk))] == [False] * 2 + [True]


def test_live_it_is_what_holds_now(hatch: APIClient, cook: APIClient, clock: Clock) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    clock_at(clock, 12, 30)
    change(cook, lunch, starts_at="13:00")
    assert tap(hatch, make_eater()[1], at("12:29"))["code"] == "no_meal_period"
    clock_at(clock, 13)
    assert tap(hatch, make_eater()[1], at("13:00"))["code"] == "ok"


def test_a_change_is_planned_for_a_day(hatch: APIClient, cook: APIClient, clock: Clock) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    body = change(cook, lunch, starts_at="13:00", valid_from=str(THURSDAY))
    assert (body["starts_at"], body["valid_from"]) == ("13:00:00", str(THURSDAY))
    assert body["until_then"]["starts_at"] == "12:00:00"
    assert cook.get(one(lunch)).json() == body
    clock_at(clock, 12, 30)
    assert tap(hatch, make_eater()[1], at("12:30"))["code"] == "ok"
    clock_at(clock, 12, 30, THURSDAY)
    assert tap(hatch, make_eater()[1], at("12:30", THURSDAY))["code"] == "no_meal_period"
    assert tap(hatch, make_eater()[1], at("12:30"), offline=True)["code"] == "ok"
    assert cook.get(one(lunch)).json()["until_then"] is None


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2100-01-01", "9999-12-31"])
def test_no_period_holds_from_a_day_beyond_the_calendar(cook: APIClient, day: str) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    fields = {"name": "Tea", "starts_at": "16:00", "ends_at": "17:00", "valid_from": day}
    for answer in (cook.post(PERIODS, fields), cook.patch(one(lunch), {"valid_from": day})):
        assert (answer.status_code, list(answer.json())) == (400, ["valid_from"])


def test_what_is_changed_meanwhile_changes_the_plan_but_not_what_it_plans(
    cook: APIClient,
) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    change(cook, lunch, starts_at="13:00", valid_from=str(THURSDAY))
    body = change(cook, lunch, name="Dinner", starts_at="12:30")
    assert (body["name"], body["starts_at"], body["valid_from"]) == (
        "Dinner",
        "13:00:00",
        str(THURSDAY),
    )
    assert (body["until_then"]["name"], body["until_then"]["starts_at"]) == ("Dinner", "12:30:00")
    again = change(cook, lunch, starts_at="13:30", valid_from=str(THURSDAY))
    assert (again["starts_at"], again["until_then"]["starts_at"]) == ("13:30:00", "12:30:00")
    assert PeriodVersion.objects.count() == 3


def test_nothing_is_changed_for_days_that_are_over(cook: APIClient) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    refused = cook.patch(one(lunch), {"name": "Dinner", "valid_from": str(TUESDAY)})
    assert (refused.status_code, list(refused.json())) == (400, ["valid_from"])
    assert PeriodVersion.objects.get().name == "Lunch"


def test_a_period_can_be_sent_back_as_it_was_read(cook: APIClient, clock: Clock) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    clock.shift(timedelta(days=3))
    body = cook.get(one(lunch)).json()
    assert body["valid_from"] == str(WEDNESDAY)
    assert cook.put(one(lunch), {**body, "name": "Dinner"}).json()["name"] == "Dinner"


def test_a_new_period_may_begin_on_another_day(hatch: APIClient, cook: APIClient) -> None:
    for starts_at, valid_from, codes in (
        ("06:00", None, ["ok", "ok"]),
        ("08:00", str(WEDNESDAY), ["ok", "ok"]),
        ("09:00", str(TUESDAY), ["no_meal_period", "ok"]),
        ("10:00", str(THURSDAY), ["no_meal_period", "no_meal_period"]),
    ):
        ends_at = f"{starts_at[:3]}30"
        body = {"name": starts_at, "starts_at": starts_at, "ends_at": ends_at}
        if valid_from:
            body["valid_from"] = valid_from
        assert cook.post(PERIODS, body).status_code == 201
        times = (at(starts_at, TUESDAY - timedelta(days=1)), at(starts_at, TUESDAY))
        card = make_eater()[1]
        assert [tap(hatch, card, moment, offline=True)["code"] for moment in times] == codes


def test_a_period_may_take_the_place_that_another_has_left(
    hatch: APIClient, cook: APIClient, clock: Clock
) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    clock_at(clock, 11)
    change(cook, lunch, starts_at="13:00")
    early = cook.post(PERIODS, {"name": "Early", "starts_at": "12:00", "ends_at": "13:00"})
    assert early.status_code == 201
    clock_at(clock, 12, 30)
    assert tap(hatch, make_eater()[1], at("12:30"))["meal"]["period"] == "Early"
    before = tap(hatch, make_eater()[1], at("12:30", TUESDAY), offline=True)
    assert before["meal"]["period"] == "Lunch"


def test_a_plan_overlaps_only_what_holds_then(cook: APIClient) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    tea = make_period("Tea", "16:00", "17:00")
    refused = cook.patch(one(tea), {"starts_at": "13:00", "valid_from": str(THURSDAY)})
    assert refused.status_code == 400
    change(cook, lunch, ends_at="13:00", valid_from=str(THURSDAY))
    assert cook.patch(one(tea), {"starts_at": "13:00"}).status_code == 400
    change(cook, tea, starts_at="13:00", valid_from=str(THURSDAY))
    assert change(cook, tea, name="Chai")["until_then"]["starts_at"] == "16:00:00"


def test_the_database_keeps_one_rule_of_a_period_at_a_time() -> None:
    version = make_period("Lunch", "12:00", "14:00").versions.get()
    version.pk = None
    version.is_active = False
    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        version.save()


# --- over midnight ----------------------------------------------------------------------------


def test_a_night_meal_is_of_the_day_on_which_it_began(
    hatch: APIClient, cook: APIClient, clock: Clock
) -> None:
    make_period("Night", "22:00", "02:00", days=[TUESDAY.isoweekday()])
    clock_at(clock, 3)
    _, card = make_eater()
    for time_of_day, day, code in (
        ("22:00", TUESDAY, "ok"),
        ("01:59", WEDNESDAY, "already_served"),
        ("02:00", WEDNESDAY, "no_meal_period"),
        ("01:00", TUESDAY, "no_meal_period"),
    ):
        assert tap(hatch, card, at(time_of_day, day), offline=True)["code"] == code
    night = [meal for meal in meals(cook) if meal["period_name"] == "Night"]
    assert [meal["date"] for meal in night] == [str(TUESDAY)] * 2
    answer = tap(hatch, make_eater()[1], at("00:30", WEDNESDAY))
    assert answer["code"] == "ok"
    assert cook.get(f"{SERVICES}{answer['meal']['service_id']}/").json()["date"] == str(TUESDAY)


def test_a_night_that_began_before_a_plan_ends_as_it_began(
    hatch: APIClient, cook: APIClient, clock: Clock
) -> None:
    night = make_period("Night", "22:00", "02:00")
    change(cook, night, starts_at="20:00", ends_at="21:00", valid_from=str(THURSDAY))
    clock_at(clock, 1, 0, THURSDAY)
    assert tap(hatch, make_eater()[1], at("01:00", THURSDAY))["code"] == "ok"
    assert cook.get(one(night)).json()["until_then"]["ends_at"] == "02:00:00"
    clock_at(clock, 23, 0, THURSDAY)
    assert tap(hatch, make_eater()[1], at("23:00", THURSDAY))["code"] == "no_meal_period"


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "days", "is_apart"),
    [
        ("01:00", "03:00", [1], False),  # the night from Sunday to Monday
        ("02:00", "03:00", [1], True),
        ("01:00", "03:00", [2], True),
        ("21:00", "22:00", [7], True),
        ("23:00", "01:00", [6], True),
        ("23:00", "22:01", [6], False),
        ("23:00", "23:00", [7], False),
    ],
)
def test_nights_overlap_across_the_week(
    cook: APIClient, starts_at: str, ends_at: str, days: list[int], is_apart: bool
) -> None:
    make_period("Night", "22:00", "02:00", days=[7])
    body: dict[str, Any] = {"name": "Other", "starts_at": starts_at, "ends_at": ends_at}
    body["days"] = days
    narrowings: tuple[dict[str, Any], ...] = ({}, FORM_1)
    for narrowed in narrowings:
        response = cook.post(PERIODS, {**body, **narrowed, "is_active": False})
        url = f"{PERIODS}{response.json()['period_id']}/"
        switched = cook.patch(url, {"is_active": True})
        assert switched.status_code == (200 if is_apart else 400), narrowed
        cook.patch(url, {"is_active": False})


# --- for whom ---------------------------------------------------------------------------------


def test_each_eats_in_the_period_that_is_for_them(hatch: APIClient, cook: APIClient) -> None:
    periods: dict[str, dict[str, Any]] = {
        "Form 1": {"applies_to": {"class_levels": [" form 1 "]}},
        "Form 2": {"applies_to": {"class_levels": ["FORM 2"], "class_codes": ["X9"]}},
        "Staff": {"who": "staff"},
    }
    for name, fields in periods.items():
        body = {"name": name, "starts_at": "12:00", "ends_at": "14:00", **fields}
        assert cook.post(PERIODS, body).status_code == 201
    for card, period in (
        (make_eater(class_level="Form 1")[1], "Form 1"),
        (make_eater(class_level="form 2")[1], "Form 2"),
        (make_eater(class_level="Form 5", class_code="x9")[1], "Form 2"),
        (number_of(make_member()), "Staff"),
        (number_of(make_guard()), "Staff"),
    ):
        assert tap(hatch, card, at("12:00"))["meal"]["period"] == period
    denied = tap(hatch, make_eater(class_level="Form 3")[1], at("12:00"))
    assert (denied["decision"], denied["code"]) == ("denied", "not_entitled")
    for card in (make_eater(class_level="Form 3")[1], number_of(make_member())):
        assert tap(hatch, card, at("11:59"))["code"] == "no_meal_period"


def test_who_is_named_is_served_whoever_they_are(hatch: APIClient, cook: APIClient) -> None:
    member = make_member()
    body = {"name": "Diet", "starts_at": "12:00", "ends_at": "14:00"}
    made = cook.post(PERIODS, {**body, "applies_to": {"people": [str(member.pk)]}})
    assert made.json()["applies_to"]["people"] == [str(member.pk)]
    assert tap(hatch, number_of(member), at("12:00"))["code"] == "ok"
    assert tap(hatch, make_eater()[1], at("12:00"))["code"] == "not_entitled"


def test_an_uploaded_meal_is_of_the_class_that_somebody_was_in(
    hatch: APIClient, cook: APIClient
) -> None:
    make_period("Form 1", "12:00", "14:00", applies_to={"class_levels": ["Form 1"]})
    student, card = make_eater(class_level="Form 1")
    student.class_level = "Form 2"
    student.save(update_fields=["class_level"])
    assert tap(hatch, card, at("12:00"))["code"] == "not_entitled"
    moment = datetime.now(UTC) - timedelta(days=1)
    assert student.class_level == "Form 2"
    uploaded = tap(hatch, card, at("12:00", moment.date()), offline=True)
    assert uploaded["code"] == "ok"


FORM_1 = {"applies_to": {"class_levels": ["Form 1"]}}


@pytest.mark.parametrize(
    ("first", "second", "is_apart"),
    [
        ({"who": "students"}, {"who": "staff"}, True),
        ({"who": "students"}, {"who": "all"}, False),
        ({"who": "staff"}, {"applies_to": {"kinds": ["security"]}}, False),
        (FORM_1, {"applies_to": {"class_levels": ["form 1", "Form 2"]}}, False),
        (FORM_1, {"applies_to": {"class_levels": ["Form 2"]}}, True),
        (FORM_1, {}, False),
        (FORM_1, {"who": "staff"}, True),
        (FORM_1, {"applies_to": {"departments": ["Science"]}}, False),
        (FORM_1, {"applies_to": {"class_codes": ["1A"]}}, False),
        (FORM_1, {"applies_to": {"class_codes": ["2A"]}}, True),
        ({"who": "all", **FORM_1}, {"who": "staff", "applies_to": {"departments": ["X"]}}, True),
        (
            {"applies_to": {"departments": ["Science"]}},
            {"applies_to": {"departments": ["Arts"]}},
            True,
        ),
    ],
)
def test_periods_overlap_only_for_the_same_people(
    cook: APIClient, first: dict[str, Any], second: dict[str, Any], is_apart: bool
) -> None:
    make_eater(class_level="Form 1", class_code="1A")
    body = {"name": "Lunch", "starts_at": "12:00", "ends_at": "14:00"}
    for one_of_them, other in ((first, second), (second, first)):
        made = cook.post(PERIODS, {**body, **one_of_them})
        assert made.status_code == 201
        answer = cook.post(PERIODS, {**body, "starts_at": "13:00", "ends_at": "15:00", **other})
        assert answer.status_code == (201 if is_apart else 400), answer.content
        MealPeriod.objects.all().delete()


def test_somebody_who_is_named_is_in_their_class_as_well(cook: APIClient) -> None:
    body = {"name": "Lunch", "starts_at": "12:00", "ends_at": "14:00"}
    assert cook.post(PERIODS, {**body, **FORM_1}).status_code == 201
    for level, status in (("Form 1", 400), ("Form 2", 201)):
        person = make_eater(class_level=level)[0]
        diet = {**body, "applies_to": {"people": [str(person.pk)]}}
        assert cook.post(PERIODS, diet).status_code == status


@pytest.mark.parametrize(
    "applies_to",
    [
        {"class_level": ["Form 1"]},
        {"kinds": ["parents"]},
        {"people": ["b5b6b0b4-90a1-4d29-9fbe-3a90a34dcb1c"]},
        {"people": ["Asha"]},
        {"class_levels": "Form 1"},
        {"kinds": ["staff"], "class_levels": ["Form 1"]},
        [],
        None,
    ],
)
def test_people_that_cannot_be_are_refused(cook: APIClient, applies_to: Any) -> None:
    body = {"name": "Lunch", "starts_at": "12:00", "ends_at": "14:00", "applies_to": applies_to}
    response = cook.post(PERIODS, body)
    assert (response.status_code, list(response.json())) == (400, ["applies_to"])


def test_students_are_those_who_are_meant_unless_kinds_are_named(cook: APIClient) -> None:
    body = {"name": "Lunch", "starts_at": "12:00", "ends_at": "14:00"}
    guards = {"applies_to": {"kinds": ["security"]}}
    assert cook.post(PERIODS, body).json()["who"] == "students"
    assert cook.post(PERIODS, {**body, **guards}).json()["who"] == "all"
    refused = cook.post(PERIODS, {**body, "who": "students", **guards})
    assert (refused.status_code, list(refused.json())) == (400, ["applies_to"])


def make_narrowed_at_once(cook: APIClient) -> list[int]:
    body = {"name": "Lunch", "starts_at": "12:00", "ends_at": "14:00"}
    narrowed = [{**body, **FORM_1}, {**body, "applies_to": {"departments": ["Science"]}}]
    responses: list[Any] = at_once(*(partial(cook.post, PERIODS, each) for each in narrowed))
    return sorted(response.status_code for response in responses)


@pytest.mark.django_db(transaction=True)
def test_of_narrowed_periods_that_share_people_and_are_made_at_once_one_is_made(
    cook: APIClient,
) -> None:
    for _ in range(5):
        assert make_narrowed_at_once(cook) == [201, 400]
        MealPeriod.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_without_turns_each_looks_before_the_other_is_there(
    cook: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the lock keeps apart."""
    both_looked: Callable[..., Any] = at_barrier(services._refuse_shared_people)
    monkeypatch.setattr(services, "take_turns", lambda key: None)
    monkeypatch.setattr(services, "_refuse_shared_people", both_looked)
    assert make_narrowed_at_once(cook) == [201, 201]


def at_barrier(look: Callable[..., Any]) -> Callable[..., Any]:
    """Looks once both have come to it, and goes on once both have looked."""
    come, looked = Barrier(2), Barrier(2)

    def wait(*args: Any, **options: Any) -> None:
        come.wait(10)
        look(*args, **options)
        looked.wait(10)

    return wait


def test_who_changes_class_stops_no_change_of_a_name(cook: APIClient) -> None:
    """Two periods share somebody since then; whoever changes times or people hears of it."""
    person = make_eater(class_level="Form 2")[0]
    form_1 = make_period("Form 1", "12:00", "14:00", **FORM_1)
    make_period("Diet", "12:00", "14:00", applies_to={"people": [str(person.pk)]})
    person.class_level = "Form 1"
    person.save(update_fields=["class_level"])
    assert change(cook, form_1, name="First form")["name"] == "First form"
    assert cook.patch(one(form_1), {"ends_at": "13:30"}).status_code == 400


def test_of_two_periods_the_more_particular_one_serves(hatch: APIClient, cook: APIClient) -> None:
    person, card = make_eater(class_level="Form 2")
    make_period("A", "12:00", "14:00", **FORM_1)
    make_period("B", "12:00", "14:00", applies_to={"people": [str(person.pk)]})
    person.class_level = "Form 1"
    person.save(update_fields=["class_level"])
    assert tap(hatch, card, at("12:00"))["meal"]["period"] == "B"
