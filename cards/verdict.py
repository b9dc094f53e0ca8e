"""Is this card good, and is this somebody of ours? What every verification says."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils import timezone

from cards.models import CODE_ALPHABET, CODE_LENGTH, Card
from people.kinds import PersonKind, kind_named
from people.models import Person
from people.standing import OK

UNKNOWN_CARD: Final = "unknown_card"


@dataclass(frozen=True)
class Verdict:
    """What is said about a person, or about one card of that person.

    `reason` is empty, or the code for which a gate would refuse what was shown. `current` is the
    card that the person holds now; nobody looks for it where a card was shown that is good.
    """

    kind: PersonKind
    holder: Person
    shown: Card | None
    current: Card | None
    reason: str

    @property
    def verified(self) -> bool:
        return not self.reason

    @property
    def card(self) -> Card | None:
        """Of which it is said whether a gate would let it in."""
        return self.shown or self.current


def verdict_on_person(kind: PersonKind, holder_pk: UUID, code: str | None) -> Verdict | None:
    """The verdict on a person, and on their card with this code if one is named.

    None when there is nothing to say: nobody has this id, or no gate would let the person in.
    """
    holder = kind.model.objects.filter(pk=holder_pk).first()
    if holder is None or holder.admitted != OK:
        return None
    cards = list(Card.objects.of(holder).select_related("person"))
    current = next((card for card in cards if card.is_current), None)
    if code is None:
        return Verdict(kind, holder, None, current, "")
    shown = next((card for card in cards if card.code == code.upper()), None)
    return Verdict(kind, holder, shown, current, _refusal(shown) if shown else UNKNOWN_CARD)


def verdict_on_card(code: str) -> Verdict | None:
    """The verdict on the one issue of a card that has this code. None if none has."""
    card = _card_with(code)
    if card is None:
        return None
    kind = kind_named(card.card_type)
    return Verdict(kind, kind.model.objects.get(pk=card.person_id), card, None, _refusal(card))


def _card_with(code: str) -> Card | None:
    if len(code) != CODE_LENGTH or not set(code.upper()) <= set(CODE_ALPHABET):
        return None
    return Card.objects.filter(code=code.upper()).select_related("person").first()


def _refusal(shown: Card) -> str:
    said = shown.standing(at=timezone.now())
    return "" if said == OK else said
