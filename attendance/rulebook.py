"""The rules, version by version, and who may change them when.

A change of rules writes a new version of the whole book. Each process keeps the versions that it
has read, for a version never changes: judging a tap asks the database for the newest number only.

*Taps and changes of rules.* Whoever writes a day holds the lock of the rules, shared with all
others who do; whoever changes them holds it alone, for the moment in which the new version is
written. So each day is committed either before the change, and is judged again by it, or is
judged by the new rules from the start. Judging again happens afterwards, a few people at a time.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self
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
    """That a day was closed for a schedule: by which version of the rules, with which changes.

    `changes`: those that were applied to the day since, in order (`models.RuleChange`).
    """

    schedule_id: UUID
    version: int
    closed_at: datetime
    changes: tuple[UUID, ...] = ()


CLOSING_COLUMNS: Final = ("schedule_id", "rulebook", "closed_at", "changes")


def closing_of(columns: Sequence[Any]) -> DayClosing:
    schedule_id, version, closed_at, changes = columns
    return DayClosing(schedule_id, version, closed_at, tuple(changes))


@dataclass(frozen=True)
class Delta:
    """What a change did to the rules, by which it can be done to earlier ones too.

    Of each schedule and holiday what it was and what it is, as a version keeps them; None: it was
    not there. Of absences those that it added and those that it withdrew, by primary key.
    """

    schedules: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    holidays: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    added: Mapping[int, AbsenceRule] = field(default_factory=dict)
    withdrawn: frozenset[int] = frozenset()

    def as_row(self) -> dict[str, Any]:
        """As `models.RuleChange` keeps it: JSON."""
        return {
            "schedules": self.schedules,
            "holidays": self.holidays,
            "added": sorted(self.added),
            "withdrawn": sorted(self.withdrawn),
        }

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        added = models.Absence.objects.filter(pk__in=row["added"])
        return cls(
            dict(row["schedules"]),
            dict(row["holidays"]),
            {absence.pk: _absence(absence) for absence in added},
            frozenset(row["withdrawn"]),
        )

    def removed_schedules(self) -> set[UUID]:
        return {UUID(key) for key, (_, after) in self.schedules.items() if after is None}


@dataclass(frozen=True)
class KeptRules:
    """What a version says: schedules and holidays as they are kept, and who is away on a day."""

    content: Mapping[str, Any]
    away_on: Callable[[date], Mapping[int, AbsenceRule]]

    def with_change(self, delta: Delta) -> "KeptRules":
        def away_on(day: date) -> Mapping[int, AbsenceRule]:
            there = {pk: a for pk, a in self.away_on(day).items() if pk not in delta.withdrawn}
            return there | {pk: a for pk, a in delta.added.items() if a.span.covers(day)}

        schedules = self.content.get("schedules", ())
        content = {
            "schedules": _patched(
                schedules, "schedule_id", _of_known_schedules(schedules, delta.schedules)
            ),
            "holidays": _patched(self.content.get("holidays", ()), "holiday_id", delta.holidays),
        }
        return KeptRules(content, away_on)

    def rules(self) -> Rules:
        @lru_cache(maxsize=400)
        def absences_on(day: date) -> tuple[AbsenceRule, ...]:
            there = self.away_on(day)
            return tuple(there[pk] for pk in sorted(there))

        return Rules(
            ZoneInfo(settings.TIME_ZONE),
            tuple(map(_schedule, self.content.get("schedules", ()))),
            tuple(map(_holiday, self.content.get("holidays", ()))),
            absences_on,
        )


def _patched(rows: Sequence[Any], name: str, changes: Mapping[str, tuple[Any, Any]]) -> list[Any]:
    """These rows with the changes: each in its place, and what is new at the end.

    Of a row that was changed only what was changed of it, for the rest may have been otherwise.
    """
    known = {row[name] for row in rows}
    kept = [_changed(row, *changes[row[name]]) if row[name] in changes else row for row in rows]
    new = [after for key, (_, after) in changes.items() if key not in known]
    return [row for row in (*kept, *new) if row is not None]


def _changed(row: Any, before: Any, after: Any) -> Any:
    if before is None or after is None:
        return after
    return row | {key: said for key, said in after.items() if before.get(key) != said}


def _of_known_schedules(
    rows: Sequence[Any], changes: Mapping[str, tuple[Any, Any]]
) -> dict[str, tuple[Any, Any]]:
    """Without what was changed of a schedule that these rules did not have: it stays unknown."""
    known = {row["schedule_id"] for row in rows}
    return {
        key: (before, after)
        for key, (before, after) in changes.items()
        if before is None or key in known
    }


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


def without_change(
    closings: Sequence[DayClosing], change: UUID, before: Sequence[DayClosing]
) -> list[DayClosing]:
    """A day's closings after that change was taken back; `before`: those that it had found."""
    found = {closing.schedule_id: closing for closing in before}
    kept = [c for c in closings if c.schedule_id in found or change not in c.changes]
    left = [
        closing._replace(
            version=found.get(closing.schedule_id, closing).version,
            closed_at=found.get(closing.schedule_id, closing).closed_at,
            changes=tuple(other for other in closing.changes if other != change),
        )
        for closing in kept
    ]
    there = {closing.schedule_id for closing in left}
    return left + [closing for closing in before if closing.schedule_id not in there]


@dataclass(frozen=True, eq=False)
class RulesInForce:
    """The newest rules, and those of earlier versions by which days were closed.

    One object serves all threads of a process for as long as its version is the newest.
    """

    rules: Rules
    _earlier: dict[tuple[int, tuple[UUID, ...]], Rules] = field(default_factory=dict)
    _closings: dict[date, list[DayClosing]] = field(default_factory=dict)
    _deltas: dict[UUID, Delta] = field(default_factory=dict)

    def supposing(
        self,
        closings: Mapping[date, list[DayClosing]],
        *,
        rules: Rules | None = None,
        deltas: Mapping[UUID, Delta] | None = None,
    ) -> "RulesInForce":
        """As it would be if these days were closed like this, and the newest rules were those."""
        return RulesInForce(
            rules or self.rules,
            self._earlier if not deltas else dict(self._earlier),
            {**self._closings, **closings},
            {**self._deltas, **(deltas or {})},
        )

    def closings_on(self, day: date) -> list[DayClosing]:
        """Which schedules' days were closed, by which rules; a closing makes a new version."""
        if day not in self._closings:
            # Where a day begins depends on the one before, so they are read together.
            self.closings_between(day - ONE_DAY, day)
        return self._closings[day]

    def closings_between(self, first: date, last: date) -> set[DayClosing]:
        """All of these days, in one query at most."""
        days = [first + ONE_DAY * place for place in range((last - first).days + 1)]
        if unread := [day for day in days if day not in self._closings]:
            found: dict[date, list[DayClosing]] = {day: [] for day in unread}
            rows = models.ClosedDay.objects.filter(date__range=(unread[0], unread[-1]))
            for row in rows.order_by("pk").values_list("date", *CLOSING_COLUMNS):
                if row[0] in found:
                    found[row[0]].append(closing_of(row[1:]))
            self._closings.update(found)
        return {closing for day in days for closing in self._closings[day]}

    def open_on(self, day: date) -> list[ScheduleRule]:
        """Those that hold on this day, and for which it is not closed."""
        return open_schedules(self.rules, day, self.closings_on(day))

    def closings_with(self, day: date, change: UUID, delta: Delta) -> list[DayClosing]:
        """A day's closings with that change applied to it; what is open of it stays open."""
        closings = self.closings_on(day)
        if not closings:
            return []
        removed, first = delta.removed_schedules(), closings[0]
        kept = [
            closing._replace(changes=(*closing.changes, change))
            for closing in closings
            if closing.schedule_id not in removed
        ]
        known = {closing.schedule_id for closing in kept}
        known |= {schedule.schedule_id for schedule in self.open_on(day)}
        after = self.kept_of(first).with_change(delta).rules()
        return kept + [
            first._replace(schedule_id=made.schedule_id, changes=(*first.changes, change))
            for made in after.schedules
            if str(made.schedule_id) in delta.schedules
            and made.holds_on(day)
            and made.schedule_id not in known
        ]

    def rules_of(self, closing: DayClosing) -> Rules:
        """Those of the closing, with what was changed of the day since."""
        key = closing.version, closing.changes
        if key not in self._earlier:
            self._earlier[key] = self.kept_of(closing).rules()
        return self._earlier[key]

    def kept_of(self, closing: DayClosing) -> KeptRules:
        kept = _load(closing.version)
        for change in closing.changes:
            kept = kept.with_change(self._delta(change))
        return kept

    def _delta(self, change: UUID) -> Delta:
        if change not in self._deltas:
            row = models.RuleChange.objects.get(pk=change)
            assert row.delta is not None  # only a change of rules is applied to a day
            self._deltas[change] = Delta.of_row(row.delta)
        return self._deltas[change]

    def governing(self, member: Member, day: date) -> tuple[Rules, DayClosing | None]:
        """The rules by which their day is judged; and its closing, if it is closed.

        A day is closed for somebody whose schedule, by the rules of the closing, is the one that
        was closed.
        """
        for closing in self.closings_on(day):
            rules = self.rules_of(closing)
            schedule = rules.schedule_of(member, day)
            if schedule and schedule.schedule_id == closing.schedule_id:
                return rules, closing
        return self.rules, None

    def day_of(self, member: Member, at: datetime) -> date:
        """The logical day to which an instant belongs for them."""
        day = at.astimezone(self.rules.zone).date()
        while not self.begins_at_midnight(day) and at < self.beginning(member, day):
            day -= ONE_DAY
        return day

    def begins_at_midnight(self, day: date) -> bool:
        """This day does, for everybody."""
        # In this order one query reads both.
        closings = (*self.closings_on(day), *self.closings_on(day - ONE_DAY))
        return self.rules.begins_at_midnight and all(
            self.rules_of(closing).begins_at_midnight for closing in closings
        )

    def beginning(self, member: Member, day: date) -> datetime:
        """Where the day before ends for them and this one begins.

        Whichever of the two was closed first says it: rules that change later move nothing into a
        closed day, nor out of it.
        """
        now, closed = self.governing(member, day)
        before, ended = self.governing(member, day - ONE_DAY)
        if ended and closed:
            rules = before if ended.version <= closed.version else now
        else:
            rules = before if ended else now
        return rules.begins(member, day)

    def plan(self, member: Member, day: date) -> tuple[DayPlan, int | None]:
        """What is expected of them on that day; and, if it is closed, under which version."""
        rules, closing = self.governing(member, day)
        return rules.plan(member, day), closing.version if closing else None


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
    return RulesInForce(_load(newest[0]).rules() if newest else Rules(ZoneInfo(zone)))


def kept_now() -> KeptRules | None:
    """The newest rules as they are kept; None: there are none."""
    newest = _newest()
    return _load(newest.version) if newest else None


def _load(version: int) -> KeptRules:
    row = models.Rulebook.objects.select_related("same_as").get(pk=version)

    def away_on(day: date) -> Mapping[int, AbsenceRule]:
        rows = models.Absence.objects.in_version(version).on(day)
        return {absence.pk: _absence(absence) for absence in rows}

    return KeptRules(row.as_kept, away_on)


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
        change = RulesChange(_next_version(), by)
        yield change
        change.write_absences()
        content = content_now()
        last = _newest()
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

    def __init__(self, version: int, by: User | None) -> None:
        self.version = version
        self.by = by
        self._added: list[models.Absence] = []
        self._written: list[models.Absence] = []
        self._withdrawn: list[int] = []

    def add(self, absence: models.Absence) -> None:
        absence.from_version = self.version
        self._added.append(absence)

    def withdraw(self, absence: models.Absence) -> None:
        absence.until_version = self.version
        absence.save(update_fields=["until_version"])
        self._withdrawn.append(absence.pk)

    def write_absences(self) -> None:
        self._written += models.Absence.objects.bulk_create(self._added)
        self._added = []

    def delta(self) -> Delta:
        """What has been changed so far."""
        self.write_absences()
        last = _newest()
        before, after = last.as_kept if last else {}, content_now()
        return Delta(
            _changes(before.get("schedules", ()), after["schedules"], "schedule_id"),
            _changes(before.get("holidays", ()), after["holidays"], "holiday_id"),
            {absence.pk: _absence(absence) for absence in self._written},
            frozenset(self._withdrawn),
        )


def _changes(before: Sequence[Any], after: Sequence[Any], name: str) -> dict[str, tuple[Any, Any]]:
    was, now = ({row[name]: row for row in rows} for rows in (before, after))
    keys = [*now, *(was.keys() - now.keys())]
    return {k: (was.get(k), now.get(k)) for k in keys if was.get(k) != now.get(k)}


def _newest() -> models.Rulebook | None:
    return models.Rulebook.objects.select_related("same_as").first()


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
            holiday_as_kept(holiday)
            for holiday in models.Holiday.objects.order_by("first_day", "holiday_id")
        ],
    }


def holiday_as_kept(holiday: models.Holiday) -> dict[str, Any]:
    return {
        "holiday_id": str(holiday.holiday_id),
        "name": holiday.name,
        "first_day": _text(holiday.first_day),
        "last_day": _text(holiday.last_day),
        "starts_at": _text(holiday.starts_at),
        "ends_at": _text(holiday.ends_at),
        "applies_to": holiday.applies_to,
    }


def holiday_of(row: Mapping[str, Any]) -> models.Holiday:
    """The holiday that was kept like this."""
    return models.Holiday(
        holiday_id=UUID(row["holiday_id"]),
        name=row["name"],
        first_day=date.fromisoformat(row["first_day"]),
        last_day=date.fromisoformat(row["last_day"]),
        starts_at=_time(row["starts_at"]),
        ends_at=_time(row["ends_at"]),
        applies_to=row["applies_to"],
    )


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
