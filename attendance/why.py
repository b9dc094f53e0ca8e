"""Why a person's day is what it is: facts, rule and result, in words that a parent understands.

It judges the day as `attendance.judging` does and says what came of it; nothing is written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.utils import timezone

from attendance.closing import OpenDay, days_over
from attendance.day import DayResult, DayStatus, SessionResult, debounced
from attendance.judging import look_at
from attendance.models import Absence, Attendance, ClosedDay, Schedule
from attendance.recording import JudgedDay, read_days
from attendance.roll import is_enrolled_on, roll_on
from attendance.rulebook import KeptRules, RulesInForce, current_book, kept_now
from attendance.rules import DayPlan, HolidayRule, PlannedSession, Rules
from attendance.sentences import day_in_words, entry_in_words, sentence_of, when_in_words
from cards.gaps import first_gap
from core.weekdays import NAMES
from people.models import Person
from people.standing import HOLDER_INACTIVE, HolderFacts, of_holder

NUMBERS: Final = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
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
            return f"This day has not begun. {self.expected()}"
        if self.judged.row.corrected.status:
            derived = result.derived_status or "not seen"
            return f"{result.status}, as it was corrected. Without that: {derived}."
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
            return f"Not judged: {self._gap()}, so nobody could know."
        if self.result.sessions:
            first = self._first_planned()
            return f"Not yet seen. Expected at {clock(first.starts)}; the day is still open."
        return self.expected()

    def _excused(self) -> str:
        absence = self.plan.absence
        return f"Excused: {absence.reason}." if absence else "Excused."

    def _absent(self) -> str:
        first = self._first_planned()
        closes = self.plan.schedule and self.plan.schedule.closes(self.day, self.book.rules.zone)
        expected = f"Absent. Expected at {clock(first.starts)}"
        came, left = self.result.attendance_time, self.result.left_at
        if came and left:
            return f"{expected}, and here only from {clock(came)} to {clock(left)}."
        if came:
            return f"{expected}, and came only at {clock(came)}."
        if left:
            return f"{expected}, and only seen leaving at {clock(left)}."
        by = f" by {clock(closes)}, when the day was over" if closes else ""
        return f"{expected}, and not seen{by}."

    def _late(self) -> str:
        late = next(one for one in self.result.sessions if one.status == DayStatus.LATE)
        session = self._planned(late)
        assert late.arrived_at
        parts = [
            f"Late. Arrived {clock(late.arrived_at)}, {minutes(late.minutes_late)} after "
            f"{_beginning_of(session)}."
        ]
        if session.late_after != session.starts:
            parts.append(f"Whoever came after {clock(session.late_after)} was late.")
        return " ".join([*parts, *self._departure()])

    def _present(self) -> str:
        arrived_at = self.result.attendance_time
        if arrived_at is None:
            left = self.result.left_at
            seen = f"Seen leaving at {clock(left)}; the arrival was not seen." if left else ""
            return f"Present. {seen}".strip()
        said = f"Present. Arrived {clock(arrived_at)}"
        came = next((one for one in self.result.sessions if one.arrived_at == arrived_at), None)
        if came is None:
            return " ".join([f"{said}. {self.expected()}", *self._departure()])
        session = self._planned(came)
        early = int((session.starts - arrived_at).total_seconds() // 60)
        if early > 0:
            said += f", {minutes(early)} before {_beginning_of(session)}."
        elif session.late_after > session.starts:
            said += f", in time: the limit was {clock(session.late_after)}."
        else:
            said += f", in time for {clock(session.starts)}."
        return " ".join([said, *self._departure()])

    def _departure(self) -> Iterable[str]:
        left_at = self.result.left_at
        if left_at is None:
            return
        last = self.plan.sessions[-1] if self.plan.sessions else None
        if self.result.left_early and last and last.ends:
            yield f"Left {clock(left_at)}, before {last.name} ended at {clock(last.ends)}."
        else:
            yield f"Left {clock(left_at)}."

    def sessions(self) -> Iterable[SessionFact]:
        for one in self.result.sessions:
            session = self._planned(one)
            times = f"{clock(session.starts)} to {clock(session.ends)}" if session.ends else ""
            yield SessionFact(
                one.name,
                times or f"from {clock(session.starts)}",
                one.status or "",
                _session_in_words(one, session),
            )

    def _planned(self, result: SessionResult) -> PlannedSession:
        place = self.result.sessions.index(result)
        return self.plan.sessions[place]

    def _first_planned(self) -> PlannedSession:
        return self.plan.sessions[0]

    # --- expected or not ------------------------------------------------------------------------

    def expected(self) -> str:
        """Why they were expected, or were not, as a sentence."""
        if reason := self._off_the_roll():
            return f"Not expected: {reason}."
        if not self.plan.sessions:
            return f"Not expected: {self._nothing_planned()}."
        if all(session.is_excused for session in self.plan.sessions):
            return f"Excused from all of it: {self._excused().removeprefix('Excused: ')}"
        if self.is_without_card:
            return f"Not judged: {self._gap()}."
        first = self._first_planned()
        return f"Expected at {clock(first.starts)}, by the rule that applies."

    def _off_the_roll(self) -> str:
        person, day = self.person, self.day
        entry = roll_on(day, [person.pk])[person.pk]
        if entry.is_on_roll:
            return ""
        if day < person.enrolled_on:
            return f"on the roll since {day_in_words(person.enrolled_on)} only"
        if not is_enrolled_on(day, person.enrolled_on, person.left_on):
            assert person.left_on
            return f"left on {day_in_words(person.left_on)}"
        facts = HolderFacts(person.kind, person.is_active, person.status)
        if of_holder(facts, at=timezone.now()) == HOLDER_INACTIVE or not person.is_active:
            return "was not active on that day"
        return f"had another standing on that day, and is {person.status} now"

    def _nothing_planned(self) -> str:
        plan = self.plan
        if plan.schedule is None:
            in_shifts = self.judged.member.works_in_shifts
            return "they work in shifts, by no schedule of their own" if in_shifts else "by no rule"
        planned = self.book.rules.sessions_of(plan.schedule, self.day)
        if planned and plan.holiday:
            return plan.holiday.name
        return f"{NAMES[self.day.isoweekday() - 1].capitalize()} is none of their days"

    def _gap(self) -> str:
        now = timezone.now()
        gap = first_gap(self.person.pk, begins=self.plan.begins, until=min(self.plan.until, now))
        if gap is None:
            return "no card of theirs worked all day"
        if gap.at is None:
            return gap.in_words("")
        at = timezone.localtime(gap.at)
        is_that_day = at.date() == self.day
        return gap.in_words(f"at {at:%H:%M}" if is_that_day else f"on {day_in_words(at.date())}")

    # --- final or not ---------------------------------------------------------------------------

    def standing(self, closed_under: int | None) -> tuple[bool, str]:
        """Whether the day may still change by itself, and why, as a sentence."""
        if self.plan.schedule is None:
            return False, "No rule closes this day."
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
            return True, f"Not closed yet: {'; '.join(waits.reasons)}."
        if waits:
            return True, "The day is over and not closed yet."
        closes = self.plan.schedule.closes(self.day, self.book.rules.zone)
        return True, f"The day is open until {moment(closes, self.day)}."

    def correction(self) -> str:
        record = self.record
        if record is None or not record.is_corrected:
            return ""
        said = [record.corrected_status] if record.corrected_status else []
        if record.corrected_arrival:
            said.append(f"arrived {clock(record.corrected_arrival)}")
        if record.corrected_departure:
            said.append(f"left {clock(record.corrected_departure)}")
        return f"{', '.join(said)}: {record.correction_reason} ({record.corrected_by})"


def _closing_in_words(closed: ClosedDay | None) -> str:
    if closed is None:
        return "The day is closed."
    by = f"by {closed.closed_by}" if closed.closed_by else "by itself"
    at = timezone.localtime(closed.closed_at)
    return f"Closed {by} on {day_in_words(at.date())} at {at:%H:%M}; the rules of then hold."


def _session_in_words(result: SessionResult, session: PlannedSession) -> str:
    if result.status == DayStatus.EXCUSED:
        return "Excused."
    if result.status is None:
        return "Nobody knows yet."
    if result.status == DayStatus.ABSENT:
        needs = " It needs a tap of its own." if session.requires_tap else ""
        return f"Not seen at it.{needs}"
    if result.arrived_at is None:
        return "There; the arrival was not seen."
    said = f"Arrived {clock(result.arrived_at)}"
    if result.minutes_late:
        return f"{said}, {minutes(result.minutes_late)} late."
    return f"{said}."


def _beginning_of(session: PlannedSession) -> str:
    """`Morning began at 07:45`; of a rule that has only a limit, `08:00`."""
    if session.ends is None and session.late_after == session.starts:
        return clock(session.starts)
    return f"{session.name} began at {clock(session.starts)}"


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
    of_minutes = f"{_number(rest)} minute{'' if rest == 1 else 's'}"
    if not hours:
        return of_minutes
    of_hours = f"{_number(hours)} hour{'' if hours == 1 else 's'}"
    return f"{of_hours} and {of_minutes}" if rest else of_hours


def _number(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)
