"""What a rule means, as one sentence for people: `Form 1, Monday to Friday, late after 07:15.`

Pure: what is said stands in the rule itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

from attendance.models import Absence, Holiday, Schedule
from attendance.rules import MIDNIGHT
from core.weekdays import days_in_words
from people.kinds import kind_named

Applies = Mapping[str, Sequence[str]]


def sentence_of(schedule: Schedule) -> str:
    """When whom this schedule expects."""
    sessions = schedule.sessions
    who = audience_in_words(schedule.applies_to)
    if not sessions:
        said = f"{who}, never expected"
    elif len(sessions) == 1:
        said = f"{who}, {session_in_words(sessions[0])}"
    else:
        parts = (f"{one['name']} {session_in_words(one)}" for one in sessions)
        said = f"{who}: {'; '.join(parts)}"
    if schedule.day_begins != MIDNIGHT:
        said += f"; the day begins at {schedule.day_begins:%H:%M}"
    return f"{said}{_validity(schedule.valid_from, schedule.valid_to)}."


def session_in_words(session: Mapping[str, Any]) -> str:
    """`Monday to Friday, late after 07:15`; of one with an end, `Tuesday, 17:00 to 19:00, ...`."""
    starts_at, ends_at = session["starts_at"][:5], session.get("ends_at")
    late_after = (session.get("late_after") or starts_at)[:5]
    parts = [days_in_words(session["weekdays"])]
    if ends_at:
        parts.append(f"{starts_at} to {ends_at[:5]}")
    elif late_after != starts_at:
        parts.append(f"from {starts_at}")
    parts.append(f"late after {late_after}")
    if session.get("requires_tap"):
        parts.append("with a tap of its own")
    return ", ".join(parts)


def audience_in_words(applies_to: Applies) -> str:
    """`Everybody`, `Students of Form 1 and Form 2`, `Staff in Library, and 2 people by name`."""
    kinds = [kind_named(key).short_title for key in applies_to.get("kinds", ())]
    classes = [*applies_to.get("class_levels", ()), *applies_to.get("class_codes", ())]
    departments = applies_to.get("departments", ())
    number = len(applies_to.get("people", ()))
    named = f"{number} {'person' if number == 1 else 'people'} by name" if number else ""
    whom = joined(kinds)
    if classes:
        whom = f"{whom} of {joined(classes)}" if whom else joined(classes)
    if departments:
        whom = f"{whom} in {joined(departments)}" if whom else joined(departments)
    if whom and named:
        return f"{whom}, and {named}"
    return whom or named or "Everybody"


def joined(words: Iterable[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _validity(first: date | None, last: date | None) -> str:
    if first and last:
        return f", {span_in_words(first, last)}"
    if first:
        return f", from {day_in_words(first)} on"
    return f", until {day_in_words(last)}" if last else ""


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def span_in_words(first: date, last: date) -> str:
    """`9 December 2026`, `20 to 31 December 2026`, `20 December 2026 to 3 January 2027`."""
    if first == last:
        return day_in_words(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day_in_words(last)}"
    return f"{day_in_words(first)} to {day_in_words(last)}"


def times_in_words(starts_at: time | None, ends_at: time | None) -> str:
    """`10:00 to 12:00`, `from 10:00`, `until 12:00`; nothing for whole days."""
    if starts_at and ends_at:
        return f"{starts_at:%H:%M} to {ends_at:%H:%M}"
    if starts_at:
        return f"from {starts_at:%H:%M}"
    return f"until {ends_at:%H:%M}" if ends_at else ""


def entry_in_words(entry: Holiday | Absence) -> str:
    """When an entry of the calendar or an absence is: days, and the hours if it is some."""
    return when_in_words(entry.first_day, entry.last_day, entry.starts_at, entry.ends_at)


def when_in_words(first: date, last: date, starts_at: time | None, ends_at: time | None) -> str:
    """`20 to 31 December 2026`, `9 December 2026, until 12:00`."""
    times, days = times_in_words(starts_at, ends_at), span_in_words(first, last)
    return f"{days}, {times}" if times else days
