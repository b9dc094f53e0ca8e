"""What the printing of cards is given, and what it answers. No database row, no setting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from typesetting.photo import Portrait
from typesetting.warnings import PrintWarning


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


@dataclass(frozen=True)
class RenderedCard:
    pdf: bytes
    """Two pages: front and back."""
    warnings: tuple[PrintWarning, ...]
