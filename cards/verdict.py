"""Is this card good, and is this somebody of ours? The rule behind every verification."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from cards.models import HOLDER_MODEL, Card, CardType
from people.models import Person


@dataclass(frozen=True)
class Verdict:
    """What is said about a person, or about one card of that person.

    `reason` is empty, or why the card that was shown is no good; `current` is the card that the
    person holds now.
    """

    card_type: CardType
    holder: Person
    current: Card | None
    shown: Card | None
    reason: str

    @property
    def verified(self) -> bool:
        return not self.reason


def verdict_on(card_type: CardType, holder_pk: UUID, code: str | None) -> Verdict | None:
    """The verdict on a person, and on the card with this code if one is named.

    None when there is nothing to say: nobody has this id, or the person is not active and no
    card of theirs is named.
    """
    holder = HOLDER_MODEL[card_type]._default_manager.filter(pk=holder_pk).first()
    if holder is None:
        return None
    cards = {card.code: card for card in Card.objects.of(holder)}
    current = next((card for card in cards.values() if not card.is_retired), None)
    shown = cards.get(code.upper()) if code else None
    if shown is None and not holder.is_active:
        return None
    return Verdict(card_type, holder, current, shown, _reason(holder, shown, code))


def _reason(holder: Person, shown: Card | None, code: str | None) -> str:
    if code is None:
        return ""
    if shown is None:
        return "unknown_card"
    return shown.refusal(at=timezone.now()) or ("" if holder.is_active else "holder_inactive")
