"""The same card read again within seconds is the same pass (contract section 8)."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance
from cards.tests.factories import make_card, make_student, make_visitor
from kitchen.models import KitchenService
from pos.annulling import annul_tap
from pos.models import Device, Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, CHIP = "/api/pos/taps/", "04A32B1C"


@pytest.fixture
def at() -> datetime:
    """Some moment that lies back, in the middle of its day."""
    return (timezone.localtime() - timedelta(days=2)).replace(hour=12, minute=0, second=0)


def sent(reader: APIClient, event_id: str, at: datetime, **fields: Any) -> dict[str, Any]:
    tap = {"card": CHIP, "event_id": event_id, "tapped_at": at.isoformat(), "offline": True}
    response = reader.post(URL, {**tap, **fields})
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def marked() -> set[str]:
    return set(Tap.objects.filter(is_debounced=True).values_list("event_id", flat=True))


def test_two_reads_within_seconds_at_a_two_way_gate_are_one_pass_and_nobody_left(
    at: datetime,
) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    first = sent(gate, "first", at)
    again = sent(gate, "again", at + timedelta(seconds=4))
    assert again["attendance"] == first["attendance"]
    assert (again["decision"], again["code"], again["holder"]) == (
        first["decision"],
        first["code"],
        first["holder"],
    )
    assert marked() == {"again"}
    day = Attendance.objects.get()
    assert (day.left_at, day.on_site_since) == (None, at)
    sent(gate, "out", at + timedelta(seconds=6))
    assert marked() == {"again"}
    assert Attendance.objects.get().left_at == at + timedelta(seconds=6)


def test_the_marks_are_the_same_whatever_came_in_first(at: datetime) -> None:
    """0, 4, 8 and 10 seconds: the second is the first, and the fourth the third."""
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    for order in permutations((0, 4, 8, 10)):
        with transaction.atomic():
            for seconds in order:
                sent(gate, str(seconds), at + timedelta(seconds=seconds))
            assert marked() == {"4", "10"}, order
            transaction.set_rollback(True)


def test_a_batch_marks_as_single_taps_do(at: datetime) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    moments = {event: (at + timedelta(seconds=event)).isoformat() for event in (0, 4, 8, 10)}
    taps = [
        {"card": CHIP, "event_id": str(event), "tapped_at": moment, "offline": True}
        for event, moment in moments.items()
    ]
    assert gate.post(f"{URL}batch/", {"taps": taps}).status_code == 200
    assert marked() == {"4", "10"}


def test_of_two_reads_of_one_instant_one_is_the_pass(at: datetime) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    for event in ("b", "a"):
        sent(gate, event, at)
    assert marked() == {"b"}


@pytest.mark.parametrize("kind", ["student", "visitor"])
def test_of_a_tap_that_is_taken_back_no_mark_stays_that_came_meanwhile(
    kind: str, at: datetime, administrator: APIClient
) -> None:
    """Somebody has read the tap to take it back, and then the pass comes that it repeats."""
    hour = timedelta(hours=1)
    visitor = {"admitted_from": at - hour, "admitted_until": at + hour}
    make_card(make_student() if kind == "student" else make_visitor(**visitor), CHIP)
    _, gate = make_reader()
    sent(gate, "again", at + timedelta(seconds=3))
    as_it_was = Tap.objects.with_names().get()
    sent(gate, "first", at)
    assert marked() == {"again"}
    annul_tap(tap=as_it_was, reason="a mistake", by=User.objects.get())
    assert marked() == set()


@pytest.mark.parametrize("other", ["direction", "reader", "card", "person"])
def test_another_way_reader_card_or_person_is_another_pass(other: str, at: datetime) -> None:
    card = make_card(make_student(), CHIP)
    make_card(make_student(), "04A32B1D")
    _, gate = make_reader()
    sent(gate, "first", at, direction="in")
    later = at + timedelta(seconds=1)
    match other:
        case "direction":
            sent(gate, "second", later, direction="out")
        case "reader":
            sent(make_reader(name="Gate 2")[1], "second", later, direction="in")
        case "card":
            card.rfid_number = "04A32B1E"
            card.save()
            sent(gate, "second", later, direction="in", card="04A32B1D")
        case "person":
            sent(gate, "second", later, direction="in", card="04A32B1D")
    assert marked() == set()


def test_a_reader_s_own_seconds_count_and_none_lets_each_count(at: datetime) -> None:
    make_card(rfid_number=CHIP)
    for name, seconds, expected in (("slow", 60, {"b"}), ("quick", 0, set())):
        _, gate = make_reader(name=name, debounce_seconds=seconds)
        with transaction.atomic():
            sent(gate, "a", at)
            sent(gate, "b", at + timedelta(seconds=30))
            assert marked() == expected
            transaction.set_rollback(True)


def test_a_visitor_of_whom_no_days_are_kept_is_read_twice_as_well(at: datetime) -> None:
    visitor = make_visitor(admitted_from=at, admitted_until=at + timedelta(hours=1))
    make_card(visitor, CHIP)
    _, gate = make_reader()
    for seconds in (4, 0, 8):
        sent(gate, str(seconds), at + timedelta(seconds=seconds))
    assert marked() == {"4"}


def test_the_ledger_shows_and_finds_what_was_read_twice(at: datetime, caller: Any) -> None:
    make_card(rfid_number=CHIP)
    _, gate = make_reader()
    sent(gate, "first", at)
    sent(gate, "again", at + timedelta(seconds=1))
    clerk = caller("attendance_admin")
    for asked, found in (("true", ["again"]), ("false", ["first"])):
        rows = clerk.get(f"{URL}?debounced={asked}").json()["results"]
        assert [row["event_id"] for row in rows] == found
        assert [row["debounced"] for row in rows] == [asked == "true"]


@pytest.mark.dialect
def test_only_the_mark_of_a_fact_may_change(at: datetime) -> None:
    make_card(rfid_number=CHIP)
    sent(make_reader()[1], "first", at)
    Tap.objects.update(is_debounced=True)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Tap.objects.update(is_debounced=False, code="bad_number")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM pos_tap")


def test_a_tap_that_is_no_second_read_costs_no_statement(at: datetime) -> None:
    _, gate = make_reader()
    costs = []
    for number, seconds in enumerate((1, 10)):
        card = f"04A3000{number}"
        make_card(rfid_number=card)
        sent(gate, f"{number} first", at, card=card)
        sent(gate, f"{number} second", at + timedelta(seconds=seconds), card=card)
        with CaptureQueriesContext(connection) as asked:
            sent(gate, f"{number} out", at + timedelta(hours=1), card=card)
        costs.append(len(asked))
    assert marked() == {"0 second"}
    assert costs[0] == costs[1]


# --- at a hatch -------------------------------------------------------------------------------


def live(hatch: APIClient, event_id: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = hatch.post(URL, {"card": CHIP, "event_id": event_id, **fields}).json()
    return answer


def test_a_card_read_twice_at_a_hatch_is_told_the_same_twice_and_eats_once(caller: Any) -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    _, hatch = make_hatch()
    first, again = live(hatch, "first", food_item="Ugali"), live(hatch, "again")
    assert (again["decision"], again["code"]) == ("accepted", "ok")
    assert again["meal"] == first["meal"]
    assert marked() == {"again"}
    assert KitchenService.objects.count() == 1
    repeat = live(hatch, "again")
    assert repeat["replayed"]
    assert repeat["meal"] == first["meal"]


def test_another_hatch_and_a_later_read_are_refused(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    _, hatch = make_hatch()
    assert live(hatch, "first")["code"] == "ok"
    assert live(make_hatch(name="Hatch 2")[1], "other")["code"] == "already_served"
    later = timezone.now() + timedelta(seconds=6)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert live(hatch, "later")["code"] == "already_served"
    assert marked() == set()


@pytest.mark.parametrize("order", [(0, 3), (3, 0)])
def test_two_reads_of_a_hatch_that_was_offline_are_one_meal(
    order: tuple[int, int], at: datetime
) -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    _, hatch = make_hatch()
    answers = [sent(hatch, str(s), at + timedelta(seconds=s)) for s in order]
    assert [answer["would_deny"] for answer in answers] == [False, False]
    assert answers[0]["meal"] == answers[1]["meal"]
    assert marked() == {"3"}
    assert KitchenService.objects.count() == 1


def test_two_reads_in_one_upload_of_a_hatch_are_one_meal(at: datetime) -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    _, hatch = make_hatch()
    taps = [
        {
            "card": CHIP,
            "event_id": str(seconds),
            "tapped_at": (at + timedelta(seconds=seconds)).isoformat(),
            "offline": True,
        }
        for seconds in (0, 3, 60)
    ]
    results = hatch.post(f"{URL}batch/", {"taps": taps}).json()["results"]
    assert [result["code"] for result in results] == ["ok", "ok", "already_served"]
    assert results[0]["meal"] == results[1]["meal"]
    assert marked() == {"3"}
    assert KitchenService.objects.count() == 2


def test_an_ordinary_meal_asks_for_no_second_read(django_assert_num_queries: Any) -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    _, hatch = make_hatch()
    with django_assert_num_queries(7):
        live(hatch, "first")


# --- the setting ------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (60, 200), (61, 400), (-1, 400)])
def test_a_reader_debounces_for_a_minute_at_most(
    seconds: int, status: int, administrator: APIClient
) -> None:
    device, _ = make_reader()
    answer = administrator.patch(f"/api/pos/devices/{device.pk}/", {"debounce_seconds": seconds})
    assert answer.status_code == status, answer.content
    if status == 200:
        assert Device.objects.get().debounce_seconds == seconds
