"""What somebody should look at now: told live, to webhooks and in the office (contract 4 and 8)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from uuid import UUID

from cards.models import Card
from outbox.models import Event
from pos.models import Code, Device, Tap

LOST = frozenset({Card.Reason.LOST, Card.Reason.STOLEN})


class Alert(StrEnum):
    UNKNOWN_CARDS = "unknown_cards"
    LOST_CARD = "lost_card"
    CLOCK_OFF = "clock_off"


def raise_unknown_cards(*, reader: Device, number: int) -> None:
    """So many unknown cards in a row slow this reader down from now on."""
    _raise(Alert.UNKNOWN_CARDS, reader, {"number": number})


def raise_clock_off(*, reader: Device, offset_ms: int) -> None:
    """This reader's clock is so far off since now that its live taps are not believed."""
    _raise(Alert.CLOCK_OFF, reader, {"clock_offset": offset_ms})


def _raise(alert: Alert, reader: Device, said: dict[str, Any]) -> None:
    where = {"pos_id": str(reader.pk), "name": reader.name, "location": reader.location}
    payload = {"alert": alert, **said, "reader": where}
    Event.objects.create(kind=Event.Kind.ALERT, payload=payload)


def lost_among(taps: Iterable[Tap]) -> dict[int, str]:
    """Of the taps that were refused for a lost or stolen card, by their ids: which of the two."""
    refused = {tap.pk: tap.card_uuid for tap in taps if tap.code == Code.CARD_RETIRED}
    if not refused:
        return {}
    cards = Card.objects.filter(pk__in=set(refused.values()), retired_reason__in=LOST)
    reasons: dict[UUID | None, str] = dict(cards.values_list("pk", "retired_reason"))
    return {pk: reasons[card] for pk, card in refused.items() if card in reasons}
