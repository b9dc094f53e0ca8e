"""Printing one card at once, with its row in the log; `cards.jobs` prints many."""

import logging
import re
from dataclasses import replace
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.faces import address_warnings, face_of
from cards.models import Card, IDCardPrintLog, PrintJob, snapshot
from cards.printers import printer
from cards.printing import RenderedCard, render_card, unprintable_letters
from cards.printing.picture import picture_of
from cards.services import CardIsRetired, CardIsTemporary
from core.errors import DomainError
from institution.paper import institution
from people.consents import may_print_photos

logger = logging.getLogger(__name__)

# What is safe in a file name on every system; `/` in DIT/2024/01234 is not.
UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


# As it is kept in the log.
NOT_DRAWN: Final = gettext_noop("Failed to generate ID card PDF: the card could not be drawn.")


class PrintFailed(DomainError):
    status_code = 500
    code = "print_failed"
    message = _(NOT_DRAWN)


class NameUnprintable(DomainError):
    code = "name_unprintable"

    def __init__(self, letters: str) -> None:
        self.letters = ", ".join(letters)
        super().__init__(
            gettext(
                "The name has letters that a card cannot show: {letters}. "
                "Give the person a name for the card (card_name)."
            ).format(letters=self.letters)
        )


def print_card(*, card: Card, by: User, reason: str = "") -> RenderedCard:
    """Draw a card and log it, with the reason why once more.

    Raises CardIsRetired, CardIsTemporary, NameUnprintable, and PrintFailed, which is logged as
    well.
    """
    if card.is_retired:
        raise CardIsRetired(gettext("A retired card is not printed."))
    if card.is_temporary:
        raise CardIsTemporary(
            gettext("A temporary card goes from hand to hand: nobody's name is printed on it.")
        )
    try:
        printed = _drawn(card, printer(PrintJob.Layout.CR80).how)
    except NameUnprintable:
        raise
    except Exception as error:
        # Whatever went wrong, the seed's answer and a row in the log say that it did.
        logger.exception("Printing card %s failed", card.pk)
        _log(card, by, reason, error_message=NOT_DRAWN)
        raise PrintFailed from error
    _log(card, by, reason)
    return replace(printed, warnings=(*printed.warnings, *address_warnings()))


def picture_of_card(*, card: Card, page: int) -> bytes:
    """How a side of a card looks, as PNG; nothing is printed, and nothing logged.

    Raises NameUnprintable.
    """
    return picture_of(_drawn(card, {}).pdf, page)


def _drawn(card: Card, how: dict[str, Any]) -> RenderedCard:
    face = face_of(card, may_show=may_print_photos([card.person_id]))
    if letters := unprintable_letters(face):
        raise NameUnprintable(letters)
    return render_card(face, institution(), **how)


def _log(card: Card, by: User, reason: str, *, error_message: str = "") -> None:
    IDCardPrintLog.objects.create(
        **snapshot(card.card_type, card.person, card),
        printed_by=by,
        success=not error_message,
        error_message=error_message,
        reason=reason,
    )


def pdf_response(card: Card, printed: RenderedCard, *, disposition: str) -> HttpResponse:
    """The PDF under a name that says whose it is; `disposition` is `attachment` or `inline`."""
    safe = UNSAFE.sub("_", card.person.identifier)
    name = f"{card.person.declared.print_name}_{safe}.pdf"
    headers = {
        "Content-Disposition": f'{disposition}; filename="{name}"',
        "X-Print-Warnings": ", ".join(str(warning.code) for warning in printed.warnings),
    }
    return HttpResponse(printed.pdf, content_type="application/pdf", headers=headers)
