"""What other apps know of a day, which stand above this one; each brings it in its AppConfig."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Final
from uuid import UUID

from attendance.rules import Rules, ScheduleRule

Doubt = Callable[[Rules, ScheduleRule, date, datetime], str]
"""Why the day of a schedule cannot be closed by itself yet, in words; nothing if it can."""
Told = Callable[[Collection[tuple[UUID, date]]], int]
"""How many notices about these days of people have been sent."""

_doubts: Final[list[Doubt]] = []
_told: Final[list[Told]] = []


def doubt_closing(doubt: Doubt) -> None:
    _doubts.append(doubt)


def count_told(told: Told) -> None:
    _told.append(told)


def reasons_to_wait(rules: Rules, schedule: ScheduleRule, day: date, now: datetime) -> list[str]:
    found = (doubt(rules, schedule, day, now) for doubt in _doubts)
    return [reason for reason in found if reason]


def notices_sent(days: Collection[tuple[UUID, date]]) -> int:
    return sum(told(days) for told in _told)
