"""The codes of a second factor: those of a telephone (TOTP, RFC 6238), and recovery codes.

No secret is stored. As with webhooks, it is made of SECRET_KEY and a random salt whenever it is
needed, so a dump of the database opens nothing; `SECRET_KEY_FALLBACKS` keep those of an older key
alive. Of recovery codes the database holds digests.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime

import pyotp
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import RecoveryCode, SecondFactor, User
from institution.declared import INSTITUTION_SHORT_NAME
from institution.reading import setting

PURPOSE = "accounts.one_time_codes"
SECRET_BYTES = 20  # as long as RFC 4226 recommends
STEP_SECONDS = 30
# How many steps the clock of a telephone may be off.
DRIFT = 1
RECOVERY_CODES = 10
RECOVERY_CODE_BYTES = 10  # nobody searches 80 bits, so that their digest need not be slow
DIGITS = 6


def new_salt() -> str:
    return secrets.token_hex(32)


def secret_of(factor: SecondFactor) -> str:
    """In Base32, as a person types it into a telephone."""
    return next(_secrets(factor))


def enrolment_uri(factor: SecondFactor) -> str:
    """What a telephone reads from the QR code (`otpauth://totp/...`)."""
    totp = pyotp.TOTP(secret_of(factor))
    issuer = f"{setting(INSTITUTION_SHORT_NAME)} TrackXpert"
    return str(totp.provisioning_uri(name=factor.user.username, issuer_name=issuer))


def uses_up(user: User, code: str, *, at: datetime) -> bool:
    """Whether this is a code of theirs that was not used before; it is used now.

    Of two requests at once with the same code one is told so: the database decides.
    """
    code = "".join(code.split()).replace("-", "").upper()
    if not (len(code) == DIGITS and code.isascii() and code.isdigit()):
        return bool(RecoveryCode.objects.filter(user=user, digest=_digest(code)).delete()[0])
    factor = SecondFactor.objects.filter(user=user).first()
    step = _step_of(factor, code, at) if factor else None
    return factor is not None and step is not None and factor.take_step(step)


def new_recovery_codes(user: User) -> list[str]:
    """Ten codes in place of all that there were, to be shown once."""
    numbers = [secrets.token_bytes(RECOVERY_CODE_BYTES) for _ in range(RECOVERY_CODES)]
    codes = [base64.b32encode(number).decode() for number in numbers]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_digest(code)) for code in codes
    )
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes]


def _secrets(factor: SecondFactor) -> Iterator[str]:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        mac = salted_hmac(PURPOSE, factor.salt, secret=key, algorithm="sha256").digest()
        yield base64.b32encode(mac[:SECRET_BYTES]).decode()


def _step_of(factor: SecondFactor, code: str, at: datetime) -> int | None:
    now = int(at.timestamp()) // STEP_SECONDS
    for secret in _secrets(factor):
        totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
        for step in range(now - DRIFT, now + DRIFT + 1):
            if constant_time_compare(totp.generate_otp(step), code):
                return step
    return None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
