"""The ledger as a list: the seed's names, and from when until when (contract section 8)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from cards.tests.factories import make_card
from pos.models import Tap
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

TAPS, CHIP = "/api/pos/taps/", "04A32B1C"


def listed(clerk: APIClient, query: str) -> list[str]:
    response = clerk.get(f"{TAPS}?ordering=tap_id&{query}")
    assert response.status_code == 200, response.content
    return [row["event_id"] for row in response.json()["results"]]


def tap(reader: APIClient, event_id: str, tapped_at: str, **more: Any) -> None:
    sent = {"event_id": event_id, "card": CHIP, "tapped_at": tapped_at, "offline": True, **more}
    assert reader.post(TAPS, sent).status_code == 201


@pytest.fixture
def clerk(caller: Any) -> APIClient:
    client: APIClient = caller("attendance_admin")
    return client


@pytest.fixture
def taps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the evening before, the morning, noon, and the next morning; and one left for review."""
    received = datetime(2026, 11, 20, 9, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: received)
    _, reader = make_reader()
    tap(reader, "evening", "2026-11-18T23:59:00+03:00")
    tap(reader, "morning", "2026-11-19T00:30:00+03:00")
    tap(reader, "noon", "2026-11-19T12:00:00+03:00")
    tap(reader, "next", "2026-11-20T07:30:00+03:00")
    tap(reader, "review", "2001-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from=2026-11-19&to=2026-11-19", ["morning", "noon"]),
        ("from=2026-11-19T00:30:00%2B03:00&to=2026-11-19T09:00:00Z", ["morning", "noon"]),
        ("from=2026-11-18T21:30:01Z&to=2026-11-19", ["noon"]),
        ("from=2026-11-19T12:00:01", ["next", "review"]),
        ("to=2026-11-18T20:59:00Z", ["evening"]),
        ("to=2026-11-18T20:58:59Z", []),
        ("from=2026-11-20T12:00:00%2B03:00", ["review"]),
        ("date=2026-11-19&from=2026-11-19T06:00:00", ["noon"]),
    ],
)
def test_from_and_to_are_days_or_instants(
    clerk: APIClient, taps: None, query: str, found: list[str]
) -> None:
    assert listed(clerk, query) == found


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-11",
        "to=2026-02-30",
        "from=2026-11-19T25:00:00Z",
        "to=0001-01-01T00:00:00%2B14:00",
        "from=%00",
        "to=2026-11-19%00",
    ],
)
def test_what_is_neither_a_day_nor_an_instant_is_a_400(clerk: APIClient, query: str) -> None:
    response = clerk.get(f"{TAPS}?{query}")
    assert response.status_code == 400
    assert list(response.json()) == [query[: query.index("=")]]


@pytest.mark.parametrize("query", ["from=0001-01-01", "to=9999-12-31"])
def test_the_ends_of_the_calendar_are_days_too(clerk: APIClient, query: str) -> None:
    assert listed(clerk, query) == []


def test_a_row_carries_the_seeds_names(clerk: APIClient) -> None:
    device, reader = make_reader()
    card = make_card(rfid_number=CHIP)
    reader.post(TAPS, {"event_id": "1", "card": CHIP})
    (row,) = clerk.get(TAPS).json()["results"]
    assert row["pos_id"] == row["device"] == str(device.pk)
    assert row["activity_type"] == row["activity"] == "attendance"
    assert row["related_card"] == row["card"] == str(card.pk)
    assert row["timestamp"] == row["counted_at"]


def test_what_counts_on_no_day_has_the_time_at_which_it_was_received(
    clerk: APIClient, taps: None
) -> None:
    (row,) = clerk.get(f"{TAPS}?clock_suspect=true").json()["results"]
    assert row["counted_at"] is None
    assert row["timestamp"] == row["received_at"]
    assert Tap.objects.get(event_id="review").date.isoformat() == row["date"]
