"""What a rule means, in one sentence."""

from datetime import date, time
from typing import Any
from uuid import uuid4

import pytest

from attendance.models import Holiday, Schedule
from attendance.sentences import audience_in_words, entry_in_words, joined, sentence_of
from attendance.week import week_of

WORKDAYS = [1, 2, 3, 4, 5]


def session(starts_at: str = "07:15", **said: Any) -> dict[str, Any]:
    return {
        "name": "Day",
        "weekdays": WORKDAYS,
        "starts_at": f"{starts_at}:00",
        "late_after": f"{starts_at}:00",
        "ends_at": None,
        "requires_tap": False,
        **said,
    }


def schedule(*sessions: dict[str, Any], **fields: Any) -> Schedule:
    return Schedule(name="Any", sessions=list(sessions), **fields)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (schedule(session("08:00")), "Everybody, Monday to Friday, late after 08:00."),
        (
            schedule(session(), applies_to={"class_levels": ["Form 1"]}),
            "Form 1, Monday to Friday, late after 07:15.",
        ),
        (
            schedule(session("07:30", late_after="07:45:00")),
            "Everybody, Monday to Friday, from 07:30, late after 07:45.",
        ),
        (
            schedule(session("07:30", ends_at="13:00:00")),
            "Everybody, Monday to Friday, 07:30 to 13:00, late after 07:30.",
        ),
        (
            schedule(
                session("07:30", name="Morning", ends_at="12:00:00"),
                session(
                    "17:00",
                    name="Evening classes",
                    weekdays=[2, 4],
                    ends_at="19:00:00",
                    requires_tap=True,
                ),
            ),
            "Everybody: Morning Monday to Friday, 07:30 to 12:00, late after 07:30; Evening "
            "classes Tuesday, Thursday, 17:00 to 19:00, late after 17:00, with a tap of its own.",
        ),
        (
            schedule(session("18:00", ends_at="06:00:00"), day_begins=time(12)),
            "Everybody, Monday to Friday, 18:00 to 06:00, late after 18:00; the day begins at "
            "12:00.",
        ),
        (
            schedule(session(), valid_from=date(2027, 1, 5)),
            "Everybody, Monday to Friday, late after 07:15, from 5 January 2027 on.",
        ),
        (
            schedule(session(), valid_from=date(2027, 1, 5), valid_to=date(2027, 1, 9)),
            "Everybody, Monday to Friday, late after 07:15, 5 to 9 January 2027.",
        ),
        (
            schedule(session(), valid_to=date(2026, 12, 18)),
            "Everybody, Monday to Friday, late after 07:15, until 18 December 2026.",
        ),
        (schedule(), "Everybody, never expected."),
    ],
)
def test_a_schedule_is_one_sentence(rule: Schedule, sentence: str) -> None:
    assert sentence_of(rule) == sentence


@pytest.mark.parametrize(
    ("applies_to", "words"),
    [
        ({}, "Everybody"),
        ({"kinds": ["staff"]}, "Staff"),
        ({"kinds": ["student"], "class_levels": ["Form 1"]}, "Students of Form 1"),
        ({"class_levels": ["Form 1"], "class_codes": ["2A", "2B"]}, "Form 1, 2A and 2B"),
        ({"kinds": ["staff"], "departments": ["Library"]}, "Staff in Library"),
        ({"people": [str(uuid4())]}, "1 person by name"),
        ({"kinds": ["security"], "people": ["a", "b"]}, "Security, and 2 people by name"),
    ],
)
def test_an_audience_is_said_in_words(applies_to: dict[str, list[str]], words: str) -> None:
    assert audience_in_words(applies_to) == words


def test_an_entry_says_its_days_and_hours() -> None:
    first, last = date(2026, 12, 20), date(2027, 1, 3)
    assert entry_in_words(Holiday(first_day=first, last_day=first)) == "20 December 2026"
    long = Holiday(first_day=first, last_day=last, starts_at=time(10), ends_at=time(12))
    assert entry_in_words(long) == "20 December 2026 to 3 January 2027, 10:00 to 12:00"
    until = Holiday(first_day=first, last_day=first, ends_at=time(9))
    assert entry_in_words(until) == "20 December 2026, until 09:00"
    assert joined(["A", "B", "C"]) == "A, B and C"


# --- the week as a picture ----------------------------------------------------------------------


def test_a_week_shows_each_session_on_its_days() -> None:
    week = week_of(
        [session("08:00", ends_at="12:00:00"), session("17:00", weekdays=[2], ends_at="19:00:00")],
        time(0),
        None,
    )
    assert [len(day.blocks) for day in week.days] == [1, 2, 1, 1, 1, 0, 0]
    morning, evening = week.days[1].blocks
    # From 07:00 to 20:00, an hour more on each side.
    assert (morning.left, morning.width) == (7.69, 30.77)
    assert evening.left + evening.width == pytest.approx(100 * 12 / 13, abs=0.02)
    assert (week.marks[0].text, week.marks[0].left) == ("07:00", 0)


def test_a_night_shift_is_one_block_in_the_day_on_which_it_begins() -> None:
    week = week_of([session("18:00", ends_at="06:00:00")], time(12), None)
    (block,) = week.days[0].blocks
    assert block.width > 80
    assert 0 <= block.left < block.left + block.width <= 100
    assert block.times == "18:00 to 06:00"


def test_a_session_without_an_end_lasts_until_the_day_closes() -> None:
    week = week_of([session("08:00", late_after="08:15:00")], time(0), time(18))
    (block,) = week.days[0].blocks
    assert block.is_open
    assert week.closes is not None
    assert block.left + block.width == pytest.approx(week.closes, abs=0.02)
    assert block.left < block.late < week.closes


def test_no_session_is_an_empty_week() -> None:
    week = week_of([], time(0), None)
    assert all(not day.blocks for day in week.days)
