"""Many cards, each in a transaction of its own: what is refused stops no other."""

from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest

from cards.models import Card
from core.errors import DomainError
from core.locks import for_change

DONE = ""


def act_on_each(keys: Iterable[UUID], act: Callable[[Card], object]) -> Counter[str]:
    """Call `act` with each card, whose row is locked; how often it was DONE, and why it was not."""
    return Counter(_outcome(pk, act) for pk in keys)


def _outcome(pk: UUID, act: Callable[[Card], object]) -> str:
    try:
        with transaction.atomic():
            card = for_change(Card.objects.with_holders()).filter(pk=pk).first()
            if card is None:
                return "it was deleted meanwhile."
            act(card)
    except DomainError as error:
        return str(error)
    return DONE


def tell(request: HttpRequest, outcomes: Counter[str], is_now: str) -> None:
    """`3 cards are switched off now. 1 refused: This card has been retired.`"""
    number = outcomes[DONE]
    refusals = [(why, times) for why, times in outcomes.most_common() if why != DONE]
    said = [f"{number} {'card is' if number == 1 else 'cards are'} {is_now} now."]
    said += [f"{times} refused: {why}" for why, times in refusals]
    level = messages.WARNING if refusals else messages.SUCCESS
    messages.add_message(request, level, " ".join(said))
