"""Keys as somebody says them."""

from uuid import UUID


def as_uuid(said: object) -> UUID | None:
    """None for what is none."""
    try:
        return UUID(said) if isinstance(said, str) else None
    except ValueError:
        return None
