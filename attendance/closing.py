"""Closing days: when a day is over, whoever was expected and not seen is Absent.

A day closes for each schedule by itself, at its `closes_at`, however long nothing ran; or for all
of them, by whoever closes it by name. It waits while a reader of these people may still have taps
to send (`attendance.hooks`).
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, override

from accounts.models import User
from attendance.hooks import reasons_to_wait
from attendance.judging import DaysHeld, everybody, judge_day
from attendance.models import ClosedDay, ReopenedDay, Rulebook, RuleChange, Status
from attendance.open_days import Scope, judge_open_days
from attendance.rulebook import (
    CLOSING_COLUMNS,
    DayClosing,
    changing_rules,
    closing_of,
    current_book,
    open_schedules,
    rules_now,
)
from attendance.rules import ONE_DAY, ScheduleRule
from attendance.sentences import day_in_words
from core.errors import DomainError
from core.locks import Yielded, patiently
from people.kinds import kinds_with_days
from people.models import Person

logger = logging.getLogger(__name__)

# A day before this is a slip of the finger, which would make everybody Absent for good.
FURTHEST_BACK: Final = timedelta(days=366)
# A reader that stays away for longer holds up no day.
LONGEST_WAIT: Final = timedelta(hours=12)


class NotYetThatDay(DomainError):
    code = "day_in_future"
    message = gettext_lazy("This day has not begun yet.")
    status_code = 400


class TooLongAgo(DomainError):
    code = "day_too_long_ago"
    message = gettext_lazy("Days of more than a year ago stay as they are.")
    status_code = 400


class NotClosed(DomainError):
    code = "day_not_closed"
    message = gettext_lazy("This day is not closed.")


@dataclass(frozen=True)
class Closing:
    """What closing a day did: how many Absent rows it wrote now, by kind of person."""

    date: date
    closed_at: datetime
    was_closed: bool
    absent: dict[str, int]


def check_day(day: date) -> None:
    """Raise NotYetThatDay or TooLongAgo for a day that nobody means to close by hand."""
    if day > timezone.localdate():
        raise NotYetThatDay
    if day < timezone.localdate() - FURTHEST_BACK:
        raise TooLongAgo


def close_day(*, day: date, by: User | None, schedules: Collection[UUID] | None = None) -> Closing:
    """Close this day for these schedules, or for all; whoever was expected and not seen is Absent.

    Can be repeated: it writes what is missing and nothing twice. By the rules of this moment; no
    later change touches a day that is closed. Raises NotYetThatDay; DaysHeld when the day is
    closed, and `finish_closings` has to write it for some.
    """
    if day > timezone.localdate():
        raise NotYetThatDay
    closed = ClosedDay.objects.filter(date=day)
    known = set(closed.values_list("schedule_id", flat=True))
    holding = {schedule.schedule_id for schedule in schedules_on(day)}
    wanted = (holding if schedules is None else holding & set(schedules)) - known
    is_new = bool(wanted) and patiently(lambda: _close_for(day, wanted, by))
    absent = _judge_all(day)
    closed.filter(written_at=None).update(written_at=timezone.now())
    first = closed.order_by("closed_at").first()
    return Closing(
        date=day,
        closed_at=first.closed_at if first else timezone.now(),
        was_closed=not is_new,
        absent=absent,
    )


def _close_for(day: date, schedules: set[UUID], by: User | None) -> bool:
    """Whether it was closed now for one of these."""
    with changing_rules(what=f"Day {day} closed", by=by) as change:
        # Whoever closed the same at this moment was first.
        first = ClosedDay.objects.filter(date=day).values_list("schedule_id", flat=True)
        left = sorted(schedules - set(first))
        ClosedDay.objects.bulk_create(
            ClosedDay(date=day, schedule_id=schedule, rulebook_id=change.version, closed_by=by)
            for schedule in left
        )
    return bool(left)


def _judge_all(day: date) -> dict[str, int]:
    """How many became Absent, by kind."""
    changes = judge_day(day, everybody())
    absent = [c.person for c in changes if c.after == Status.ABSENT and c.before != Status.ABSENT]
    kinds = Person.objects.filter(pk__in=absent).order_by().values_list("kind")
    counts = dict(kinds.annotate(Count("pk")))
    return {key: counts.get(key, 0) for key in kinds_with_days()}


def schedules_on(day: date) -> list[ScheduleRule]:
    """Those that hold on this day, by the rules as they are."""
    return [schedule for schedule in rules_now().schedules if schedule.holds_on(day)]


def reopen_day(*, day: date, reason: str, by: User) -> RuleChange:
    """Take a closing back: whoever became Absent by it is not seen yet, and taps count as before.

    It stays open until somebody closes it by name. Raises NotClosed. What somebody holds of it is
    left to `attendance.changes.finish_changes`.
    """
    made = patiently(lambda: _reopen(day, reason, by))
    with suppress(DaysHeld):
        changes = judge_day(day, everybody())
        judge_open_days(Scope(day, day))
        made.days_changed = sum(change.before != change.after for change in changes)
        made.save(update_fields=["days_changed"])
        Rulebook.objects.filter(pk=made.rulebook_id).update(applied_at=timezone.now())
    return made


def _reopen(day: date, reason: str, by: User) -> RuleChange:
    with override("en"):  # as everything that is kept of changes
        what = f"{day_in_words(day)} opened again"
    with changing_rules(what=what, by=by, leaves_days=True) as change:
        closed = list(ClosedDay.objects.filter(date=day))
        if not closed:
            raise NotClosed
        ClosedDay.objects.filter(date=day).delete()
        ReopenedDay.objects.update_or_create(
            date=day,
            defaults={"reopened_by": by, "reason": reason, "reopened_at": timezone.now()},
        )
        return RuleChange.objects.create(
            what=what,
            reason=reason,
            rulebook_id=change.version,
            before=[closing.as_row() for closing in closed],
            made_by=by,
        )


# --- by itself ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenDay:
    """A day that is over for a schedule and not closed; `reasons` say why, if it waits."""

    date: date
    schedule: ScheduleRule
    reasons: tuple[str, ...]


def close_due(*, now: datetime) -> list[Closing]:
    """Close whatever is over and waits for nothing, the oldest day first.

    What somebody else holds is closed the next time.
    """
    due: dict[date, list[UUID]] = defaultdict(list)
    for open_day in days_over(now=now):
        if not open_day.reasons:
            due[open_day.date].append(open_day.schedule.schedule_id)
    return list(_close_each({day: due[day] for day in sorted(due)}))


def _close_each(schedules: Mapping[date, Collection[UUID]]) -> Iterator[Closing]:
    """One day that is held keeps no other from being closed."""
    for day, of_day in schedules.items():
        try:
            yield close_day(day=day, by=None, schedules=of_day)
        except Yielded as error:
            logger.warning("closing %s: %s", day, error.message)


def days_over(*, now: datetime) -> Iterator[OpenDay]:
    """The days whose closing time has passed and that nobody has closed; the oldest first.

    Of days before there were rules here only those that somebody has opened again.
    """
    today = timezone.localdate(now)
    began = Rulebook.objects.order_by("version").values_list("changed_at", flat=True).first()
    if began is None:
        return
    furthest, began_on = today - FURTHEST_BACK, timezone.localdate(began)
    again = ReopenedDay.objects.filter(date__gte=furthest).values_list("date", "reason")
    reopened = dict(again)
    day = max(furthest, min([began_on, *reopened]))
    closings: dict[date, list[DayClosing]] = defaultdict(list)
    rows = ClosedDay.objects.filter(date__gte=day)
    for on, *columns in rows.values_list("date", *CLOSING_COLUMNS):
        closings[on].append(closing_of(columns))
    rules = current_book().rules
    while day <= today:
        is_known = day >= began_on or day in reopened
        for schedule in open_schedules(rules, day, closings[day]) if is_known else ():
            closes_at = schedule.closes(day, rules.zone)
            if closes_at > now:
                continue
            if day in reopened:
                why = gettext("Opened again: {reason}").format(reason=reopened[day])
                yield OpenDay(day, schedule, (why,))
                continue
            waits = now < closes_at + LONGEST_WAIT
            reasons = reasons_to_wait(rules, schedule, day, now) if waits else []
            yield OpenDay(day, schedule, tuple(reasons))
        day += ONE_DAY


def finish_closings() -> None:
    """What a closing left undone that was interrupted."""
    unfinished = ClosedDay.objects.filter(written_at=None).order_by("date")
    days = unfinished.values_list("date", flat=True).distinct()
    for _ in _close_each(dict.fromkeys(days, ())):
        pass
