"""Why a day is what it is, in words that a parent understands."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pgtrigger
import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attendance.changes import change_rules, set_policy
from attendance.closing import close_day
from attendance.models import EVERYBODY, Absence, Rulebook, Schedule
from attendance.open_days import Scope
from attendance.tests.factories import (
    NOON,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    make_holiday,
    make_pupil,
    number_of,
    tap,
)
from attendance.tests.saying import correct_people
from attendance.why import Why, minutes, why
from cards.models import Card
from cards.tests.factories import make_card, make_guard, make_student
from people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(make_user: Callable[..., User]) -> User:
    return make_user("attendance_admin")


def of(person: Any, day: Any = WEDNESDAY) -> Why:
    return why(Person.objects.get(pk=person.pk), day)


def with_sessions(*sessions: dict[str, Any], **fields: Any) -> Schedule:
    rows = [
        {
            "weekdays": [1, 2, 3, 4, 5],
            "late_after": session["starts_at"],
            "ends_at": None,
            "requires_tap": False,
            **session,
        }
        for session in sessions
    ]
    schedule = Schedule(name="Lessons", sessions=rows, **fields)
    change_rules(lambda _: schedule.save(), what="x", scope=Scope(), by=None)
    return schedule


LESSON = {"name": "the lesson", "starts_at": "07:52:00", "ends_at": "13:00:00"}


def test_who_came_in_time_is_told_by_how_much(gate: APIClient) -> None:
    with_sessions(LESSON, applies_to={"class_levels": ["Form 1"]})
    asha, card = make_pupil(class_level="Form 1")
    tap(gate, card, at("07:41"))
    told = of(asha)
    assert told.text == ("Present. Arrived 07:41, eleven minutes before the lesson began at 07:52.")
    assert (told.status, told.is_expected, told.is_provisional) == ("Present", True, True)
    assert told.rule_name == "Lessons"
    assert told.rule == "Form 1, Monday to Friday, 07:52 to 13:00, late after 07:52."
    assert told.expected == "Expected at 07:52, by the rule that applies."
    assert told.standing == "The day is open until 19 November 2026, 00:00."
    assert [one.text for one in told.sessions] == ["Arrived 07:41."]


def test_who_came_late_and_went_early_is_told_both(gate: APIClient) -> None:
    with_sessions({**LESSON, "late_after": "08:00:00"})
    asha, card = make_pupil()
    tap(gate, card, at("08:30"), direction="in")
    tap(gate, card, at("11:15"), direction="out")
    assert of(asha).text == (
        "Late. Arrived 08:30, 38 minutes after the lesson began at 07:52. Whoever came after "
        "08:00 was late. Left 11:15, before the lesson ended at 13:00."
    )


def test_the_simple_rule_has_one_time(gate: APIClient) -> None:
    asha, card = make_pupil()
    juma, other = make_pupil()
    tap(gate, card, at("07:30"))
    tap(gate, other, at("08:01"))
    assert of(asha).text == "Present. Arrived 07:30, 30 minutes before 08:00."
    assert of(juma).text == "Late. Arrived 08:01, one minute after 08:00."


def test_who_was_here_at_other_hours_only_is_absent_and_was_seen(
    gate: APIClient, admin: User
) -> None:
    with_sessions({"name": "Class", "starts_at": "08:00", "ends_at": "10:00"})
    asha, early = make_pupil()
    juma, late = make_pupil()
    tap(gate, early, at("06:00"), direction="in")
    tap(gate, early, at("07:30"), direction="out")
    tap(gate, late, at("10:30"))
    close_day(day=WEDNESDAY, by=admin)
    assert of(asha).text == "Absent. Expected at 08:00, and here only from 06:00 to 07:30."
    assert of(juma).text == "Absent. Expected at 08:00, and came only at 10:30."


def test_who_was_not_seen_is_absent_once_the_day_is_over(admin: User) -> None:
    asha, _ = make_pupil()
    assert of(asha).text == "Not yet seen. Expected at 08:00; the day is still open."
    close_day(day=WEDNESDAY, by=admin)
    told = of(asha)
    assert told.text == ("Absent. Expected at 08:00, and not seen by 18:00, when the day was over.")
    assert not told.is_provisional
    assert told.standing == (
        f"Closed by {admin} on 18 November 2026 at 12:00; the rules of then hold."
    )


def test_a_closed_day_is_told_by_the_rules_of_then(gate: APIClient) -> None:
    asha, card = make_pupil()
    tap(gate, card, at("08:30"))
    close_day(day=WEDNESDAY, by=None)
    set_policy(class_level=EVERYBODY, changes={"late_after": time(9)})
    told = of(asha)
    assert told.rule == "Everybody, Monday to Friday, late after 08:00."
    assert told.rules_version is not None
    assert of(asha, THURSDAY).rule == "Everybody, Monday to Friday, late after 09:00."


def test_whose_card_was_switched_off_is_not_judged(clock: time_machine.Traveller) -> None:
    asha, number = make_pupil()
    clock.move_to(NOON.replace(hour=4, minute=10))
    card = Card.objects.get(rfid_number=number)
    card.is_active = False
    card.save()
    # The database has a clock of its own, which no test moves.
    model: Any = Card.pgh_event_model  # type: ignore[attr-defined]
    latest = model.objects.filter(pgh_obj=card.pk).latest("pgh_id")
    with pgtrigger.ignore("cards.CardEvent:append_only"):
        model.objects.filter(pk=latest.pk).update(pgh_created_at=timezone.now())
    clock.move_to(NOON)
    told = of(asha)
    assert told.text == "Not judged: the card was switched off at 07:10, so nobody could know."
    assert not told.is_expected


def test_who_never_had_a_card_is_not_judged() -> None:
    assert of(make_student()).text == (
        "Not judged: no card had been issued to them, so nobody could know."
    )


def test_whose_first_card_is_of_that_day_is_not_judged() -> None:
    asha = make_student()
    make_card(asha, issued_date=timezone.now() - timedelta(hours=1))
    assert "their first card was issued at 11:00" in of(asha).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"enrolled_on": THURSDAY}, "Not expected: on the roll since 19 November 2026 only."),
        (
            {"enrolled_on": "2020-01-01", "left_on": TUESDAY},
            "Not expected: left on 17 November 2026.",
        ),
        ({"status": "Graduated"}, "Not expected: was not active on that day."),
    ],
)
def test_who_was_not_on_the_roll_was_not_expected(fields: dict[str, Any], words: str) -> None:
    assert of(make_student(**fields)).text == words


def test_a_day_on_which_nothing_is_expected_says_why(gate: APIClient) -> None:
    asha, card = make_pupil()
    assert of(asha, SATURDAY).text == "Not expected: Saturday is none of their days."
    make_holiday(WEDNESDAY, "Sports day")
    told = of(asha)
    assert told.text == "Not expected: Sports day."
    assert told.holidays == ["Sports day (18 November 2026)"]
    tap(gate, card, at("10:00"))
    assert of(asha).text == "Present. Arrived 10:00. Not expected: Sports day."
    guard = make_guard()
    number_of(guard)
    assert of(guard).text == "Not expected: they work in shifts, by no schedule of their own."


def test_who_is_excused_is_told_for_what() -> None:
    asha, _ = make_pupil()
    absence = Absence(person=asha, first_day=TUESDAY, last_day=WEDNESDAY, reason="Funeral")
    change_rules(
        lambda change: change.add(absence), what="x", scope=Scope(TUESDAY, WEDNESDAY), by=None
    )
    told = of(asha)
    assert told.text == "Excused: Funeral."
    assert told.absences == ["Funeral (17 to 18 November 2026)"]


def test_a_correction_is_told_beside_what_it_was(gate: APIClient, admin: User) -> None:
    asha, card = make_pupil()
    tap(gate, card, at("08:30"))
    correct_people(
        day=WEDNESDAY,
        kind="student",
        people=[asha.pk],
        status="Present",
        reason="The bus",
        by=admin,
    )
    told = of(asha)
    assert told.text == "Present, as it was corrected. Without that: Late."
    assert told.correction == f"Present: The bus ({admin})"


def test_a_double_read_and_a_refusal_are_told_as_such(gate: APIClient) -> None:
    asha, card = make_pupil()
    tap(gate, card, at("07:30:00"))
    tap(gate, card, at("07:30:03"))
    assert [one.is_again for one in of(asha).passes] == [False, True]


def test_a_day_that_waits_says_what_for() -> None:
    asha, _ = make_pupil()
    Rulebook.objects.update(changed_at=NOON - timedelta(days=2))
    assert of(asha, TUESDAY).standing == "The day is over and not closed yet."
    assert of(asha, THURSDAY).text.startswith("This day has not begun. Expected at 08:00")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "one minute"),
        (12, "twelve minutes"),
        (13, "13 minutes"),
        (60, "one hour"),
        (65, "one hour and five minutes"),
        (150, "two hours and 30 minutes"),
    ],
)
def test_minutes_are_said_in_words(number: int, words: str) -> None:
    assert minutes(number) == words
