"""A PDF that is written while it is drawn: a thousand cards take no more memory than ten.

reportlab's canvas keeps every page and picture until it saves. Its object classes do not ask for
that: here each object goes out as soon as it is complete, and only its offset is kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

from reportlab.pdfbase.pdfdoc import (
    BasicFonts,
    PDFArray,
    PDFCrossReferenceTable,
    PDFDictionary,
    PDFDocument,
    PDFIndirectObject,
    PDFName,
    PDFObject,
    PDFObjectReference,
    PDFStream,
    PDFString,
    PDFTrailer,
)

from typesetting.drawing import Drawing, Picture
from typesetting.embedding import embed
from typesetting.geometry import BLEED, points
from typesetting.typefaces import typeface

# The bytes above 127 tell file transfer programs that this is no text (ISO 32000-1, 7.5.2).
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
CREATOR = "TrackXpert"
WRITTEN = PDFObject()
"""Stands in reportlab's register for what is in the file already."""


class Document:
    """Pages go straight to `out`, which needs no more than `write`; `finish` completes the file.

    Equal calls write equal bytes: there are no dates, and the file's ID comes from its content.
    """

    def __init__(self, out: BinaryIO, *, title: str, language: str = "en") -> None:
        self._out = out
        self._length = 0
        self._title, self._language = title, language
        self._pdf = PDFDocument(invariant=1)
        self._shared: dict[str, PDFObjectReference] = {}
        self._glyphs: dict[str, dict[int, str]] = {}
        self._pages: list[PDFObjectReference] = []
        # Every page names its parent, which can only be written when all pages are known.
        self._tree = PDFDictionary({"Type": PDFName("Pages")})
        self._tree_reference = self._pdf.Reference(self._tree)
        # The object that reportlab keeps for this.
        self._fonts = self._pdf.idToObject[BasicFonts] = PDFDictionary()
        self._emit(HEADER)

    def add_page(self, drawing: Drawing) -> None:
        sheet = PDFArray([0, 0, points(drawing.width), points(drawing.height)])
        page = {
            "Type": PDFName("Page"),
            "Parent": self._tree_reference,
            **dict.fromkeys(("MediaBox", "CropBox", "TrimBox"), sheet),
            "Resources": self._resources(drawing),
            "Contents": self.add_stream({}, drawing.content),
        }
        self._pages.append(self.add(PDFDictionary(page)))

    def add(self, element: PDFObject) -> PDFObjectReference:
        """Write an object; what it refers to must be registered."""
        reference: PDFObjectReference = self._pdf.Reference(element)
        self._write(reference.name)
        return reference

    def add_stream(self, entries: Mapping[str, Any], content: bytes) -> PDFObjectReference:
        """Write a stream, compressed unless its entries name a filter."""
        if "Filter" not in entries:
            entries = {**entries, "Filter": PDFName("FlateDecode")}
            content = zlib.compress(content)
        return self.add(PDFStream(PDFDictionary(dict(entries)), content))

    def finish(self, *, duplex: str = "") -> None:
        """Write the fonts with the glyphs that were used, and the tables that end the file.

        `duplex`: how a printer turns the sheet, in the words of ISO 32000-1, 12.2.
        """
        for name in sorted(self._glyphs):
            self._fonts[name] = embed(self, typeface(name), self._glyphs[name])
        self._tree["Kids"] = PDFArray(self._pages)
        self._tree["Count"] = len(self._pages)
        info = {"Title": PDFString(self._title), "Creator": PDFString(CREATOR)}
        root, information = self.add(self._catalog(duplex)), self.add(PDFDictionary(info))
        self._write(BasicFonts)
        self._write(self._tree_reference.name)
        self._end(root, information)

    def _catalog(self, duplex: str) -> PDFDictionary:
        # Print dialogs scale to fit unless they are told not to.
        preferences = {"PrintScaling": PDFName("None")}
        if duplex:
            preferences["Duplex"] = PDFName(duplex)
        return PDFDictionary(
            {
                "Type": PDFName("Catalog"),
                "Pages": self._tree_reference,
                "Lang": PDFString(self._language),
                "ViewerPreferences": PDFDictionary(preferences),
            }
        )

    def _resources(self, drawing: Drawing) -> PDFDictionary:
        for name, glyphs in drawing.glyphs.items():
            self._glyphs.setdefault(name, {}).update(glyphs)
        things: dict[str, PDFObjectReference] = {
            **{name: self._form(name, form) for name, form in drawing.forms.items()},
            **{name: self._picture(picture) for name, picture in drawing.pictures.items()},
        }
        fonts = PDFObjectReference(BasicFonts)
        return PDFDictionary({"Font": fonts, "XObject": PDFDictionary(things)})

    def _form(self, name: str, drawing: Drawing) -> PDFObjectReference:
        if name not in self._shared:
            bleed = points(BLEED)
            right, top = points(drawing.width) + bleed, points(drawing.height) + bleed
            entries = {
                "Type": PDFName("XObject"),
                "Subtype": PDFName("Form"),
                "BBox": PDFArray([-bleed, -bleed, right, top]),
                "Resources": self._resources(drawing),
            }
            self._shared[name] = self.add_stream(entries, drawing.content)
        return self._shared[name]

    def _picture(self, picture: Picture) -> PDFObjectReference:
        if picture.name not in self._shared:
            entries = {
                "Type": PDFName("XObject"),
                "Subtype": PDFName("Image"),
                "Width": picture.width,
                "Height": picture.height,
                "ColorSpace": PDFName("DeviceRGB"),
                "BitsPerComponent": 8,
                "Filter": PDFName(picture.encoding),
            }
            self._shared[picture.name] = self.add_stream(entries, picture.data)
        return self._shared[picture.name]

    def _write(self, name: str) -> None:
        element = self._pdf.idToObject[name]
        self._pdf.idToOffset[name] = self._length
        self._emit(PDFIndirectObject(name, element).format(self._pdf))
        self._pdf.idToObject[name] = WRITTEN

    def _end(self, root: PDFObjectReference, information: PDFObjectReference) -> None:
        names = [self._pdf.numberToId[number] for number in sorted(self._pdf.numberToId)]
        table = PDFCrossReferenceTable()
        table.addsection(0, names)
        start = self._length
        self._emit(table.format(self._pdf))
        trailer = PDFTrailer(
            start, Size=len(names) + 1, Root=root, Info=information, ID=self._pdf.ID()
        )
        self._emit(trailer.format(self._pdf))

    def _emit(self, data: bytes) -> None:
        self._out.write(data)
        self._length += len(data)
        self._pdf.updateSignature(data)
