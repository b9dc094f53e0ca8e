"""What of a person or a card a role does not see, left out of the API's answers.

Which names these are is `accounts.roles.Detail`. A serializer takes part by mixing `FieldsByRole`
in; filters and orderings of the same names are refused by `core.filters`, and a history is told
without them by `core.history.without`.
"""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from accounts.roles import EVER_HIDDEN


class FieldsByRole(serializers.BaseSerializer[Any]):
    """Mix into a serializer: fields that the caller's role does not see are not there.

    The caller is the request's in the serializer's context. Without one it may read what comes in,
    or be described; but it shows nothing, so that nothing is shown to everybody by mistake.
    """

    @property
    def may_be_absent(self) -> frozenset[str]:
        """What an answer does not always have (`core.schema`)."""
        return EVER_HIDDEN

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        caller = self._caller
        hidden = caller.hidden_names if caller else frozenset()
        return {name: field for name, field in fields.items() if name not in hidden}

    def to_representation(self, instance: Any) -> Any:
        assert self._caller, f"{type(self).__name__} is not told who is looking."
        return super().to_representation(instance)

    @property
    def _caller(self) -> User | None:
        user = getattr(self.context.get("request"), "user", None)
        is_described = getattr(self.context.get("view"), "swagger_fake_view", False)
        return user if isinstance(user, User) and not is_described else None
