"""Rules of the day as plain values: who is expected when (contract section 9).

No clock, no database, no HTTP. `attendance.rulebook` keeps them, version by version; a `Rules` is
one version: schedules, calendar and absences, and what they mean for one person on one day.

A person's *logical day* runs from their schedule's `day_begins` to the next one, by the clock on
the wall: a night shift is the day on which it begins, and whoever goes home at half past midnight
belongs to the evening before. Times of a rule that are earlier than `day_begins` are those of the
next date.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from core.values import value
from people.applies_to import AppliesTo, Member, Precedence

MIDNIGHT: Final = time(0)
ONE_DAY: Final = timedelta(days=1)
EVERYBODY: Final = AppliesTo()

Times = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Session:
    """When people are expected: on these ISO weekdays, from `starts_at` to `ends_at`.

    Without `ends_at` it lasts as long as the day, and nobody leaves it early.
    """

    name: str
    weekdays: tuple[int, ...]
    starts_at: time
    late_after: time
    ends_at: time | None = None
    requires_tap: bool = False


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    schedule_id: UUID
    name: str
    sessions: tuple[Session, ...]
    audience: AppliesTo = EVERYBODY
    day_begins: time = MIDNIGHT
    closes_at: time | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    is_policy: bool = False
    made_at: datetime | None = None
    """What was closed before there was this schedule is not open for it."""

    def holds_on(self, day: date) -> bool:
        is_early = self.valid_from is not None and day < self.valid_from
        return not is_early and (self.valid_to is None or day <= self.valid_to)

    def instant(self, day: date, at: time, zone: ZoneInfo) -> datetime:
        """When it is this time on the wall in this logical day."""
        return on_the_wall(day if at >= self.day_begins else day + ONE_DAY, at, zone)

    def instant_after(
        self, start: datetime, day: date, at: time, zone: ZoneInfo, *, is_end: bool = True
    ) -> datetime:
        """The same, but of the next date if it would not be after `start`."""
        instant = self.instant(day, at, zone)
        is_after = instant > start if is_end else instant >= start
        return instant if is_after else self.instant(day + ONE_DAY, at, zone)

    def begins(self, day: date, zone: ZoneInfo) -> datetime:
        return on_the_wall(day, self.day_begins, zone)

    def closes(self, day: date, zone: ZoneInfo) -> datetime:
        """When this day is over; without `closes_at`, with the next one's beginning."""
        if self.closes_at is None:
            return self.begins(day + ONE_DAY, zone)
        closes = self.instant(day, self.closes_at, zone)
        return closes if closes > self.begins(day, zone) else self.begins(day + ONE_DAY, zone)


def on_the_wall(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Of an hour that a change of clocks leaves out, the instant at which it would have been; of
    one that it repeats, the second: nobody is late by a clock that shows the limit still to come.

    In UTC: two times of the same zone compare by what the clock shows, which goes back at times.
    """
    moment = datetime.combine(day, at, tzinfo=zone)
    return max(moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC))


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Days from the first to the last, whole or for some hours of each."""

    first: date
    last: date
    starts_at: time | None = None
    ends_at: time | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def is_whole_day(self) -> bool:
        return self.starts_at is None and self.ends_at is None


@dataclass(frozen=True, slots=True)
class HolidayRule:
    holiday_id: UUID
    name: str
    span: DaySpan
    audience: AppliesTo = EVERYBODY


@dataclass(frozen=True, slots=True)
class AbsenceRule:
    absence_id: UUID
    reason: str
    span: DaySpan
    audience: AppliesTo = EVERYBODY


E = TypeVar("E", HolidayRule, AbsenceRule)


# --- what they mean for one person on one day --------------------------------------------------


@value
class PlannedSession:
    """A session on a day, in instants. `opens` to `closes`: in which a pass is one of its own.

    `starts`, `late_after` and `ends` are those that remain when a holiday or an absence takes a
    part; `is_excused`: an absence takes all of it.
    """

    name: str
    starts: datetime
    late_after: datetime
    ends: datetime | None
    opens: datetime
    closes: datetime
    requires_tap: bool = False
    is_excused: bool = False


@value
class DayPlan:
    """What is expected of somebody on a day. No session: nothing."""

    day: date
    begins: datetime
    until: datetime
    schedule: ScheduleRule | None = None
    sessions: tuple[PlannedSession, ...] = ()
    holiday: HolidayRule | None = None
    absence: AbsenceRule | None = None

    @property
    def is_scheduled(self) -> bool:
        return bool(self.sessions)


@dataclass(frozen=True)
class Rules:
    """One version of all rules. `zone` is the campus's."""

    zone: ZoneInfo
    schedules: tuple[ScheduleRule, ...] = ()
    holidays: tuple[HolidayRule, ...] = ()
    absences_on: Callable[[date], Iterable[AbsenceRule]] = lambda day: ()
    """Those that cover a day; there are many in a year and few on any one day."""
    _plans: dict[Any, DayPlan] = field(default_factory=dict, repr=False, compare=False)

    def schedule_of(self, member: Member, day: date) -> ScheduleRule | None:
        """The most particular one that holds on that day.

        Of two that are equally particular a schedule goes before the simple policy, then the one
        that holds since later, then the later in the book.
        """
        best, best_key = None, None
        for place, schedule in enumerate(self.schedules):
            precedence = schedule.audience.precedence(member)
            if precedence is None or not schedule.holds_on(day):
                continue
            if precedence == Precedence.EVERYBODY and member.works_in_shifts:
                continue
            since = schedule.valid_from or date.min
            key = (precedence, not schedule.is_policy, since, place)
            if best_key is None or key > best_key:
                best, best_key = schedule, key
        return best

    def day_of(self, member: Member, at: datetime) -> date:
        """The logical day to which this instant belongs for them."""
        day = at.astimezone(self.zone).date()
        # Twice at most: a date that a zone leaves out has no hour of its own.
        while at < self.begins(member, day):
            day -= ONE_DAY
        return day

    def bounds(self, member: Member, day: date) -> tuple[datetime, datetime]:
        """When the logical day begins and ends for them."""
        return self.begins(member, day), self.begins(member, day + ONE_DAY)

    def begins(self, member: Member, day: date) -> datetime:
        """When the logical day begins for them."""
        before = None if self.begins_at_midnight else self.schedule_of(member, day - ONE_DAY)
        return self.beginning(day, self.schedule_of(member, day), before)

    @cached_property
    def begins_at_midnight(self) -> bool:
        """Everybody's day does, by all rules."""
        return all(schedule.day_begins == MIDNIGHT for schedule in self.schedules)

    def beginning(
        self, day: date, schedule: ScheduleRule | None, before: ScheduleRule | None
    ) -> datetime:
        """When the logical day of this schedule begins, if `before` is that of the day before.

        The last day of a schedule is as long as its others, so that a shift is one day: the next
        one begins when it would have, or half way to its first session, whichever is earlier.
        """
        begins = on_the_wall(day, schedule.day_begins if schedule else MIDNIGHT, self.zone)
        if before is None or before.begins(day, self.zone) <= begins:
            return begins
        would_begin = before.begins(day, self.zone)
        first = min((one.starts for one in self._sessions_of(schedule, day)), default=None)
        if first is None:
            return would_begin
        last = self._sessions_of(before, day - ONE_DAY)
        ends = max((begins, *(one.ends or one.starts for one in last)))
        return min(would_begin, ends + (first - ends) / 2) if first > ends else begins

    def _sessions_of(self, schedule: ScheduleRule | None, day: date) -> list[PlannedSession]:
        return self.sessions_of(schedule, day) if schedule else []

    def plan(self, member: Member, day: date) -> DayPlan:
        """What is expected of them on that logical day."""
        schedule = self.schedule_of(member, day)
        before = None if self.begins_at_midnight else self.schedule_of(member, day - ONE_DAY)
        tomorrow = self.schedule_of(member, day + ONE_DAY)
        holidays = self._concerning(member, self.holidays_on(day))
        absences = self._concerning(member, self._absences_on(day, member.person))
        near = before, schedule, tomorrow
        key = (day, *map(id, near), *map(id, holidays), *map(id, absences))
        if key not in self._plans:
            self._plans[key] = self._planned(day, near, holidays, absences)
        return self._plans[key]

    def _planned(
        self,
        day: date,
        near: tuple[ScheduleRule | None, ScheduleRule | None, ScheduleRule | None],
        holidays: Sequence[HolidayRule],
        absences: Sequence[AbsenceRule],
    ) -> DayPlan:
        before, schedule, tomorrow = near
        begins = self.beginning(day, schedule, before)
        until = self.beginning(day + ONE_DAY, tomorrow, schedule)
        sessions: list[PlannedSession] = []
        if schedule:
            free = [self.times(holiday.span, day, schedule) for holiday in holidays]
            away = [self.times(absence.span, day, schedule) for absence in absences]
            planned = self._sessions_on(day, schedule, begins, until)
            left = (rest for session in planned if (rest := without(session, free)))
            sessions.extend(without(rest, away) or _excused(rest) for rest in left)
        return DayPlan(
            day,
            begins,
            until,
            schedule,
            tuple(sessions),
            holidays[0] if holidays else None,
            absences[0] if absences else None,
        )

    def sessions_of(self, schedule: ScheduleRule, day: date) -> list[PlannedSession]:
        """Those of a schedule on a day on which nothing is taken from them."""
        begins, until = schedule.begins(day, self.zone), schedule.begins(day + ONE_DAY, self.zone)
        return list(self._sessions_on(day, schedule, begins, until))

    def times(self, span: DaySpan, day: date, schedule: ScheduleRule) -> Times:
        """From when to when something lasts in a logical day."""
        first = schedule.begins(day, self.zone)
        last = schedule.begins(day + ONE_DAY, self.zone)
        starts = schedule.instant(day, span.starts_at, self.zone) if span.starts_at else first
        if span.ends_at is None:
            return starts, last
        return starts, schedule.instant_after(starts, day, span.ends_at, self.zone)

    def _sessions_on(
        self, day: date, schedule: ScheduleRule, begins: datetime, until: datetime
    ) -> Iterable[PlannedSession]:
        """In the order of their beginnings; each opens when the one before ends."""
        today = [session for session in schedule.sessions if day.isoweekday() in session.weekdays]
        starts = {id(s): schedule.instant(day, s.starts_at, self.zone) for s in today}
        today.sort(key=lambda session: starts[id(session)])
        opens = begins
        for place, session in enumerate(today):
            start = starts[id(session)]
            following = starts[id(today[place + 1])] if place + 1 < len(today) else until
            late = schedule.instant_after(start, day, session.late_after, self.zone, is_end=False)
            ends = None
            if session.ends_at is not None:
                ends = schedule.instant_after(start, day, session.ends_at, self.zone)
            closes = ends or max(following, start)
            yield PlannedSession(
                session.name, start, late, ends, min(opens, start), closes, session.requires_tap
            )
            opens = ends or late

    # Few hold on any one day, so each day finds its own once.

    @cached_property
    def _by_day(self) -> dict[date, tuple[HolidayRule, ...]]:
        return {}

    def holidays_on(self, day: date) -> Sequence[HolidayRule]:
        if day not in self._by_day:
            self._by_day[day] = tuple(h for h in self.holidays if h.span.covers(day))
        return self._by_day[day]

    @cached_property
    def _absent_by_day(self) -> dict[date, tuple[dict[UUID, list[AbsenceRule]], list[AbsenceRule]]]:
        return {}

    def _absences_on(self, day: date, person: UUID) -> Sequence[AbsenceRule]:
        """Those that name this person, and those of groups."""
        if day not in self._absent_by_day:
            named: dict[UUID, list[AbsenceRule]] = {}
            groups: list[AbsenceRule] = []
            for absence in self.absences_on(day):
                for one in absence.audience.people:
                    named.setdefault(one, []).append(absence)
                if not absence.audience.names_people_only:
                    groups.append(absence)
            self._absent_by_day[day] = named, groups
        named, groups = self._absent_by_day[day]
        own = named.get(person, ())
        return [*own, *(absence for absence in groups if absence not in own)]

    def _concerning(self, member: Member, entries: Sequence[E]) -> list[E]:
        return [entry for entry in entries if entry.audience.precedence(member) is not None]


def _excused(session: PlannedSession) -> PlannedSession:
    return replace(session, is_excused=True)


def without(session: PlannedSession, taken: Iterable[Times]) -> PlannedSession | None:
    """What is left of a session when these times are taken from its beginning or its end.

    None: nothing. Whoever is free at first has as long as ever before being late. What is taken
    from the middle changes nothing.
    """
    starts, late_after, ends = session.starts, session.late_after, session.ends
    grace = late_after - starts
    for first, last in sorted(taken):
        end = ends or session.closes
        if first <= starts < last:
            if last >= end:
                return None
            starts, late_after = last, max(late_after, last + grace)
        elif ends is not None and starts < first < end <= last:
            ends = first
    return replace(session, starts=starts, late_after=late_after, ends=ends)
