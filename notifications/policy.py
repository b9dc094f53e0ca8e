"""Who is told what, when and for how long: decided from what is true now and what was told before.

No clock and no database: `services` brings the facts and writes down what is decided here. The
cases are a table in `tests/test_policy.py`, and in words in `docs/notices.md`, which is made from
this module (`situations.py`); the periods that an institution may want otherwise are settings
(`NOTICE_*`). Days are days on the campus.

A fact is judged by when it happened, not by when somebody got round to it: after a stop what has
become old news in the meantime is sent to nobody, and what has not is sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from attendance.models import Attendance, Status
from core.hours import parse_hours
from discipline.models import Incident
from institution.declared import (
    NOTICE_ABSENCE_DAYS,
    NOTICE_ABSENCE_HOLD_BACK,
    NOTICE_ARRIVAL_PERIOD,
    NOTICE_INCIDENT_DAYS,
    NOTICE_QUIET_HOURS,
)
from institution.reading import setting
from notifications.models import NOTHING, RECORDED, VOIDED, Guardian, Notice

# How long a notice may wait to be sent: for its channel, a gateway that fails, quiet hours.
SENT_WITHIN = {
    Notice.Kind.ARRIVAL: timedelta(hours=4),
    Notice.Kind.LATE: timedelta(days=1),
    Notice.Kind.ABSENCE: timedelta(days=3),
    Notice.Kind.INCIDENT: timedelta(days=3),
    Notice.Kind.ATTENDANCE_CORRECTION: timedelta(days=7),
    Notice.Kind.INCIDENT_CORRECTION: timedelta(days=7),
}


# --- what is true -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is to be said of a day or an incident as it is now.

    `says`: Late, for one; NOTHING of a day on which nobody was seen and nothing was missed.
    `has_arrived`: a reader or an officer says when they came. `is_news`: it is told by itself, to
    whoever has been told nothing; else it only corrects what was told. `is_open`: a day that is not
    closed for them, so that what is not seen may still come.
    """

    says: str
    has_arrived: bool = False
    is_news: bool = True
    is_open: bool = False


def truth_of(event: Attendance | Incident | None) -> Truth:
    """None: a day that is not there."""
    if isinstance(event, Incident):
        return Truth(says=VOIDED if event.is_voided else RECORDED, is_news=not event.is_voided)
    if event is None:
        return Truth(says=NOTHING, is_news=False)
    is_open = event.closed_under_id is None
    is_absent = event.status == Status.ABSENT
    return Truth(
        # Whoever was not expected is missed by nobody, whatever an officer wrote.
        says=NOTHING if is_absent and not event.is_counted else event.status,
        has_arrived=event.attendance_time is not None,
        is_news=event.is_counted and not (is_absent and is_open),
        is_open=is_open,
    )


def is_true(notice: Notice, truth: Truth) -> bool:
    """Whether it may be sent as things stand."""
    if notice.corrects_id:
        return notice.says == truth.says
    if notice.kind == Notice.Kind.ARRIVAL and truth.says == Status.EXCUSED:
        return truth.is_news and truth.has_arrived
    return truth.is_news and notice.says == truth.says


def is_contradicted(says: str, *, by: Truth) -> bool:
    """Whether somebody who was told this has to be told otherwise.

    An arrival does not turn wrong by a new late limit, nor by an excuse. That a day is open again
    says nothing yet of whoever was missed on it: only what they were seen to do is wrong, if they
    were not seen.
    """
    if by.says == NOTHING and by.is_open:
        return says in (Status.PRESENT, Status.LATE)
    if says == Status.PRESENT and by.says == Status.EXCUSED:
        return not by.has_arrived
    return says != by.says and not (says == Status.PRESENT and by.says == Status.LATE)


# --- facts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A day or an incident as it is now.

    `news`: the kind of notice that tells it to whoever has been told nothing; None if it is not
    told by itself, or not any more. `not_before`: what is told of it is held back until then.
    """

    event_id: UUID
    student_id: UUID
    date: date
    truth: Truth
    news: Notice.Kind | None
    correction: Notice.Kind
    happened_at: datetime
    not_before: datetime | None = None


def fact_of_day(day: Attendance, *, closed_at: datetime | None, happened_at: datetime) -> Fact:
    """`closed_at`: when the day was closed for them."""
    truth = truth_of(day)
    not_before = None
    if truth.says == Status.ABSENT:
        # A tap that is still on its way arrives in that time, and an officer sees a mistake.
        since = max(closed_at or happened_at, happened_at)
        not_before = since + setting(NOTICE_ABSENCE_HOLD_BACK)
    return Fact(
        event_id=day.pk,
        student_id=day.person_id,
        date=day.date,
        truth=truth,
        news=_news_of_day(day, truth, happened_at=happened_at),
        correction=Notice.Kind.ATTENDANCE_CORRECTION,
        happened_at=happened_at,
        not_before=not_before,
    )


def fact_of_no_day(
    *, event_id: UUID, student_id: UUID, date: date, is_open: bool, happened_at: datetime
) -> Fact:
    """Of a day of which nothing is left, or never was anything; `event_id`: of what was told."""
    return Fact(
        event_id=event_id,
        student_id=student_id,
        date=date,
        truth=Truth(says=NOTHING, is_news=False, is_open=is_open),
        news=None,
        correction=Notice.Kind.ATTENDANCE_CORRECTION,
        happened_at=happened_at,
    )


def _news_of_day(day: Attendance, truth: Truth, *, happened_at: datetime) -> Notice.Kind | None:
    """What waited in a reader for too long tells nobody."""
    if not truth.is_news:
        return None
    if truth.says == Status.ABSENT:
        is_recent = is_within(day.date, days=setting(NOTICE_ABSENCE_DAYS), of=happened_at)
        return Notice.Kind.ABSENCE if is_recent else None
    came_at = day.attendance_time
    if came_at is None or came_at <= happened_at - setting(NOTICE_ARRIVAL_PERIOD):
        return None
    return Notice.Kind.LATE if truth.says == Status.LATE else Notice.Kind.ARRIVAL


def fact_of_incident(incident: Incident, *, happened_at: datetime) -> Fact:
    truth = truth_of(incident)
    is_recent = is_within(
        incident.date_of_incident, days=setting(NOTICE_INCIDENT_DAYS), of=happened_at
    )
    return Fact(
        event_id=incident.pk,
        student_id=incident.student_id,
        date=incident.date_of_incident,
        truth=truth,
        news=Notice.Kind.INCIDENT if truth.is_news and is_recent else None,
        correction=Notice.Kind.INCIDENT_CORRECTION,
        happened_at=happened_at,
    )


def is_within(day: date, *, days: int, of: datetime) -> bool:
    """Whether this day on the campus was at most so many days before that moment."""
    return day >= timezone.localdate(of) - timedelta(days=days)


# --- who is told ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A notice that has to be there, waiting to be sent.

    `again`: the one that is taken up again; else it is a new one.
    """

    fact: Fact
    kind: Notice.Kind
    guardian_id: UUID
    channel: str
    corrects: Notice | None = None
    again: Notice | None = None

    @property
    def says(self) -> str:
        """That they came is all that an arrival tells, also of whoever is excused."""
        is_arrival = self.kind == Notice.Kind.ARRIVAL
        return Status.PRESENT.value if is_arrival else self.fact.truth.says

    @property
    def expires_at(self) -> datetime:
        return self.fact.happened_at + SENT_WITHIN[self.kind]


@dataclass(frozen=True, slots=True)
class NoticePlan:
    tellings: list[Telling]
    wrong: list[Notice]
    """Not sent yet, and not true any more: to be cancelled."""


def decide(fact: Fact, told: Sequence[Notice], guardians: Iterable[Guardian]) -> NoticePlan:
    """What becomes of this fact; `told` are all notices about it, `guardians` the student's.

    A repetition decides nothing anew.
    """
    tellings = [*_corrections(fact, told), *_news(fact, told, guardians)]
    again = {telling.again.pk for telling in tellings if telling.again}
    wrong = [notice for notice in told if _is_wrong(notice, fact) and notice.pk not in again]
    return NoticePlan(tellings, wrong)


def _is_wrong(notice: Notice, fact: Fact) -> bool:
    return notice.state == Notice.State.PENDING and not is_true(notice, fact.truth)


def _corrections(fact: Fact, told: Sequence[Notice]) -> Iterator[Telling]:
    """Whoever was told, or perhaps told, something that is wrong now is told so.

    What counts is what they were told last, and each notice is corrected by one other.
    """
    last: dict[tuple[UUID, str], Notice] = {}
    for notice in sorted(told, key=lambda notice: notice.created_at):
        if notice.may_have_arrived and notice.guardian_id:
            last[notice.guardian_id, notice.channel] = notice
    corrections = {notice.corrects_id: notice for notice in told if notice.corrects_id}
    for (guardian_id, channel), notice in last.items():
        again = corrections.get(notice.pk)
        if is_contradicted(notice.says, by=fact.truth) and _may_be_taken_up(again, fact):
            yield Telling(
                fact=fact,
                kind=fact.correction,
                guardian_id=guardian_id,
                channel=channel,
                corrects=notice,
                again=again,
            )


def _may_be_taken_up(correction: Notice | None, fact: Fact) -> bool:
    if correction is None or _is_wrong(correction, fact):
        return True
    return correction.state in (Notice.State.CANCELLED, Notice.State.FAILED)


def _news(fact: Fact, told: Sequence[Notice], guardians: Iterable[Guardian]) -> Iterator[Telling]:
    """Each guardian who wants such news and has been told nothing of this, by each channel.

    What was cancelled and is true again is taken up again, also if it has perhaps arrived.
    """
    if fact.news is None:
        return
    has_heard, before = set(), {}
    for notice in told:
        way = (notice.guardian_id, notice.channel)
        is_true_again = notice.state == Notice.State.CANCELLED and is_true(notice, fact.truth)
        if notice.may_have_arrived and not is_true_again:
            has_heard.add(way)
        if notice.kind == fact.news:
            before[way] = notice
    for guardian in guardians:
        if not guardian.is_active or fact.news not in guardian.news:
            continue
        for channel in guardian.channels:
            again = before.get((guardian.pk, channel))
            is_free = again is None or again.state == Notice.State.CANCELLED
            if is_free and (guardian.pk, channel) not in has_heard:
                yield Telling(
                    fact=fact,
                    kind=fact.news,
                    guardian_id=guardian.pk,
                    channel=channel,
                    again=again,
                )


# --- when -------------------------------------------------------------------------------------


def is_quiet(at: datetime) -> bool:
    """Nothing is sent now: a telephone that rings at night frightens, whatever it has to say."""
    hours = parse_hours(setting(NOTICE_QUIET_HOURS))
    return hours is not None and hours.hold(at)
