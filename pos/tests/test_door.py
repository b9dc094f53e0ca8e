"""The door of taps says what the ordinary view says, and does so for every plain tap."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import get_language, override
from rest_framework.test import APIClient

from attendance.changes import set_policy
from attendance.models import Attendance
from attendance.tests.factories import make_pupil
from cards.models import Card
from cards.services import retire_card, switch_card
from cards.tests.factories import make_card, make_guard, make_member, make_student, make_visitor
from kitchen.models import KitchenService
from pos import door
from pos.models import MESSAGES, Code, Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader
from pos.words import in_language

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, CHIP = "/api/pos/taps/", "04A32B1C"
CHANGING = {"recorded_at", "server_time", "event_id"}


class Doors:
    """The same tap at the door and at the view; whether the door answered by itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answered = 0
        self._of_door = door.plain_answers

        def counted(environs: Sequence[dict[str, Any]]) -> Any:
            answers = self._of_door(environs)
            self.answered += sum(answer is not None for answer in answers)
            return answers

        monkeypatch.setattr(door, "plain_answers", counted)


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch, through_the_door: Callable[[], None]) -> Doors:
    counted = Doors(monkeypatch)
    through_the_door()
    return counted


def said(response: Any) -> dict[str, Any]:
    body = response.json()
    kept = {name: value for name, value in body.items() if name not in CHANGING}
    day = kept["attendance"]
    if day:
        day["attendance_time"] = bool(day["attendance_time"])
    if kept["meal"]:
        kept["meal"]["service_id"] = "some"
    headers = {k: v for k, v in response.headers.items() if k != "Content-Length"}
    return {"status": response.status_code, "headers": headers, "names": [*body], **kept}


SPOKEN_BEFORE = {"en": "sw", "sw": "en"}


def post_after_another(reader: APIClient, language: str, item: dict[str, Any]) -> Any:
    """A tap in this language, in a thread that has just answered somebody in the other one."""
    before = SPOKEN_BEFORE[language]
    reader.get("/api/pos/me/", headers={"accept-language": before})
    assert get_language() == before
    return reader.post(URL, item, headers={"accept-language": language})


@override("en")
@pytest.mark.parametrize("language", SPOKEN_BEFORE)
def test_both_speak_as_they_are_asked_whatever_was_spoken_before(
    request: pytest.FixtureRequest, language: str
) -> None:
    for number in (CHIP, "04A32B1D"):
        make_card(make_student(), number)
    _, reader = make_reader()
    view = said(post_after_another(reader, language, {"event_id": "1", "card": CHIP}))
    doors: Doors = request.getfixturevalue("doors")
    other = said(post_after_another(reader, language, {"event_id": "2", "card": "04A32B1D"}))
    assert doors.answered == 1
    assert view["headers"] == other["headers"]
    assert view["headers"]["Content-Language"] == language
    assert view["message"] == other["message"] == in_language(MESSAGES[Code.OK], language)


PEOPLE = [make_student, make_member, make_guard]
ITEMS: list[dict[str, Any]] = [
    {},
    {"direction": "in"},
    {"direction": "out"},
    {"food_item": "Rice"},
    {"reader_decision": "denied"},
    {"reader_decision": "accepted", "offline": False},
]


@pytest.mark.dialect
@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("make_person", PEOPLE)
@pytest.mark.parametrize("make", [make_reader, make_hatch])
@pytest.mark.parametrize("state", ["good", "off", "retired"])
def test_both_say_the_same_and_write_the_same(
    request: pytest.FixtureRequest,
    make: Any,
    make_person: Any,
    item: dict[str, Any],
    state: str,
) -> None:
    all_day_period()
    for number in (CHIP, "04A32B1D"):
        card = make_card(make_person(), number)
        if state == "off":
            switch_card(card=card, is_active=False)
        elif state == "retired":
            retire_card(card=card, reason="lost")
    _, reader = make()
    view = reader.post(URL, {"event_id": "1", "card": CHIP, **item})
    doors: Doors = request.getfixturevalue("doors")
    other = reader.post(URL, {"event_id": "2", "card": "04A32B1D", **item})
    assert doors.answered == 1
    told = [said(view), said(other)]
    for one in told:
        if one["holder"]:
            del one["holder"]["identifier"], one["holder"]["full_name"]
    assert told[0] == told[1]
    varying = {"tap_id", "event_id", "content", "card_text", "number", "card_uuid", "person_id"}
    varying |= {"received_at", "counted_at", "day_time", "service_id", "transaction_id"}
    rows = [{k: v for k, v in row.items() if k not in varying} for row in Tap.objects.values()]
    assert rows[0] == rows[1]
    days = Attendance.objects.values("status", "class_code", "is_counted", "revision", "sessions")
    assert len(days) in {0, 2}
    assert all(day["revision"] == 1 for day in days)
    assert KitchenService.objects.count() in {0, 2}


def test_a_plain_tap_is_two_statements(doors: Doors) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    gate.post(URL, {"event_id": "1", "card": CHIP, "direction": "in"})
    with CaptureQueriesContext(connection) as asked:
        gate.post(URL, {"event_id": "2", "card": CHIP, "direction": "out"})
    of_tests = {"SAVEPOINT", "RELEASE"}
    assert len([q for q in asked if q["sql"].split()[0] not in of_tests]) == 2
    assert doors.answered == 2
    assert Attendance.objects.get().left_at


def test_a_double_read_is_plain_and_a_row_of_its_own(doors: Doors) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    for event_id in "123":
        gate.post(URL, {"event_id": event_id, "card": CHIP})
    assert doors.answered == 3
    marks = Tap.objects.order_by("tap_id").values_list("is_debounced", flat=True)
    assert [*marks] == [False, True, True]


@pytest.mark.parametrize(
    "body",
    [
        {"card": CHIP, "event_id": "1", "offline": True},
        {"card": CHIP, "event_id": "1", "tappedAt": "2026-01-01T00:00:00Z"},
        {"card": "04FFFFFF", "event_id": "1"},
        {"card": "not a number!", "event_id": "1"},
        {"card": 7, "event_id": "1"},
        {"card": CHIP, "event_id": ""},
        [],
        "x",
        {},
    ],
)
def test_what_is_not_plain_is_the_views(doors: Doors, body: Any) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    response = gate.post(URL, body)
    assert doors.answered == 0
    assert response.status_code in {201, 400}
    assert "X-Decision" in response.headers or response.status_code == 400


def test_a_repeat_is_told_the_first_answer(doors: Doors) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    tap = {"event_id": "1", "card": CHIP}
    first, again = gate.post(URL, tap), gate.post(URL, tap)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["replayed"]
    assert gate.post(URL, {"event_id": "1", "card": "04FFFFFF"}).status_code == 409
    assert Tap.objects.count() == 1


def test_another_portion_at_another_hatch_is_refused(doors: Doors) -> None:
    all_day_period()
    make_card(rfid_number=CHIP)
    hatches = [make_hatch(name=name)[1] for name in ("Hatch 1", "Hatch 2")]
    codes = [h.post(URL, {"event_id": "1", "card": CHIP}).json()["code"] for h in hatches]
    assert codes == ["ok", "already_served"]
    assert KitchenService.objects.count() == 1


def test_a_key_that_was_rolled_or_a_reader_that_changed_is_heeded_at_once(
    doors: Doors, administrator: APIClient
) -> None:
    make_card(rfid_number=CHIP)
    device, gate = make_reader()
    assert gate.post(URL, {"event_id": "1", "card": CHIP}).status_code == 201
    url = f"/api/pos/devices/{device.pk}/"
    administrator.patch(url, {"direction": "out", "location": "East"})
    gate.post(URL, {"event_id": "2", "card": CHIP})
    tap = Tap.objects.get(event_id="2")
    assert (tap.direction, tap.location) == ("out", "East")
    administrator.patch(url, {"is_active": False})
    assert gate.post(URL, {"event_id": "3", "card": CHIP}).status_code in {401, 403}
    administrator.patch(url, {"is_active": True})
    administrator.post(f"{url}roll-key/")
    assert gate.post(URL, {"event_id": "4", "card": CHIP}).status_code == 401


def test_a_reader_that_is_off_stays_off_however_often_it_asks(
    doors: Doors, administrator: APIClient
) -> None:
    make_card(rfid_number=CHIP)
    device, gate = make_reader()
    gate.post(URL, {"event_id": "0", "card": CHIP})
    administrator.patch(f"/api/pos/devices/{device.pk}/", {"is_active": False})
    told = [gate.post(URL, {"event_id": f"{n}", "card": CHIP}).status_code for n in (1, 2, 3, 4)]
    assert set(told) <= {401, 403}
    assert Tap.objects.count() == 1


def test_a_muster_reader_makes_nobody_present_however_often_it_asks(doors: Doors) -> None:
    make_card(rfid_number=CHIP)
    _, muster = make_reader(is_muster=True)
    for n in "1234":
        assert muster.post(URL, {"event_id": n, "card": CHIP}).status_code == 201
    assert doors.answered == 0
    assert not Attendance.objects.exists()


def test_visitors_are_the_views(doors: Doors) -> None:
    now = timezone.now()
    card = make_card(make_visitor(), CHIP)
    Card.objects.filter(pk=card.pk).update(expiry_date=now + timedelta(days=1))
    _, gate = make_reader()
    gate.post(URL, {"event_id": "1", "card": CHIP})
    assert Tap.objects.count() == 1


# --- between the two statements ------------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen once, after a tap was looked up and before it is written."""
    write = door._write

    def soon(deed: Callable[[], object]) -> None:
        def other(*said: Any, **how: Any) -> None:
            monkeypatch.setattr(door, "_write", write)
            deed()
            write(*said, **how)

        monkeypatch.setattr(door, "_write", other)

    return soon


Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def gate(doors: Doors) -> APIClient:
    pupil, _ = make_pupil()
    Card.objects.filter(person=pupil).update(rfid_number=CHIP)
    return make_reader()[1]


def late_after(time_of_day: str) -> None:
    set_policy(class_level="", changes={"late_after": time.fromisoformat(time_of_day)})


MIDDAY = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("Africa/Dar_es_Salaam"))


def without_looking_at_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the version by which the day was judged were always the newest."""
    newest = "(SELECT max(version) FROM attendance_rulebook)"
    blind = door.WRITE.replace("(%s, %s,", f"(%s, COALESCE({newest}, %s),", 1)
    monkeypatch.setattr(door, "WRITE", blind)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_rules_that_change_meanwhile_judge_the_tap(
    monkeypatch: pytest.MonkeyPatch, gate: APIClient, meanwhile: Meanwhile, is_guarded: bool
) -> None:
    if not is_guarded:
        without_looking_at_the_rules(monkeypatch)
    with time_machine.travel(MIDDAY, tick=False):
        late_after("12:30")
        meanwhile(lambda: late_after("11:30"))
        told = gate.post(URL, {"event_id": "1", "card": CHIP}).json()
    assert told["attendance"]["status"] == ("Late" if is_guarded else "Present")


def test_a_pass_that_comes_meanwhile_is_kept(gate: APIClient, meanwhile: Meanwhile) -> None:
    with time_machine.travel(MIDDAY, tick=False):
        other = make_reader(name="Other")[1]
        meanwhile(lambda: other.post(URL, {"event_id": "1", "card": CHIP, "direction": "in"}))
        gate.post(URL, {"event_id": "2", "card": CHIP, "direction": "out"})
    assert len(Attendance.objects.get().passes) == Tap.objects.count() == 2


def test_without_the_revision_the_pass_that_came_meanwhile_is_lost(
    monkeypatch: pytest.MonkeyPatch, gate: APIClient, meanwhile: Meanwhile
) -> None:
    """The control."""
    with time_machine.travel(MIDDAY, tick=False):
        other = make_reader(name="Other")[1]
        gate.post(URL, {"event_id": "0", "card": CHIP, "direction": "in"})
    with time_machine.travel(MIDDAY + timedelta(minutes=1), tick=False):
        blind = """
            WITH said AS (SELECT %s::text AS rules, %s::bigint AS version, %s::jsonb AS days,
                %s::jsonb AS meals, %s::jsonb AS taps, %s::text AS patience),
            fresh AS (SELECT jsonb_agg(each || jsonb_build_object('revision', day.revision + 1))
                AS days FROM said, jsonb_array_elements(said.days) AS each
                JOIN attendance_attendance AS day ON day.person_id = (each ->> 'person_id')::uuid)
            SELECT pos_write_taps(rules, version, fresh.days, meals, taps, patience)
            FROM said, fresh
        """
        monkeypatch.setattr(door, "WRITE", blind)
        meanwhile(lambda: other.post(URL, {"event_id": "1", "card": CHIP, "direction": "out"}))
        gate.post(URL, {"event_id": "2", "card": CHIP, "direction": "in"})
    assert Tap.objects.count() == 3
    assert len(Attendance.objects.get().passes) == 2


def test_a_meal_that_is_served_meanwhile_is_the_only_one(
    doors: Doors, meanwhile: Meanwhile
) -> None:
    all_day_period()
    make_card(rfid_number=CHIP)
    first, second = (make_hatch(name=name)[1] for name in ("Hatch 1", "Hatch 2"))
    meanwhile(lambda: second.post(URL, {"event_id": "1", "card": CHIP}))
    told = first.post(URL, {"event_id": "1", "card": CHIP}).json()
    assert told["code"] == "already_served"
    assert KitchenService.objects.count() == 1


def test_a_repeat_that_overtakes_is_one_tap(gate: APIClient, meanwhile: Meanwhile) -> None:
    tap = {"event_id": "1", "card": CHIP}
    with time_machine.travel(MIDDAY, tick=False):
        meanwhile(lambda: gate.post(URL, tap))
        answer = gate.post(URL, tap)
    assert (answer.status_code, answer.json()["replayed"]) == (200, True)
    assert Tap.objects.count() == 1
    assert len(Attendance.objects.get().passes) == 1


# --- a database that is busy ---------------------------------------------------------------------


@pytest.mark.dialect
@pytest.mark.django_db(transaction=True)
@override("en")
@pytest.mark.parametrize("language", SPOKEN_BEFORE)
def test_who_has_waited_as_long_as_a_tap_may_does_not_wait_again(
    request: pytest.FixtureRequest, language: str
) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    with closing(psycopg2.connect(**connection.get_connection_params() | {"options": ""})) as other:
        other.cursor().execute("LOCK TABLE pos_tap")
        of_view = post_after_another(gate, language, {"event_id": "1", "card": CHIP})
        doors: Doors = request.getfixturevalue("doors")
        of_door = post_after_another(gate, language, {"event_id": "1", "card": CHIP})
    assert doors.answered == 1
    assert of_view.status_code == of_door.status_code == 503
    assert of_view.json() == of_door.json()
    heads = ("Retry-After", "Content-Type", "X-Frame-Options", "X-Content-Type-Options")
    for name in (*heads, "Content-Language", "Vary"):
        assert of_view.headers[name] == of_door.headers[name]
    assert not Tap.objects.exists()
    assert gate.post(URL, {"event_id": "1", "card": CHIP}).status_code == 201
