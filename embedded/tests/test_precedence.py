"""Whoever stands at a gate goes first, in lanes as the web server has them."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from embedded.lanes import Lanes
from embedded.precedence import (
    KEEPS_SECONDS,
    MOST_SECONDS,
    PRECEDENCE,
    STEP,
    giving_way,
    in_steps,
)
from embedded.work import Work


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    lanes = Lanes(dict.fromkeys((Work.TAPS, Work.BATCHES, Work.PAGES), 2))
    yield lanes
    lanes.shutdown()


def seconds_of_one_item() -> float:
    began = time.monotonic()
    assert list(giving_way(["tap"])) == ["tap"]
    return time.monotonic() - began


def test_a_batch_stands_aside_until_the_tap_is_answered(lanes: Lanes) -> None:
    answered = threading.Event()
    tap = lanes.submit(Work.TAPS, answered.wait)
    batch = lanes.submit(Work.BATCHES, lambda: (seconds_of_one_item(), answered.is_set()))
    time.sleep(MOST_SECONDS / 4)
    assert not batch.done()
    answered.set()
    tap.result()
    took, was_answered = batch.result()
    assert was_answered
    assert took < MOST_SECONDS
    assert not PRECEDENCE.waiting


def test_whoever_holds_rows_waits_for_no_tap_that_may_wait_for_them(lanes: Lanes) -> None:
    answered = threading.Event()
    lanes.submit(Work.TAPS, answered.wait)
    began = time.monotonic()
    lanes.submit(Work.BATCHES, lambda: list(giving_way("tap", holding_rows=True))).result()
    assert time.monotonic() - began < MOST_SECONDS
    answered.set()


def test_a_tap_that_is_held_up_holds_a_batch_up_for_half_of_the_time(lanes: Lanes) -> None:
    answered = threading.Event()
    lanes.submit(Work.TAPS, answered.wait)
    first, second = lanes.submit(
        Work.BATCHES, lambda: (seconds_of_one_item(), seconds_of_one_item())
    ).result()
    answered.set()
    assert first >= MOST_SECONDS
    assert second < MOST_SECONDS


@pytest.mark.parametrize("work", [Work.TAPS, Work.PAGES])
def test_what_cannot_wait_does_not(lanes: Lanes, work: Work) -> None:
    """A tap would wait for itself."""
    answered = threading.Event()
    lanes.submit(Work.TAPS, answered.wait)
    took = lanes.submit(work, seconds_of_one_item).result()
    answered.set()
    assert took < MOST_SECONDS


def test_a_tap_that_fails_or_is_given_up_is_waited_for_no_more(lanes: Lanes) -> None:
    hold = threading.Event()
    held = [lanes.submit(Work.TAPS, hold.wait) for _ in range(2)]
    given_up = lanes.submit(Work.TAPS, seconds_of_one_item)
    assert given_up.cancel()
    failed = lanes.submit(Work.TAPS, lambda: 1 / 0)
    hold.set()
    with pytest.raises(ZeroDivisionError):
        failed.result()
    for one in held:
        one.result()
    assert not PRECEDENCE.waiting


ROWS = range(2 * STEP + 1)


@pytest.fixture
def nobody_tapped_lately() -> None:
    """Neither in this test nor in those before it."""
    PRECEDENCE._last[0] = float("-inf")


def steps() -> list[int]:
    parts = list(in_steps(ROWS))
    assert [row for part in parts for row in part] == [*ROWS]
    return [len(part) for part in parts]


@pytest.mark.parametrize("work", [Work.TAPS, Work.PAGES])
def test_only_a_batch_is_written_in_steps(lanes: Lanes, work: Work) -> None:
    lanes.submit(Work.TAPS, int).result()
    assert lanes.submit(Work.BATCHES, steps).result() == [STEP, STEP, 1]
    assert lanes.submit(work, steps).result() == [len(ROWS)]


@pytest.mark.usefixtures("nobody_tapped_lately")
def test_where_nobody_taps_a_batch_is_written_at_once(lanes: Lanes) -> None:
    assert lanes.submit(Work.BATCHES, steps).result() == [len(ROWS)]


@pytest.mark.usefixtures("nobody_tapped_lately")
def test_taps_in_another_process_are_taps(lanes: Lanes) -> None:
    if not (child := os.fork()):
        PRECEDENCE.begin()
        os._exit(0)
    os.waitpid(child, 0)
    assert lanes.submit(Work.BATCHES, steps).result() == [STEP, STEP, 1]
    assert not PRECEDENCE.waiting


def test_nothing_is_written_in_no_steps(lanes: Lanes) -> None:
    assert lanes.submit(Work.BATCHES, lambda: list(in_steps([]))).result() == []


def test_a_batch_gives_its_processor_away_while_people_tap(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_away: list[int] = []
    monkeypatch.setattr(os, "sched_yield", lambda: given_away.append(threading.get_ident()))

    def work_on(items: int) -> None:
        for _ in giving_way(range(items)):
            time.sleep(2 * KEEPS_SECONDS)

    lanes.submit(Work.TAPS, int).result()
    lanes.submit(Work.PAGES, work_on, 3).result()
    assert not given_away
    lanes.submit(Work.BATCHES, work_on, 4).result()
    assert len(given_away) == 3
