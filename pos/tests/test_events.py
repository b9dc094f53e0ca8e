"""The hashes by which the ledger knows an event, and the index of ids that stood in its place."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from accounts.tests.races import at_once
from cards.tests.factories import make_card
from pos import ledger
from pos.models import Tap
from pos.protocol import ItemStatus
from pos.superseded import SUPERSEDE, SUPERSEDED_FOR, drop_superseded
from pos.tests.factories import make_reader
from pos.tests.test_held_up import somebody_holds
from pos.tests.test_ledger_growth import FILL
from pos.tests.test_races import _record

URL, CHIP = "/api/pos/taps/", "04A32B1C"
NEW, OLD = "pos_tap_event_hashes", "pos_tap_unique_event_of_series"


def send(reader: APIClient, event_id: str, series: str = "") -> Any:
    return reader.post(URL, {"event_id": event_id, "card": CHIP, "series": series})


# --- the hashes -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.dialect
@pytest.mark.parametrize("event_id", ["1", "a b", r"back\slash", "' quoted \"", "kadi ya ñandú 🎓"])
@pytest.mark.parametrize("series", ["", "boot 7", "ñ"])
def test_an_event_is_told_from_every_other(event_id: str, series: str) -> None:
    device, reader = make_reader()
    beside = make_reader(name="Beside")[1]
    assert send(reader, event_id, series).status_code == 201
    assert send(reader, event_id, series).json()["replayed"] is True
    for other in (
        send(beside, event_id, series),
        send(reader, f"{event_id}1", series),
        send(reader, event_id, f"{series}1"),
        send(reader, f"{event_id}{series}", "x"),
    ):
        assert other.status_code == 201
    [tap] = Tap.objects.of_events(device.pk, [event_id]).filter(series=series)
    assert (tap.event_id, tap.series, tap.device) == (event_id, series, device)


@pytest.mark.django_db
def test_an_event_is_found_in_each_of_its_series() -> None:
    device, reader = make_reader()
    for series in ("", "a", "b"):
        send(reader, "1", series)
    send(reader, "2")
    send(make_reader(name="Beside")[1], "1")
    found = Tap.objects.of_events(device.pk, ["1", "3"])
    assert sorted(tap.series for tap in found) == ["", "a", "b"]
    assert not Tap.objects.of_events(device.pk, [])


@pytest.mark.django_db
def test_events_are_found_by_the_index_that_keeps_them_once() -> None:
    device, _ = make_reader()
    with connection.cursor() as cursor:
        cursor.execute(FILL, [device.pk])
        cursor.execute("ANALYZE pos_tap")
    one = Tap.objects.of_events(device.pk, ["7"])
    many = Tap.objects.of_events(device.pk, [str(n) for n in range(500)])
    assert (one.count(), many.count()) == (1, 499)
    assert OLD in one.explain()
    assert OLD in many.explain()


HASHES = Path(settings.BASE_DIR, "pos/sql/event_hashes.sql").read_text()


@pytest.fixture
def one_hash_for_all(transactional_db: None) -> Iterator[None]:
    for hashes in (re.sub(r"hashtextextended\(.*", "7::bigint", HASHES), HASHES):
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE pos_tap CASCADE")
            cursor.execute(hashes.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
        connection.close()  # a session keeps what an index is of
        if hashes != HASHES:
            yield


def test_two_events_of_one_hash_are_a_clash(one_hash_for_all: None) -> None:
    """It hardly ever happens; then the reader is told, and nothing waits for ever."""
    _, reader = make_reader()
    assert send(reader, "1").status_code == 201
    other = send(reader, "2")
    assert (other.status_code, other.json()["code"]) == (409, "event_conflict")
    assert send(reader, "1").json()["replayed"] is True


# --- the index of before ----------------------------------------------------------------------


@pytest.fixture
def as_nodes_are_exchanged(transactional_db: None) -> Iterator[None]:
    """With both indexes, as an upgrade leaves them."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER INDEX {OLD} RENAME TO {NEW}")
        cursor.execute(
            f"ALTER TABLE pos_tap ADD CONSTRAINT {OLD} UNIQUE (device_id, event_id, series)"
        )
        yield
        if NEW in _indexes():
            cursor.execute(SUPERSEDE)


def _indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'pos_tap'")
        return {name for (name,) in cursor.fetchall()}


def _migrated_at() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT applied FROM django_migrations WHERE name = '0020_events_by_hash'")
        [[moment]] = cursor.fetchall()
    assert isinstance(moment, datetime)
    return moment


def test_the_index_of_ids_goes_a_day_later(as_nodes_are_exchanged: None) -> None:
    drop_superseded(at=_migrated_at() + SUPERSEDED_FOR - timedelta(minutes=1))
    assert {NEW, OLD} <= _indexes()
    due = _migrated_at() + SUPERSEDED_FOR + timedelta(minutes=1)
    for _ in range(2):
        drop_superseded(at=due)
        assert NEW not in _indexes()
        assert OLD in _indexes()
    _, reader = make_reader()
    assert [send(reader, "1").status_code for _ in range(2)] == [201, 200]


def test_it_stays_while_somebody_is_at_the_ledger(as_nodes_are_exchanged: None) -> None:
    with somebody_holds("LOCK TABLE pos_tap IN ROW EXCLUSIVE MODE"):
        drop_superseded(at=_migrated_at() + 2 * SUPERSEDED_FOR)
    assert {NEW, OLD} <= _indexes()


OF_BEFORE = "ON CONFLICT (device_id, event_id, series) DO NOTHING"


@pytest.mark.parametrize("does", ["ON CONFLICT DO NOTHING", OF_BEFORE])
def test_code_of_either_version_takes_a_tap_once_meanwhile(
    as_nodes_are_exchanged: None, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    statement = ledger.INSERT.replace("ON CONFLICT DO NOTHING", does)
    assert does in statement
    monkeypatch.setattr(ledger, "INSERT", statement)
    make_card(rfid_number=CHIP)
    device, _ = make_reader()
    tap = partial(_record, device, {"event_id": "1", "card": CHIP, "direction": "in"})
    results = [result for (result,) in at_once(*[tap] * 50)]
    assert Counter(result.status for result in results) == {
        ItemStatus.CREATED: 1,
        ItemStatus.DUPLICATE: 49,
    }
    assert Tap.objects.count() == 1
