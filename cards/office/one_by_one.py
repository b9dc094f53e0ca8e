"""Many cards, each in a transaction of its own: what is refused stops no other."""

from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext

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
                return gettext("it was deleted meanwhile.")
            act(card)
    except DomainError as error:
        return str(error)
    return DONE


def tell(request: HttpRequest, outcomes: Counter[str], words: str) -> None:
    """`3 cards are switched off now. 1 refused: This card has been retired.`

    `words`: the first of these, with `{number}`.
    """
    refusals = [(why, times) for why, times in outcomes.most_common() if why != DONE]
    said = [words.format(number=outcomes[DONE])]
    said += [gettext("{times} refused: {why}").format(times=n, why=why) for why, n in refusals]
    level = messages.WARNING if refusals else messages.SUCCESS
    messages.add_message(request, level, " ".join(said))
