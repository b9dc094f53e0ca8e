"""Who is expected on a day that is not closed, as a condition on people (contract section 9).

The same as `attendance.judging` finds one by one, for lists and figures over everybody; a test
holds the two together. Whoever has changed since the day began is looked at one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from attendance.roll import SAME_MOMENT, able_to_tap, roll_on, start_of
from attendance.rulebook import RulesInForce, current_book
from attendance.rules import (
    ONE_DAY,
    HolidayRule,
    PlannedSession,
    Rules,
    ScheduleRule,
    without,
)
from cards.models import Card
from people.applies_to import AppliesTo, Precedence
from people.kinds import Rhythm, kinds_with_days, or_q
from people.models import Person
from people.standing import is_expected_q

NOBODY = Q(pk__in=[])


@dataclass(frozen=True)
class Expectation:
    """Of one day, as things are now."""

    day: date

    @cached_property
    def book(self) -> RulesInForce:
        return current_book()

    @cached_property
    def rules(self) -> Rules:
        """As they are; of a day that is closed for everybody, those by which it was closed."""
        if not self.is_closed:
            return self.book.rules
        closings = self.book.closings_on(self.day)
        return self.book.rules_of(max(closings, key=lambda closing: closing.version))

    @property
    def expected(self) -> Q:
        """On the roll, scheduled and able to tap, of whom the day is not closed."""
        return self._due & self._able

    @property
    def without_card(self) -> Q:
        """On the roll and scheduled, and not able to tap."""
        return self._due & ~self._able

    @cached_property
    def is_anybody_due(self) -> bool:
        """Whether any schedule has a session left on this day for anybody."""
        for schedule in self.rules.schedules:
            if not schedule.holds_on(self.day):
                continue
            sessions = self._sessions(schedule)
            if sessions and not self._is_free_for_all(schedule, sessions):
                return True
        return False

    def _is_free_for_all(self, schedule: ScheduleRule, sessions: list[PlannedSession]) -> bool:
        return any(
            holiday.audience.is_everybody for holiday in self._taking_all(schedule, sessions)
        )

    @cached_property
    def is_closed(self) -> bool:
        """For every schedule that holds on it."""
        return bool(self._holding) and not self._open

    @cached_property
    def _holding(self) -> list[ScheduleRule]:
        return [s for s in self.book.rules.schedules if s.holds_on(self.day)]

    @cached_property
    def _open(self) -> list[ScheduleRule]:
        return self.book.open_on(self.day)

    # --- due: on the roll and scheduled ----------------------------------------------------------

    @cached_property
    def _due(self) -> Q:
        changed = self._changed_people
        due = self._due_among(changed)
        return (is_expected_q(self.day) & self._scheduled & ~Q(pk__in=changed)) | Q(pk__in=due)

    @cached_property
    def _changed_people(self) -> list[UUID]:
        """Whose groups or standing may be others than when the day began."""
        people = Person.objects.filter(
            kind__in=kinds_with_days(),
            updated_at__gt=start_of(self.day),
            updated_at__gte=F("created_at") + SAME_MOMENT,
        )
        return list(people.order_by().values_list("pk", flat=True))

    def _due_among(self, people: list[UUID]) -> list[UUID]:
        if not people:
            return []
        open_ids = {schedule.schedule_id for schedule in self._open}
        due = []
        for person, entry in roll_on(self.day, people).items():
            plan, closed_under = self.book.plan(entry.member, self.day)
            is_open = closed_under is None and plan.schedule is not None
            if (
                entry.is_on_roll
                and plan.is_scheduled
                and is_open
                and plan.schedule.schedule_id in open_ids  # type: ignore[union-attr]
            ):
                due.append(person)
        return due

    @cached_property
    def _scheduled(self) -> Q:
        """People who have something to come to on this day."""
        found, others = NOBODY, Q()
        is_open = {id(schedule) for schedule in self._open}
        for schedule, theirs in self._in_order():
            if id(schedule) in is_open and (sessions := self._sessions(schedule)):
                found |= others & theirs & ~self._free(schedule, sessions)
            others &= ~theirs
        return found

    def _in_order(self) -> Iterator[tuple[ScheduleRule, Q]]:
        """Each schedule with whom it means, once for each way; the most particular first."""
        ways = []
        for place, schedule in enumerate(self.rules.schedules):
            if schedule.holds_on(self.day):
                since = schedule.valid_from or date.min
                for precedence, whom in meant_by(schedule.audience):
                    rank = (precedence, not schedule.is_policy, since, place)
                    ways.append((rank, schedule, whom))
        for _, schedule, whom in sorted(ways, key=lambda way: way[0], reverse=True):
            yield schedule, whom

    def _sessions(self, schedule: ScheduleRule) -> list[PlannedSession]:
        return self.rules.sessions_of(schedule, self.day)

    def _free(self, schedule: ScheduleRule, sessions: list[PlannedSession]) -> Q:
        """Those for whom a holiday leaves nothing of the day."""
        whom = [
            q
            for holiday in self._taking_all(schedule, sessions)
            for _, q in meant_by(holiday.audience, shifts=True)
        ]
        return or_q(whom) if whom else NOBODY

    def _taking_all(
        self, schedule: ScheduleRule, sessions: list[PlannedSession]
    ) -> Iterator[HolidayRule]:
        for holiday in self.rules.holidays_on(self.day):
            taken = [self.rules.times(holiday.span, self.day, schedule)]
            if not any(without(session, taken) for session in sessions):
                yield holiday

    # --- able to tap -----------------------------------------------------------------------------

    @cached_property
    def _able(self) -> Q:
        """As `cards.coverage`, for most by what their card is now."""
        begins = start_of(self.day)
        cards = Card.objects.filter(person=OuterRef("pk"))
        had_one = Exists(cards.filter(issued_date__lt=begins))
        at = min(timezone.now(), start_of(self.day + ONE_DAY))
        steady = Exists(
            cards.filter(
                Q(expiry_date=None) | Q(expiry_date__gt=at),
                Q(suspended_until=None) | Q(suspended_until__lte=begins),
                issued_date__lt=begins,
                retired_at=None,
                is_active=True,
                updated_at__lte=begins,
            )
        )
        moved = self._people_with_changed_cards(begins)
        able = able_to_tap(self.day, moved, until=start_of(self.day + ONE_DAY)) if moved else ()
        return Q(had_one) & ((Q(steady) & ~Q(pk__in=moved)) | Q(pk__in=list(able)))

    def _people_with_changed_cards(self, begins: Any) -> list[UUID]:
        changed = Card.objects.filter(updated_at__gt=begins)
        before = Card.objects.filter(person=OuterRef("person"), issued_date__lt=begins)
        with_one = changed.filter(Exists(before))
        return list(with_one.order_by().values_list("person", flat=True).distinct())


def meant_by(audience: AppliesTo, *, shifts: bool = False) -> Iterator[tuple[int, Q]]:
    """Whom an audience means and how particularly.

    `shifts`: everybody is also whoever works in shifts.
    """
    for precedence, whom in audience.ways():
        if precedence == Precedence.EVERYBODY and not shifts:
            in_shifts = [k.key for k in kinds_with_days().values() if k.rhythm == Rhythm.SHIFTS]
            yield precedence, ~Q(kind__in=in_shifts)
        else:
            yield precedence, whom
