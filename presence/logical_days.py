"""To which logical day an instant belongs, asked of thousands of people at once."""

from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attendance.rulebook import RulesInForce
from attendance.rules import MIDNIGHT, ONE_DAY
from people.applies_to import Member

Groups = tuple[str, str, str, str]


class LogicalDays:
    """As `RulesInForce.day_of`; what people of the same groups have in common is asked once."""

    def __init__(self, book: RulesInForce) -> None:
        self._book = book
        self._zone: Final[ZoneInfo] = book.rules.zone
        self._named: dict[date, frozenset[UUID]] = {}
        self._begins: dict[tuple[UUID | Groups, date], datetime] = {}

    def begin_at(self, since: datetime, until: datetime) -> set[time]:
        """At which hours anybody's day begins by the rules in force between; one query."""
        first, last = (moment.astimezone(self._zone).date() for moment in (since, until))
        closings = self._book.closings_between(first - ONE_DAY, last)
        books = [self._book.rules, *map(self._book.rules_of, closings)]
        return {MIDNIGHT, *(each.day_begins for rules in books for each in rules.schedules)}

    def day_of(self, member: Member, at: datetime) -> date:
        day = at.astimezone(self._zone).date()
        return day if at >= self._beginning(member, day) else day - ONE_DAY

    def _beginning(self, member: Member, day: date) -> datetime:
        named = self._named.get(day)
        if named is None:
            named = self._named[day] = self._people_named_on(day)
        groups = (
            member.kind,
            member.class_level,
            member.class_code,
            member.department,
        )
        key = (member.person if member.person in named else groups), day
        begins = self._begins.get(key)
        if begins is None:
            begins = self._begins[key] = self._book.beginning(member, day)
        return begins

    def _people_named_on(self, day: date) -> frozenset[UUID]:
        """Those whom a rule of this day or the one before means by themselves."""
        closings = self._book.closings_between(day - ONE_DAY, day)
        books = [self._book.rules, *map(self._book.rules_of, closings)]
        audiences = (schedule.audience for rules in books for schedule in rules.schedules)
        return frozenset().union(*(audience.people for audience in audiences))
