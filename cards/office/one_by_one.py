"""Many cards, each in a transaction of its own: what is refused stops no other.

And what is told of many, however they were written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext

from cards.many import ManyChanged
from cards.models import Card
from core.errors import DomainError
from core.locks import for_change
from people.deed_models import Deed
from people.office.changes import with_undo

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
    """`3 cards are retired for good now. 1 refused: This card is retired for good already.`

    `words`: the first of these, with `{number}`.
    """
    refusals = Counter({why: times for why, times in outcomes.items() if why != DONE})
    _say(request, words.format(number=outcomes[DONE]), refusals)


def tell_of_many(request: HttpRequest, done: ManyChanged, words: str) -> None:
    """The same, with the way to take it back."""
    _say(request, words.format(number=len(done.cards)), done.refusals, done.deeds)


def _say(
    request: HttpRequest, words: str, refusals: Counter[str], deeds: Sequence[Deed] = ()
) -> None:
    told = gettext("{times} refused: {why}")
    said = [words, *(told.format(times=n, why=why) for why, n in refusals.most_common())]
    level = messages.WARNING if refusals else messages.SUCCESS
    messages.add_message(request, level, with_undo(" ".join(said), deeds))
