"""Taps without an event id: card, second and direction make one (contract section 8)."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from cards.tests.factories import make_card
from pos.models import Device, Tap
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

URL, CHIP = "/api/pos/taps/", "04A32B1C"


@pytest.fixture(autouse=True)
def card() -> None:
    make_card(rfid_number=CHIP)


def sent(reader: APIClient, **fields: Any) -> Any:
    return reader.post(URL, {"card": CHIP, **fields})


def test_in_and_out_in_the_same_second_are_two_taps() -> None:
    _, gate = make_reader()
    now = timezone.now().replace(microsecond=0).isoformat()
    answers = [sent(gate, tapped_at=now, direction=way) for way in ("in", "out")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Tap.objects.count() == 2


def test_a_double_read_in_the_same_second_and_direction_is_one_tap() -> None:
    _, gate = make_reader()
    now = timezone.now().replace(microsecond=0)
    for way in ({"direction": "in"}, {}):
        first = sent(gate, tapped_at=now.isoformat(), **way)
        again = sent(gate, tapped_at=now.replace(microsecond=900_000).isoformat(), **way)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["replayed"] is True


def test_what_a_reader_of_one_direction_leaves_unsaid_is_its_own() -> None:
    _, entrance = make_reader(direction=Device.Direction.IN)
    now = timezone.now().replace(microsecond=0).isoformat()
    unsaid, said = sent(entrance, tapped_at=now), sent(entrance, tapped_at=now, direction="in")
    assert (unsaid.status_code, said.status_code) == (201, 200)
    assert sent(entrance, tapped_at=now, direction="out").status_code == 201
    assert list(Tap.objects.order_by("tap_id").values_list("direction", flat=True)) == ["in", "out"]
