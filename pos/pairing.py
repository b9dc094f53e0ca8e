"""A phone or PC becomes a reader, by a code that somebody reads out to it once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.models import CODE_ALPHABET
from core.errors import DomainError
from pos.models import Device, PairingCode
from pos.services import roll_key

PERIOD: Final = timedelta(minutes=10)
# 30 to the power of 8: at ten guesses a minute (THROTTLE_PAIR) a hit takes 100,000 years.
LENGTH: Final = 8
HALF: Final = LENGTH // 2


class BadPairingCode(DomainError):
    """Wrong, used, replaced and run out are told alike: a guess learns nothing."""

    status_code = HTTPStatus.BAD_REQUEST
    code = "bad_pairing_code"
    message = _("This code is wrong, was used already, or has run out. Ask for a new one.")


class ReaderIsOff(DomainError):
    code = "device_inactive"
    message = _("This reader is switched off. Switch it on, then pair it.")


@dataclass(frozen=True, slots=True)
class NewPairingCode:
    """`code` is in clear, as people read it; it cannot be shown again."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Paired:
    """A reader, and the new key of the browser that is this reader from now on."""

    device: Device
    key: str


@transaction.atomic
def make_pairing_code(*, device: Device, by: User | None) -> NewPairingCode:
    """A code with which one browser can become this reader, once, within ten minutes.

    It ends an older code of this reader. The reader's key stays good until the code is used.
    Raises ReaderIsOff.
    """
    device = _locked(device.pk)
    if not device.is_active:
        raise ReaderIsOff
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(LENGTH))
    now = timezone.now()
    said = {"digest": _digest(code), "expires_at": now + PERIOD, "made_by": by, "made_at": now}
    PairingCode.objects.update_or_create(device=device, defaults=said)
    return NewPairingCode(f"{code[:HALF]}-{code[HALF:]}", now + PERIOD)


def pair(*, code: str) -> Paired:
    """Use a code up: its reader gets a new key, and whatever had the old one stops.

    Case, dashes and spaces do not matter. Raises BadPairingCode.
    """
    digest = _digest("".join(filter(str.isalnum, code.upper())))
    with transaction.atomic():
        found = _waiting(digest)
        if found is None:
            raise BadPairingCode
        # The reader before its code, in the order in which everybody locks them.
        device = _locked(found.device_id)
        if not device.is_active or not _use_up(digest):
            raise BadPairingCode
        return Paired(device, roll_key(device=device))


def _waiting(digest: str) -> PairingCode | None:
    return PairingCode.objects.filter(digest=digest).first()


def _use_up(digest: str) -> bool:
    """Of two browsers with one code, one deletes it; the other finds nothing to delete."""
    codes = PairingCode.objects.filter(digest=digest, expires_at__gt=timezone.now())
    deleted, _ = codes.delete()
    return deleted == 1


def _locked(device_id: UUID) -> Device:
    # Not FOR UPDATE, which would hold up the taps of this reader.
    return Device.objects.select_for_update(no_key=True).get(pk=device_id)


def _digest(code: str) -> str:
    """Keyed: whoever reads the database could try all short codes against a plain digest."""
    return salted_hmac("pos.pairing", code, algorithm="sha256").hexdigest()
