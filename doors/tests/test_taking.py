"""From what a terminal sends into the ledger."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance.models import Attendance
from cards.tests.factories import make_card, make_student
from doors.door import Terminal, in_use
from doors.models import QuarantinedLine
from doors.taking import (
    MOST_QUARANTINED,
    Line,
    Misfit,
    event_id_of,
    line_of,
    take,
    take_one,
)
from doors.tests.factories import make_terminal
from pos.models import Code, ConflictingTap, Protocol, Tap
from pos.protocol import MAX_BATCH, IncomingTap, ItemStatus

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def terminal() -> Terminal:
    return in_use(make_terminal(Protocol.ZKTECO)[0])


def record(number: int, person: str = "17", **fields: object) -> Line:
    at = NOW - timedelta(seconds=number)
    said = {"person": person, "tapped_at": at, "received_at": NOW, **fields}
    event_id = event_id_of(Protocol.ZKTECO, person, number)
    return line_of(f"{person}\t{number}", event_id=event_id, **said)  # type: ignore[arg-type]


def test_a_record_is_a_tap_of_the_person_that_it_names(terminal: Terminal) -> None:
    student = make_student(terminal_pin="17")
    make_card(student)
    assert str(take(terminal, [record(1)], received_at=NOW)) == "1 new"
    assert Attendance.objects.get().person_id == student.pk


def test_a_record_may_say_a_card(terminal: Terminal) -> None:
    card = make_card(make_student(), "04A32B1C")
    take(terminal, [record(1, card="04:a3:2b:1c", person="")], received_at=NOW)
    assert Tap.objects.get().card_uuid == card.pk


def test_a_whole_memory_that_comes_again_counts_once_and_costs_two_looks_a_batch(
    terminal: Terminal,
) -> None:
    make_card(make_student(identifier="17"))
    memory = [record(number) for number in range(1200)]
    assert take(terminal, memory, received_at=NOW).created == 1200
    with CaptureQueriesContext(connection) as context:
        again = take(terminal, memory, received_at=NOW)
    assert (again.created, again.duplicate, again.lines) == (0, 1200, 1200)
    assert len(context) <= 3
    assert Tap.objects.count() == 1200


def test_no_more_is_read_than_one_batch_ahead(terminal: Terminal) -> None:
    """So that ten megabytes need no memory: what was read is in the ledger before more is."""
    seen: list[int] = []

    def lines() -> Iterator[Line]:
        for number in range(3 * MAX_BATCH):
            if number % MAX_BATCH == 0:
                seen.append(Tap.objects.count())
            yield record(number)

    take(terminal, lines(), received_at=NOW)
    assert seen == [0, MAX_BATCH, 2 * MAX_BATCH]


def test_the_same_record_twice_in_a_batch_is_one_tap(terminal: Terminal) -> None:
    taken = take(terminal, [record(1), record(1)], received_at=NOW)
    assert (taken.created, taken.duplicate) == (1, 1)


def test_the_same_records_of_two_terminals_are_two_taps(terminal: Terminal) -> None:
    """They may share a table of PINs."""
    other = in_use(make_terminal(Protocol.ZKTECO)[0])
    for each in (terminal, other):
        take(each, [record(1)], received_at=NOW)
    assert Tap.objects.count() == 2


def test_another_record_under_a_known_id_is_kept_as_a_conflict(terminal: Terminal) -> None:
    first, second = (record(1, direction=way) for way in ("in", "out"))
    take(terminal, [first], received_at=NOW)
    assert take(terminal, [second], received_at=NOW).conflict == 1
    assert ConflictingTap.objects.count() == 1


def test_what_never_can_be_a_tap_is_kept_once_and_stops_no_other(terminal: Terminal) -> None:
    bad = record(1, tapped_at="0000-00-00 00:00:00")
    assert isinstance(bad, Misfit)
    for _ in range(2):
        taken = take(terminal, [bad, record(2)], received_at=NOW)
        assert (taken.quarantined, taken.lines) == (1, 2)
    kept = QuarantinedLine.objects.get()
    assert kept.line == "17\t1"
    assert kept.reason.startswith("tapped_at: Enter a time")


def test_a_card_that_cannot_be_stored_is_a_misfit() -> None:
    assert isinstance(record(1, person="1\x007"), Misfit)
    assert isinstance(record(1, person=" "), Misfit)


def test_a_terminal_fills_no_table_with_what_is_no_tap(terminal: Terminal) -> None:
    misfits = [Misfit(f"rubbish {number}", "It is.") for number in range(MOST_QUARANTINED + 200)]
    take(terminal, misfits, received_at=NOW)
    left = QuarantinedLine.objects.order_by("pk")
    assert left.count() == MOST_QUARANTINED
    assert left[0].line == "rubbish 200"


def test_nothing_of_a_template_is_kept_of_a_line_that_is_no_tap(terminal: Terminal) -> None:
    template = "TUlTUzIxAAAFNT4ECAUHCc7QAAAdNGkBAAAAhSktbTXp"
    whole = Misfit(f"FP PIN=17\tTMP={template * 20}", "No tap.")
    lines = [template, template[:16], f'"{template[:32]}",', template.encode().hex(" ")[:47]]
    folded = [Misfit(line, "No tap.") for line in lines]
    take(terminal, [whole, *folded], received_at=NOW)
    kept = "".join(line.line for line in QuarantinedLine.objects.all())
    assert "TUlTUz" not in kept
    assert "54 55" not in kept


def test_a_record_that_breaks_the_ledger_takes_no_other_with_it(
    terminal: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the terminal would send it for ever, and all others with it."""
    make_card(make_student(identifier="17"))
    broken = IncomingTap("x" * 100, "17", NOW, offline=True, names_person=True)
    lines = [*(record(number) for number in range(20)), broken]
    with caplog.at_level(logging.ERROR):
        taken = take(terminal, lines, received_at=NOW)
    assert (taken.created, taken.quarantined) == (20, 1)
    assert "could not be recorded" in caplog.text
    assert QuarantinedLine.objects.get().reason == "It could not be recorded: a mistake of ours."


def test_one_that_waits_is_told_no(terminal: Terminal) -> None:
    make_card(make_student(identifier="17", status="Suspended"))
    tap = record(1, offline=False)
    assert isinstance(tap, IncomingTap)
    result = take_one(terminal, tap, received_at=NOW)
    assert result.status == ItemStatus.CREATED
    assert result.answered().code == Code.HOLDER_INACTIVE


def test_a_clock_that_nobody_believes_is_left_for_review(terminal: Terminal) -> None:
    make_card(make_student(identifier="17"))
    take(terminal, [record(1, tapped_at="2000-01-01 00:00:05")], received_at=NOW)
    tap = Tap.objects.get()
    assert (tap.is_clock_suspect, tap.counted_at) == (True, None)
    assert not Attendance.objects.exists()


def test_events_are_named_by_all_that_makes_them() -> None:
    names = {
        event_id_of(protocol, *parts)
        for protocol in (Protocol.ZKTECO, Protocol.HIKVISION)
        for parts in (("1", "23"), ("12", "3"), ("1", 23, ""))
    }
    assert len(names) == 6
    assert max(map(len, names)) <= 64
    assert event_id_of(Protocol.ZKTECO, "1") == event_id_of(Protocol.ZKTECO, "1")
