"""What is told when, in words: the lines of `docs/notices.md`, each decided by `policy`.

A line is a situation; what becomes of it is asked, not written down, so the page says what the
code does. `manage.py describe_notices` writes it; `tests/test_situations.py` lives through each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.template.loader import render_to_string

from attendance.models import Attendance, Status
from discipline.models import Incident
from institution.declared import NOTICE_ABSENCE_DAYS, NOTICE_ARRIVAL_PERIOD, NOTICE_INCIDENT_DAYS
from institution.reading import setting
from notifications.models import NOTHING, RECORDED, Channel, Guardian, Notice, all_news
from notifications.policy import (
    SENT_WITHIN,
    Fact,
    NoticePlan,
    decide,
    fact_of_day,
    fact_of_incident,
    fact_of_no_day,
)

Kind, State = Notice.Kind, Notice.State
NOW: Final = datetime(2026, 11, 18, 9, tzinfo=UTC)
TODAY: Final = date(2026, 11, 18)
SOMEBODY: Final = UUID(int=1)
LATELY: Final = timedelta(minutes=1)

Told = tuple[tuple[Notice.Kind, str], ...]
"""Kinds and what they said, one after the other; each after the first corrects the one before."""
ARRIVAL: Final[Told] = ((Kind.ARRIVAL, Status.PRESENT),)
LATE: Final[Told] = ((Kind.LATE, Status.LATE),)
ABSENCE: Final[Told] = ((Kind.ABSENCE, Status.ABSENT),)
CORRECTED: Final[Told] = (*ABSENCE, (Kind.ATTENDANCE_CORRECTION, Status.PRESENT))
TAKEN_BACK: Final[Told] = (*ABSENCE, (Kind.ATTENDANCE_CORRECTION, NOTHING))
INCIDENT: Final[Told] = ((Kind.INCIDENT, RECORDED),)


@dataclass(frozen=True, slots=True)
class Situation:
    """`told`: what guardians had been told, or were to be; nothing: it is news, or it is not."""

    name: str
    what: str
    fact: Fact
    told: Told = ()

    def plan(self, *, was_sent: bool) -> NoticePlan:
        """What is decided if the last that was told had been sent, or was still waiting."""
        return decide(self.fact, list(self._notices(was_sent=was_sent)), [_guardian()])

    def _notices(self, *, was_sent: bool) -> Iterator[Notice]:
        before = None
        for number, (kind, says) in enumerate(self.told, 1):
            is_sent = was_sent or number < len(self.told)
            before = Notice(
                notice_id=UUID(int=number),
                guardian_id=SOMEBODY,
                student_id=SOMEBODY,
                channel=Channel.SMS,
                kind=kind,
                event_id=SOMEBODY,
                date=TODAY,
                says=says,
                corrects=before,
                state=State.SENT if is_sent else State.PENDING,
                may_have_arrived=is_sent,
                created_at=NOW + timedelta(seconds=number),
            )
            yield before


def _guardian() -> Guardian:
    """Who wants to know everything, by one channel."""
    return Guardian(
        guardian_id=SOMEBODY, student_id=SOMEBODY, channels=[Channel.SMS], news=all_news()
    )


def _day(
    status: str, *, came: timedelta | None = None, is_closed: bool = False, **fields: Any
) -> Fact:
    """`came`: so long ago."""
    day = Attendance(
        attendance_id=SOMEBODY,
        person_id=SOMEBODY,
        status=status,
        attendance_time=NOW - came if came else None,
        closed_under_id=1 if is_closed else None,
        **{"date": TODAY, **fields},
    )
    return fact_of_day(day, closed_at=NOW if is_closed else None, happened_at=NOW)


def _no_day(*, is_open: bool) -> Fact:
    return fact_of_no_day(
        event_id=SOMEBODY, student_id=SOMEBODY, date=TODAY, is_open=is_open, happened_at=NOW
    )


def _incident(**fields: Any) -> Fact:
    incident = Incident(
        discipline_id=SOMEBODY, student_id=SOMEBODY, **{"date_of_incident": TODAY, **fields}
    )
    return fact_of_incident(incident, happened_at=NOW)


def news() -> list[Situation]:
    """Whoever has been told nothing."""
    came, late = _day(Status.PRESENT, came=LATELY), _day(Status.LATE, came=LATELY)
    long_ago = setting(NOTICE_ARRIVAL_PERIOD) + LATELY
    too_old = TODAY - timedelta(days=setting(NOTICE_ABSENCE_DAYS) + 1)
    old_incident = TODAY - timedelta(days=setting(NOTICE_INCIDENT_DAYS) + 1)
    minutes = setting(NOTICE_ARRIVAL_PERIOD) // timedelta(minutes=1)
    return [
        Situation("arrival", "comes in time", came),
        Situation("late", "comes late, be it to one of several sessions", late),
        Situation(
            "arrival_excused",
            "comes on a day on which they are excused",
            _day(Status.EXCUSED, came=LATELY),
        ),
        Situation(
            "arrival_old",
            f"came more than {minutes} minutes before the tap was heard of",
            _day(Status.PRESENT, came=long_ago),
        ),
        Situation(
            "arrival_free",
            "comes on a day on which nothing is expected of them: a weekend, a holiday, before "
            "they are enrolled",
            _day(Status.PRESENT, came=LATELY, is_counted=False),
        ),
        Situation(
            "absence", "is absent from a day that was closed", _day(Status.ABSENT, is_closed=True)
        ),
        Situation(
            "absence_open", "is absent, an officer says, and the day is open", _day(Status.ABSENT)
        ),
        Situation(
            "absence_old",
            f"was absent more than {setting(NOTICE_ABSENCE_DAYS)} days before the closing",
            _day(Status.ABSENT, is_closed=True, date=too_old),
        ),
        Situation(
            "absence_session",
            "is absent from one session, and was at another of the day",
            _day(Status.PRESENT, came=long_ago, is_closed=True),
        ),
        Situation(
            "absence_free",
            "is not seen on a day that was closed and on which nothing was expected of them, or "
            "they had no card that works",
            _no_day(is_open=False),
        ),
        Situation("excused", "is not seen, and excused", _day(Status.EXCUSED, is_closed=True)),
        Situation("incident", "has an incident", _incident()),
        Situation(
            "incident_old",
            f"has an incident that is recorded more than {setting(NOTICE_INCIDENT_DAYS)} days "
            "afterwards",
            _incident(date_of_incident=old_incident),
        ),
    ]


def turns() -> list[Situation]:
    """Whoever was told something, or was to be, and it turns out otherwise."""
    came, late = _day(Status.PRESENT, came=LATELY), _day(Status.LATE, came=LATELY)
    seen_then_closed = _day(Status.PRESENT, came=LATELY, is_closed=True)
    absent = _day(Status.ABSENT, is_closed=True)
    came_free = _day(Status.PRESENT, came=LATELY, is_counted=False)
    came_excused = _day(Status.EXCUSED, came=LATELY)
    not_expected, not_seen = _no_day(is_open=False), _no_day(is_open=True)
    return [
        Situation("absence_came", "a tap arrives late: they came", seen_then_closed, ABSENCE),
        Situation(
            "absence_late",
            "an officer says that they were late",
            _day(Status.LATE, is_closed=True),
            ABSENCE,
        ),
        Situation(
            "absence_excused", "they are excused", _day(Status.EXCUSED, is_closed=True), ABSENCE
        ),
        Situation(
            "absence_reopened",
            "the day is opened again, and they are not seen yet",
            not_seen,
            ABSENCE,
        ),
        Situation(
            "absence_closed_again", "it is closed again, and they are absent", absent, ABSENCE
        ),
        Situation(
            "absence_free", "a holiday, declared for the closed day too", not_expected, ABSENCE
        ),
        Situation(
            "absence_reopened_free",
            "it is opened again, and closed as a holiday",
            not_expected,
            ABSENCE,
        ),
        Situation("arrival_late", "a new limit makes them late", late, ARRIVAL),
        Situation("arrival_excused", "they are excused", came_excused, ARRIVAL),
        Situation("arrival_free", "the day is declared a holiday", came_free, ARRIVAL),
        Situation("arrival_annulled", "the tap is taken back", not_seen, ARRIVAL),
        Situation(
            "arrival_absent", "an officer says that they are absent", _day(Status.ABSENT), ARRIVAL
        ),
        Situation("late_in_time", "a new limit makes them in time", came, LATE),
        Situation("late_excused", "they are excused", came_excused, LATE),
        Situation("late_free", "the day is declared a holiday", came_free, LATE),
        Situation("late_annulled", "the tap is taken back", not_seen, LATE),
        Situation("corrected_absent", "it was right: they are absent", absent, CORRECTED),
        Situation(
            "taken_back_absent",
            "the change of rules is taken back: they are absent",
            absent,
            TAKEN_BACK,
        ),
        Situation("incident_voided", "it is voided", _incident(voided_at=NOW), INCIDENT),
    ]


# --- the page -----------------------------------------------------------------------------------


def page() -> str:
    """`docs/notices.md`, whole."""
    context = {
        "news": "\n".join(map(_line_of_news, news())),
        "turns": "\n".join(map(_line_of_turn, turns())),
        "correction_lasts": _long(SENT_WITHIN[Kind.ATTENDANCE_CORRECTION]),
    }
    return render_to_string("notifications/notices.md", context).strip() + "\n"


def _line_of_news(situation: Situation) -> str:
    telling = next(iter(situation.plan(was_sent=False).tellings), None)
    if telling is None:
        return _row(situation.what, "nobody is told", "", "", "")
    kind, channels = Kind(telling.kind), "each channel they want"
    wait, lasts = _wait(situation.fact), _long(SENT_WITHIN[kind])
    return _row(situation.what, str(kind.label), channels, wait, lasts)


def _line_of_turn(situation: Situation) -> str:
    told = ", then ".join(_said(kind, says) for kind, says in situation.told)
    waiting, sent = (_becomes(situation.plan(was_sent=was_sent)) for was_sent in (False, True))
    return _row(told, situation.what, waiting, sent)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _becomes(plan: NoticePlan) -> str:
    told = [
        f"{_said(telling.kind, telling.says)}, {_wait(telling.fact)}" for telling in plan.tellings
    ]
    return "; ".join([*(["taken back"] if plan.wrong else []), *told]) or "stands"


def _said(kind: str, says: str) -> str:
    label = str(Kind(kind).label)
    return f"{label}: {says.lower()}" if kind == Kind.ATTENDANCE_CORRECTION else label


def _wait(fact: Fact) -> str:
    if fact.not_before is None:
        return "at once"
    wait = _long(fact.not_before - NOW)
    return f"after {wait}" if fact.truth.is_open else f"{wait} after the closing"


def _long(period: timedelta) -> str:
    for name, unit in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if period >= unit and not period % unit:
            number = period // unit
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    return f"{period // timedelta(minutes=1)} minutes"
