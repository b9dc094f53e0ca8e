"""The ledger when it is long: by which index it is asked, how far it is counted, what it takes."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tests.test_office import browser_of
from cards.tests.factories import make_card
from core.pagination import LatestRows
from pos.models import Tap
from pos.tests.factories import make_hatch, make_reader

pytestmark = pytest.mark.django_db

TAPS, CHIP = "/api/pos/taps/", "04A32B1C"
FILL = """
    INSERT INTO pos_tap (device_id, location, activity, received_at, event_id, content, card_text,
        number, direction, food_item, counted_at, date, is_offline, is_clock_suspect, decision,
        code, would_deny, day_status)
    SELECT %s, 'Gate', 'attendance', at, n::text, md5(n::text)::uuid, 'A', 'A', '', '', at,
        at::date, false, false, 'accepted', 'ok', false, 'Present'
    FROM generate_series(1, 12000) AS n,
        LATERAL (SELECT TIMESTAMPTZ '2026-01-05 04:00+00' + n * interval '10 min') AS moment (at)
"""
NOBODY = str(uuid.UUID(int=7))
# The gate has been there, and never served a meal, nor refused anybody.
WITHOUT_HITS = [
    "device=hatch",
    "device=gate&activity=food_service",
    "activity=food_service&offline=false",
    "decision=denied",
    "code=card_expired&date=2026-02-02",
    "offline=true",
    "clock_suspect=true&activity=attendance",
    "would_deny=true",
    "reader_decision=denied",
    "debounced=true&device=gate",
    f"card={NOBODY}",
    f"student={NOBODY}",
    "date=2025-01-01",
    "to=2025-01-01T12:00:00Z&ordering=received_at",
]


@pytest.fixture
def readers(db: None) -> dict[str, str]:
    """Of a gate with 12,000 taps, and of a hatch without any."""
    gate, hatch = make_reader()[0], make_hatch()[0]
    with connection.cursor() as cursor:
        cursor.execute(FILL, [gate.pk])
        cursor.execute("ANALYZE pos_tap")
    return {"gate": str(gate.pk), "hatch": str(hatch.pk)}


def plans(queries: list[dict[str, str]]) -> Iterator[str]:
    """How those that ask the ledger are run."""
    with connection.cursor() as cursor:
        for query in queries:
            if 'FROM "pos_tap"' in query["sql"]:
                cursor.execute(f"EXPLAIN {query['sql']}")
                yield "\n".join(line for (line,) in cursor.fetchall())


def test_a_filter_without_hits_goes_by_an_index(caller: Any, readers: dict[str, str]) -> None:
    clerk = caller("administrator")
    for query in WITHOUT_HITS:
        for name, pk in readers.items():
            query = query.replace(f"device={name}", f"device={pk}")
        with CaptureQueriesContext(connection) as captured:
            assert clerk.get(f"{TAPS}?{query}").json()["count"] == 0
        asked = [*plans(captured.captured_queries)]
        assert asked, query
        for plan in asked:
            assert "Seq Scan on pos_tap " not in plan, (query, plan)
            assert "pos_tap_pkey" not in plan, (query, plan)


def test_an_old_day_is_not_looked_for_from_the_end(caller: Any, readers: dict[str, str]) -> None:
    with CaptureQueriesContext(connection) as captured:
        body = caller("administrator").get(f"{TAPS}?date=2026-01-06").json()
    assert body["count"] == 144
    for plan in plans(captured.captured_queries):
        assert "pos_tap_of_day" in plan


def walk(client: APIClient, query: str) -> tuple[list[int], list[str]]:
    """The count of each page, and all rows of all pages."""
    counts, events, path = [], [], f"{TAPS}?page_size=4&{query}"
    while path:
        body = client.get(path).json()
        counts.append(body["count"])
        events += [row["event_id"] for row in body["results"]]
        path = body["next"]
    return counts, events


def test_the_count_ends_and_the_pages_go_on(caller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LatestRows, "MOST", 6)
    device, reader = make_reader()
    for number in range(11):
        reader.post(TAPS, {"event_id": f"{number:02}", "card": CHIP})
    clerk = caller("administrator")
    latest_first = [f"{number:02}" for number in reversed(range(11))]
    for query in ("", f"device={device.pk}", "from=2020-01-01", "ordering=-counted_at"):
        assert walk(clerk, query) == ([6, 9, 11], latest_first)
    assert walk(clerk, "decision=accepted") == ([0], [])
    for beyond in ("4", "1" + "0" * 30):
        assert clerk.get(f"{TAPS}?page_size=4&page={beyond}").status_code == 404


def test_taps_of_a_card_that_was_deleted_are_found(caller: Any) -> None:
    card = make_card(rfid_number=CHIP)
    make_reader()[1].post(TAPS, {"event_id": "1", "card": CHIP})
    card_uuid = card.pk
    card.delete()
    (row,) = caller("administrator").get(f"{TAPS}?card={card_uuid}").json()["results"]
    assert row["related_card"] == str(card_uuid)


def test_the_office_finds_the_only_refusal_by_an_index(
    make_user: Any, readers: dict[str, str]
) -> None:
    office = browser_of(make_user("administrator"))
    make_reader(name="Side gate")[1].post(TAPS, {"event_id": "1", "card": CHIP})
    with CaptureQueriesContext(connection) as captured:
        page = office.get("/admin/pos/tap/?remark=offline").content.decode()
        assert "0 taps" in page
        page = office.get("/admin/pos/tap/?outcome=unknown_card").content.decode()
        assert "1 tap" in page
    for plan in plans(captured.captured_queries):
        assert "Seq Scan on pos_tap " not in plan
        assert "pos_tap_pkey" not in plan


def test_each_index_is_in_the_table_of_the_documents() -> None:
    text = Path(settings.BASE_DIR, "docs/developers.md").read_text()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'pos_tap'")
        names = [name for (name,) in cursor.fetchall()]
    assert [name for name in names if f"| `{name}` |" not in text] == []
    assert {index.name for index in Tap._meta.indexes} < {*names}
