"""A double read is one pass also where a day begins between the two (contract section 8)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.closing import close_day
from attendance.judging import judge_day
from attendance.models import Attendance, NoCardDay, Schedule
from attendance.rulebook import changing_rules
from attendance.tests.factories import SCHEDULES, make_first_rules, make_pupil
from cards.models import Card
from cards.tests.factories import make_card, make_student, make_visitor
from people.models import Person
from pos.ledger import Source, record_taps
from pos.models import Tap
from pos.protocol import read_tap
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, ANNUL, CHIP = "/api/pos/taps/", "/api/pos/taps/annul/", "04A32B1C"


@pytest.fixture
def midnight() -> datetime:
    """That of some days ago, between two on which people are expected."""
    at = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return at - timedelta(days=at.isoweekday() % 7 + 4)  # of a Tuesday to a Wednesday


@pytest.fixture
def gate() -> APIClient:
    make_first_rules()
    return make_reader()[1]


def sent(reader: APIClient, at: datetime, card: str = CHIP, **fields: Any) -> dict[str, Any]:
    tap = {"card": card, "event_id": f"{at:%d %H:%M:%S}", "tapped_at": at.isoformat()}
    response = reader.post(URL, {**tap, "offline": True, **fields})
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def sent_all(reader: APIClient, midnight: datetime, seconds: Iterable[int], **fields: Any) -> None:
    for after in seconds:
        sent(reader, midnight + timedelta(seconds=after), **fields)


def marked(midnight: datetime) -> set[int]:
    """Seconds after midnight of those that are another one over again."""
    again = Tap.objects.filter(is_debounced=True).values_list("counted_at", flat=True)
    return {round((at - midnight).total_seconds()) for at in again if at}


def passes(midnight: datetime) -> dict[date, list[int]]:
    """By day, with repeats, in seconds after midnight."""
    return {
        day.date: sorted(
            round((datetime.fromisoformat(at) - midnight).total_seconds()) for at, *_ in day.passes
        )
        for day in Attendance.rows.all()
    }


def days() -> list[dict[str, Any]]:
    """All that they say, but for how often they were written, and which pass came in first."""
    new = {"attendance_id", "revision"}
    rows = Attendance.rows.order_by("person", "date").values()
    said: list[dict[str, Any]] = [
        {name: value for name, value in row.items() if name not in new} for row in rows
    ]
    return [{**row, "passes": sorted(row["passes"])} for row in said]


def test_a_read_after_midnight_is_the_pass_of_before_and_nobody_came_on_the_next_day(
    gate: APIClient, midnight: datetime
) -> None:
    make_card(rfid_number=CHIP)
    first = sent(gate, midnight - timedelta(seconds=2))
    again = sent(gate, midnight + timedelta(seconds=1))
    assert again["attendance"] == first["attendance"]
    assert again["attendance"]["date"] == f"{midnight - timedelta(days=1):%Y-%m-%d}"
    assert (again["decision"], again["code"], again["holder"]) == (
        first["decision"],
        first["code"],
        first["holder"],
    )
    assert marked(midnight) == {1}
    day = Attendance.rows.get()
    assert (day.left_at, day.on_site_since) == (None, midnight - timedelta(seconds=2))


def test_a_read_of_before_midnight_that_comes_later_takes_the_next_day_with_it(
    gate: APIClient, midnight: datetime
) -> None:
    make_card(rfid_number=CHIP)
    early = sent(gate, midnight + timedelta(seconds=1))
    assert early["attendance"]["status"] == "Present"
    sent(gate, midnight - timedelta(seconds=2))
    assert marked(midnight) == {1}
    assert Attendance.rows.get().date == (midnight - timedelta(days=1)).date()


def test_live_reads_on_either_side_of_midnight_are_one_pass(
    gate: APIClient, midnight: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_card(rfid_number=CHIP)
    answers = []
    for event, after in enumerate((-2, 1, 20)):
        now = midnight + timedelta(seconds=after)
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        answers.append(gate.post(URL, {"card": CHIP, "event_id": str(event)}).json())
    assert marked(midnight) == {1}
    assert answers[1]["attendance"] == answers[0]["attendance"] != answers[2]["attendance"]
    today = midnight.date()
    assert passes(midnight) == {today - timedelta(days=1): [-2, 1], today: [20]}


@pytest.mark.parametrize(
    ("seconds", "again"),
    [
        ((-2, 3), {3}),
        ((-2, 4), set()),
        ((-8, -4, 0, 4), {-4, 4}),
        ((-6, -2, 2, 5), {-2, 5}),
        ((-3, 1, 4, 30), {1}),
        ((0, 1, 5), {1, 5}),
    ],
)
def test_days_and_marks_are_the_same_whatever_came_in_first(
    seconds: tuple[int, ...], again: set[int], gate: APIClient, midnight: datetime
) -> None:
    make_card(rfid_number=CHIP)
    found = []
    for order in permutations(seconds):
        with transaction.atomic():
            sent_all(gate, midnight, order)
            assert marked(midnight) == again, order
            found.append(days())
            transaction.set_rollback(True)
    assert found == found[:1] * len(found)


def test_a_batch_makes_what_single_taps_make(gate: APIClient, midnight: datetime) -> None:
    cards = [make_card(make_student(), f"04A32B{number:02X}").rfid_number for number in range(6)]
    moments = [midnight + timedelta(seconds=after) for after in (-8, -4, 0, 4, 3600)]
    taps = [
        {"card": card, "event_id": f"{card} {at}", "tapped_at": at.isoformat(), "offline": True}
        for at in reversed(moments)
        for card in cards
    ]
    with transaction.atomic():
        for tap in taps:
            assert gate.post(URL, tap).status_code == 201
        one_by_one = days()
        transaction.set_rollback(True)
    results = gate.post(f"{URL}batch/", {"taps": taps}).json()["results"]
    assert {result["status"] for result in results} == {"created"}
    assert days() == one_by_one
    assert Tap.objects.filter(is_debounced=True).count() == 2 * len(cards)
    again = gate.post(f"{URL}batch/", {"taps": taps}).json()["results"]
    assert [one["attendance"] for one in again] == [one["attendance"] for one in results]


def test_of_a_card_that_lies_on_a_reader_over_midnight_a_late_read_moves_all_that_follow(
    gate: APIClient, midnight: datetime
) -> None:
    """Of a read each four seconds every other one is a repeat."""
    make_card(rfid_number=CHIP)
    reads = range(-84, 90, 4)
    with transaction.atomic():
        sent_all(gate, midnight, (-88, *reads))
        in_order = days()
        transaction.set_rollback(True)
    sent_all(gate, midnight, reads)
    assert marked(midnight) == {*reads[1::2]}
    sent_all(gate, midnight, [-88])
    assert marked(midnight) == {*reads[0::2]}
    assert days() == in_order


def test_with_the_first_taken_back_the_other_one_is_the_next_day_s(
    gate: APIClient, midnight: datetime
) -> None:
    make_card(rfid_number=CHIP)
    sent_all(gate, midnight, (-2, 1, 4))
    today = midnight.date()
    assert passes(midnight) == {today - timedelta(days=1): [-2, 1], today: [4]}
    first = (midnight - timedelta(seconds=2)).strftime("%d %H:%M:%S")
    assert gate.post(ANNUL, {"event_id": first}).status_code == 200
    assert passes(midnight) == {today: [1, 4]}
    assert marked(midnight) == {4}


def test_with_the_repeat_taken_back_nothing_is_another(gate: APIClient, midnight: datetime) -> None:
    make_card(rfid_number=CHIP)
    sent_all(gate, midnight, (-2,))
    before = days()
    sent_all(gate, midnight, (1,))
    again = (midnight + timedelta(seconds=1)).strftime("%d %H:%M:%S")
    assert gate.post(ANNUL, {"event_id": again}).status_code == 200
    assert days() == before
    assert marked(midnight) == set()


@pytest.mark.parametrize("has_card", [True, False])
def test_a_closed_day_to_which_nobody_came_after_all_says_so(
    has_card: bool, gate: APIClient, midnight: datetime
) -> None:
    """Absent, of whoever was able to come; of whoever had no card, that."""
    student, number = make_pupil()
    Person.objects.update(created_at=midnight - timedelta(days=1))
    today = midnight.date()
    sent(gate, midnight + timedelta(seconds=1), card=number)
    if not has_card:
        Card.objects.filter(person=student).update(
            issued_date=midnight + timedelta(days=1), created_at=midnight + timedelta(days=1)
        )
    close_day(day=today, by=None)
    assert Attendance.objects.get(date=today).status == "Present"
    sent(gate, midnight - timedelta(seconds=2), card=number)
    left = list(Attendance.rows.filter(date=today).values_list("status", flat=True))
    assert left == (["Absent"] if has_card else [])
    assert NoCardDay.objects.filter(date=today).exists() is not has_card


@pytest.mark.parametrize("order", [(-3, 2), (2, -3)])
def test_a_day_that_begins_at_another_hour_ends_like_this_too(
    order: tuple[int, ...], gate: APIClient, midnight: datetime, administrator: APIClient
) -> None:
    make_pupil()
    student, number = make_pupil()
    session = {"name": "Night", "weekdays": [1, 2, 3, 4, 5, 6, 7], "starts_at": "18:00"}
    schedule = {"name": "Boarders", "day_begins": "04:00", "sessions": [session]}
    made = administrator.post(SCHEDULES, {**schedule, "applies_to": {"people": [str(student.pk)]}})
    assert made.status_code == 201, made.content
    four = midnight.replace(hour=4)
    for after in order:
        sent(gate, four + timedelta(seconds=after), card=number)
    yesterday = midnight.date() - timedelta(days=1)
    assert passes(four) == {yesterday: [-3, 2]}
    assert marked(four) == {2}
    # At midnight no day of theirs begins; with rules by which one does, the passes are shared out
    # anew, and a pass takes its repeat along.
    url = f"{SCHEDULES}{made.json()['schedule_id']}/"
    sent_all(gate, midnight, (-1, 1), card=number)
    assert passes(midnight)[yesterday] == [-1, 1, 4 * 3600 - 3, 4 * 3600 + 2]
    changed = administrator.patch(url, {"day_begins": "00:00"})
    assert changed.status_code == 200, changed.content
    assert passes(midnight) == {yesterday: [-1, 1], midnight.date(): [14397, 14402]}
    back = administrator.patch(url, {"day_begins": "04:00"})
    assert back.status_code == 200, back.content
    assert passes(four)[yesterday] == [-4 * 3600 - 1, -4 * 3600 + 1, -3, 2]


@pytest.mark.parametrize("people", [1, 20])
def test_a_tap_near_midnight_costs_as_many_statements_for_one_as_for_many(
    people: int, midnight: datetime, django_assert_num_queries: Any
) -> None:
    """Two more than another: its turn is waited for, and the days around are read."""
    make_first_rules()
    device, _ = make_reader()
    cards = [make_card(make_student(), f"04A32B{number:02X}") for number in range(people)]
    source = Source(activity=device.activity_type, device=device.pk, debounce_seconds=5)
    now = timezone.now()

    def record(after: int) -> None:
        at = (midnight + timedelta(seconds=after)).isoformat()
        taps = [
            {"card": card.rfid_number, "event_id": f"{card.pk}{after}", "tapped_at": at}
            for card in cards
        ]
        record_taps(
            source=source,
            taps=[read_tap({**tap, "offline": True}, received_at=now) for tap in taps],
            received_at=now,
        )

    record(-7200)  # the rules are read once
    record(7200)
    for after, statements in ((-2, 11), (1, 11), (3600, 9)):
        with django_assert_num_queries(statements):
            record(after)


def test_a_visitor_of_whom_no_days_are_kept_is_read_twice_as_well(
    gate: APIClient, midnight: datetime
) -> None:
    hour = timedelta(hours=1)
    visitor = make_visitor(admitted_from=midnight - hour, admitted_until=midnight + hour)
    make_card(visitor, CHIP)
    for order in permutations((-8, -4, 0, 4)):
        with transaction.atomic():
            sent_all(gate, midnight, order)
            assert marked(midnight) == {-4, 4}, order
            transaction.set_rollback(True)
    sent_all(gate, midnight, (-2, 1))
    first = (midnight - timedelta(seconds=2)).strftime("%d %H:%M:%S")
    assert gate.post(ANNUL, {"event_id": first}).status_code == 200
    assert marked(midnight) == set()


def test_of_two_passes_of_one_instant_each_is_answered_with_its_own_day(
    gate: APIClient, midnight: datetime
) -> None:
    """In, of the day before: it is over again. Out, at another gate: nobody had come that day."""
    make_card(rfid_number=CHIP)
    _, other = make_reader(name="Gate 2")
    both = midnight + timedelta(seconds=1)
    yesterday = f"{midnight - timedelta(days=1):%Y-%m-%d}"
    for first in (other, gate):
        with transaction.atomic():
            sent(gate, midnight - timedelta(seconds=2), direction="in")
            told = {}
            for reader in (gate, other) if first is gate else (other, gate):
                way = "in" if reader is gate else "out"
                told[way] = sent(reader, both, direction=way, event_id=f"now {way}")["attendance"]
            assert told["out"] is None
            assert told["in"]["date"] == yesterday
            transaction.set_rollback(True)


def test_a_tap_while_days_begin_at_another_hour_and_are_not_judged_again_yet(
    gate: APIClient, midnight: datetime, administrator: APIClient
) -> None:
    student, number = make_pupil()
    session = {"name": "Night", "weekdays": [1, 2, 3, 4, 5, 6, 7], "starts_at": "18:00"}
    body = {"name": "Night", "applies_to": {"people": [str(student.pk)]}, "sessions": [session]}
    made = administrator.post(SCHEDULES, {**body, "day_begins": "00:00"}).json()
    three = midnight.replace(hour=3)
    first = sent(gate, three, card=number)
    assert first["attendance"]["date"] == f"{midnight:%Y-%m-%d}"
    with changing_rules(what="Begins at four", by=None, leaves_days=True):
        Schedule.objects.filter(pk=made["schedule_id"]).update(day_begins="04:00")
    again = sent(gate, three + timedelta(seconds=3), card=number)
    assert again["attendance"] == first["attendance"]
    assert marked(three) == {3}
    later = sent(gate, three + timedelta(seconds=70), card=number)
    yesterday = midnight.date() - timedelta(days=1)
    assert later["attendance"]["date"] == f"{yesterday}"
    judge_day(midnight.date(), [student.pk])
    assert passes(three) == {yesterday: [0, 3, 70]}
    assert marked(three) == {3}


@pytest.mark.parametrize("order", [(-2, 1), (1, -2)])
def test_of_whoever_was_registered_after_a_day_was_closed_nobody_says_absent(
    order: tuple[int, int], gate: APIClient, midnight: datetime
) -> None:
    close_day(day=midnight.date(), by=None)
    _, number = make_pupil()
    for after in order:
        sent(gate, midnight + timedelta(seconds=after), card=number)
    assert not Attendance.rows.filter(date=midnight.date()).exists()
    sent(gate, midnight + timedelta(seconds=9), card=number)
    assert Attendance.objects.get(date=midnight.date()).status == "Present"
    last = (midnight + timedelta(seconds=9)).strftime("%d %H:%M:%S")
    assert gate.post(ANNUL, {"event_id": last}).status_code == 200
    assert not Attendance.rows.filter(date=midnight.date()).exists()


def test_another_way_or_reader_at_midnight_is_another_pass(
    gate: APIClient, midnight: datetime
) -> None:
    make_card(rfid_number=CHIP)
    sent(gate, midnight - timedelta(seconds=2), direction="in")
    sent(gate, midnight + timedelta(seconds=1), direction="out")
    sent(make_reader(name="Gate 2")[1], midnight + timedelta(seconds=2), direction="in")
    assert marked(midnight) == set()
    assert len(passes(midnight)[midnight.date()]) == 2
