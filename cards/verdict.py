"""Is this card good, and is this somebody of ours? What every verification says."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from cards.models import Card
from people.kinds import PersonKind
from people.models import Person
from people.standing import OK


@dataclass(frozen=True)
class Verdict:
    """What is said about a person, or about one card of that person.

    `reason` is empty, or the code for which a gate would refuse what was shown; `current` is the
    card that the person holds now.
    """

    kind: PersonKind
    holder: Person
    current: Card | None
    shown: Card | None
    reason: str

    @property
    def verified(self) -> bool:
        return not self.reason


def verdict_on(kind: PersonKind, holder_pk: UUID, code: str | None) -> Verdict | None:
    """The verdict on a person, and on the card with this code if one is named.

    None when there is nothing to say: nobody has this id, or no gate would let the person in and
    no card of theirs is named.
    """
    holder = kind.model.objects.filter(pk=holder_pk).first()
    if holder is None:
        return None
    cards = {card.code: card for card in Card.objects.of(holder).select_related("person")}
    current = next((card for card in cards.values() if card.is_current), None)
    shown = cards.get(code.upper()) if code else None
    if shown is None and holder.admitted != OK:
        return None
    return Verdict(kind, holder, current, shown, _reason(shown, code))


def _reason(shown: Card | None, code: str | None) -> str:
    if code is None:
        return ""
    if shown is None:
        return "unknown_card"
    said = shown.standing(at=timezone.now())
    return "" if said == OK else said
