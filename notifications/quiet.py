"""Quiet hours: a telephone that rings at night frightens, whatever it has to say."""

import re
from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.utils import timezone


@dataclass(frozen=True)
class Hours:
    """From a time of day to another, on the campus, also over midnight."""

    start: time
    end: time

    def hold(self, at: datetime) -> bool:
        now = timezone.localtime(at).time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


def parse_hours(text: str) -> Hours | None:
    """`21:00-06:00`; empty: none. Raises ValueError."""
    if not text:
        return None
    match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", text)
    start, end = (time.fromisoformat(part) for part in match.groups()) if match else (None, None)
    if start is None or end is None or start == end:
        raise ValueError(f"{text!r} are no hours such as 21:00-06:00.")
    return Hours(start, end)


def is_quiet(at: datetime) -> bool:
    hours = parse_hours(settings.NOTICE_QUIET_HOURS)
    return hours is not None and hours.hold(at)
