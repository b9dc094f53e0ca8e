"""Whoever stands at a gate goes first, in lanes as the web server has them."""

import threading
import time
from collections.abc import Iterator

import pytest

from embedded.lanes import Lanes
from embedded.precedence import MOST_SECONDS, PRECEDENCE, giving_way
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
