"""Switching many people off, as they have left, or on again: one deed, which can be taken back."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.locks import for_change, take_turns
from people.deed_models import Deed
from people.deeds import changed, record_deed
from people.kinds import PersonKind
from people.writing import update_people

# As it is kept.
SWITCHED_ON: Final = "Switched on"
SWITCHED_OFF: Final = "Switched off"


def switch_people(
    *, kind: PersonKind, people: Collection[UUID], is_active: bool, by: User
) -> tuple[int, Deed | None]:
    """How many it has changed, and what was written down of it; who is so already stays."""
    with transaction.atomic():
        # As an import does: two that change the same people take turns, and cannot deadlock.
        take_turns(f"import {kind.plural_key}")
        others = kind.model.objects.filter(pk__in=people).exclude(is_active=is_active)
        found = list(for_change(others.order_by("pk")))
        for person in found:
            person.is_active = is_active
        if found:
            update_people(people=found, fields={"is_active"})
        change = {"is_active": {"before": not is_active, "after": is_active}}
        deed = record_deed(
            what=Deed.What.BULK_CHANGE,
            kind=kind,
            by=by,
            about=SWITCHED_ON if is_active else SWITCHED_OFF,
            summary={"total": len(people), "created": 0, "updated": len(found)},
            touches=(changed(person, change, number=n) for n, person in enumerate(found, 1)),
        )
    return len(found), deed
