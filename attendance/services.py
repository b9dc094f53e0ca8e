"""Closing days, changing the rules, correcting what was derived (contract section 9)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from attendance.models import EVERYBODY, Attendance, ClosedDay, Policy
from core.constraints import violations_as_field_errors
from core.errors import DomainError
from people.kinds import kinds_with_days
from people.standing import is_expected_sql

# A day before this is a slip of the finger, which would make everybody Absent for good.
FURTHEST_BACK = timedelta(days=366)
# Days that were never closed, because nothing ran, are closed later; not for ever.
CATCH_UP = timedelta(days=7)

FREEZE = """
    INSERT INTO attendance_closedrule (closed_day_id, class_level, late_after, is_expected)
    SELECT %(day)s, class_level, rule.late_after, rule.is_expected
    FROM attendance_policy CROSS JOIN LATERAL attendance_rule(%(day)s, class_level) AS rule
"""
REFRESH = """
    WITH open AS (
        SELECT attendance_id, (date + rule.late_after) AT TIME ZONE %(zone)s AS late_from
        FROM attendance_attendance AS day
        JOIN people_person AS person ON person.person_uuid = day.person_id
        CROSS JOIN LATERAL attendance_rule(date, person.class_level) AS rule
        WHERE date = ANY(%(days)s::date[])
    )
    UPDATE attendance_attendance AS day SET late_from = open.late_from FROM open
    WHERE day.attendance_id = open.attendance_id
        AND day.late_from IS DISTINCT FROM open.late_from
"""
# Whoever was registered after the day was closed was not expected on it.
WRITE_ABSENT = """
    WITH written AS (
        INSERT INTO attendance_attendance (attendance_id, person_id, date, late_from,
            corrected_status, correction_reason)
        SELECT gen_random_uuid(), person.person_uuid, %(day)s,
            (%(day)s + rule.late_after) AT TIME ZONE %(zone)s, '', ''
        FROM people_person AS person
        CROSS JOIN LATERAL attendance_rule(%(day)s, person.class_level) AS rule
        WHERE {expected} AND rule.is_expected
        ON CONFLICT (person_id, date) DO NOTHING
        RETURNING person_id
    )
    SELECT kind, count(*) FROM written JOIN people_person ON person_uuid = person_id GROUP BY kind
"""
EXPECTED = """
    SELECT class_level, rule.is_expected
    FROM attendance_policy CROSS JOIN LATERAL attendance_rule(%(day)s, class_level) AS rule
"""
OPEN_DAYS = """
    SELECT day::date FROM generate_series(
        (SELECT min(date) FROM attendance_attendance),
        (SELECT max(date) FROM attendance_attendance), '1 day'
    ) AS day
    WHERE NOT EXISTS (SELECT FROM attendance_closedday WHERE date = day::date)
"""
# Who was not seen has no row: each gets one. Those that are there are held until the commit. In key
# order, as a batch of taps takes them, so that the two cannot deadlock.
ROWS_FOR = """
    INSERT INTO attendance_attendance AS day (attendance_id, person_id, date, late_from,
        corrected_status, correction_reason)
    SELECT gen_random_uuid(), person.person_uuid, %(day)s,
        (%(day)s + rule.late_after) AT TIME ZONE %(zone)s, '', ''
    FROM people_person AS person
    CROSS JOIN LATERAL attendance_rule(%(day)s, person.class_level) AS rule
    WHERE person.person_uuid = ANY(%(people)s::uuid[]) AND person.kind = %(kind)s
    ORDER BY person.person_uuid
    ON CONFLICT (person_id, date) DO UPDATE SET late_from = day.late_from
"""
HOLD_CORRECTED = """
    SELECT FROM attendance_attendance AS day
    WHERE date = %(day)s AND person_id = ANY(%(people)s::uuid[]) AND corrected_status <> ''
    ORDER BY person_id FOR NO KEY UPDATE
"""
# A second statement, for an insert would fire none of the triggers that keep and tell corrections.
CORRECT = """
    UPDATE attendance_attendance SET corrected_status = %(status)s, correction_reason = %(reason)s,
        corrected_by_id = %(by)s, corrected_at = %(now)s
    WHERE date = %(day)s AND (%(status)s <> '' OR corrected_status <> '')
        AND person_id IN (
            SELECT person_uuid FROM people_person
            WHERE person_uuid = ANY(%(people)s::uuid[]) AND kind = %(kind)s
        )
"""
# What neither a tap nor the close of the day nor a correction says, is no day. As one statement:
# a tap that comes in at this moment is seen by it, or finds no row and makes its own.
FORGET_UNSEEN = """
    DELETE FROM attendance_attendance AS day USING people_person AS person
    WHERE date = %(day)s AND person_id = ANY(%(people)s::uuid[])
        AND person.person_uuid = day.person_id
        AND corrected_status = '' AND attendance_time IS NULL AND last_out_at IS NULL
        AND NOT (
            EXISTS (SELECT FROM attendance_closedday AS closed WHERE closed.date = day.date)
            AND (SELECT is_expected FROM attendance_rule(day.date, person.class_level))
        )
"""


class NotYetThatDay(DomainError):
    code = "day_in_future"
    message = "This day has not begun yet."
    status_code = 400


class TooLongAgo(DomainError):
    code = "day_too_long_ago"
    message = "Days of more than a year ago stay as they are."
    status_code = 400


@dataclass(frozen=True)
class Closing:
    """What closing a day did: how many Absent rows it wrote now, by kind of person."""

    date: date
    closed_at: datetime
    was_closed: bool
    absent: dict[str, int]


def hold_days() -> None:
    """Let nobody write days, close one or change the rules until this transaction ends.

    Without it a tap that had read the old rules could be committed after the days were judged by
    the new ones; a day could be closed by one policy and judged by another; and a close and a
    batch of taps could each hold a row that the other waits for. Whoever reads does not wait.
    """
    _execute("LOCK TABLE attendance_attendance IN EXCLUSIVE MODE")


def check_day(day: date) -> None:
    """Raise NotYetThatDay or TooLongAgo for a day that nobody means to close by hand."""
    if day > timezone.localdate():
        raise NotYetThatDay
    if day < timezone.localdate() - FURTHEST_BACK:
        raise TooLongAgo


def close_day(*, day: date, by: User | None) -> Closing:
    """Write Absent for everybody who was expected on this day and not seen.

    Can be repeated: it writes what is missing and nothing twice. The rules of the day are frozen
    when it is closed first. Raises NotYetThatDay.
    """
    if day > timezone.localdate():
        raise NotYetThatDay
    with transaction.atomic():
        hold_days()
        closed, is_new = ClosedDay.objects.get_or_create(date=day, defaults={"closed_by": by})
        if is_new:
            _execute(FREEZE, day=day)
            _refresh([day])
        absent = _write_absent(day)
    return Closing(date=day, closed_at=closed.closed_at, was_closed=not is_new, absent=absent)


def _write_absent(day: date) -> dict[str, int]:
    """How many were written, by kind of person."""
    statement = WRITE_ABSENT.format(expected=is_expected_sql("person", "%(day)s::date"))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"day": day, "zone": settings.TIME_ZONE})
        written = dict(cursor.fetchall())
    return {key: written.get(key, 0) for key in kinds_with_days()}


def class_levels_expected(day: date) -> dict[str, bool]:
    """Whether each class level with rules of its own is expected on this day, and everybody else.

    Everybody else is EVERYBODY, which is always there.
    """
    with connection.cursor() as cursor:
        cursor.execute(EXPECTED, {"day": day})
        return dict(cursor.fetchall())


def days_to_close(*, now: datetime) -> list[date]:
    """The days whose closing time has passed and that nobody has closed; the oldest first."""
    policies = list(Policy.objects.all())
    today = timezone.localdate(now)
    first = max(today - CATCH_UP, timezone.localdate(min(p.created_at for p in policies)))
    closed = set(ClosedDay.objects.filter(date__gte=first).values_list("date", flat=True))
    closing_time = max(policy.closes_at for policy in policies)
    days = (first + timedelta(days=n) for n in range((today - first).days + 1))
    return [day for day in days if day not in closed and campus_time(day, closing_time) <= now]


def campus_time(day: date, at: time) -> datetime:
    """The instant of this time of day on the campus."""
    return timezone.make_aware(datetime.combine(day, at))


def set_policy(*, class_level: str, changes: dict[str, Any]) -> tuple[Policy, bool]:
    """Change everybody's policy, or give a class level one of its own; (policy, is it new).

    What is not said of a new one is as it is for everybody. Open days are judged anew; closed
    days stay as they were.
    """
    with transaction.atomic():
        hold_days()
        general = Policy.objects.get(class_level=EVERYBODY)
        policy = Policy.objects.filter(class_level=class_level).first()
        is_new = policy is None
        policy = policy or _copy(general, class_level)
        for name, value in changes.items():
            setattr(policy, name, value)
        with violations_as_field_errors(Policy):
            policy.save()
        refresh_open_days()
    return policy, is_new


def _copy(general: Policy, class_level: str) -> Policy:
    return Policy(
        class_level=class_level,
        late_after=general.late_after,
        closes_at=general.closes_at,
        working_days=general.working_days,
    )


def remove_policy(*, policy: Policy) -> None:
    """A class level goes by everybody's policy again."""
    with transaction.atomic():
        hold_days()
        policy.delete()
        refresh_open_days()


def refresh_open_days() -> None:
    """Judge the days that are not closed by the rules as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_DAYS)
        days = [row[0] for row in cursor.fetchall()]
    _refresh(days)


def _refresh(days: list[date]) -> None:
    _execute(REFRESH, days=days)


def _execute(statement: str, **parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"zone": settings.TIME_ZONE, **parameters})
        return int(cursor.rowcount)


def correct_day(*, record: Attendance, status: str, reason: str, by: User) -> Attendance | None:
    """Say what a day really was; the derived value stays beside it, and later taps change nothing.

    An empty status takes the correction back. None: then nothing was left of this day, as only
    the correction had made it, and the person is not yet seen.
    """
    record.corrected_status = status
    record.correction_reason = reason
    record.corrected_by = by
    record.corrected_at = timezone.now()
    with transaction.atomic():
        record.save(
            update_fields=["corrected_status", "correction_reason", "corrected_by", "corrected_at"]
        )
        if not status and _forget_unseen(record.date, [record.person_id]):
            return None
    record.refresh_from_db(fields=["status"])
    return record


def correct_people(
    *, day: date, kind: str, people: Collection[UUID], status: str, reason: str, by: User
) -> int:
    """Say what this day really was for these people, seen or not; for how many it was done.

    All of them or nobody. As with `correct_day`, an empty status takes corrections back: of those
    who have one. Whoever is not of this kind is passed over. Raises NotYetThatDay and TooLongAgo.
    """
    check_day(day)
    where: dict[str, Any] = {"day": day, "people": list(people), "kind": kind}
    correction = {"status": status, "reason": reason, "by": by.pk, "now": timezone.now()}
    with transaction.atomic():
        _execute(ROWS_FOR if status else HOLD_CORRECTED, **where)
        corrected = _execute(CORRECT, **where, **correction)
        if not status:
            _forget_unseen(day, people)
    return corrected


def _forget_unseen(day: date, people: Collection[UUID]) -> int:
    return _execute(FORGET_UNSEEN, day=day, people=list(people))
