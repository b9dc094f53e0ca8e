"""From a card and its holder to what is printed on it."""

from collections.abc import Collection
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from cards.models import Card
from cards.printing import CardFace, CardStyle, PrintWarning, WarningCode
from embedded.address import is_loopback
from people.models import Person


def verify_address(card: Card) -> str:
    """What the QR holds: all capitals, so that it stays small; `/v/` takes any case."""
    scheme, _, host = settings.PUBLIC_URL.partition("://")
    path = reverse("short-address", args=[card.code])
    return f"{scheme}://{host}".upper() + path.upper()


def address_warnings() -> tuple[PrintWarning, ...]:
    """About where all QR codes lead: nowhere, from any other machine than this one."""
    if not is_loopback(urlsplit(settings.PUBLIC_URL).hostname or ""):
        return ()
    return (PrintWarning(WarningCode.LOOPBACK_ADDRESS, settings.PUBLIC_URL),)


def face_of(card: Card, *, may_show: Collection[UUID]) -> CardFace:
    """`may_show`: the people whose photo may be printed (`people.consents.may_print_photos`)."""
    holder, kind = card.person.own, card.person.declared
    lines = {
        name: (label, value) for label, name in kind.card_lines if (value := getattr(holder, name))
    }
    chip = lines.pop(kind.card_chip, None)
    return CardFace(
        style=CardStyle(kind.card_role, kind.card_edge),
        full_name=holder.full_name,
        identifier_label=kind.number_label,
        identifier=holder.identifier,
        lines=tuple(lines.values()),
        chip=chip,
        photo=_photo(holder) if card.person_id in may_show else None,
        card_number=card.rfid_number,
        verify_url=verify_address(card),
        issued_on=timezone.localdate(card.issued_date),
        expires_on=timezone.localdate(card.expiry_date) if card.expiry_date else None,
        first_name=holder.first_name,
        middle_name=holder.middle_name,
        surname=holder.surname,
        card_name=holder.card_name,
    )


def _photo(holder: Person) -> bytes | None:
    """The portrait's bytes; a file that is gone is an empty one, which prints as a warning."""
    if not holder.photo:
        return None
    try:
        with holder.photo.open("rb") as file:
            content: bytes = file.read()
    except OSError:
        return b""
    return content
