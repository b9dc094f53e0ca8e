"""How taps become a day: the algebra on which the whole of attendance rests."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.day import Direction, Presence

unhurried = settings(deadline=None)  # a busy machine is no failure

MIDNIGHT = datetime(2026, 11, 17, 21, tzinfo=UTC)

instants = st.integers(0, 24 * 60).map(lambda minutes: MIDNIGHT + timedelta(minutes=minutes))
taps = st.builds(Presence.seen, instants, st.sampled_from(Direction))
days = st.lists(taps, max_size=6).map(lambda seen: reduce(or_, seen, Presence()))


def at(hour: int) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


@unhurried
@given(days, days)
def test_it_does_not_matter_which_day_comes_first(a: Presence, b: Presence) -> None:
    assert a | b == b | a


@unhurried
@given(days, days, days)
def test_it_does_not_matter_which_days_are_merged_first(
    a: Presence, b: Presence, c: Presence
) -> None:
    assert (a | b) | c == a | (b | c)


@unhurried
@given(days)
def test_a_day_merged_again_changes_nothing(day: Presence) -> None:
    assert day | day == day
    assert day | Presence() == day


@unhurried
@given(st.lists(taps, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_taps_in_any_order_and_any_number_of_times_give_the_same_day(
    seen: list[Presence], chance: Random
) -> None:
    again = [*seen, *chance.choices(seen, k=3)]
    chance.shuffle(again)
    assert reduce(or_, again) == reduce(or_, seen)


@unhurried
@given(st.lists(instants, min_size=1, max_size=8))
def test_a_reader_without_direction_sees_the_first_arrive_and_the_last_leave(
    instants: list[datetime],
) -> None:
    day = reduce(or_, (Presence.seen(instant, Direction.EITHER) for instant in instants))
    assert day == Presence(
        arrived_at=min(instants), last_in_at=max(instants), last_out_at=max(instants)
    )


def test_who_is_only_seen_leaving_came_nobody_knows_when() -> None:
    day = Presence.seen(at(9), Direction.OUT) | Presence.seen(at(16), Direction.OUT)
    assert day == Presence(last_out_at=at(16))
    assert day.arrived_at is None


def test_a_tap_that_goes_one_way_says_nothing_of_the_other() -> None:
    came, went = Presence.seen(at(8), Direction.IN), Presence.seen(at(16), Direction.OUT)
    assert came == Presence(arrived_at=at(8), last_in_at=at(8))
    assert came | went == Presence(arrived_at=at(8), last_in_at=at(8), last_out_at=at(16))


def test_who_comes_back_keeps_the_first_arrival_and_has_a_second_one() -> None:
    day = reduce(
        or_,
        (
            Presence.seen(at(13), Direction.IN),
            Presence.seen(at(12), Direction.OUT),
            Presence.seen(at(8), Direction.IN),
        ),
    )
    assert day == Presence(arrived_at=at(8), last_in_at=at(13), last_out_at=at(12))
