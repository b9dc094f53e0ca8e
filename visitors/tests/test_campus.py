"""A visitor on the campus: opens gates while expected, and is in nobody's figures."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.closing import close_day
from attendance.models import Attendance
from cards.models import Card
from cards.tests.factories import make_card, make_guard, make_visitor
from kitchen.models import KitchenService
from pos.models import Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader
from visitors.models import Visitor

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def tap(reader: APIClient, card: Card) -> Any:
    return reader.post("/api/pos/taps/", {"card": card.rfid_number}).json()


@pytest.fixture
def card() -> Card:
    return make_card(make_visitor())


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [(-HOUR, HOUR, "ok"), (-2 * HOUR, -HOUR, "not_expected"), (HOUR, 2 * HOUR, "not_expected")],
    ids=["during", "after", "before"],
)
def test_a_gate_opens_during_the_visit(
    begins: timedelta, ends: timedelta, code: str, anybody: APIClient
) -> None:
    now = timezone.now()
    card = make_card(make_visitor(admitted_from=now + begins, admitted_until=now + ends))
    said = tap(make_reader()[1], card)
    is_open = code == "ok"
    assert (said["decision"], said["code"]) == ("accepted" if is_open else "denied", code)
    assert (said["holder"] is not None) is is_open
    assert said["attendance"] is None
    assert Tap.objects.get().person_id == card.person_id
    verdict = anybody.get(f"/v/{card.code}", follow=True).json()
    assert verdict["verified"] is verdict["visitor"]["card_active"] is is_open
    by_person = anybody.get(f"/api/cards/verify/visitor/{card.person_id}/")
    assert by_person.status_code == (200 if is_open else 404)
    if not is_open:
        assert verdict["reason"] == "not_expected"
        assert "full_name" not in verdict["visitor"]


def test_a_repeated_tap_is_answered_as_the_first(card: Card) -> None:
    gate = make_reader()[1]
    first, again = (
        gate.post("/api/pos/taps/", {"card": card.rfid_number, "event_id": "1"}).json()
        for _ in range(2)
    )
    changing = ("replayed", "server_time")
    assert {k: v for k, v in first.items() if k not in changing} == {
        k: v for k, v in again.items() if k not in changing
    }


def test_a_batch_writes_days_of_those_who_have_them(card: Card) -> None:
    guard = make_card(make_guard())
    taps = [{"card": each.rfid_number} for each in (card, guard, card)]
    body = make_reader()[1].post("/api/pos/taps/batch/", {"taps": taps}).json()
    days = [result["attendance"] is not None for result in body["results"]]
    assert days == [False, True, False]
    assert Attendance.objects.get().person_id == guard.person_id


def test_no_day_is_kept_of_a_visitor_whatever_is_done(card: Card, administrator: APIClient) -> None:
    tap(make_reader()[1], card)
    today = timezone.localdate()
    assert close_day(day=today, by=None).absent.get("visitor") is None
    body = {"date": str(today), "kind": "visitor", "people": [str(card.person_id)]}
    change = {"status": "Excused", "reason": "x"}
    refused = administrator.post("/api/attendance/correct/", {**body, **change})
    assert (refused.status_code, list(refused.json())) == (400, ["kind"])
    assert not Attendance.objects.exists()


def test_a_kitchen_feeds_no_visitor(card: Card) -> None:
    all_day_period()
    assert tap(make_hatch()[1], card)["code"] == "not_entitled"
    assert not KitchenService.objects.exists()


def test_the_statistics_know_no_visitor(administrator: APIClient) -> None:
    before = administrator.get("/api/cards/statistics/").json()
    make_card(make_visitor())
    make_visitor()
    assert administrator.get("/api/cards/statistics/").json() == before
    assert "visitors_without_cards" not in before["summary"]


def test_whoever_is_still_to_come_and_has_no_card_is_listed(officer: APIClient) -> None:
    now = timezone.now()
    coming = make_visitor(admitted_from=now + HOUR, admitted_until=now + 2 * HOUR)
    make_visitor(admitted_from=now - 2 * HOUR, admitted_until=now - HOUR)
    make_card(make_visitor())
    body = officer.get("/api/cards/visitors-without-cards/").json()
    assert [visitor["visitor_uuid"] for visitor in body["visitors"]] == [str(coming.pk)]
    issued = officer.post(
        "/api/cards/bulk-create-visitor-cards/", {"visitor_uuids": [str(coming.pk)]}
    )
    assert issued.status_code == 201
    assert issued.json()["created_cards"][0]["visitor"]["visitor_number"] == coming.identifier


def test_a_card_by_hand_at_the_gate_is_answered_without_a_day(
    card: Card, administrator: APIClient
) -> None:
    me = User.objects.get(role="administrator")
    response = administrator.post(
        f"/auth/admin/{me.pk}/attendance-check", {"card_id": card.rfid_number}
    )
    assert response.status_code == 201, response.json()
    assert (response.json()["code"], response.json()["attendance"]) == ("ok", None)


# --- in the office ------------------------------------------------------------------------------


@pytest.fixture
def office(make_user: Any) -> Client:
    return browser_of(make_user("registration_officer"))


LIST = "/admin/visitors/visitor/"


def form_of(**changes: str) -> dict[str, str]:
    return {
        "whole_name": "Rehema Kweka",
        "company": "TTCL",
        "identifier": "",
        "host": "",
        "purpose": "Tea",
        "admitted_from": "2026-11-28T09:00",
        "admitted_until": "2026-11-28T12:30",
        "is_active": "on",
        "phone_number": "",
        "email": "",
        **changes,
    }


def test_a_visitor_is_registered_in_the_office_for_the_rest_of_the_day(office: Client) -> None:
    page = office.get(f"{LIST}add/").content.decode()
    today = f"{timezone.localdate()}T"
    assert page.count('type="datetime-local"') == page.count(f'value="{today}') == 2
    response = office.post(f"{LIST}add/", form_of(), follow=True)
    visitor = Visitor.objects.get()
    assert visitor.identifier.startswith("V-")
    assert f"{visitor.full_name} ({visitor.identifier})" in response.content.decode()
    assert timezone.localtime(visitor.admitted_until).hour == 12


def test_a_number_in_use_is_said_on_its_field(office: Client) -> None:
    visitor = make_visitor()
    response = office.post(f"{LIST}add/", form_of(identifier=visitor.identifier.lower()))
    errors = response.context["adminform"].form.errors
    assert errors == {"identifier": ["A visitor with this number already exists."]}


def test_a_form_changes_the_visit_and_not_the_number(office: Client) -> None:
    visitor = make_visitor()
    page = office.get(f"{LIST}{visitor.pk}/change/").content.decode()
    assert visitor.identifier in page
    form = form_of(identifier="V-1", purpose="Coffee", phone_number="0712 345 678")
    assert office.post(f"{LIST}{visitor.pk}/change/", form).status_code == 302
    number, changed = visitor.identifier, Visitor.objects.get()
    assert (changed.identifier, changed.purpose) == (number, "Coffee")
    assert changed.phone_number == "+255712345678"


@pytest.mark.parametrize("changes", [{"admitted_until": "2026-11-28T08:00"}, {"admitted_from": ""}])
def test_a_visit_without_an_order_is_refused_on_the_page(
    office: Client, changes: dict[str, str]
) -> None:
    response = office.post(f"{LIST}add/", form_of(**changes))
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert not Visitor.objects.exists()


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("", {"Now", "Tonight", "Past", "Gone"}),
        ("today", {"Now", "Tonight", "Past"}),
        ("now", {"Now"}),
        ("later", {"Tonight"}),
        ("over", {"Past"}),
    ],
)
def test_the_list_is_narrowed_by_the_visit(office: Client, chosen: str, names: set[str]) -> None:
    now = timezone.now()
    day = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    visits = {
        "Now": (day, day + 24 * HOUR),
        "Past": (day - HOUR, min(now, day + timedelta(seconds=1))),
        "Tonight": (now + timedelta(seconds=5), now + 48 * HOUR),
    }
    for name, (begins, ends) in visits.items():
        make_visitor(whole_name=name, admitted_from=begins, admitted_until=ends)
    make_visitor(whole_name="Gone", is_active=False)
    page = office.get(f"{LIST}?visit={chosen}").content.decode()
    assert {name for name in ("Now", "Tonight", "Past", "Gone") if f">{name}</a>" in page} == names


def test_the_list_and_the_page_say_how_a_visitor_stands(office: Client) -> None:
    visitor = make_visitor()
    for url in (LIST, f"{LIST}{visitor.pk}/change/"):
        assert '<span class="chip good">Active</span>' in office.get(url).content.decode()
    Visitor.objects.update(admitted_until=timezone.now())
    for url in (LIST, f"{LIST}{visitor.pk}/change/"):
        page = office.get(url).content.decode()
        assert '<span class="chip quiet">Not expected now</span>' in page
        assert "Attendance" not in page.partition("<main")[2]


def test_the_room_of_people_has_a_door_to_them(office: Client) -> None:
    assert f'href="{LIST}"' in office.get("/admin/").content.decode()
    assert "visitors have no card" not in office.get("/admin/").content.decode()
