"""The one thing that the desk writes: this card is now this person's."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.models import Card
from cards.services import issue_card, replace_card
from core.errors import DomainError
from core.locks import for_change
from people.models import Person


class NeedsReason(DomainError):
    code = "needs_reason"
    message = _("There is a card already. Choose what became of it, then tap again.")


def link_card(*, holder: Person, number: str, replaces: str, reason: str, by: User) -> Card:
    """Issue this canonical number to them; with a reason, instead of the card that they have.

    `replaces` is that card's id, as the officer saw it. Raises NeedsReason, also when they have
    another one by now, and what `issue_card` raises, also when another desk was faster.
    """
    with transaction.atomic():
        current = for_change(Card.objects.current().of(holder)).first()
        if current is None:
            return issue_card(holder=holder, rfid_number=number, by=by)
        if str(current.pk) != replaces or reason not in Card.Reason.values:
            raise NeedsReason
        return replace_card(card=current, reason=reason, rfid_number=number, by=by)
