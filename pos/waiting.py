"""Why a day waits before it is closed: a reader may still have taps of it (contract section 9).

A reader at which people of the schedule tapped lately holds their day up while it is silent, or
says that it has taps to send. One that fell silent before that day began had no part in it: it is
broken, or was put away for the holidays. Of one that sends no heartbeats nobody can tell whether
it is silent or has nothing to say, so no day waits for it. One that counts its taps tells by a gap
that some of that time have not come.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from attendance.followers import followers_of
from attendance.rules import Rules, ScheduleRule
from people.models import Person
from pos.models import COUNT_STRETCH, Activity, CountedSeries, Device, Tap

# Whoever used a reader in these days is taken to use it.
USED_WITHIN: Final = timedelta(days=14)


def readers_with_taps_to_come(
    rules: Rules, schedule: ScheduleRule, day: date, now: datetime
) -> str:
    """Which readers this day of this schedule waits for, and why; nothing if it waits for none."""
    begins, closes = schedule.begins(day, rules.zone), schedule.closes(day, rules.zone)
    readers = Device.objects.filter(is_active=True, activity_type=Activity.ATTENDANCE)
    heard_of: Any = readers.with_last_seen()
    doubtful = _with_gaps(readers, begins, closes)
    for reader in heard_of.filter(last_seen_at__gte=begins):
        if words := _doubt_about(reader, closes=closes, now=now):
            doubtful[reader.pk] = words
    if not doubtful:
        return ""
    return "; ".join(doubtful[pk] for pk in _used_by(doubtful, rules, schedule, day, now))


def _with_gaps(readers: Any, begins: datetime, closes: datetime) -> dict[UUID, str]:
    """Those of which taps have not come that were made between these two, as far as is known."""
    found: dict[UUID, str] = {}
    incomplete = CountedSeries.objects.filter(device__in=readers, missing__gt=0)
    for series in incomplete.filter(heard_at__gte=begins).select_related("device"):
        if number := _missing_between(series, begins, closes):
            said = ngettext(
                "{reader} counted {n} tap that has not come",
                "{reader} counted {n} taps that have not come",
                number,
            )
            found[series.device_id] = said.format(reader=series.device.name, n=number)
    return found


def _missing_between(series: CountedSeries, begins: datetime, closes: datetime) -> int:
    """How many: a tap was made between those that were counted before and after it."""
    edges = {edge for gap in series.gaps for edge in (gap.first - 1, gap.last + 1)}
    near = Tap.objects.alias(near=COUNT_STRETCH).filter(near__in={edge >> 10 for edge in edges})
    taps = near.filter(device=series.device_id, series=series.series, seq__in=edges)
    made_at: dict[int | None, datetime] = {tap.seq: tap.happened_at for tap in taps}
    return sum(
        gap.number
        for gap in series.gaps
        if made_at.get(gap.first - 1, begins) <= closes
        and made_at.get(gap.last + 1, closes) >= begins
    )


def _doubt_about(reader: Device, *, closes: datetime, now: datetime) -> str:
    heartbeat = getattr(reader, "heartbeat", None)
    if heartbeat is None:
        return ""
    waiting = heartbeat.queue_depth or 0
    last = reader.last_seen_at
    assert last is not None
    if reader.state(at=now) == Device.State.SILENT:
        return _doubt_about_silent(reader.name, waiting, last, closes=closes, now=now)
    if not waiting:
        return ""
    said = ngettext(
        "{reader} still has {n} tap to send", "{reader} still has {n} taps to send", waiting
    )
    return said.format(reader=reader.name, n=waiting)


def _doubt_about_silent(
    reader: str, waiting: int, last: datetime, *, closes: datetime, now: datetime
) -> str:
    if waiting:
        said = ngettext(
            "{reader} is silent since {time} and had {n} tap to send",
            "{reader} is silent since {time} and had {n} taps to send",
            waiting,
        )
    elif last < closes:
        said = gettext("{reader} is silent since {time}")
    else:  # heard of after the close with nothing to send: it has sent what it had of that day
        return ""
    return said.format(reader=reader, time=_when(last, now), n=waiting)


def _used_by(
    readers: dict[UUID, str], rules: Rules, schedule: ScheduleRule, day: date, now: datetime
) -> Iterator[UUID]:
    """Those at which people who go by this schedule tapped lately."""
    followers = Person.objects.filter(followers_of(schedule, rules, day))
    taps = Tap.objects.filter(device=OuterRef("pk"), person__in=followers.values("pk"))
    taps = taps.received_since(now - USED_WITHIN)
    found = Device.objects.filter(Exists(taps), pk__in=list(readers))
    return found.values_list("pk", flat=True).iterator()


def _when(moment: datetime, now: datetime) -> str:
    at, today = timezone.localtime(moment), timezone.localdate(now)
    return date_format(at, "H:i" if at.date() == today else "l H:i")
