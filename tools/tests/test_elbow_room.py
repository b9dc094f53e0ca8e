"""A call asks the system for no memory, however deep it is."""

import gc
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tools.elbow_room import COLLECT_AFTER, in_a_large_frame

DEEPEST, LEVELS, TIMES = 200, 4, 500


def call_at_each_depth(depth: int = 0) -> None:
    for _ in range(TIMES):
        go_down(LEVELS)
    if depth < DEEPEST:
        call_at_each_depth(depth + 1)


def go_down(levels: int) -> None:
    """Together larger than a frame of the function above: at some depth a piece ends in them."""
    if levels:
        go_down(levels - 1)


def pages_taken(work: Callable[[], None]) -> int:
    """By a thread that begins with no frames, each the first time it is written to."""

    def measured() -> int:
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        work()
        return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(measured).result()


def test_in_a_large_frame_calls_take_no_memory() -> None:
    assert pages_taken(lambda: in_a_large_frame(call_at_each_depth)) < TIMES / 2


def test_elsewhere_calls_take_it_again_and_again() -> None:
    assert pages_taken(call_at_each_depth) > TIMES


def test_a_test_runs_in_one() -> None:
    """And what was there before it is looked at no more."""
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    call_at_each_depth()
    assert resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before < TIMES / 2
    assert gc.get_threshold() == COLLECT_AFTER
    assert gc.get_freeze_count() > 0
