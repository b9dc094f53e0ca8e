"""What a service refused, as one sentence for an officer."""

from typing import Any

from rest_framework.exceptions import ValidationError

from core.errors import DomainError


def words_of(error: DomainError | ValidationError) -> str:
    return error.message if isinstance(error, DomainError) else first_words(error.detail)


def first_words(detail: Any) -> str:
    """The first message in the errors of a service, by field or not; with its full stop."""
    while isinstance(detail, dict | list):
        detail = next(iter(detail.values() if isinstance(detail, dict) else detail))
    return f"{str(detail).rstrip('.')}."
