"""How a text fills its place: in how many lines, how large, and cut where nothing else helps."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from typesetting.geometry import points
from typesetting.text import TextLine, clean, shape, split_clusters
from typesetting.typefaces import Style

ELLIPSIS = "…"
# Widths are sums of fractions; this is far less than a printer's dot.
ROUNDING = 0.01
# English, Swahili and French.
SMALL_WORDS = frozenset(
    {"a", "an", "and", "for", "in", "of", "the", "cha", "kwa", "la", "na", "wa", "ya", "za"}
    | {"de", "des", "du", "et"}
)
# A title may be this much smaller for the sake of better line ends.
NEARLY = 0.9
# A line may end after a space, or after a hyphen or slash inside a word.
PIECES = re.compile(r"\S+?(?:[-/](?=\w)|(?=\s|$))\s*")


@dataclass(frozen=True)
class Sizes:
    """The range in which a text may be set, in points."""

    largest: float
    smallest: float


@dataclass(frozen=True)
class Setting:
    """A text that was made to fit."""

    lines: tuple[TextLine, ...]
    size: float
    """In points."""
    is_cut: bool = False

    @property
    def missing(self) -> str:
        return "".join(line.missing for line in self.lines)

    @property
    def width(self) -> float:
        """Of the longest line, in points."""
        return max((line.width for line in self.lines), default=0) * self.size / 1000


@lru_cache(maxsize=512)
def fit(text: str, style: Style, width: float, *steps: Sizes) -> Setting:
    """The text in as few lines as its sizes allow: the first step is for one line, and so on.

    `width` in millimetres. What does not fit at the last step's smallest size ends in an ellipsis.
    """
    cleaned, lost_marks = clean(text)
    pieces = PIECES.findall(cleaned)
    for count, sizes in enumerate(steps, start=1):
        setting = _in_lines(pieces, count, style, points(width), sizes)
        if setting.size >= sizes.smallest:
            return Setting(setting.lines, setting.size, is_cut=lost_marks)
    return _cut(pieces, len(steps), style, points(width), steps[-1].smallest)


def fill(
    text: str, style: Style, width: float, height: float, sizes: Sizes, *, leading: float
) -> Setting:
    """A title as large as a field allows, in the number of lines that makes it largest.

    `width` and `height` in millimetres, `leading` from line to line in text sizes.
    """
    pieces = PIECES.findall(clean(text)[0])
    most = max(1, int(points(height) / (sizes.smallest * leading)))
    settings = [
        _in_lines(words, count, style, points(width), Sizes(largest, sizes.smallest))
        for words in (_bound(pieces), pieces)
        for count in range(1, most + 1)
        for largest in [min(sizes.largest, points(height) / (count * leading))]
    ]
    largest = max(setting.size for setting in settings)
    if largest < sizes.smallest:
        return _cut(pieces, most, style, points(width), sizes.smallest)
    return next(setting for setting in settings if setting.size >= largest * NEARLY)


def _bound(pieces: Sequence[str]) -> list[str]:
    """With small words bound to their neighbours: no line of a title begins or ends with OF."""
    bound: list[str] = []
    for piece in pieces:
        if bound and {piece.strip().lower(), bound[-1].split()[-1].lower()} & SMALL_WORDS:
            bound[-1] += piece
        else:
            bound.append(piece)
    return bound


def _in_lines(
    pieces: Sequence[str], count: int, style: Style, width: float, sizes: Sizes
) -> Setting:
    """Balanced lines at the largest size at which the longest one fits, were it too small."""
    lines = tuple(shape(line, style) for line in _balanced(pieces, count, style))
    longest = max(line.width for line in lines)
    size = min(sizes.largest, width * 1000 / longest) if longest else sizes.largest
    return Setting(lines, size)


def _balanced(pieces: Sequence[str], count: int, style: Style) -> list[str]:
    """At most `count` lines, the longest of them as short as can be."""
    if count == 1 or len(pieces) < 2:
        return ["".join(pieces).rstrip()]
    widths = [shape(piece, style).width for piece in pieces]
    limits = sorted({sum_ for start in range(len(widths)) for sum_ in accumulate(widths[start:])})
    enough = bisect_left(
        limits, True, key=lambda limit: len(_wrapped(pieces, widths, limit)) <= count
    )
    return _wrapped(pieces, widths, limits[enough])


def _wrapped(pieces: Sequence[str], widths: Sequence[float], limit: float) -> list[str]:
    lines = [""]
    used = 0.0
    for piece, width in zip(pieces, widths, strict=True):
        if lines[-1] and used + width > limit + ROUNDING:
            lines.append("")
            used = 0.0
        lines[-1] += piece
        used += width
    return [line.rstrip() for line in lines]


def _cut(pieces: Sequence[str], count: int, style: Style, width: float, size: float) -> Setting:
    """Full lines, words broken where they must be; the last line takes what it can."""
    limit = width * 1000 / size
    rest = "".join(pieces)
    lines: list[str] = []
    for _ in range(count - 1):
        head, rest = _broken(rest, style, limit)
        lines.append(head.rstrip())
    last, rest = _longest(rest, style, limit)
    if rest:
        last = _longest(last, style, limit - shape(ELLIPSIS, style).width)[0].rstrip() + ELLIPSIS
    shaped = tuple(shape(line, style) for line in [*lines, last] if line)
    return Setting(shaped, size, is_cut=bool(rest))


def _broken(text: str, style: Style, limit: float) -> tuple[str, str]:
    """As much as fits on a line, up to the last place where it may end, and the rest."""
    head, rest = _longest(text, style, limit)
    ends = [piece.end() for piece in PIECES.finditer(text) if piece.end() <= len(head)]
    if not rest or not ends:
        return head, rest
    return text[: ends[-1]], text[ends[-1] :]


def _longest(text: str, style: Style, limit: float) -> tuple[str, str]:
    """As many letters as are no wider than the limit, and the rest."""
    ends = list(accumulate(len(cluster) for cluster in split_clusters(text)))
    fitting = bisect_left(ends, True, key=lambda end: shape(text[:end], style).width > limit)
    end = ends[fitting - 1] if fitting else 0
    return text[:end], text[end:]
