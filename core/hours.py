"""Hours of the day, on the campus, in which nothing is sent."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext


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

    def over_at(self, at: datetime) -> datetime:
        """When they end, of a moment in which they hold."""
        local = timezone.localtime(at)
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end > local else end + timedelta(days=1)


def parse_hours(text: str) -> Hours | None:
    """`21:00-06:00`; empty: none. Raises ValueError."""
    if not text:
        return None
    match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", text)
    start, end = (time.fromisoformat(part) for part in match.groups()) if match else (None, None)
    if start is None or end is None or start == end:
        raise ValueError(
            gettext("{text} are no hours such as 21:00-06:00.").format(text=repr(text))
        )
    return Hours(start, end)


def validate_hours(text: str) -> None:
    try:
        parse_hours(text)
    except ValueError as error:
        raise ValidationError(gettext("Enter hours such as 21:00-06:00.")) from error
