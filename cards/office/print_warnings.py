"""What an officer should look at before printed cards are handed out, in words."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cards.models import Card, PrintJob
from cards.office.addresses import person_url
from cards.prints import NameUnprintable
from typesetting.warnings import WarningCode

# More is a list that nobody reads; the number is said.
SHOWN = 200
WORDS = {
    WarningCode.NO_PHOTO: _("No photo: the card shows initials."),
    WarningCode.BROKEN_PHOTO: _(
        "The photo cannot be read: the card shows initials. Upload it again."
    ),
    WarningCode.LOW_RESOLUTION_PHOTO: _(
        "The photo is small and prints blurred. Upload a larger one."
    ),
    WarningCode.BROKEN_LOGO: _(
        "The institution’s logo cannot be read; the card is printed without."
    ),
    WarningCode.MISSING_GLYPH: _("A letter of the text cannot be printed:"),
    WarningCode.NAME_CUT: _("The name is too long for the card and was shortened:"),
    WarningCode.NAME_SHORTENED: _("The name is long: its middle names are printed as initials."),
    WarningCode.NAME_UNPRINTABLE: _(
        "Left out: its name has letters that a card cannot show. Give "
        "the person a name on the card."
    ),
    WarningCode.CARD_RETIRED: _(
        "Left out: this card has been retired since the job was asked for."
    ),
    WarningCode.LOOPBACK_ADDRESS: _(
        "The QR codes lead to this machine only, and no telephone can "
        "check the cards: have PUBLIC_URL set before you hand them out."
    ),
    WarningCode.NO_BARCODE: _(
        "The number is too long for a bar code, or has letters that no bars "
        "stand for; the QR code is there:"
    ),
    WarningCode.TEXT_CUT: _("A line is too long for the card and was shortened or left out:"),
}
# These name what they are about.
WITH_DETAIL = frozenset(
    {
        WarningCode.MISSING_GLYPH,
        WarningCode.NAME_CUT,
        WarningCode.NO_BARCODE,
        WarningCode.TEXT_CUT,
    }
)
# Of these there is no card in the file.
LEFT_OUT = frozenset({WarningCode.NAME_UNPRINTABLE, WarningCode.CARD_RETIRED})


def letters_in_words(error: NameUnprintable) -> str:
    """Why a card is not printed, and what its officer can do."""
    return gettext(
        "The name has letters that a card cannot show: {letters}. "
        "Edit the person and give them a name on the card."
    ).format(letters=error.letters)


@dataclass(frozen=True, slots=True)
class Warned:
    """Whose card, where that person is, and what was noticed; without an address about no one."""

    name: str
    url: str
    words: str


def warnings_in_words(job: PrintJob) -> list[Warned]:
    """The first of them, in the order of the file, in one query."""
    noticed = job.warnings[:SHOWN]
    about = {warning["card_uuid"] for warning in noticed} - {None}
    cards = Card.objects.with_holders().in_bulk(about)
    found = {str(pk): card for pk, card in cards.items()}
    return [_warned(warning, found.get(warning["card_uuid"])) for warning in noticed]


def _warned(warning: dict[str, Any], card: Card | None) -> Warned:
    code = WarningCode(warning["code"])
    words = f"{WORDS[code]} {warning['detail']}" if code in WITH_DETAIL else str(WORDS[code])
    if warning["card_uuid"] is None:
        return Warned(gettext("All cards"), "", words)
    if card is None:
        return Warned(gettext("A card that was deleted"), "", words)
    return Warned(card.person.full_name, person_url(card.person), words)
