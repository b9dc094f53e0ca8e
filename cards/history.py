"""What happened to one card, in the field's words: from the triggers' log and the print log."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import User
from cards.models import Card, HandOut, HandOutTakenBack, IDCardPrintLog
from core.history import Change, ChangeSerializer, history_of

ACTIONS = (
    "created",
    "changed",
    "activated",
    "deactivated",
    "suspended",
    "good again",
    "retired",
    "deleted",
    "printed",
    "print failed",
    "handed out",
    "not handed out",
)


class CardChangeEntrySerializer(ChangeSerializer):
    action = serializers.ChoiceField(ACTIONS)


def history_of_card(card_uuid: UUID) -> list[Change]:
    """Every change and print of a card, latest first; also of one that has been deleted."""
    changes = [_in_words(change) for change in history_of(Card(pk=card_uuid))]
    prints = IDCardPrintLog.objects.filter(card_uuid=card_uuid).select_related("printed_by")
    printed = [
        _said(log.printed_at, "printed" if log.success else "print failed", log.printed_by)
        for log in prints
    ]
    received = [
        _said(row.handed_out_at, "handed out", row.handed_out_by)
        for row in HandOut.objects.filter(card=card_uuid).select_related("handed_out_by")
    ]
    taken_back = HandOutTakenBack.objects.filter(card=card_uuid)
    for row in taken_back.select_related("handed_out_by", "taken_back_by"):
        received.append(_said(row.handed_out_at, "handed out", row.handed_out_by))
        received.append(_said(row.taken_back_at, "not handed out", row.taken_back_by))
    return sorted([*changes, *printed, *received], key=lambda change: change.at, reverse=True)


def holder_of_card(card_uuid: UUID) -> UUID:
    """Of a card that has a history, deleted or not; it was never another's."""
    log: Any = Card.pgh_event_model.objects  # type: ignore[attr-defined]
    holder: UUID = log.filter(pgh_obj=card_uuid).values_list("person", flat=True)[:1].get()
    return holder


def _said(at: datetime, action: str, by: User) -> Change:
    """What is no change of the card's row."""
    return Change(at=at, action=action, by=by.username, path=None, changes={})


def _in_words(change: Change) -> Change:
    if change.action != "changed":
        return change
    if "retired_at" in change.changes:
        return replace(change, action="retired")
    if set(change.changes) == {"suspended_until"}:
        is_suspended = change.changes["suspended_until"]["after"] is not None
        return replace(change, action="suspended" if is_suspended else "good again")
    if set(change.changes) == {"is_active"}:
        is_on = change.changes["is_active"]["after"]
        return replace(change, action="activated" if is_on else "deactivated")
    return change
