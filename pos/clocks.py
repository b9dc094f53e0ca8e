"""How a reader's clock goes: what its heartbeats said of it, hour by hour, and as a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from pos.models import ClockReading, Device
from pos.protocol import MAX_AHEAD

KEPT_FOR: Final = timedelta(days=14)
HOUR: Final = timedelta(hours=1)
TALL: Final = 100
# Beyond this a live tap is not believed.
MOST_OFF_MS: Final = MAX_AHEAD // timedelta(milliseconds=1)

# The last of each hour; with the first of an hour, what is too old goes.
NOTE = """
    WITH noted AS (
        INSERT INTO pos_clockreading AS known (device_id, hour, offset_ms) VALUES (%s, %s, %s)
        ON CONFLICT (device_id, hour) DO UPDATE SET offset_ms = excluded.offset_ms
    )
    DELETE FROM pos_clockreading WHERE device_id = %s AND hour < %s
"""


def note_clock(*, pos_id: UUID, offset_ms: int, heard_at: datetime) -> None:
    hour = heard_at.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [pos_id, hour, offset_ms, pos_id, hour - KEPT_FOR])


def is_far_off(offset_ms: int | None) -> bool:
    return offset_ms is not None and abs(offset_ms) > MOST_OFF_MS


def readers_far_off() -> QuerySet[Device]:
    """Those in use whose clock was further off than any tap of theirs is believed."""
    far = Device.objects.filter(is_active=True).exclude(
        heartbeat__clock_offset_ms__range=(-MOST_OFF_MS, MOST_OFF_MS)
    )
    return far.filter(heartbeat__clock_offset_ms__isnull=False)


@dataclass(frozen=True, slots=True)
class Drift:
    """A line through the readings of a clock, an hour a unit wide; ahead of ours is up.

    `edge`: the offset at the upper and lower edge, in seconds. `limits`: where taps begin not to
    be believed, from the top of the drawing.
    """

    points: str
    edge: int
    limits: tuple[float, float]
    readings: Sequence[ClockReading]
    wide: int = KEPT_FOR // HOUR
    tall: int = TALL


def drift_of(device: Device, *, now: datetime) -> Drift | None:
    """None of a reader that has not said twice what its clock shows."""
    since = now - KEPT_FOR
    readings = list(ClockReading.objects.filter(device=device, hour__gte=since).order_by("hour"))
    if len(readings) < 2:
        return None
    most = max(2 * MOST_OFF_MS, *(abs(reading.offset_ms) for reading in readings))

    def y(offset_ms: int) -> float:
        return round(TALL / 2 - offset_ms / most * TALL / 2, 1)

    points = " ".join(
        f"{(reading.hour - since) / HOUR:.1f},{y(reading.offset_ms)}" for reading in readings
    )
    limits = y(MOST_OFF_MS), y(-MOST_OFF_MS)
    return Drift(points, most // 1000, limits, readings)
