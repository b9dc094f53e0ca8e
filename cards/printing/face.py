"""What the printing of cards is given, and what it answers. No database row, no setting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from typesetting.photo import Portrait
from typesetting.warnings import PrintWarning


@dataclass(frozen=True)
class CardStyle:
    """What tells one kind of card from another, at a glance."""

    role: str
    """One word in capitals, in the band: STUDENT."""
    edge: str
    """The seam of the band, and with it its colours: plain, double, hazard or dashed."""

    def __str__(self) -> str:
        return f"{self.role}-{self.edge}"


@dataclass(frozen=True)
class CardFace:
    """One card as it is printed."""

    style: CardStyle
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
    chip: tuple[str, str] | None = None
    """Label and value of what stands in the band, such as the class; else among the lines."""
    first_name: str = ""
    middle_name: str = ""
    surname: str = ""
    """The parts of `full_name`, where it is kept in parts."""
    card_name: str = ""
    """Printed where the name itself cannot be."""

    @property
    def all_lines(self) -> tuple[tuple[str, str], ...]:
        """With what else stands in the band."""
        return (self.chip, *self.lines) if self.chip else self.lines


@dataclass(frozen=True)
class RenderedCard:
    pdf: bytes
    """Two pages: front and back."""
    warnings: tuple[PrintWarning, ...]
