"""XLSX workbooks, read cell by cell within bounds; only what an import looks at is parsed.

A library builds objects of whatever a workbook holds, styles and empty cells too: 16 kB cost it 17
seconds. Here each part is unpacked and parsed piece by piece, and given up at the first bound that
it breaks (ECMA-376, part 1, section 18; docs/adr/0003).
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

# Unpacked, a workbook of 10 MB that holds people is below these; a bomb is far above.
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_MARKUP = 3_000_000
# Every piece of markup costs time, packed ones too: what packs better than any list is a bomb.
MARKUP_OF_SMALL_BOOKS = 200_000
MAX_MARKUP_PER_BYTE = 8
CHUNK_BYTES = 64 * 1024
# The longest tag: one of ours has a handful of attributes.
MAX_TAG_BYTES = 64 * 1024
MAX_CELL_CHARACTERS = 32_767
MAX_SHEET_ROWS = 1_048_576
LETTERS = re.compile(r"[A-Z]{1,3}")
USUAL_STRINGS, USUAL_STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
OFFICE_DOCUMENT = "officeDocument"
FIRST_CUSTOM_FORMAT = 164

P = TypeVar("P", bound="SheetPart")

CellValue = str | int | float | bool | date | time | timedelta | None


class WorkbookTooLarge(Exception):
    """It breaks a bound; the message says which."""


class WorkbookTooWide(Exception):
    """A cell with something in it stands beyond the last column that is read."""


class BrokenWorkbook(Exception):
    """No workbook, or none that says what it holds."""


@dataclass(frozen=True)
class Formula:
    """A cell that is computed; what was computed is not read."""


@dataclass
class SheetPart:
    """What is heard of one XML part; subclasses take what they need of it.

    Names come without their namespace: the strict and the usual form differ in nothing else.
    """

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str, text: str) -> None:
        """An element ends; `text` is its own, of elements in `texts` only."""

    texts: frozenset[str] = frozenset()


@dataclass
class Relationships(SheetPart):
    folder: str = ""
    targets: dict[str, str] = field(default_factory=dict)
    """By id: the name of the part."""
    types: dict[str, str] = field(default_factory=dict)
    """By the last word of the type: the name of the first part of it."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = posixpath.join("/", self.folder, attributes["Target"])
            part = posixpath.normpath(target).lstrip("/")
            self.targets[attributes["Id"]] = part
            self.types.setdefault(attributes["Type"].rpartition("/")[2], part)


@dataclass
class Book(SheetPart):
    sheets: list[tuple[str, bool]] = field(default_factory=list)
    """Relationship and whether it is shown, of each sheet."""
    epoch: datetime = CALENDAR_WINDOWS_1900

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            local = {name.rpartition(":")[2]: value for name, value in attributes.items()}
            self.sheets.append((local["id"], local.get("state", "visible") == "visible"))
        elif name == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
            self.epoch = CALENDAR_MAC_1904


@dataclass
class Strings(SheetPart):
    texts: frozenset[str] = frozenset({"t"})
    items: list[str] = field(default_factory=list)
    _item: list[str] = field(default_factory=list)
    _is_reading_aid: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "rPh":
            self._is_reading_aid = True

    def end(self, name: str, text: str) -> None:
        if name == "si":
            self.items.append("".join(self._item))
            self._item.clear()
        elif name == "rPh":
            self._is_reading_aid = False
        elif name == "t" and not self._is_reading_aid:
            self._item.append(text)


@dataclass
class Styles(SheetPart):
    """Which number formats are of days, and which of spans of time."""

    formats: dict[int, str] = field(default_factory=lambda: dict(BUILTIN_FORMATS))
    cells: list[str] = field(default_factory=list)
    """The number format of each style of a cell."""
    _is_in_cells: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt" and not self.cells:
            number = int(attributes["numFmtId"])
            if number >= FIRST_CUSTOM_FORMAT:
                self.formats[number] = attributes.get("formatCode", "")[:255]
        elif name == "cellXfs":
            self._is_in_cells = True
        elif name == "xf" and self._is_in_cells:
            self.cells.append(self.formats.get(int(attributes.get("numFmtId", 0)), ""))

    def end(self, name: str, text: str) -> None:
        if name == "cellXfs":
            self._is_in_cells = False


@dataclass
class WorkbookSheet(SheetPart):
    strings: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    epoch: datetime = CALENDAR_WINDOWS_1900
    most_columns: int = 1
    texts: frozenset[str] = frozenset({"v", "t"})
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)
    """Rows that are complete, with their numbers; whoever reads takes them away."""
    _number: int = 0
    _column: int = 0
    _cells: list[Any] = field(default_factory=list)
    _type: str = ""
    _style: int = 0
    _value: str = ""
    _inline: list[str] = field(default_factory=list)
    _is_formula: bool = False
    _is_reading_aid: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "c":
                place = attributes.get("r")
                self._column = _column_of(place) if place else self._column + 1
                self._type = attributes.get("t", "n")
                self._style = int(attributes.get("s", 0))
                self._value = ""
                self._inline.clear()
                self._is_formula = False
            case "row":
                said = attributes.get("r")
                self._number = int(float(said)) if said else self._number + 1
                if self._number > MAX_SHEET_ROWS:
                    raise WorkbookTooLarge("The sheet has more rows than a spreadsheet can have.")
                self._column = 0
                self._cells = []
            case "f":
                self._is_formula = True
            case "rPh":
                self._is_reading_aid = True

    def end(self, name: str, text: str) -> None:
        match name:
            case "c":
                self._take_cell()
            case "v":
                self._value = text
            case "t" if not self._is_reading_aid:
                self._inline.append(text)
            case "rPh":
                self._is_reading_aid = False
            case "row" if self._cells:
                self.rows.append((self._number, self._cells))

    def _take_cell(self) -> None:
        value = Formula() if self._is_formula else self._typed()
        if value is None or value == "":
            return
        if self._column > self.most_columns:
            raise WorkbookTooWide
        missing = self._column - len(self._cells)
        if missing <= 0:
            self._cells[self._column - 1] = value
        else:
            self._cells += [None] * (missing - 1) + [value]

    def _typed(self) -> CellValue:
        match self._type:
            case "inlineStr":
                return "".join(self._inline)
            case "str" | "e":
                return self._value
            case _ if not self._value:
                return None
            case "s":
                return self.strings[int(self._value)]
            case "b":
                return bool(int(self._value))
            case "d":
                return datetime.fromisoformat(self._value)
            case _:
                return self._number_or_day()

    def _number_or_day(self) -> CellValue:
        text = self._value
        number = float(text) if set(text) & set(".eE") else int(text)
        shown = self.formats[self._style] if self._style < len(self.formats) else ""
        if not is_date_format(shown):
            return number
        try:
            day: CellValue = from_excel(number, self.epoch, timedelta=is_timedelta_format(shown))
        except (OverflowError, ValueError):
            return "#VALUE!"
        return day


def _column_of(place: str) -> int:
    """`AB7` -> 28."""
    letters = LETTERS.match(place)
    if letters is None:
        raise BrokenWorkbook
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class Workbook:
    """An XLSX file of which one sheet is read."""

    def __init__(self, content: bytes) -> None:
        self.archive = zipfile.ZipFile(io.BytesIO(content))
        self.bytes_left = MAX_UNPACKED_BYTES
        self.markup_left = min(
            MAX_MARKUP, MARKUP_OF_SMALL_BOOKS + MAX_MARKUP_PER_BYTE * len(content)
        )
        if sum(entry.file_size for entry in self.archive.infolist()) > MAX_UNPACKED_BYTES:
            raise WorkbookTooLarge("The workbook is too large when unpacked.")

    def first_sheet(self, most_columns: int) -> Iterator[tuple[int, list[Any]]]:
        """The rows of the first sheet that is shown: number in the sheet, and values.

        Empty rows, and empty cells at the end of a row, are left out. Raises WorkbookTooWide for
        a value beyond `most_columns`, WorkbookTooLarge and BrokenWorkbook.
        """
        main = self._related("").types[OFFICE_DOCUMENT]
        related = self._related(main)
        book = self._read(main, Book())
        shown = next((sheet for sheet, is_shown in book.sheets if is_shown), None)
        first = related.targets[shown or book.sheets[0][0]]
        there = self.archive.namelist()
        strings, styles = Strings(), Styles()
        if (part := related.types.get("sharedStrings", USUAL_STRINGS)) in there:
            self._read(part, strings)
        if (part := related.types.get("styles", USUAL_STYLES)) in there:
            self._read(part, styles)
        sheet = WorkbookSheet(
            strings=strings.items,
            formats=styles.cells,
            epoch=book.epoch,
            most_columns=most_columns,
        )
        for _ in self._pieces(first, sheet):
            yield from sheet.rows
            sheet.rows.clear()

    def _related(self, part: str) -> Relationships:
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        return self._read(rels, Relationships(folder=folder))

    def _read(self, name: str, part: P) -> P:
        for _ in self._pieces(name, part):
            pass
        return part

    def _pieces(self, name: str, part: SheetPart) -> Iterator[None]:
        """Parse a part piece by piece; after each, what is complete has been told to `part`."""
        parser = _parser_for(part)
        read = 0
        with self.archive.open(name) as source:
            while piece := source.read(CHUNK_BYTES):
                self.bytes_left -= len(piece)
                self.markup_left -= piece.count(b"<")
                if self.bytes_left < 0 or self.markup_left < 0:
                    raise WorkbookTooLarge("The workbook is too large when unpacked.")
                parser.Parse(piece)
                read += len(piece)
                if read - parser.CurrentByteIndex > MAX_TAG_BYTES + CHUNK_BYTES:
                    raise BrokenWorkbook
                yield
        parser.Parse(b"", True)
        yield


def _parser_for(part: SheetPart) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    kept: list[str] = []
    is_kept = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_kept
        local = name.rpartition(":")[2]
        is_kept = local in part.texts
        kept.clear()
        part.start(local, attributes)

    def end(name: str) -> None:
        nonlocal is_kept
        part.end(name.rpartition(":")[2], "".join(kept))
        is_kept = False

    def text(data: str) -> None:
        if is_kept:
            if len(data) + sum(map(len, kept)) > MAX_CELL_CHARACTERS:
                raise WorkbookTooLarge("A cell holds more than a spreadsheet can have in one.")
            kept.append(data)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    """Entities that grow, and files of this server: a workbook needs none."""
    raise BrokenWorkbook
