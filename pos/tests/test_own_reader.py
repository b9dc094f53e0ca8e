"""What a reader learns of itself, and a hatch of the meals of today."""

import pytest

from cards.tests.factories import make_card, make_student
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


def test_a_hatch_learns_who_is_still_to_come() -> None:
    all_day_period(name="Lunch")
    card = make_card(make_student())
    make_student()
    _, hatch = make_hatch()
    (meal,) = hatch.get("/api/pos/me/").json()["meals"]
    assert meal == {"name": "Lunch", "is_on": True, "expected": 2, "still_to_come": 2}
    hatch.post("/api/pos/taps/", {"card": card.rfid_number})
    (meal,) = hatch.get("/api/pos/me/").json()["meals"]
    assert (meal["expected"], meal["still_to_come"]) == (2, 1)


def test_a_gate_has_no_meals() -> None:
    all_day_period()
    assert make_reader()[1].get("/api/pos/me/").json()["meals"] == []
