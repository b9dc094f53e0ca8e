"""Secrets that somebody else has made: the mail server's password, the gateway's token.

Those that we make ourselves are stored nowhere (`accounts.one_time_codes`, `webhooks.signing`).
These have to be, so they are encrypted with a key that is made of SECRET_KEY and a random salt: a
dump of the database alone tells nobody. `SECRET_KEY_FALLBACKS` open what an older key has sealed.
"""

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac

PURPOSE = "institution.sealing"


class SecretLost(Exception):
    """It was sealed with a SECRET_KEY that is not here any more."""


def new_salt() -> str:
    return secrets.token_hex(32)


def seal(secret: str, salt: str) -> str:
    return _box(salt, settings.SECRET_KEY).encrypt(secret.encode()).decode()


def unseal(sealed: str, salt: str) -> str:
    """Raises SecretLost."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _box(salt, key).decrypt(sealed.encode()).decode()
        except InvalidToken:
            continue
    raise SecretLost


def _box(salt: str, key: str) -> Fernet:
    made = salted_hmac(PURPOSE, salt, secret=key, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(made))
