"""What the feed tells of cards that were read twice, and of taps that were taken back."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from cards.tests.factories import make_card, make_student
from conftest import OWN_CLASS
from pos.tests.factories import all_day_period, make_hatch, make_reader

# What was committed since is a question of transactions.
pytestmark = pytest.mark.django_db(transaction=True)

TAPS, CHIP = "/api/pos/taps/", "04A32B1C"


def news(client: APIClient, position: str) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    told = client.get(f"/api/live/?since={position}").json()
    return told["position"], [(event["event"], event["data"]) for event in told["events"]]


def test_a_second_read_is_told_as_one(caller: Any) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    clerk = caller("attendance_admin")
    position, _ = news(clerk, "")
    for event in ("1", "2"):
        gate.post(TAPS, {"card": CHIP, "event_id": event})
    _, told = news(clerk, position)
    assert [(kind, tap["event_id"], tap["debounced"]) for kind, tap in told] == [
        ("tap", "1", False),
        ("tap", "2", True),
    ]


def test_a_tap_that_is_taken_back_is_told_to_whoever_was_told_of_it(caller: Any) -> None:
    all_day_period()
    make_card(make_student(class_code=OWN_CLASS), CHIP)
    make_card(make_student(class_code="Another"), "04A32B1D")
    clerks = {role: caller(role) for role in ("attendance_admin", "kitchen_admin", "class_teacher")}
    gate, hatch = make_reader()[1], make_hatch()[1]
    for reader, card, event in (
        (gate, CHIP, "own"),
        (gate, "04A32B1D", "other"),
        (hatch, CHIP, "meal"),
    ):
        reader.post(TAPS, {"card": card, "event_id": event})
    positions = {role: news(clerk, "")[0] for role, clerk in clerks.items()}
    for reader, event in ((gate, "own"), (gate, "other"), (hatch, "meal")):
        assert reader.post(f"{TAPS}annul/", {"event_id": event}).status_code == 200
    told = {
        role: [
            (kind, tap["event_id"], tap["annulled"])
            for kind, tap in news(clerk, positions[role])[1]
        ]
        for role, clerk in clerks.items()
    }
    own, other, meal = (("tap_annulled", event, True) for event in ("own", "other", "meal"))
    assert told == {
        "attendance_admin": [own, other],
        "kitchen_admin": [meal],
        "class_teacher": [own],
    }
