"""What proves to a receiver that we sent it: HMAC-SHA256 over timestamp and body.

No secret is stored. It is made of SECRET_KEY and a random salt whenever it is needed, so a dump of
the database signs nothing; a digest beside the salt says by which key it was made, so that
`SECRET_KEY_FALLBACKS` keep the secrets of an older key alive. Whoever has both the database and
SECRET_KEY can sign.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from webhooks.models import Webhook

PREFIX = "txw_"
PURPOSE = "webhooks.signing"


class SecretLost(Exception):
    """It was made with a SECRET_KEY that is not here any more."""


@dataclass(frozen=True, slots=True)
class MadeSecret:
    secret: str
    salt: str
    digest: str


def new_secret() -> MadeSecret:
    salt = secrets.token_hex(32)
    secret = _made_of(salt, settings.SECRET_KEY)
    return MadeSecret(secret, salt, _digest(secret))


def secret_of(salt: str, digest: str) -> str:
    """Raises SecretLost."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        secret = _made_of(salt, key)
        if constant_time_compare(_digest(secret), digest):
            return secret
    raise SecretLost


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and the HMAC in hex, over the timestamp, a full stop and the body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signature_headers(webhook: Webhook, body: bytes, *, at: datetime) -> dict[str, str]:
    """Raises SecretLost. A while after a roll the old secret's signature goes beside the new."""
    timestamp = str(int(at.timestamp()))
    secret = secret_of(webhook.salt, webhook.secret_digest)
    headers = {
        "X-TrackXpert-Timestamp": timestamp,
        "X-TrackXpert-Signature": signature(secret, timestamp, body),
    }
    if webhook.previous_until and webhook.previous_until > at:
        try:
            previous = secret_of(webhook.previous_salt, webhook.previous_digest)
        except SecretLost:
            return headers
        headers["X-TrackXpert-Signature-Previous"] = signature(previous, timestamp, body)
    return headers


def _made_of(salt: str, key: str) -> str:
    mac = salted_hmac(PURPOSE, salt, secret=key, algorithm="sha256").digest()
    return PREFIX + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _digest(secret: str) -> str:
    """SHA-256: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
