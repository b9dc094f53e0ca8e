"""The ledger of taps in the registration office (`/admin/`)."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.models import Attendance
from attendance.tests.factories import make_day, make_nights
from cards.tests.factories import make_card, make_member, make_student
from pos.models import Code, ConflictingTap, Tap
from pos.office.words import CODES
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
TAPS, CONFLICTS = "/admin/pos/tap/", "/admin/pos/conflictingtap/"
MOST_QUERIES = 25


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("administrator"))


def tap(reader: APIClient, card: str = "04A32B1C", **fields: object) -> Tap:
    assert reader.post("/api/pos/taps/", {"card": card, **fields}).status_code == 201
    return Tap.objects.first() or Tap()


def number_of(**student: str) -> str:
    number = make_card(make_student(**student)).rfid_number
    assert number
    return number


def text_of(office: Client, address: str) -> str:
    response = office.get(address, follow=True)
    assert response.status_code == 200, address
    return unescape(response.content.decode())


def one(tap: Tap) -> str:
    return f"{TAPS}{tap.pk}/change/"


def test_every_page_loads(office: Client) -> None:
    _, reader = make_reader()
    for event_id, card in [("1", number_of()), ("2", "AABBCCDD"), ("1", "AABBCCDD")]:
        reader.post("/api/pos/taps/", {"event_id": event_id, "card": card})
    conflict = ConflictingTap.objects.get()
    for row in Tap.objects.all():
        assert office.get(one(row)).status_code == 200
    for page in (TAPS, CONFLICTS, f"{CONFLICTS}{conflict.pk}/change/"):
        assert "AABBCCDD" in text_of(office, page), page


def test_taps_are_facts(office: Client) -> None:
    row = tap(make_reader()[1])
    for page in (f"{TAPS}add/", f"{TAPS}{row.pk}/delete/"):
        assert office.get(page).status_code == 403
    assert office.post(one(row), {"card_text": "x"}).status_code == 403
    assert Tap.objects.get().card_text == "04A32B1C"


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("administrator", {"gate", "hatch", "conflicts"}),
        ("registration_officer", {"gate"}),
        ("attendance_admin", {"gate"}),
        ("discipline_admin", {"gate"}),
        ("kitchen_admin", {"hatch"}),
    ],
)
def test_each_role_sees_the_taps_that_the_api_shows_it(
    make_user: MakeUser, role: str, sees: set[str]
) -> None:
    all_day_period()
    rows = {
        "gate": tap(make_reader()[1], number_of()),
        "hatch": tap(make_hatch()[1], number_of()),
    }
    browser = browser_of(make_user(role))
    listed = text_of(browser, TAPS)
    for name, row in rows.items():
        assert (one(row) in listed) == (name in sees)
        assert browser.get(one(row)).status_code == (200 if name in sees else 302)
    assert browser.get(CONFLICTS).status_code == (200 if "conflicts" in sees else 403)
    assert (CONFLICTS in text_of(browser, "/admin/")) == ("conflicts" in sees)


# --- finding -----------------------------------------------------------------------------------


def test_the_ledger_is_searched_by_holder_and_day_and_filtered(office: Client) -> None:
    device, reader = make_reader()
    asha, juma = number_of(first_name="Wanjikũ"), number_of(first_name="Juma")
    for number in (asha, juma):
        tap(reader, number)
    today = timezone.localdate()
    for query in ("q=wanjiku", f"q=wanjiku+{today}", f"q={asha}"):
        text = text_of(office, f"{TAPS}?{query}")
        assert asha in text, query
        assert juma not in text, query
    for query in (f"day={today}", f"reader={device.pk}", "outcome=accepted", "activity=attendance"):
        assert asha in text_of(office, f"{TAPS}?{query}"), query
    for query in (
        "q=2020-01-01",
        "q=2026-02-30",
        "outcome=denied",
        "outcome=unknown_card",
        "remark=offline",
        "reader=hand",
        "activity=food_service",
        f"day={today - timedelta(days=1)}",
    ):
        assert asha not in text_of(office, f"{TAPS}?{query}"), query


def test_refusals_and_remarks_are_found(office: Client) -> None:
    _, reader = make_reader()
    old = timezone.now() - timedelta(days=60)
    unknown = tap(reader, "AABBCCDD", event_id="1")
    late = tap(reader, "AABBCCEE", event_id="2", offline=True)
    odd = tap(reader, number_of(), event_id="3", offline=True, tapped_at=old)
    found = {
        "outcome=denied": {unknown},
        "outcome=unknown_card": {unknown, late},
        "remark=offline": {late, odd},
        "remark=would_deny": {late},
        "remark=clock": {odd},
        "remark=review": {odd},
    }
    for query, rows in found.items():
        text = text_of(office, f"{TAPS}?{query}")
        assert {row for row in (unknown, late, odd) if one(row) in text} == rows, query


@pytest.mark.parametrize(
    "query",
    ["outcome=%00", "q=%00x", "reader=x", "day=x", "day=2026-02-30", "remark=x", "p=x"],
)
def test_a_bad_filter_shows_a_page(office: Client, query: str) -> None:
    assert office.get(f"{TAPS}?{query}", follow=True).status_code == 200


def test_the_ledger_is_never_counted_as_a_whole_or_looked_through(office: Client) -> None:
    tap(make_reader()[1])
    with CaptureQueriesContext(connection) as asked:
        office.get(TAPS)
    ledger = [query["sql"] for query in asked if '"pos_tap"' in query["sql"]]
    counts = [sql for sql in ledger if "COUNT(" in sql]
    assert counts
    assert all("LIMIT 10000" in sql for sql in counts)
    assert not any("DISTINCT" in sql for sql in ledger)


@pytest.mark.parametrize("address", [TAPS, CONFLICTS])
def test_a_longer_list_asks_no_more_questions(office: Client, address: str) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert office.get(address).status_code == 200
        return len(asked)

    def more(first: int, last: int) -> None:
        for number in range(first, last):
            _, reader = make_reader(name=f"Gate {number}")
            reader.post("/api/pos/taps/", {"event_id": "1", "card": number_of()})
            reader.post("/api/pos/taps/", {"event_id": "1", "card": "AABBCCDD"})

    more(0, 2)
    few = questions()
    more(2, 8)
    assert questions() == few <= MOST_QUERIES


def test_who_sees_one_activity_is_not_asked_which(make_user: MakeUser) -> None:
    row = tap(make_reader()[1], number_of())
    browser = browser_of(make_user("attendance_admin"))
    assert 'data-filter-title="activity"' not in text_of(browser, TAPS)
    assert one(row) in text_of(browser, f"{TAPS}?activity=food_service")


# --- one tap -----------------------------------------------------------------------------------


def test_every_answer_has_words() -> None:
    assert set(CODES) == set(Code)


def test_the_page_of_a_tap_tells_what_it_did(office: Client) -> None:
    card = make_card(make_student(first_name="Asha", surname="Mushi"))
    row = tap(make_reader()[1], str(card.rfid_number))
    with CaptureQueriesContext(connection) as asked:
        text = text_of(office, one(row))
    assert len(asked) <= MOST_QUERIES
    assert "Attendance of that day:" in text
    assert f"/admin/students/student/{card.person_id}/change/" in text
    for link in ("Open the day", "Open the card"):
        assert link in text


def test_the_page_of_a_meal_leads_to_it(office: Client) -> None:
    all_day_period()
    row = tap(make_hatch()[1], number_of(), food_item="Wali")
    text = text_of(office, one(row))
    assert "A meal was served: Wali." in text
    assert f"/admin/kitchen/kitchenservice/{row.service_id}/change/" in text


def test_an_officer_finds_no_way_to_what_they_may_not_see(make_user: MakeUser) -> None:
    row = tap(make_reader()[1], str(make_card(make_member()).rfid_number))
    seen = text_of(browser_of(make_user("attendance_admin")), one(row))
    assert "Open the day" in seen
    assert "Open the card" not in seen


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Denied. This card is not known here."),
        ({"offline": True}, "live it would have been denied"),
        ({"tapped_at": "2020-01-01T07:00:00Z"}, "the tap counts when it was received"),
        ({"tapped_at": "2020-01-01T07:00:00Z", "offline": True}, "it counts on no day"),
    ],
)
def test_the_page_of_a_tap_says_what_was_odd(
    office: Client, fields: dict[str, object], said: str
) -> None:
    assert said in text_of(office, one(tap(make_reader()[1], "AABBCCDD", **fields)))


@pytest.mark.parametrize(
    ("role", "is_told"),
    [("attendance_admin", True), ("administrator", True), ("registration_officer", False)],
)
def test_taps_left_for_review_wait_for_who_corrects_days(
    make_user: MakeUser, role: str, is_told: bool
) -> None:
    old = timezone.now() - timedelta(days=60)
    tap(make_reader()[1], number_of(), offline=True, tapped_at=old)
    home = text_of(browser_of(make_user(role)), "/admin/")
    assert home.count(f"{TAPS}?remark=review") == is_told


def test_a_conflict_leads_to_the_tap_that_came_first(office: Client) -> None:
    _, reader = make_reader()
    first = tap(reader, number_of(), event_id="1")
    reader.post("/api/pos/taps/", {"event_id": "1", "card": "AABBCCDD"})
    conflict = ConflictingTap.objects.get()
    assert one(first) in text_of(office, f"{CONFLICTS}{conflict.pk}/change/")


def test_a_tap_of_a_night_and_the_day_that_it_counts_on_lead_to_each_other(office: Client) -> None:
    make_nights(day_begins=time(18), applies_to={"class_levels": ["Boarders"]})
    evening = timezone.localdate()
    at_three = timezone.make_aware(datetime.combine(evening + timedelta(days=1), time(3, 4, 5)))
    card = number_of(class_level="Boarders")
    with time_machine.travel(at_three + timedelta(seconds=1), tick=False):
        night = tap(make_reader()[1], card, tapped_at=at_three.isoformat())
    assert night.person
    day, following = (
        f"/admin/attendance/attendance/{row.pk}/change/"
        for row in (
            Attendance.objects.get(date=evening),
            make_day(night.person, evening + timedelta(days=1)),
        )
    )
    assert day in text_of(office, one(night))
    assert "03:04:05" in text_of(office, day)
    assert "03:04:05" not in text_of(office, following)
