"""Readers: registered, given keys, switched off, heard from (contract section 8)."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from attendance.day import Direction
from cards.faces import verify_address
from cards.models import Card
from core.clock import received_now
from core.constraints import NON_FIELD, violations_as_field_errors
from core.errors import DomainError
from institution.declared import CAMPUS_ZONE
from institution.rules import ValueOf
from pos.alerts import raise_clock_off
from pos.clocks import is_far_off, note_clock
from pos.ledger import Source, record_taps
from pos.models import Device, Heartbeat, PairingCode, Tap
from pos.protocol import IncomingTap, TapAnswer


def zone_faults(value_of: ValueOf) -> dict[str, str]:
    """A rule of settings: days that have been written have their names by the zone of then."""
    if value_of(CAMPUS_ZONE) == settings.TIME_ZONE or not Tap.objects.exists():
        return {}
    said = gettext("It stays: there are taps already, whose days it has named.")
    return {CAMPUS_ZONE.name: said}


def register_device(*, by: User | None, **fields: Any) -> tuple[Device, str]:
    """A new reader and its key, which is not kept and cannot be shown again.

    Raises InvalidFields if another one has its serial number.
    """
    key = Device.new_key()
    with serial_number_is_its_own():
        device = Device.objects.create(created_by=by, key_digest=Device.digest_of(key), **fields)
    return device, key


def serial_number_is_its_own() -> AbstractContextManager[None]:
    """Write a reader inside; raises InvalidFields if another one has its serial number."""
    return violations_as_field_errors(Device, keys={NON_FIELD: "serial_number"})


@transaction.atomic
def roll_key(*, device: Device) -> str:
    """A new key; the old one opens nothing from now on, nor does a code to pair this reader."""
    # The reader before its code, in the order in which `pos.pairing` locks them.
    Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    # A code that is still about would silence the new key again.
    PairingCode.objects.filter(device=device).delete()
    key = Device.new_key()
    device.key_digest = Device.digest_of(key)
    device.key_made_at = timezone.now()
    device.save(update_fields=["key_digest", "key_made_at", "updated_at"])
    return key


def switch_readers(*, readers: QuerySet[Device], is_active: bool) -> int:
    """Switch readers on or off, from this moment on; how many were not so before."""
    now = timezone.now()
    # Those that came ordered or annotated cannot be updated.
    others = Device.objects.filter(pk__in=[reader.pk for reader in readers])
    return others.exclude(is_active=is_active).update(is_active=is_active, updated_at=now)


class BadTime(DomainError):
    code = "bad_time"
    message = _("This time is too far from now: 2 minutes ahead, 30 days behind.")
    status_code = 400


def record_by_hand(
    *,
    card_id: str,
    activity: str,
    by: User,
    at: datetime | None = None,
    direction: Direction = Direction.EITHER,
    location: str = "",
    food_item: str = "",
) -> TapAnswer:
    """A tap that somebody enters: for a forgotten card, or while a reader is broken.

    `card_id` is a card's number, in any spelling, or its UUID. Judged as a live tap. Raises
    BadTime: a person's clock is right, so a time that no reader would be believed is a slip.
    """
    now = timezone.now()
    try:
        card = Card.objects.filter(pk=UUID(card_id)).first()
    except ValueError:
        card = None
    tap = IncomingTap(
        event_id=uuid4().hex,
        card=_text_of(card) if card else card_id,
        tapped_at=at,
        direction=Direction(direction) or None,
        food_item=food_item,
        is_by_hand=True,
    )
    if tap.timing(received_at=now).is_clock_suspect:
        raise BadTime
    source = Source(activity=activity, location=location, entered_by=by.pk)
    (recorded,) = record_taps(source=source, taps=[tap], received_at=now)
    return recorded.answered()


def _text_of(card: Card) -> str:
    """Its number; of a retired card, whose chip may be another's by now, what its QR says."""
    return verify_address(card) if card.is_retired else card.rfid_number


def record_heartbeat(
    *, pos_id: UUID, device_time: datetime, queue_depth: int | None, firmware: str
) -> Heartbeat:
    """What a reader says of itself; returns how far its clock is ahead of ours."""
    now = received_now()
    said: dict[str, Any] = {
        "heard_at": now,
        "clock_offset_ms": round((device_time - now).total_seconds() * 1000),
        "queue_depth": queue_depth,
        "firmware": firmware,
    }
    offset: int = said["clock_offset_ms"]
    with transaction.atomic():
        before = Heartbeat.objects.filter(device=pos_id).values_list("clock_offset_ms", flat=True)
        was_far_off = is_far_off(before.first())
        heartbeat, _ = Heartbeat.objects.update_or_create(device_id=pos_id, defaults=said)
        note_clock(pos_id=pos_id, offset_ms=offset, heard_at=now)
        if is_far_off(offset) and not was_far_off:
            raise_clock_off(reader=Device.objects.get(pk=pos_id), offset_ms=offset)
    return heartbeat
