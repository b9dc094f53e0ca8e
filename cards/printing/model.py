"""What the printing engine is given, and what it answers. No database row, no setting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cards.printing.photo import Portrait


@dataclass(frozen=True)
class Institution:
    """Whose card it is. Colours as #RRGGBB."""

    name: str
    short_name: str = ""
    """For the emblem where there is no logo, as DIT."""
    primary: str = "#12346B"
    accent: str = "#F2A900"
    logo: bytes | None = None
    contact: tuple[str, ...] = ()
    """Where a found card goes, a line each."""
    website: str = ""
    signature_label: str = "Authorised signature"
    terms: str = (
        "This card remains the property of the institution and is not transferable. "
        "Carry it on campus and show it on request. Report its loss at once."
    )


@dataclass(frozen=True)
class CardFace:
    """One card as it is printed."""

    card_type: str
    """student, staff or security."""
    full_name: str
    identifier_label: str
    identifier: str
    lines: tuple[tuple[str, str], ...]
    """Two or three pairs of label and value, the most important first."""
    photo: bytes | Portrait | None
    """JPEG or PNG, or what `prepare_photo` made of one; rubbish prints as a placeholder."""
    card_number: str
    verify_url: str
    """Short, and in capitals where it may be: capitals make a smaller QR code."""
    issued_on: date | None
    expires_on: date | None


class WarningCode(StrEnum):
    NO_PHOTO = "no_photo"
    BROKEN_PHOTO = "broken_photo"
    LOW_RESOLUTION_PHOTO = "low_resolution_photo"
    BROKEN_LOGO = "broken_logo"
    MISSING_GLYPH = "missing_glyph"
    NAME_CUT = "name_cut"
    TEXT_CUT = "text_cut"


@dataclass(frozen=True)
class PrintWarning:
    """What an officer should look at before the card is handed out."""

    code: WarningCode
    detail: str


@dataclass(frozen=True)
class RenderedCard:
    pdf: bytes
    """Two pages: front and back."""
    warnings: tuple[PrintWarning, ...]
