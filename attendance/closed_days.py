"""Closed days and changes of rules: apply one to them, see what it did, take it back.

A closed day is judged by the rules of its closing. A change that is applied to it is added to
those, and nothing else that has been changed since (`rulebook.Delta`); of people only those are
judged again whose day it makes another.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from attendance.judging import (
    DayChange,
    DaysHeld,
    Looked,
    everybody,
    judge_each,
    registered_since,
)
from attendance.models import Absence, ClosedDay, Holiday, Rulebook, RuleChange
from attendance.recording import PersonDay
from attendance.rulebook import (
    DayClosing,
    Delta,
    RulesChange,
    RulesInForce,
    changing_rules,
    current_book,
    holiday_as_kept,
    holiday_of,
    without_change,
)
from attendance.rules import Rules
from core.errors import DomainError
from core.locks import Yielded


class ChangeUnderWay(Yielded):
    """What one change makes of closed days is told by how the others have left them."""

    message = _("Another change of closed days is being applied; the request may be repeated.")


class AlreadyUndone(DomainError):
    code = "already_undone"
    message = _("This change has been taken back already.")


def apply_to_closed(
    change: RulesChange, what: str, reason: str, first: date | None, last: date | None
) -> RuleChange | None:
    """Closed days go by the rules of their closing with this change; what is open stays open.

    In the block that changes the rules; `judge_touched` is the next step. Raises ChangeUnderWay.
    """
    days = _closed_within(first, last)
    if not days:
        return None
    if is_under_way():
        raise ChangeUnderWay
    delta, before = change.delta(), current_book()
    made = RuleChange.objects.create(
        what=what,
        reason=reason,
        rulebook_id=change.version,
        before=[row.as_row() for of_day in days.values() for row in of_day],
        delta=delta.as_row(),
        made_by=change.by,
    )
    for day, of_day in days.items():
        _write_closings(day, of_day, before.closings_with(day, made.pk, delta))
    return made


def is_under_way() -> bool:
    """Whether days are still to be judged by a change of closed ones, or by taking one back."""
    waiting = Rulebook.objects.filter(applied_at=None)
    return RuleChange.objects.filter(
        Q(rulebook__in=waiting, undone_at=None) | Q(undone_in__in=waiting)
    ).exists()


def would_be(
    book: RulesInForce, rules: Rules, delta: Delta, closed_days: Iterable[date]
) -> RulesInForce:
    """After a change that makes these rules the newest, applied to these closed days too."""
    change = uuid4()
    closings = {day: book.closings_with(day, change, delta) for day in closed_days}
    return book.supposing(closings, rules=rules, deltas={change: delta})


def _closed_within(first: date | None, last: date | None) -> dict[date, list[ClosedDay]]:
    rows = ClosedDay.objects.order_by("date", "pk")
    if first:
        rows = rows.filter(date__gte=first)
    if last:
        rows = rows.filter(date__lte=last)
    return _by_date(rows)


def _by_date(rows: Iterable[ClosedDay]) -> dict[date, list[ClosedDay]]:
    days: dict[date, list[ClosedDay]] = {}
    for row in rows:
        days.setdefault(row.date, []).append(row)
    return days


def _write_closings(day: date, rows: Sequence[ClosedDay], closings: Sequence[DayClosing]) -> None:
    """Let a day be closed like this instead; whoever is judged by it is the caller's."""
    known = {row.schedule_id: row for row in rows}
    now = timezone.now()
    for closing in closings:
        first = rows[0] if rows else None
        row = known.pop(closing.schedule_id, None) or ClosedDay(
            date=day,
            schedule_id=closing.schedule_id,
            closed_by=first.closed_by if first else None,
            written_at=now,
        )
        row.rulebook_id, row.closed_at = closing.version, closing.closed_at
        row.changes = list(closing.changes)
        row.save()
    ClosedDay.objects.filter(date=day, schedule_id__in=known).delete()


def judge_touched(made: RuleChange) -> None:
    """The closed days that it made others, or that taking it back does. Raises DaysHeld."""
    days = _closed_before(made)
    delta = Delta.of_row(made.delta) if made.delta else None

    @lru_cache(maxsize=1)
    def before(book: RulesInForce) -> RulesInForce:
        """As the days were, by the closings that they had."""
        return book.supposing(
            {day: list(_other_way(book, made, delta, day, found)) for day, found in days.items()}
        )

    emptied = _person_days(made.emptied)

    def look(day: date, people: Sequence[UUID], book: RulesInForce) -> Looked:
        had = {person for person, of in emptied if of == day}
        return Looked.since(before(book), day, people, book, known=had)

    # Of a change that is taken back, whoever it left alone is left alone again.
    known = _person_days(made.left_alone)
    everyone = everybody()
    changes, held = judge_each(
        ((day, [one for one in everyone if (one, day) not in known]) for day in days), look
    )
    if not made.undone_at:
        left = {(change.person, change.date) for change in changes if change.is_left_alone}
        made.left_alone = _as_kept(known | left)
        made.emptied = _as_kept(emptied | _emptied_of_newcomers(changes, days))
        made.days_changed += sum(change.before != change.after for change in changes)
        made.save(update_fields=["days_changed", "left_alone", "emptied"])
    if held:
        raise DaysHeld


def _person_days(kept: Iterable[Sequence[str]]) -> set[PersonDay]:
    return {(UUID(person), date.fromisoformat(day)) for person, day in kept}


def _as_kept(days: Iterable[PersonDay]) -> list[list[str]]:
    return [[str(person), day.isoformat()] for person, day in sorted(days)]


def _emptied_of_newcomers(
    changes: Iterable[DayChange], closings: Mapping[date, Sequence[DayClosing]]
) -> set[PersonDay]:
    """By their rows alone it is known that they had been judged: those are gone now."""
    emptied: dict[date, set[UUID]] = {}
    for change in changes:
        if change.before and not change.after and change.date in closings:
            emptied.setdefault(change.date, set()).add(change.person)
    return {
        (person, day)
        for day, people in emptied.items()
        for person in registered_since(people, closings[day])
    }


def _other_way(
    book: RulesInForce,
    made: RuleChange,
    delta: Delta | None,
    day: date,
    found: Sequence[DayClosing],
) -> Sequence[DayClosing]:
    """The closings of a day without the change; or with it, if it has been taken back."""
    if not made.undone_at:
        return without_change(book.closings_on(day), made.pk, found)
    return book.closings_with(day, made.pk, delta) if delta else ()


def _closed_before(made: RuleChange) -> dict[date, list[DayClosing]]:
    days: dict[date, list[DayClosing]] = {}
    for row in made.before:
        closing = DayClosing(
            UUID(row["schedule_id"]),
            row["rulebook"],
            datetime.fromisoformat(row["closed_at"]),
            tuple(map(UUID, row.get("changes", ()))),
        )
        days.setdefault(date.fromisoformat(row["date"]), []).append(closing)
    return dict(sorted(days.items()))


def take_back(change: RuleChange, by: User) -> tuple[RuleChange, int]:
    """Give the days that it touched the closings of before; also the version that says so."""
    with changing_rules(what=f"Taken back: {change.what}", by=by, leaves_days=True) as rules:
        locked = RuleChange.objects.select_for_update().get(pk=change.pk)
        if locked.undone_at:
            raise AlreadyUndone
        if is_under_way():
            raise ChangeUnderWay
        found = _closed_before(locked)
        rows = _by_date(ClosedDay.objects.filter(date__in=found).order_by("date", "pk"))
        book = current_book()
        for day, of_day in found.items():
            after = without_change(book.closings_on(day), locked.pk, of_day)
            _write_closings(day, rows.get(day, []), after)
        if locked.delta:
            _take_back_entries(rules, locked.delta, last=max(found))
        locked.undone_at, locked.undone_by, locked.undone_in_id = timezone.now(), by, rules.version
        locked.save(update_fields=["undone_at", "undone_by", "undone_in"])
    return locked, rules.version


def _take_back_entries(rules: RulesChange, delta: dict[str, Any], *, last: date) -> None:
    """What the change entered into the calendar, or took out, of days up to the last it touched."""
    for key, (before, after) in delta["holidays"].items():
        if all(date.fromisoformat(one["last_day"]) <= last for one in (before, after) if one):
            _set_back_holiday(UUID(key), before, after)
    for absence in Absence.objects.standing().filter(pk__in=delta["added"], last_day__lte=last):
        rules.withdraw(absence)
    for absence in Absence.objects.filter(pk__in=delta["withdrawn"], last_day__lte=last):
        if not Absence.objects.standing().filter(absence_id=absence.absence_id).exists():
            absence.pk, absence.until_version = None, None
            rules.add(absence)


def _set_back_holiday(
    key: UUID, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    """Unless somebody has changed it since, or entered another one in its place."""
    there = Holiday.objects.filter(pk=key).first()
    if (there and holiday_as_kept(there)) != after:
        return
    if before is None:
        Holiday.objects.filter(pk=key).delete()
        return
    with suppress(IntegrityError), transaction.atomic():
        holiday_of(before).save(force_update=there is not None)
