"""Readers: registered, given keys, switched off, heard from (contract section 8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from pos.keys import digest_of, new_key
from pos.models import Device, Heartbeat


def register_device(*, by: User | None, **fields: Any) -> tuple[Device, str]:
    """A new reader and its key, which is not kept and cannot be shown again."""
    key = new_key()
    return Device.objects.create(created_by=by, key_digest=digest_of(key), **fields), key


def roll_key(*, device: Device) -> str:
    """A new key; the old one opens nothing from now on."""
    key = new_key()
    device.key_digest = digest_of(key)
    device.key_made_at = timezone.now()
    device.save(update_fields=["key_digest", "key_made_at", "updated_at"])
    return key


def record_heartbeat(
    *, pos_id: UUID, device_time: datetime, queue_depth: int | None, firmware: str
) -> Heartbeat:
    """What a reader says of itself; returns how far its clock is ahead of ours."""
    now = timezone.now()
    said = {
        "heard_at": now,
        "clock_offset_ms": round((device_time - now).total_seconds() * 1000),
        "queue_depth": queue_depth,
        "firmware": firmware,
    }
    with transaction.atomic():
        heartbeat, _ = Heartbeat.objects.update_or_create(device_id=pos_id, defaults=said)
    return heartbeat
