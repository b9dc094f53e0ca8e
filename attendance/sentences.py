"""What a rule means, as one sentence for people: `Form 1, Monday to Friday, late after 07:15.`

Pure: what is said stands in the rule itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance.models import Absence, Holiday, Schedule, Status
from attendance.rules import MIDNIGHT
from core.weekdays import days_in_words
from people.kinds import kind_named

Applies = Mapping[str, Sequence[str]]


def sentence_of(schedule: Schedule) -> str:
    """When whom this schedule expects."""
    sessions = schedule.sessions
    who = audience_in_words(schedule.applies_to)
    if not sessions:
        said = _("{people}, never expected").format(people=who)
    elif len(sessions) == 1:
        said = f"{who}, {session_in_words(sessions[0])}"
    else:
        parts = (f"{one['name']} {session_in_words(one)}" for one in sessions)
        said = f"{who}: {'; '.join(parts)}"
    if schedule.day_begins != MIDNIGHT:
        begins = _("the day begins at {time}").format(time=_clock(schedule.day_begins))
        said += f"; {begins}"
    return f"{said}{_validity(schedule.valid_from, schedule.valid_to)}."


def session_in_words(session: Mapping[str, Any]) -> str:
    """`Monday to Friday, late after 07:15`; of one with an end, `Tuesday, 17:00 to 19:00, ...`."""
    starts_at, ends_at = session["starts_at"][:5], session.get("ends_at")
    late_after = (session.get("late_after") or starts_at)[:5]
    parts = [days_in_words(session["weekdays"])]
    if ends_at:
        parts.append(_("{first} to {last}").format(first=starts_at, last=ends_at[:5]))
    elif late_after != starts_at:
        parts.append(_("from {time}").format(time=starts_at))
    parts.append(_("late after {time}").format(time=late_after))
    if session.get("requires_tap"):
        parts.append(_("with a tap of its own"))
    return ", ".join(parts)


def audience_in_words(applies_to: Applies) -> str:
    """`Everybody`, `Students of Form 1 and Form 2`, `Staff in Library, and 2 people by name`."""
    kinds = [str(kind_named(key).short_title) for key in applies_to.get("kinds", ())]
    classes = [*applies_to.get("class_levels", ()), *applies_to.get("class_codes", ())]
    departments = applies_to.get("departments", ())
    number = len(applies_to.get("people", ()))
    named = ngettext("{n} person by name", "{n} people by name", number).format(n=number)
    whom = joined(kinds)
    if classes:
        of = joined(classes)
        whom = _("{people} of {classes}").format(people=whom, classes=of) if whom else of
    if departments:
        of = joined(departments)
        whom = _("{people} in {departments}").format(people=whom, departments=of) if whom else of
    if not number:
        return whom or _("Everybody")
    return _("{people}, and {others}").format(people=whom, others=named) if whom else named


def joined(words: Iterable[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    *first, last = [*map(str, words)] or [""]
    return _("{words} and {last}").format(words=", ".join(first), last=last) if first else last


def _validity(first: date | None, last: date | None) -> str:
    if first and last:
        return f", {span_in_words(first, last)}"
    if first:
        return ", " + _("from {day} on").format(day=day_in_words(first))
    return ", " + _("until {day}").format(day=day_in_words(last)) if last else ""


def day_in_words(day: date) -> str:
    return date_format(day, "j F Y")


def span_in_words(first: date, last: date) -> str:
    """`9 December 2026`, `20 to 31 December 2026`, `20 December 2026 to 3 January 2027`."""
    if first == last:
        return day_in_words(first)
    if (first.year, first.month) == (last.year, last.month):
        return _("{first} to {last}").format(first=first.day, last=day_in_words(last))
    return _("{first} to {last}").format(first=day_in_words(first), last=day_in_words(last))


def times_in_words(starts_at: time | None, ends_at: time | None) -> str:
    """`10:00 to 12:00`, `from 10:00`, `until 12:00`; nothing for whole days."""
    if starts_at and ends_at:
        return _("{first} to {last}").format(first=_clock(starts_at), last=_clock(ends_at))
    if starts_at:
        return _("from {time}").format(time=_clock(starts_at))
    return _("until {time}").format(time=_clock(ends_at)) if ends_at else ""


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def correction_in_words(status: str, arrived_at: time | None, left_at: time | None) -> str:
    """`Late, arrived 07:40, left 13:15`: what of the three was said."""
    said = [str(Status(status).label)] if status else []
    if arrived_at:
        said.append(_("arrived {time}").format(time=_clock(arrived_at)))
    if left_at:
        said.append(_("left {time}").format(time=_clock(left_at)))
    return ", ".join(said)


def entry_in_words(entry: Holiday | Absence) -> str:
    """When an entry of the calendar or an absence is: days, and the hours if it is some."""
    return when_in_words(entry.first_day, entry.last_day, entry.starts_at, entry.ends_at)


def when_in_words(first: date, last: date, starts_at: time | None, ends_at: time | None) -> str:
    """`20 to 31 December 2026`, `9 December 2026, until 12:00`."""
    times, days = times_in_words(starts_at, ends_at), span_in_words(first, last)
    return f"{days}, {times}" if times else days
