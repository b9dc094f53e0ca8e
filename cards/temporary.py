"""How long a temporary card lasts (contract section 6); `cards.services` issues it.

It ends by itself, for nobody does anything at that moment: whoever taps it is told by its
`expiry_date`, and whoever taps the holder's own card by that one's `suspended_until`.
"""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from core.errors import InvalidFields
from people.models import Person

LONGEST = timedelta(days=31)


def default_end(holder: Person, *, at: datetime) -> datetime:
    """The end of the campus day: today's, or of the day on which the holder's visit begins.

    Whose visit is over before that has it until then.
    """
    begins = max(at, holder.admitted_from or at)
    tomorrow = timezone.localdate(begins) + timedelta(days=1)
    midnight = timezone.make_aware(datetime.combine(tomorrow, time.min))
    return min(midnight, holder.admitted_until or midnight)


def check_end(holder: Person, ends: datetime | None, *, at: datetime, key: str) -> None:
    """Raise InvalidFields about `key` for an end that a temporary card cannot have."""
    if fault := _fault_of_end(holder, ends, at):
        raise InvalidFields({key: [fault]})


def _fault_of_end(holder: Person, ends: datetime | None, at: datetime) -> str:
    if ends is None:
        return gettext("A temporary card ends at some time.")
    if ends <= at:
        return gettext("A temporary card ends later than now.")
    if ends > at + LONGEST:
        return gettext("A temporary card lasts {days} days at most.").format(days=LONGEST.days)
    if holder.admitted_until and ends > holder.admitted_until:
        over = date_format(timezone.localtime(holder.admitted_until), "j M Y, H:i")
        return gettext("The visit is over on {when}; the card lasts no longer.").format(when=over)
    return ""
