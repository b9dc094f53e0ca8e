"""How long a new card is good if nobody says (the institution's setting, by kind of people)."""

import calendar
from datetime import date, datetime, time
from enum import Enum
from typing import Final

from django.utils import timezone

from institution.declared import CARD_VALIDITY
from institution.reading import setting
from people.models import Person

LAST_SECOND: Final = time(23, 59, 59)


class Ends(Enum):
    BY_DEFAULT = "by default"
    """As the institution has decided; None in its place is a card without an end."""


def default_expiry(holder: Person, *, issued: datetime) -> datetime | None:
    """The end of the campus day so many months after the day of issue; None: no end."""
    months = setting(CARD_VALIDITY).get(holder.kind, 0)
    if not months:
        return None
    day = _months_later(timezone.localdate(issued), months)
    return timezone.make_aware(datetime.combine(day, LAST_SECOND))


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return day.replace(
        year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1])
    )
