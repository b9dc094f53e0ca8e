"""Changing rules: what it would do, doing it, and taking it back (contract section 9).

A change judges the open days anew. Days that were closed stay as they were, unless it is applied
to them with a reason; that is one change set, which can be undone.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from attendance.closed_days import (
    ChangeUnderWay,
    apply_to_closed,
    is_under_way,
    judge_touched,
    take_back,
    would_be,
)
from attendance.closing import FURTHEST_BACK
from attendance.hooks import notices_sent
from attendance.judging import DayChange, DaysHeld, everybody, foreseen
from attendance.models import ClosedDay, Rulebook, RuleChange, Schedule
from attendance.open_days import Scope, judge_open_days, open_people
from attendance.rulebook import Delta, RulesChange, changing_rules, current_book, rules_now
from attendance.rules import Rules
from attendance.schedules import write_policy
from core.errors import InvalidFields
from core.locks import patiently

T = TypeVar("T")
PREVIEWED: Final = -1  # the version that a change would make
# A change that takes longer than this was stopped.
UNDER_WAY: Final = timedelta(minutes=5)
# So long a change of closed days waits for another one, which judges a school's day in seconds.
LONGEST_TURN: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Applying:
    """Whether a change is applied to closed days too, and why."""

    to_closed: bool = False
    reason: str = ""

    def check(self) -> None:
        """Raises InvalidFields."""
        if self.to_closed and not self.reason.strip():
            raise InvalidFields({"reason": [_("Say why closed days are changed.")]})


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

    def write_all() -> tuple[T, RuleChange | None, int]:
        with changing_rules(what=what, by=by, leaves_days=True) as change:
            result = write(change)
            made = None
            if applying.to_closed:
                reached = scope.of_closed_days()
                made = apply_to_closed(change, what, applying.reason, reached.first, reached.last)
        return result, made, change.version

    result, made, version = _in_turn(write_all) if applying.to_closed else patiently(write_all)
    with suppress(DaysHeld):
        if made:
            judge_touched(made)
        judge_open_days(scope)
        _are_applied([version])
    return result, made


def _in_turn(work: Callable[[], T]) -> T:
    """After whatever other change of closed days is under way. Raises ChangeUnderWay."""
    ends_at = time.monotonic() + LONGEST_TURN.total_seconds()
    while True:
        try:
            return patiently(work)
        except ChangeUnderWay:
            while is_under_way():
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.1)


def _are_applied(versions: Iterable[int]) -> None:
    Rulebook.objects.filter(pk__in=versions).update(applied_at=timezone.now())


def set_policy(*, class_level: str, changes: dict[str, Any], by: User | None = None) -> Schedule:
    """Change everybody's policy (EVERYBODY), or give a class level one of its own."""
    policy, _ = change_rules(
        lambda _: write_policy(class_level, changes)[0],
        what="Policy changed",
        scope=Scope(),
        by=by,
    )
    return policy


def finish_changes() -> None:
    """Judge days by rules whose change was stopped, or held up, before it had done so."""
    waiting = Rulebook.objects.filter(applied_at=None, changed_at__lt=timezone.now() - UNDER_WAY)
    versions = list(waiting.values_list("pk", flat=True))
    if versions:
        made = Q(rulebook__in=versions, undone_at=None) | Q(undone_in__in=versions)
        for change in RuleChange.objects.filter(made):
            judge_touched(change)
        judge_open_days()
        _are_applied(versions)


def undo_change(*, change: RuleChange, by: User) -> RuleChange:
    """Let the days that it touched go by the rules of before, exactly. Raises AlreadyUndone.

    What it entered into the calendar for these days only goes with it; other rules stay.
    """
    undone, version = _in_turn(lambda: take_back(change, by))
    days = [date.fromisoformat(row["date"]) for row in undone.before]
    with suppress(DaysHeld):
        judge_touched(undone)
        if days:
            judge_open_days(Scope(min(days), max(days)))
        _are_applied([version])
    return undone


# --- what it would do --------------------------------------------------------------------------


def preview_rules(write: Callable[[RulesChange], Any], *, scope: Scope) -> Preview:
    """What a change would do; nothing is written, and no tap waits."""
    with transaction.atomic():
        change = RulesChange(PREVIEWED, None)
        write(change)
        delta, rules = change.delta(), rules_now()
        transaction.set_rollback(True)
    changes = [c for c in _look_everywhere(delta, rules, scope) if c.before != c.after]
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


def _look_everywhere(delta: Delta, rules: Rules, scope: Scope) -> Iterator[DayChange]:
    """Open days and, as if it was applied to them too, closed ones."""
    book, reached = current_book(), scope.of_closed_days()
    closed = ClosedDay.objects.filter(date__gte=timezone.localdate() - FURTHEST_BACK)
    days = set(closed.values_list("date", flat=True).distinct())
    closed_days = sorted(day for day in days if reached.covers(day))
    asked = {day: sorted(people) for day, people in open_people(scope)}
    asked |= dict.fromkeys(closed_days, everybody())
    return foreseen(asked, would_be(book, rules, delta, closed_days), book)
