"""How days are written: read, judged in Python, and written if nobody wrote them meanwhile.

A day's row says how often it was written. Whoever writes says what they had read; if a row has
gone on since, it is not written, and that day is judged again, as it is by now. So no pass is lost
and no judgement is of yesterday's facts, without a lock that a tap would wait for. Rows are written
in key order, in which two batches about the same people cannot deadlock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
from django.db import connection

from attendance.day import Corrected, DayFacts, DayResult, Pass, judge
from attendance.rulebook import LOCK, NEWEST, SHARE_RULES, RulesInForce, book_of
from core.values import value
from embedded.precedence import giving_way, in_steps
from people.applies_to import Member

PersonDay = tuple[UUID, date]


class DaysMovedOn(Exception):
    """Somebody else has written one of these days since they were read: roll back, do it again."""


@value
class DayRow:
    """The facts of a day as they stand in its row; one that is not there has revision 0."""

    person: UUID
    date: date
    passes: tuple[Pass, ...] = ()
    corrected: Corrected = field(default=Corrected())
    status: str = ""
    closed_under: int | None = None
    revision: int = 0
    attendance_time: datetime | None = None

    def with_passes(self, more: Iterable[Pass]) -> "DayRow":
        """Written out: `dataclasses.replace` is a tenth of what Python does for a tap."""
        return DayRow(
            self.person,
            self.date,
            (*self.passes, *more),
            self.corrected,
            self.status,
            self.closed_under,
            self.revision,
            self.attendance_time,
        )


COLUMNS: Final = """person_id, date, passes, corrected_status, corrected_arrival,
    corrected_departure, status, closed_under_id, revision, attendance_time"""
# Which rules are the newest, and the rows of these people on these days. One round trip: the lock
# comes first, and each statement sees what was committed before.
READ: Final = f"""
    {SHARE_RULES}
    SELECT book.version, book.token, day.* FROM ({NEWEST}) AS book
    FULL JOIN (
        SELECT {COLUMNS} FROM attendance_attendance
        WHERE (person_id, date) IN (
            SELECT person, date FROM jsonb_to_recordset(%s::jsonb) AS asked (person uuid, date date)
        )
    ) AS day ON true
"""  # noqa: S608  (constants of ours)
OF_DAY: Final = f"""
    SELECT {COLUMNS} FROM attendance_attendance
    WHERE person_id = ANY(%s::uuid[]) AND date = %s ORDER BY person_id
"""  # noqa: S608

WRITE: Final = "SELECT person, on_date, has_gone FROM attendance_days_overtaken(%s::jsonb)"
FORGET: Final = """
    DELETE FROM attendance_attendance WHERE attendance_id IN (
        SELECT day.attendance_id FROM attendance_attendance AS day
        JOIN unnest(%s::uuid[], %s::date[], %s::integer[]) AS known (person_id, date, revision)
            USING (person_id, date, revision)
        ORDER BY day.date, day.person_id FOR UPDATE OF day
    )
"""


class MembersOn(Protocol):
    """Who somebody was on a day: the ledger knows most of them from the look-up of the card."""

    def member(self, person: UUID, day: date) -> Member:
        """With the groups of the beginning of that day."""

    def is_on_roll(self, person: UUID, day: date) -> bool:
        """Whether they were here to come."""


def read_rows(days: Collection[PersonDay]) -> tuple[RulesInForce, dict[PersonDay, DayRow]]:
    """The newest rules, which nobody changes before this transaction ends, and these rows."""
    with connection.cursor() as cursor:
        # As one text: to write out two lists of 1,000 takes psycopg2 longer than to look for them.
        asked = [{"person": person, "date": day} for person, day in days]
        cursor.execute(READ, [LOCK, orjson.dumps(asked).decode()])
        found = list(giving_way(cursor))
    newest = (found[0][0], found[0][1]) if found and found[0][0] is not None else None
    rows = [day_row(row[2:]) for row in giving_way(found) if row[2] is not None]
    return book_of(newest), {(row.person, row.date): row for row in rows}


def read_days(day: date, people: Collection[UUID]) -> dict[UUID, DayRow]:
    """The rows of these people on a day. Not locked: whoever writes says what they had read.

    A lock on those that are there would deadlock with taps that make those that are not.
    """
    with connection.cursor() as cursor:
        cursor.execute(OF_DAY, [list(people), day])
        return {row[0]: day_row(row) for row in cursor.fetchall()}


def day_row(columns: Sequence[Any]) -> DayRow:
    person, day, passes, status, arrival, departure, derived, closed, revision, came = columns
    rows = orjson.loads(passes) if isinstance(passes, str) else passes
    return DayRow(
        person,
        day,
        tuple(map(Pass.of_row, rows)),
        Corrected(status, arrival, departure),
        derived,
        closed,
        revision,
        came,
    )


# --- judged and written ------------------------------------------------------------------------


@value
class JudgedDay:
    row: DayRow
    member: Member
    result: DayResult
    closed_under: int | None

    @property
    def arrived_at(self) -> datetime | None:
        return self.result.attendance_time

    def columns(self) -> dict[str, Any]:
        """As `attendance_write_days` takes them, for orjson."""
        result = self.result
        return {
            "person_id": self.row.person,
            "date": self.row.date,
            "passes": [one.as_row() for one in self.row.passes],
            "class_level": self.member.class_level,
            "class_code": self.member.class_code,
            "department": self.member.department,
            "attendance_time": result.attendance_time,
            "left_at": result.left_at,
            "minutes_late": result.minutes_late,
            "left_early": result.left_early,
            "minutes_on_site": result.minutes_on_site,
            "on_site_since": result.on_site_since,
            "sessions": [
                {
                    "name": session.name,
                    "status": session.status,
                    "arrived_at": session.arrived_at,
                    "left_at": session.left_at,
                }
                for session in result.sessions
            ],
            "is_counted": result.is_counted,
            "derived_status": result.derived_status or "",
            "status": result.status or "",
            "closed_under_id": self.closed_under,
            "revision": self.row.revision + 1,
        }


def judge_row(row: DayRow, book: RulesInForce, members: MembersOn) -> JudgedDay:
    """Judge what stands in a row; whoever passed was able to."""
    member = members.member(row.person, row.date)
    plan, closed_under = book.plan(member, row.date)
    facts = DayFacts(
        plan,
        row.passes,
        row.corrected,
        is_expected=members.is_on_roll(row.person, row.date),
        is_closed=closed_under is not None,
    )
    return JudgedDay(row, member, judge(facts), closed_under)


def write_days(days: Iterable[JudgedDay]) -> None:
    """Raises DaysMovedOn."""
    if write_or_overtaken(days):
        raise DaysMovedOn


def write_or_overtaken(days: Iterable[JudgedDay]) -> list[PersonDay]:
    """Those that somebody else has written since they were read; the transaction holds them now.

    Raises DaysMovedOn if somebody has taken one away.
    """
    in_key_order = sorted(days, key=lambda day: (day.row.date, day.row.person.int))
    overtaken: list[tuple[UUID, date, bool]] = []
    with connection.cursor() as cursor:
        for some in in_steps([day.columns() for day in giving_way(in_key_order)]):
            cursor.execute(WRITE, [orjson.dumps(some).decode()])
            overtaken += cursor.fetchall()
    if any(has_gone for _, _, has_gone in overtaken):
        raise DaysMovedOn
    return [(person, day) for person, day, _ in overtaken]


def forget_days(rows: Collection[DayRow]) -> None:
    """Take away the rows of days of which there is nothing to say. Raises DaysMovedOn."""
    if not rows:
        return
    columns = (
        [row.person for row in rows],
        [row.date for row in rows],
        [row.revision for row in rows],
    )
    with connection.cursor() as cursor:
        cursor.execute(FORGET, columns)
        if cursor.rowcount < len(rows):
            raise DaysMovedOn
