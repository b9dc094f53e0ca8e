"""Meal periods and meals in the registration office (`/admin/`)."""

from collections.abc import Callable
from datetime import date, time
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from accounts.tests.races import at_once
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from kitchen.models import KitchenService, MealPeriod

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
PERIODS, MEALS = "/admin/kitchen/mealperiod/", "/admin/kitchen/kitchenservice/"
DAY_VIEW = "/admin/kitchen/day/"
COOKS = ["administrator", "kitchen_admin"]
DAY = date(2026, 11, 18)


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("kitchen_admin"))


@pytest.fixture
def lunch(db: None) -> MealPeriod:
    return MealPeriod.objects.create(name="Lunch", starts_at=time(12), ends_at=time(14))


def form(**fields: Any) -> dict[str, Any]:
    values = {"name": "Tea", "starts_at": "16:00", "ends_at": "17:00", "days": [1, 2, 3, 4, 5]}
    return {**values, "is_active": "on", "who": "students", "portions": 1, **fields}


def serve(period: MealPeriod | None, **fields: Any) -> KitchenService:
    values = {"person": fields.pop("person", None) or make_student(), "date": DAY}
    at = {"service_time": "2026-11-18T12:30:00+03:00", "food_item": "Ugali"}
    return KitchenService.objects.create(period=period, **{**values, **at, **fields})


def pages(lunch: MealPeriod) -> list[str]:
    meals = [serve(lunch), serve(None, is_offline=True)]
    return [
        PERIODS,
        f"{PERIODS}add/",
        f"{PERIODS}{lunch.pk}/change/",
        f"{PERIODS}{lunch.pk}/history/",
        MEALS,
        *(f"{MEALS}{meal.pk}/change/" for meal in meals),
        DAY_VIEW,
        of(DAY),
    ]


def of(day: date) -> str:
    return f"{DAY_VIEW}{day}/"


@pytest.mark.parametrize("role", Role.values)
def test_every_page_loads_for_who_manages_meals_and_for_nobody_else(
    make_user: MakeUser, lunch: MealPeriod, role: str
) -> None:
    browser = browser_of(make_user(role))
    reads = role in COOKS or role == "leadership"
    assert ("/admin/kitchen/" in browser.get("/admin/").content.decode()) is reads
    for page in pages(lunch):
        is_open = role in COOKS or (reads and not page.endswith("/add/"))
        assert browser.get(page).status_code == (200 if is_open else 403), page
    if role not in COOKS:
        assert browser.post(f"{PERIODS}add/", form()).status_code == 403
        assert MealPeriod.objects.count() == 1


@pytest.mark.parametrize("address", [PERIODS, MEALS, f"{DAY_VIEW}{DAY}/"])
def test_a_longer_list_asks_no_more_questions(office: Client, address: str) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert office.get(address).status_code == 200
        return len(asked)

    def more(first: int, last: int) -> None:
        for hour in range(first, last):
            serve(
                MealPeriod.objects.create(
                    name=f"Meal {hour}", starts_at=time(hour), ends_at=time(hour + 1)
                )
            )

    more(0, 2)
    few = questions()
    more(2, 8)
    assert questions() == few


def test_meals_are_never_counted_as_a_whole(office: Client, lunch: MealPeriod) -> None:
    serve(lunch)
    with CaptureQueriesContext(connection) as asked:
        office.get(MEALS)
    counts = [query["sql"] for query in asked if query["sql"].startswith("SELECT COUNT(")]
    assert counts
    assert all("LIMIT 10000" in sql for sql in counts)


def test_meals_are_searched_and_filtered(office: Client, lunch: MealPeriod) -> None:
    asha = make_student(first_name="Wanjikũ")
    meal = serve(lunch, person=asha)
    later = "2026-11-18T13:00:00+03:00"
    double = serve(lunch, person=asha, service_time=later, is_offline=True)
    for query, found in (
        ("q=wanjiku", {meal, double}),
        ("q=wanjiku+2026-11-18", {meal, double}),
        ("q=2026-11-17", set()),
        ("is_offline__exact=0", {meal}),
        ("double=yes", {double}),
        (f"period__period_id__exact={lunch.pk}", {meal, double}),
        ("period__isnull=True", set()),
    ):
        page = office.get(f"{MEALS}?{query}").content.decode()
        shown = {row for row in (meal, double) if f"{MEALS}{row.pk}/" in page}
        assert shown == found, query


def test_meals_are_facts(office: Client, lunch: MealPeriod) -> None:
    meal = serve(lunch)
    for page in (f"{MEALS}add/", f"{MEALS}{meal.pk}/delete/"):
        assert office.get(page).status_code == 403
    assert office.post(f"{MEALS}{meal.pk}/change/", {"food_item": "x"}).status_code == 403
    assert KitchenService.objects.get().food_item == "Ugali"


def test_a_new_period_is_served_every_day_unless_told_otherwise(office: Client) -> None:
    assert office.get(f"{PERIODS}add/").content.count(b"checked") == 8  # and is_active


def test_a_period_is_added_and_changed(office: Client, lunch: MealPeriod) -> None:
    assert office.post(f"{PERIODS}add/", form()).status_code == 302
    tea = MealPeriod.objects.get(name="Tea")
    assert (tea.starts_at, tea.days, tea.is_active) == (time(16), [1, 2, 3, 4, 5], True)
    assert office.post(f"{PERIODS}{tea.pk}/change/", form(days=[6], name="Chai")).status_code == 302
    tea.refresh_from_db()
    assert (tea.name, tea.days) == ("Chai", [6])


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": "13:00"},
        {"starts_at": "11:00", "ends_at": "12:01"},
        {"starts_at": "12:30", "ends_at": "12:45", "days": [7]},
        {"starts_at": "18:00"},
        {"days": []},
        {"days": [8]},
        {"name": ""},
        {"name": "a\u202eb"},
        {"ends_at": "24:00"},
    ],
)
def test_a_bad_period_is_shown_again_with_its_errors(
    office: Client, lunch: MealPeriod, fields: dict[str, Any]
) -> None:
    page = office.post(f"{PERIODS}add/", form(**fields))
    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert MealPeriod.objects.count() == 1


def test_an_overlap_names_the_other_period(office: Client, lunch: MealPeriod) -> None:
    page = office.post(f"{PERIODS}add/", form(starts_at="13:00"))
    assert "Lunch 12:00–14:00 is served at some of these times." in page.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": "14:00", "ends_at": "15:00"},
        {"starts_at": "11:00", "ends_at": "12:00"},
        {"starts_at": "12:00", "ends_at": "14:00", "is_active": ""},
    ],
)
def test_a_period_beside_another_or_switched_off_overlaps_nothing(
    office: Client, lunch: MealPeriod, fields: dict[str, str]
) -> None:
    sent = {name: value for name, value in form(**fields).items() if value}
    assert office.post(f"{PERIODS}add/", sent).status_code == 302


def test_a_period_does_not_overlap_itself(office: Client, lunch: MealPeriod) -> None:
    sent = form(name="Lunch", starts_at="12:00", ends_at="14:30")
    assert office.post(f"{PERIODS}{lunch.pk}/change/", sent).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_periods_made_at_once_one_is_there_and_one_is_told(make_user: MakeUser) -> None:
    cook = make_user("kitchen_admin")

    def add(name: str) -> bytes:
        content: bytes = (
            browser_of(cook).post(f"{PERIODS}add/", form(name=name), follow=True).content
        )
        return content

    seen = at_once(partial(add, "Tea"), partial(add, "Chai"))
    told = (b"Another active period", b"is served at some of these times")
    assert sum(any(text in page for text in told) for page in seen) == 1
    assert MealPeriod.objects.count() == 1


def test_no_period_is_deleted(office: Client, lunch: MealPeriod) -> None:
    assert office.post(f"{PERIODS}{lunch.pk}/delete/", {"post": "yes"}).status_code == 403
    assert MealPeriod.objects.exists()


# --- the day ----------------------------------------------------------------------------------


def test_the_day_has_its_figures_and_flags_who_was_served_twice(
    office: Client, lunch: MealPeriod
) -> None:
    asha = make_student(first_name="Asha")
    serve(lunch, person=asha)
    later = "2026-11-18T13:00:00+03:00"
    serve(lunch, person=asha, service_time=later, is_offline=True, food_item="Wali")
    serve(lunch, person=make_student(first_name="Juma"))
    serve(None, person=make_student(first_name="Neema"), is_offline=True, food_item="")
    serve(lunch, person=make_student(first_name="Other"), date=date(2026, 11, 17))
    page = office.get(of(DAY))
    html = page.content.decode()
    assert (page.context["summary"]["served"], page.context["summary"]["doubles"]) == (4, 1)
    for words in ("Asha", "Juma", "Neema", "Second meal", "Outside of every period", "Ugali"):
        assert words in html
    assert "Other" not in html
    for query, shown in (
        (f"period={lunch.pk}", {"Asha", "Juma"}),
        ("period=none", {"Neema"}),
        ("double=yes", {"Asha"}),
        ("q=juma", {"Juma"}),
        ("q=%00", {"Asha", "Juma", "Neema"}),
    ):
        html = office.get(f"{of(DAY)}?{query}").content.decode()
        assert {name for name in ("Asha", "Juma", "Neema") if f">{name} " in html} == shown, query


def test_the_day_says_what_is_being_served(office: Client, lunch: MealPeriod) -> None:
    chip = "Being served now"
    for clock, is_served in (("09:30", True), ("12:30", False)):
        with time_machine.travel(f"2026-11-18T{clock}Z", tick=False):
            for page in (DAY_VIEW, PERIODS):
                assert (chip in office.get(page).content.decode()) is is_served, (clock, page)
            assert chip not in office.get(of(date(2026, 11, 17))).content.decode()


def test_periods_are_told_in_words(office: Client, lunch: MealPeriod) -> None:
    MealPeriod.objects.create(
        name="Tea", starts_at=time(16), ends_at=time(17), days=[1, 2, 3, 4, 5], is_active=False
    )
    page = office.get(PERIODS).content.decode()
    for words in ("Every day, 12:00 to 14:00: students", "Monday to Friday", "Switched off"):
        assert words in page
