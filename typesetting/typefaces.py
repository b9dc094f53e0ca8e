"""The typefaces on a card: their files, which characters they have, and their subsets.

Inter is the voice of the card. The Noto faces behind it hold what Inter has not: Arabic, Ethiopic
and rare Latin letters. All are under the SIL Open Font License, see fonts/OFL.txt.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import uharfbuzz as hb

FOLDER = Path(__file__).parent / "fonts"
# Layout tables serve shaping, which is over when a subset is made.
UNUSED_TABLES = ("GDEF", "GPOS", "GSUB", "OS/2", "name", "post", "cmap", "gasp", "DSIG")


@dataclass(frozen=True)
class Style:
    """How a text is set; lengths in thousandths of the text size."""

    typefaces: tuple[str, ...]
    """In order of preference: the first that has a character draws it."""
    features: tuple[str, ...] = ()
    """OpenType features that are switched on."""
    tracking: float = 0

    def tracked(self, tracking: float) -> Style:
        return Style(self.typefaces, self.features, tracking)

    def with_features(self, *features: str) -> Style:
        return Style(self.typefaces, features, self.tracking)


def _style(inter: str, noto: str) -> Style:
    fallbacks = (f"NotoSansArabic-{noto}", f"NotoSansEthiopic-{noto}", "NotoSans-Bold")
    return Style((f"Inter-{inter}", *fallbacks))


REGULAR = _style("Regular", "Regular")
SEMIBOLD = _style("SemiBold", "Bold")
BOLD = _style("Bold", "Bold")


class Typeface:
    """One TrueType file. Lengths in thousandths of the text size, as PDF wants them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._face = hb.Face(hb.Blob.from_file_path(FOLDER / f"{name}.ttf"))
        self.font = hb.Font(self._face)
        self._scale: float = 1000 / self._face.upem
        self._advances: dict[int, float] = {}

    @cached_property
    def characters(self) -> frozenset[int]:
        return frozenset(self._face.unicodes)

    @cached_property
    def has_ascii(self) -> bool:
        return self.characters.issuperset(range(ord(" "), 0x7F))

    def scaled(self, units: int) -> float:
        return self._scale * units

    def advance(self, glyph: int) -> float:
        if glyph not in self._advances:
            self._advances[glyph] = round(self.scaled(self.font.get_glyph_h_advance(glyph)), 1)
        return self._advances[glyph]

    @cached_property
    def bounding_box(self) -> tuple[int, ...]:
        head = self._face.reference_table("head").data
        return tuple(round(self.scaled(unit)) for unit in struct.unpack_from(">4h", head, 36))

    @cached_property
    def vertical(self) -> tuple[int, int, int]:
        """Ascent, descent (negative) and height of capitals."""
        hhea = self._face.reference_table("hhea").data
        os2 = self._face.reference_table("OS/2").data
        units = (*struct.unpack_from(">2h", hhea, 4), *struct.unpack_from(">h", os2, 88))
        ascent, descent, capitals = (round(self.scaled(unit)) for unit in units)
        return ascent, descent, capitals

    def subset(self, glyphs: Iterable[int]) -> bytes:
        """A TrueType file with these glyphs only, each under its old number."""
        wanted = hb.SubsetInput()
        wanted.glyph_set.update(glyphs)
        wanted.flags = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING
        for tag in UNUSED_TABLES:
            wanted.drop_table_tag_set.add(int.from_bytes(tag.encode(), "big"))
        subset: bytes = hb.subset(self._face, wanted).blob.data
        return subset


@cache
def typeface(name: str) -> Typeface:
    return Typeface(name)
