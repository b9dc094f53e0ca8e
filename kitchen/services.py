"""Changing meal periods, each change from a day on; and taking meals back.

A period is served by its versions, of which one holds at a time. A change cuts the one that holds
at its moment, and what comes after: so what was served before, and what is uploaded later, is
judged by what held then.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.constraints import NON_FIELD, constraint_name, violations_as_field_errors
from core.errors import DomainError, InvalidFields
from core.locks import for_change, take_turns
from kitchen.models import A_DAY, KitchenService, MealPeriod, PeriodRule, PeriodVersion
from people.models import Person

NO_OVERLAP = "kitchen_periodversion_no_overlap"


class PeriodWasUsed(DomainError):
    code = "period_was_used"
    message = _("Meals were served in this period. Switch it off instead: is_active = false.")


class MealAlreadyVoided(DomainError):
    code = "already_voided"
    message = _("This meal has been taken back already.")


class _Overlap(InvalidFields):
    def __init__(self) -> None:
        message = gettext("Another active period is served at some of these times.")
        super().__init__({NON_FIELD: [message]}, code="overlap")


@contextmanager
def refusing_overlap() -> Iterator[None]:
    """Turn the database's refusals of a period into messages, also when two are made at once."""
    try:
        with transaction.atomic():
            # What constraints cannot compare is looked up, and nobody may write meanwhile. And of
            # two that overlap each would wait for the other: an exclusion constraint looks only
            # when both rows are in, and answers with a deadlock.
            take_turns("kitchen: change the periods")
            with violations_as_field_errors(MealPeriod):
                yield
    except IntegrityError as error:
        if constraint_name(error) != NO_OVERLAP:
            raise
        raise _Overlap from error


# --- periods ----------------------------------------------------------------------------------


def make_period(*, rule: Mapping[str, Any], valid_from: date | None = None) -> MealPeriod:
    """A new period, of the fields in `PeriodRule.RULE`.

    From another day than today it is served from that day's beginning. From today it is as if it
    had always been so, for meals that were served before anybody wrote it down; but not while
    another period was served in its place.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    period = MealPeriod(**rule, valid_from=valid_from or today)
    with refusing_overlap():
        period.began_at = (
            _replaced_until(period, now) if period.valid_from == today else _begin(valid_from)
        )
        period.save(force_insert=True)
        _refuse_shared_people(period, since=period.began_at or now)
    return period


def _replaced_until(period: MealPeriod, now: datetime) -> datetime | None:
    """When the last of the rules ended that this one would overlap."""
    past = PeriodVersion.objects.filter(is_active=True, held__endswith__lte=now)
    ends: list[datetime] = [v.held.upper for v in past if v.held.upper and _overlap(period, v)]
    return max(ends, default=None)


def change_period(
    *, period: MealPeriod, changes: Mapping[str, Any], valid_from: date | None = None
) -> MealPeriod:
    """Change fields of `PeriodRule.RULE` from a day on, today if none is said.

    From today means from this moment. What is planned for later keeps what it changes itself.
    Raises InvalidFields for a day that is over, and where periods would overlap.
    """
    now = timezone.now()
    day = valid_from or timezone.localdate(now)
    if day < timezone.localdate(now):
        message = gettext(
            "What was served stays as it was: a change holds from today on, or later."
        )
        raise InvalidFields({"valid_from": [message]})
    with refusing_overlap():
        versions = list(period.versions.order_by("held"))
        at = now if day == timezone.localdate(now) else _takes_over(versions, day)
        if changed := _rewrite(versions, dict(changes), at=at):
            last = period.versions.order_by("held").last()
            assert last
            is_last = last.held.lower is None or last.held.lower <= at
            period.valid_from = day if is_last else period.valid_from
            for name, value in last.rule.items():
                setattr(period, name, value)
            period.save(update_fields=[*PeriodRule.RULE, "valid_from"])
            if changed - {"name", "portions"}:
                _refuse_shared_people(period, since=at)
    return period


def _begin(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _takes_over(versions: list[PeriodVersion], day: date) -> datetime:
    """When a day's rule takes over: a night that began the day before ends by its own."""
    begin = _begin(day)
    assert begin
    version = _version_at(versions, begin)
    begins_before = (day - A_DAY).isoweekday() in version.days
    if version.is_active and version.is_overnight and begins_before:
        return timezone.make_aware(datetime.combine(day, version.ends_at))
    return begin


def _version_at(versions: list[PeriodVersion], at: datetime) -> PeriodVersion:
    """What holds at that moment; before all of them the first."""
    return next((version for version in versions if at in version.held), versions[0])


def _rewrite(versions: list[PeriodVersion], changes: dict[str, Any], *, at: datetime) -> set[str]:
    """Change what holds from this moment on; which fields that changes."""
    base = _version_at(versions, at)
    before = base.rule
    changed = {name: value for name, value in changes.items() if before[name] != value}
    if not changed:
        return set()
    lower, upper = base.held.lower, base.held.upper
    later = versions[versions.index(base) + 1 :]
    if lower is None or lower < at:
        base.held = DateTimeTZRange(lower, at)
        base.save(update_fields=["held"])
        rule = {**before, **changed}
        PeriodVersion.objects.create(
            period_id=base.period_id, held=DateTimeTZRange(at, upper), **rule
        )
    else:
        _set(base, changed)
    for version in later:
        _set(version, {n: value for n, value in changed.items() if version.rule[n] == before[n]})
    return set(changed)


def _set(version: PeriodVersion, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(version, name, value)
    version.save(update_fields=[*changes])


def _refuse_shared_people(period: MealPeriod, *, since: datetime) -> None:
    """What the exclusion constraint cannot see: whether groups can share somebody from then on.

    Before that it was seen to when it was written; people have changed class in the meantime.
    """
    to_come = DateTimeTZRange(since, None)
    for version in _held_during(to_come).filter(period=period):
        others = _held_during(version.held).filter(held__overlap=to_come)
        for other in others.exclude(period=period):
            is_narrowed = version.applies_to or other.applies_to
            if is_narrowed and _overlap(version, other):
                raise _Overlap


def _held_during(held: DateTimeTZRange) -> QuerySet[PeriodVersion]:
    return PeriodVersion.objects.filter(is_active=True, held__overlap=held)


def in_the_way(period: MealPeriod) -> PeriodVersion | None:
    """What this period would overlap from now on, if it is served."""
    now = timezone.now()
    others = _held_during(DateTimeTZRange(now, None)).exclude(period=period.pk)
    return next((other for other in others if _overlap(period, other)), None)


def _overlap(one: PeriodRule, other: PeriodRule) -> bool:
    is_together = any(
        start < other_end and other_start < end
        for start, end in _week(one)
        for other_start, other_end in _week(other)
    )
    return is_together and _may_share_people(one, other)


def _week(rule: PeriodRule) -> Iterator[tuple[timedelta, timedelta]]:
    """The times since the week began; the night from Sunday on twice."""
    start, end = _since_midnight(rule.starts_at), _since_midnight(rule.ends_at)
    length = end - start + (A_DAY if rule.is_overnight else timedelta())
    for day in rule.days:
        begin = (day - 1) * A_DAY + start
        yield begin, begin + length
        yield begin - 7 * A_DAY, begin - 7 * A_DAY + length


def _since_midnight(at: time) -> timedelta:
    return datetime.combine(date.min, at) - datetime.combine(date.min, time.min)


def _may_share_people(one: PeriodRule, other: PeriodRule) -> bool:
    """By what they say; and where they name people, or a class and a level, by who is there."""
    if one.diners.may_share(other.diners, one.kinds, other.kinds):
        return True
    return Person.objects.filter(one.people_q(), other.people_q()).exists()


def delete_period(*, period: MealPeriod) -> None:
    """Raises PeriodWasUsed once a meal was served in it, be it a moment ago."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            period.delete()
            # Else a meal that came since Django looked would refuse it at the commit, where nobody
            # could say why any more.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:  # a row that goes can break nothing but a reference to it
        raise PeriodWasUsed from error


# --- meals ------------------------------------------------------------------------------------


def void_meal(*, meal: KitchenService, reason: str, by: User) -> KitchenService:
    """Take a meal back, which frees its portion. Raises MealAlreadyVoided, also in a race."""
    standing = KitchenService.objects.standing().filter(pk=meal.pk)
    if not standing.update(voided_at=timezone.now(), voided_by=by, void_reason=reason):
        raise MealAlreadyVoided
    return KitchenService.objects.with_doubles().get(pk=meal.pk)


def void_meals(
    *,
    meals: Collection[UUID],
    unless: Callable[[], bool],
    at: datetime,
    by: User | None,
    reason: str,
) -> int:
    """Take these meals back, which frees their portions; how many stood. None: their reader did.

    `unless` is asked once nobody else can add to them.
    """
    standing = KitchenService.objects.standing().filter(pk__in=meals)
    held = [meal.pk for meal in for_change(standing.order_by("pk"))]
    if unless():
        return 0
    voided = KitchenService.objects.filter(pk__in=held)
    return voided.update(voided_at=at, voided_by=by, void_reason=reason)
