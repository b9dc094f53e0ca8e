"""`POS-device`: what `/api/pos/devices/` does, at the monitor's address."""

import pytest
from rest_framework.test import APIClient

from accounts.tests.wire import assert_refused
from cards.tests.factories import make_card
from monitor.tests.addresses import own
from pos.models import Device

pytestmark = pytest.mark.django_db

READER = {"name": "Main gate 1", "location": "Gate", "activity_type": "attendance"}


@pytest.fixture
def address(administrator: APIClient) -> str:
    return own("administrator", "POS-device")


def test_the_key_is_shown_once_and_opens(
    administrator: APIClient, anybody: APIClient, address: str
) -> None:
    response = administrator.post(address, READER)
    assert response.status_code == 201
    key = response.json()["key"]
    anybody.credentials(HTTP_AUTHORIZATION=f"Device {key}")
    tap = anybody.post("/api/pos/taps/", {"card": make_card().rfid_number})
    assert tap.json()["decision"] == "accepted"
    assert key.encode() not in administrator.get(address).content


def test_the_list_is_that_of_the_api(administrator: APIClient, address: str) -> None:
    for number in range(3):
        administrator.post(address, {**READER, "name": f"Gate {number}"})
    for query in ("", "?is_active=true", "?activity_type=food_service", "?page_size=2"):
        here = administrator.get(address + query).json()
        there = administrator.get("/api/pos/devices/" + query).json()
        assert (here["count"], here["results"]) == (there["count"], there["results"])
    assert administrator.get(address).json()["count"] == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "a\x00"), ("activity_type", "doors"), ("direction", "up")],
)
def test_bad_input_is_a_400_on_its_field(
    administrator: APIClient, address: str, field: str, value: str
) -> None:
    response = administrator.post(address, {**READER, field: value})
    assert_refused(response, 400)
    assert list(response.json()) == [field]
    assert not Device.objects.exists()
