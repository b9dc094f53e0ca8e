"""How the readers are, as dashboards and the live feed tell it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from pos.models import Device


def reader_states(*, at: datetime) -> list[dict[str, Any]]:
    """All readers with their state, in one query."""
    readers = Device.objects.with_last_seen().with_missing()
    return [_state_of(device, at) for device in readers]


def silent_readers(*, at: datetime) -> dict[str, dict[str, Any]]:
    """The readers that are silent, by id."""
    silent = [reader for reader in reader_states(at=at) if reader["state"] == Device.State.SILENT]
    return {reader["pos_id"]: reader for reader in silent}


def _state_of(device: Device, at: datetime) -> dict[str, Any]:
    heartbeat = getattr(device, "heartbeat", None)
    offset = heartbeat.clock_offset_ms if heartbeat else None
    return {
        "pos_id": str(device.pk),
        "name": device.name,
        "location": device.location,
        "activity_type": device.activity_type,
        "state": device.state(at=at),
        "last_seen_at": device.last_seen_at and timezone.localtime(device.last_seen_at).isoformat(),
        "queue_depth": heartbeat.queue_depth if heartbeat else None,
        "missing": device.missing,
        "clock_offset": offset,
        "is_clock_off": offset is not None and abs(offset) > settings.READER_CLOCK_OFF_MS,
    }
