"""How the institution's printer feeds and turns cards and sheets, as its settings say."""

from dataclasses import dataclass
from typing import Any

from cards.models import PrintJob
from institution.declared import (
    CARD_BACK_TURNED,
    CARD_SHIFT_DOWN,
    CARD_SHIFT_RIGHT,
    SHEET_BACK_DOWN,
    SHEET_BACK_RIGHT,
)
from institution.reading import setting


@dataclass(frozen=True)
class Printer:
    """`shift`: to the right and down, in millimetres; of sheets it is that of the backs."""

    is_turned: bool
    shift: tuple[float, float]

    @property
    def is_moved(self) -> bool:
        return self.shift != (0, 0)

    @property
    def how(self) -> dict[str, Any]:
        """What `cards.printing` takes."""
        return {"is_turned": self.is_turned, "shift": self.shift}


def printer(layout: str) -> Printer:
    """The card printer, or the one of A4 sheets."""
    is_sheet = layout == PrintJob.Layout.A4
    shift = (SHEET_BACK_RIGHT, SHEET_BACK_DOWN) if is_sheet else (CARD_SHIFT_RIGHT, CARD_SHIFT_DOWN)
    right, down = (setting(tenths) / 10 for tenths in shift)
    return Printer(not is_sheet and setting(CARD_BACK_TURNED), (right, down))
