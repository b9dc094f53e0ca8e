"""Taps that come at the same moment are told and written as if each had come alone."""

import io
import json
import subprocess
import sys
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, transaction

from attendance.models import Attendance
from cards.services import retire_card, switch_card
from cards.tests.factories import make_card, make_guard, make_member, make_student
from embedded.together import Answer
from kitchen.models import KitchenService
from operations.observed import Observed
from pos import door
from pos.models import Tap
from pos.services import register_device
from pos.tests.factories import all_day_period

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

CHIPS = [f"04A32B{n:02X}" for n in range(8)]


def key_of(activity: str = "attendance", name: str = "Gate") -> str:
    return register_device(by=None, name=name, location=name, activity_type=activity)[1]


def asks(key: str, card: str, event_id: str = "1", **more: Any) -> dict[str, Any]:
    body = json.dumps({"event_id": event_id, "card": card, **more}).encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/pos/taps/",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "HTTP_HOST": "testserver",
        "HTTP_AUTHORIZATION": f"Device {key}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }


def told(answer: Answer | None) -> Any:
    assert answer
    body = json.loads(answer.content)
    return body["code"], body["holder"] and body["holder"]["identifier"], body["attendance"]


def cast() -> list[dict[str, Any]]:
    """Good and switched-off cards of every kind, at a gate, a way out and a hatch."""
    all_day_period()
    holders = [make_student(), make_member(), make_guard(), make_student(), make_student()]
    cards = [make_card(holder, chip) for holder, chip in zip(holders, CHIPS, strict=False)]
    switch_card(card=cards[3], is_active=False)
    gate, hatch = key_of(), key_of("food_service", "Kitchen")
    return [
        *(asks(gate, chip, chip, direction="in") for chip in CHIPS[:4]),
        asks(hatch, CHIPS[4]),
        asks(gate, CHIPS[0], "again", direction="out", seq=7),
    ]


def written() -> Any:
    taps = {(t.code, t.person_id, t.direction, t.day_status) for t in Tap.objects.all()}
    days = Attendance.objects.order_by("person").values_list("person", "status", "revision")
    return taps, [*days], Tap.objects.count(), KitchenService.objects.count()


def test_together_they_are_told_and_written_as_one_by_one() -> None:
    asked = cast()
    with transaction.atomic():
        told_alone = [told(door.plain_answers([one])[0])[:2] for one in asked]
        alone = written()
        transaction.set_rollback(True)
    for one in asked:
        one["wsgi.input"].seek(0)
    assert [told(answer)[:2] for answer in door.plain_answers(asked)] == told_alone
    assert written() == alone
    assert told_alone[3] == ("card_inactive", None)
    assert alone[2:] == (len(asked), 1)
    assert Attendance.objects.get(person=Tap.objects.get(event_id="again").person).left_at


def test_what_is_not_plain_among_them_leaves_the_others_alone() -> None:
    gate = key_of()
    make_card(make_student(), CHIPS[0])
    make_card(make_student(), CHIPS[1])
    answers = door.plain_answers(
        [
            asks(gate, CHIPS[0], "1"),
            asks("no key of anybody", CHIPS[1], "2"),
            asks(gate, "04FFFFFF", "3"),
            asks(gate, "not a number!", "4"),
            asks(gate, CHIPS[1], "5", offline=True),
            asks(gate, CHIPS[1], "6"),
        ]
    )
    assert [answer is not None for answer in answers] == [True, False, False, False, False, True]
    assert {*Tap.objects.values_list("event_id", flat=True)} == {"1", "6"}


def test_one_that_is_in_the_ledger_already_takes_none_with_it() -> None:
    gate = key_of()
    for chip in CHIPS[:3]:
        make_card(make_student(), chip)
    door.plain_answers([asks(gate, CHIPS[1], "1")])
    answers = door.plain_answers([asks(gate, chip, str(n)) for n, chip in enumerate(CHIPS[:3])])
    assert [answer is not None for answer in answers] == [True, False, True]
    assert Tap.objects.count() == 3
    assert [len(day.passes) for day in Attendance.objects.all()] == [1, 1, 1]


def test_one_event_id_for_two_cards_is_one_tap() -> None:
    gate = key_of()
    for chip in CHIPS[:2]:
        make_card(make_student(), chip)
    answers = door.plain_answers([asks(gate, chip, "the same") for chip in CHIPS[:2]])
    assert [answer is not None for answer in answers] == [True, False]
    assert Tap.objects.count() == Attendance.objects.count() == 1


def test_two_cards_of_one_person_do_not_lose_a_pass() -> None:
    person, gate = make_student(), key_of()
    old = make_card(person, CHIPS[0])
    door.plain_answers([asks(gate, CHIPS[0], "0", direction="in")])
    retire_card(card=old, reason="lost")
    make_card(person, CHIPS[1])
    # At a retired card the way out ends a stay, at the other it begins another.
    door.plain_answers(
        [asks(gate, CHIPS[0], "1", direction="out"), asks(gate, CHIPS[1], "2", direction="in")]
    )
    (day,) = Attendance.objects.all()
    assert len(day.passes) == Tap.objects.count()


def test_what_the_server_runs_can_answer_together() -> None:
    """In a process of its own: it watches for changed settings from then on."""
    asked = "from trackxpert.wsgi import application; print(callable(application.answer_together))"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=settings.BASE_DIR, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"True"


@pytest.mark.django_db(transaction=True)
def test_what_is_around_the_door_names_each_request() -> None:
    application = Observed(door.TapDoor(lambda environ, start: []))
    gate = key_of()
    for chip in CHIPS[:3]:
        make_card(make_student(), chip)
    answers = application.answer_together([asks(gate, chip, chip) for chip in CHIPS[:3]])
    assert [told(answer)[0] for answer in answers] == ["ok"] * 3
    assert len({dict(answer.headers)["X-Request-ID"] for answer in answers if answer}) == 3


def test_who_is_judged_again_keeps_nothing_of_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two together one is in the ledger; meanwhile the other's card is switched off."""
    gate = key_of()
    cards = [make_card(make_student(), chip) for chip in CHIPS[:2]]
    door.plain_answers([asks(gate, CHIPS[0], "0")])
    write = door._write

    def overtaken(*said: Any, **how: Any) -> None:
        monkeypatch.setattr(door, "_write", write)
        switch_card(card=cards[1], is_active=False)
        write(*said, **how)

    monkeypatch.setattr(door, "_write", overtaken)
    _, answer = door.plain_answers([asks(gate, CHIPS[0], "0"), asks(gate, CHIPS[1], "1")])
    assert told(answer) == ("card_inactive", None, None)
    tap = Tap.objects.get(event_id="1")
    assert (tap.day_status, tap.day_time) == ("", None)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_lock_holds_the_others_up_for_a_moment_only() -> None:
    gate = key_of()
    for chip in CHIPS[:2]:
        make_card(make_student(), chip)
    door.plain_answers([asks(gate, chip, "0") for chip in CHIPS[:1]])
    with closing(psycopg2.connect(**connection.get_connection_params() | {"options": ""})) as other:
        other.cursor().execute("SELECT FROM attendance_attendance FOR UPDATE")
        both = [asks(gate, chip, f"1{chip}", direction="in") for chip in CHIPS[:2]]
        assert door.plain_answers(both) == [None, None]  # after 0.1 s: the view takes each alone
        assert Tap.objects.count() == 1
        (alone,) = door.plain_answers([asks(gate, CHIPS[1], "2", direction="in")])
        assert alone
        assert alone.status == "201 Created"
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)
