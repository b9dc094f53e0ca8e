"""What is deleted when it has been kept long enough; the periods are the institution's."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from cards.models import IDCardVerificationLog
from core.locks import for_change
from people.models import Look, Person
from people.photos import remove_photo
from pos.models import ConflictingTap


def apply_retention(*, at: datetime, really: bool) -> Counter[str]:
    """How many rows and photos went; without `really` everything is done, and undone."""
    done: Counter[str] = Counter()
    with transaction.atomic():
        if limit := _limit(settings.RETAIN_VERIFICATION_LOG_DAYS, at):
            old = IDCardVerificationLog.objects.filter(verified_at__lt=limit)
            done["verifications"] = old.delete()[0]
        if limit := _limit(settings.RETAIN_CONFLICTING_TAP_DAYS, at):
            clashes = ConflictingTap.objects.filter(received_at__lt=limit)
            done["conflicting taps"] = clashes.delete()[0]
        if limit := _limit(settings.RETAIN_ACCESS_DAYS, at):
            # Nobody else may delete a look: this is the one way out.
            with pgtrigger.ignore("people.Look:facts_stay"):
                done["looks at people"] = Look.objects.filter(looked_at__lt=limit).delete()[0]
        if limit := _limit(settings.RETAIN_PHOTO_DAYS, at):
            done["photos"] = _remove_photos(limit)
        transaction.set_rollback(not really)
    return +done


def _limit(days: int, at: datetime) -> datetime | None:
    """What is older goes; 0 days: nothing ever does."""
    return at - timedelta(days=days) if days else None


def _remove_photos(limit: datetime) -> int:
    people = list(for_change(_left_before(limit).exclude(photo="")))
    for person in people:
        remove_photo(person=person)
    return len(people)


def _left_before(limit: datetime) -> QuerySet[Person]:
    """Who is not active, and has not been for a moment since; by the history of changes."""
    model: Any = Person.pgh_event_model  # type: ignore[attr-defined]
    events = model.objects.filter(pgh_obj=OuterRef("pk"))
    before = events.filter(pgh_created_at__lt=limit).order_by("-pgh_id")
    since = events.filter(pgh_created_at__gte=limit, is_active=True)
    was_active = Subquery(before.values("is_active")[:1])
    return (
        Person.objects.filter(is_active=False)
        .alias(was_active=was_active)
        .filter(~Exists(since), was_active=False)
    )
