"""What is drawn on one side of a card: PDF operators, and the glyphs and pictures that they use.

Places are millimetres from the upper left corner, lines of text are given by their baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from reportlab.pdfgen.pathobject import PDFPathObject

from typesetting.geometry import CARD_HEIGHT, CARD_WIDTH, Box, points
from typesetting.text import TextLine

Colour = tuple[float, float, float]
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (1, 1, 1)


@dataclass(frozen=True)
class Picture:
    """RGB pixels as the PDF holds them; equal pictures have equal names."""

    name: str
    width: int
    height: int
    data: bytes
    encoding: str
    """A PDF stream filter: DCTDecode for JPEG, FlateDecode for zlib."""


@dataclass
class Drawing:
    width: float = CARD_WIDTH
    height: float = CARD_HEIGHT
    operators: list[str] = field(default_factory=list)
    glyphs: dict[str, dict[int, str]] = field(default_factory=dict)
    """By typeface: each glyph with the characters it stands for."""
    pictures: dict[str, Picture] = field(default_factory=dict)
    forms: dict[str, Drawing] = field(default_factory=dict)
    """Drawings that are shared: a file holds each once, however often it is used."""

    @property
    def content(self) -> bytes:
        return "\n".join(self.operators).encode("ascii")

    @contextmanager
    def saved(self) -> Iterator[None]:
        """Whatever is set within ends with it: colours, clipping, turns."""
        self.operators.append("q")
        yield
        self.operators.append("Q")

    def fill(self, colour: Colour) -> None:
        self.operators.append(f"{_numbers(*colour)} rg")

    def stroke(self, colour: Colour, width: float) -> None:
        """Set the pen; `width` in points."""
        self.operators.append(f"{_numbers(*colour)} RG {_numbers(width)} w")

    def box(self, box: Box, *, radius: float = 0, paint: str = "f") -> None:
        """A rectangle, its corners rounded; `paint`: f fills, S strokes, W n clips."""
        path = PDFPathObject()
        sizes = (points(box.width), points(box.height))
        corner = (points(box.x), self._up(box.bottom))
        if radius:
            path.roundRect(*corner, *sizes, points(radius))
        else:
            path.rect(*corner, *sizes)
        self.operators.append(f"{path.getCode()} {paint}")

    def circle(self, x: float, y: float, radius: float, *, paint: str = "f") -> None:
        path = PDFPathObject()
        path.circle(points(x), self._up(y), points(radius))
        self.operators.append(f"{path.getCode()} {paint}")

    def polygon(self, corners: Sequence[tuple[float, float]]) -> None:
        path = PDFPathObject()
        for move, (x, y) in zip(
            [path.moveTo, *[path.lineTo] * len(corners)], corners, strict=False
        ):
            move(points(x), self._up(y))
        path.close()
        self.operators.append(f"{path.getCode()} f")

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        ends = (points(x), self._up(y)), (points(to_x), self._up(to_y))
        self.operators.append(f"{_numbers(*ends[0])} m {_numbers(*ends[1])} l S")

    def rectangles(self, boxes: Iterable[Box]) -> None:
        """Filled as one path, so that no seam shows where two of them touch."""
        corners = (
            f"{_numbers(points(b.x), self._up(b.bottom), points(b.width), points(b.height))} re"
            for b in boxes
        )
        self.operators.append(f"{' '.join(corners)} f")

    def modules(
        self,
        x: float,
        y: float,
        size: float,
        runs: Iterable[tuple[int, int, int]],
        *,
        height: float | None = None,
    ) -> None:
        """Squares of a grid that begins here: row, first column and length of each run.

        `height` of a row, where they are no squares.
        """
        high = size if height is None else height
        matrix = _numbers(points(size), 0, 0, -points(high), points(x), self._up(y))
        squares = " ".join(f"{column} {row} {length} 1 re" for row, column, length in runs)
        self.operators.append(f"q {matrix} cm {squares} f Q")

    def picture(self, picture: Picture, box: Box) -> None:
        self.pictures[picture.name] = picture
        matrix = _numbers(points(box.width), 0, 0, points(box.height))
        place = _numbers(points(box.x), self._up(box.bottom))
        self.operators.append(f"q {matrix} {place} cm /{picture.name} Do Q")

    def form(self, name: str, drawing: Drawing) -> None:
        self.forms[name] = drawing
        self.operators.append(f"/{name} Do")

    def place(self, drawing: Drawing, x: float, y: float, *, is_turned: bool = False) -> None:
        """Another drawing with its upper left corner here, or on its head in the same place."""
        left, bottom = points(x), self._up(y + drawing.height)
        if is_turned:
            top, right = bottom + points(drawing.height), left + points(drawing.width)
            matrix = f"-1 0 0 -1 {_numbers(right, top)} cm"
        else:
            matrix = f"1 0 0 1 {_numbers(left, bottom)} cm"
        self.operators += ["q", matrix, *drawing.operators, "Q"]
        for name, glyphs in drawing.glyphs.items():
            self.glyphs.setdefault(name, {}).update(glyphs)
        self.pictures |= drawing.pictures
        self.forms |= drawing.forms

    def text(self, line: TextLine, x: float, y: float, size: float, *, align: float = 0) -> None:
        """One line; `align` is the part of its width that lies left of `x`: 0, 0.5 or 1."""
        start = points(x) - align * line.width * size / 1000
        self.operators.append(f"BT {_numbers(start, self._up(y))} Td")
        for run in line.runs:
            self.glyphs.setdefault(run.typeface, {}).update(run.glyphs)
            self.operators.append(f"/{run.typeface} {_numbers(size)} Tf")
            for rise, string in run.strings:
                raised = f"{_numbers(rise * size / 1000)} Ts " if rise else ""
                self.operators.append(f"{raised}[{string}] TJ{' 0 Ts' if rise else ''}")
        self.operators.append("ET")

    def _up(self, y: float) -> float:
        """PDF counts from the lower edge."""
        return points(self.height - y)


def _numbers(*values: float) -> str:
    return " ".join(f"{round(value, 3):g}" for value in values)
