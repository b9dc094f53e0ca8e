"""Why a person's day is what it is: facts, rule and result, in words that a parent understands.

It judges the day as `attendance.judging` does and says what came of it; nothing is written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from attendance.closing import OpenDay, days_over
from attendance.day import DayResult, DayStatus, SessionResult, debounced
from attendance.judging import look_at
from attendance.models import Absence, Attendance, ClosedDay, Schedule, Status
from attendance.recording import JudgedDay, read_days
from attendance.roll import is_enrolled_on, roll_on
from attendance.rulebook import KeptRules, RulesInForce, current_book, kept_now
from attendance.rules import DayPlan, HolidayRule, PlannedSession, Rules
from attendance.sentences import (
    correction_in_words,
    day_in_words,
    entry_in_words,
    sentence_of,
    times_in_words,
    when_in_words,
)
from cards.gaps import first_gap
from people.models import Person
from people.standing import HOLDER_INACTIVE, HolderFacts, of_holder

NUMBERS: Final = (
    pgettext_lazy("number", "no"),
    pgettext_lazy("number", "one"),
    pgettext_lazy("number", "two"),
    pgettext_lazy("number", "three"),
    pgettext_lazy("number", "four"),
    pgettext_lazy("number", "five"),
    pgettext_lazy("number", "six"),
    pgettext_lazy("number", "seven"),
    pgettext_lazy("number", "eight"),
    pgettext_lazy("number", "nine"),
    pgettext_lazy("number", "ten"),
    pgettext_lazy("number", "eleven"),
    pgettext_lazy("number", "twelve"),
)
HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class PassFact:
    """A tap that counts on this day; `is_again`: the one before over again, which says nothing."""

    at: datetime
    direction: str
    is_refused: bool
    is_again: bool


@dataclass(frozen=True, slots=True)
class SessionFact:
    """What was planned and what became of it."""

    name: str
    times: str
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """`status` is empty while there is nothing to say. `expected` and `standing` are sentences: why
    somebody was expected or not, and whether the day is final.
    """

    text: str
    status: str
    is_expected: bool
    is_without_card: bool
    expected: str
    is_provisional: bool
    standing: str
    rule_name: str
    rule: str
    rules_version: int | None
    passes: Sequence[PassFact]
    sessions: Sequence[SessionFact]
    absences: Sequence[str]
    holidays: Sequence[str]
    correction: str


def why(person: Person, day: date) -> Why:
    """Of a person of whom days are kept."""
    book = current_book()
    rows = read_days(day, [person.pk])
    (judged,), (change,) = look_at(day, [person.pk], rows, book)
    rules, closing = book.governing(judged.member, day)
    plan, closed_under = rules.plan(judged.member, day), judged.closed_under
    kept = book.kept_of(closing) if closing else kept_now()
    record = Attendance.objects.select_related("corrected_by").filter(person=person, date=day)
    told = _ToldDay(person, day, book, plan, judged, change.is_without_card, record.first())
    schedule = _schedule_row(plan, kept)
    is_expected = bool(judged.result.sessions)
    is_provisional, standing = told.standing(closed_under)
    return Why(
        text=told.text(),
        status=judged.result.status or "",
        is_expected=is_expected,
        is_without_card=change.is_without_card,
        expected=told.expected(),
        is_provisional=is_provisional,
        standing=standing,
        rule_name=schedule.name if schedule else "",
        rule=sentence_of(schedule) if schedule else "",
        rules_version=closed_under,
        passes=[
            PassFact(one.at, one.direction.value, one.is_refused, is_again)
            for one, is_again in debounced(judged.row.passes)
        ],
        sessions=list(told.sessions()),
        absences=list(_absences(judged, day, kept)),
        holidays=list(_holidays(rules, judged, day)),
        correction=told.correction(),
    )


def _schedule_row(plan: DayPlan, kept: KeptRules | None) -> Schedule | None:
    """The schedule as it stands in the rules that applied, its groups as they are spelt."""
    if plan.schedule is None or kept is None:
        return None
    key = str(plan.schedule.schedule_id)
    row = next((one for one in kept.content["schedules"] if one["schedule_id"] == key), None)
    if row is None:
        return None
    return Schedule(
        schedule_id=row["schedule_id"],
        name=row["name"],
        sessions=row["sessions"],
        applies_to=row["applies_to"],
        day_begins=time.fromisoformat(row["day_begins"]),
        closes_at=row["closes_at"] and time.fromisoformat(row["closes_at"]),
        valid_from=row["valid_from"] and date.fromisoformat(row["valid_from"]),
        valid_to=row["valid_to"] and date.fromisoformat(row["valid_to"]),
    )


def _absences(judged: JudgedDay, day: date, kept: KeptRules | None) -> Iterable[str]:
    for row in Absence.objects.filter(pk__in=kept.away_on(day) if kept else ()):
        is_own = row.person_id == judged.row.person
        if is_own or (row.person_id is None and _means(row, judged)):
            yield f"{row.reason} ({entry_in_words(row)})"


def _holidays(rules: Rules, judged: JudgedDay, day: date) -> Iterable[str]:
    for holiday in rules.holidays_on(day):
        if _means(holiday, judged):
            span = holiday.span
            when = when_in_words(span.first, span.last, span.starts_at, span.ends_at)
            yield f"{holiday.name} ({when})"


def _means(entry: Absence | HolidayRule, judged: JudgedDay) -> bool:
    return entry.audience.precedence(judged.member) is not None


@dataclass(frozen=True)
class _ToldDay:
    """One day on its way into words."""

    person: Person
    day: date
    book: RulesInForce
    plan: DayPlan
    judged: JudgedDay
    is_without_card: bool
    record: Attendance | None

    @property
    def result(self) -> DayResult:
        return self.judged.result

    # --- the result ---------------------------------------------------------------------------

    def text(self) -> str:
        result = self.result
        if self.day > timezone.localdate() and not result.status:
            return " ".join([_("This day has not begun."), self.expected()])
        if self.judged.row.corrected.status and result.status:
            return _("{status}, as it was corrected. Without that: {derived}.").format(
                status=Status(result.status).label, derived=_derived(result)
            )
        if result.status is None:
            return self._nothing_said()
        words = {
            DayStatus.EXCUSED: self._excused,
            DayStatus.ABSENT: self._absent,
            DayStatus.LATE: self._late,
            DayStatus.PRESENT: self._present,
        }
        return words[result.status]()

    def _nothing_said(self) -> str:
        if self.is_without_card:
            return _("Not judged: {reason}, so nobody could know.").format(reason=self._gap())
        if self.result.sessions:
            first = self._first_planned()
            return _("Not yet seen. Expected at {time}; the day is still open.").format(
                time=clock(first.starts)
            )
        return self.expected()

    def _excused(self) -> str:
        absence = self.plan.absence
        return _("Excused: {reason}.").format(reason=absence.reason) if absence else _("Excused.")

    def _absent(self) -> str:
        first = self._first_planned()
        closes = self.plan.schedule and self.plan.schedule.closes(self.day, self.book.rules.zone)
        came, left = self.result.attendance_time, self.result.left_at
        if came and left:
            said = _("Absent. Expected at {time}, and here only from {came} to {left}.")
        elif came:
            said = _("Absent. Expected at {time}, and came only at {came}.")
        elif left:
            said = _("Absent. Expected at {time}, and only seen leaving at {left}.")
        elif closes:
            said = _("Absent. Expected at {time}, and not seen by {end}, when the day was over.")
        else:
            said = _("Absent. Expected at {time}, and not seen.")
        times = {"time": first.starts, "came": came, "left": left, "end": closes}
        return said.format_map({name: at and clock(at) for name, at in times.items()})

    def _late(self) -> str:
        late = next(one for one in self.result.sessions if one.status == DayStatus.LATE)
        session = self._planned(late)
        assert late.arrived_at
        parts = [
            _("Late. Arrived {time}, {minutes} after {beginning}.").format(
                time=clock(late.arrived_at),
                minutes=minutes(late.minutes_late),
                beginning=_beginning_of(session),
            )
        ]
        if session.late_after != session.starts:
            limit = clock(session.late_after)
            parts.append(_("Whoever came after {time} was late.").format(time=limit))
        return " ".join([*parts, *self._departure()])

    def _present(self) -> str:
        arrived_at = self.result.attendance_time
        if arrived_at is None:
            left = self.result.left_at
            return (
                _("Present. Seen leaving at {time}; the arrival was not seen.").format(
                    time=clock(left)
                )
                if left
                else _("Present.")
            )
        arrived = clock(arrived_at)
        came = next((one for one in self.result.sessions if one.arrived_at == arrived_at), None)
        if came is None:
            said = _("Present. Arrived {time}.").format(time=arrived)
            return " ".join([said, self.expected(), *self._departure()])
        session = self._planned(came)
        early = int((session.starts - arrived_at).total_seconds() // 60)
        if early > 0:
            said = _("Present. Arrived {time}, {minutes} before {beginning}.").format(
                time=arrived, minutes=minutes(early), beginning=_beginning_of(session)
            )
        elif session.late_after > session.starts:
            said = _("Present. Arrived {time}, in time: the limit was {limit}.").format(
                time=arrived, limit=clock(session.late_after)
            )
        else:
            said = _("Present. Arrived {time}, in time for {beginning}.").format(
                time=arrived, beginning=clock(session.starts)
            )
        return " ".join([said, *self._departure()])

    def _departure(self) -> Iterable[str]:
        left_at = self.result.left_at
        if left_at is None:
            return
        last = self.plan.sessions[-1] if self.plan.sessions else None
        if self.result.left_early and last and last.ends:
            yield _("Left {time}, before {session} ended at {end}.").format(
                time=clock(left_at), session=last.name, end=clock(last.ends)
            )
        else:
            yield _("Left {time}.").format(time=clock(left_at))

    def sessions(self) -> Iterable[SessionFact]:
        for one in self.result.sessions:
            session = self._planned(one)
            times = times_in_words(on_the_clock(session.starts), on_the_clock(session.ends))
            said = _session_in_words(one, session)
            yield SessionFact(one.name, times, one.status or "", said)

    def _planned(self, result: SessionResult) -> PlannedSession:
        place = self.result.sessions.index(result)
        return self.plan.sessions[place]

    def _first_planned(self) -> PlannedSession:
        return self.plan.sessions[0]

    # --- expected or not ------------------------------------------------------------------------

    def expected(self) -> str:
        """Why they were expected, or were not, as a sentence."""
        if reason := self._off_the_roll():
            return _("Not expected: {reason}.").format(reason=reason)
        if not self.plan.sessions:
            return _("Not expected: {reason}.").format(reason=self._nothing_planned())
        if all(session.is_excused for session in self.plan.sessions) and self.plan.absence:
            reason = self.plan.absence.reason
            return _("Excused from all of it: {reason}.").format(reason=reason)
        if self.is_without_card:
            return _("Not judged: {reason}.").format(reason=self._gap())
        first = self._first_planned()
        return _("Expected at {time}, by the rule that applies.").format(time=clock(first.starts))

    def _off_the_roll(self) -> str:
        person, day = self.person, self.day
        entry = roll_on(day, [person.pk])[person.pk]
        if entry.is_on_roll:
            return ""
        if day < person.enrolled_on:
            since = day_in_words(person.enrolled_on)
            return _("on the roll since {day} only").format(day=since)
        if not is_enrolled_on(day, person.enrolled_on, person.left_on):
            assert person.left_on
            return _("left on {day}").format(day=day_in_words(person.left_on))
        facts = HolderFacts(person.kind, person.is_active, person.status)
        if of_holder(facts, at=timezone.now()) == HOLDER_INACTIVE or not person.is_active:
            return _("was not active on that day")
        labels = dict(person.declared.status_choices)
        return _("had another standing on that day, and is {status} now").format(
            status=labels.get(person.status, person.status)
        )

    def _nothing_planned(self) -> str:
        plan = self.plan
        if plan.schedule is None:
            in_shifts = self.judged.member.works_in_shifts
            if in_shifts:
                return _("they work in shifts, by no schedule of their own")
            return _("by no rule")
        planned = self.book.rules.sessions_of(plan.schedule, self.day)
        if planned and plan.holiday:
            return plan.holiday.name
        return _("{weekday} is none of their days").format(weekday=date_format(self.day, "l"))

    def _gap(self) -> str:
        now = timezone.now()
        gap = first_gap(self.person.pk, begins=self.plan.begins, until=min(self.plan.until, now))
        if gap is None:
            return _("no card of theirs worked all day")
        if gap.at is None:
            return gap.in_words("")
        at = timezone.localtime(gap.at)
        if at.date() == self.day:
            return gap.in_words(_("at {time}").format(time=clock(at)))
        return gap.in_words(_("on {day}").format(day=day_in_words(at.date())))

    # --- final or not ---------------------------------------------------------------------------

    def standing(self, closed_under: int | None) -> tuple[bool, str]:
        """Whether the day may still change by itself, and why, as a sentence."""
        if self.plan.schedule is None:
            return False, _("No rule closes this day.")
        key = self.plan.schedule.schedule_id
        if closed_under is not None:
            closed = ClosedDay.objects.select_related("closed_by").filter(
                date=self.day, schedule_id=key
            )
            return False, _closing_in_words(closed.first())
        waits: OpenDay | None = next(
            (
                one
                for one in days_over(now=timezone.now())
                if one.date == self.day and one.schedule.schedule_id == key
            ),
            None,
        )
        if waits and waits.reasons:
            reasons = "; ".join(waits.reasons)
            return True, _("Not closed yet: {reasons}.").format(reasons=reasons)
        if waits:
            return True, _("The day is over and not closed yet.")
        closes = self.plan.schedule.closes(self.day, self.book.rules.zone)
        return True, _("The day is open until {time}.").format(time=moment(closes, self.day))

    def correction(self) -> str:
        record = self.record
        if record is None or not record.is_corrected:
            return ""
        said = correction_in_words(
            record.corrected_status,
            on_the_clock(record.corrected_arrival),
            on_the_clock(record.corrected_departure),
        )
        return f"{said}: {record.correction_reason} ({record.corrected_by})"


def _closing_in_words(closed: ClosedDay | None) -> str:
    if closed is None:
        return _("The day is closed.")
    if closed.closed_by:
        said = _("Closed by {user} on {day} at {time}; the rules of then hold.")
    else:
        said = _("Closed by itself on {day} at {time}; the rules of then hold.")
    at = timezone.localtime(closed.closed_at)
    return said.format(user=closed.closed_by, day=day_in_words(at.date()), time=clock(at))


def _derived(result: DayResult) -> str:
    """What the facts say."""
    derived = result.derived_status
    return str(Status(derived).label) if derived else _("not seen")


def _session_in_words(result: SessionResult, session: PlannedSession) -> str:
    if result.status == DayStatus.EXCUSED:
        return _("Excused.")
    if result.status is None:
        return _("Nobody knows yet.")
    if result.status == DayStatus.ABSENT:
        if session.requires_tap:
            return _("Not seen at it. It needs a tap of its own.")
        return _("Not seen at it.")
    if result.arrived_at is None:
        return _("There; the arrival was not seen.")
    arrived = clock(result.arrived_at)
    if result.minutes_late:
        late = minutes(result.minutes_late)
        return _("Arrived {time}, {minutes} late.").format(time=arrived, minutes=late)
    return _("Arrived {time}.").format(time=arrived)


def _beginning_of(session: PlannedSession) -> str:
    """`Morning began at 07:45`; of a rule that has only a limit, `08:00`."""
    if session.ends is None and session.late_after == session.starts:
        return clock(session.starts)
    starts = clock(session.starts)
    return _("{session} began at {time}").format(session=session.name, time=starts)


def on_the_clock(at: datetime | None) -> time | None:
    return timezone.localtime(at).time() if at else None


def clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"


def moment(at: datetime, day: date) -> str:
    """With its date, if that is another day's."""
    local = timezone.localtime(at)
    return (
        f"{local:%H:%M}" if local.date() == day else f"{day_in_words(local.date())}, {local:%H:%M}"
    )


def minutes(number: int) -> str:
    """`eleven minutes`, `35 minutes`, `1 hour and 5 minutes`."""
    hours, rest = divmod(number, HOUR)
    of_minutes = ngettext("{n} minute", "{n} minutes", rest).format(n=_number(rest))
    if not hours:
        return of_minutes
    of_hours = ngettext("{n} hour", "{n} hours", hours).format(n=_number(hours))
    if not rest:
        return of_hours
    return _("{hours} and {minutes}").format(hours=of_hours, minutes=of_minutes)


def _number(number: int) -> str:
    return str(NUMBERS[number] if number < len(NUMBERS) else number)
