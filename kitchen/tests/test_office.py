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
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
PERIODS, MEALS = "/admin/kitchen/mealperiod/", "/admin/kitchen/kitchenservice/"
DAY_VIEW, SERVE = "/admin/kitchen/day/", "/admin/kitchen/serve/"
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


def write(browser: Client, address: str, said: dict[str, Any]) -> Any:
    """Sent as it is shown in the preview; the answer to whichever step was the last."""
    shown = browser.post(address, {**said, "step": "preview"})
    if not shown.context or "seen" not in shown.context:
        return shown
    again = {"step": "write", "seen": shown.context["seen"]}
    for name, value in shown.context["hidden"]:
        again.setdefault(name, []).append(value)
    return browser.post(address, again)


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
    form = office.get(f"{PERIODS}add/").context["form"]
    assert (form["days"].value(), form["is_active"].value()) == ([1, 2, 3, 4, 5, 6, 7], True)


def test_a_period_is_added_and_changed(office: Client, lunch: MealPeriod) -> None:
    assert write(office, f"{PERIODS}add/", form()).status_code == 302
    tea = MealPeriod.objects.get(name="Tea")
    assert (tea.starts_at, tea.days, tea.is_active) == (time(16), [1, 2, 3, 4, 5], True)
    changed = write(office, f"{PERIODS}{tea.pk}/change/", form(days=[6], name="Chai"))
    assert changed.status_code == 302
    tea.refresh_from_db()
    assert (tea.name, tea.days) == ("Chai", [6])


@pytest.mark.parametrize(
    ("query", "found"), [("", {"Lunch", "Tea"}), ("in_use=yes", {"Lunch"}), ("in_use=no", {"Tea"})]
)
def test_periods_are_filtered_by_whether_they_are_in_use(
    office: Client, lunch: MealPeriod, query: str, found: set[str]
) -> None:
    MealPeriod.objects.create(name="Tea", starts_at=time(16), ends_at=time(17), is_active=False)
    shown = office.get(f"{PERIODS}?{query}").context["cl"].result_list
    assert {period.name for period in shown} == found


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": "13:00"},
        {"starts_at": "11:00", "ends_at": "12:01"},
        {"starts_at": "12:30", "ends_at": "12:45", "days": [7]},
        {"starts_at": "17:00"},
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
    page = write(office, f"{PERIODS}add/", form(**fields))
    assert page.status_code == 200
    assert b"errorlist" in page.content
    assert MealPeriod.objects.count() == 1


def test_an_overlap_names_the_other_period(office: Client, lunch: MealPeriod) -> None:
    page = write(office, f"{PERIODS}add/", form(starts_at="13:00"))
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
    assert write(office, f"{PERIODS}add/", sent).status_code == 302


def test_a_period_does_not_overlap_itself(office: Client, lunch: MealPeriod) -> None:
    sent = form(name="Lunch", starts_at="12:00", ends_at="14:30")
    assert write(office, f"{PERIODS}{lunch.pk}/change/", sent).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_periods_made_at_once_one_is_there_and_one_is_told(make_user: MakeUser) -> None:
    cook = make_user("kitchen_admin")

    def add(name: str) -> bytes:
        content: bytes = write(browser_of(cook), f"{PERIODS}add/", form(name=name)).content
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


# --- for whom, and from when ------------------------------------------------------------------


@pytest.fixture
def people(db: None) -> dict[str, Student]:
    """One in each of two classes of Form 1."""
    roll = {"enrolled_on": "2026-01-01", "class_level": "Form 1"}
    return {code: make_student(first_name=f"Of {code}", class_code=code, **roll) for code in "AB"}


def test_all_that_the_api_says_of_a_period_is_said_in_the_form(
    office: Client, people: dict[str, Student]
) -> None:
    asked = form(
        name="Night meal",
        starts_at="22:00",
        ends_at="02:00",
        who="all",
        portions=2,
        kinds=["student", "security"],
        class_codes=["A"],
        people=[str(people["B"].pk)],
    )
    assert write(office, f"{PERIODS}add/", asked).status_code == 302
    period = MealPeriod.objects.get(name="Night meal")
    assert (period.who, period.portions, period.is_overnight) == ("all", 2, True)
    assert period.applies_to == {
        "kinds": ["student", "security"],
        "class_codes": ["A"],
        "people": [str(people["B"].pk)],
    }
    page = office.get(f"{PERIODS}{period.pk}/change/")
    assert "22:00 to 02:00 of the next day: students of A, and 1 by name, 2 meals each." in (
        page.content.decode()
    )
    assert [each.pk for each in page.context["form"].chosen_people] == [people["B"].pk]


def test_people_are_found_without_losing_what_was_said(
    office: Client, people: dict[str, Student]
) -> None:
    found = office.post(f"{PERIODS}add/", form(name="", find="of b", step="find"))
    assert [each.pk for each in found.context["form"].found_people] == [people["B"].pk]
    assert found.context["form"]["starts_at"].value() == "16:00"
    assert b"errorlist" not in found.content
    assert not MealPeriod.objects.exists()


def test_a_preview_says_what_a_period_means_for_whom_and_writes_nothing(
    office: Client, lunch: MealPeriod, people: dict[str, Student]
) -> None:
    said = form(name="Lunch", starts_at="12:00", ends_at="14:00", class_codes=["A"])
    page = office.post(f"{PERIODS}{lunch.pk}/change/", {**said, "step": "preview"})
    html = page.content.decode()
    for words in (
        "Until now:</span> Lunch: Every day, 12:00 to 14:00: students, one meal each.",
        "Lunch: Monday to Friday, 12:00 to 14:00: students of A, one meal each.",
        "<strong>1 student</strong>: Of A",
        "From this moment on.",
        "<strong>1</strong> person fewer",
    ):
        assert words in html
    lunch.refresh_from_db()
    assert lunch.applies_to == {}


def test_what_was_seen_in_the_preview_is_what_is_written(office: Client, lunch: MealPeriod) -> None:
    address = f"{PERIODS}{lunch.pk}/change/"
    said = form(name="Lunch", starts_at="12:00", ends_at="14:00")
    seen = office.post(address, {**said, "step": "preview"}).context["seen"]
    assert write(office, address, {**said, "portions": 3}).status_code == 302
    again = office.post(address, {**said, "step": "write", "seen": seen})
    assert "rules have changed since you saw the preview" in again.content.decode()
    lunch.refresh_from_db()
    assert lunch.portions == 3


def test_a_period_for_nobody_there_is_shown_again(office: Client) -> None:
    page = write(office, f"{PERIODS}add/", form(who="staff", kinds=["student"]))
    assert "There are no such people among those in who." in page.content.decode()


def test_whoever_only_looks_reads_the_sentence(make_user: MakeUser, lunch: MealPeriod) -> None:
    head = browser_of(make_user("leadership"))
    address = f"{PERIODS}{lunch.pk}/change/"
    page = head.get(address).content.decode()
    assert "Every day, 12:00 to 14:00: students, one meal each." in page
    assert 'name="starts_at"' not in page
    assert head.post(address, form(step="preview")).status_code == 403
    assert head.get(f"{PERIODS}add/").status_code == 403


def test_a_change_is_planned_and_the_page_says_what_holds_when(
    office: Client, lunch: MealPeriod
) -> None:
    with time_machine.travel("2026-11-18T09:30Z", tick=False):
        asked = form(name="Lunch", starts_at="13:00", ends_at="15:00", days=[1], portions=1)
        planned = {**asked, "valid_from": "2026-11-23"}
        assert write(office, f"{PERIODS}{lunch.pk}/change/", planned).status_code == 302
        page = office.get(f"{PERIODS}{lunch.pk}/change/").content.decode()
    for words in ("Every day, 12:00 to 14:00", "Monday, 13:00 to 15:00", "Mon 23 Nov 2026, 00:00"):
        assert words in page
    assert 'value="2026-11-23"' in page
    lunch.refresh_from_db()
    assert (lunch.starts_at, lunch.valid_from) == (time(13), date(2026, 11, 23))


def test_a_change_for_a_day_that_is_over_is_refused(office: Client, lunch: MealPeriod) -> None:
    asked = form(name="Dinner", starts_at="12:00", ends_at="14:00", valid_from="2020-01-01")
    page = write(office, f"{PERIODS}{lunch.pk}/change/", asked).content.decode()
    assert "a change holds from today on" in page
    lunch.refresh_from_db()
    assert lunch.name == "Lunch"


# --- taken back, by name, still to come -------------------------------------------------------


def test_a_meal_is_taken_back_with_a_reason(office: Client, lunch: MealPeriod) -> None:
    meal = serve(lunch, person=make_student(first_name="Asha"))
    page, address = f"{MEALS}{meal.pk}/change/", f"{MEALS}{meal.pk}/void/"
    assert address in office.get(page).content.decode()
    assert "This field is required" in office.post(address, {"reason": " "}).content.decode()
    done = office.post(address, {"reason": "Wrong card"}, follow=True).content.decode()
    assert "is taken back" in done
    assert "Wrong card (kitchen_admin," in done
    assert address not in done
    again = office.post(address, {"reason": "Once more"}, follow=True).content.decode()
    assert "taken back already" in again
    assert "been taken back already" in office.get(address).content.decode()
    assert "Taken back" in office.get(of(DAY)).content.decode()


def test_somebody_is_found_and_served_by_name(office: Client, lunch: MealPeriod) -> None:
    asha = make_student(first_name="Asha", diet_note="Nut allergy")
    with time_machine.travel("2026-11-18T09:30Z", tick=False):
        found = office.get(SERVE, {"q": "asha"}).content.decode()
        assert f"?person={asha.pk}" in found
        assert "Nobody is called so" in office.get(SERVE, {"q": "zzz"}).content.decode()
        address, no_card = f"{SERVE}?person={asha.pk}", {"reason": "No card"}
        page = office.get(address).content.decode()
        for words in ("Asha", "Nut allergy", "Lunch until 14:00", "0 of 50"):
            assert words in page
        said = office.post(address, {**no_card, "food_item": "Ugali"}, follow=True).content.decode()
        assert "is served, Lunch." in said
        assert "Already served" in office.post(address, no_card).content.decode()
        assert "Say why" in office.post(address, {}).content.decode()
        office.post(address, {"extra": "on", "reason": "Sports"})
    assert [
        (meal.food_item, meal.is_extra, meal.reason)
        for meal in KitchenService.objects.order_by("is_extra")
    ] == [("Ugali", False, "No card"), ("", True, "Sports")]


def test_a_guest_is_served_from_the_office(office: Client, lunch: MealPeriod) -> None:
    with time_machine.travel("2026-11-18T09:30Z", tick=False):
        assert "Say why" in office.post(SERVE, {"guest_name": "Bishop"}).content.decode()
        office.post(SERVE, {"guest_name": "Bishop", "reason": "Visit"})
        day = office.get(DAY_VIEW).content.decode()
    meal = KitchenService.objects.get()
    assert (meal.guest_name, meal.period) == ("Bishop", lunch)
    assert "Bishop" in day
    assert "Bishop, a guest" in office.get(f"{MEALS}{meal.pk}/change/").content.decode()
    assert "Guest" in office.get(MEALS).content.decode()


@pytest.mark.parametrize("asked", ["rubbish", "b5b6b0b4-90a1-4d29-9fbe-3a90a34dcb1c", "%00"])
def test_nobody_is_served_who_is_not_there(office: Client, asked: str) -> None:
    assert office.get(f"{SERVE}?person={asked}").status_code in {200, 404}


def test_who_is_still_to_come_is_named_by_class(office: Client, lunch: MealPeriod) -> None:
    roll = {"enrolled_on": "2026-01-01"}
    serve(lunch, person=make_student(first_name="Asha", class_code="F1A", **roll))
    for name, code in (("Juma", "F1A"), ("Neema", "F1A"), ("Rehema", "F2B"), ("Said", "")):
        make_student(first_name=name, class_code=code, **roll)
    make_student(first_name="Gone", is_active=False, **roll)
    page = office.get(of(DAY)).content.decode()
    address = f"{of(DAY)}still-to-come/{lunch.pk}/"
    assert "5 expected" in page
    assert f'href="{address}"' in page
    names = office.get(address)
    html = names.content.decode()
    assert [(group, len(people)) for group, people in names.context["groups"]] == [
        ("No class", 1),
        ("F1A", 2),
        ("F2B", 1),
    ]
    assert all(name in html for name in ("Juma", "Neema", "Rehema", "Said"))
    assert "Asha" not in html
    assert "Gone" not in html
    other = f"{of(DAY)}still-to-come/b5b6b0b4-90a1-4d29-9fbe-3a90a34dcb1c/"
    assert office.get(other).status_code == 404


@pytest.mark.parametrize("role", Role.values)
def test_who_may_serve_and_who_may_look(make_user: MakeUser, lunch: MealPeriod, role: str) -> None:
    meal = serve(lunch)
    browser = browser_of(make_user(role))
    for address in (SERVE, f"{MEALS}{meal.pk}/void/"):
        assert browser.get(address).status_code == (200 if role in COOKS else 403)
    looks = role in COOKS or role == "leadership"
    names = f"{of(DAY)}still-to-come/{lunch.pk}/"
    assert browser.get(names).status_code == (200 if looks else 403)
