"""What had to be given up to make things fit, for whoever prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WarningCode(StrEnum):
    NO_PHOTO = "no_photo"
    BROKEN_PHOTO = "broken_photo"
    LOW_RESOLUTION_PHOTO = "low_resolution_photo"
    BROKEN_LOGO = "broken_logo"
    MISSING_GLYPH = "missing_glyph"
    NAME_CUT = "name_cut"
    NAME_SHORTENED = "name_shortened"
    NAME_UNPRINTABLE = "name_unprintable"
    NO_BARCODE = "no_barcode"
    TEXT_CUT = "text_cut"
    CARD_RETIRED = "card_retired"
    LOOPBACK_ADDRESS = "loopback_address"


@dataclass(frozen=True)
class PrintWarning:
    """What an officer should look at before the paper is handed out."""

    code: WarningCode
    detail: str
