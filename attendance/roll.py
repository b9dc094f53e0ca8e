"""Who was on the roll on a day, in which groups, and could have tapped.

People as they were, from the history that the database keeps of them: a class of today says
nothing of last month's. A change counts from the next day on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from attendance.rules import MIDNIGHT, ONE_DAY, on_the_wall
from cards.coverage import could_tap
from core.values import value
from people.applies_to import Member
from people.kinds import PersonKind, kind_named, kinds_with_days
from people.models import Person

# Both are written when a person is made, one after the other.
SAME_MOMENT: Final = timedelta(milliseconds=5)

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

FACTS: Final = (
    "person_uuid",
    "kind",
    "class_level",
    "class_code",
    "department",
    "status",
    "is_active",
    "enrolled_on",
    "left_on",
    "created_at",
    "updated_at",
)


@value
class RollEntry:
    """A person on a day: in which groups, and whether they were here to come."""

    member: Member
    is_on_roll: bool


def member_of(kind: PersonKind, person: UUID, groups: tuple[str, str, str]) -> Member:
    return Member(person, kind.key, *groups)


def is_unchanged(created_at: datetime, updated_at: datetime, *, since: datetime) -> bool:
    """Whether a person is as they were then, or were made to begin with."""
    return updated_at <= since or updated_at - created_at < SAME_MOMENT


def start_of(day: date) -> datetime:
    """Groups are those of this instant."""
    return _midnight(day, settings.TIME_ZONE)


@lru_cache(maxsize=64)
def _midnight(day: date, zone: str) -> datetime:
    return on_the_wall(day, MIDNIGHT, ZoneInfo(zone))


class Roll:
    """These people as they were on any day from `since` on; two queries, however many days.

    Of whom days are kept (`attendance.recording.MembersOn`).
    """

    def __init__(self, people: Collection[UUID], *, since: datetime) -> None:
        found = Person.objects.filter(pk__in=people, kind__in=kinds_with_days())
        self._rows = {row[0]: row for row in found.values_list(*FACTS)}
        rows = self._rows.values()
        self._history = _History(
            row[0] for row in rows if not is_unchanged(row[-2], row[-1], since=since)
        )

    def on(self, day: date) -> dict[UUID, RollEntry]:
        return {person: self.entry(person, day) for person in self._rows}

    def entry(self, person: UUID, day: date) -> RollEntry:
        begins, ends = start_of(day), min(start_of(day + ONE_DAY), timezone.now())
        row = self._rows[person]
        return _entry(row, day, self._history.states(row, begins, ends))

    def member(self, person: UUID, day: date) -> Member:
        return self.entry(person, day).member

    def is_on_roll(self, person: UUID, day: date) -> bool:
        return self.entry(person, day).is_on_roll


def roll_on(day: date, people: Collection[UUID]) -> dict[UUID, RollEntry]:
    """These people as they were on that day; two queries."""
    return Roll(people, since=start_of(day)).on(day)


def able_to_tap(day: date, people: Collection[UUID], *, until: datetime) -> set[UUID]:
    """Who of them had a card from before that day, and one that worked at any time of it."""
    return could_tap(people, begins=start_of(day), until=min(until, timezone.now()))


@value
class Holder:
    """A person as the look-up of a card brought them."""

    kind: str
    groups: tuple[str, str, str]
    status: str
    is_active: bool
    enrolled_on: date
    left_on: date | None
    created_at: datetime
    updated_at: datetime

    def is_unchanged(self, *, since: datetime) -> bool:
        return is_unchanged(self.created_at, self.updated_at, since=since)

    @property
    def was_changed(self) -> bool:
        return not self.is_unchanged(since=LONG_AGO)


class Holders:
    """Who these people were on a day (`attendance.recording.MembersOn`).

    Of most it needs nothing: they have not changed since the day began.
    """

    def __init__(self, holders: Mapping[UUID, Holder]) -> None:
        self._holders = holders
        self._entries: dict[tuple[UUID, date], RollEntry] = {}

    def member(self, person: UUID, day: date) -> Member:
        return self._entry(person, day).member

    def is_on_roll(self, person: UUID, day: date) -> bool:
        return self._entry(person, day).is_on_roll

    def _entry(self, person: UUID, day: date) -> RollEntry:
        key = person, day
        entry = self._entries.get(key)
        if entry is None:
            is_unchanged = self._holders[person].is_unchanged(since=start_of(day))
            entry = self._unchanged(person, day) if is_unchanged else self._roll.entry(person, day)
            self._entries[key] = entry
        return entry

    @cached_property
    def _roll(self) -> Roll:
        """All who ever changed, at once: a class that was moved up sends a week of old taps."""
        people = self._holders.items()
        return Roll([one for one, holder in people if holder.was_changed], since=LONG_AGO)

    def _unchanged(self, person: UUID, day: date) -> RollEntry:
        holder = self._holders[person]
        kind = kind_named(holder.kind)
        is_enrolled = is_enrolled_on(day, holder.enrolled_on, holder.left_on)
        comes = holder.is_active and holder.status in kind.expected
        return RollEntry(member_of(kind, person, holder.groups), is_enrolled and comes)


def is_enrolled_on(day: date, enrolled_on: date, left_on: date | None) -> bool:
    return enrolled_on <= day and (left_on is None or left_on >= day)


State = tuple[str, str, str, str, bool]  # level, code, department, status, is_active


class _History:
    """Every event of these people."""

    def __init__(self, people: Iterable[UUID]) -> None:
        self.events: dict[UUID, list[Any]] = defaultdict(list)
        if people := list(people):
            model: Any = Person.pgh_event_model  # type: ignore[attr-defined]
            for event in model.objects.filter(pgh_obj__in=people).order_by("pgh_id"):
                self.events[event.pgh_obj_id].append(event)

    def states(self, row: tuple[Any, ...], begins: datetime, ends: datetime) -> list[State]:
        """At the beginning of the day and after each change in it; the first is the day's."""
        events = self.events.get(row[0])
        if not events:
            return [(row[2], row[3], row[4], row[5], row[6])]
        place = max(
            (i for i, event in enumerate(events) if event.pgh_created_at <= begins), default=0
        )
        during = [event for event in events[place + 1 :] if event.pgh_created_at <= ends]
        return [_state(event) for event in (events[place], *during)]


def _state(event: Any) -> State:
    return (
        event.class_level,
        event.class_code,
        event.department,
        event.status,
        event.is_active,
    )


def _entry(row: tuple[Any, ...], day: date, states: list[State]) -> RollEntry:
    person, kind_key, enrolled_on, left_on = row[0], row[1], row[7], row[8]
    kind = kind_named(kind_key)
    level, code, department, _, _ = states[0]
    is_enrolled = is_enrolled_on(day, enrolled_on, left_on)
    comes = all(is_active and status in kind.expected for *_, status, is_active in states)
    return RollEntry(member_of(kind, person, (level, code, department)), is_enrolled and comes)
