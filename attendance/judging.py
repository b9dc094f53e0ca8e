"""Judge days again: when one is closed or opened, and when the rules are others.

A few people at a time, each few in a transaction of their own: a tap of one of them waits for
these few only. And these few wait for nobody for long: what somebody else holds is left for the
end, and then for later (`DaysHeld`).
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Final, Self
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy

from attendance.day import Corrected, DayFacts, DayResult, Pass, judge, with_firsts
from attendance.models import Attendance, NoCardDay
from attendance.recording import (
    DayRow,
    DaysMovedOn,
    JudgedDay,
    forget_days,
    read_days,
    write_days,
)
from attendance.roll import able_to_tap, roll_on
from attendance.rulebook import DayClosing, RulesInForce, share_rules
from core.locks import Yielded, take_turns, yielding
from people.kinds import kinds_with_days
from people.models import Person

CHUNK: Final = 100
MOST_TRIES: Final = 20


class DaysHeld(Yielded):
    """Somebody holds rows of these days; all others are judged, and the worker does the rest."""

    message = gettext_lazy(
        "Some of these days are being written by somebody else; they follow within minutes."
    )


@dataclass(frozen=True, slots=True)
class DayChange:
    """What judging a day made of it. Empty: there is no row, for nothing is to be said.

    `is_left_alone`: a change of rules would make it another, but it was not as the rules said.
    """

    person: UUID
    date: date
    before: str
    after: str
    is_closed: bool
    is_without_card: bool = False
    is_left_alone: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What judging some people's day makes of it, and of the days to which passes of it move."""

    judged: list[JudgedDay]
    changes: list[DayChange]

    @classmethod
    def at(cls, day: date, people: Sequence[UUID], book: RulesInForce) -> Self:
        return cls._at(day, people, book, lambda looked, rows: looked)

    @classmethod
    def open_only(cls, day: date, people: Sequence[UUID], book: RulesInForce) -> Self:
        """Without those for whom the day is closed."""

        def open_ones(looked: Self, rows: Mapping[UUID, DayRow]) -> Self:
            is_open = {one.row.person for one in looked.judged if one.closed_under is None}
            return looked.of(is_open)

        return cls._at(day, people, book, open_ones)

    @classmethod
    def since(
        cls,
        before: RulesInForce,
        day: date,
        people: Sequence[UUID],
        book: RulesInForce,
        *,
        known: Collection[UUID] = (),
    ) -> Self:
        """Only the days that a change of those rules makes others, and that were as they said.

        What has become known of people since a day was closed is nothing that a change of rules
        brings in; but of those who are `known` to have had a day then.
        """

        def touched_ones(looked: Self, rows: Mapping[UUID, DayRow]) -> Self:
            was, _ = look_at(day, people, rows, before)
            touched, left_alone = _touched(looked.judged, was)
            newcomers = _known_since(day, touched - {*rows, *known}, before, book)
            touched, left_alone = touched - newcomers, left_alone | newcomers
            left = [
                replace(one, after=one.before, is_left_alone=True)
                for one in looked.changes
                if one.person in left_alone
            ]
            kept = looked.of(touched)
            return cls(kept.judged, kept.changes + left)

        return cls._at(day, people, book, touched_ones)

    def of(self, people: Collection[UUID]) -> Self:
        return type(self)(
            [one for one in self.judged if one.row.person in people],
            [one for one in self.changes if one.person in people],
        )

    @classmethod
    def _at(
        cls,
        day: date,
        people: Sequence[UUID],
        book: RulesInForce,
        chosen: Callable[[Self, Mapping[UUID, DayRow]], Self],
    ) -> Self:
        rows = read_days(day, people)
        strays = _strays_of(day, rows, book)
        moving = {person for received in strays.values() for person in received}
        looked = cls(*look_at(day, people, _rows_without(rows, strays), book))
        kept, moved = chosen(looked.of(set(people) - moving), rows), looked.of(moving)
        judged, changes = kept.judged + moved.judged, kept.changes + moved.changes
        for other, received in strays.items():
            there = _rows_with(other, read_days(other, received), received)
            more, changed = look_at(other, list(received), there, book)
            judged += more
            changes += changed
        return cls(judged, changes)


Look = Callable[[date, Sequence[UUID], RulesInForce], Looked]
# By the day that they belong to, and whose they are.
Strays = dict[date, dict[UUID, list[Pass]]]


def _strays_of(day: date, rows: Mapping[UUID, DayRow], book: RulesInForce) -> Strays:
    """Passes that stand in these rows and belong to another day by those rules, with their repeats.

    Rules that say when a day begins have been changed since they were written.
    """
    at_midnight = book.begins_at_midnight(day)
    doubtful: dict[date, list[tuple[UUID, Pass, Pass]]] = {}
    for row in rows.values():
        for one, first in with_firsts(row.passes):
            local = timezone.localdate(first.at)
            if local != day or not at_midnight:
                doubtful.setdefault(local, []).append((row.person, one, first))
    found: Strays = {}
    for local, passes in doubtful.items():
        roll = roll_on(local, {person for person, _, _ in passes})
        for person, one, first in passes:
            own = book.day_of(roll[person].member, first.at)
            if own != day:
                found.setdefault(own, {}).setdefault(person, []).append(one)
    return found


def _rows_without(rows: Mapping[UUID, DayRow], strays: Strays) -> dict[UUID, DayRow]:
    gone = {
        (person, one)
        for received in strays.values()
        for person, passes in received.items()
        for one in passes
    }
    return {
        person: replace(row, passes=tuple(p for p in row.passes if (person, p) not in gone))
        for person, row in rows.items()
    }


def _rows_with(
    day: date, rows: Mapping[UUID, DayRow], received: Mapping[UUID, Sequence[Pass]]
) -> dict[UUID, DayRow]:
    there = {person: rows.get(person) or DayRow(person, day) for person in received}
    return {**rows} | {
        person: replace(row, passes=(*row.passes, *received[person]))
        for person, row in there.items()
    }


def _touched(judged: Sequence[JudgedDay], was: Sequence[JudgedDay]) -> tuple[set[UUID], set[UUID]]:
    """Whose day is another by a change of rules: of those whose day was as the rules said, or is
    open or closed by it, and of the others."""
    touched: set[UUID] = set()
    left_alone: set[UUID] = set()
    before = {one.row.person: one for one in was}
    for one in judged:
        old = before[one.row.person]
        if one.closed_under != old.closed_under:
            touched.add(one.row.person)
        elif one.result != old.result:
            as_said = old.row.status == (old.result.status or "")
            (touched if as_said else left_alone).add(one.row.person)
    return touched, left_alone


def _known_since(day: date, unseen: Collection[UUID], *books: RulesInForce) -> set[UUID]:
    """Of people without a row, those who were registered after the day was closed.

    By either of two books: a day that was opened again has no closing in one of them.
    """
    return registered_since(unseen, [one for book in books for one in book.closings_on(day)])


def registered_since(people: Collection[UUID], closings: Collection[DayClosing]) -> set[UUID]:
    """Those of these people who were registered after a day was first closed like this."""
    if not (closings and people):
        return set()
    closed_at = min(closing.closed_at for closing in closings)
    registered = Person.objects.filter(pk__in=people, created_at__gt=closed_at)
    return set(registered.values_list("pk", flat=True))


def foreseen(
    days: Mapping[date, Sequence[UUID]], book: RulesInForce, before: RulesInForce
) -> Iterator[DayChange]:
    """What judging these days by that book would do; nothing is written.

    Of closed days, as `Looked.since`; of open ones, whatever other changes are still to do there.
    """
    strays: dict[date, Strays] = {}
    received: dict[date, dict[UUID, list[Pass]]] = {}
    for day in days:
        if book.begins_at_midnight(day) and before.begins_at_midnight(day):
            continue
        strays[day] = _strays_of(day, read_days(day, days[day]), book)
        for other, own in strays[day].items():
            received.setdefault(other, {}).update(own)
    for day in sorted(days.keys() | received):
        more = received.get(day, {})
        people = [*days.get(day, ()), *(more.keys() - set(days.get(day, ())))]
        for start in range(0, len(people), CHUNK * 10):
            few = people[start : start + CHUNK * 10]
            rows = read_days(day, few)
            moved = {person: more[person] for person in few if person in more}
            after = _rows_with(day, _rows_without(rows, strays.get(day, {})), moved)
            judged, changes = look_at(day, few, after, book)
            was, _ = look_at(day, few, rows, before)
            touched, _ = _touched(judged, was)
            touched -= _known_since(day, touched - rows.keys(), before, book)
            said = {one.row.person: one.result.status or "" for one in was}
            for change in changes:
                if not change.is_closed:
                    yield replace(change, before=said[change.person])
                elif change.person in touched:
                    yield change


def judge_day(day: date, people: Iterable[UUID]) -> list[DayChange]:
    """Judge this day of these people by the rules as they are, and write what came out.

    Raises DaysHeld when everybody is judged but those whose rows somebody held all the time.
    """
    changes, held = judge_each([(day, people)])
    if held:
        raise DaysHeld
    return changes


def judge_each(
    days: Iterable[tuple[date, Iterable[UUID]]], look: Look = Looked.at
) -> tuple[list[DayChange], bool]:
    """What judging these days did; and whether somebody held some of them (`DaysHeld`).

    `look`: which of what it would make of them is written; left out, all of it.
    """
    changes, held = [], False
    for day, people in days:
        done, left = _judge_groups(day, _in_chunks(sorted(set(people))), look)
        more, left = _judge_groups(day, left, look)
        changes += done + more
        held = held or bool(left)
    return changes, held


def _judge_groups(
    day: date, groups: Iterable[Sequence[UUID]], look: Look
) -> tuple[list[DayChange], list[Sequence[UUID]]]:
    """What judging did, and the people whose rows somebody held or went on writing."""
    changes: list[DayChange] = []
    held: list[Sequence[UUID]] = []
    waiting = deque(groups)
    while waiting:
        few = waiting.popleft()
        try:
            changes += _judge_few(day, few, look)
        except Yielded:
            held.append(few)
        except DaysMovedOn:
            # Among fewer there is sooner a moment in which none of them taps.
            half = len(few) // 2
            if half:
                waiting += few[:half], few[half:]
            else:
                held.append(few)
    return changes, held


def _judge_few(day: date, people: Sequence[UUID], look: Look) -> list[DayChange]:
    """Raises Yielded, and DaysMovedOn when others go on writing these days."""
    for _ in range(MOST_TRIES):
        with suppress(DaysMovedOn):
            with yielding():
                take_turns(f"attendance: judge {day}")
                book = share_rules()
                looked = look(day, people, book)
                _write(looked.judged, looked.changes)
            # Apart: rows that were written are held, and these can come before them.
            with yielding():
                forget_days(_gone(looked.judged))
            return looked.changes
    raise DaysMovedOn


def look_at(
    day: date, people: Collection[UUID], rows: Mapping[UUID, DayRow], book: RulesInForce
) -> tuple[list[JudgedDay], list[DayChange]]:
    """What these people's day is by those rules; nothing is written. At most six queries."""
    roll = roll_on(day, people)
    unseen = [
        person
        for person, entry in roll.items()
        if entry.is_on_roll and not (person in rows and _is_seen(rows[person]))
    ]
    plans = {person: book.plan(entry.member, day) for person, entry in roll.items()}
    # Only of whoever has something to come to does anybody have to know it.
    asked = [person for person in unseen if plans[person][0].is_scheduled]
    ends = max((plans[person][0].until for person in asked), default=timezone.now())
    able = able_to_tap(day, asked, until=ends) if asked else set()
    judged, changes = [], []
    for person, entry in roll.items():
        plan, closed_under = plans[person]
        row = rows.get(person) or DayRow(person, day)
        is_able = person in able or _is_seen(row)
        is_away = plan.is_scheduled and all(session.is_excused for session in plan.sessions)
        result = judge(
            DayFacts(
                plan,
                row.passes,
                row.corrected,
                # Whoever is excused needs no card for it.
                is_expected=entry.is_on_roll and (is_able or is_away),
                is_closed=closed_under is not None,
            )
        )
        judged.append(JudgedDay(row, entry.member, result, closed_under))
        changes.append(
            DayChange(
                person,
                day,
                row.status,
                result.status or "",
                closed_under is not None,
                is_without_card=(
                    plan.is_scheduled and entry.is_on_roll and not (is_able or is_away)
                ),
            )
        )
    return judged, changes


def without_newcomers(
    day: date, judged: Iterable[JudgedDay], changes: Iterable[DayChange], book: RulesInForce
) -> tuple[list[JudgedDay], list[DayChange]]:
    """The same, but nothing is said of whoever was registered after the day was closed, unseen.

    Nobody has said that they were Absent, and no tap that was there for a while makes them so.
    """
    judged = list(judged)
    unseen = {
        one.row.person
        for one in judged
        if one.closed_under is not None and not one.row.passes and one.row.corrected == Corrected()
    }
    newcomers = _known_since(day, unseen, book)
    return [
        replace(one, result=DayResult(None, None)) if one.row.person in newcomers else one
        for one in judged
    ], [change for change in changes if change.person not in newcomers]


def _is_seen(row: DayRow) -> bool:
    """Whoever was only refused on the way out need not have been able to come."""
    has_passed = any(not one.is_refused for one in row.passes)
    return bool(has_passed or row.corrected.arrived_at or row.corrected.left_at)


def _write(judged: Sequence[JudgedDay], changes: Sequence[DayChange]) -> None:
    write_days(one for one in judged if not _is_void(one))
    note_no_cards(judged, changes)


def note_no_cards(judged: Iterable[JudgedDay], changes: Iterable[DayChange]) -> None:
    """Who could not come on these days, for want of a card, and who could after all."""
    members = {(one.row.person, one.row.date): one.member for one in judged}
    without = [
        NoCardDay(
            person_id=change.person,
            date=change.date,
            class_level=members[change.person, change.date].class_level,
            class_code=members[change.person, change.date].class_code,
            department=members[change.person, change.date].department,
        )
        for change in changes
        if change.is_without_card and change.is_closed and not change.after
    ]
    for day in {day for _, day in members}:
        people = [person for person, on in members if on == day]
        NoCardDay.objects.filter(date=day, person__in=people).delete()
    NoCardDay.objects.bulk_create(without)


def forget_void_days(written: Iterable[JudgedDay]) -> None:
    """Those of them, as this transaction has written them, of which nothing is left to say."""
    rows = [one.row for one in written if _is_void(one)]
    forget_days([replace(row, revision=row.revision + 1) for row in rows])


def _gone(judged: Iterable[JudgedDay]) -> list[DayRow]:
    """Rows of days of which there is nothing left to say."""
    return [one.row for one in judged if _is_void(one) and one.row.revision]


def _is_void(day: JudgedDay) -> bool:
    return not day.result.status and not day.row.passes


def _in_chunks(people: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(people)
    while few := list(islice(rest, CHUNK)):
        yield few


# --- whose days? -------------------------------------------------------------------------------


def everybody() -> list[UUID]:
    """All of whom days are kept."""
    people = Person.objects.filter(kind__in=kinds_with_days())
    return list(people.values_list("pk", flat=True).order_by("pk"))


def open_days() -> list[date]:
    """The days up to today that have rows which are not closed, also with nothing to say."""
    rows = Attendance.rows.filter(closed_under=None, date__lte=timezone.localdate())
    return sorted(set(rows.order_by().values_list("date", flat=True).distinct()))
