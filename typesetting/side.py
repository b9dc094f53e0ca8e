"""One side of a card while it is composed: the drawing, and what had to be given up for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from typesetting.drawing import BLACK, Colour, Drawing
from typesetting.fitting import Setting, Sizes, fit
from typesetting.geometry import millimetres
from typesetting.typefaces import Style
from typesetting.warnings import PrintWarning, WarningCode


@dataclass
class Side:
    drawing: Drawing = field(default_factory=Drawing)
    warnings: dict[PrintWarning, None] = field(default_factory=dict)
    """In the order of their discovery, none twice."""

    def warn(self, code: WarningCode, detail: str) -> None:
        self.warnings[PrintWarning(code, detail)] = None

    def put(
        self,
        text: str,
        style: Style,
        size: float,
        x: float,
        y: float,
        *,
        colour: Colour = BLACK,
        width: float | None = None,
        smallest: float = 5,
        align: float = 0,
    ) -> None:
        """One line on the baseline `y`; within `width`, if there is one, it shrinks or is cut."""
        room = width if width is not None else float("inf")
        setting = fit(text, style, room, Sizes(size, smallest))
        self.set(setting, text, x, y, colour=colour, align=align)

    def set(
        self,
        setting: Setting,
        text: str,
        x: float,
        y: float,
        *,
        leading: float = 1.2,
        colour: Colour = BLACK,
        align: float = 0,
        cut: WarningCode = WarningCode.TEXT_CUT,
    ) -> None:
        """Draw a text that was made to fit, its first baseline at `y`; `leading` in text sizes."""
        for character in setting.missing:
            self.warn(WarningCode.MISSING_GLYPH, f"U+{ord(character):04X} {character}")
        if setting.is_cut:
            self.warn(cut, text)
        self.drawing.fill(colour)
        step = millimetres(setting.size * leading)
        for index, line in enumerate(setting.lines):
            self.drawing.text(line, x, y + index * step, setting.size, align=align)
