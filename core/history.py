"""Who changed what about one thing, when, from what to what.

The rows were written by the database's own triggers (django-pghistory), so bulk updates, the
registration office and plain SQL are in them as well.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils import timezone
from pghistory.models import Context, Event
from rest_framework import serializers

ACTIONS = {"insert": "created", "update": "changed", "delete": "deleted"}
# Bookkeeping that changes with every write and tells nobody anything.
SILENT_FIELDS = frozenset({"created_at", "updated_at"})


@dataclass(frozen=True)
class Change:
    """One entry of a history.

    `by` is the administrator's username, None for a command or plain SQL; `changes` maps each
    field to its value before (None when created) and after (None when deleted).
    """

    at: datetime
    action: str
    by: str | None
    path: str | None
    changes: dict[str, dict[str, Any]]

    @property
    def write(self) -> tuple[Any, ...]:
        """Which write of which transaction this was."""
        return self.at, self.action, self.by, self.path


@cache
def logs_of(model: type[models.Model]) -> list[Any]:
    """The models of its log: of its table, after those of the tables that it inherits from."""
    events = [log for log in apps.get_models() if issubclass(log, Event)]
    tables = (*model._meta.all_parents, model)
    return [log for table in tables for log in events if log.pgh_tracked_model is table]


def history_of(
    instance: models.Model, *, until: datetime | None = None, most: int | None = None
) -> list[Change]:
    """The changes of `instance`, latest first, in a query for each of its tables and one more.

    Up to `until`, and no more than the latest `most`, if these are said.
    """
    logs = [_events(log, instance.pk, until, most) for log in logs_of(type(instance))]
    names = usernames(event for events in logs for event in events)
    first, *others = (
        [_change(before, after, names) for before, after in pairwise(events)] for events in logs
    )
    for changes in others:
        first = _together(first, changes)
    return first[::-1][:most]


def _events(log: Any, pk: Any, until: datetime | None, most: int | None) -> list[Any]:
    """Oldest first, each after what it changed: None for what was made."""
    events = log.objects.filter(pgh_obj=pk).select_related("pgh_context").order_by("-pgh_id")
    if until is not None:
        events = events.filter(pgh_created_at__lte=until)
    found = list(events if most is None else events[: most + 1])[::-1]
    is_cut = most is not None and len(found) > most
    return found if is_cut else [None, *found]


def latest_actions(user: models.Model, limit: int) -> list[dict[str, Any]]:
    """The latest requests of `user` that changed something tracked: `at, method, path`."""
    contexts = Context.objects.filter(metadata__user=str(user.pk)).order_by("-created_at")
    return [
        {
            "at": context.created_at,
            "method": context.metadata.get("method"),
            "path": context.metadata.get("url"),
        }
        for context in contexts[:limit]
    ]


class BeforeAndAfterSerializer(serializers.Serializer[Any]):
    """The value of one field; null before it was created and after it was deleted."""

    before = serializers.JSONField()
    after = serializers.JSONField()


class ChangeSerializer(serializers.Serializer[Any]):
    """One entry of a history; see `Change`."""

    at = serializers.DateTimeField()
    action = serializers.ChoiceField(list(ACTIONS.values()))
    by = serializers.CharField(allow_null=True)
    path = serializers.CharField(allow_null=True)
    changes = serializers.DictField(child=BeforeAndAfterSerializer(), help_text="By field.")


def history_body(changes: Iterable[Change]) -> Any:
    return ChangeSerializer([asdict(change) for change in changes], many=True).data


def without(changes: Sequence[Change], names: Collection[str]) -> list[Change]:
    """The same history for somebody who is not to know of these fields.

    A change of nothing else is none to them.
    """
    told = [
        replace(
            change,
            changes={name: said for name, said in change.changes.items() if name not in names},
        )
        for change in changes
    ]
    return [
        after
        for before, after in zip(changes, told, strict=True)
        if after.changes or not before.changes
    ]


def _together(changes: list[Change], others: list[Change]) -> list[Change]:
    """The changes of two tables, oldest first: what one write did to both is one change."""
    merged, rest = [], list(others)
    for change in changes:
        twin = next((other for other in rest if other.write == change.write), None)
        if twin is not None:
            rest.remove(twin)
            change = replace(change, changes={**change.changes, **twin.changes})
        merged.append(change)
    for other in rest:
        later = (place for place, change in enumerate(merged) if change.at > other.at)
        merged.insert(next(later, len(merged)), other)
    return merged


def usernames(events: Iterable[Any]) -> dict[str, str]:
    """By key, of whoever made these events; there may be Nones among them."""
    wanted = {maker_of(event) for event in events if event is not None}
    users = get_user_model().objects.filter(pk__in=[UUID(pk) for pk in wanted if pk])
    return {str(user.pk): user.get_username() for user in users}


def maker_of(event: Any) -> str:
    """The key of the administrator; empty for a command or plain SQL."""
    return _metadata(event).get("user") or ""


def _metadata(event: Any) -> dict[str, Any]:
    return event.pgh_context.metadata if event.pgh_context else {}


def _change(before: Any, after: Any, names: dict[str, str]) -> Change:
    metadata = _metadata(after)
    return Change(
        at=after.pgh_created_at,
        action=ACTIONS[after.pgh_label],
        by=names.get(maker_of(after)),
        path=metadata.get("url"),
        changes=_differences(_values(before), _values(after, gone=after.pgh_label == "delete")),
    )


def _values(event: Any, *, gone: bool = False) -> dict[str, Any]:
    if event is None or gone:
        return {}
    return {
        field.name: _plain(field.value_from_object(event))
        for field in event._meta.concrete_fields
        if not field.name.startswith("pgh_") and field.name not in SILENT_FIELDS
    }


def _plain(value: Any) -> Any:
    """A stored file is told by its name, an instant in the time of the campus."""
    if isinstance(value, FieldFile):
        return value.name
    return timezone.localtime(value) if isinstance(value, datetime) else value


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }
