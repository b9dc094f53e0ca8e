"""Who is told what and for how long, case by case; nothing here asks the database."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from attendance.models import Attendance
from discipline.models import Incident
from notifications.models import Guardian, Notice
from notifications.policy import (
    Fact,
    NoticePlan,
    decide,
    fact_of_day,
    fact_of_incident,
    fact_of_no_day,
)

WEDNESDAY = date(2026, 11, 18)
NOON = datetime.fromisoformat("2026-11-18T12:00+03:00")
# 21:30 of the day before where clocks show UTC.
AFTER_MIDNIGHT = datetime.fromisoformat("2026-11-18T00:30+03:00")
STUDENT, DAY = uuid4(), uuid4()
Kind, State = Notice.Kind, Notice.State


def days_ago(days: int) -> date:
    return WEDNESDAY - timedelta(days=days)


def day_fact(
    status: str,
    *,
    came: timedelta | None = None,
    on: date = WEDNESDAY,
    closed_at: datetime | None = None,
    is_expected: bool = True,
    happened_at: datetime = NOON,
) -> Fact:
    """`came`: so long before."""
    came_at = None if came is None else happened_at - came
    day = Attendance(
        attendance_id=DAY,
        person_id=STUDENT,
        date=on,
        attendance_time=came_at,
        status=status,
        is_counted=is_expected,
        closed_under_id=None if closed_at is None else 1,
    )
    return fact_of_day(day, closed_at=closed_at, happened_at=happened_at)


def no_day(*, is_open: bool) -> Fact:
    return fact_of_no_day(
        event_id=DAY, student_id=STUDENT, date=WEDNESDAY, is_open=is_open, happened_at=NOON
    )


def incident_fact(*, on: date = WEDNESDAY, voided_at: datetime | None = None) -> Fact:
    incident = Incident(student_id=STUDENT, date_of_incident=on, voided_at=voided_at)
    return fact_of_incident(incident, happened_at=NOON)


# --- what is news -----------------------------------------------------------------------------

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "came", "news"),
    [
        ("Present", MINUTE, Kind.ARRIVAL),
        ("Present", 2 * HOUR - MINUTE, Kind.ARRIVAL),
        ("Present", 2 * HOUR, None),
        ("Present", None, None),  # first seen leaving
        ("Late", MINUTE, Kind.LATE),
        ("Late", 3 * HOUR, None),
        ("Late", None, None),  # an officer says so of somebody whom no reader saw
        ("Excused", MINUTE, Kind.ARRIVAL),  # whoever said that they stay away may want to know
        ("Excused", None, None),
        ("Absent", MINUTE, None),  # an officer says so of somebody who came, and it is not closed
    ],
)
def test_an_arrival_is_news_for_two_hours(
    status: str, came: timedelta | None, news: Notice.Kind | None
) -> None:
    assert day_fact(status, came=came).news == news


@pytest.mark.parametrize("status", ["Present", "Late", "Absent", "Excused"])
def test_nothing_is_news_of_a_day_on_which_nothing_was_expected(status: str) -> None:
    assert day_fact(status, came=MINUTE, closed_at=NOON, is_expected=False).news is None


@pytest.mark.parametrize(
    ("on", "closed_at", "happened_at", "news"),
    [
        (days_ago(0), None, NOON, None),
        (days_ago(0), NOON, NOON, Kind.ABSENCE),
        (days_ago(2), NOON, NOON, Kind.ABSENCE),
        (days_ago(3), NOON, NOON, None),
        (days_ago(2), NOON, AFTER_MIDNIGHT, Kind.ABSENCE),
        (days_ago(3), NOON, AFTER_MIDNIGHT, None),  # in UTC it is still Tuesday
    ],
)
def test_an_absence_is_news_of_a_closed_day_and_for_two_days_on_the_campus(
    on: date, closed_at: datetime | None, happened_at: datetime, news: Notice.Kind | None
) -> None:
    fact = day_fact("Absent", on=on, closed_at=closed_at, happened_at=happened_at)
    assert fact.news == news


@pytest.mark.parametrize(
    ("status", "closed_at", "not_before"),
    [
        ("Absent", NOON, NOON + 15 * MINUTE),
        ("Absent", NOON + HOUR, NOON + 75 * MINUTE),
        ("Absent", NOON - HOUR, NOON + 15 * MINUTE),  # of a day that was closed long ago
        ("Absent", None, NOON + 15 * MINUTE),
        ("Late", NOON, None),
        ("Present", None, None),
        ("Excused", NOON, None),
    ],
)
def test_an_absence_is_held_back_for_a_while_after_the_closing(
    status: str, closed_at: datetime | None, not_before: datetime | None, settings: Settings
) -> None:
    settings.NOTICE_ABSENCE_HOLD_BACK = 15 * MINUTE
    assert day_fact(status, came=MINUTE, closed_at=closed_at).not_before == not_before


@pytest.mark.parametrize(
    ("on", "voided_at", "says", "news"),
    [
        (days_ago(0), None, "Recorded", Kind.INCIDENT),
        (days_ago(7), None, "Recorded", Kind.INCIDENT),
        (days_ago(8), None, "Recorded", None),
        (days_ago(0), NOON, "Voided", None),
    ],
)
def test_an_incident_is_news_for_a_week(
    on: date, voided_at: datetime | None, says: str, news: Notice.Kind | None
) -> None:
    fact = incident_fact(on=on, voided_at=voided_at)
    assert (fact.truth.says, fact.news) == (says, news)


def test_an_institution_may_want_other_periods(settings: Settings) -> None:
    settings.NOTICE_ARRIVAL_PERIOD = timedelta(minutes=30)
    settings.NOTICE_ABSENCE_DAYS = 0
    settings.NOTICE_INCIDENT_DAYS = 0
    assert day_fact("Present", came=HOUR).news is None
    assert day_fact("Absent", on=days_ago(1), closed_at=NOON).news is None
    assert day_fact("Absent", closed_at=NOON).news
    assert incident_fact(on=days_ago(1)).news is None


@pytest.mark.parametrize(
    ("fact", "lasts"),
    [
        (day_fact("Present", came=MINUTE), 4 * HOUR),
        (day_fact("Late", came=MINUTE), 24 * HOUR),
        (day_fact("Absent", closed_at=NOON), 72 * HOUR),
        (incident_fact(), 72 * HOUR),
    ],
)
def test_a_notice_is_sent_while_it_is_news(fact: Fact, lasts: timedelta) -> None:
    (telling,) = decide(fact, [], [guardian()]).tellings
    assert telling.expires_at == NOON + lasts


# --- who is told ------------------------------------------------------------------------------

MOTHER = uuid4()
ABSENT = day_fact("Absent", closed_at=NOON)
CAME, CAME_LATE = day_fact("Present", came=MINUTE), day_fact("Late", came=MINUTE)
EXCUSED, CAME_EXCUSED = day_fact("Excused"), day_fact("Excused", came=MINUTE)
CAME_ON_A_HOLIDAY = day_fact("Present", came=MINUTE, is_expected=False)
ABSENT_ON_A_HOLIDAY = day_fact("Absent", closed_at=NOON, is_expected=False)
OPENED_AGAIN, NOT_EXPECTED = no_day(is_open=True), no_day(is_open=False)


def guardian(**fields: object) -> Guardian:
    return Guardian(guardian_id=MOTHER, student_id=STUDENT, channels=["sms"], **fields)


@pytest.mark.parametrize(
    ("who", "channels"),
    [
        ({}, ["sms"]),
        ({"channels": ["email", "sms"]}, ["email", "sms"]),
        ({"channels": []}, []),
        ({"is_active": False}, []),
        ({"news": ["late", "incident"]}, []),
        ({"news": ["absence"]}, ["sms"]),
    ],
)
def test_guardians_are_told_as_they_wish(who: dict[str, object], channels: list[str]) -> None:
    mother = guardian()
    for name, value in who.items():
        setattr(mother, name, value)
    tellings = decide(ABSENT, [], [mother]).tellings
    assert [(telling.guardian_id, telling.channel) for telling in tellings] == [
        (MOTHER, channel) for channel in channels
    ]


_moments = count()


def notice(
    kind: Notice.Kind, says: str, state: Notice.State, *, arrived: bool | None = None
) -> Notice:
    """One after the other. `arrived`: perhaps; left out: if it was sent."""
    return Notice(
        guardian_id=MOTHER,
        student_id=STUDENT,
        channel="sms",
        kind=kind,
        event_id=DAY,
        says=says,
        state=state,
        may_have_arrived=state == State.SENT if arrived is None else arrived,
        created_at=NOON + timedelta(seconds=next(_moments)),
    )


def told_absent(state: Notice.State, *, arrived: bool | None = None) -> Notice:
    return notice(Kind.ABSENCE, "Absent", state, arrived=arrived)


def corrected(
    wrong: Notice, says: str, state: Notice.State, *, arrived: bool | None = None
) -> list[Notice]:
    correction = notice(Kind.ATTENDANCE_CORRECTION, says, state, arrived=arrived)
    correction.corrects = wrong
    return [wrong, correction]


SENT_ABSENT = told_absent(State.SENT)
SENT_ARRIVAL = notice(Kind.ARRIVAL, "Present", State.SENT)
WAITING_ARRIVAL = notice(Kind.ARRIVAL, "Present", State.PENDING)
SENT_LATE = notice(Kind.LATE, "Late", State.SENT)
CORRECTION = Kind.ATTENDANCE_CORRECTION
# What was told, what is true now, and what becomes of it: kinds of new notices, kinds of those that
# are taken up again, kinds of those that are cancelled.
CASES: dict[str, tuple[Sequence[Notice], Fact, list[str], list[str], list[str]]] = {
    "nothing was told": ([], CAME, ["arrival"], [], []),
    "it waits already": ([told_absent(State.PENDING)], ABSENT, [], [], []),
    "it is on its way": ([told_absent(State.SENDING, arrived=True)], ABSENT, [], [], []),
    "it was told": ([SENT_ABSENT], ABSENT, [], [], []),
    "it failed": ([told_absent(State.FAILED)], ABSENT, [], [], []),
    "wrong before it was sent": (
        [told_absent(State.PENDING)],
        CAME,
        ["arrival"],
        [],
        ["absence"],
    ),
    "wrong before it was sent, and no news": (
        [told_absent(State.PENDING)],
        EXCUSED,
        [],
        [],
        ["absence"],
    ),
    "wrong after it was sent": ([SENT_ABSENT], CAME, [CORRECTION], [], []),
    "wrong while it is on its way": (
        [told_absent(State.SENDING, arrived=True)],
        CAME,
        [CORRECTION],
        [],
        [],
    ),
    "wrong, and perhaps arrived": (
        [told_absent(State.FAILED, arrived=True)],
        EXCUSED,
        [CORRECTION],
        [],
        [],
    ),
    "wrong, waiting again and perhaps arrived": (
        [told_absent(State.PENDING, arrived=True)],
        EXCUSED,
        [CORRECTION],
        [],
        ["absence"],
    ),
    "wrong, and never arrived": ([told_absent(State.FAILED)], CAME, ["arrival"], [], []),
    "an arrival is no lie when it was late": ([SENT_ARRIVAL], CAME_LATE, [], [], []),
    "an arrival is no lie when it is excused": ([SENT_ARRIVAL], CAME_EXCUSED, [], [], []),
    "an arrival waits, and is excused": ([WAITING_ARRIVAL], CAME_EXCUSED, [], [], []),
    "an arrival waits, and is another's": ([WAITING_ARRIVAL], EXCUSED, [], [], ["arrival"]),
    "an arrival waits, and was late": ([WAITING_ARRIVAL], CAME_LATE, ["late"], [], ["arrival"]),
    "an arrival that was another's": ([SENT_ARRIVAL], EXCUSED, [CORRECTION], [], []),
    "an arrival waits, and it is a holiday": (
        [WAITING_ARRIVAL],
        CAME_ON_A_HOLIDAY,
        [],
        [],
        ["arrival"],
    ),
    "an arrival is no lie on a holiday": ([SENT_ARRIVAL], CAME_ON_A_HOLIDAY, [], [], []),
    "late on what is a holiday": ([SENT_LATE], CAME_ON_A_HOLIDAY, [CORRECTION], [], []),
    "absent on what is a holiday": ([SENT_ABSENT], NOT_EXPECTED, [CORRECTION], [], []),
    "an officer's absent on what is a holiday": (
        [SENT_ABSENT],
        ABSENT_ON_A_HOLIDAY,
        [CORRECTION],
        [],
        [],
    ),
    "a day is opened again before it was told": (
        [told_absent(State.PENDING)],
        OPENED_AGAIN,
        [],
        [],
        ["absence"],
    ),
    "a day is opened again after it was told": ([SENT_ABSENT], OPENED_AGAIN, [], [], []),
    "a day is opened again and closed again": ([SENT_ABSENT], ABSENT, [], [], []),
    "a tap is taken back on an open day": ([SENT_ARRIVAL], OPENED_AGAIN, [CORRECTION], [], []),
    "a late tap is taken back on an open day": ([SENT_LATE], OPENED_AGAIN, [CORRECTION], [], []),
    "a tap is taken back before it was told": (
        [WAITING_ARRIVAL],
        OPENED_AGAIN,
        [],
        [],
        ["arrival"],
    ),
    "nothing, and then they come": (
        corrected(SENT_ARRIVAL, "Nothing", State.SENT),
        CAME,
        [CORRECTION],
        [],
        [],
    ),
    "nothing, and then they are absent": (
        corrected(SENT_ARRIVAL, "Nothing", State.SENT),
        ABSENT,
        [CORRECTION],
        [],
        [],
    ),
    "an arrival that was a mistake": ([SENT_ARRIVAL], ABSENT, [CORRECTION], [], []),
    "late that was in time": ([SENT_LATE], CAME, [CORRECTION], [], []),
    "late that is excused": ([SENT_LATE], EXCUSED, [CORRECTION], [], []),
    "corrected already": (corrected(SENT_ABSENT, "Present", State.SENT), CAME, [], [], []),
    "the correction waits": (corrected(SENT_ABSENT, "Present", State.PENDING), CAME, [], [], []),
    "the correction waits and says something else": (
        corrected(SENT_ABSENT, "Present", State.PENDING),
        CAME_LATE,
        [],
        [CORRECTION],
        [],
    ),
    "the correction waits and what it corrects is true again": (
        corrected(SENT_ABSENT, "Present", State.PENDING),
        ABSENT,
        [],
        [],
        [CORRECTION],
    ),
    "the correction was cancelled and is needed again": (
        corrected(SENT_ABSENT, "Present", State.CANCELLED),
        CAME,
        [],
        [CORRECTION],
        [],
    ),
    "the correction failed, and another is needed": (
        corrected(SENT_ABSENT, "Present", State.FAILED),
        EXCUSED,
        [],
        [CORRECTION],
        [],
    ),
    "the correction was wrong": (
        corrected(SENT_ABSENT, "Present", State.SENT),
        ABSENT,
        [CORRECTION],
        [],
        [],
    ),
    "cancelled and true again": ([told_absent(State.CANCELLED)], ABSENT, [], ["absence"], []),
    "cancelled and true again, and perhaps arrived": (
        [told_absent(State.CANCELLED, arrived=True)],
        ABSENT,
        [],
        ["absence"],
        [],
    ),
    "cancelled, perhaps arrived, and corrected": (
        corrected(told_absent(State.CANCELLED, arrived=True), "Present", State.SENT),
        ABSENT,
        [CORRECTION],
        [],
        [],
    ),
}


def kinds_of(decision: NoticePlan) -> tuple[list[str], list[str], list[str]]:
    new = [str(telling.kind) for telling in decision.tellings if not telling.again]
    again = [str(telling.kind) for telling in decision.tellings if telling.again]
    return new, again, [wrong.kind for wrong in decision.wrong]


@pytest.mark.parametrize("case", CASES)
def test_what_was_told_and_what_is_true_decide(case: str) -> None:
    told, fact, *decided = CASES[case]
    assert kinds_of(decide(fact, told, [guardian()])) == tuple(decided)
    backwards = decide(fact, [*reversed(told)], [guardian()])
    assert kinds_of(backwards) == tuple(decided), "the order in which they are read"


def test_a_correction_names_what_it_corrects() -> None:
    told = corrected(SENT_ABSENT, "Present", State.SENT)
    (telling,) = decide(ABSENT, told, [guardian()]).tellings
    assert (telling.corrects, telling.says) == (told[1], "Absent")


def test_who_is_no_guardian_any_more_is_told_nothing() -> None:
    gone = told_absent(State.SENT)
    gone.guardian_id = None
    assert kinds_of(decide(CAME, [gone], [])) == ([], [], [])


def test_each_is_corrected_by_the_way_by_which_they_were_told() -> None:
    by_mail = notice(Kind.LATE, "Late", State.SENT)
    by_mail.channel = "email"
    mother = guardian()
    mother.channels = ["email", "sms"]
    tellings = decide(ABSENT, [by_mail], [mother]).tellings
    assert sorted((telling.kind, telling.channel) for telling in tellings) == [
        ("absence", "sms"),
        ("attendance_correction", "email"),
    ]
