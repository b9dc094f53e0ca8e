"""Lists and pages of models that show each role what it sees of a person or a card."""

from typing import Any, Generic, TypeVar

from django.db import models
from django.http import HttpRequest

from accounts.models import User
from core.history import Change, without
from office.lists import OfficeModelAdmin

M = TypeVar("M", bound=models.Model)


class ColumnsByRole(OfficeModelAdmin[M], Generic[M]):
    """Mix into a list: columns, fields and changes of what the role does not see are not there.

    `accounts.roles.Detail` says by which names.
    """

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = _hidden(request)
        return [name for name in super().get_list_display(request) if name not in hidden]

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:
        hidden = _hidden(request)
        sets = [
            (title, {**options, "fields": _left(options["fields"], hidden)})
            for title, options in super().get_fieldsets(request, obj)
        ]
        return [(title, options) for title, options in sets if options["fields"]]

    def changes_told(self, request: HttpRequest, obj: M) -> list[Change]:
        return without(super().changes_told(request, obj), _hidden(request))


def _hidden(request: HttpRequest) -> frozenset[str]:
    assert isinstance(request.user, User)
    return request.user.hidden_names


def _left(fields: Any, hidden: frozenset[str]) -> list[Any]:
    """What is left of a fieldset, in which fields of one line are a tuple."""
    lines = [line if isinstance(line, tuple | list) else (line,) for line in fields]
    left = (tuple(name for name in line if name not in hidden) for line in lines)
    return [line for line in left if line]
