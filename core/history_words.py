"""A history in words for people: what `core.history` and `cards.history` tell as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.history import Change

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACTIONS: Final[Mapping[str, "StrOrPromise"]] = {
    "created": _("created"),
    "changed": _("changed"),
    "deleted": _("deleted"),
    "printed": _("printed"),
    "print failed": _("print failed"),
    "handed out": _("handed out"),
    "retired": _("retired"),
    "suspended": _("suspended"),
    "good again": _("good again"),
    "activated": _("activated"),
    "deactivated": _("deactivated"),
}


@dataclass(frozen=True, slots=True)
class HistoryDetail:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """`details` is empty for what says enough by itself, such as `created`."""

    at: datetime
    by: str
    action: str
    details: tuple[HistoryDetail, ...]


@dataclass(frozen=True, slots=True)
class OtherNames:
    """What people call names that the model does not have, such as those of the API, and values."""

    labels: Mapping[str, "StrOrPromise"]
    choices: Mapping[str, Mapping[str, "StrOrPromise"]]


NO_OTHERS: Final = OtherNames(labels={}, choices={})


def told(
    changes: Iterable[Change], model: type[models.Model], others: OtherNames = NO_OTHERS
) -> list[HistoryLine]:
    return [_line(change, model, others) for change in changes]


def _line(change: Change, model: type[models.Model], others: OtherNames) -> HistoryLine:
    details = (
        tuple(_detail(model, name, values, others) for name, values in change.changes.items())
        if change.action == "changed"
        else ()
    )
    action = ACTIONS.get(change.action, change.action)
    return HistoryLine(change.at, change.by or gettext("the system"), str(action), details)


def _detail(
    model: type[models.Model], name: str, values: dict[str, Any], others: OtherNames
) -> HistoryDetail:
    field = _field(model, name)
    label = getattr(field, "verbose_name", others.labels.get(name, name.replace("_", " ")))
    choices = others.choices.get(name) or dict(getattr(field, "flatchoices", None) or ())
    before, after = (_words(field, values[when], choices) for when in ("before", "after"))
    return HistoryDetail(str(label).capitalize(), before, after)


def _field(model: type[models.Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:  # a name of the API, or a column that has gone since
        return None


def _words(field: Any, value: Any, choices: Mapping[Any, "StrOrPromise"]) -> str:
    if value in (None, ""):
        return gettext("nothing")
    if isinstance(field, models.FileField):
        return gettext("a file")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j M Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or gettext("nothing")
    return str(choices.get(value, value))
