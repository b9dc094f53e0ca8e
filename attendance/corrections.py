"""What an officer says of a day, beside what the facts say (contract section 9)."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from attendance.closing import check_day
from attendance.day import Corrected, DayStatus
from attendance.judging import MOST_TRIES, look_at
from attendance.models import Attendance
from attendance.recording import (
    DayRow,
    DaysMovedOn,
    JudgedDay,
    forget_days,
    read_days,
    write_days,
)
from attendance.rulebook import share_rules
from core.errors import InvalidFields
from people.models import Person

# A second statement after the row: an insert would fire none of the triggers that keep and tell
# corrections.
CORRECT: Final = """
    UPDATE attendance_attendance AS day SET corrected_status = said.corrected_status,
        corrected_arrival = said.corrected_arrival,
        corrected_departure = said.corrected_departure,
        correction_reason = %(reason)s, corrected_by_id = %(by)s, corrected_at = %(now)s,
        status = said.status
    FROM jsonb_to_recordset(%(said)s::jsonb) AS said (
        person_id uuid, corrected_status text, corrected_arrival timestamptz,
        corrected_departure timestamptz, status text
    )
    WHERE day.date = %(day)s AND day.person_id = said.person_id
"""
UNSAID: Final = object()


@dataclass(frozen=True, slots=True)
class Correction:
    """What is said now. Each of the three is left as it is (UNSAID), said, or taken back."""

    reason: str
    status: Any = UNSAID
    arrived_at: Any = UNSAID
    left_at: Any = UNSAID

    def of(self, before: Corrected) -> Corrected:
        return Corrected(
            before.status if self.status is UNSAID else self.status or "",
            before.arrived_at if self.arrived_at is UNSAID else self.arrived_at,
            before.left_at if self.left_at is UNSAID else self.left_at,
        )


def correct_day(*, record: Attendance, correction: Correction, by: User) -> Attendance | None:
    """Say what a day really was; the derived value stays beside it, and later taps change nothing.

    None: nothing was left of this day, as only the correction had made it, and the person is not
    yet seen. Raises InvalidFields for times that are none of that day's.
    """
    _correct(record.date, [record.person_id], correction, by)
    return Attendance.objects.filter(pk=record.pk).select_related("person").first()


def correct_people(
    *, day: date, kind: str, people: Collection[UUID], correction: Correction, by: User
) -> int:
    """Say what this day really was for these people, seen or not; for how many it was done.

    All of them or nobody. Whoever has no correction is passed over when corrections are taken
    back. Raises NotYetThatDay, TooLongAgo, and InvalidFields for whoever is not of this kind.
    """
    check_day(day)
    of_kind = Person.objects.filter(pk__in=people, kind=kind)
    if unknown := len(set(people)) - of_kind.count():
        problem = gettext("{n} of these are nobody of this kind.").format(n=unknown)
        raise InvalidFields({"people": [problem]})
    return _correct(day, sorted(of_kind.values_list("pk", flat=True)), correction, by)


def _correct(day: date, people: Sequence[UUID], correction: Correction, by: User) -> int:
    for _ in range(MOST_TRIES):
        try:
            with transaction.atomic():
                return _correct_once(day, people, correction, by)
        except DaysMovedOn:
            continue
    raise RuntimeError("Others go on writing these days.")


def _correct_once(day: date, people: Sequence[UUID], correction: Correction, by: User) -> int:
    book = share_rules()
    rows = read_days(day, people)
    said: dict[UUID, DayRow] = {}
    for person in people:
        row = rows.get(person) or DayRow(person, day)
        corrected = correction.of(row.corrected)
        if corrected != Corrected() or row.corrected != Corrected():
            said[person] = replace(row, corrected=corrected)
    judged, _ = look_at(day, said.keys(), said, book)
    for one in judged:
        _check_times(one, correction)
    write_days(_as_before(judged))
    _say(day, judged, correction.reason, by)
    gone = [one for one in judged if not one.result.status]
    forget_days([replace(one.row, revision=one.row.revision + 1) for one in gone])
    return len(judged)


def _as_before(judged: Iterable[JudgedDay]) -> list[JudgedDay]:
    """With a status that fits the correction which still stands in the row."""
    return [
        replace(one, result=replace(one.result, status=DayStatus(status)))
        for one in judged
        if (status := one.row.status or one.result.status)
    ]


def _say(day: date, judged: Iterable[JudgedDay], reason: str, by: User) -> None:
    said = [
        {
            "person_id": str(one.row.person),
            "corrected_status": one.row.corrected.status,
            "corrected_arrival": _text(one.row.corrected.arrived_at),
            "corrected_departure": _text(one.row.corrected.left_at),
            # Of a day of which nothing is left, for the moment until it goes.
            "status": one.result.status or one.row.status,
        }
        for one in judged
    ]
    now = timezone.now()
    values: dict[str, Any] = {"day": day, "reason": reason, "by": by.pk, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(CORRECT, {**values, "said": json.dumps(said)})


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _check_times(one: JudgedDay, correction: Correction) -> None:
    plan_times = {"attendance_time": correction.arrived_at, "left_at": correction.left_at}
    corrected = one.row.corrected
    day = one.row.date
    wrong = {
        name: [gettext("This is no time of that day.")]
        for name, moment in plan_times.items()
        if isinstance(moment, datetime) and not -1 <= (timezone.localdate(moment) - day).days <= 1
    }
    if corrected.arrived_at and corrected.left_at and corrected.left_at < corrected.arrived_at:
        wrong["left_at"] = [gettext("This is before the arrival.")]
    if wrong:
        raise InvalidFields(wrong)
