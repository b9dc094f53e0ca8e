"""Meals: once per student, period and day, whoever asks first (contract sections 8 and 9)."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.tests.races import at_once
from cards.tests.factories import make_guard, make_member, make_student, make_visitor
from kitchen.models import KitchenService, MealPeriod
from kitchen.tests.factories import (
    MONDAY,
    NOON,
    PERIODS,
    SERVICES,
    SUMMARY,
    TUESDAY,
    WEDNESDAY,
    at,
    make_eater,
    make_period,
    meals,
    number_of,
    tap,
    tap_all,
)
from pos.models import Tap
from pos.tests.factories import as_readers_send, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


@pytest.fixture
def breakfast(db: None) -> MealPeriod:
    return make_period("Breakfast", "06:30", "08:00")


@pytest.fixture
def lunch(db: None) -> MealPeriod:
    return make_period("Lunch", "11:00", "13:00")


# --- once a period ----------------------------------------------------------------------------


def test_a_student_is_served(hatch: APIClient, cook: APIClient, breakfast: MealPeriod) -> None:
    student, card = make_eater()
    answer = tap(hatch, card, at("07:00"), food_item=" Uji ")
    assert (answer["decision"], answer["code"]) == ("accepted", "ok")
    assert answer["holder"]["identifier"] == student.identifier
    assert answer["attendance"] is None
    (meal,) = meals(cook)
    assert answer["meal"] == {
        "service_id": meal["service_id"],
        "period": "Breakfast",
        "food_item": "Uji",
    }
    assert meal == {
        "service_id": meal["service_id"],
        "student": str(student.pk),
        "staff": None,
        "security": None,
        "visitor": None,
        "student_name": student.full_name,
        "registration_number": student.identifier,
        "guest_name": "",
        "period": str(breakfast.pk),
        "period_name": "Breakfast",
        "date": "2026-11-18",
        "food_item": "Uji",
        "service_time": "2026-11-18T07:00:00+03:00",
        "location": "Kitchen",
        "offline": False,
        "extra": False,
        "is_double": False,
        "served_by": None,
        "reason": "",
        "voided_at": None,
        "voided_by": None,
        "void_reason": "",
    }
    assert cook.get(f"{SERVICES}{meal['service_id']}/").json() == meal


@pytest.mark.usefixtures("breakfast")
def test_a_second_meal_in_a_period_is_refused_at_every_hatch(
    hatch: APIClient, cook: APIClient
) -> None:
    _, card = make_eater()
    tap(hatch, card, at("07:00"), food_item="Uji")
    for other in (hatch, make_hatch(name="Hatch 2")[1]):
        answer = tap(other, card, at("07:30"), food_item="Chai")
        assert (answer["decision"], answer["code"]) == ("denied", "already_served")
        assert answer["holder"] is None
        assert answer["meal"] is None
    assert [meal["food_item"] for meal in meals(cook)] == ["Uji"]


@pytest.mark.usefixtures("breakfast")
def test_a_second_meal_in_one_batch_is_refused_whichever_comes_first_in_it(
    hatch: APIClient, cook: APIClient
) -> None:
    _, card = make_eater()
    later, earlier = tap_all(
        hatch, [{"card": card, "tapped_at": at("07:30")}, {"card": card, "tapped_at": at("07:00")}]
    )
    assert (earlier["code"], later["code"]) == ("ok", "already_served")
    assert len(meals(cook)) == 1


@pytest.mark.usefixtures("breakfast", "lunch")
def test_another_period_and_another_day_are_other_meals(hatch: APIClient, cook: APIClient) -> None:
    _, card = make_eater()
    for time, day in (("07:00", TUESDAY), ("11:30", TUESDAY), ("07:00", WEDNESDAY)):
        assert tap(hatch, card, at(time, day))["code"] == "ok"
    assert [(meal["date"], meal["period_name"]) for meal in meals(cook)] == [
        ("2026-11-17", "Breakfast"),
        ("2026-11-17", "Lunch"),
        ("2026-11-18", "Breakfast"),
    ]


@pytest.mark.usefixtures("breakfast")
def test_everybody_is_served_once(hatch: APIClient, cook: APIClient) -> None:
    cards = [make_eater()[1] for _ in range(3)]
    taps = [{"card": card, "tapped_at": at(t)} for t in ("07:00", "07:01") for card in cards]
    results = tap_all(hatch, taps)
    assert [result["code"] for result in results] == ["ok"] * 3 + ["already_served"] * 3
    assert len(meals(cook)) == 3


@pytest.mark.usefixtures("breakfast")
def test_a_tap_that_is_sent_again_is_the_same_meal(hatch: APIClient, cook: APIClient) -> None:
    body = {"event_id": "1", "card": make_eater()[1], "tapped_at": at("07:00")}
    with as_readers_send(body):
        first = hatch.post("/api/pos/taps/", body)
        again = hatch.post("/api/pos/taps/", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["meal"] == first.json()["meal"]
    assert len(meals(cook)) == 1


@pytest.mark.usefixtures("breakfast")
def test_a_new_card_is_no_second_meal(
    hatch: APIClient, administrator: APIClient, cook: APIClient
) -> None:
    student, card = make_eater()
    tap(hatch, card, at("07:00"))
    current = student.cards.get()
    body = {"reason": "lost", "generate_rfid": True}
    new = administrator.post(f"/api/cards/{current.pk}/replace/", body).json()["rfid_number"]
    assert tap(hatch, new, at("07:10"))["code"] == "already_served"
    assert len(meals(cook)) == 1


# --- when, and for whom -----------------------------------------------------------------------


@pytest.mark.usefixtures("breakfast")
@pytest.mark.parametrize(
    ("tapped_at", "code"),
    [
        (at("06:29:59.999999"), "no_meal_period"),
        (at("06:30:00"), "ok"),
        (at("07:59:59.999999"), "ok"),
        (at("08:00:00"), "no_meal_period"),
        ("2026-11-18T03:29:59Z", "no_meal_period"),
        ("2026-11-18T03:30:00Z", "ok"),
        ("2026-11-17T20:59:59-08:00", "ok"),
        ("2026-11-17T21:00:00-08:00", "no_meal_period"),
        ("2026-11-18T06:30:00", "ok"),
    ],
)
def test_a_period_begins_with_its_start_and_is_over_at_its_end_in_campus_time(
    hatch: APIClient, cook: APIClient, tapped_at: str, code: str
) -> None:
    answer = tap(hatch, make_eater()[1], tapped_at)
    assert answer["code"] == code
    assert answer["decision"] == ("accepted" if code == "ok" else "denied")
    assert len(meals(cook)) == (code == "ok")


def test_at_the_minute_between_two_periods_the_later_one_serves(
    hatch: APIClient, cook: APIClient
) -> None:
    make_period("First sitting", "10:00", "11:00")
    make_period("Second sitting", "11:00", "12:00")
    tap(hatch, make_eater()[1], at("11:00"))
    assert [meal["period_name"] for meal in meals(cook)] == ["Second sitting"]


def test_a_period_serves_on_its_days_only_by_the_campus_calendar(hatch: APIClient) -> None:
    make_period("Early", "01:00", "02:00", days=[3])
    for tapped_at, code in (
        ("2026-11-17T22:30:00Z", "ok"),  # Wednesday on the campus
        (at("01:30", TUESDAY), "no_meal_period"),
        (at("01:30", WEDNESDAY - timedelta(days=7)), "ok"),
    ):
        assert tap(hatch, make_eater()[1], tapped_at)["code"] == code


def test_a_period_that_is_switched_off_serves_nobody(
    caller: Callable[[str], APIClient], breakfast: MealPeriod
) -> None:
    with time_machine.travel(at("07:00")):
        hatches, cook_then = make_hatch()[1], caller("kitchen_admin")
        cook_then.patch(f"{PERIODS}{breakfast.pk}/", {"is_active": False})
        assert tap(hatches, make_eater()[1], at("07:00"))["code"] == "no_meal_period"
        cook_then.patch(f"{PERIODS}{breakfast.pk}/", {"is_active": True})
        assert tap(hatches, make_eater()[1], at("07:00"))["code"] == "ok"


def test_meals_follow_the_clocks_of_the_campus(
    hatch: APIClient, settings: Settings, clock: time_machine.Traveller
) -> None:
    """In Berlin 2:30 comes twice on 25 October 2026; a night meal is one meal all the same."""
    settings.TIME_ZONE = "Europe/Berlin"
    make_period("Night", "02:00", "03:00")
    clock.move_to(datetime(2026, 10, 25, 12, tzinfo=UTC))
    _, card = make_eater()
    codes = [
        tap(hatch, card, tapped_at)["code"]
        for tapped_at in ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z")
    ]
    assert codes == ["ok", "already_served", "no_meal_period"]


@pytest.mark.usefixtures("breakfast")
@pytest.mark.parametrize("make", [make_member, make_guard, make_visitor])
def test_staff_and_guards_are_not_entitled(
    hatch: APIClient, cook: APIClient, make: Callable[[], Any]
) -> None:
    with time_machine.travel(at("07:00"), tick=False):  # when a visitor of now is expected
        card = number_of(make())
        answer = tap(hatch, card, at("07:00"))
    assert (answer["decision"], answer["code"]) == ("denied", "not_entitled")
    offline = tap(hatch, card, at("07:00"), offline=True)
    assert (offline["decision"], offline["would_deny"]) == ("accepted", True)
    assert offline["meal"] is None
    assert meals(cook) == []


@pytest.mark.usefixtures("breakfast")
def test_who_is_refused_by_the_card_is_not_served(hatch: APIClient, cook: APIClient) -> None:
    _, card = make_eater(status="Suspended")
    assert tap(hatch, card, at("07:00"))["code"] == "holder_inactive"
    assert meals(cook) == []


@pytest.mark.usefixtures("breakfast")
def test_a_gate_serves_no_meals(cook: APIClient) -> None:
    assert tap(make_reader()[1], make_eater()[1], at("07:00"))["meal"] is None
    assert meals(cook) == []


# --- kitchens that were offline ---------------------------------------------------------------


@pytest.mark.usefixtures("breakfast")
@pytest.mark.parametrize("first_uploaded", ["07:00", "07:20"])
def test_meals_of_two_offline_kitchens_are_kept_and_the_later_one_is_the_double(
    hatch: APIClient, cook: APIClient, first_uploaded: str
) -> None:
    _, other = make_hatch(name="Hatch 2")
    _, card = make_eater()
    second = "07:20" if first_uploaded == "07:00" else "07:00"
    first_answer = tap(hatch, card, at(first_uploaded), offline=True)
    answer = tap(other, card, at(second), offline=True)
    assert (first_answer["code"], first_answer["would_deny"]) == ("ok", False)
    assert (answer["decision"], answer["code"]) == ("accepted", "already_served")
    assert answer["would_deny"] is True
    assert answer["meal"]["period"] == "Breakfast"
    assert [(meal["service_time"][11:16], meal["is_double"]) for meal in meals(cook)] == [
        ("07:00", False),
        ("07:20", True),
    ]
    assert [meal["offline"] for meal in meals(cook)] == [True, True]


@pytest.mark.usefixtures("breakfast")
def test_of_two_offline_meals_in_one_batch_the_later_one_is_the_double(
    hatch: APIClient, cook: APIClient
) -> None:
    _, card = make_eater()
    times = ("07:20", "07:00", "07:10")
    tap_all(hatch, [{"card": card, "tapped_at": at(time), "offline": True} for time in times])
    assert [meal["is_double"] for meal in meals(cook)] == [False, True, True]


@pytest.mark.usefixtures("breakfast")
def test_of_two_offline_meals_at_the_same_instant_one_is_the_double(
    hatch: APIClient, cook: APIClient
) -> None:
    _, other = make_hatch(name="Hatch 2")
    _, card = make_eater()
    for reader in (hatch, other):
        tap(reader, card, at("07:00"), offline=True)
    assert sorted(meal["is_double"] for meal in meals(cook)) == [False, True]


@pytest.mark.usefixtures("breakfast")
def test_who_was_served_offline_is_refused_live(hatch: APIClient, cook: APIClient) -> None:
    _, card = make_eater()
    tap(hatch, card, at("07:00"), offline=True)
    assert tap(hatch, card, at("07:30"))["code"] == "already_served"
    assert len(meals(cook)) == 1


@pytest.mark.usefixtures("breakfast")
@pytest.mark.parametrize(
    ("offline_at", "doubles"), [("07:10", [False, True]), ("06:50", [False, True])]
)
def test_an_offline_meal_beside_a_live_one_is_kept(
    hatch: APIClient, cook: APIClient, offline_at: str, doubles: list[bool]
) -> None:
    _, card = make_eater()
    tap(hatch, card, at("07:00"))
    answer = tap(hatch, card, at(offline_at), offline=True)
    assert (answer["decision"], answer["would_deny"]) == ("accepted", True)
    assert [meal["is_double"] for meal in meals(cook)] == doubles


@pytest.mark.usefixtures("breakfast")
def test_an_offline_meal_outside_of_every_period_is_kept_without_one(
    hatch: APIClient, cook: APIClient
) -> None:
    _, card = make_eater()
    for time in ("09:00", "09:30"):
        answer = tap(hatch, card, at(time), offline=True, food_item="Chai")
        assert (answer["decision"], answer["code"]) == ("accepted", "no_meal_period")
        assert answer["would_deny"] is True
        assert answer["meal"]["period"] is None
    rows = meals(cook)
    assert [(row["period"], row["period_name"]) for row in rows] == [(None, None)] * 2
    assert [row["is_double"] for row in rows] == [False, False]


@pytest.mark.usefixtures("breakfast")
def test_a_meal_of_last_week_is_counted_then(hatch: APIClient, cook: APIClient) -> None:
    last_week = WEDNESDAY - timedelta(days=7)
    _, card = make_eater()
    tap(hatch, card, at("07:00", last_week), offline=True)
    assert tap(hatch, card, at("07:00"))["code"] == "ok"
    assert [meal["date"] for meal in meals(cook)] == [str(last_week), "2026-11-18"]


@pytest.mark.usefixtures("breakfast")
def test_an_offline_meal_at_a_time_that_is_not_believed_is_left_for_review(
    hatch: APIClient, cook: APIClient
) -> None:
    long_ago = at("07:00", WEDNESDAY - timedelta(days=31))
    answer = tap(hatch, make_eater()[1], long_ago, offline=True)
    assert (answer["clock_suspect"], answer["meal"]) == (True, None)
    assert meals(cook) == []


# --- at the same time -------------------------------------------------------------------------


def sixteen_taps_at_four_hatches(card: str) -> Counter[str]:
    """How often each code was answered."""
    hatches = [make_hatch(name=f"Hatch {number}")[1] for number in range(4)]
    answers = at_once(
        *(partial(tap, hatches[n % 4], card, at("07:00"), food_item=f"{n}") for n in range(16))
    )
    return Counter(answer["code"] for answer in answers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("breakfast")
def test_of_sixteen_taps_at_four_hatches_one_is_a_meal(clock: time_machine.Traveller) -> None:
    student, card = make_eater()
    clock.move_to(at("07:00"))
    # At the hatch that served, the other three reads of the card are that one.
    assert sixteen_taps_at_four_hatches(card) == {"ok": 4, "already_served": 12}
    assert KitchenService.objects.filter(person=student).count() == 1
    assert Tap.objects.count() == 16


@pytest.mark.django_db(transaction=True)
def test_without_the_index_whoever_looks_first_is_not_alone(breakfast: MealPeriod) -> None:
    """The control: each looks for a meal, finds none, and serves one; nothing stops the second."""
    student = make_student()
    looked: list[bool] = []

    def look_then_serve(_: object = None) -> None:
        with transaction.atomic():
            has_eaten = KitchenService.objects.filter(person=student).exists()
            at_once_looked.wait(10)
            looked.append(has_eaten)
            if not has_eaten:
                KitchenService.objects.create(
                    person=student, period=breakfast, date=WEDNESDAY, service_time=timezone.now()
                )

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX kitchen_kitchenservice_once_a_period")
    try:
        at_once_looked = Barrier(4)
        at_once(*[look_then_serve] * 4)
        assert looked == [False] * 4
        assert KitchenService.objects.count() == 4
    finally:
        KitchenService.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX kitchen_kitchenservice_once_a_period"
                " ON kitchen_kitchenservice (person_id, period_id, date, portion)"
                " WHERE NOT is_extra AND NOT is_offline AND voided_at IS NULL"
            )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("breakfast")
def test_batches_of_the_same_students_in_opposite_orders_serve_each_once(
    clock: time_machine.Traveller,
) -> None:
    clock.move_to(at("07:00"))
    cards = [make_eater()[1] for _ in range(25)]
    taps = [{"card": card, "tapped_at": at("07:00")} for card in cards]
    hatches = [make_hatch(name=f"Hatch {number}")[1] for number in range(4)]
    results = at_once(
        *(partial(tap_all, hatch, taps[:: 1 if n % 2 else -1]) for n, hatch in enumerate(hatches))
    )
    codes = Counter(result["code"] for batch in results for result in batch)
    assert codes == {"ok": 25, "already_served": 75}
    assert KitchenService.objects.count() == 25


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("breakfast")
def test_offline_kitchens_that_upload_at_once_lose_nothing(cook: APIClient) -> None:
    cards = [make_eater()[1] for _ in range(10)]
    hatches = [make_hatch(name=f"Hatch {number}")[1] for number in range(3)]
    at_once(
        *(
            partial(
                tap_all,
                hatch,
                [{"card": c, "tapped_at": at(f"07:0{n}"), "offline": True} for c in cards],
            )
            for n, hatch in enumerate(hatches)
        )
    )
    rows = meals(cook, page_size=100)
    assert len(rows) == 30
    assert Counter((row["service_time"][14:16], row["is_double"]) for row in rows) == {
        ("00", False): 10,
        ("01", True): 10,
        ("02", True): 10,
    }


def test_the_database_refuses_a_second_live_meal_in_a_period(breakfast: MealPeriod) -> None:
    student = make_student()
    meal: dict[str, Any] = {"person": student, "period": breakfast, "date": WEDNESDAY}
    KitchenService.objects.create(**meal, service_time=NOON)
    with pytest.raises(IntegrityError, match="once_a_period"), transaction.atomic():
        KitchenService.objects.create(**meal, service_time=NOON + timedelta(minutes=1))
    KitchenService.objects.create(**meal, service_time=NOON, is_offline=True)


# --- lists and the summary --------------------------------------------------------------------


@pytest.fixture
def served(hatch: APIClient, breakfast: MealPeriod, lunch: MealPeriod) -> dict[str, Any]:
    """Asha and Juma ate on Monday; on Tuesday Asha ate twice in one period, offline."""
    (asha, ashas), (juma, jumas) = make_eater(), make_eater()
    for card, time, item in (
        (ashas, "07:00", "Uji"),
        (jumas, "07:10", "Chai"),
        (jumas, "11:30", "Ugali"),
    ):
        tap(hatch, card, at(time, MONDAY), food_item=item)
    for time, item in (("11:00", "Ugali"), ("11:20", "Wali"), ("11:40", "Ugali"), ("15:00", "")):
        tap(hatch, ashas, at(time, TUESDAY), food_item=item, offline=True)
    tap(hatch, jumas, at("11:05", TUESDAY), food_item="Ugali")
    return {"asha": asha.pk, "juma": juma.pk, "breakfast": breakfast.pk, "lunch": lunch.pk}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "Uji Chai Ugali Ugali Ugali Wali Ugali -"),
        ("student={asha}", "Uji Ugali Wali Ugali -"),
        ("period={breakfast}", "Uji Chai"),
        ("date=2026-11-16", "Uji Chai Ugali"),
        ("from=2026-11-17", "Ugali Ugali Wali Ugali -"),
        ("to=2026-11-16", "Uji Chai Ugali"),
        ("from=2026-11-16&to=2026-11-16&student={juma}", "Chai Ugali"),
        ("food_item=Wali", "Wali"),
        ("food_item=wal", ""),
        ("offline=true", "Ugali Wali Ugali -"),
        ("offline=false", "Uji Chai Ugali Ugali"),
        ("is_double=true", "Wali Ugali"),
        ("is_double=false&date=2026-11-17", "Ugali Ugali -"),
    ],
)
def test_meals_are_filtered(
    cook: APIClient, served: dict[str, Any], query: str, found: str
) -> None:
    url = f"{SERVICES}?ordering=service_time&{query.format(**served)}"
    body = cook.get(url).json()
    assert [row["food_item"] or "-" for row in body["results"]] == found.split()
    assert body["count"] == len(found.split())


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("student=rubbish", "student"),
        ("period=1", "period"),
        ("date=today", "date"),
        ("from=rubbish", "from"),
        ("to=2026-02-30", "to"),
        ("food_item=%00", "food_item"),
        ("offline=perhaps", "offline"),
        ("is_double=2", "is_double"),
        ("ordering=student", "ordering"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(cook: APIClient, query: str, field: str) -> None:
    response = cook.get(f"{SERVICES}?{query}")
    assert (response.status_code, list(response.json())) == (400, [field])


def test_the_latest_meals_come_first_and_pages_lose_none(
    cook: APIClient, served: dict[str, Any]
) -> None:
    pages = [cook.get(SERVICES, {"page_size": 3, "page": page}).json() for page in (1, 2, 3)]
    rows = [row for page in pages for row in page["results"]]
    assert [len(page["results"]) for page in pages] == [3, 3, 2]
    assert len({row["service_id"] for row in rows}) == 8
    times = [row["service_time"] for row in rows]
    assert times == sorted(times, reverse=True)


@pytest.mark.usefixtures("breakfast")
def test_a_list_asks_the_database_no_more_for_more_rows(hatch: APIClient, cook: APIClient) -> None:
    counts = []
    for _ in range(2):
        cards = [make_eater()[1] for _ in range(3)]
        tap_all(hatch, [{"card": card, "tapped_at": at("07:00")} for card in cards])
        with CaptureQueriesContext(connection) as queries:
            rows = meals(cook)
        counts.append((len(rows), len(queries)))
    assert [rows for rows, _ in counts] == [3, 6]
    assert counts[0][1] == counts[1][1]


def test_a_meal_is_never_changed_nor_deleted(cook: APIClient, served: dict[str, Any]) -> None:
    meal = meals(cook)[0]
    one = f"{SERVICES}{meal['service_id']}/"
    for method in ("put", "patch", "delete"):
        assert getattr(cook, method)(one, {}).status_code == 405
    assert cook.get(f"{SERVICES}{uuid4()}/").status_code == 404
    tag = cook.get(one)["ETag"]
    assert cook.get(one, HTTP_IF_NONE_MATCH=tag).status_code == 304


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("administrator", 200),
        ("kitchen_admin", 200),
        ("registration_officer", 403),
        ("attendance_admin", 403),
        ("discipline_admin", 403),
    ],
)
def test_each_role_meets_its_walls(
    caller: Callable[[str], APIClient], served: dict[str, Any], role: str, status: int
) -> None:
    meal = KitchenService.objects.latest("service_time")
    for url in (SERVICES, f"{SERVICES}{meal.pk}/", SUMMARY):
        assert caller(role).get(url).status_code == status, url


def test_the_summary_counts_by_period_and_item_with_doubles(
    cook: APIClient, served: dict[str, Any]
) -> None:
    assert cook.get(SUMMARY, {"date": str(TUESDAY)}).json() == {
        "date": "2026-11-17",
        "served": 5,
        "doubles": 2,
        "extra": 0,
        "expected": 4,
        "still_to_come": 2,
        "periods": [
            {
                "period_id": str(served["breakfast"]),
                "name": "Breakfast",
                "served": 0,
                "doubles": 0,
                "extra": 0,
                "expected": 2,
                "still_to_come": 2,
                "items": [],
            },
            {
                "period_id": str(served["lunch"]),
                "name": "Lunch",
                "served": 4,
                "doubles": 2,
                "extra": 0,
                "expected": 2,
                "still_to_come": 0,
                "items": [
                    {"food_item": "Ugali", "served": 3},
                    {"food_item": "Wali", "served": 1},
                ],
            },
            {
                "period_id": None,
                "name": None,
                "served": 1,
                "doubles": 0,
                "extra": 0,
                "expected": None,
                "still_to_come": None,
                "items": [{"food_item": "", "served": 1}],
            },
        ],
    }
    monday = cook.get(SUMMARY, {"date": str(MONDAY)}).json()
    assert [(period["name"], period["served"]) for period in monday["periods"]] == [
        ("Breakfast", 2),
        ("Lunch", 1),
    ]
    assert (monday["served"], monday["doubles"]) == (3, 0)


def test_the_summary_of_a_day_without_periods_and_meals_is_empty(cook: APIClient) -> None:
    counts = ("served", "doubles", "extra", "expected", "still_to_come")
    empty = {**dict.fromkeys(counts, 0), "periods": []}
    assert cook.get(SUMMARY, {"date": str(MONDAY)}).json() == {"date": "2026-11-16", **empty}


def test_the_summary_is_of_today_on_the_campus_unless_a_day_is_named(
    caller: Callable[[str], APIClient], clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 11, 18, 20, 59, 59, tzinfo=UTC))
    cook = caller("kitchen_admin")
    assert cook.get(SUMMARY).json()["date"] == "2026-11-18"
    clock.shift(timedelta(seconds=1))
    assert cook.get(SUMMARY).json()["date"] == str(date(2026, 11, 19))


@pytest.mark.parametrize("day", ["rubbish", "2026-02-30", "%00", "2026-11-16T00:00"])
def test_a_summary_of_no_day_is_refused(cook: APIClient, day: str) -> None:
    response = cook.get(f"{SUMMARY}?date={day}")
    assert (response.status_code, list(response.json())) == (400, ["date"])


def test_the_summary_asks_once_however_much_was_served(
    cook: APIClient, served: dict[str, Any]
) -> None:
    counts = []
    for day in (WEDNESDAY, TUESDAY):
        with CaptureQueriesContext(connection) as queries:
            cook.get(SUMMARY, {"date": str(day)})
        counts.append(len(queries))
    assert counts[0] == counts[1]
