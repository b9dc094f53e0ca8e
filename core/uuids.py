"""Keys as somebody says them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from uuid import UUID

BYTES = 16


def as_uuid(said: object) -> UUID | None:
    """None for what is none."""
    try:
        return UUID(said) if isinstance(said, str) else None
    except ValueError:
        return None


def packed(keys: Iterable[UUID]) -> str:
    """Many in one value of an address: a hundred take 2,134 letters of the 4,094 of a request."""
    return urlsafe_b64encode(b"".join(key.bytes for key in keys)).decode().rstrip("=")


def unpacked(said: str) -> list[UUID]:
    """What `packed` has packed; of anything else none."""
    try:
        content = urlsafe_b64decode(said + "=" * (-len(said) % 4))
    except ValueError:
        return []
    if len(content) % BYTES:
        return []
    return [UUID(bytes=content[at : at + BYTES]) for at in range(0, len(content), BYTES)]
