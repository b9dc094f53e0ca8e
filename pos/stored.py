"""Taps that are in the ledger, as they were answered."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from kitchen.models import KitchenService
from pos import answers
from pos.answers import Answer
from pos.models import Code, Decision, Tap


@dataclass(frozen=True, slots=True)
class StoredTap:
    content: UUID
    answer: Answer


def stored_taps(device: UUID | None, event_ids: Collection[str]) -> dict[str, StoredTap]:
    """Those of these events of a reader that are in the ledger."""
    taps = Tap.objects.filter(device=device, event_id__in=event_ids).with_names()
    meals = KitchenService.objects.select_related("period").in_bulk(
        [tap.service_id for tap in taps if tap.service_id]
    )
    return {
        tap.event_id: StoredTap(tap.content, _answer(tap, meals.get(tap.service_id)))
        for tap in taps
    }


def _answer(tap: Tap, meal: KitchenService | None) -> Answer:
    return Answer(
        event_id=tap.event_id,
        decision=Decision(tap.decision),
        code=Code(tap.code),
        would_deny=tap.would_deny,
        clock_suspect=tap.is_clock_suspect,
        recorded_at=tap.received_at,
        holder=_holder(tap) if tap.decision == Decision.ACCEPTED else None,
        attendance=answers.Day(tap.date, tap.day_status, tap.day_time) if tap.day_status else None,
        meal=_served(meal) if meal else None,
    )


def _served(meal: KitchenService) -> answers.Served:
    return answers.Served(
        meal.service_id, meal.period.name if meal.period else None, meal.food_item
    )


def _holder(tap: Tap) -> answers.Holder | None:
    person = tap.person
    if person is None:
        return None
    photo = person.photo.name or ""
    return answers.Holder(person.kind, person.full_name, person.identifier, photo)
