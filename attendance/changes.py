"""Changing rules: what it would do, doing it, and taking it back (contract section 9).

A change judges the open days anew. Days that were closed stay as they were, unless it is applied
to them with a reason; that is one change set, which can be undone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from attendance.closing import FURTHEST_BACK
from attendance.expectation import meant_by
from attendance.hooks import notices_sent
from attendance.judging import CHUNK, DayChange, DaysHeld, everybody, judge_day, look_at, open_days
from attendance.models import Absence, Attendance, ClosedDay, Rulebook, RuleChange, Schedule
from attendance.recording import read_days
from attendance.rulebook import (
    DayClosing,
    RulesChange,
    RulesInForce,
    changing_rules,
    current_book,
    rules_now,
)
from attendance.rules import ONE_DAY, Rules
from attendance.schedules import write_policy
from core.errors import DomainError, InvalidFields
from core.locks import yielding
from people.kinds import kinds_with_days, or_q
from people.models import Person

T = TypeVar("T")
PREVIEWED: Final = -1  # the version that a change would make
# A change that takes longer than this was stopped.
UNDER_WAY: Final = timedelta(minutes=5)
LOOKED_BACK: Final = timedelta(days=31)


class AlreadyUndone(DomainError):
    code = "already_undone"
    message = "This change has been taken back already."


@dataclass(frozen=True, slots=True)
class Scope:
    """Which days a change can touch; None: without an end on that side."""

    first: date | None = None
    last: date | None = None

    def __or__(self, other: "Scope") -> "Scope":
        first = None if None in (self.first, other.first) else min(self.first, other.first)  # type: ignore[type-var]
        last = None if None in (self.last, other.last) else max(self.last, other.last)  # type: ignore[type-var]
        return Scope(first, last)

    def of_closed_days(self) -> "Scope":
        """What has no beginning reaches into the days closed of late, and leaves older ones be."""
        return self if self.first else Scope(timezone.localdate() - LOOKED_BACK, self.last)

    def covers(self, day: date) -> bool:
        # A night shift of the day before reaches into the first one.
        is_early = self.first is not None and day < self.first - ONE_DAY
        return not is_early and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Applying:
    """Whether a change is applied to closed days too, and why."""

    to_closed: bool = False
    reason: str = ""

    def check(self) -> None:
        """Raises InvalidFields."""
        if self.to_closed and not self.reason.strip():
            raise InvalidFields({"reason": ["Say why closed days are changed."]})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do to days of people."""

    days_changed: int
    changes: list[dict[str, Any]]
    closed_days_changed: int
    notices_sent: int


def change_rules(
    write: Callable[[RulesChange], T],
    *,
    what: str,
    scope: Scope,
    by: User | None,
    applying: Applying = Applying(),
) -> tuple[T, RuleChange | None]:
    """Write rules, judge the open days by them, and the closed ones if that is asked for.

    The rules are changed also when some days cannot be judged now: `finish_changes` does it then.
    """
    applying.check()
    made: RuleChange | None = None
    with yielding(), changing_rules(what=what, by=by, leaves_days=True) as change:
        result = write(change)
        if applying.to_closed:
            made = _reclose(change.version, what, applying.reason, scope, by)
    with suppress(DaysHeld):
        judge_open_days(scope)
        if made:
            _judge_again(made)
        Rulebook.objects.filter(pk=change.version).update(applied_at=timezone.now())
    return result, made


def set_policy(*, class_level: str, changes: dict[str, Any], by: User | None = None) -> Schedule:
    """Change everybody's policy (EVERYBODY), or give a class level one of its own."""
    policy, _ = change_rules(
        lambda _: write_policy(class_level, changes)[0],
        what="Policy changed",
        scope=Scope(),
        by=by,
    )
    return policy


def judge_open_days(scope: Scope = Scope()) -> int:
    """Judge what is open by the rules as they are; how many days of people are others now.

    Raises DaysHeld, after all days.
    """
    return _judge_each(_open_people(scope))


def _judge_each(days: Iterable[tuple[date, Iterable[UUID]]]) -> int:
    """How many days of people are others now. Raises DaysHeld, after all days."""
    count, held = 0, None
    for day, people in days:
        try:
            count += sum(c.before != c.after for c in judge_day(day, people))
        except DaysHeld as error:
            held = error
    if held:
        raise held
    return count


def _open_people(scope: Scope) -> Iterator[tuple[date, set[UUID]]]:
    """Open days, with whoever has a row on them or is away."""
    today = timezone.localdate()
    days = {day for day in open_days() if scope.covers(day)}
    away = Absence.objects.standing().filter(first_day__lte=today)
    recent = today - timedelta(days=31)
    for first, last in away.filter(last_day__gte=recent).values_list("first_day", "last_day"):
        day = max(first, recent)
        while day <= min(last, today):
            if scope.covers(day):
                days.add(day)
            day += ONE_DAY
    for day in sorted(days):
        rows = Attendance.objects.filter(date=day, closed_under=None)
        yield day, set(rows.values_list("person", flat=True)) | _away_on(day)


def _away_on(day: date) -> set[UUID]:
    """Whoever an absence means on that day."""
    rows = list(Absence.objects.standing().on(day))
    named = {row.person_id for row in rows if row.person_id}
    ways = [
        whom for row in rows if not row.person_id for _, whom in meant_by(row.audience, shifts=True)
    ]
    if ways:
        people = Person.objects.filter(or_q(ways), kind__in=kinds_with_days())
        named |= set(people.values_list("pk", flat=True))
    return named


def excuse_today() -> int:
    """Write Excused for whoever is away today as was known before; for how many it was done."""
    today = timezone.localdate()
    known = Attendance.objects.filter(date=today).values_list("person", flat=True)
    away = _away_on(today) - set(known)
    return sum(c.before != c.after for c in judge_day(today, away)) if away else 0


def finish_changes() -> None:
    """Judge days by rules whose change was stopped, or held up, before it had done so."""
    waiting = Rulebook.objects.filter(applied_at=None, changed_at__lt=timezone.now() - UNDER_WAY)
    versions = list(waiting.values_list("pk", flat=True))
    if versions:
        judge_open_days()
        for made in RuleChange.objects.filter(rulebook__in=versions, undone_at=None):
            _judge_again(made)
        Rulebook.objects.filter(pk__in=versions).update(applied_at=timezone.now())


def _reclose(
    version: int, what: str, reason: str, scope: Scope, by: User | None
) -> RuleChange | None:
    """Closed days go by the version that is being made; what is open of them stays open."""
    scope = scope.of_closed_days()
    closed: dict[date, list[ClosedDay]] = {}
    rows = ClosedDay.objects.all()
    if scope.first:
        rows = rows.filter(date__gte=scope.first)
    if scope.last:
        rows = rows.filter(date__lte=scope.last)
    for row in rows.order_by("date", "pk"):
        closed.setdefault(row.date, []).append(row)
    if not closed:
        return None
    made = RuleChange.objects.create(
        what=what,
        reason=reason,
        rulebook_id=version,
        before=[row.as_row() for day in closed.values() for row in day],
        made_by=by,
    )
    before, now = current_book(), rules_now()
    for day, of_day in closed.items():
        known = {row.schedule_id: row for row in of_day}
        left_open = {one.schedule_id for one in before.open_on(day)}
        for schedule in now.schedules:
            if not schedule.holds_on(day) or schedule.schedule_id in left_open:
                continue
            first = of_day[0]
            row = known.get(schedule.schedule_id) or ClosedDay(
                date=day,
                schedule_id=schedule.schedule_id,
                closed_at=first.closed_at,
                closed_by=first.closed_by,
                written_at=first.written_at,
            )
            row.rulebook_id = version
            row.save()
        gone = known.keys() - {schedule.schedule_id for schedule in now.schedules}
        ClosedDay.objects.filter(date=day, schedule_id__in=gone).delete()
    return made


def _judge_again(made: RuleChange) -> None:
    """The closed days that it touched. Raises DaysHeld, after all days."""
    days = sorted({row["date"] for row in made.before})
    made.days_changed = _judge_each((date.fromisoformat(day), everybody()) for day in days)
    made.save(update_fields=["days_changed"])


def undo_change(*, change: RuleChange, by: User) -> RuleChange:
    """Let the days that it touched go by the rules of before, exactly. Raises AlreadyUndone."""
    with yielding(), changing_rules(what=f"Taken back: {change.what}", by=by):
        locked = RuleChange.objects.select_for_update().get(pk=change.pk)
        if locked.undone_at:
            raise AlreadyUndone
        days = {row["date"] for row in locked.before}
        ClosedDay.objects.filter(date__in=days).delete()
        ClosedDay.objects.bulk_create(
            ClosedDay(
                date=row["date"],
                schedule_id=row["schedule_id"],
                rulebook_id=row["rulebook"],
                closed_at=row["closed_at"],
                closed_by_id=row["closed_by"],
            )
            for row in locked.before
        )
        locked.undone_at, locked.undone_by = timezone.now(), by
        locked.save(update_fields=["undone_at", "undone_by"])
    with suppress(DaysHeld):  # what is not marked as written is `attendance.closing`'s to finish
        _judge_each((date.fromisoformat(day), everybody()) for day in sorted(days))
        ClosedDay.objects.filter(date__in=days, written_at=None).update(written_at=timezone.now())
    return locked


# --- what it would do --------------------------------------------------------------------------


@dataclass(frozen=True)
class _WouldBe(RulesInForce):
    """The book after a change, closed days judged by it too."""

    version: int = PREVIEWED

    def closings_on(self, day: date) -> list[DayClosing]:
        if day not in self._closings:
            now = current_book()
            closings = now.closings_on(day)
            still_open = {one.schedule_id for one in now.open_on(day)}
            self._closings[day] = [
                DayClosing(one.schedule_id, PREVIEWED, closings[0].closed_at)
                for one in self.rules.schedules
                if closings and one.holds_on(day) and one.schedule_id not in still_open
            ]
        return self._closings[day]

    def rules_of(self, version: int) -> Rules:
        return self.rules


def preview_rules(write: Callable[[RulesChange], Any], *, scope: Scope) -> Preview:
    """What a change would do; nothing is written, and no tap waits."""
    with transaction.atomic():
        change = RulesChange(PREVIEWED)
        write(change)
        change.write_absences()
        book = _WouldBe(rules_now())
        transaction.set_rollback(True)
    changes = [c for c in _look_everywhere(book, scope) if c.before != c.after]
    counts = Counter((change.before, change.after) for change in changes)
    return Preview(
        days_changed=len(changes),
        changes=[
            {"from": before or None, "to": after or None, "count": count}
            for (before, after), count in sorted(counts.items())
        ],
        closed_days_changed=sum(change.is_closed for change in changes),
        notices_sent=notices_sent([(change.person, change.date) for change in changes]),
    )


def _look_everywhere(book: RulesInForce, scope: Scope) -> Iterator[DayChange]:
    closed = ClosedDay.objects.filter(date__gte=timezone.localdate() - FURTHEST_BACK)
    closed_days = set(closed.values_list("date", flat=True).distinct())
    opened = dict(_open_people(scope))
    reached = scope.of_closed_days()
    for day in sorted({d for d in closed_days if reached.covers(d)} | set(opened)):
        people = everybody() if day in closed_days else sorted(opened[day])
        for start in range(0, len(people), CHUNK * 10):
            few = people[start : start + CHUNK * 10]
            _, changes = look_at(day, few, read_days(day, few), book)
            yield from changes
