"""A reader counts its taps, so that a gap is seen (contract section 8)."""

from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_card
from pos.models import CountedSeries, Device, Tap
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, BATCH, CHIP = "/api/pos/taps/", "/api/pos/taps/batch/", "04A32B1C"


@pytest.fixture
def reader() -> tuple[Device, APIClient]:
    make_card(rfid_number=CHIP)
    return make_reader(debounce_seconds=0)


def tap(gate: APIClient, seq: int, **said: Any) -> Any:
    return gate.post(URL, {"event_id": f"e{seq}", "card": CHIP, "seq": seq, **said})


def shown(administrator: APIClient, device: Device) -> tuple[Any, ...]:
    body = administrator.get(f"/api/pos/devices/{device.pk}/").json()
    missing = [(gap["from"], gap["to"]) for gap in body["missing"]]
    return body["series"], body["complete_to"], missing


def test_a_reader_that_does_not_count_misses_nothing(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, gate = reader
    gate.post(URL, {"event_id": "1", "card": CHIP})
    assert shown(administrator, device) == (None, None, [])


def test_what_has_not_come_while_later_ones_have_is_missing(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, gate = reader
    for seq in (1, 2, 3, 5, 9):
        assert tap(gate, seq).status_code == 201
    assert shown(administrator, device) == ("", 3, [(4, 4), (6, 8)])
    for seq in (8, 6, 4, 7, 4):
        tap(gate, seq)
    assert shown(administrator, device) == ("", 9, [])


def test_a_batch_counts_in_any_order(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, gate = reader
    items = [{"event_id": f"e{seq}", "card": CHIP, "seq": seq} for seq in (14, 10, 11, 14)]
    gate.post(BATCH, {"taps": items}, format="json")
    assert shown(administrator, device) == ("", 11, [(12, 13)])


def test_what_never_will_be_a_tap_has_come_all_the_same(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, gate = reader
    tap(gate, 1)
    assert tap(gate, 2, direction="sideways").status_code == 400
    tap(gate, 3)
    assert shown(administrator, device) == ("", 3, [])


def test_a_new_series_has_ids_and_counts_of_its_own(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, gate = reader
    for seq in (1, 3):
        tap(gate, seq, series="a")
    assert tap(gate, 1, series="b", direction="in").status_code == 201
    assert tap(gate, 1, series="b", direction="in").status_code == 200
    assert tap(gate, 1, series="b", direction="out").status_code == 409
    assert shown(administrator, device) == ("b", 1, [])
    assert Tap.objects.filter(event_id="e1").count() == 2
    assert CountedSeries.objects.get(series="a").missing == 1


def test_the_count_is_no_part_of_what_makes_a_tap(reader: tuple[Device, APIClient]) -> None:
    """Firmware that learns to count sends what waits in it with a count."""
    _, gate = reader
    assert gate.post(URL, {"event_id": "1", "card": CHIP}).status_code == 201
    assert gate.post(URL, {"event_id": "1", "card": CHIP, "seq": 7}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("seq", value) for value in (-1, "7", 1.5, True, 2**53)),
        *(("series", value) for value in (7, "x" * 65, "a\n", "(again 1)")),
    ],
)
def test_what_is_no_count_is_refused_by_its_name(
    reader: tuple[Device, APIClient], name: str, value: Any
) -> None:
    answer = reader[1].post(URL, {"card": CHIP, name: value}, format="json")
    assert (answer.status_code, [*answer.json()][:1]) == (400, [name])


def test_who_counts_at_random_keeps_five_hundred_ranges(reader: tuple[Device, APIClient]) -> None:
    _, gate = reader
    for start in (0, 10_000):
        items = [
            {"event_id": f"{seq}", "card": CHIP, "seq": seq}
            for seq in range(start, start + 1000, 2)
        ]
        gate.post(BATCH, {"taps": items}, format="json")
    known = CountedSeries.objects.get()
    assert len(known.seen) <= 501
    assert known.missing == sum(gap.number for gap in known.gaps)


def test_a_list_of_readers_asks_no_more_for_each(administrator: APIClient) -> None:
    make_card(rfid_number=CHIP)

    def asked() -> int:
        _, gate = make_reader()
        tap(gate, 1)
        tap(gate, 3)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert administrator.get("/api/pos/devices/").status_code == 200
        return len(queries)

    assert asked() == asked()


def test_the_office_and_the_dashboard_say_what_is_missing(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, gate = reader
    for seq in (1, 3, 7):
        tap(gate, seq, series="boot <7>")
    office = browser_of(User.objects.get(username="administrator"))
    page = unescape(office.get(f"/admin/pos/device/{device.pk}/change/").content.decode())
    assert "up to 1; missing: 2, 4–6" in page
    assert "4 taps missing" in office.get("/dashboard/parts/?part=readers").content.decode()
