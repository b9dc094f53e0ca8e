"""How a card stands, in a word and a colour: as a gate would say."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cards.models import Card
from cards.standing import CARD_EXPIRED, CARD_INACTIVE, CARD_RETIRED, CARD_SUSPENDED
from cards.verdict import UNKNOWN_CARD
from office.chips import chip
from office.tasks import Tone
from people.standing import HOLDER_INACTIVE, NOT_EXPECTED, OK

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NO_CARD = _("No card")
OLD_NAME = _("Printed with the old name: reprint?")
WORDS = {
    OK: (pgettext_lazy("card", "Active"), Tone.GOOD),
    CARD_INACTIVE: (pgettext_lazy("card", "Switched off"), Tone.WARN),
    CARD_EXPIRED: (pgettext_lazy("card", "Expired"), Tone.BAD),
    CARD_SUSPENDED: (_("Temporary card in use"), Tone.WARN),
    HOLDER_INACTIVE: (_("Holder not admitted"), Tone.WARN),
    NOT_EXPECTED: (_("Holder not expected now"), Tone.QUIET),
}
# Why a card was no good when somebody verified it.
REFUSALS = {
    CARD_RETIRED: _("card retired"),
    CARD_INACTIVE: _("card inactive"),
    CARD_EXPIRED: _("card expired"),
    CARD_SUSPENDED: _("card suspended"),
    HOLDER_INACTIVE: _("holder inactive"),
    NOT_EXPECTED: _("not expected"),
    UNKNOWN_CARD: _("unknown card"),
}
# What was reported is bad news while it is out there; the rest is over.
ALARMING = frozenset({Card.Reason.LOST, Card.Reason.STOLEN})


def card_state(card: Card, *, at: datetime) -> "tuple[StrOrPromise, Tone]":
    if card.is_retired:
        tone = Tone.BAD if card.retired_reason in ALARMING else Tone.QUIET
        reason = card.get_retired_reason_display().lower()
        return gettext("Retired: {reason}").format(reason=reason), tone
    return WORDS[card.standing(at=at)]


def refusal_in_words(code: str) -> str:
    """Of a verification; nothing of one that refused nothing."""
    return str(REFUSALS.get(code, code))


def card_chip(card: Card) -> str:
    return chip(*card_state(card, at=timezone.now()))


def holder_chip(current_cards: Iterable[Any]) -> str:
    """Of a person: of the card that is not retired, or that there is none."""
    card = next(iter(current_cards), None)
    return card_chip(card) if card else chip(NO_CARD, Tone.WARN)
