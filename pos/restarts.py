"""A reader that began its ids again: its taps clashed, and are counted when somebody says so.

Contract section 8: other content under a known id, of a later time. Each becomes a row of the
ledger under a series of its own, judged as of when it came; so however often the button is pressed,
and the reader sends it, it counts once. A repeat is answered from that row.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.roles import Capability
from core.errors import DomainError
from core.locks import for_change
from pos.authentication import reader_known_as
from pos.ledger import Source, record_taps
from pos.models import Activity, ConflictingTap, Device, Tap
from pos.protocol import OURS, IncomingTap, read_tap

FEW: Final = 100
MAY_COUNT: Final = {
    Activity.ATTENDANCE: Capability.MANAGE_ATTENDANCE,
    Activity.FOOD_SERVICE: Capability.MANAGE_MEALS,
}


class MayNotCount(DomainError):
    status_code = 403
    code = "permission_denied"
    message = gettext_lazy("You may not have taps of this reader counted.")


def may_count(user: User, device: Device) -> bool:
    return user.may(MAY_COUNT[Activity(device.activity_type)])


def count_conflicts(*, device: Device, by: User) -> int:
    """Count what clashed since this reader began its ids again; how many. Raises MayNotCount."""
    if not may_count(by, device):
        raise MayNotCount
    number = 0
    while counted := _count_few(device, by):
        number += counted
    return number


@transaction.atomic
def _count_few(device: Device, by: User) -> int:
    # Two at once: the second waits here, and finds them counted.
    waiting = ConflictingTap.objects.to_count().filter(device=device)
    few = list(for_change(waiting.order_by("received_at", "pk"))[:FEW])
    reader = reader_known_as(device.pk)
    assert reader
    for _, together in groupby(few, key=lambda conflict: conflict.received_at):
        _record(reader.source, [*together], by)
    return len(few)


def _record(source: Source, conflicts: Iterable[ConflictingTap], by: User) -> None:
    taps = {_series_of(conflict): conflict for conflict in conflicts}
    received_at = next(iter(taps.values())).received_at
    record_taps(
        source=source,
        taps=[_tap_of(conflict) for conflict in taps.values()],
        received_at=received_at,
    )
    assert source.device
    event_ids = {conflict.event_id for conflict in taps.values()}
    rows = Tap.objects.of_events(source.device, event_ids).filter(series__in=taps)
    now = timezone.now()
    for row in rows:
        conflict = taps[row.series]
        conflict.counted_as, conflict.counted_by, conflict.counted_at = row.pk, by, now
    ConflictingTap.objects.bulk_update(taps.values(), ["counted_as", "counted_by", "counted_at"])


def _series_of(conflict: ConflictingTap) -> str:
    return f"{OURS}again {conflict.pk})"


def _tap_of(conflict: ConflictingTap) -> IncomingTap:
    """As it was sent; by now it has happened, whatever the reader made of our refusal."""
    tap = read_tap(conflict.sent, received_at=conflict.received_at)
    ahead = conflict.clock_ahead_ms
    return replace(
        tap,
        series=_series_of(conflict),
        seq=None,
        offline=True,
        names_person=conflict.names_person,
        clock_ahead=None if ahead is None else timedelta(milliseconds=ahead),
    )
