"""Judge days again: when one is closed or opened, and when the rules are others.

A few people at a time, each few in a transaction of their own: a tap of one of them waits for
these few only. And these few wait for nobody for long: what somebody else holds is left for the
end, and then for later (`DaysHeld`).
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from attendance.day import DayFacts, Pass, judge
from attendance.models import Attendance, NoCardDay
from attendance.recording import (
    DayRow,
    DaysMovedOn,
    JudgedDay,
    forget_days,
    marks_changed,
    read_days,
    write_days,
)
from attendance.roll import RollEntry, able_to_tap, roll_on
from attendance.rulebook import RulesInForce, share_rules
from attendance.rules import ONE_DAY
from core.locks import Yielded, take_turns, yielding
from people.kinds import kinds_with_days
from people.models import Person

CHUNK: Final = 100
MOST_TRIES: Final = 20


class DaysHeld(Yielded):
    """Somebody holds rows of these days; all others are judged, and the worker does the rest."""

    message = "Some of these days are being written by somebody else; they follow within minutes."


@dataclass(frozen=True, slots=True)
class DayChange:
    """What judging a day made of it. Empty: there is no row, for nothing is to be said."""

    person: UUID
    date: date
    before: str
    after: str
    is_closed: bool
    is_without_card: bool = False


def judge_day(day: date, people: Iterable[UUID]) -> list[DayChange]:
    """Judge this day of these people by the rules as they are, and write what came out.

    Raises DaysHeld when everybody is judged but those whose rows somebody held all the time.
    """
    changes, held = _judge_groups(day, _in_chunks(sorted(set(people))))
    more, still_held = _judge_groups(day, held)
    if still_held:
        raise DaysHeld
    return changes + more


def _judge_groups(
    day: date, groups: Iterable[Sequence[UUID]]
) -> tuple[list[DayChange], list[Sequence[UUID]]]:
    """What judging did, and the people whose rows somebody held or went on writing."""
    changes: list[DayChange] = []
    held: list[Sequence[UUID]] = []
    waiting = deque(groups)
    while waiting:
        few = waiting.popleft()
        try:
            changes += _judge_few(day, few)
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


def _judge_few(day: date, people: Sequence[UUID]) -> list[DayChange]:
    """Raises Yielded, and DaysMovedOn when others go on writing these days."""
    for _ in range(MOST_TRIES):
        with suppress(DaysMovedOn):
            with yielding():
                take_turns(f"attendance: judge {day}")
                book = share_rules()
                judged, changes = look_at(day, people, read_days(day, people), book)
                _write(day, judged, changes)
            # Apart: rows that were written are held, and these can come before them.
            with yielding():
                forget_days(_gone(judged))
            return changes
    raise DaysMovedOn


def take_back_pass(*, person: UUID, taken_back: Pass) -> tuple[tuple[Pass, bool], ...]:
    """Take a pass out of the day that it counted on, and judge that day without it.

    In the transaction of whatever takes it back; a tap of the same person waits for its end, and
    is recorded again. Of which day there is nothing left to say, it is forgotten; one that is
    closed to somebody who was expected is Absent again. What is told is `DayState.marks`. Raises
    Yielded when others go on writing it.
    """
    for _ in range(MOST_TRIES):
        try:
            with transaction.atomic():
                return _take_back(person, taken_back)
        except DaysMovedOn:
            continue
    raise Yielded


def _take_back(person: UUID, taken_back: Pass) -> tuple[tuple[Pass, bool], ...]:
    book = share_rules()
    local = timezone.localdate(taken_back.at)
    # A person's day may begin after midnight, and the rules have had time to change.
    for day in (local - ONE_DAY, local, local + ONE_DAY):
        for row in read_days(day, [person]).values():
            same = [one for one in row.passes if one.is_same_as(taken_back)]
            if not same:
                continue
            left = list(row.passes)
            left.remove(same[0])
            after = replace(row, passes=tuple(left))
            judged, changes = look_at(day, [person], {person: after}, book)
            _write(day, judged, changes)
            forget_days(_gone(judged))
            return marks_changed(row.passes, after.passes)
    return ()


@dataclass(frozen=True, slots=True)
class _Roll:
    """`recording.MembersOn` of one day."""

    entries: dict[UUID, RollEntry]

    def member(self, person: UUID, day: date) -> Any:
        return self.entries[person].member

    def is_on_roll(self, person: UUID, day: date) -> bool:
        return self.entries[person].is_on_roll


def look_at(
    day: date, people: Collection[UUID], rows: dict[UUID, DayRow], book: RulesInForce
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


def _is_seen(row: DayRow) -> bool:
    """Whoever was only refused on the way out need not have been able to come."""
    has_passed = any(not one.is_refused for one in row.passes)
    return bool(has_passed or row.corrected.arrived_at or row.corrected.left_at)


def _write(day: date, judged: Sequence[JudgedDay], changes: Sequence[DayChange]) -> None:
    kept = [one for one in judged if not _is_void(one)]
    write_days(kept)
    members = {one.row.person: one.member for one in judged}
    without = [
        NoCardDay(
            person_id=change.person,
            date=day,
            class_level=members[change.person].class_level,
            class_code=members[change.person].class_code,
            department=members[change.person].department,
        )
        for change in changes
        if change.is_without_card and change.is_closed and not change.after
    ]
    NoCardDay.objects.filter(date=day, person__in=list(members)).delete()
    NoCardDay.objects.bulk_create(without)


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
    """The days up to today that have rows which are not closed."""
    rows = Attendance.objects.filter(closed_under=None, date__lte=timezone.localdate())
    return sorted(set(rows.order_by().values_list("date", flat=True).distinct()))
