"""Records that never came: of each day that is over a terminal is asked how many (`VERIFY SUM`).

If that is more than we have of it, the day is sent once more (`DATA QUERY`). Once: a terminal may
have a record twice, which will always be one here.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Final

from django.utils import timezone

from attendance.rules import ONE_DAY
from doors import commands
from doors.models import Command, Upkeep
from pos.models import Device, Tap
from pos.protocol import MAX_BEHIND

COUNT_DAY: Final = "VERIFY SUM ATTLOG {}"
SEND_DAY: Final = "DATA QUERY ATTLOG {}"


def ask_for_counts(*, device: Device, at: datetime) -> None:
    """Put the commands for the days that are over and of which it has not been asked.

    Days from before it came to us, and those whose taps would not be believed, are left alone.
    """
    yesterday = timezone.localdate(at) - ONE_DAY
    upkeep = Upkeep.objects.get(device=device)
    since = upkeep.days_counted_to or timezone.localdate(device.created_at) - ONE_DAY
    since = max(since, timezone.localdate(at - MAX_BEHIND))
    if since >= yesterday:
        return
    texts = {f"{day}": COUNT_DAY.format(_within(day)) for day in _days(since + ONE_DAY, yesterday)}
    commands.put(device=device, kind=Command.Kind.COUNT, texts=texts, at=at)
    Upkeep.objects.filter(device=device).update(days_counted_to=yesterday)


def ask_for_missing(*, device: Device, answered: Iterable[Command], at: datetime) -> None:
    """Ask for the records of the days of which the terminal has more than we.

    And of those that it cannot count: not every firmware can.
    """
    counts = [command for command in answered if command.kind == Command.Kind.COUNT]
    texts = {}
    for command in counts:
        day = date.fromisoformat(command.about)
        if command.counted is None or command.counted > records_of(device, day):
            texts[command.about] = SEND_DAY.format(_within(day))
    commands.put(device=device, kind=Command.Kind.RECORDS, texts=texts, at=at)


def records_of(device: Device, day: date) -> int:
    """How many we have, by the terminal's own clock."""
    begin = timezone.make_aware(datetime.combine(day, time()))
    end = timezone.make_aware(datetime.combine(day + ONE_DAY, time()))
    # Nothing comes before it was tapped, but for the clock: so that an index serves.
    taps = Tap.objects.filter(device=device).received_since(begin - ONE_DAY)
    return taps.filter(tapped_at__gte=begin, tapped_at__lt=end).count()


def _days(first: date, last: date) -> Iterator[date]:
    return (first + number * ONE_DAY for number in range((last - first).days + 1))


def _within(day: date) -> str:
    return f"StartTime={day} 00:00:00\tEndTime={day} 23:59:59"
