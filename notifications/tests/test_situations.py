"""Each line of docs/notices.md, lived through on a real day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from attendance.changes import undo_change
from attendance.closing import close_day, reopen_day
from attendance.models import EVERYBODY, Attendance, RuleChange, Schedule, Status
from attendance.rulebook import RulesChange
from attendance.tests.saying import correct_people
from cards.tests.factories import make_student
from discipline.models import Incident
from discipline.services import record_incident, void_incident
from notifications.models import Notice
from notifications.situations import Situation, news, turns
from notifications.tests.factories import (
    absent,
    as_if_sent,
    change_today,
    declare_holiday,
    excuse,
    expect,
    make_guardian,
    make_pupil,
    take_taps_back,
    tap,
    today,
    told,
)
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

HOLD_BACK: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Cast:
    """A student with a guardian, a reader at the gate, and an officer."""

    student: Student
    card: str
    gate: APIClient
    boss: User

    def tap(self, **fields: object) -> None:
        tap(self.gate, self.card, **fields)

    def close(self, day: date | None = None) -> None:
        close_day(day=day or today(), by=self.boss)

    def reopen(self) -> None:
        reopen_day(day=today(), reason="It was too early.", by=self.boss)

    def says(self, status: str) -> None:
        correct_people(
            day=today(),
            kind=self.student.kind,
            people=[self.student.pk],
            status=status,
            reason="We asked.",
            by=self.boss,
        )

    def has_incident(self, day: date) -> Incident:
        return record_incident(
            student=self.student,
            incident_description="Broke a window.",
            points_deducted=5,
            by=self.boss,
            date_of_incident=day,
        )


@pytest.fixture
def cast(gate: APIClient, make_user: Callable[..., User], settings: Settings) -> Cast:
    settings.NOTICE_ABSENCE_HOLD_BACK = HOLD_BACK
    student, card = make_pupil()
    return Cast(student, card, gate, make_user("administrator", "boss"))


# --- news -------------------------------------------------------------------------------------


def _comes_late(cast: Cast) -> None:
    expect(Status.LATE)
    cast.tap()


def _comes_excused(cast: Cast) -> None:
    excuse(cast.student, cast.boss)
    cast.tap()
    assert Attendance.objects.get().status == "Excused"


def _came_long_ago(cast: Cast) -> None:
    cast.tap(tapped_at=(timezone.now() - timedelta(hours=3)).isoformat(), offline=True)
    assert Attendance.objects.get().status == "Present"


def _comes_on_a_holiday(cast: Cast) -> None:
    declare_holiday(cast.boss)
    cast.tap()
    assert not Attendance.objects.get().is_counted


def _misses_a_session(cast: Cast) -> None:
    def write(change: RulesChange) -> None:
        schedule = Schedule.objects.get(policy_of=EVERYBODY)
        (first,) = schedule.sessions
        morning = {**first, "name": "Morning", "starts_at": "07:00", "late_after": "08:00"}
        afternoon = {**first, "name": "Afternoon", "starts_at": "14:00", "late_after": "14:15"}
        schedule.sessions = [
            {**morning, "ends_at": "12:00", "requires_tap": True},
            {**afternoon, "ends_at": "16:00", "requires_tap": True},
        ]
        schedule.save()

    change_today(write, cast.boss, to_closed=False)
    yesterday = today() - timedelta(days=1)
    cast.tap(tapped_at=f"{yesterday}T07:30+03:00", offline=True)
    cast.close(yesterday)
    sessions = Attendance.objects.get().sessions
    assert [session["status"] for session in sessions] == ["Present", "Absent"]


def _is_not_expected(cast: Cast) -> None:
    without_card = make_student()
    make_guardian(without_card)
    declare_holiday(cast.boss)
    cast.close()
    assert not Attendance.objects.exists()


def _is_excused(cast: Cast) -> None:
    excuse(cast.student, cast.boss)
    cast.close()
    assert Attendance.objects.get().status == "Excused"


NEWS: dict[str, Callable[[Cast], object]] = {
    "arrival": Cast.tap,
    "late": _comes_late,
    "arrival_excused": _comes_excused,
    "arrival_old": _came_long_ago,
    "arrival_free": _comes_on_a_holiday,
    "absence": Cast.close,
    "absence_open": lambda cast: cast.says("Absent"),
    "absence_old": lambda cast: cast.close(today() - timedelta(days=3)),
    "absence_session": _misses_a_session,
    "absence_free": _is_not_expected,
    "excused": _is_excused,
    "incident": lambda cast: cast.has_incident(today()),
    "incident_old": lambda cast: cast.has_incident(today() - timedelta(days=8)),
}


def test_each_line_of_news_is_lived_through() -> None:
    assert [situation.name for situation in news()] == list(NEWS)


@pytest.mark.dialect
@pytest.mark.parametrize("name", NEWS)
def test_news_is_told_as_the_page_says(name: str, cast: Cast) -> None:
    NEWS[name](cast)
    expected = _tells(_named(name, news()), was_sent=False)
    assert told("kind", "says") == expected
    _check_hold_back(expected)


def _tells(situation: Situation, *, was_sent: bool) -> list[tuple[str, str]]:
    plan = situation.plan(was_sent=was_sent)
    return [(telling.kind.value, str(telling.says)) for telling in plan.tellings]


def _named(name: str, situations: list[Situation]) -> Situation:
    (situation,) = (one for one in situations if one.name == name)
    return situation


def _check_hold_back(expected: list[tuple[str, str]], **new: object) -> None:
    for _, says in expected:
        notice = Notice.objects.get(says=says, **new)
        is_held = notice.next_attempt_at - notice.created_at > HOLD_BACK / 2
        assert is_held == (says == "Absent")


def test_nobody_is_told_of_who_has_no_card(cast: Cast) -> None:
    without_card = make_student()
    make_guardian(without_card)
    cast.close()
    assert told("student", "kind") == [(cast.student.pk, "absence")]


def test_who_is_late_twice_in_a_day_is_told_of_once(cast: Cast) -> None:
    _comes_late(cast)
    cast.tap(direction="out")
    cast.tap()
    assert told("kind") == ["late"]


# --- what turned wrong --------------------------------------------------------------------------


def _absent(cast: Cast) -> None:
    absent(cast.student)


def _late(cast: Cast) -> None:
    _comes_late(cast)
    assert Attendance.objects.get().status == "Late"


def _corrected(cast: Cast) -> None:
    _absent(cast)
    as_if_sent()
    cast.says("Present")


def _holiday_after_all(cast: Cast) -> None:
    _absent(cast)
    as_if_sent()
    declare_holiday(cast.boss)


def _closed_again(cast: Cast) -> None:
    cast.reopen()
    told()
    cast.close()


def _reopened_and_a_holiday(cast: Cast) -> None:
    cast.reopen()
    told()
    declare_holiday(cast.boss)
    cast.close()


def _undo(cast: Cast) -> None:
    undo_change(change=RuleChange.objects.latest("made_at"), by=cast.boss)


TURNS: dict[str, tuple[Callable[[Cast], object], Callable[[Cast], object]]] = {
    "absence_came": (_absent, Cast.tap),
    "absence_late": (_absent, lambda cast: cast.says("Late")),
    "absence_excused": (_absent, lambda cast: excuse(cast.student, cast.boss)),
    "absence_reopened": (_absent, Cast.reopen),
    "absence_closed_again": (_absent, _closed_again),
    "absence_free": (_absent, lambda cast: declare_holiday(cast.boss)),
    "absence_reopened_free": (_absent, _reopened_and_a_holiday),
    "arrival_late": (Cast.tap, lambda cast: expect(Status.LATE)),
    "arrival_excused": (Cast.tap, lambda cast: excuse(cast.student, cast.boss)),
    "arrival_free": (Cast.tap, lambda cast: declare_holiday(cast.boss, to_closed=False)),
    "arrival_annulled": (Cast.tap, lambda cast: take_taps_back(cast.student)),
    "arrival_absent": (Cast.tap, lambda cast: cast.says("Absent")),
    "late_in_time": (_late, lambda cast: expect(Status.PRESENT)),
    "late_excused": (_late, lambda cast: excuse(cast.student, cast.boss)),
    "late_free": (_late, lambda cast: declare_holiday(cast.boss, to_closed=False)),
    "late_annulled": (_late, lambda cast: take_taps_back(cast.student)),
    "corrected_absent": (_corrected, lambda cast: cast.says("")),
    "taken_back_absent": (_holiday_after_all, _undo),
    "incident_voided": (
        lambda cast: cast.has_incident(today()),
        lambda cast: void_incident(incident=Incident.objects.get(), reason="No.", by=cast.boss),
    ),
}


def test_each_line_of_what_turned_wrong_is_lived_through() -> None:
    assert [situation.name for situation in turns()] == list(TURNS)


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("was_sent", [False, True], ids=["waiting", "sent"])
def test_what_turned_wrong_is_treated_as_the_page_says(
    name: str, was_sent: bool, cast: Cast
) -> None:
    situation = _named(name, turns())
    before, turn = TURNS[name]
    before(cast)
    assert told("kind", "says") == [(kind.value, str(says)) for kind, says in situation.told]
    if was_sent:
        as_if_sent()
    known = told("pk")
    turn(cast)
    told()
    expected = _tells(situation, was_sent=was_sent)
    new = Notice.objects.exclude(pk__in=known).order_by("created_at")
    assert list(new.values_list("kind", "says")) == expected
    is_cancelled = Notice.objects.get(pk=known[-1]).state == Notice.State.CANCELLED
    assert is_cancelled == bool(situation.plan(was_sent=was_sent).wrong)
    _check_hold_back(expected, pk__in=new)
