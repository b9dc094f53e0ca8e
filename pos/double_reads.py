"""Which taps are another one over again (contract section 8).

The same card, at the same reader and the same way, within the reader's `debounce_seconds` of a
pass is that pass. The mark follows from all taps, in whatever order they came in: a tap that comes
later and was earlier changes those of its neighbours. It is the one column of the ledger that may
change, and is written only where it does: an ordinary tap costs no statement for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from hashlib import blake2b
from uuid import UUID

from attendance.day import Direction, Pass, debounced
from attendance.passes import Marks
from attendance.rules import ONE_DAY
from core.locks import for_change
from people.models import Person
from pos.models import Decision, Tap

_Key = tuple[UUID, datetime, str, str]


def source_of(device: UUID | None, card: UUID | None) -> str:
    """The same for the same card at the same reader, and short: a day's row keeps it."""
    return blake2b(f"{device}{card}".encode(), digest_size=6).hexdigest()


def pass_of(tap: Tap) -> Pass:
    """Of a tap that says where somebody is, and that came with its reader."""
    assert tap.counted_at
    return Pass(
        tap.counted_at,
        Direction(tap.direction),
        source_of(tap.device_id, tap.card_uuid),
        is_refused=tap.decision == Decision.DENIED,
        debounce=tap.device.debounce_seconds if tap.device else 0,
    )


def mark_as_days_have_it(days: Iterable[tuple[UUID, Marks]]) -> None:
    """Mark the taps of these people's days, which the same transaction has written."""
    wanted: dict[_Key, list[bool]] = defaultdict(list)
    for person, marks in days:
        for this, is_again in marks:
            wanted[_key(person, this)].append(is_again)
    if not wanted:
        return
    moments = [at for _, at, _, _ in wanted]
    people = {person for person, *_ in wanted}
    taps = Tap.objects.passes().filter(person__in=people)
    taps = taps.counted_between(min(moments), max(moments))
    groups: dict[_Key, list[Tap]] = defaultdict(list)
    for tap in taps.select_related("device"):
        assert tap.person_id
        groups[_key(tap.person_id, pass_of(tap))].append(tap)
    should: dict[Tap, bool] = {}
    for key, marks_then in wanted.items():
        # Of taps of one instant the first by its event id is the pass.
        taps_then = sorted(groups[key], key=_by_time)
        should.update(zip(taps_then, sorted(marks_then), strict=False))
    _write(should)


def mark_without_days(people: Collection[UUID], dates: Collection[date]) -> None:
    """The same of people of whom no days are kept, when passes of these dates have come or gone."""
    # Two taps at once would not see each other.
    list(for_change(Person.objects.filter(pk__in=people).order_by("pk")))
    near = {day + ONE_DAY * days for day in dates for days in (-1, 0, 1)}
    taps = Tap.objects.passes().filter(person__in=people, date__in=near)
    passes: dict[UUID, list[Pass]] = defaultdict(list)
    for tap in taps.select_related("device"):
        assert tap.person_id
        # What a date begins with may repeat what stands before it: that is known of it already.
        is_known = tap.is_debounced and tap.date - ONE_DAY not in near
        if not is_known:
            passes[tap.person_id].append(pass_of(tap))
    mark_as_days_have_it((person, tuple(debounced(own))) for person, own in passes.items())


def mark_of_meals(people: Collection[UUID], meals: Collection[UUID]) -> None:
    """Of the taps that were answered with one meal the first is the one that was served."""
    taps = Tap.objects.filter(person__in=people, service_id__in=meals, annulment=None)
    should: dict[Tap, bool] = {}
    seen: set[UUID] = set()
    for tap in sorted(taps, key=_by_time):
        assert tap.service_id
        should[tap] = tap.service_id in seen
        seen.add(tap.service_id)
    _write(should)


def take_mark_off(tap: Tap) -> None:
    """Of a tap that counts no more, it is no matter of which pass it was.

    As it is marked by now: another tap may have come since this one was read.
    """
    Tap.objects.filter(pk=tap.pk, is_debounced=True).update(is_debounced=False)


def _key(person: UUID, this: Pass) -> _Key:
    return person, this.at, this.direction, this.source


def _by_time(tap: Tap) -> tuple[datetime | None, str]:
    return tap.counted_at, tap.event_id


def _write(should: Mapping[Tap, bool]) -> None:
    for mark in (True, False):
        wrong = [tap.pk for tap, is_again in should.items() if is_again == mark != tap.is_debounced]
        if wrong:
            Tap.objects.filter(pk__in=wrong).update(is_debounced=mark)
