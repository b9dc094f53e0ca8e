"""*Meals now*: the meal that is on, or the next one, class by class."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from kitchen.by_name import serve_by_name
from kitchen.models import MealPeriod
from kitchen.office.figures import meals_today
from kitchen.tests.factories import at, make_eater, make_period, tap

pytestmark = pytest.mark.django_db

NOW = "/admin/kitchen/now/"
ROLL = {"enrolled_on": "2026-01-01"}


@pytest.fixture
def cook_of_the_office(make_user: Callable[..., User]) -> User:
    return make_user("kitchen_admin")


@pytest.fixture
def office(cook_of_the_office: User) -> Client:
    return browser_of(cook_of_the_office)


@pytest.fixture
def lunch(db: None) -> MealPeriod:
    return make_period("Lunch", "12:00", "14:00")


def meals(office: Client) -> list[Any]:
    return [meal for meal, _ in office.get(NOW).context["meals"]]


def test_who_came_and_who_is_still_to_come_is_told_by_class_and_what_is_extra_apart(
    office: Client, cook_of_the_office: User, lunch: MealPeriod
) -> None:
    asha = make_student(first_name="Asha", class_code="F1A", **ROLL)
    for name, code in (("Juma", "F1A"), ("Neema", "F2B"), ("Said", "")):
        make_student(first_name=name, class_code=code, **ROLL)
    by: dict[str, Any] = {"by": cook_of_the_office, "reason": "Sports"}
    serve_by_name(person=asha, **by)
    serve_by_name(person=asha, extra=True, **by)
    serve_by_name(person=None, guest_name="Bishop", extra=True, **by)
    (meal,) = meals(office)
    assert (meal.is_on, meal.portions, meal.extra) == (True, 1, 2)
    assert (meal.expected, meal.still_to_come) == (4, 3)
    assert [(each.title, each.expected, each.came) for each in meal.groups] == [
        ("No class", 1, 0),
        ("F1A", 2, 1),
        ("F2B", 1, 0),
    ]
    day = reverse("admin:kitchen_still_to_come", args=["2026-11-18", lunch.pk])
    address = f"{day}?group=student%3AF1A"
    assert address in office.get(NOW).content.decode()
    for query, named in (
        ("?group=student%3AF1A", {"Juma"}),
        ("?group=student%3A", {"Said"}),
        ("?group=nobody%3AF1A", set()),
        ("", {"Juma", "Neema", "Said"}),
    ):
        groups = office.get(f"{day}{query}").context["groups"]
        assert {person.first_name for _, people in groups for person in people} == named, query
    today = office.get("/admin/kitchen/day/?extra=yes")
    assert today.context["summary"]["extra"] == 2
    assert {meal.diner for meal in today.context["page"]} == {asha.full_name, "Bishop"}
    for choice, number in (("person", 1), ("guest", 1), ("other", 3)):
        listed = office.get(f"/admin/kitchen/kitchenservice/?extra={choice}")
        assert len(listed.context["cl"].result_list) == number, choice


@pytest.mark.parametrize(
    ("clock", "name", "day", "is_on"),
    [
        ((18, 8), "Lunch", 18, False),
        ((18, 12), "Lunch", 18, True),
        ((18, 14), "Late", 18, False),
        ((19, 1), "Late", 18, True),
        ((19, 2), "Lunch", 19, False),
    ],
)
def test_the_meal_that_is_on_is_shown_and_else_the_next(
    office: Client, lunch: MealPeriod, clock: tuple[int, int], name: str, day: int, is_on: bool
) -> None:
    make_period("Late", "22:00", "02:00")
    make_period("Tea", "16:00", "16:30", days=[7])
    moment = datetime(2026, 11, *clock, tzinfo=UTC).timestamp() - 3 * 3600
    with time_machine.travel(moment, tick=False):
        (meal,) = meals(office)
    assert (meal.sitting.period.name, meal.sitting.day.day, meal.is_on) == (name, day, is_on)


@pytest.mark.parametrize("language", ["en", "sw"])
def test_it_says_as_of_when_that_is(language: str, office: Client, lunch: MealPeriod) -> None:
    page = office.get(NOW, headers={"accept-language": language}).content.decode()
    assert re.search(r'<p class="subtitle">[A-Z][^<]* \d\d:\d\d:\d\d\. <a', page)


def test_what_its_script_asks_for_anew_is_on_the_page(office: Client, lunch: MealPeriod) -> None:
    """`now.js` patches the moment and the meals, and leaves the buttons above them."""
    page = office.get(NOW).content.decode()
    assert "kitchen/now.js" in page
    before, meals_of_now = page.split('<div id="meals-now">')
    assert 'class="subtitle"' in before
    assert "Meals of the day" in before.split('<div class="heading">')[1]
    assert "Lunch" in meals_of_now


def test_without_a_period_there_is_a_way_to_add_one(office: Client) -> None:
    MealPeriod.objects.create(
        name="Off", starts_at=time(12), ends_at=time(14), is_active=False, days=[3]
    )
    page = office.get(NOW)
    assert list(page.context["meals"]) == []
    assert reverse("admin:kitchen_mealperiod_changelist") in page.content.decode()


def test_who_was_turned_away_is_told_with_the_reason(
    office: Client, hatch: APIClient, lunch: MealPeriod, clock: time_machine.Traveller
) -> None:
    student, number = make_eater(first_name="Asha")
    for minute in ("12:00:10", "12:00:20"):
        clock.move_to(datetime.fromisoformat(at(minute)))
        tap(hatch, number, at(minute))
    tap(hatch, "04A1B2C3D4E5F6", at("12:00:20"))
    page = office.get(NOW).content.decode()
    section = page[page.index("Turned away") :]
    assert "Already served" in section
    assert "Unknown card" in section
    assert student.full_name in section
    assert "04A1B2C3D4E5F6" not in section
    extra = f"{reverse('admin:kitchen_serve')}?person={student.pk}&amp;extra=yes"
    assert extra in section
    form = office.get(extra.replace("&amp;", "&")).context["form"]
    assert form["extra"].value() is True


@pytest.mark.parametrize("role", Role.values)
def test_whoever_reads_meals_sees_how_the_meal_goes(
    make_user: Callable[..., User], lunch: MealPeriod, role: str
) -> None:
    browser = browser_of(make_user(role))
    looks = role in {"administrator", "kitchen_admin", "leadership"}
    assert browser.get(NOW).status_code == (200 if looks else 403)
    assert (NOW in browser.get("/admin/").content.decode()) is looks


def test_who_is_still_to_come_today_leads_to_the_day_of_whose_periods_it_is_the_sum(
    cook_of_the_office: User, lunch: MealPeriod
) -> None:
    make_period("Supper", "18:00", "19:00")
    make_student(**ROLL)
    figure = next(each for each in meals_today(cook_of_the_office) if each.what == "still to come")
    assert (figure.number, figure.url) == (2, reverse("admin:kitchen_day"))


@pytest.mark.parametrize(
    ("hour", "said", "number"), [(13, "still to come", 1), (15, "did not come", 0)]
)
def test_whoever_has_not_come_when_a_meal_is_over_does_not_come_any_more(
    office: Client, cook_of_the_office: User, lunch: MealPeriod, hour: int, said: str, number: int
) -> None:
    make_student(**ROLL)
    names = reverse("admin:kitchen_still_to_come", args=["2026-11-18", lunch.pk])
    with time_machine.travel(datetime(2026, 11, 18, hour - 3, tzinfo=UTC), tick=False):
        assert f">1 {said}</a>" in office.get("/admin/kitchen/day/").content.decode()
        assert office.get(names).context["title"] == f"Lunch: {said}"
        figures = {each.what: each.number for each in meals_today(cook_of_the_office)}
    assert figures["still to come"] == number


def test_a_group_is_called_by_its_name_and_an_unknown_one_has_not_come(
    office: Client, lunch: MealPeriod
) -> None:
    make_student(class_code="", **ROLL)
    day = reverse("admin:kitchen_still_to_come", args=["2026-11-18", lunch.pk])
    assert [name for name, _ in office.get(day).context["groups"]] == ["No class"]
    assert ": No class." in office.get(f"{day}?group=student%3A").content.decode()
    page = office.get(f"{day}?group=nobody%3AF1A").content.decode()
    assert "There is no such class." in page
    assert "Everybody has come" not in page
