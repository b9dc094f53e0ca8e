"""A typeface in a PDF: the glyphs that the file uses, addressed by their number.

ISO 32000-1, 9.7: a composite font whose codes are the glyphs' numbers holds whatever shaping
chooses, Arabic forms as well as ready-made accents, which reportlab's own TrueType fonts cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFObjectReference,
    PDFString,
)

from typesetting.typefaces import Typeface

if TYPE_CHECKING:
    from typesetting.document import Document

# ISO 32000-1, table 123: the typeface's characters are outside the Latin standard set.
SYMBOLIC = 4
# Asked for by the standard, used only by viewers that replace a font.
STEM_WIDTH = 80
CHARACTER_MAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{entries}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""
# ISO 32000-1, 9.10.3, by way of Adobe's technical note 5411: so many entries in a block.
ENTRIES_PER_BLOCK = 100


def embed(document: Document, face: Typeface, glyphs: Mapping[int, str]) -> PDFObjectReference:
    """Write the font; `glyphs` says which characters each glyph stands for."""
    numbers = sorted(glyphs)
    name = PDFName(f"{_tag(numbers)}+{face.name}")
    descendant = {
        "Type": PDFName("Font"),
        "Subtype": PDFName("CIDFontType2"),
        "BaseFont": name,
        "CIDSystemInfo": PDFDictionary(
            {"Registry": PDFString("Adobe"), "Ordering": PDFString("Identity"), "Supplement": 0}
        ),
        "FontDescriptor": document.add(_descriptor(document, face, name, numbers)),
        "W": _widths(face, numbers),
        "CIDToGIDMap": PDFName("Identity"),
    }
    font = {
        "Type": PDFName("Font"),
        "Subtype": PDFName("Type0"),
        "BaseFont": name,
        "Encoding": PDFName("Identity-H"),
        "DescendantFonts": PDFArray([document.add(PDFDictionary(descendant))]),
        "ToUnicode": document.add_stream({}, _character_map(glyphs)),
    }
    return document.add(PDFDictionary(font))


def _tag(numbers: Sequence[int]) -> str:
    """Six capitals that differ between subsets of the same typeface (ISO 32000-1, 9.6.4)."""
    digest = sha256(str(numbers).encode()).digest()
    return "".join(chr(ord("A") + byte % 26) for byte in digest[:6])


def _descriptor(
    document: Document, face: Typeface, name: str, numbers: Sequence[int]
) -> PDFDictionary:
    ascent, descent, capitals = face.vertical
    subset = face.subset(numbers)
    return PDFDictionary(
        {
            "Type": PDFName("FontDescriptor"),
            "FontName": name,
            "Flags": SYMBOLIC,
            "FontBBox": PDFArray(face.bounding_box),
            "ItalicAngle": 0,
            "Ascent": ascent,
            "Descent": descent,
            "CapHeight": capitals,
            "StemV": STEM_WIDTH,
            "FontFile2": document.add_stream({"Length1": len(subset)}, subset),
        }
    )


def _widths(face: Typeface, numbers: Sequence[int]) -> str:
    widths = " ".join(f"{number} [{face.advance(number):g}]" for number in numbers)
    return f"[{widths}]"


def _character_map(glyphs: Mapping[int, str]) -> bytes:
    entries = [
        f"<{glyph:04X}> <{text.encode('utf-16-be').hex().upper()}>"
        for glyph, text in sorted(glyphs.items())
        if text
    ]
    starts = range(0, len(entries), ENTRIES_PER_BLOCK)
    parts = (entries[start : start + ENTRIES_PER_BLOCK] for start in starts)
    blocks = ("\n".join([f"{len(part)} beginbfchar", *part, "endbfchar"]) for part in parts)
    return CHARACTER_MAP.replace("{entries}", "\n".join(blocks)).encode("ascii")
