"""The keys of readers: shown once, kept as a digest."""

import hashlib
import secrets

PREFIX = "txr_"


def new_key() -> str:
    """A key of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """SHA-256: a random key needs no slow hash, and each tap needs a quick one."""
    return hashlib.sha256(key.encode()).hexdigest()
