"""A history in words for people: what `core.history` and `cards.history` tell as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from core.history import Change

NOTHING = "nothing"


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


def told(changes: Iterable[Change], model: type[models.Model]) -> list[HistoryLine]:
    return [_line(change, model) for change in changes]


def _line(change: Change, model: type[models.Model]) -> HistoryLine:
    details = (
        tuple(_detail(model, name, values) for name, values in change.changes.items())
        if change.action == "changed"
        else ()
    )
    return HistoryLine(change.at, change.by or "the system", change.action, details)


def _detail(model: type[models.Model], name: str, values: dict[str, Any]) -> HistoryDetail:
    field = _field(model, name)
    label = str(getattr(field, "verbose_name", name.replace("_", " "))).capitalize()
    before, after = (_words(field, values[when]) for when in ("before", "after"))
    return HistoryDetail(label, before, after)


def _field(model: type[models.Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:  # a name of the API, or a column that has gone since
        return None


def _words(field: Any, value: Any) -> str:
    if value in (None, ""):
        return NOTHING
    if isinstance(field, models.FileField):
        return "a file"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j M Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    labels = dict(getattr(field, "flatchoices", None) or ())
    return str(labels.get(value, value))
