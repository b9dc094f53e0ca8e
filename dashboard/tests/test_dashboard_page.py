"""The dashboard at `/` (contract section 11)."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from attendance.closing import close_day
from attendance.tests.factories import carrying, make_holiday
from cards.services import retire_card
from cards.tests.factories import make_card, make_guard, make_member, make_student
from dashboard.board import PARTS, parts_of, share_of
from dashboard.templatetags.dashboard import ago, clock, clock_error
from discipline.tests.factories import make_incident
from pos.services import record_heartbeat
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = pytest.mark.django_db

PARTS_AT = "/dashboard/parts/"
MONDAY = date(2026, 11, 16)
SEES = {
    "administrator": {part.name for part in PARTS},
    "registration_officer": {"figures", "feed", "attendance_days", "groups"},
    "attendance_admin": {"figures", "feed", "attendance_days", "groups"},
    "kitchen_admin": {"feed", "meal_days", "meals"},
    "discipline_admin": {"figures", "feed", "attendance_days", "groups", "incidents"},
}


@pytest.fixture(autouse=True)
def _monday_noon() -> Iterator[None]:
    with time_machine.travel(at("12:00"), tick=True):
        yield


@pytest.fixture
def browser(make_user: Callable[..., User]) -> Callable[[str], Client]:
    def of(role: str) -> Client:
        client = Client()
        client.force_login(User.objects.filter(username=role).first() or make_user(role))
        return client

    return of


@pytest.fixture
def boss(browser: Callable[[str], Client]) -> Client:
    return browser("administrator")


def at(clock_time: str, day: date = MONDAY) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock_time)))


def tap(reader: Any, card: str, clock_time: str, **fields: Any) -> Any:
    body = {"card": card, "tapped_at": at(clock_time).isoformat(), "offline": True, **fields}
    response = reader.post("/api/pos/taps/", body)
    assert response.status_code == 201, response.content
    return response.json()


def page(client: Client, address: str = "/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def in_words(html: str) -> str:
    """What somebody reads: no tags, single spaces; nor what a script keeps for later."""
    html = re.sub(r"<template.*?</template>|<noscript>.*?</noscript>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def part(html: str, name: str) -> str:
    """The text of one part of the page."""
    found = re.search(rf'data-part="{name}".*?</section>', html, re.DOTALL)
    assert found, name
    return in_words(f"<p {found[0]}")


def a_morning() -> None:
    """Three students came, one of them late, one has gone; one is not seen; a teacher, a meal."""
    _, gate = make_reader(name="North gate")
    for number, clock_time in enumerate(["07:30:00", "07:45:00", "08:30:00"]):
        make_card(make_student(first_name=f"Neema{number}"), f"04A3000{number}")
        tap(gate, f"04A3000{number}", clock_time, direction="in")
    tap(gate, "04A30000", "11:00:00", direction="out")
    carrying(make_student())
    make_card(make_member(), "04A30009")
    tap(gate, "04A30009", "07:00:00", direction="in")
    make_guard()
    all_day_period(name="Lunch")
    _, hatch = make_hatch(name="North hatch")
    tap(hatch, "04A30001", "11:30:00", food_item="Ugali")


# --- who sees what -------------------------------------------------------------------------------


def test_whoever_is_not_signed_in_signs_in_and_comes_back(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("administrator")
    response: Any = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/")


def test_a_script_that_is_not_signed_in_is_told_so(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("administrator")
    assert client.get(f"{PARTS_AT}?part=figures").status_code == 403


@pytest.mark.parametrize(("role", "names"), SEES.items())
def test_each_role_sees_its_parts_and_no_other(
    role: str, names: set[str], browser: Callable[[str], Client]
) -> None:
    a_morning()
    client = browser(role)
    shown = set(re.findall(r'data-part="(\w+)"', page(client)))
    assert shown == names | {"day"}
    for name in {part.name for part in PARTS}:
        response = client.get(PARTS_AT, {"part": name})
        assert response.status_code == (200 if name in names else 404), name


def test_nobody_is_told_numbers_or_taps_of_another_role(browser: Callable[[str], Client]) -> None:
    a_morning()
    make_incident(make_student(), 7)
    cook, officer = page(browser("kitchen_admin")), page(browser("registration_officer"))
    assert "Ugali" in cook
    assert "North gate" not in cook
    assert "Present" not in in_words(cook)
    assert "On site" not in cook
    assert "North gate" in officer
    for hidden in ("North hatch", "Ugali", "Lunch", "Incidents", "7 points", "Readers:"):
        assert hidden not in officer


@pytest.mark.parametrize("role", SEES)
def test_every_link_opens_for_whoever_sees_it(role: str, browser: Callable[[str], Client]) -> None:
    a_morning()
    client = browser(role)
    shown = page(client)
    links = {link.replace("&amp;", "&") for link in re.findall(r'<a [^>]*href="(/[^"]*)"', shown)}
    assert len(links) > 5
    refused = [link for link in links if client.get(link).status_code >= 400]
    assert refused == []


# --- what it says --------------------------------------------------------------------------------


def test_the_day_in_words_and_the_institution(boss: Client) -> None:
    shown = page(boss)
    assert "<h1>Monday, 16 November 2026</h1>" in shown
    assert "<title>Dashboard, Monday, 16 November 2026 · DIT</title>" in shown
    assert "DAR ES SALAAM INSTITUTE OF TECHNOLOGY" in shown
    assert "as of 12:00" in shown


def test_the_figures_and_their_share_of_those_expected(boss: Client) -> None:
    a_morning()
    said = part(page(boss), "figures")
    for figure in (
        "Present 2 present 50 % of 4",
        "Late 1 late 25 % of 4",
        "Not yet seen 1 not yet seen 25 % of 4",
        "Absent 0 absent 0 % of 4",
        "On site now 3 on site now 2 students, 1 member of staff, 0 security, 0 visitors",
    ):
        assert figure in said


def test_everybody_by_group(boss: Client) -> None:
    a_morning()
    said = part(page(boss), "groups")
    assert "Students Staff Security Present 2 1 0" in said
    assert "Not yet seen 1 0 0" in said
    assert "On site now 2 1 0" in said


def test_before_anybody_came(boss: Client) -> None:
    carrying(make_student())
    said = part(page(boss), "figures")
    assert "Nobody has been seen yet." in said
    assert "Not yet seen 1 not yet seen 100 % of 1" in said


def test_a_day_on_which_nobody_is_expected(boss: Client) -> None:
    make_card(make_student(), "04A30001")
    _, gate = make_reader()
    make_holiday(MONDAY, "Founders' Day")
    tap(gate, "04A30001", "07:30:00", direction="in")
    said = part(page(boss), "figures")
    assert "Nobody is expected today: Founders&#x27; Day." in said
    assert "Present 1 present" in said
    assert "%" not in said


def test_a_day_at_the_weekend(browser: Callable[[str], Client]) -> None:
    make_student()
    with time_machine.travel(at("12:00", MONDAY + timedelta(days=5))):
        said = part(page(browser("administrator")), "figures")
    assert "Nobody is expected today. " in said
    assert "Not yet seen 0" in said


@pytest.mark.parametrize(("role", "is_led"), [("administrator", True), ("attendance_admin", False)])
def test_an_empty_school(role: str, is_led: bool, browser: Callable[[str], Client]) -> None:
    shown = page(browser(role))
    said = in_words(shown)
    assert "No student is registered yet." in said
    assert ("Register the first one" in said) is is_led
    assert "Nobody has tapped yet." in said
    assert "Nothing was recorded in the last 14 days." in said
    assert ("No meal has been served yet today." in said) is (role == "administrator")
    assert "%" not in part(shown, "figures")


def test_a_closed_day_has_nobody_unseen(boss: Client) -> None:
    carrying(make_student())
    make_student()
    close_day(day=MONDAY, by=None)
    said = part(page(boss), "figures")
    assert "Not yet seen 0" in said
    assert "Absent 1 absent 100 % of 1" in said
    assert "No card 1 no card" in said


@pytest.mark.parametrize(
    ("count", "whole", "share"),
    [(0, 0, None), (0, 5, 0), (5, 5, 100), (399, 400, 99), (1, 100_000, 1), (1, 3, 33)],
)
def test_a_share_of_0_or_100_means_nobody_and_everybody(
    count: int, whole: int, share: int | None
) -> None:
    assert share_of(count, whole) == share


def test_meals_by_period_with_what_was_served_twice(boss: Client) -> None:
    a_morning()
    _, other = make_hatch(name="South hatch")
    tap(other, "04A30001", "11:40:00", food_item="Wali")
    said = part(page(boss), "meals")
    assert "2 served 1 served twice" in said
    assert "Lunch 2 of 4, 3 still to come Ugali 1 · Wali 1" in said


def test_incidents_and_where_to_record_one(boss: Client) -> None:
    make_incident(make_student(), 7)
    said = part(page(boss), "incidents")
    assert "1 recorded, 7 points deducted" in said
    assert "Record an incident" in said


def test_readers_that_need_somebody_come_first(boss: Client) -> None:
    make_reader(name="A never")
    for name, ahead, queue in (("B fine", 0, 0), ("C silent", 3, 12)):
        device, _ = make_reader(name=name)
        seen = timezone.now() - timedelta(hours=queue and 2)
        with time_machine.travel(seen):
            record_heartbeat(
                pos_id=device.pk,
                device_time=seen + timedelta(minutes=ahead),
                queue_depth=queue,
                firmware="",
            )
    _, with_gap = make_reader(name="D gap")
    for seq in (1, 4):
        with_gap.post("/api/pos/taps/", {"card": "04A30001", "event_id": f"{seq}", "seq": seq})
    said = part(page(boss), "readers")
    assert "Readers: 2 of 4 working" in said
    in_order = ("C silent", "A never", "D gap", "B fine")
    assert sorted(in_order, key=said.index) == [*in_order]
    assert "2 taps missing" in said
    assert "2 h ago · 12 taps waiting · clock 3 min ahead" in said
    assert "not heard of yet" in said
    assert "just now" in said


# --- the feed ------------------------------------------------------------------------------------


def test_a_tap_says_who_where_when_and_how_it_was_decided(boss: Client) -> None:
    student = make_student(first_name="Asha", surname="Mushi", identifier="DIT/1")
    student.photo.save("asha.jpg", ContentFile(b"x"))
    make_card(student, "04A30001")
    _, gate = make_reader(name="North gate")
    tap(gate, "04A30001", "08:30:05", direction="in")
    shown = page(boss)
    assert "Asha Mushi 08:30:05 DIT/1 North gate Gate Late In Sent later" in part(shown, "feed")
    assert student.photo.url in shown


def test_a_refused_tap_says_why(boss: Client) -> None:
    card = make_card(make_student(first_name="Asha", surname="Mushi"), "04A30001")
    retire_card(card=card, reason="lost")
    _, gate = make_reader(name="North gate")
    for number in ("04A30001", "04A3FFFF"):
        gate.post("/api/pos/taps/", {"card": number})
    said = part(page(boss), "feed")
    assert "Refused" in said
    assert "This card has been withdrawn." in said
    assert "? Unknown card" in said
    assert "This card is not known here." in said


def test_the_pattern_for_new_taps_has_every_word(boss: Client) -> None:
    found = re.search(r"<template.*?</template>", page(boss), re.DOTALL)
    assert found
    for words in ("Refused", "Present", "Late", "Served", "In", "Out", "Sent later", "Entered by"):
        assert words in found[0]


@pytest.mark.django_db(transaction=True)
def test_the_page_tells_from_where_on_taps_are_still_to_be_told(boss: Client) -> None:
    found = re.search(r'data-position="([^"]+)"', page(boss))
    assert found
    make_reader()[1].post("/api/pos/taps/", {"card": "04A3FFFF"})
    events = boss.get("/api/live/", {"since": found[1]}).json()["events"]
    assert [event["data"]["message"] for event in events] == ["This card is not known here."]


# --- charts --------------------------------------------------------------------------------------


def test_two_weeks_as_bars_and_as_a_table(boss: Client) -> None:
    a_morning()
    shown = page(boss)
    assert shown.count('<rect class="present"') == 1
    assert shown.count('<rect class="served"') == 1
    said = part(shown, "attendance_days")
    assert "Mon 16 Nov: present 2, late 1, excused 0, absent 0" in said
    assert "Day Present Late Excused Absent Mon 16 Nov 2 1 0 0 Sun 15 Nov 0 0 0 0" in said
    assert "Tue 3 Nov 0 0 0 0" in said
    assert 'role="img"' in shown


# --- its parts -----------------------------------------------------------------------------------


def test_a_part_is_written_as_on_the_page(boss: Client) -> None:
    a_morning()
    whole = page(boss)
    parts = page(boss, f"{PARTS_AT}?part=figures&part=meals&part=figures")
    assert set(re.findall(r'data-part="(\w+)"', parts)) == {"day", "figures", "meals"}
    for name in ("figures", "meals"):
        assert part(parts, name) == part(whole, name)
    assert "<nav" not in parts
    # Another title is another day: the page is loaded anew.
    of_page, of_parts = (re.findall("<title>.*?</title>", shown)[0] for shown in (whole, parts))
    assert of_page == of_parts


def test_an_unknown_part_is_not_found(boss: Client) -> None:
    assert boss.get(PARTS_AT, {"part": "secrets"}).status_code == 404


def test_nothing_of_it_is_kept(boss: Client) -> None:
    for address in ("/", f"{PARTS_AT}?part=figures"):
        assert "no-store" in boss.get(address)["Cache-Control"]


# --- what it costs -------------------------------------------------------------------------------


def queries(client: Client, address: str) -> int:
    client.get(address)  # what is read once and remembered
    with CaptureQueriesContext(connection) as found:
        page(client, address)
    return len(found)


def test_queries_are_few_and_do_not_grow(boss: Client) -> None:
    a_morning()
    few = queries(boss, "/")
    for number in range(40):
        make_card(rfid_number=f"04B3{number:04X}")
        _, gate = make_reader()
        tap(gate, f"04B3{number:04X}", "07:30:00")
    assert queries(boss, "/") == few <= 25


def test_a_part_alone_costs_less_than_the_page(boss: Client) -> None:
    a_morning()
    session = 2
    costs = {
        name: queries(boss, f"{PARTS_AT}?part={name}") - session for name in SEES["administrator"]
    }
    assert costs == {
        "figures": 11,
        "feed": 1,
        "attendance_days": 1,
        "meal_days": 1,
        "groups": 11,
        "meals": 5,
        "incidents": 1,
        "readers": 1,
    }
    both = queries(boss, f"{PARTS_AT}?part=figures&part=groups") - session
    assert both == 11, "counted once for both"


def test_page_styles_scripts_and_icons_are_below_300_kb(boss: Client) -> None:
    a_morning()
    _, gate = make_reader()
    for number in range(40):
        make_card(rfid_number=f"04B3{number:04X}")
        tap(gate, f"04B3{number:04X}", "07:30:00")
    shown = page(boss)
    linked = set(re.findall(r'(?:src|href)="/static/([^"#]+)', shown))
    folder = Path(str(finders.find("dashboard/dashboard.js"))).parent
    imported = {f"dashboard/{module.name}" for module in folder.glob("*.js")}
    files = [Path(str(finders.find(name))) for name in linked | imported]
    assert len(files) >= 12
    total = len(shown.encode()) + sum(file.stat().st_size for file in files)
    assert total < 300_000, total


# --- how times are written -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(minutes=119), "1 h ago"),
        (timedelta(days=3), "on 2026-11-13"),
    ],
)
def test_how_long_ago(passed: timedelta, said: str) -> None:
    now = at("12:00")
    assert ago(now - passed, now) == said


def test_a_tap_of_another_day_says_which() -> None:
    assert clock({"at": "2026-11-16T07:31:02+03:00"}, MONDAY) == "07:31:02"
    assert clock({"at": "2026-11-14T07:31:02+03:00"}, MONDAY) == "2026-11-14 07:31"


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(-75_000, "1 min behind"), (61_000, "1 min ahead"), (2 * 3_600_000, "2 h ahead")],
)
def test_how_wrong_a_clock_is(milliseconds: int, said: str) -> None:
    assert clock_error(milliseconds) == said


def test_the_roles_of_the_parts_are_those_of_the_numbers(make_user: Callable[..., User]) -> None:
    for role, names in SEES.items():
        assert set(parts_of(make_user(role))) == names
