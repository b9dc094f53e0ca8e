"""What a service says no with. Services raise these; who they answer, and how, is not theirs."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DomainError(Exception):
    """A rule of the field said no.

    `code` is stable and lower-case, and `status_code` is what the API answers with; the message is
    for people, in the language of whoever is answered when it is raised.
    """

    status_code: int = HTTPStatus.CONFLICT
    code = "conflict"
    message: "StrOrPromise" = _("The current state does not allow this.")

    def __init__(
        self, message: "StrOrPromise | None" = None, *, retry_after: timedelta | None = None
    ) -> None:
        self.message = str(message or self.message)
        self.retry_after = retry_after
        super().__init__(self.message)

    @property
    def messages(self) -> list[str]:
        """All that there is to say, each by itself."""
        return [str(self.message)]


class InvalidFields(DomainError):
    """Something is wrong with single values: `fields` holds the messages of each, as a form does.

    `message` is the first of them, as a sentence, for whoever shows one.
    """

    status_code = HTTPStatus.BAD_REQUEST
    code = "invalid"

    def __init__(
        self, fields: "Mapping[str, Sequence[StrOrPromise]]", *, code: str | None = None
    ) -> None:
        self.fields = {name: list(map(str, messages)) for name, messages in fields.items()}
        self.code = code or self.code
        super().__init__(f"{self.messages[0].rstrip('.')}.")

    @property
    def messages(self) -> list[str]:
        return [message for messages in self.fields.values() for message in messages]

    def under(self, name: str) -> "InvalidFields":
        """The same, about an object that is one value of another."""
        return InvalidFields({name: messages_in(self.fields)}, code=self.code)


def messages_in(errors: Any) -> list[str]:
    """The messages in errors however nested, each after the names of its fields."""
    if isinstance(errors, dict):
        return [f"{name}: {text}" for name, part in errors.items() for text in messages_in(part)]
    if isinstance(errors, list):
        return [text for part in errors for text in messages_in(part)]
    return [str(errors)]
