"""System checks of what the environment says; `trackxpert.checks` has the numbers before."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ValidationError

from institution.declared import SETTINGS
from institution.reading import is_said, said_or_default
from institution.rules import faults
from institution.setting import Setting


@register()
def environment_makes_sense(**kwargs: Any) -> list[CheckMessage]:
    """Each by itself; and if nothing is wrong with any, all together."""
    problems: list[CheckMessage] = []
    for each in filter(is_said, SETTINGS.values()):
        try:
            each.kind.check(said_or_default(each))
        except ValidationError as error:
            problems += [_error(each, message, str(each.help)) for message in error.messages]
    return problems or _together()


def _together() -> list[CheckMessage]:
    hint = "docs/operators.md, Every variable, says what it means."
    found = faults(said_or_default).items()
    return [
        _error(SETTINGS[name], message, hint) for name, message in found if is_said(SETTINGS[name])
    ]


def _error(which: Setting[Any], message: str, hint: str) -> Error:
    return Error(f"{which.environment}: {message}", hint=hint, id=f"trackxpert.{which.number}")
