"""Roll-calls: begun, marked, ended, and added up (contract section 9)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.lookup import find_cards
from cards.models import Card
from cards.number_formats import BadNumber, NumberFormat, Reading, as_enrolled, read_number
from core.errors import DomainError
from core.locks import for_change
from core.uuids import as_uuid
from people.models import Person
from pos.models import Tap
from presence.models import RollCall, RollCallEntry, RollCallMark
from presence.on_site import group_of, on_site, sightings_of
from presence.roll_calls import (
    SHARES,
    RollCallStanding,
    Statement,
    Whereabouts,
    seconds_to,
    standing_of,
)

# As of a tap: a phone's clock may be a little ahead, or behind when the roll-call begins.
CLOCK_TOLERANCE: Final = timedelta(minutes=2)
MUSTER: Final = "Muster point"


class UnderWay(DomainError):
    code = "roll_call_under_way"
    message = _("Such a roll-call is under way already. End it first.")


class HasEnded(DomainError):
    code = "roll_call_ended"
    message = _("This roll-call has ended.")


class NobodyToMark(DomainError):
    status_code = 404
    code = "unknown_person"
    message = _("Nobody has or had this card, or this id.")


class BadMoment(DomainError):
    status_code = 400
    code = "bad_time"
    message = _("This time is not one of this roll-call.")


@transaction.atomic
def start_roll_call(
    *, by: User, is_drill: bool, name: str = "", place: str = "", at: datetime | None = None
) -> RollCall:
    """Freeze who is on site now, or was `at` an instant that is over.

    Raises UnderWay: one real one at a time, and one drill.
    """
    now = at or timezone.now()
    try:
        with transaction.atomic():
            roll_call = RollCall.objects.create(
                name=name, place=place, is_drill=is_drill, started_at=now, started_by=by
            )
    except IntegrityError as error:
        if RollCall.objects.under_way().filter(is_drill=is_drill).exists():
            raise UnderWay from error
        raise
    here = on_site(at=now, people=Person.objects.all())
    seen = sightings_of([one.person for one in here], at=now)
    RollCallEntry.objects.bulk_create(
        RollCallEntry(
            roll_call=roll_call,
            person_id=one.person,
            class_level=one.class_level,
            class_code=one.class_code,
            department=one.department,
            since=one.since,
            seen_at=seen[one.person].at,
            seen_by_reader=seen[one.person].reader,
            seen_where=seen[one.person].location,
        )
        for one in here
    )
    return roll_call


@transaction.atomic
def end_roll_call(*, roll_call: RollCall, by: User, at: datetime | None = None) -> RollCall:
    """What was said until now, or until `at`, counts, whenever it arrives. Raises HasEnded."""
    ended: RollCall = for_change(RollCall.objects.filter(pk=roll_call.pk)).get()
    if ended.ended_at:
        raise HasEnded
    ended.ended_at, ended.ended_by = at or timezone.now(), by
    ended.save(update_fields=["ended_at", "ended_by"])
    return ended


def mark(
    *,
    roll_call: RollCall,
    person: UUID,
    state: str,
    by: User,
    at: datetime | None = None,
    device: str = "",
) -> None:
    """Say how it stands with somebody; the same again changes nothing.

    Raises NobodyToMark for whom the caller may not know of, BadMoment, and HasEnded for what was
    said after the end.
    """
    if not Person.objects.seen_by(by).filter(pk=person).exists():
        raise NobodyToMark
    now = timezone.now()
    at = at or now
    if at > now + CLOCK_TOLERANCE or at < roll_call.started_at - CLOCK_TOLERANCE:
        raise BadMoment
    if roll_call.ended_at and at > roll_call.ended_at:
        raise HasEnded
    said = RollCallMark(
        roll_call=roll_call,
        person_id=person,
        state=state,
        at=max(at, roll_call.started_at),
        marked_by=by,
        device=device,
        received_at=now,
    )
    RollCallMark.objects.bulk_create([said], ignore_conflicts=True)


def holder_of(card_id: str) -> UUID:
    """Whose card this is, or was before it was retired, by its number or its UUID.

    Raises NobodyToMark.
    """
    key = as_uuid(card_id)
    card = Card.objects.filter(pk=key).first() if key else None
    if card:
        return card.person_id
    reading: Reading | None
    try:
        reading = read_number(card_id, NumberFormat.HEX)
    except BadNumber:
        reading = as_enrolled(card_id)
    found = find_cards([reading])[reading] if reading else []
    if len(found) != 1:
        raise NobodyToMark
    return found[0].holder


# --- added up ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RollCallLine:
    """A person in a roll-call. `entry` None: found, and not on the list."""

    person: Person
    entry: RollCallEntry | None
    standing: RollCallStanding

    @property
    def groups(self) -> dict[str, str]:
        of: Any = self.entry or self.person
        return {name: getattr(of, name) for name in ("class_level", "class_code", "department")}

    @property
    def group(self) -> str:
        return group_of(self.person.declared, **self.groups)

    @property
    def since(self) -> datetime | None:
        return self.entry.since if self.entry else None

    @property
    def state(self) -> Whereabouts:
        return self.standing.state


class RollCallSheet:
    """A roll-call as far as somebody may know of its people, or of one `person`; four queries."""

    def __init__(self, roll_call: RollCall, *, seen_by: User, person: UUID | None = None) -> None:
        self.roll_call = roll_call
        self._seen_by = seen_by
        self._only = {"person": person} if person else {}

    @cached_property
    def lines(self) -> list[RollCallLine]:
        """Those on the list in its order, then whoever was found besides, by name."""
        said = self._statements()
        entries = RollCallEntry.objects.filter(roll_call=self.roll_call, **self._only)
        listed = list(entries.seen_by(self._seen_by).select_related("person"))
        known = {entry.person_id for entry in listed}
        others = Person.objects.filter(pk__in=said.keys() - known).seen_by(self._seen_by)
        return [
            *(
                RollCallLine(entry.person, entry, standing_of(said[entry.person_id]))
                for entry in listed
            ),
            *(RollCallLine(person, None, standing_of(said[person.pk])) for person in others),
        ]

    @property
    def expected(self) -> list[RollCallLine]:
        return [line for line in self.lines if line.entry]

    @cached_property
    def counts(self) -> dict[str, int]:
        """`total` are those on the list, of whom each state has so many; and `unexpected`."""
        states = [line.state for line in self.expected]
        return {
            "total": len(states),
            **{state.value: states.count(state) for state in Whereabouts},
            "unexpected": len(self.lines) - len(states),
        }

    @property
    def times(self) -> dict[str, int | None]:
        """`seconds_to_50`, `_95` and `_100`, of those on the list."""
        standings = [line.standing for line in self.expected]
        started_at = self.roll_call.started_at
        return {
            f"seconds_to_{share}": seconds_to(share, standings, started_at=started_at)
            for share in SHARES
        }

    @property
    def never_found(self) -> list[RollCallLine]:
        return [line for line in self.expected if not line.state.is_found]

    def _statements(self) -> defaultdict[UUID, list[Statement]]:
        said: defaultdict[UUID, list[Statement]] = defaultdict(list)
        marks = RollCallMark.objects.filter(roll_call=self.roll_call, **self._only)
        for person, at, state, by in marks.values_list(
            "person", "at", "state", "marked_by__username"
        ):
            said[person].append(Statement(at, Whereabouts(state), by))
        for person, at, reader in self._musterings():
            said[person].append(Statement(at, Whereabouts.SAFE, reader or MUSTER))
        return said

    def _musterings(self) -> Iterable[tuple[UUID, datetime, str | None]]:
        taps = Tap.objects.at_muster_points().filter(**self._only)
        taps = taps.filter(counted_at__gte=self.roll_call.started_at)
        if self.roll_call.ended_at:
            taps = taps.filter(counted_at__lte=self.roll_call.ended_at)
        rows: Iterable[Any] = taps.order_by().values_list("person", "counted_at", "device__name")
        return rows
