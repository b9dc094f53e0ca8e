"""Switching many people off, as they have left, or on again: one deed, which can be taken back."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.locks import for_change, take_turns
from people.deed_models import Deed
from people.deeds import changed, plain, record_deed
from people.kinds import PersonKind
from people.models import Person
from people.standing import has_left, has_left_q
from people.writing import update_people

# As it is kept.
SWITCHED_ON: Final = "Switched on"
SWITCHED_OFF: Final = "Switched off"


def switch_people(
    *, kind: PersonKind, people: Collection[UUID], is_active: bool, by: User
) -> tuple[int, Deed | None]:
    """How many it has changed, and what was written down of it; who is so already stays.

    Whoever is switched on is back: a last day that is over is taken away.
    """
    now = timezone.now()
    is_otherwise = Q(is_active=False) | has_left_q(now) if is_active else Q(is_active=True)
    with transaction.atomic():
        # As an import does: two that change the same people take turns, and cannot deadlock.
        take_turns(f"import {kind.plural_key}")
        others = kind.model.objects.filter(is_otherwise, pk__in=people)
        found = list(for_change(others.order_by("pk")))
        changes = [_switch(person, is_active=is_active, at=now) for person in found]
        if found:
            update_people(people=found, fields={name for each in changes for name in each})
        deed = record_deed(
            what=Deed.What.BULK_CHANGE,
            kind=kind,
            by=by,
            about=SWITCHED_ON if is_active else SWITCHED_OFF,
            summary={"total": len(people), "created": 0, "updated": len(found)},
            touches=(
                changed(person, change, number=number)
                for number, (person, change) in enumerate(zip(found, changes, strict=True), 1)
            ),
        )
    return len(found), deed


def _switch(person: Person, *, is_active: bool, at: datetime) -> dict[str, dict[str, Any]]:
    """What changes, without writing it."""
    values: dict[str, Any] = {"is_active": is_active}
    if is_active and has_left(person.left_on, at=at):
        values["left_on"] = None
    changes = {}
    for name, after in values.items():
        if (before := getattr(person, name)) != after:
            changes[name] = {"before": plain(before), "after": plain(after)}
            setattr(person, name, after)
    return changes
