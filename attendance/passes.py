"""Passes into people's days, and out of them again (contract section 8).

A pass counts on the day on which it was made; one that is another over again, on the day of that
one, also where a day begins between the two. So a pass stands in one row with its repeats, whatever
the rules say of when days begin, and what a day was follows from its own row.

Hardly any pass is made within a minute of the *turn* of its person's days, where one ends and the
next begins: all others are written into the rows of their days as they come. Near a turn, one that
comes or goes can make those beyond it repeats, or passes of their own. There the days around are
read, and each pass is put where it belongs by then: `_settle`, by which one is taken back, too.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Final
from uuid import UUID

from django.db import transaction

from attendance.day import MAX_DEBOUNCE, Pass, debounced, repeats_in, shared_out
from attendance.judging import (
    MOST_TRIES,
    DayChange,
    forget_void_days,
    look_at,
    note_no_cards,
    without_newcomers,
)
from attendance.recording import (
    DayRow,
    DaysMovedOn,
    JudgedDay,
    MembersOn,
    PersonDay,
    judge_row,
    read_days,
    read_rows,
    write_days,
    write_or_overtaken,
)
from attendance.roll import LONG_AGO, Roll, start_of
from attendance.rulebook import RulesInForce, share_rules
from attendance.rules import ONE_DAY
from core.clock import on_campus
from core.locks import Yielded, take_turns
from core.values import value
from embedded.precedence import giving_way

NEAR: Final = timedelta(seconds=MAX_DEBOUNCE)

Passes = Mapping[UUID, Sequence[Pass]]
"""By whose they are."""
Added = Mapping[PersonDay, Sequence[Pass]]
"""New passes, by the day on which they count."""
Marks = tuple[tuple[Pass, bool], ...]
"""Passes of somebody, each with whether it is another one over again."""


class AtTurn(Exception):
    """Days around have a say in what becomes of one of these passes."""


@value
class DayState:
    """A person's day after their taps were written into it. Empty status: nothing is known yet.

    `is_again`: this pass is another one over again. `marks`: all passes of the day, and of those
    around that changed with it; none where no pass that had been there is marked otherwise now.
    """

    date: date
    status: str
    attendance_time: datetime | None
    marks: Marks = ()
    is_again: bool = False


States = dict[tuple[UUID, Pass], DayState]
"""Of each pass of a person, the day on which it counts, as it is after all of theirs."""


def record_passes(passes: Passes, members: MembersOn) -> States:
    """Write passes into people's days.

    In the transaction of the taps. Two statements, and two more if somebody else has written some
    of these days since they were read: those are judged again, and nobody can write them meanwhile.
    Raises DaysMovedOn, if one was taken away.
    """
    dates = {(person, on_campus(one.at).date()) for person, own in passes.items() for one in own}
    book, rows = read_rows(_with_days_around(dates, -1, 0))
    added, at_turn = _by_day(passes, members, book, rows)
    judged, states = _judge_added(added, members, book, rows)
    at_turn |= _reaching_turns(states, members, book, rows)
    settled = _Settled()
    if at_turn:
        added = {day: own for day, own in added.items() if day[0] not in at_turn}
        judged = [one for one in judged if one.row.person not in at_turn]
        settled = _settle({person: passes[person] for person in at_turn}, {}, members, book)
        states |= settled.states
    overtaken = write_or_overtaken([*judged, *settled.judged])
    while overtaken:
        if any(person in at_turn for person, _ in overtaken):
            raise DaysMovedOn
        added = {day: added[day] for day in overtaken}
        _, rows = read_rows(_with_days_around(overtaken, -1, 1))
        judged, known = _judge_added(added, members, book, rows)
        if _reaching_turns(known, members, book, rows):
            raise DaysMovedOn
        states |= known
        overtaken = write_or_overtaken(judged)
    settled.finish()
    return states


def judge_passes(
    passes: Passes, members: MembersOn, book: RulesInForce, rows: Mapping[PersonDay, DayRow]
) -> tuple[list[JudgedDay], States]:
    """The days that are to be written, by those rules and rows; and, as `record_passes`, states.

    A pass can count on the date of its instant or on the one before: `rows` has both. Raises
    AtTurn.
    """
    added, at_turn = _by_day(passes, members, book, rows)
    judged, states = _judge_added(added, members, book, rows)
    if at_turn or _reaching_turns(states, members, book, rows):
        raise AtTurn
    return judged, states


def take_back_pass(*, person: UUID, taken_back: Pass) -> Marks:
    """Take a pass out of the day that it counted on, and judge that day without it.

    In the transaction of whatever takes it back; a tap of the same person waits for its end, and
    is recorded again. Of which day there is nothing left to say, it is forgotten; one that is
    closed to somebody who was expected is Absent again. What is told is `DayState.marks`. Raises
    Yielded when others go on writing it.
    """
    for _ in range(MOST_TRIES):
        with suppress(DaysMovedOn), transaction.atomic():
            members = Roll([person], since=LONG_AGO)
            settled = _settle({}, {person: [taken_back]}, members, share_rules())
            write_days(settled.judged)
            settled.finish()
            return settled.marks.get(person, ())
    raise Yielded


# --- as they come ------------------------------------------------------------------------------


def _by_day(
    passes: Passes, members: MembersOn, book: RulesInForce, rows: Mapping[PersonDay, DayRow]
) -> tuple[Added, set[UUID]]:
    """Passes by the day on which they count; and those people of whom one is near a turn."""
    added: dict[PersonDay, list[Pass]] = defaultdict(list)
    at_turn = set()
    for person, own in giving_way(passes.items()):
        for one in own:
            day = _day_far_from_turns(person, one.at, members, book, rows)
            if day is None:
                at_turn.add(person)
            else:
                added[person, day].append(one)
    return added, at_turn


def _day_far_from_turns(
    person: UUID,
    at: datetime,
    members: MembersOn,
    book: RulesInForce,
    rows: Mapping[PersonDay, DayRow],
) -> date | None:
    """The day to which this instant belongs for them; None: another begins near it.

    Or did, by the rules of before: then a pass of theirs near it stands in the row of another day,
    until that is judged again.
    """
    day = today = on_campus(at).date()
    is_far = start_of(today) + NEAR <= at < start_of(today + ONE_DAY) - NEAR
    # Of nearly all days it is known without looking at whose they are.
    if not (is_far and book.begins_at_midnight(today)):
        member = members.member(person, today)
        day = book.day_of(member, at - NEAR)
        if day != book.day_of(member, at + NEAR):
            return None
    other = rows.get((person, today - ONE_DAY if day == today else today))
    if other and any(abs(at - one.at) <= NEAR for one in other.passes):
        return None
    return day


def _reaching_turns(
    states: States, members: MembersOn, book: RulesInForce, rows: Mapping[PersonDay, DayRow]
) -> set[UUID]:
    """Those people of whom other passes, near a turn, are repeats now, or are such no more."""
    changed = {(person, one.at) for (person, _), day in states.items() for one, _ in day.marks}
    return {
        person
        for person, at in changed
        if _day_far_from_turns(person, at, members, book, rows) is None
    }


def _judge_added(
    added: Added, members: MembersOn, book: RulesInForce, rows: Mapping[PersonDay, DayRow]
) -> tuple[list[JudgedDay], States]:
    judged: list[JudgedDay] = []
    states: States = {}
    for (person, day), own in giving_way(added.items()):
        before = rows.get((person, day)) or DayRow(person, day)
        this = judge_row(before.with_passes(own), book, members)
        marks, again = _marks(before.passes, own)
        for one in own:
            status, came = str(this.result.status or ""), this.arrived_at
            states[person, one] = DayState(day, status, came, marks, one in again)
        judged.append(this)
    return judged, states


def _marks(before: Sequence[Pass], own: Sequence[Pass]) -> tuple[Marks, Collection[Pass]]:
    """`DayState.marks`; and, if they are empty, those of the new passes that are over again."""
    after = (*before, *own)
    if len(after) == 1:
        return (), ()
    if len(own) == 1 and own[0].at > max(before).at:
        # The last one so far, as nearly each is, changes nothing of those before it.
        return (), own if _may_be_again(own[0], before) and own[0] in repeats_in(after) else ()
    was, now = repeats_in(before), repeats_in(after)
    # Of several at one instant it is for their event ids to say which of them is over again.
    seen = {(one.at, one.direction, one.source) for one in after}
    is_plain = len(seen) == len(after) and len({one.at for one in own}) == len(own)
    if is_plain and [one for one in now if one not in own] == was:
        return (), [one for one in now if one in own]
    return tuple(debounced(after)), ()


def _may_be_again(this: Pass, before: Iterable[Pass]) -> bool:
    """Whether it can be one of those over again; which of them are is `with_firsts`'s to say."""
    return any(one.source == this.source and one.is_repeated_at(this.at) for one in before)


# --- with the days around ----------------------------------------------------------------------


@value
class _Settled:
    """Days with what came and went: to be written, and what is told of them."""

    judged: Sequence[JudgedDay] = ()
    changes: Sequence[DayChange] = ()
    states: States = field(default_factory=dict)
    marks: Mapping[UUID, Marks] = field(default_factory=dict)

    def finish(self) -> None:
        """After they were written. Days with nothing left were, too, for to go they are held."""
        looked_at = {(change.person, change.date) for change in self.changes}
        lost = [one for one in self.judged if (one.row.person, one.row.date) in looked_at]
        note_no_cards(lost, self.changes)
        forget_void_days(self.judged)


def _settle(come: Passes, gone: Passes, members: MembersOn, book: RulesInForce) -> _Settled:
    """Put passes in and take others out, each other one where it belongs by then; and judge.

    One at a time for a person: two at once, on either side of a turn, would not see each other.
    """
    people = sorted(come.keys() | gone.keys())
    take_turns(*(f"attendance: passes of {person}" for person in people))
    after: dict[date, dict[UUID, DayRow]] = defaultdict(dict)
    marks: dict[UUID, Marks] = {}
    rows = _rows_around(come, gone)
    for person in people:
        day_of = partial(_day_of, person, members, book)
        new, old = come.get(person, ()), gone.get(person, ())
        changed = _rows_after(rows[person], new, old, day_of)
        for row in changed:
            after[row.date][person] = row
        if old:
            marks[person] = tuple(chain.from_iterable(debounced(row.passes) for row in changed))
        else:
            before = [one for row in changed for one in rows[person][row.date].passes]
            marks[person], _ = _marks(before, new)
    judged: list[JudgedDay] = []
    changes: list[DayChange] = []
    for day, there in sorted(after.items()):
        # Whoever passes was able to come; of whom nothing is left on a day, it has to be asked.
        has_lost = {
            person: row
            for person, row in there.items()
            if not set(rows[person][day].passes) <= set(row.passes)
        }
        judged += [
            judge_row(row, book, members) for who, row in there.items() if who not in has_lost
        ]
        if has_lost:
            own, became = without_newcomers(day, *look_at(day, has_lost, has_lost, book), book)
            judged += own
            changes += became
    states = {
        (one.row.person, this): DayState(
            one.row.date,
            str(one.result.status or ""),
            one.arrived_at,
            marks[one.row.person],
            is_again,
        )
        for one in judged
        for this, is_again in debounced(one.row.passes)
    }
    return _Settled(judged, changes, states, marks)


def _day_of(person: UUID, members: MembersOn, book: RulesInForce, at: datetime) -> date:
    return book.day_of(members.member(person, on_campus(at).date()), at)


def _rows_around(*passes: Passes) -> dict[UUID, dict[date, DayRow]]:
    """Of each person the days on which these passes can count, one before, and one after."""
    dates = {
        (person, on_campus(one.at).date())
        for of_people in passes
        for person, own in of_people.items()
        for one in own
    }
    around = _with_days_around(dates, -2, 1)
    _, found = read_rows(around)
    rows: dict[UUID, dict[date, DayRow]] = defaultdict(dict)
    for person, day in around:
        rows[person][day] = found.get((person, day)) or DayRow(person, day)
    return rows


def _with_days_around(days: Iterable[PersonDay], first: int, last: int) -> set[PersonDay]:
    return {
        (person, day + ONE_DAY * away) for person, day in days for away in range(first, last + 1)
    }


def _rows_after(
    rows: dict[date, DayRow],
    come: Sequence[Pass],
    gone: Sequence[Pass],
    day_of: Callable[[datetime], date],
) -> list[DayRow]:
    """The rows of somebody's days that are others when these have come and those are gone."""
    person = next(iter(rows.values())).person
    while True:
        days = {day: row.passes for day, row in rows.items()}
        shared = shared_out(days, come, gone, day_of=day_of)
        changed = [day for day, own in shared.items() if own != sorted(days.get(day, ()))]
        # What has changed of a day may reach into the next: a card that lies on a reader.
        unread = {*changed, *(day + ONE_DAY for day in changed)} - rows.keys()
        if not unread:
            return [replace(rows[day], passes=tuple(shared[day])) for day in changed]
        for day in unread:
            rows[day] = read_days(day, [person]).get(person) or DayRow(person, day)
