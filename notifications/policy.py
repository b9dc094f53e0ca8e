"""Who is told what, and for how long: decided from what is true now and what was told before.

No clock and no database: `services` brings the facts and writes down what is decided here. The
cases are a table in `tests/test_policy.py`; the periods that an institution may want otherwise are
settings (`NOTICE_*`). Days are days on the campus.

A fact is judged by when it happened, not by when somebody got round to it: after a stop what has
become old news in the meantime is sent to nobody, and what has not is sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from attendance.models import Attendance, Status
from discipline.models import Incident
from notifications.hours import parse_hours
from notifications.models import RECORDED, Guardian, Notice, said_of

# How long a notice may wait to be sent: for its channel, a gateway that fails, quiet hours.
SENT_WITHIN = {
    Notice.Kind.ARRIVAL: timedelta(hours=4),
    Notice.Kind.LATE: timedelta(days=1),
    Notice.Kind.ABSENCE: timedelta(days=3),
    Notice.Kind.INCIDENT: timedelta(days=3),
    Notice.Kind.ATTENDANCE_CORRECTION: timedelta(days=7),
    Notice.Kind.INCIDENT_CORRECTION: timedelta(days=7),
}


# --- facts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A day or an incident as it is now.

    `says`: what is to be said of it from now on, such as Late. `news`: the kind of notice that
    tells it to whoever has been told nothing; None if it is not told by itself.
    """

    event_id: UUID
    student_id: UUID
    date: date
    says: str
    news: Notice.Kind | None
    correction: Notice.Kind
    happened_at: datetime


def fact_of_day(day: Attendance, *, is_closed: bool, happened_at: datetime) -> Fact:
    return Fact(
        event_id=day.pk,
        student_id=day.person_id,
        date=day.date,
        says=said_of(day),
        news=_news_of_day(day, is_closed=is_closed, happened_at=happened_at),
        correction=Notice.Kind.ATTENDANCE_CORRECTION,
        happened_at=happened_at,
    )


def _news_of_day(day: Attendance, *, is_closed: bool, happened_at: datetime) -> Notice.Kind | None:
    """What waited in a reader for too long tells nobody; Absent is told of a closed day only."""
    came_at = day.attendance_time
    if day.status in (Status.PRESENT, Status.LATE):
        is_recent = came_at and came_at > happened_at - settings.NOTICE_ARRIVAL_PERIOD
        kind = Notice.Kind.LATE if day.status == Status.LATE else Notice.Kind.ARRIVAL
        return kind if is_recent else None
    if day.status == Status.ABSENT and is_closed:
        is_recent = is_within(day.date, days=settings.NOTICE_ABSENCE_DAYS, of=happened_at)
        return Notice.Kind.ABSENCE if is_recent else None
    return None


def fact_of_incident(incident: Incident, *, happened_at: datetime) -> Fact:
    says = said_of(incident)
    is_recent = is_within(
        incident.date_of_incident, days=settings.NOTICE_INCIDENT_DAYS, of=happened_at
    )
    return Fact(
        event_id=incident.pk,
        student_id=incident.student_id,
        date=incident.date_of_incident,
        says=says,
        news=Notice.Kind.INCIDENT if says == RECORDED and is_recent else None,
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
    return notice.state == Notice.State.PENDING and notice.says != fact.says


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
        if is_contradicted(notice.says, by=fact.says) and _may_be_taken_up(again, fact):
            yield Telling(
                fact=fact,
                kind=fact.correction,
                guardian_id=guardian_id,
                channel=channel,
                corrects=notice,
                again=again,
            )


def is_contradicted(says: str, *, by: str) -> bool:
    """An arrival does not turn wrong by a new late limit, nor by an excuse."""
    return says != by and not (says == Status.PRESENT and by in (Status.LATE, Status.EXCUSED))


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
        is_true_again = notice.state == Notice.State.CANCELLED and notice.says == fact.says
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
    hours = parse_hours(settings.NOTICE_QUIET_HOURS)
    return hours is not None and hours.hold(at)
