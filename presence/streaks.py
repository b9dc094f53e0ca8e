"""Who has been absent so many expected days in a row, up to now (contract section 9).

A day counts once it is closed and something was expected on it. Excused days and those that count
in no rate neither break a streak nor add to it; a day on which somebody came breaks it at once,
closed or not.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from attendance.models import Attendance, Status
from people.kinds import kinds_with_days
from people.models import Person

FEWEST: Final = 3

# One look into the index for the day on which each came last, and one for those since.
STREAKS: Final = """
    SELECT asked.person_uuid, streak.days, streak.since, came.date
    FROM ({people}) AS asked
    LEFT JOIN LATERAL (
        SELECT day.date FROM ({came}) AS day WHERE day.person_id = asked.person_uuid
        ORDER BY day.date DESC LIMIT 1
    ) AS came ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS days, min(day.date) AS since FROM ({absent}) AS day
        WHERE day.person_id = asked.person_uuid AND day.date > coalesce(came.date, '-infinity')
    ) AS streak
    WHERE streak.days >= %s
    ORDER BY streak.days DESC, streak.since, asked.person_uuid
"""


@dataclass(frozen=True, slots=True)
class Streak:
    """`last_present`: the last expected day on which they came; None: none is known."""

    person: UUID
    days: int
    since: date
    last_present: date | None


def streaks(*, people: QuerySet[Person], fewest: int = FEWEST) -> list[Streak]:
    """Of whoever of these people is expected these days, the longest first. One query."""
    expected: Any = people
    on_roll = expected.filter(kind__in=list(kinds_with_days())).expected(timezone.localdate())
    counted = Attendance.objects.filter(is_counted=True).order_by().values("person_id", "date")
    parts = {
        "people": on_roll.order_by().values("person_uuid"),
        "came": counted.filter(status__in=[Status.PRESENT, Status.LATE]),
        "absent": counted.filter(status=Status.ABSENT, closed_under__isnull=False),
    }
    try:
        compiled = {name: rows.query.sql_with_params() for name, rows in parts.items()}
    except EmptyResultSet:  # there can be none, such as of a teacher without a class
        return []
    statement = STREAKS.format(**{name: text for name, (text, _) in compiled.items()})
    values = [value for _, params in compiled.values() for value in params]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, fewest])
        return [Streak(*row) for row in cursor.fetchall()]
