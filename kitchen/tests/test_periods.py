"""When meals are served; no two active periods overlap (contract section 9)."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from accounts.tests.races import at_once
from core.history import history_of
from kitchen.models import MealPeriod
from kitchen.tests.factories import PERIODS, at, make_eater, make_period, tap

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

LUNCH = {"name": "Lunch", "starts_at": "12:00", "ends_at": "14:00"}
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
EVERYBODY: dict[str, Any] = {
    "kinds": [],
    "class_levels": [],
    "class_codes": [],
    "departments": [],
    "people": [],
}


def one(period: MealPeriod) -> str:
    return f"{PERIODS}{period.pk}/"


# --- make, read, change, delete ---------------------------------------------------------------


def test_a_period_is_made_read_changed_and_deleted(cook: APIClient) -> None:
    made = cook.post(PERIODS, {**LUNCH, "name": " Lunch  time "})
    body = made.json()
    assert made.status_code == 201
    assert body == {
        "period_id": body["period_id"],
        "name": "Lunch time",
        "starts_at": "12:00:00",
        "ends_at": "14:00:00",
        "days": EVERY_DAY,
        "is_active": True,
        "who": "students",
        "portions": 1,
        "applies_to": EVERYBODY,
        "valid_from": "2026-11-18",
        "until_then": None,
    }
    url = f"{PERIODS}{body['period_id']}/"
    assert cook.get(url).json() == body
    changed = cook.patch(url, {"ends_at": "13:30", "days": ["monday", 3]}).json()
    assert changed == {**body, "ends_at": "13:30:00", "days": [1, 3]}
    assert cook.put(url, LUNCH).json()["name"] == "Lunch"
    assert cook.delete(url).status_code == 204
    assert cook.get(url).status_code == 404
    assert cook.get(f"{PERIODS}{uuid4()}/").status_code == 404


def test_periods_are_listed_as_the_day_goes(cook: APIClient) -> None:
    make_period("Supper", "18:00", "20:00", is_active=False)
    make_period("Breakfast", "06:30", "08:00")
    make_period("Lunch", "12:00", "14:00")

    def names(**filters: Any) -> list[str]:
        return [row["name"] for row in cook.get(PERIODS, filters).json()["results"]]

    assert names() == ["Breakfast", "Lunch", "Supper"]
    assert names(is_active="true") == ["Breakfast", "Lunch"]
    assert names(is_active="false") == ["Supper"]
    assert names(ordering="-starts_at") == ["Supper", "Lunch", "Breakfast"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": None}, "name"),
        ({"starts_at": "noon"}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({"ends_at": "24:00"}, "ends_at"),
        ({"days": []}, "non_field_errors"),
        ({"days": [0]}, "days"),
        ({"days": [8]}, "days"),
        ({"days": ["someday"]}, "days"),
        ({"days": "monday"}, "days"),
        ({"days": None}, "days"),
        ({"is_active": "perhaps"}, "is_active"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(
    cook: APIClient, changes: dict[str, Any], field: str
) -> None:
    response = cook.post(PERIODS, {**LUNCH, **changes})
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not MealPeriod.objects.exists()
    period = make_period("Lunch", "12:00", "14:00")
    before = cook.get(one(period)).json()
    response = cook.patch(one(period), changes)
    assert (response.status_code, list(response.json())) == (400, [field])
    assert cook.get(one(period)).json() == before


@pytest.mark.parametrize("role", ["administrator", "kitchen_admin"])
def test_who_manages_meals_manages_periods(caller: Callable[[str], APIClient], role: str) -> None:
    client = caller(role)
    url = f"{PERIODS}{client.post(PERIODS, LUNCH).json()['period_id']}/"
    assert client.get(PERIODS).status_code == 200
    assert client.patch(url, {"name": "Dinner"}).status_code == 200
    assert client.delete(url).status_code == 204


@pytest.mark.parametrize("role", ["registration_officer", "attendance_admin", "discipline_admin"])
def test_nobody_else_sees_or_writes_them(caller: Callable[[str], APIClient], role: str) -> None:
    client, period = caller(role), make_period("Lunch", "12:00", "14:00")
    assert client.get(PERIODS).status_code == 403
    assert client.post(PERIODS, LUNCH).status_code == 403
    for method in ("get", "put", "patch", "delete"):
        assert getattr(client, method)(one(period)).status_code == 403
    assert MealPeriod.objects.count() == 1


def test_a_period_that_was_changed_meanwhile_is_not_overwritten(cook: APIClient) -> None:
    period = make_period("Lunch", "12:00", "14:00")
    read = cook.get(one(period))
    assert cook.get(one(period), HTTP_IF_NONE_MATCH=read["ETag"]).status_code == 304
    cook.patch(one(period), {"name": "Dinner"})
    for refused in (
        cook.patch(one(period), {"name": "Mine"}, HTTP_IF_MATCH=read["ETag"]),
        cook.delete(one(period), HTTP_IF_MATCH=read["ETag"]),
    ):
        assert refused.status_code == 412
    assert cook.get(one(period)).json()["name"] == "Dinner"


def test_every_change_of_a_period_is_kept(cook: APIClient) -> None:
    period = make_period("Lunch", "12:00", "14:00")
    cook.patch(one(period), {"name": "Dinner"})
    change = history_of(period)[0]
    assert change.by == "kitchen_admin"
    assert change.changes == {"name": {"before": "Lunch", "after": "Dinner"}}


# --- no overlap -------------------------------------------------------------------------------


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        ("12:00", "14:00"),
        ("12:30", "13:00"),
        ("11:00", "15:00"),
        ("11:00", "12:00:01"),
        ("13:59:59", "15:00"),
        ("00:00", "23:59:59"),
    ],
)
def test_two_periods_never_overlap(cook: APIClient, starts_at: str, ends_at: str) -> None:
    make_period("Lunch", "12:00", "14:00")
    other = {"name": "Other", "starts_at": starts_at, "ends_at": ends_at}
    response = cook.post(PERIODS, other)
    assert response.status_code == 400
    assert response.json() == {
        "non_field_errors": ["Another active period is served at some of these times."]
    }
    assert MealPeriod.objects.count() == 1


@pytest.mark.parametrize(("starts_at", "ends_at"), [("10:00", "12:00"), ("14:00", "23:59:59")])
def test_one_may_end_as_the_other_starts(cook: APIClient, starts_at: str, ends_at: str) -> None:
    make_period("Lunch", "12:00", "14:00")
    other = {"name": "Other", "starts_at": starts_at, "ends_at": ends_at}
    assert cook.post(PERIODS, other).status_code == 201


def test_periods_that_share_one_weekday_of_many_overlap(cook: APIClient) -> None:
    make_period("Lunch", "12:00", "14:00", days=[1, 2, 3])
    assert cook.post(PERIODS, {**LUNCH, "days": [3, 4, 5]}).status_code == 400
    assert cook.post(PERIODS, {**LUNCH, "days": [4, 5]}).status_code == 201
    assert cook.post(PERIODS, {**LUNCH, "days": [6, 7]}).status_code == 201
    assert cook.post(PERIODS, {**LUNCH, "days": [7]}).status_code == 400


def test_the_end_of_sunday_touches_the_start_of_monday(cook: APIClient) -> None:
    make_period("Night", "20:00", "23:59:59.999999", days=[7])
    early = {"name": "Early", "starts_at": "00:00", "ends_at": "06:00", "days": [1]}
    assert cook.post(PERIODS, early).status_code == 201


def test_a_change_into_another_period_is_refused(cook: APIClient) -> None:
    make_period("Lunch", "12:00", "14:00", days=[1, 2])
    tea = make_period("Tea", "14:00", "15:00")
    weekend = make_period("Weekend", "12:00", "14:00", days=[6, 7])
    for period, change in (
        (tea, {"starts_at": "13:59"}),
        (tea, {"starts_at": "11:00"}),
        (weekend, {"days": [2, 6]}),
    ):
        response = cook.patch(one(period), change)
        assert (response.status_code, list(response.json())) == (400, ["non_field_errors"])
    assert cook.patch(one(tea), {"ends_at": "16:00"}).status_code == 200


def test_periods_that_are_switched_off_may_overlap_until_they_are_switched_on(
    cook: APIClient,
) -> None:
    lunch = make_period("Lunch", "12:00", "14:00")
    fasting = cook.post(PERIODS, {**LUNCH, "name": "Ramadan", "is_active": False})
    assert fasting.status_code == 201
    url = f"{PERIODS}{fasting.json()['period_id']}/"
    refused = cook.patch(url, {"is_active": True})
    assert (refused.status_code, list(refused.json())) == (400, ["non_field_errors"])
    assert cook.get(url).json()["is_active"] is False
    assert cook.patch(one(lunch), {"is_active": False}).status_code == 200
    assert cook.patch(url, {"is_active": True}).status_code == 200


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"starts_at": "13:00", "ends_at": "13:30"}, "no_overlap"),
        ({"starts_at": "22:00", "ends_at": "12:01"}, "no_overlap"),
        ({"starts_at": "15:00", "ends_at": "16:00", "portions": 0}, "has_portions"),
        ({"starts_at": "15:00", "ends_at": "16:00", "days": []}, "has_days"),
    ],
)
def test_the_database_refuses_such_a_period(fields: dict[str, Any], constraint: str) -> None:
    make_period("Lunch", "12:00", "14:00")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make_period("Other", **fields)


# --- at the same time -------------------------------------------------------------------------


def make_at_once(client: APIClient, parties: int) -> list[int]:
    body = {**LUNCH, "name": "At once"}
    responses: list[Any] = at_once(*[partial(client.post, PERIODS, body)] * parties)
    return sorted(response.status_code for response in responses)


@pytest.mark.django_db(transaction=True)
def test_of_periods_that_overlap_and_are_made_at_once_one_is_made(cook: APIClient) -> None:
    for _ in range(5):
        assert make_at_once(cook, 6) == [201] + [400] * 5
        assert MealPeriod.objects.count() == 1
        MealPeriod.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_of_periods_that_are_switched_on_at_once_one_is_on(cook: APIClient) -> None:
    periods = [make_period(f"{n}", "12:00", "14:00", is_active=False) for n in range(4)]
    responses: list[Any] = at_once(
        *(partial(cook.patch, one(period), {"is_active": True}) for period in periods)
    )
    assert sorted(response.status_code for response in responses) == [200] + [400] * 3
    assert MealPeriod.objects.filter(is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_all_would_be_made(cook: APIClient) -> None:
    """The control: nothing but the constraint keeps periods apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE kitchen_periodversion DROP CONSTRAINT kitchen_periodversion_no_overlap"
        )
    try:
        assert make_at_once(cook, 2) == [201, 201]
    finally:
        MealPeriod.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE kitchen_periodversion ADD CONSTRAINT kitchen_periodversion_no_overlap"
                " EXCLUDE USING gist (week WITH &&, kinds WITH &&, held WITH &&)"
                " WHERE (is_active AND applies_to = '{}'::jsonb)"
            )


# --- a period that was used -------------------------------------------------------------------


def test_a_period_in_which_a_meal_was_served_stays(cook: APIClient, hatch: APIClient) -> None:
    used = make_period("Breakfast", "06:30", "08:00")
    unused = make_period("Lunch", "12:00", "14:00")
    assert tap(hatch, make_eater()[1], at("07:00"))["code"] == "ok"
    refused = cook.delete(one(used))
    assert (refused.status_code, refused.json()["code"]) == (409, "period_was_used")
    assert cook.get(one(used)).status_code == 200
    assert cook.delete(one(unused)).status_code == 204
    assert cook.patch(one(used), {"is_active": False}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_period_whose_first_meal_comes_at_this_moment_stays(
    cook: APIClient, hatch: APIClient
) -> None:
    period = make_period("Breakfast", "06:30", "08:00")
    card = make_eater()[1]

    def serve_first(execute: Any, sql: str, *args: Any) -> Any:
        """Nobody was served when the deletion looked; somebody is when it writes."""
        if sql.startswith('DELETE FROM "kitchen_mealperiod"'):
            (answer,) = at_once(partial(tap, hatch, card, at("07:00")))
            assert answer["code"] == "ok"
        return execute(sql, *args)

    with connection.execute_wrapper(serve_first):
        refused = cook.delete(one(period))
    assert (refused.status_code, refused.json()["code"]) == (409, "period_was_used")
    assert MealPeriod.objects.exists()


def test_the_database_keeps_a_period_in_which_a_meal_was_served(hatch: APIClient) -> None:
    used = make_period("Breakfast", "06:30", "08:00")
    tap(hatch, make_eater()[1], at("07:00"))
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="kitchen_kitchenservice"), transaction.atomic():
            cursor.execute("DELETE FROM kitchen_mealperiod WHERE period_id = %s", [used.pk])
