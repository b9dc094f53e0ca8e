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
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar
from xml.parsers import expat

from django.utils.translation import gettext
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
# So many are looked into for the list.
MAX_SHEETS = 50
LETTERS = re.compile(r"[A-Z]{1,3}")
USUAL_STRINGS, USUAL_STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
OFFICE_DOCUMENT = "officeDocument"
FIRST_CUSTOM_FORMAT = 164
# Beyond 15 digits a spreadsheet keeps only an approximation.
LARGEST_SHOWN = 10**15

P = TypeVar("P", bound="SheetPart")

# The first part of a number format, in which a sign of its own, a quoted text or one after a
# backslash stands for itself.
FORMAT_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[[^\]]*\]|(?P<place>[0#])|(?P<other>.)'
)
# What a format has that shows more than the digits of the number: those are taken as they are.
NOT_PLAIN = frozenset(",?/Ee%@")


class WorkbookTooLarge(Exception):
    """It breaks a bound; the message says which."""


class WorkbookTooWide(Exception):
    """A cell with something in it stands beyond the last column that is read."""


class BrokenWorkbook(Exception):
    """No workbook, or none that says what it holds."""


@dataclass(frozen=True)
class Formula:
    """A cell that is computed, and nothing is stored of what came of it."""


@dataclass(frozen=True)
class Percentage:
    """A share of one, shown in hundredths."""

    number: float


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
    sheets: list[tuple[str, str, bool]] = field(default_factory=list)
    """Name, relationship and whether it is shown, of each sheet."""
    epoch: datetime = CALENDAR_WINDOWS_1900

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            local = {name.rpartition(":")[2]: value for name, value in attributes.items()}
            is_shown = local.get("state", "visible") == "visible"
            self.sheets.append((local.get("name", ""), local["id"], is_shown))
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
    _has_value: bool = False
    _is_formula: bool = False
    _is_reading_aid: bool = False
    _shown: dict[str, list[str] | None] = field(default_factory=dict)
    """What a number format puts around and between the digits, worked out once for each."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "c":
                place = attributes.get("r")
                self._column = _column_of(place) if place else self._column + 1
                self._type = attributes.get("t", "n")
                self._style = int(attributes.get("s", 0))
                self._value = ""
                self._inline.clear()
                self._has_value = self._is_formula = False
            case "row":
                said = attributes.get("r")
                self._number = int(float(said)) if said else self._number + 1
                if self._number > MAX_SHEET_ROWS:
                    raise WorkbookTooLarge(
                        gettext("The sheet has more rows than a spreadsheet can have.")
                    )
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
                self._value, self._has_value = text, True
            case "t" if not self._is_reading_aid:
                self._inline.append(text)
            case "rPh":
                self._is_reading_aid = False
            case "row" if self._cells:
                self.rows.append((self._number, self._cells))

    def _take_cell(self) -> None:
        is_stored = self._has_value or self._type == "inlineStr"
        value = self._typed() if is_stored else None
        if value is None and self._is_formula:
            value = Formula()
        if value is None or value == "":
            return
        if self._column > self.most_columns:
            raise WorkbookTooWide
        missing = self._column - len(self._cells)
        if missing <= 0:
            self._cells[self._column - 1] = value
        else:
            self._cells += [None] * (missing - 1) + [value]

    def _typed(self) -> Any:
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

    def _number_or_day(self) -> Any:
        text = self._value
        number = float(text) if set(text) & set(".eE") else int(text)
        shown = self.formats[self._style] if self._style < len(self.formats) else ""
        if shown in {"", "General", "@"}:
            return number
        if not is_date_format(shown):
            return self._as_shown(number, shown)
        try:
            day: Any = from_excel(number, self.epoch, timedelta=is_timedelta_format(shown))
        except (OverflowError, ValueError):
            return "#VALUE!"
        return day

    def _as_shown(self, number: float, shown: str) -> Any:
        """`0090887` of 90887 in the format `0000000`; the number where a format adds nothing."""
        if shown not in self._shown:
            self._shown[shown] = _pieces_of(shown)
        pieces = self._shown[shown]
        if pieces is None:
            return Percentage(number) if "%" in re.sub(r'"[^"]*"', "", shown) else number
        if number < 0 or abs(number) >= LARGEST_SHOWN:
            return number
        decimals = pieces[pieces.index(".") + 1 :].count("0") if "." in pieces else 0
        digits = f"{Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
        whole, _, part = digits.partition(".")
        return _filled(pieces, whole, part)


def _pieces_of(shown: str) -> list[str] | None:
    """A number format piece by piece: `0`, `#`, `.` and texts; None where nothing is added.

    Nothing is added by a format with as few zeros as any number has, nor by one that has signs
    whose form depends on the country of whoever looks.
    """
    pieces: list[str] = []
    for piece in FORMAT_PIECE.finditer(shown.partition(";")[0]):
        if piece["place"]:
            pieces.append(piece["place"])
        elif (text := piece["quoted"] or piece["escaped"]) is not None:
            pieces.append(f"'{text}")
        elif other := piece["other"]:
            if other in NOT_PLAIN or other.isalpha():
                return None
            pieces.append("." if other == "." else f"'{other}")
    has_places = any(piece in {"0", "#"} for piece in pieces)
    return pieces if has_places and pieces.count(".") < 2 else None


def _filled(pieces: list[str], whole: str, part: str) -> str:
    """The digits in their places from right to left; the first place takes all that are left."""
    point = pieces.index(".") if "." in pieces else len(pieces)
    after = iter(part)
    decimals = [next(after, "") if piece == "0" else piece[1:] for piece in pieces[point + 1 :]]
    first = next((at for at, piece in enumerate(pieces[:point]) if piece in {"0", "#"}), 0)
    shown: list[str] = []
    left = "" if whole == "0" else whole
    for at in range(point - 1, -1, -1):
        piece = pieces[at]
        if piece not in {"0", "#"}:
            shown.append(piece[1:])
        elif at == first:
            shown.append(left or ("0" if piece == "0" else ""))
        else:
            shown.append(left[-1:] or ("0" if piece == "0" else ""))
            left = left[:-1]
    text = "".join(reversed(shown))
    return f"{text}.{''.join(decimals)}" if any(decimals) else text


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
    """An XLSX file, whose sheets are read one beside the other."""

    def __init__(self, content: bytes) -> None:
        self.archive = zipfile.ZipFile(io.BytesIO(content))
        self.bytes_left = MAX_UNPACKED_BYTES
        self.markup_left = min(
            MAX_MARKUP, MARKUP_OF_SMALL_BOOKS + MAX_MARKUP_PER_BYTE * len(content)
        )
        if sum(entry.file_size for entry in self.archive.infolist()) > MAX_UNPACKED_BYTES:
            raise WorkbookTooLarge(gettext("The workbook is too large when unpacked."))

    def sheets(self, most_columns: int) -> Iterator[tuple[str, Iterator[tuple[int, list[Any]]]]]:
        """Name and rows of each sheet that is shown, or of the first.

        A row is its number in the sheet, and its values.

        Empty rows, and empty cells at the end of a row, are left out. Reading them raises
        WorkbookTooWide for a value beyond `most_columns`, WorkbookTooLarge and BrokenWorkbook.
        """
        main = self._related("").types[OFFICE_DOCUMENT]
        related = self._related(main)
        book = self._read(main, Book())
        shown = [sheet for sheet in book.sheets if sheet[-1]] or [book.sheets[0]]
        there = self.archive.namelist()
        strings, styles = Strings(), Styles()
        if (part := related.types.get("sharedStrings", USUAL_STRINGS)) in there:
            self._read(part, strings)
        if (part := related.types.get("styles", USUAL_STYLES)) in there:
            self._read(part, styles)
        for name, sheet, _ in shown[:MAX_SHEETS]:
            reading = WorkbookSheet(
                strings=strings.items,
                formats=styles.cells,
                epoch=book.epoch,
                most_columns=most_columns,
            )
            yield name, self._rows(related.targets[sheet], reading)

    def _rows(self, name: str, sheet: WorkbookSheet) -> Iterator[tuple[int, list[Any]]]:
        for _piece in self._pieces(name, sheet):
            yield from sheet.rows
            sheet.rows.clear()

    def _related(self, part: str) -> Relationships:
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        return self._read(rels, Relationships(folder=folder))

    def _read(self, name: str, part: P) -> P:
        for _piece in self._pieces(name, part):
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
                    raise WorkbookTooLarge(gettext("The workbook is too large when unpacked."))
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
                raise WorkbookTooLarge(
                    gettext("A cell holds more than a spreadsheet can have in one.")
                )
            kept.append(data)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    """Entities that grow, and files of this server: a workbook needs none."""
    raise BrokenWorkbook
