"""From a card and its holder to what is printed on it."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from cards.models import Card
from cards.printing import CardFace
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student


def verify_address(card: Card) -> str:
    """What the QR holds: all capitals, so that it stays small; `/v/` takes any case."""
    scheme, _, host = settings.PUBLIC_URL.partition("://")
    path = reverse("short-address", args=[card.code])
    return f"{scheme}://{host}".upper() + path.upper()


def face_of(card: Card) -> CardFace:
    holder = card.holder
    identifier_label, lines = _words(holder)
    return CardFace(
        card_type=card.card_type,
        full_name=holder.full_name,
        identifier_label=identifier_label,
        identifier=holder.identifier,
        lines=tuple((label, value) for label, value in lines if value),
        photo=_photo(holder),
        card_number=card.rfid_number,
        verify_url=verify_address(card),
        issued_on=timezone.localdate(card.issued_date),
        expires_on=timezone.localdate(card.expiry_date) if card.expiry_date else None,
    )


def _words(holder: Any) -> tuple[str, list[tuple[str, str]]]:
    if isinstance(holder, Student):
        lines = [("Program", holder.program), ("Class", holder.class_code)]
        return "Reg. No.", [*lines, ("Department", holder.department)]
    if isinstance(holder, StaffMember):
        return "Staff No.", [("Position", holder.position), ("Department", holder.department)]
    assert isinstance(holder, SecurityPersonnel)
    return "Employee ID", [("Badge", holder.badge_number)]


def _photo(holder: Any) -> bytes | None:
    """The portrait's bytes; a file that is gone is an empty one, which prints as a warning."""
    if not holder.photo:
        return None
    try:
        with holder.photo.open("rb") as file:
            content: bytes = file.read()
    except OSError:
        return b""
    return content
