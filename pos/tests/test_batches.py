"""Many taps at once (contract section 8)."""

from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.models import Attendance
from cards.tests.factories import make_card, make_guard, make_member, make_student
from pos.models import ConflictingTap, Tap
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL = "/api/pos/taps/batch/"
CHIP = "04A32B1C"


@pytest.fixture
def gate() -> APIClient:
    return make_reader()[1]


def post(reader: APIClient, items: Any) -> Any:
    return reader.post(URL, {"taps": items})


def test_each_item_is_answered_in_its_place_and_a_bad_one_stops_no_other(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    make_card(make_member(), "RF123456789")
    response = post(
        gate,
        [
            {"event_id": "9", "card": CHIP},
            7,
            {"event_id": "1", "card": "rf123456789"},
            {"event_id": "2", "card": 7},
            {"event_id": "9", "card": CHIP},
            {"event_id": "9", "card": "04A32B1D"},
            {"event_id": "3", "card": "nobody's"},
            None,
            {"event_id": "4", "card": "EDBA996"},
        ],
    )
    body = response.json()
    assert response.status_code == 200
    results = body["results"]
    assert [r["status"] for r in results] == [
        "created",
        "rejected",
        "created",
        "rejected",
        "duplicate",
        "conflict",
        "created",
        "rejected",
        "created",
    ]
    codes = ["ok", "invalid", "ok", "invalid", "ok", "event_conflict", "bad_number"]
    assert [r["code"] for r in results[:6]] == codes[:6]
    assert [r["event_id"] for r in results] == ["9", None, "1", "2", "9", "9", "3", None, "4"]
    assert list(results[3]["errors"]) == ["card"]
    assert results[4]["replayed"] is True
    assert body["summary"] == {
        "total": 9,
        "created": 4,
        "duplicate": 1,
        "conflict": 1,
        "rejected": 3,
    }
    assert Tap.objects.count() == 4
    assert ConflictingTap.objects.get().event_id == "9"


def test_an_item_gets_the_answer_that_it_would_get_alone(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    (item,) = post(gate, [{"event_id": "1", "card": CHIP}]).json()["results"]
    alone = gate.post("/api/pos/taps/", {"event_id": "1", "card": CHIP}).json()
    assert item.pop("status") == "created"
    assert alone == {**item, "replayed": True, "server_time": alone["server_time"]}


def test_a_batch_that_was_sent_again_is_all_duplicates(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    items = [{"event_id": str(n), "card": CHIP} for n in range(20)]
    first = post(gate, items).json()
    again = post(gate, [*items, {"event_id": "new", "card": CHIP}]).json()
    assert again["summary"] == {
        "total": 21,
        "created": 1,
        "duplicate": 20,
        "conflict": 0,
        "rejected": 0,
    }
    for before, after in zip(first["results"], again["results"], strict=False):
        assert after["recorded_at"] == before["recorded_at"]
        assert after["attendance"] == before["attendance"]


def test_a_morning_that_comes_late_and_backwards_makes_the_same_day(gate: APIClient) -> None:
    student = make_card(rfid_number=CHIP).person
    day = timezone.localdate() - timedelta(days=1)
    taps = [
        {"event_id": "3", "card": CHIP, "tapped_at": f"{day}T16:05:00", "direction": "out"},
        {"event_id": "2", "card": CHIP, "tapped_at": f"{day}T12:00:00", "direction": "in"},
        {"event_id": "1", "card": CHIP, "tapped_at": f"{day}T07:31:00", "direction": "in"},
    ]
    post(gate, [{**tap, "offline": True} for tap in taps])
    record = Attendance.objects.get(person=student)
    assert record.attendance_time is not None
    assert record.left_at is not None
    times = [
        timezone.localtime(at).strftime("%H:%M") for at in (record.attendance_time, record.left_at)
    ]
    assert times == ["07:31", "16:05"]
    assert record.status == "Present"


@pytest.mark.parametrize(
    "body",
    [{}, [], None, {"taps": None}, {"taps": {}}, {"taps": []}, {"taps": [{"card": "1"}] * 501}],
)
def test_what_is_no_batch_is_a_400(body: Any, gate: APIClient) -> None:
    response = gate.post(URL, body, format="json")
    assert response.status_code == 400
    assert not Tap.objects.exists()


def test_five_hundred_are_a_batch(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    items = [{"event_id": str(n), "card": CHIP} for n in range(500)]
    assert post(gate, items).json()["summary"]["created"] == 500


def test_half_a_character_stops_no_other_tap_and_not_its_own(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    taps = f'''{{"event_id": "1", "card": "\\ud800"}}, {{"event_id": "2", "card": "{CHIP}"}},
        {{"event_id": "3\\ud800", "card": "{CHIP}", "\\udc00": "\\ud83d\\ude00"}}'''
    for status in ("created", "duplicate"):
        answer = gate.generic("POST", URL, f'{{"taps": [{taps}]}}', content_type="application/json")
        results = answer.json()["results"]
        assert [each["status"] for each in results] == [status] * 3
        assert [each["code"] for each in results] == ["bad_number", "ok", "ok"]
        assert results[2]["ignored"] == ["\ufffd"]


@pytest.mark.parametrize("size", [2, 100])
def test_a_batch_takes_as_many_statements_as_one_tap(
    size: int, gate: APIClient, django_assert_num_queries: Any
) -> None:
    kinds = cycle((make_student, make_member, make_guard))
    for number in range(size):
        make_card(next(kinds)(), f"04A3{number:04X}")
    items = [{"event_id": str(n), "card": f"04A3{n:04X}"} for n in range(size)]
    with django_assert_num_queries(7):
        assert post(gate, items).json()["summary"]["created"] == size


def test_a_huge_body_is_refused_unread(gate: APIClient) -> None:
    body = '{"taps": [' + " " * (10 * 2**20) + "]}"
    response = gate.generic("POST", URL, body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
