"""The rules, version by version, and who may change them when.

A change of rules writes a new version of the whole book. Each process keeps the versions that it
has read, for a version never changes: judging a tap asks the database for the newest number only.

*Taps and changes of rules.* Whoever writes a day holds the lock of the rules, shared with all
others who do; whoever changes them holds it alone, for the moment in which the new version is
written. So each day is committed either before the change, and is judged again by it, or is
judged by the new rules from the start. Judging again happens afterwards, a few people at a time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from itertools import starmap
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from attendance import models
from attendance.rules import (
    ONE_DAY,
    AbsenceRule,
    DayPlan,
    DaySpan,
    HolidayRule,
    Rules,
    ScheduleRule,
    Session,
)
from core.locks import take_turns
from people.applies_to import AppliesTo, Member

LOCK: Final = "attendance: the rules"
# Also for whoever reads days to write them again; see the module.
SHARE_RULES: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0));"
NEWEST: Final = "SELECT version, token FROM attendance_rulebook ORDER BY version DESC LIMIT 1"


class DayClosing(NamedTuple):
    """That a day was closed for a schedule, by which version of the rules."""

    schedule_id: UUID
    version: int
    closed_at: datetime


def open_schedules(rules: Rules, day: date, closings: Collection[DayClosing]) -> list[ScheduleRule]:
    """The schedules that hold on this day and for which it is not closed."""
    closed = {closing.schedule_id for closing in closings}
    first = min((closing.closed_at for closing in closings), default=None)
    return [
        schedule
        for schedule in rules.schedules
        if schedule.holds_on(day)
        and schedule.schedule_id not in closed
        and not (first and schedule.made_at and schedule.made_at > first)
    ]


@dataclass(frozen=True)
class RulesInForce:
    """The newest rules, and those of earlier versions by which days were closed.

    One object serves all threads of a process for as long as its version is the newest.
    """

    rules: Rules
    _earlier: dict[int, Rules] = field(default_factory=dict)
    _closings: dict[date, list[DayClosing]] = field(default_factory=dict)

    def closings_on(self, day: date) -> list[DayClosing]:
        """Which schedules' days were closed, by which rules; a closing makes a new version."""
        if day not in self._closings:
            closed = models.ClosedDay.objects.filter(date=day).order_by("pk")
            rows = closed.values_list("schedule_id", "rulebook", "closed_at")
            self._closings[day] = list(starmap(DayClosing, rows))
        return self._closings[day]

    def open_on(self, day: date) -> list[ScheduleRule]:
        """Those that hold on this day, and for which it is not closed."""
        return open_schedules(self.rules, day, self.closings_on(day))

    def rules_of(self, version: int) -> Rules:
        if version not in self._earlier:
            self._earlier[version] = _load(version)
        return self._earlier[version]

    def governing(self, member: Member, day: date) -> tuple[Rules, int | None]:
        """The rules by which their day is judged; and, if it is closed, the version of those.

        A day is closed for somebody whose schedule, by the rules of the closing, is the one that
        was closed.
        """
        for closing in self.closings_on(day):
            rules = self.rules_of(closing.version)
            schedule = rules.schedule_of(member, day)
            if schedule and schedule.schedule_id == closing.schedule_id:
                return rules, closing.version
        return self.rules, None

    def day_of(self, member: Member, at: datetime) -> date:
        """The logical day to which an instant belongs for them."""
        day = at.astimezone(self.rules.zone).date()
        while at < self._begin(member, day):
            day -= ONE_DAY
        return day

    def _begin(self, member: Member, day: date) -> datetime:
        rules, _ = self.governing(member, day)
        schedule = rules.schedule_of(member, day)
        if rules.begins_at_midnight and self.rules.begins_at_midnight:
            return rules.beginning(day, schedule, None)
        earlier, _ = self.governing(member, day - ONE_DAY)
        return rules.beginning(day, schedule, earlier.schedule_of(member, day - ONE_DAY))

    def plan(self, member: Member, day: date) -> tuple[DayPlan, int | None]:
        """What is expected of them on that day; and, if it is closed, under which version."""
        rules, closed_under = self.governing(member, day)
        return rules.plan(member, day), closed_under


def share_rules() -> RulesInForce:
    """The rules as they are until this transaction ends: nobody changes them before."""
    with connection.cursor() as cursor:
        cursor.execute(f"{SHARE_RULES} {NEWEST}", [LOCK])
        return book_of(cursor.fetchone())


def current_book() -> RulesInForce:
    """The rules as they are, to read by."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return book_of(cursor.fetchone())


def book_of(newest: tuple[int, UUID] | None) -> RulesInForce:
    """By the row that NEWEST found. The token tells one database's version from another's."""
    return _book_of(newest, settings.TIME_ZONE)


@lru_cache(maxsize=4)
def _book_of(newest: tuple[int, UUID] | None, zone: str) -> RulesInForce:
    return RulesInForce(_load(newest[0]) if newest else Rules(ZoneInfo(zone)))


def _load(version: int) -> Rules:
    row = models.Rulebook.objects.select_related("same_as").get(pk=version)
    content = (row.same_as or row).content or {}

    @lru_cache(maxsize=400)
    def absences_on(day: date) -> tuple[AbsenceRule, ...]:
        rows = models.Absence.objects.in_version(version).on(day).order_by("pk")
        return tuple(map(_absence, rows))

    return Rules(
        ZoneInfo(settings.TIME_ZONE),
        tuple(map(_schedule, content.get("schedules", ()))),
        tuple(map(_holiday, content.get("holidays", ()))),
        absences_on,
    )


# --- changing them ----------------------------------------------------------------------------


@contextmanager
def changing_rules(
    *, what: str, by: User | None, leaves_days: bool = False
) -> Iterator["RulesChange"]:
    """Write rules in this block, and the next version with them.

    Nobody writes a day meanwhile, so a block is short. Judging days by the version that it makes
    is the caller's next step; with `leaves_days` somebody else does it if the caller is stopped.
    """
    with transaction.atomic():
        take_turns(LOCK)
        change = RulesChange(_next_version())
        yield change
        change.write_absences()
        content = content_now()
        last = models.Rulebook.objects.select_related("same_as").first()
        same_as = last and (last.same_as or last)
        is_same = same_as is not None and same_as.content == content
        models.Rulebook.objects.create(
            version=change.version,
            content=None if is_same else content,
            same_as=same_as if is_same else None,
            what=what,
            changed_by=by,
            applied_at=None if leaves_days else timezone.now(),
        )


class RulesChange:
    """A change of rules on its way to be the next version."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._added: list[models.Absence] = []

    def add(self, absence: models.Absence) -> None:
        absence.from_version = self.version
        self._added.append(absence)

    def withdraw(self, absence: models.Absence) -> None:
        absence.until_version = self.version
        absence.save(update_fields=["until_version"])

    def write_absences(self) -> None:
        models.Absence.objects.bulk_create(self._added)


def _next_version() -> int:
    last = models.Rulebook.objects.values_list("version", flat=True).first()
    return (last or 0) + 1


def content_now() -> dict[str, Any]:
    """All schedules and holidays, as a version keeps them."""
    return {
        "schedules": [
            {
                "schedule_id": str(schedule.schedule_id),
                "name": schedule.name,
                "day_begins": _text(schedule.day_begins),
                "sessions": schedule.sessions,
                "closes_at": _text(schedule.closes_at),
                "applies_to": schedule.applies_to,
                "valid_from": _text(schedule.valid_from),
                "valid_to": _text(schedule.valid_to),
                "is_policy": schedule.policy_of is not None,
                "made_at": schedule.created_at.isoformat(),
            }
            for schedule in models.Schedule.objects.order_by("created_at", "schedule_id")
        ],
        "holidays": [
            {
                "holiday_id": str(holiday.holiday_id),
                "name": holiday.name,
                "first_day": _text(holiday.first_day),
                "last_day": _text(holiday.last_day),
                "starts_at": _text(holiday.starts_at),
                "ends_at": _text(holiday.ends_at),
                "applies_to": holiday.applies_to,
            }
            for holiday in models.Holiday.objects.order_by("first_day", "holiday_id")
        ],
    }


def rules_now() -> Rules:
    """The rules as the rows say in this transaction, whatever version they will be: a preview."""
    content = content_now()
    absences = [_absence(row) for row in models.Absence.objects.standing().order_by("pk")]

    def absences_on(day: date) -> Sequence[AbsenceRule]:
        return [absence for absence in absences if absence.span.covers(day)]

    return Rules(
        ZoneInfo(settings.TIME_ZONE),
        tuple(map(_schedule, content["schedules"])),
        tuple(map(_holiday, content["holidays"])),
        absences_on,
    )


# --- to and from rows --------------------------------------------------------------------------


def session_of(row: Mapping[str, Any]) -> Session:
    """From the contract's words; whoever says no limit is late after the beginning."""
    starts_at = time.fromisoformat(row["starts_at"])
    late_after, ends_at = row.get("late_after"), row.get("ends_at")
    return Session(
        name=row.get("name", ""),
        weekdays=tuple(row["weekdays"]),
        starts_at=starts_at,
        late_after=time.fromisoformat(late_after) if late_after else starts_at,
        ends_at=time.fromisoformat(ends_at) if ends_at else None,
        requires_tap=bool(row.get("requires_tap", False)),
    )


def _schedule(row: Mapping[str, Any]) -> ScheduleRule:
    return ScheduleRule(
        schedule_id=UUID(row["schedule_id"]),
        name=row["name"],
        sessions=tuple(map(session_of, row["sessions"])),
        audience=AppliesTo.of(row["applies_to"]),
        day_begins=time.fromisoformat(row["day_begins"]),
        closes_at=_time(row["closes_at"]),
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        is_policy=row["is_policy"],
        made_at=datetime.fromisoformat(row["made_at"]) if "made_at" in row else None,
    )


def _holiday(row: Mapping[str, Any]) -> HolidayRule:
    first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
    span = DaySpan(first, last, _time(row["starts_at"]), _time(row["ends_at"]))
    return HolidayRule(UUID(row["holiday_id"]), row["name"], span, AppliesTo.of(row["applies_to"]))


def _absence(row: models.Absence) -> AbsenceRule:
    span = DaySpan(row.first_day, row.last_day, row.starts_at, row.ends_at)
    audience = row.audience
    if row.person_id:
        audience = AppliesTo(people=frozenset([row.person_id]))
    return AbsenceRule(row.absence_id, row.reason, span, audience)


def _text(value: date | time | None) -> str | None:
    return None if value is None else value.isoformat()


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
