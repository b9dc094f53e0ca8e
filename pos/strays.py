"""Unknown cards in a row: somebody tries numbers at a reader, or its number format is wrong.

Contract section 4: a hundred within a minute slow the reader down. It is told 429, and keeps its
taps; the office is told its name, and so is whoever watches or follows (`pos.alerts`). What is
counted stands in a throttle window, which the reader's authentication reads along: an ordinary tap
costs no statement more.
"""

import math
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.exceptions import Throttled

from core.models import ThrottleWindow
from core.throttling import count
from pos.alerts import raise_unknown_cards
from pos.authentication import ReaderUser
from pos.models import Code, Device
from pos.protocol import ItemStatus, Recorded

PREFIX = "strays:"
MINUTE = timedelta(minutes=1)
MOST = 100
# How long afterwards the office names the reader.
TOLD_FOR = timedelta(hours=24)


def refuse_if_straying(reader: ReaderUser) -> None:
    """Raises Throttled while the minute of too many unknown cards lasts."""
    if reader.strays < MOST or reader.strays_since is None:
        return
    remaining = reader.strays_since + MINUTE - timezone.now()
    if remaining > timedelta(0):
        raise Throttled(math.ceil(remaining.total_seconds()))


def note_strays(reader: ReaderUser, results: Iterable[Recorded]) -> None:
    """Count the unknown cards of these fresh taps; a known one ends the row."""
    fresh = (result for result in results if result.status == ItemStatus.CREATED)
    codes = [result.answer.code for result in fresh if result.answer]
    unknown = sum(code == Code.UNKNOWN_CARD for code in codes)
    is_known = any(code not in {Code.UNKNOWN_CARD, Code.BAD_NUMBER} for code in codes)
    if unknown and not is_known:
        number, _ = count(_key(reader.pos_id), MINUTE, times=unknown)
        if number - unknown < MOST <= number:
            raise_unknown_cards(reader=Device.objects.get(pk=reader.pos_id), number=number)
    elif is_known and reader.strays:
        ThrottleWindow.objects.filter(key=_key(reader.pos_id)).delete()


def _key(pos_id: UUID) -> str:
    return f"{PREFIX}{pos_id}"


def straying_readers() -> QuerySet[Device]:
    """Those that were slowed down since yesterday."""
    windows = ThrottleWindow.objects.filter(
        key__startswith=PREFIX, count__gte=MOST, opened_at__gt=timezone.now() - TOLD_FOR
    )
    keys = windows.values_list("key", flat=True)
    return Device.objects.filter(pk__in=[key.removeprefix(PREFIX) for key in keys])
